// Questions to the machine that runs a script which have one answer here: whether it may write, the time, a random number.

import { describe, expect, it } from 'vitest';
import { thisHost } from '../../../src/host.ts';
import { changesOf, disk, lint, run as prepare, type RunOptions, tried } from '../disk.ts';

const LOAD = 'reg load HKLM\\OFF F:\\Windows\\System32\\config\\SYSTEM';
const ADD = 'reg add HKLM\\OFF\\ControlSet001\\Control\\Lsa /v X /t REG_DWORD /d 1 /f';

/** Changes, and the states of lines that are not done here. */
function run(script: string, options: RunOptions = {}): [number, string[]] {
  const { changes, states } = tried(script, disk(), options);
  return [changes.length, states.filter((state) => !/ done$/.test(state))];
}

describe('whether the script may write', () => {
  it('cmd.exe', () => {
    const probes = [
      'net session >nul 2>&1 || exit /b 1',
      'NET FILE 1>NUL 2>NUL\nif not "%errorlevel%"=="0" exit /b',
      'openfiles >nul 2>&1 || exit /b 1',
      'fltmc >nul 2>&1 || exit /b 1',
      'fsutil dirty query %systemdrive% >nul\nif %errorlevel% neq 0 exit /b',
      'whoami /groups | find "S-1-16-12288" >nul || exit /b 1',
      '>nul 2>&1 "%SYSTEMROOT%\\system32\\cacls.exe" "%SYSTEMROOT%\\system32\\config\\system"\nif \'%errorlevel%\' NEQ \'0\' (goto ask) else (goto go)\n:ask\n"%temp%\\getadmin.vbs"\nexit /b\n:go\npushd "%CD%"\ncd /d "%~dp0"',
      'if "%PROCESSOR_ARCHITECTURE%"=="x86" exit /b\nif defined PROCESSOR_ARCHITEW6432 exit /b',
    ];
    const text = `${probes.join('\n')}\n${LOAD}\n${ADD}`;
    expect(run(text)).toEqual([1, []]);
    expect(lint(text).filter((one) => /misspelt|unknown-command/.test(one))).toEqual([]);
  });

  it('PowerShell', () => {
    const probes = [
      'if (-not ([Security.Principal.WindowsPrincipal][Security.Principal.WindowsIdentity]::GetCurrent()).IsInRole([Security.Principal.WindowsBuiltInRole]::Administrator)) { Start-Process powershell -Verb RunAs; exit }',
      '$me = New-Object Security.Principal.WindowsPrincipal([Security.Principal.WindowsIdentity]::GetCurrent())',
      "if (!$me.IsInRole([Security.Principal.WindowsBuiltInRole] 'Administrator')) { throw 'no' }",
      "if (-not ([Security.Principal.WindowsIdentity]::GetCurrent().Groups -contains 'S-1-5-32-544')) { throw 'no' }",
      'if (![Environment]::Is64BitProcess -or $PSVersionTable.PSVersion.Major -lt 3) { exit }',
    ];
    expect(run(`${probes.join('\n')}\n${LOAD}\n${ADD}`, { name: 'fix.ps1' })).toEqual([1, []]);
  });

  it('a question about the disk is one for Windows', () => {
    expect(run('fsutil dirty query F:')[1]).toEqual(['1 onWindows run-elsewhere']);
  });
});

describe('time and numbers', () => {
  const at = (script: string): string[] => {
    // 2026-11-29 09:05:07 where this runs.
    const now = BigInt(new Date(2026, 10, 29, 9, 5, 7).getTime()) * 10_000n + 116_444_736_000_000_000n;
    const on = disk();
    const ready = prepare(script, on, {}, { ...thisHost(), now: () => now });
    try {
      return [...(ready.refusal === null ? [] : [ready.refusal.code]), ...changesOf(ready)];
    } finally {
      ready.prepared[Symbol.dispose]();
    }
  };

  it('stand in names of files', () => {
    const script = [
      'md F:\\a',
      'echo x>F:\\a\\%date:~-4%%date:~4,2%%date:~7,2%.txt',
      'copy F:\\a\\20261129.txt "F:\\a\\%DATE%_%TIME:~0,5%.bak"',
      'for /f "tokens=2 delims==" %%I in (\'wmic os get localdatetime /value\') do set dt=%%I',
      'echo x>F:\\a\\%dt:~0,8%-%dt:~8,6%.log',
      'for /f "tokens=2-4 delims=/ " %%a in (\'date /t\') do echo x>F:\\a\\%%c%%a%%b.d',
    ].join('\n');
    expect(at(script).map((change) => change.replace('write-file \\a\\', ''))).toEqual([
      'make-folder \\a',
      '20261129.txt',
      'Sun 11-29-2026_ 9-05.bak',
      '20261129-090507.log',
      '20261129.d',
    ]);
  });

  it('%RANDOM% is a number, also in the name of a hive', () => {
    const [first, ...more] = at(
      `set N=OFF_%RANDOM%\nreg load HKLM\\%N% F:\\Windows\\System32\\config\\SYSTEM\nreg add HKLM\\%N%\\R /v X /d %RANDOM% /f`,
    );
    expect([first, more.length]).toEqual(['create-key SYSTEM\\R', 1]);
    expect(Buffer.from(more[0]!.split(':')[1]!, 'hex').toString('utf16le')).toMatch(/^\d{1,5}\0$/);
  });
});

describe('what cmd.exe asks nobody', () => {
  it('set /p that only prints, and one that reads a file', () => {
    const text = `<nul set /p "=working..."\n${LOAD}\n(echo 7)>"%TEMP%\\n.txt"\nset /p N=<"%TEMP%\\n.txt"\nreg add HKLM\\OFF\\ControlSet001\\Control\\Lsa /v X /t REG_DWORD /d %N% /f`;
    expect(run(text)).toEqual([1, []]);
  });

  it('a loop over what Windows prints that only sets variables: what uses them is not understood, the rest is done', () => {
    const text = `for /f "skip=1" %%a in ('wmic bios get serialnumber') do set SN=%%a\n${LOAD}\n${ADD}`;
    expect(run(text)).toEqual([1, ['1 onWindows run-elsewhere']]);
    expect(run(`${text}\nreg add HKLM\\OFF\\A /v %SN% /d 1 /f`)[1]).toEqual([
      '1 onWindows run-elsewhere',
      '4 notUnderstood unset-variable',
    ]);
  });

  it('carets before the percent signs of a name keep it, in and out of quotes', () => {
    for (const data of ['^%SystemRoot^%\\M.DMP', '"^%SystemRoot^%\\M.DMP"']) {
      const line = `reg add HKLM\\OFF\\ControlSet001\\Control\\CrashControl /v D /t REG_EXPAND_SZ /d ${data} /f`;
      const { changes } = tried(`${LOAD}\n${line}`, disk());
      expect(changes[0]).toBe(
        `SYSTEM\\ControlSet001\\Control\\CrashControl D = 2:${Buffer.from('%SystemRoot%\\M.DMP\0', 'utf16le').toString('hex')}`,
      );
      expect(lint(line).filter((one) => one.includes('unset-variable'))).toEqual([]);
    }
  });
});
