// The type that a value of PowerShell gets in the registry: by -Type, by the value that is there, by the kind of the data.
// Rows are what the registry provider of PowerShell and .NET's RegistryKey do with the same line.

import { describe, expect, it } from 'vitest';
import { disk, tried } from '../../disk.ts';

const LOAD = 'reg load HKLM\\OFF F:\\Windows\\System32\\config\\SYSTEM';
const utf16 = (text: string): string => Buffer.from(text, 'utf16le').toString('hex');
const sz = (text: string): string => `1:${utf16(`${text}\0`)}`;
const dword = (number: number): string => {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(number);
  return `4:${bytes.toString('hex')}`;
};

/** Of each text of several lines, run in one script: what it writes to its value V, in order, or that it is refused. */
function written(texts: readonly string[]): string[][] {
  const lines = [LOAD];
  const starts = texts.map((text, i) => {
    lines.push(`$p = 'HKLM:\\OFF\\ControlSet001\\Control\\T${i}'`, 'New-Item $p | Out-Null');
    lines.push(...text.split('\n'));
    return lines.length;
  });
  const { changes, states } = tried(lines.join('\n'), disk(), { name: 'fix.ps1' });
  const lineOf = (state: string): number => Number(/^\d+/.exec(state)?.[0]);
  return texts.map((text, i) => {
    const end = starts[i]!;
    const own = states.filter((state) => lineOf(state) <= end && lineOf(state) > end - text.split('\n').length);
    if (own.some((state) => state.includes('notUnderstood'))) return ['refused'];
    return changes.flatMap((change) => (new RegExp(`\\\\T${i} V = (.*)$`).exec(change) ?? []).slice(1));
  });
}

/** Rows of what stands there and what it writes last. */
function rows(table: readonly (readonly [string, string])[], line: (text: string) => string): void {
  const found = written(table.map(([text]) => line(text)));
  expect(table.map(([text], i) => [text, found[i]!.at(-1)])).toEqual(table);
}

const qword = (hex: string): string => `11:${hex.padEnd(16, '0')}`;
const multi = (text: string): string => `7:${utf16(text)}`;

it('Set-ItemProperty without -Type', () => {
  rows(
    [
      ['5', dword(5)],
      ['0xFFFFFFFF', dword(0xffff_ffff)],
      ['12345678901', qword('351cdcdf02')],
      ['5L', qword('05')],
      ['([int64]5)', qword('05')],
      ['4GB', qword('0000000001')],
      ['1KB', dword(1024)],
      ['1.0', sz('1')],
      ['(7/2)', sz('3.5')],
      ['(6/2)', dword(3)],
      ['([math]::Floor(7/2))', sz('3')],
      ['([int][math]::Floor(7/2))', dword(3)],
      ['([math]::Max(1,2))', dword(2)],
      ['([math]::Round(2.5))', sz('2')],
      ['([uint32]5)', sz('5')],
      ['([byte]5)', sz('5')],
      ['([int]5.5 + 1)', dword(7)],
      ['(2147483647 + 1)', sz('2147483648')],
      ["('5' + 3)", sz('53')],
      ["(5 + '3')", dword(8)],
      ['(0x100000000 -bor 1)', qword('0100000001')],
      ['$true', sz('True')],
      ["'a'", sz('a')],
      ["('a,b'.Split(','))", multi('a\0b\0\0')],
      ["('a b' -split ' ')", multi('a\0b\0\0')],
      ["([string[]]('a','b'))", multi('a\0b\0\0')],
      ['([byte[]](1,2))', '3:0102'],
      ['([BitConverter]::GetBytes(5))', '3:05000000'],
      ["([Text.Encoding]::Unicode.GetBytes('a'))", '3:6100'],
      ['((1,2 | Measure-Object -Sum).Sum)', sz('3')],
      [`(('{"a": 7}' | ConvertFrom-Json).a)`, dword(7)],
      // A list that has no type of its own: Windows says that it takes only Byte[] and String[].
      ["'a','b'", 'refused'],
      ["@('a')", 'refused'],
      ['(,1 * 3)', 'refused'],
      ['([byte[]](1) + [byte[]](2))', 'refused'],
      ["('a,b'.Split(',') -ne 'b')", 'refused'],
    ],
    (value) => `Set-ItemProperty $p V ${value}`,
  );
});

it('-Type', () => {
  rows(
    [
      ['DWord -Value 4294967295', dword(0xffff_ffff)],
      ['DWord -Value -1', dword(0xffff_ffff)],
      ["DWord -Value '0x10'", dword(16)],
      ['DWord -Value $true', dword(1)],
      ['DWord -Value 2.5', dword(2)],
      ["QWord -Value '18446744073709551615'", qword('ffffffffffffffff')],
      ["MultiString -Value @('x','','y')", multi('x\0\0y\0\0')],
      ["MultiString -Value 'x'", multi('x\0\0')],
      ['Binary -Value 1,2,0xff', '3:0102ff'],
      ["Binary -Value '5'", '3:05'],
      ["ExpandString -Value '%windir%'", `2:${utf16('%windir%\0')}`],
      ['DWord -Value 5000000000', 'refused'],
      ["DWord -Value 'five'", 'refused'],
      ["Binary -Value '9012038010000000'", 'refused'],
    ],
    (type) => `New-ItemProperty $p V -PropertyType ${type}`,
  );
});

it('a value that is there, and one that was read', () => {
  const there = "New-ItemProperty $p V -PropertyType ExpandString -Value 'a'\n";
  const open = (i: number): string =>
    `$k = [Microsoft.Win32.Registry]::LocalMachine.OpenSubKey("OFF\\ControlSet001\\Control\\T${i}", $true)\n`;
  const number = 'New-ItemProperty $p N -PropertyType DWord -Value 0xffffffff\n';
  const lists =
    "New-ItemProperty $p B -Value ([byte[]](1,2))\nNew-ItemProperty $p M -Type MultiString -Value 'a','b'\n";
  rows(
    [
      [`${there}Set-ItemProperty $p V 'b'`, `2:${utf16('b\0')}`],
      [`${there}New-ItemProperty $p V -Value 'b' -Force`, `2:${utf16('b\0')}`],
      [`${there}${open(2)}$k.SetValue('V', 'b')`, sz('b')],
      [`${number}Set-ItemProperty $p V "$((Get-ItemProperty $p).N)"`, sz('4294967295')],
      [`${number}Set-ItemProperty $p V "$((Get-Item $p).GetValue('N'))"`, sz('-1')],
      [`${lists}New-ItemProperty $p V -Value (Get-ItemProperty $p).B`, '3:0102'],
      [`${lists}New-ItemProperty $p V -Value (Get-ItemProperty $p).M`, multi('a\0b\0\0')],
    ],
    (text) => text,
  );
});

it(".NET's SetValue", () => {
  rows(
    [
      ['5', dword(5)],
      ['[int64]5', sz('5')],
      ['1.5', sz('1.5')],
      ["[string[]]('a','b')", multi('a\0b\0\0')],
      ["[string[]]('a','b'), 'MultiString'", multi('a\0b\0\0')],
      ["@('a','b'), 'MultiString'", 'refused'],
      ["@(1,2), 'Binary'", 'refused'],
      ['7, [Microsoft.Win32.RegistryValueKind]::QWord', qword('07')],
    ],
    (args) => `[Microsoft.Win32.Registry]::SetValue($p.Replace('HKLM:', 'HKEY_LOCAL_MACHINE'), 'V', ${args})`,
  );
});

describe('what decides the value on its way', () => {
  it('types of variables, filters, formats, -WhatIf, -Depth, catch', () => {
    rows(
      [
        ['[string]$v = 1\n$v = 2\nSet-ItemProperty $p V $v', sz('2')],
        ["[string[]]$w = 'a'\n$w += 'b'\nSet-ItemProperty $p V $w", multi('a\0b\0\0')],
        ['function f([string]$v) { $v = 3; Set-ItemProperty $p V $v }\nf 1', sz('3')],
        ["$n = 1\n$n += '2'\nSet-ItemProperty $p V $n", dword(3)],
        ["$f = 'a,b'.Split(',') | Where-Object { $_ -eq 'a' }\nSet-ItemProperty $p V $f", sz('a')],
        ["Set-ItemProperty $p V ('{0:N0}|{1:F1}|{2:X4}' -f 1234567, 2.25, 255)", sz('1,234,567|2.3|00FF')],
        [
          'function g { [CmdletBinding(SupportsShouldProcess)]param() Set-ItemProperty $p V 1 }\nSet-ItemProperty $p V 2\ng -WhatIf',
          dword(2),
        ],
        ['New-Item $p\\A\\B -Force\nSet-ItemProperty $p V @(Get-ChildItem $p -Recurse -Depth 0).Count', dword(1)],
        [
          'try { Get-Item $p\\no -ErrorAction Stop } catch [System.Management.Automation.ItemNotFoundException] { Set-ItemProperty $p V 1 } catch { Set-ItemProperty $p V 2 }',
          dword(1),
        ],
        ['Set-ItemProperty $p -Name V,W -Value 5', 'refused'],
        [
          "New-Item $p\\A\nNew-ItemProperty $p\\A V -Value 'x'\nMove-ItemProperty $p\\A -Name V -Destination $p",
          sz('x'),
        ],
        [
          "New-Item $p\\A\nNew-ItemProperty $p\\A V -Value 'x'\nCopy-ItemProperty $p\\A -Name V -Destination $p",
          sz('x'),
        ],
      ],
      (text) => text,
    );
  });

  it('switch, New-Item -Value, Set-Item, GUIDs, new lists', () => {
    rows(
      [
        ["switch -Regex ('Set002') { 'Set(\\d+)$' { Set-ItemProperty $p V $Matches[1] } }", sz('002')],
        ["switch ('a','b') { 'a' { continue } default { Set-ItemProperty $p V $_ } }", sz('b')],
        ['$n = 0\nswitch (1) { 1 { $n = 5 } { $n -eq 5 } { Set-ItemProperty $p V $n } }', dword(5)],
        [
          'Set-ItemProperty $p V "$([guid]\'{4D36E967-E325-11CE-BFC1-08002BE10318}\')"',
          sz('4d36e967-e325-11ce-bfc1-08002be10318'),
        ],
        [
          "Set-ItemProperty $p V ([guid]'4D36E967-E325-11CE-BFC1-08002BE10318').ToString('B')",
          sz('{4d36e967-e325-11ce-bfc1-08002be10318}'),
        ],
        ['New-ItemProperty $p V -Value ([byte[]]::new(2))', '3:0000'],
        [
          "New-Item $p\\D\nNew-Item $p\\D -Value d -Force\nSet-ItemProperty $p V (Get-Item $p\\D).GetValue('')",
          sz('d'),
        ],
        ["New-Item $p\\E\nSet-Item $p\\E -Value e\nSet-ItemProperty $p V (Get-Item $p\\E).GetValue('')", sz('e')],
      ],
      (text) => text,
    );
  });

  it('texts over lines have the line ends of the file, behind a backtick too', () => {
    const script = `${LOAD}\n$p = 'HKLM:\\OFF\\ControlSet001\\Control\\Lsa'\nSet-ItemProperty $p V @"\na\nb\n"@\nSet-ItemProperty $p W "a \`\nb"\nSet-ItemProperty $p X 'a\nb' \`\n  -Type String`;
    for (const end of ['\n', '\r\n']) {
      const { changes } = tried(script.replaceAll('\n', end), disk(), { name: 'fix.ps1' });
      expect(changes.map((change) => change.split(' = ')[1])).toEqual([
        sz(`a${end}b`),
        sz(`a ${end}b`),
        sz(`a${end}b`),
      ]);
    }
  });

  it('what stands behind --% goes to the program as it stands', () => {
    const script = `${LOAD}\nreg --% add HKLM\\OFF\\ControlSet001\\Control\\Lsa /v "a b" /d "c {d}" /f\nbcdedit --% /store F:\\Boot\\BCD /set {bootmgr} timeout 7`;
    const { changes, refusal } = tried(script, disk(), { name: 'fix.ps1' });
    expect([refusal, changes.length, changes[0]]).toEqual([
      null,
      2,
      `SYSTEM\\ControlSet001\\Control\\Lsa a b = ${sz('c {d}')}`,
    ]);
  });
});
