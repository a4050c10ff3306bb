// What is not there: folders of files that are written, names that are not loaded, objects that methods are called of.

import { expect, it } from 'vitest';
import { disk, file, tried } from '../disk.ts';

const LOAD = 'reg load HKLM\\B F:\\Windows\\System32\\config\\SYSTEM';

it('a file in a folder that is not there fails its line, as on Windows, and nothing of it is in the plan', () => {
  for (const [line, name] of [
    ['dir F:\\Windows > F:\\temp\\x.txt', 'a.cmd'],
    ['copy F:\\Windows\\System32\\config\\SYSTEM F:\\temp\\SYSTEM.bak', 'a.cmd'],
    ["Set-Content F:\\temp\\x.txt 'y'", 'a.ps1'],
    ["[IO.File]::WriteAllText('F:\\temp\\x.txt', 'y')", 'a.ps1'],
  ] as const) {
    const { changes, ready } = tried(line, disk(), { name });
    expect([line, changes, ready.tally.failed]).toEqual([line, [], 1]);
  }
  expect(tried('md F:\\temp\r\ndir F:\\Windows > F:\\temp\\x.txt', disk()).changes).toHaveLength(2);
  expect(tried('New-Item F:\\a\\b\\x.txt -ItemType File -Force', disk(), { name: 'a.ps1' }).changes).toContain(
    'write-file \\a\\b\\x.txt',
  );
});

it('dir lists what a pattern names, files or folders alone, and below with /s', () => {
  const on = disk();
  for (const path of ['d/a.sys', 'd/b.sys', 'd/c.txt', 'd/e/f.sys']) file(on.windows, path, 'x');
  const listed = (words: string): string[] =>
    tried(
      `for /f "delims=" %%i in ('dir /b ${words}') do reg add HKLM\\B\\Select /v "%%i" /f\r\n`.replace(
        /^/,
        `${LOAD}\r\n`,
      ),
      on,
    ).changes.map((change) => /^SYSTEM\\Select (.*) = /.exec(change)?.[1] ?? change);
  expect(listed('F:\\d\\*.sys')).toEqual(['a.sys', 'b.sys']);
  expect(listed('/a-d F:\\d')).toEqual(['a.sys', 'b.sys', 'c.txt']);
  expect(listed('/ad F:\\d\\')).toEqual(['e']);
  expect(listed('/s F:\\d\\*.sys')).toEqual(['F:\\d\\a.sys', 'F:\\d\\b.sys', 'F:\\d\\e\\f.sys']);
  expect(listed('F:\\d\\*.nope')).toEqual([]);
});

it('the bare name of a hive is there while the script has it loaded', () => {
  const script = `reg query HKLM\\B >nul && echo there\r\nif errorlevel 1 ${LOAD}\r\nreg query HKLM\\B >nul && reg add HKLM\\B\\Select /v Seen /f`;
  expect(tried(script, disk()).changes).toEqual(['SYSTEM\\Select Seen = 1:0000']);
});

it('a method of nothing fails its statement; try catches it, and Stop ends the script', () => {
  const call = "$x = (Get-Item HKLM:\\B\\Nope -ErrorAction SilentlyContinue).GetValue('x')";
  const after = 'Set-ItemProperty HKLM:\\B\\Select After 1';
  const states = (lines: readonly string[]): string[] => {
    const { ready, changes } = tried([LOAD, ...lines].join('\n'), disk(), { name: 'a.ps1' });
    return [`${ready.tally.failed} failed`, `${ready.tally.notUnderstood} not understood`, ...changes];
  };
  expect(states([call, after])).toEqual(['1 failed', '0 not understood', 'SYSTEM\\Select After = 4:01000000']);
  expect(states([`try { ${call} } catch { Set-ItemProperty HKLM:\\B\\Select Caught 1 }`])).toEqual([
    '0 failed',
    '0 not understood',
    'SYSTEM\\Select Caught = 4:01000000',
  ]);
  expect(states(["$ErrorActionPreference = 'Stop'", call, after])[2]).toBeUndefined();
});
