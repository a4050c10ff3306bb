// What cmd.exe puts in for arguments, folders and the recovery machine's variables, and what of them may be stored.

import { readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { scratch } from '../../../cli/process.ts';
import { disk, file, lint, type RunOptions, type TestDisk, tried } from '../../disk.ts';

const KEY = 'HKLM\\OFF\\ControlSet001\\Control\\Lsa';
const LOAD = 'reg load HKLM\\OFF F:\\Windows\\System32\\config\\SYSTEM';
const add = (name: string, data: string, type = 'REG_SZ'): string =>
  `reg add ${KEY} /v ${name} /t ${type} /d "${data}" /f`;

/** 'name=text' of each value that is written, and the refused lines. */
function texts(script: string, options: RunOptions = {}): string[] {
  const { changes, states } = tried(`${LOAD}\n${script}`, disk(), options);
  const values = changes.flatMap((change) => {
    const [, name, hex] = /Lsa (\w+) = [12]:(.*)$/.exec(change) ?? [];
    return name === undefined ? [] : [`${name}=${Buffer.from(hex!, 'hex').toString('utf16le').slice(0, -1)}`];
  });
  return [...values, ...states.filter((state) => state.includes('notUnderstood'))];
}

/** So many lines behind the first one, none of which may store what stands there. */
const refused = (count: number): string[] =>
  Array.from({ length: count }, (_, i) => `${i + 2} notUnderstood unset-variable`);

describe('arguments of a subroutine', () => {
  it('%0 is its label, shift moves %1 into it, %* stays, /n begins at n', () => {
    const script = `call :sub a b,c\ngoto :eof\n:sub\n${add('A', '%0.%1.%3.%*')}\nshift\n${add('B', '%0.%1.%*')}\nshift /1\n${add('C', '%0.%1.%2')}`;
    expect(texts(script)).toEqual(['A=:sub.a.c.a b,c', 'B=a.b.a b,c', 'C=a.c.']);
  });

  it('%~n0 and %~x0 are of the script; where it lies is not stored', () => {
    expect(texts(`${add('A', '%~n0%~x0')}\n${add('B', '%~nx0')}`)).toEqual(['A=fix.cmd', 'B=fix.cmd']);
    const own = ['%0', '%~0', '%~dp0x.exe', '%~f0', '%~d0'];
    expect(texts(own.map((data) => add('A', data)).join('\n'))).toEqual(refused(own.length));
  });

  it('lint reads arguments before variables, all sums of set /a, and what is set further down', () => {
    const text = `set /a "X=1, Y=2"\nreg add HKLM\\OFF\\A /v "%Y%" /d "%1-%X%" /f\ncall :s a\nreg add HKLM\\OFF\\A /v "%Z%" /f\ngoto :eof\n:s\nset Z=1`;
    expect(lint(text).filter((one) => one.includes('unset-variable'))).toEqual([]);
    expect(lint('reg add HKLM\\OFF\\A /v "%NOPE%" /f').some((one) => one.includes('unset-variable'))).toBe(true);
  });
});

describe('variables of the recovery machine', () => {
  it('stay in REG_EXPAND_SZ, are the usual ones in other types, and are refused where each machine has its own', () => {
    const stored = [
      add('A', '%SystemRoot%\\x %TEMP%', 'REG_EXPAND_SZ'),
      add('B', '%SystemRoot%\\x %ProgramFiles%'),
      `reg add ${KEY} /v C /d %windir%\\x /f`,
    ];
    expect(texts(stored.join('\n'))).toEqual([
      'A=%SystemRoot%\\x %TEMP%',
      'B=C:\\Windows\\x C:\\Program Files',
      'C=C:\\Windows\\x',
    ]);
    const lines = [
      add('A', '%USERNAME%'),
      add('A', '%TEMP%'),
      add('A', '%DATE%', 'REG_EXPAND_SZ'),
      add('A', '%CD%', 'REG_EXPAND_SZ'),
      `reg add ${KEY}\\%COMPUTERNAME% /f`,
      `reg add ${KEY} /v %USERNAME% /d x /f`,
    ];
    expect(texts(lines.join('\n'))).toEqual(refused(lines.length));
  });

  it('and alike in PowerShell', () => {
    const set = (name: string, value: string, type = 'String'): string =>
      `New-ItemProperty HKLM:\\OFF\\ControlSet001\\Control\\Lsa ${name} -Type ${type} -Value "${value}"`;
    const lines = [
      set('A', '$env:SystemRoot\\x'),
      set('B', '$env:SystemRoot\\x', 'ExpandString'),
      set('C', '$env:COMPUTERNAME'),
      set('D', '$PSScriptRoot\\x'),
    ];
    expect(texts(lines.join('\n'), { name: 'fix.ps1' })).toEqual([
      'A=C:\\Windows\\x',
      'B=%SYSTEMROOT%\\x',
      '4 notUnderstood unset-variable',
      '5 notUnderstood unset-variable',
    ]);
  });

  it('%CD% is the folder of the disk that the script went to', () => {
    expect(texts(`cd /d F:\\Windows\n${add('A', '%CD%')}`)).toEqual(['A=F:\\Windows']);
  });
});

describe('files of the recovery machine', () => {
  const run = (script: string, on: TestDisk = disk(), options: RunOptions = {}) => tried(script, on, options);

  it('are written, read under any spelling, and deleted', () => {
    const reg =
      'echo REGEDIT4>X\necho.>>X\necho [HKEY_LOCAL_MACHINE\\OFF\\ControlSet001\\Control\\Lsa]>>X\necho "A"="b">>X\n';
    for (const [there, read, gone] of [
      ['"%TEMP%\\fix.reg"', '%tmp%\\FIX.reg', 'del /q "%TEMP%\\*.reg" %TEMP%\\other.log'],
      ['fix.reg', '"%CD%\\fix.reg"', 'del fix.reg'],
      ['"%~dp0fix.reg"', '.\\fix.reg', 'del "%~dp0*.reg"'],
      ['C:\\temp\\fix.reg', 'c:\\TEMP\\fix.reg', 'del c:\\temp\\fix.reg'],
    ] as const) {
      const { changes, refusal, ready } = run(`${LOAD}\n${reg.replaceAll('X', there)}reg import ${read}\n${gone}`);
      expect([refusal, changes.length, [...ready.listings.keys()]], there).toEqual([null, 1, []]);
    }
  });

  it('a log beside the script goes to --out; what lies there is copied onto the disk and stays', () => {
    const folder = scratch();
    writeFileSync(join(folder, 'a.sys'), 'new');
    const script =
      'echo x>>"%~dpn0.log"\ncopy /y "%~dp0a.sys" F:\\b.sys\ncopy a.sys F:\\\ndel "%~dp0a.sys"\ncopy a.sys F:\\c.sys';
    const { changes, ready, states } = run(script, disk(), { name: join(folder, 'fix.cmd') });
    expect(changes).toEqual(['write-file \\b.sys', 'write-file \\a.sys']);
    expect([...ready.listings.keys()]).toEqual(['fix.log']);
    expect(states.at(-1)).toBe('5 failed line-failed');
    expect(readdirSync(folder)).toEqual(['a.sys']);
  });

  it('behind a cd to where nobody knows, a relative name is not taken for one of them', () => {
    expect(run('cd /d %TARGET%\\Windows\ndel x.sys').refusal).toBe('UNRESOLVED_LINE');
    expect(run('cd /d "%~dp0"\ndel x.log').refusal).toBeNull();
  });
});

describe('names that a pattern makes', () => {
  it('of files that are copied', () => {
    const on = disk();
    file(on.windows, 'd/SYS', '1');
    file(on.windows, 'd/a.b.txt', '2');
    const rows = [
      ['copy F:\\d\\*.* F:\\e\\*.*', ['SYS', 'a.b.txt']],
      ['copy F:\\d\\a.b.txt F:\\e\\*.bak', ['a.b.bak']],
      ['xcopy /y F:\\d\\SYS F:\\e\\new*', ['new']],
      ['copy F:\\d\\a.b.txt F:\\e\\new.*', ['new.b.txt']],
      ['copy F:\\d\\SYS F:\\e\\*.old', ['SYS.old']],
      ['copy F:\\d\\a.b.txt F:\\e\\?x*', ['ax.b.txt']],
    ] as const;
    for (const i of rows.keys()) file(on.windows, `e${i}/keep`, '3');
    const { changes } = tried(rows.map(([line], i) => line.replace('\\e\\', `\\e${i}\\`)).join('\n'), on);
    expect(changes).toEqual(rows.flatMap(([, names], i) => names.map((name) => `write-file \\e${i}\\${name}`)));
  });
});

describe('what else stands before a command, or in place of it', () => {
  it('programs by their path and by %COMSPEC%, and start', () => {
    const lines = [
      `"%windir%\\system32\\reg.exe" add ${KEY} /v A /d 1 /f`,
      `%SystemRoot%\\System32\\reg.exe add ${KEY} /v B /d 2 /f`,
      `%comspec% /c reg add ${KEY} /v C /d 3 /f`,
      `start /wait reg add ${KEY} /v D /d 4 /f`,
      `start "title" /b /w reg.exe add ${KEY} /v E /d "5 6" /f`,
    ];
    expect(texts(lines.join('\n'))).toEqual(['A=1', 'B=2', 'C=3', 'D=4', 'E=5 6']);
    expect(texts('start notepad')).toEqual([]);
  });

  it('a variable that the script sets is nothing before that, as cmd.exe has it; one that nobody sets is refused', () => {
    const loop = `for %%a in (x y) do call :more %%a\n${add('A', '%L%')}\ngoto :eof\n:more\nset L=%L%%1\n`;
    expect(texts(loop)).toEqual(['A=xy']);
    expect(texts(add('A', '%L%'))).toEqual(['2 notUnderstood unset-variable']);
  });

  it('NUL in a folder, and a switch that lacks its blank', () => {
    expect(texts(`if exist F:\\Windows\\nul ${add('A', '1')}\nif exist F:\\no\\nul ${add('B', '1')}`)).toEqual(['A=1']);
    expect(texts(`reg add ${KEY}/v A /d 1 /f`)).toEqual(['2 notUnderstood bad-syntax']);
  });
});
