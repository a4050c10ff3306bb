// What else published scripts do: letters, deletions, questions, answers, and what lint says of them.

import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { disk, file, lint, tried } from '../disk.ts';

const LOAD = 'reg load HKLM\\BROKENSYSTEM F:\\Windows\\System32\\config\\SYSTEM';
const ADD = 'reg add HKLM\\BROKENSYSTEM\\ControlSet001\\Control\\Lsa /v X /t REG_DWORD /d 1 /f';

describe('run', () => {
  it('gives the one letter of a script to the one volume that was given, and says so', () => {
    const on = disk();
    const { changes, ready } = tried(`${LOAD}\n${ADD}`, on, { drives: [], volumes: [on.windows] });
    expect(changes).toHaveLength(1);
    expect(ready.findings.map(({ code }) => code)).toContain('DRIVE_MAPPED');
  });

  it('takes what --set says for a question and for a parameter', () => {
    const cmd = `set /p OK=Continue? \nif /i "%OK%"=="y" ${ADD}`;
    expect(tried(cmd, disk()).refusal).toBe('UNRESOLVED_LINE');
    expect(tried(cmd, disk(), { given: ['OK=y'] }).changes).toHaveLength(1);
    const ps = `param([Parameter(Mandatory = $true)][string]$Value)\n${LOAD}\nSet-ItemProperty HKLM:\\BROKENSYSTEM\\ControlSet001\\Control\\Lsa X $Value`;
    expect(tried(ps, disk(), { name: 'fix.ps1' }).refusal).toBe('UNRESOLVED_LINE');
    expect(tried(ps, disk(), { name: 'fix.ps1', given: ['value=seven'] }).changes).toHaveLength(1);
  });

  it('takes placeholders of pages: by their shapes, and by name from --set', () => {
    const page = (line: string): string => `\`\`\`cmd\n${LOAD}\n${line}\n\`\`\`\n`;
    for (const drive of [
      '<LETTER OF THE OS DISK>',
      '[drive letter]',
      '**<drive letter>**',
      '\u2039drive letter\u203a',
    ]) {
      const { changes } = tried(page(`md ${drive}:\\temp`), disk(), { name: 'page.md' });
      expect(changes, drive).toEqual(['make-folder \\temp']);
    }
    const line = 'reg add HKLM\\BROKENSYSTEM\\ControlSet001\\Control\\Lsa /v Server /d "<Name of the server>" /f';
    expect(tried(page(line), disk(), { name: 'page.md' }).refusal).toBe('UNRESOLVED_LINE');
    expect(tried(page(line), disk(), { name: 'page.md', given: ['name of the server=srv'] }).changes).toHaveLength(1);
  });

  it('deletes what Windows starts from with --allow-delete only, and other folders file by file', () => {
    const on = disk();
    file(on.windows, 'Windows/SoftwareDistribution/Download/a.cab', 'x');
    expect(tried('rd /s /q F:\\Windows\\SoftwareDistribution', on).changes).toEqual([
      'delete-file \\Windows\\SoftwareDistribution\\Download\\a.cab',
    ]);
    mkdirSync(join(on.windows, 'Windows/System32/drivers'), { recursive: true });
    file(on.windows, 'Windows/System32/drivers/a.sys', 'x');
    const line = 'del /q F:\\Windows\\System32\\drivers\\*.*';
    expect(tried(line, on).states).toEqual(['1 notUnderstood deletes-system-files']);
    expect(tried(line, on, { allowDelete: true }).changes).toEqual(['delete-file \\Windows\\System32\\drivers\\a.sys']);
    expect(tried('format F: /q\r\n', on, { allowDelete: true }).states).toEqual(['1 onWindows run-elsewhere']);
  });

  it('says what queries answer, and counts lines for Windows as left unless that is allowed', () => {
    const text = `${LOAD}\nreg query HKLM\\BROKENSYSTEM\\Select /v Current\nchkdsk F: /f`;
    const { ready } = tried(text, disk());
    expect(ready.lines.map(({ answer }) => answer.includes('0x1'))).toEqual([false, true, false]);
    expect([ready.tally.onWindows, ready.isWhole]).toEqual([1, false]);
    expect(tried(text, disk(), { allowElsewhere: true }).ready.isWhole).toBe(true);
  });

  it('asks the running Windows nothing that it could decide: its answers are not known', () => {
    const ask = `systeminfo | find "Domain" >nul\nif errorlevel 1 exit /b 1\n${LOAD}\n${ADD}`;
    expect(tried(ask, disk()).refusal).toBe('UNRESOLVED_LINE');
    const admin = `reg query "HKU\\S-1-5-19" >nul 2>&1 || exit /b 1\n${LOAD}\n${ADD}`;
    expect(tried(admin, disk())).toMatchObject({ refusal: null, changes: [expect.stringContaining('Lsa X')] });
  });

  it('copies a hive before its keys are changed, and not what it was before behind that', () => {
    const copy = 'copy F:\\Windows\\System32\\config\\SYSTEM F:\\SYSTEM.bak';
    expect(tried(`${copy}\n${LOAD}\n${ADD}`, disk())).toMatchObject({
      refusal: null,
      changes: [expect.stringMatching(/bak/), expect.stringMatching(/Lsa/)],
    });
    expect(tried(`${LOAD}\n${ADD}\n${copy}`, disk()).states.at(-1)).toBe('3 notUnderstood cannot-be-bound');
  });

  it('finds by expressions as findstr has them', () => {
    const on = disk();
    file(on.windows, 'list.txt', 'alpha\r\nbeta one\r\n');
    const sets = (line: string): number => tried(`${LOAD}\n${line} F:\\list.txt >nul && ${ADD}`, on).changes.length;
    expect(
      ['findstr /r "^al.ha$"', 'findstr "b[ae]ta"', 'findstr /b beta', 'findstr /x /c:"beta one"'].map(sets),
    ).toEqual([1, 1, 1, 1]);
    expect(['findstr /r "^lpha"', 'findstr /x beta', 'findstr /c:"al.ha"'].map(sets)).toEqual([0, 0, 0]);
  });

  it('a line that failed is told, and no disk is called as the script wants it', () => {
    const { ready } = tried('copy F:\\not\\there F:\\Windows', disk());
    expect([ready.tally.failed, ready.tally.skipped, ready.isWhole]).toEqual([1, 1, false]);
  });
});

describe('lint', () => {
  it.each([
    ['a number that is none', 'reg add HKLM\\B\\ControlSet001\\X /v Y /t REG_DWORD /d 1x /f', 'bad-syntax'],
    [
      'an element that bcdedit does not have',
      'bcdedit /store F:\\boot\\bcd /set {default} nosuchthing yes',
      'bad-syntax',
    ],
    ['a boolean that is none', 'bcdedit /store F:\\boot\\bcd /set {default} recoveryenabled maybe', 'bad-syntax'],
    ['a word that is none', 'bcdedit /store F:\\boot\\bcd /set {default} bootstatuspolicy whatever', 'bad-syntax'],
    ['a deletion', 'rd /s /q F:\\Windows\\System32', 'deletes-system-files'],
  ])('finds %s', (_name, line, rule) => {
    expect(lint(line).map((finding) => finding.split(' ')[1])).toContain(rule);
  });

  it('finds a key of PowerShell without its drive', () => {
    const text = "Set-ItemProperty -Path 'HKLM\\BROKENSYSTEM\\Select' -Name Failed -Value 1";
    expect(lint(text, 'fix.ps1')[0]).toContain('key-without-drive');
  });

  it.each([
    [
      'arguments of a subroutine',
      `${LOAD}\ncall :s x\ngoto :eof\n:s\necho %~1 %2 %~dp0\nreg unload HKLM\\BROKENSYSTEM`,
    ],
    ['tools of Windows PE', `wpeutil reboot\n${LOAD}\nreg unload HKLM\\BROKENSYSTEM`],
    ['names that are well known', 'bcdedit /store F:\\x\\bcd /set {default} inherit {bootloadersettings}'],
    ['elements of newer systems', 'bcdedit /store F:\\x\\bcd /set {default} vsmlaunchtype off'],
  ])('has no error for %s', (_name, text) => {
    expect(lint(text).filter((finding) => !/run-elsewhere|never-unloaded|hive-not-loaded/.test(finding))).toEqual([]);
  });
});
