// cmd.exe and PowerShell, form by form: what each script sets in one key.

import { describe, expect, it } from 'vitest';
import { disk, effective, type RunOptions, tried } from '../disk.ts';

const KEY = 'HKLM\\BROKENSYSTEM\\ControlSet001\\Control\\Test';
const SET = (name: string, data = '1'): string => `reg add ${KEY} /v ${name} /t REG_SZ /d ${data} /f`;

const on = disk;

/** 'name=data' of each value that the script sets below the test key. */
function sets(text: string, options: RunOptions = {}): string[] {
  const { changes, refusal, states } = tried(text, on(), options);
  if (refusal !== null) return [refusal, ...states.filter((state) => state.includes('notUnderstood'))];
  return changes.flatMap((change) => {
    const match = /Control\\Test (\S+) = 1:([0-9a-f]*)$/.exec(change);
    return match ? [`${match[1]}=${Buffer.from(match[2]!, 'hex').toString('utf16le').replace(/\0$/, '')}`] : [];
  });
}

describe('cmd.exe', () => {
  const cases: readonly [string, string, readonly string[]][] = [
    ['& runs both', `${SET('A')} & ${SET('B')}`, ['A=1', 'B=1']],
    ['&& after success, || after failure', `reg query ${KEY} && ${SET('A')} || ${SET('B')}`, ['B=1']],
    ['a caret joins lines', `reg add ${KEY} /v A ^\n  /t REG_SZ /d 1 /f`, ['A=1']],
    ['a caret takes & for a letter', SET('A', 'x^&y'), ['A=x&y']],
    ['quotes keep & and blanks', SET('A', '"x & y"'), ['A=x & y']],
    ['escaped quotes', SET('A', '"say \\"hi\\""'), ['A=say "hi"']],
    [
      'variables, a part and a replacement',
      `set X=abcdef\n${SET('A', '%X:~1,2%')}\n${SET('B', '%X:cd=--%')}`,
      ['A=bc', 'B=ab--ef'],
    ],
    ['set in quotes', `set "X=a b"\n${SET('A', '"%X%"')}`, ['A=a b']],
    [
      'a variable in a group is put in before the group runs',
      `set X=1\n(\nset X=2\n${SET('A', '%X%')}\n)\n${SET('B', '%X%')}`,
      ['A=1', 'B=2'],
    ],
    [
      '! is put in when the line runs',
      `setlocal enabledelayedexpansion\nset X=1\n(\nset X=2\n${SET('A', '!X!')}\n)`,
      ['A=2'],
    ],
    ['%% is one percent', SET('A', '%%SystemRoot%%\\x'), ['A=%SystemRoot%\\x']],
    [
      'if exist, else',
      `if exist F:\\Windows (${SET('A')}) else (${SET('B')})\nif exist F:\\No (${SET('C')}) else (${SET('D')})`,
      ['A=1', 'D=1'],
    ],
    [
      'if not, /i, equ',
      `if not exist F:\\No ${SET('A')}\nif /i "x"=="X" ${SET('B')}\nif 10 gtr 9 ${SET('C')}\nif "a"=="b" ${SET('D')}`,
      ['A=1', 'B=1', 'C=1'],
    ],
    [
      'if defined and errorlevel',
      `set X=1\nif defined X ${SET('A')}\nreg query ${KEY}\\No\nif errorlevel 1 ${SET('B')}\nif not errorlevel 1 ${SET('C')}`,
      ['A=1', 'B=1', 'C=1'],
    ],
    ['%errorlevel%', `reg query ${KEY}\\No\nif %errorlevel% neq 0 ${SET('A')}`, ['A=1']],
    ['for over a list', `for %%n in (A, B "C") do ${SET('%%~n')}`, ['A=1', 'B=1', 'C=1']],
    ['for as typed at the prompt', `for %n in (A B) do ${SET('%n')}`, ['A=1', 'B=1']],
    ['for /l', `for /l %%i in (1,1,3) do ${SET('V%%i')}`, ['V1=1', 'V2=1', 'V3=1']],
    ['for /f over a string', `for /f "tokens=1,2 delims=," %%a in ("x,y") do ${SET('A', '%%a%%b')}`, ['A=xy']],
    [
      'for /f over a command',
      `for /f "tokens=2*" %%a in ('reg query HKLM\\BROKENSYSTEM\\Select /v Current') do ${SET('A', '%%b')}`,
      ['A=0x1'],
    ],
    ['nested for', `for %%a in (A B) do for %%b in (1 2) do ${SET('%%a%%b')}`, ['A1=1', 'A2=1', 'B1=1', 'B2=1']],
    ['call and exit /b', `call :one\n${SET('B')}\ngoto :eof\n:one\n${SET('A')}\nexit /b 3\n`, ['A=1', 'B=1']],
    ['exit /b sets errorlevel', `call :one\nif %errorlevel%==3 ${SET('B')}\ngoto :eof\n:one\nexit /b 3`, ['B=1']],
    ['exit ends all', `call :one\n${SET('B')}\n:one\nexit 0`, []],
    [
      'what is never set is nothing in a comparison',
      `if "%X%"=="" ${SET('A')}\nif "%1"=="" ${SET('B')}`,
      ['A=1', 'B=1'],
    ],
    ['pushd and popd', `pushd F:\\Windows\ncd System32\nif exist F:\\ ${SET('A')}\npopd`, ['A=1']],
    ['comments', `:: ${SET('A')}\nrem ${SET('B')}\n@rem x\n@${SET('C')}`, ['C=1']],
    ['a pipe to find', `reg query HKLM\\BROKENSYSTEM\\Select | find "Current" >nul && ${SET('A')}`, ['A=1']],
    [
      'a pipe to findstr that finds nothing',
      `reg query HKLM\\BROKENSYSTEM\\Select | findstr /i nothing || ${SET('A')}`,
      ['A=1'],
    ],
    ['a key with its root in full', SET('A').replace('HKLM', 'HKEY_LOCAL_MACHINE'), ['A=1']],
    [
      'a variable for a drive and one for a key',
      `set D=F:\nset K=${KEY}\nreg load HKLM\\BROKENSYSTEM %D%\\Windows\\System32\\config\\SYSTEM\nreg add "%K%" /v A /t REG_SZ /d 1 /f`,
      ['A=1'],
    ],
  ];
  it.each(cases)('%s', (_name, text, expected) => expect(sets(text)).toEqual(expected));

  it('a script that never ends is stopped', () => {
    expect(() => tried(`:a\n${SET('A')}\ngoto a\n`, on())).toThrow(/may never end/);
  });

  it.each([
    ['an unknown command', 'fixitnow F:\\x', '1 notUnderstood unknown-command'],
    ['a jump to nowhere', `goto nowhere\n${SET('A')}`, '1 notUnderstood not-found-label'],
    ['a question', `set /p X=\n${SET('A')}`, '1 notUnderstood placeholder'],
    ['an argument of the script', `reg load HKLM\\B %1\\SYSTEM\n${SET('A')}`, '1 notUnderstood unset-variable'],
    ['a parenthesis that is not closed', `if exist F:\\x (\n${SET('A')}`, '1 notUnderstood bad-syntax'],
    ['a line for this machine', `${SET('A')}\nreg add HKLM\\SOFTWARE\\X /v Y /d 1 /f`, '2 notUnderstood live-line'],
    ['a drive without a volume', `${SET('A')}\ncopy G:\\x F:\\y`, '2 notUnderstood drive-not-mapped'],
    [
      'a comparison with what each machine sets',
      `if "%COMPUTERNAME%"=="X" fixit\n${SET('A')}`.replace('fixit', SET('B')),
      '1 notUnderstood unset-variable',
    ],
    [
      'a relative path after a folder that is not known',
      `cd /d F:\\Windows\ncd /d %X%\\y\ndel z.sys\n${SET('A')}`,
      '3 notUnderstood drive-not-mapped',
    ],
    [
      'a switch that means fewer files',
      `robocopy F:\\Windows F:\\b /e /xf x.sys\n${SET('A')}`,
      '1 notUnderstood bad-syntax',
    ],
    ['a folder taken away', `${SET('A')}\nrd /s /q F:\\Windows`, '2 notUnderstood deletes-system-files'],
  ])('refused: %s', (_name, text, state) => {
    expect(sets(text).slice(0, 2)).toEqual(['UNRESOLVED_LINE', state]);
  });

  it('a line whose turn does not come refuses nothing', () => {
    expect(sets(`if exist F:\\No (\nfixitnow F:\\x\n)\n${SET('A')}`)).toEqual(['A=1']);
  });

  it('queries see the changes before them', () => {
    const { outputs } = tried(
      `${SET('A', 'seen')}\nreg query ${KEY} /v A\nbcdedit /store F:\\boot\\bcd /set {bootmgr} timeout 77\nbcdedit /store F:\\boot\\bcd /enum`,
      on(),
    );
    expect(outputs[1]).toContain('seen');
    expect(outputs[3]).toMatch(/timeout\s+77/);
  });
});

describe('PowerShell', () => {
  const P = 'HKLM:\\BROKENSYSTEM\\ControlSet001\\Control\\Test';
  const cases: readonly [string, string, readonly string[]][] = [
    [
      'New-Item and Set-ItemProperty',
      `New-Item -Path '${P}' -Force\nSet-ItemProperty -Path '${P}' -Name A -Value 'x y' -Type String`,
      ['A=x y'],
    ],
    [
      'a variable in a string',
      `$n = 'A'\n$p = "${P}"\nNew-Item $p | Out-Null\nSet-ItemProperty -Path $p -Name "$n" -Value "v$($n)"`,
      ['A=vA'],
    ],
    [
      'foreach and if',
      `New-Item '${P}'\nforeach ($n in 'A','B') { if ($n -eq 'B') { Set-ItemProperty -Path '${P}' -Name $n -Value x } else { Set-ItemProperty -Path '${P}' -Name $n -Value y } }`,
      ['A=y', 'B=x'],
    ],
    [
      'the control set in use',
      `$c = (Get-ItemProperty -Path "HKLM:\\BROKENSYSTEM\\Select" -Name Current).Current\n$p = "HKLM:\\BROKENSYSTEM\\ControlSet00$c\\Control\\Test"\nNew-Item -Path $p\nNew-ItemProperty -Path $p -Name A -PropertyType String -Value ("a" + 'b')`.replace(
        '("a" + \'b\')',
        'ab',
      ),
      ['A=ab'],
    ],
    [
      'a native command with a variable',
      `$d = 'F:'\nreg load HKLM\\BROKENSYSTEM "$d\\Windows\\System32\\config\\SYSTEM"\nreg add "${KEY}" /v A /t REG_SZ /d 1 /f`,
      ['A=1'],
    ],
    [
      'Test-Path',
      `if (-not (Test-Path '${P}')) { New-Item '${P}' }\nif (Test-Path "F:\\Windows") { Set-ItemProperty '${P}' A 1z }`,
      ['A=1z'],
    ],
    ['a backtick joins lines', `New-Item '${P}'\nSet-ItemProperty -Path '${P}' \`\n  -Name A -Value x`, ['A=x']],
    ['single quotes keep a dollar', `New-Item '${P}'\nSet-ItemProperty -Path '${P}' -Name A -Value '$x'`, ['A=$x']],
  ];
  it.each(cases)('%s', (_name, text, expected) => expect(sets(text, { name: 'fix.ps1' })).toEqual(expected));

  it.each([
    ['a method', `$x = [Environment]::GetEnvironmentVariable('x')\n${SET('A')}`],
    ['a variable that nobody sets', `reg add "${KEY}" /v A /d "$nothing" /f`],
  ])('refused: %s', (_name, text) => expect(sets(text, { name: 'fix.ps1' })[0]).toBe('UNRESOLVED_LINE'));

  it('lists what needs a running Windows', () => {
    expect(effective("Restart-Service TermService -Force\nStop-Service -Name 'x'", 'fix.ps1')).toEqual([
      'elsewhere: Restart-Service TermService -Force',
      'elsewhere: Stop-Service -Name "x"',
    ]);
  });
});
