// Lists of PowerShell stay the lists that they are, and data of the registry what they are, on their way through a script.

import { expect, it } from 'vitest';
import { disk, file, tried } from '../disk.ts';

/** What a script writes into the values of one key, by name. */
function written(lines: readonly string[]): Record<string, string> {
  const on = disk();
  const text = ['reg load HKLM\\B F:\\Windows\\System32\\config\\SYSTEM', "$k = 'HKLM:\\B\\Select'", ...lines].join(
    '\n',
  );
  const { changes, refusal, ready } = tried(text, on, { name: 'a.ps1' });
  expect([refusal, ready.tally.notUnderstood]).toEqual([null, 0]);
  const values = changes.flatMap((change) => /^SYSTEM\\Select (\S+) = (.*)$/.exec(change)?.slice(1) ?? []);
  return Object.fromEntries(values.flatMap((value, i) => (i % 2 === 0 ? [[value, values[i + 1]!]] : [])));
}

const multi = (...texts: string[]): string =>
  `7:${Buffer.from(`${[...texts, ''].join('\0')}\0`, 'utf16le').toString('hex')}`;
const text = (one: string): string => `1:${Buffer.from(`${one}\0`, 'utf16le').toString('hex')}`;

it('an empty list and a list of one are lists for +=, and null is none', () => {
  expect(
    written([
      '$a = @()',
      "$a += 'x'; $a += 'y'",
      'Set-ItemProperty $k Empty $a -Type MultiString',
      "$b = @('x'); $b += 'y'",
      'Set-ItemProperty $k One $b -Type MultiString',
      "$c = @{ L = @() }; $c.L += 'x'; $c.L += 'y'",
      'Set-ItemProperty $k InHash $c.L -Type MultiString',
      "$d = (@('x')); $d += 'y'",
      'Set-ItemProperty $k InParentheses $d -Type MultiString',
      "$e = $null; $e += 'x'; $e += 'y'",
      'Set-ItemProperty $k Null $e',
      "function give { return @('x') }; $f = give; $f += 'y'",
      'Set-ItemProperty $k Given $f',
      "$g = @(give); $g += 'y'",
      'Set-ItemProperty $k Kept $g -Type MultiString',
    ]),
  ).toEqual({
    Empty: multi('x', 'y'),
    One: multi('x', 'y'),
    InHash: multi('x', 'y'),
    InParentheses: multi('x', 'y'),
    Null: text('xy'),
    Given: text('xy'),
    Kept: multi('x', 'y'),
  });
});

it('a list, text and bytes that are read are written back as they were', () => {
  const odd = 'a\u200fb\tc';
  expect(
    written([
      "New-ItemProperty $k L -PropertyType MultiString -Value 'a','b c' | Out-Null",
      `Set-ItemProperty $k T "a$([char]0x200f)b\`tc"`,
      'Set-ItemProperty $k L2 (Get-ItemProperty $k).L',
      "Set-ItemProperty $k L3 (Get-Item $k).GetValue('L') -Type MultiString",
      'Set-ItemProperty $k T2 (Get-ItemPropertyValue $k T)',
      'Rename-ItemProperty $k L L4',
    ]),
  ).toEqual({
    L: multi('a', 'b c'),
    T: text(odd),
    L2: multi('a', 'b c'),
    L3: multi('a', 'b c'),
    T2: text(odd),
    L4: multi('a', 'b c'),
  });
});

it('for /f over reg query takes data as they are', () => {
  const on = disk();
  file(
    on.windows,
    'x.reg',
    '\ufeffWindows Registry Editor Version 5.00\r\n\r\n[HKEY_LOCAL_MACHINE\\B\\Select]\r\n"T"="a\u200fb"\r\n',
  );
  const script = [
    'reg load HKLM\\B F:\\Windows\\System32\\config\\SYSTEM',
    'reg import F:\\x.reg',
    'for /f "tokens=2*" %%a in (\'reg query HKLM\\B\\Select /v T\') do reg add HKLM\\B\\Select /v U /d "%%b" /f',
  ].join('\r\n');
  expect(tried(script, on).changes.at(-1)).toBe(`SYSTEM\\Select U = ${text('a\u200fb')}`);
});

it('what a method of an unknown object does is not understood', () => {
  const lines = ['class Thing { [string]$Name }', '$t = [Thing]::new()', '$t.Load()', '$n = $t.Name'].join('\n');
  const { ready } = tried(lines, disk(), { name: 'a.ps1' });
  expect(ready.lines.map(({ state }) => state)).toEqual([
    'notUnderstood',
    'notUnderstood',
    'notUnderstood',
    'noChange',
  ]);
});
