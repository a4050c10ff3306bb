// What published scripts were run wrong with: quotes, sums, environments, and lines that depend on one not understood.

import { describe, expect, it } from 'vitest';
import { disk, type RunOptions, tried } from '../disk.ts';

const KEY = 'HKLM\\BROKENSYSTEM\\ControlSet001\\Control\\Test';
const P = 'HKLM:\\BROKENSYSTEM\\ControlSet001\\Control\\Test';
const LOAD = 'reg load HKLM\\BROKENSYSTEM F:\\Windows\\System32\\config\\SYSTEM';

/** The texts that the script gives the test key's values, or the states of lines that are not understood. */
function sets(text: string, options: RunOptions = {}): string[] {
  const { changes, refusal, states } = tried(text, disk(), options);
  if (refusal !== null) return [refusal, ...states.filter((state) => state.includes('notUnderstood'))];
  return changes.flatMap((change) => {
    const match = /Control\\Test (.*) = [12]:([0-9a-f]*)$/.exec(change);
    return match ? [`${match[1]}=${Buffer.from(match[2]!, 'hex').toString('utf16le').replace(/\0$/, '')}`] : [];
  });
}

const add = (name: string, data: string): string => `reg add ${KEY} /v ${name} /t REG_SZ /d ${data} /f`;

describe('quotes of cmd.exe', () => {
  const V = 'set P=C:\\Program Files\\x.exe\n';
  const cases: readonly [string, string, readonly string[]][] = [
    ['escaped quotes around a variable', `${V}${add('A', '"\\"%P%\\" -a"')}`, ['A="C:\\Program Files\\x.exe" -a']],
    [
      'the same of delayed expansion',
      `setlocal enabledelayedexpansion\n${V}${add('A', '"\\"!P!\\" -a"')}`,
      ['A="C:\\Program Files\\x.exe" -a'],
    ],
    [
      'the same of a loop',
      `for %%a in ("C:\\Program Files\\x.exe") do ${add('A', '"\\"%%~a\\" -a"')}`,
      ['A="C:\\Program Files\\x.exe" -a'],
    ],
    [
      'quotes that a variable brings',
      `set P="C:\\Program Files\\x.exe"\n${add('A', '%P%')}`,
      ['A=C:\\Program Files\\x.exe'],
    ],
    ['a quoted key in a variable', `set K="${KEY}"\nreg add %K% /v A /t REG_SZ /d 1 /f`, ['A=1']],
    ['a blank at the end of a value stays', `set G=x \n${add('A', '"%G%"')}`, ['A=x ']],
    [
      'parts of a path',
      `for %%f in (F:\\Windows\\bad.sys) do ${add('A', '"%%~nxf,%%~nf,%%~xf,%%~dpf."')}`,
      ['A=bad.sys,bad,.sys,F:\\Windows\\.'],
    ],
    ['a modifier before a letter that is one too', `for %%f in (a.b) do ${add('A', '%%~nf.bad')}`, ['A=a.bad']],
    ['endlocal gives the value back', `set X=1\nsetlocal\nset X=2\nendlocal\n${add('A', '%X%')}`, ['A=1']],
    ['endlocal on one line with set', `setlocal\nset X=2\nendlocal & set Y=%X%\n${add('A', '%Y%')}`, ['A=2']],
  ];
  it.each(cases)('%s', (_name, text, expected) => expect(sets(text)).toEqual(expected));

  it('arguments of a subroutine, without their quotes, and absent ones as nothing', () => {
    expect(sets(`call :s "a b" c\ngoto :eof\n:s\n${add('A', '"%~1-%2-%~3."')}`)).toEqual(['A=a b-c-.']);
  });
});

describe('set /a', () => {
  it.each([
    ['0x1', '1'],
    ['010', '8'],
    ['1+2*3', '7'],
    ['(1+2)*3', '9'],
    ['7%%3', '1'],
    ['1<<4', '16'],
    ['-8>>1', '-4'],
    ['6&3', '2'],
    ['6|1', '7'],
    ['6^3', '5'],
    ['~0', '-1'],
    ['!5', '0'],
    ['A=4,A*2', '8'],
    ['2147483647+1', '-2147483648'],
    ['7/2', '3'],
    ['-7/2', '-3'],
  ])('%s is %s', (sum, result) => {
    expect(sets(`set /a "X=${sum.includes(',') ? `(${sum})` : sum}"\n${add('A', '%X%')}`)).toEqual([`A=${result}`]);
  });

  it('takes operators with =, several sums, and names that are not set', () => {
    expect(sets(`set X=5\nset /a X+=2, Y=X*2, Z=NOTHING+1\n${add('A', '%X%,%Y%,%Z%')}`)).toEqual(['A=7,14,1']);
  });

  it('the usual way to the control set in use', () => {
    const idiom = `${LOAD}\nfor /f "tokens=3" %%c in ('reg query HKLM\\BROKENSYSTEM\\Select /v Current') do set /a N=%%c\nset CS=ControlSet00%N%\nreg add HKLM\\BROKENSYSTEM\\%CS%\\Control\\Test /v A /t REG_SZ /d 1 /f`;
    expect(sets(idiom)).toEqual(['A=1']);
  });

  it.each(['09', '1/0', '1+', '5 5'])('%s is refused, and so is what uses it', (sum) => {
    expect(sets(`set /a X=${sum}\n${add('A', '%X%')}\n${add('B', '1')}`)).toEqual([
      'UNRESOLVED_LINE',
      '1 notUnderstood bad-syntax',
      '2 notUnderstood unset-variable',
    ]);
  });
});

describe('PowerShell does what it does', () => {
  const on = { name: 'fix.ps1' };
  it('New-ItemProperty without -Force overwrites nothing', () => {
    const text = `New-Item '${P}'\nNew-ItemProperty '${P}' A -Value x\nNew-ItemProperty '${P}' A -Value y`;
    const { changes, states } = tried(text, disk(), on);
    expect(states.at(-1)).toBe('3 failed line-failed');
    expect(changes.filter((change) => change.includes(' A = '))).toHaveLength(1);
  });

  it('Get-ItemPropertyValue gives the value', () => {
    const text = `$w = 'ComputerName'\n$v = Get-ItemPropertyValue 'HKLM:\\BROKENSYSTEM\\ControlSet001\\Control\\ComputerName\\ComputerName' $w\nNew-Item '${P}'\nSet-ItemProperty '${P}' A "is $v"`;
    expect(sets(text, on)).toEqual(['A=is APP-SRV-07']);
  });

  it('quotes for a program: a backslash and a backtick before them', () => {
    const text = `$p = 'C:\\Program Files\\x.exe'\nreg add "${KEY}" /v A /t REG_SZ /d "\\\`"$p\\\`" -a" /f`;
    expect(sets(text, on)).toEqual(['A="C:\\Program Files\\x.exe" -a']);
  });
});

describe('what depends on a line that is not understood is not understood', () => {
  it.each([
    ['a variable of a sum', `set /p X=\n${add('A', '%X%')}\n${add('B', '1')}`, ['1', '2']],
    ['a branch', `fixitnow F:\\x\nif errorlevel 1 ${add('A', '1')}\n${add('B', '1')}`, ['1', '2']],
    [
      'a variable that a branch sets',
      `set Y=1\nfixitnow x\nif errorlevel 1 set Y=2\n${add('A', '%Y%')}`,
      ['2', '3', '4'],
    ],
    [
      'all that follows a jump',
      `fixitnow x\nif errorlevel 1 goto end\n${add('A', '1')}\n${add('B', '1')}\n:end`,
      ['1', '2', '3', '4'],
    ],
    ['a loop over what is not known', `for /f %%a in ('fixitnow x') do ${add('A', '%%a')}\n${add('B', '1')}`, ['1']],
    [
      'what a key is loaded for',
      `reg load HKLM\\OFF %NOWHERE%\\SYSTEM\nreg add HKLM\\OFF\\ControlSet001\\Control\\Test /v A /t REG_SZ /d 1 /f`,
      ['1', '2'],
    ],
  ])('cmd.exe: %s', (_name, text, lines) => {
    const [refusal, ...states] = sets(text);
    expect(refusal).toBe('UNRESOLVED_LINE');
    expect([...new Set(states.map((state) => state.split(' ')[0]))]).toEqual(lines);
  });

  it.each([
    ['a variable', `$x = Get-Whatever\nSet-ItemProperty '${P}' A $x\nNew-Item '${P}'`, ['1', '2']],
    [
      'a branch and its else',
      `if (Get-Whatever) {\nNew-Item '${P}' } else {\nRemove-Item '${P}' }\n${LOAD}`,
      ['1', '2', '3'],
    ],
    ['all that follows a jump', `if (Get-Whatever) { return }\nNew-Item '${P}'`, ['1', '2']],
    ['what a function gives', `function f { Get-Whatever }\n$x = f\nNew-Item "${P}$x"`, ['1', '3']],
    [
      'a method that is not read',
      `$x = [Whatever.Type]::New('a')\n$y = "v$x"\nSet-ItemProperty '${P}' A $y`,
      ['1', '3'],
    ],
  ])('PowerShell: %s', (_name, text, lines) => {
    const [refusal, ...states] = sets(text, { name: 'fix.ps1' });
    expect(refusal).toBe('UNRESOLVED_LINE');
    expect([...new Set(states.map((state) => state.split(' ')[0]))]).toEqual(lines);
  });

  it('but for branches that only print', () => {
    expect(sets(`fixitnow x\nif errorlevel 1 echo failed\n${add('A', '1')}`, { skipUnresolved: true })).toEqual([
      'A=1',
    ]);
  });
});
