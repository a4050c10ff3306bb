// Each trap of published runbooks: found at its line and column, fixed where the intent is certain, refused where not.

import { describe, expect, it } from 'vitest';
import { disk, effective, file, lint, tried } from '../disk.ts';

const KEY = 'HKLM\\BROKENSYSTEM\\ControlSet001\\Control\\Terminal Server';

describe('would silently do the wrong thing on Windows', () => {
  it('1: loads SYSTEM for SYSTEM.hiv, and never makes a hive', () => {
    const line = 'reg load HKLM\\BROKENSYSTEM F:\\windows\\system32\\config\\SYSTEM.hiv';
    expect(lint(line)).toContain('1:28 hive-file-suffix');
    expect(effective(line)).toEqual(['reg load HKLM\\BROKENSYSTEM F:\\windows\\system32\\config\\SYSTEM']);
    const missing = tried('reg load HKLM\\X F:\\windows\\system32\\config\\NONE', disk());
    expect([missing.changes, missing.refusal, missing.states]).toEqual([
      [],
      'UNRESOLVED_LINE',
      ['1 notUnderstood cannot-be-bound'],
    ]);
  });

  it('2: takes single quotes off names, and the blank inside them', () => {
    const line = `reg add "${KEY}" /v ' MaxIdleTime' /t REG_DWORD /d 0 /f`;
    expect(lint(line)).toContain(`1:${line.indexOf("'") + 1} single-quotes`);
    expect(effective(line)).toEqual([`reg add "${KEY}" /v "MaxIdleTime" /t REG_DWORD /d 0 /f`]);
  });

  it('3: keeps %SystemRoot% as the author meant it; --cmd-expansion does what cmd.exe does', () => {
    const line = `reg add "HKLM\\BROKENSYSTEM\\ControlSet001\\Control\\CrashControl" /v DumpFile /t REG_EXPAND_SZ /d "%SystemRoot%\\X.DMP" /f`;
    expect(lint(line)).toContain(`1:${line.indexOf('"%') + 1} percent-in-data`);
    const hex = (text: string): string => Buffer.from(`${text}\0`, 'utf16le').toString('hex');
    expect(tried(line, disk()).changes[0]).toContain(hex('%SystemRoot%\\X.DMP'));
    expect(tried(line, disk(), { isCmdExpansion: true }).changes[0]).toContain(hex('C:\\Windows\\X.DMP'));
  });

  it('4: leaves out control sets that the disk does not have; --verbatim makes them', () => {
    const line = 'reg add HKLM\\BROKENSYSTEM\\ControlSet007\\Control\\X /v Y /t REG_DWORD /d 1 /f';
    expect(lint(line)).toContain('1:9 control-set-by-number');
    const skipped = tried(line, disk());
    expect([skipped.changes, skipped.refusal, skipped.states]).toEqual([[], null, ['1 skipped control-set-skipped']]);
    const verbatim = tried(line, disk(), { isVerbatim: true });
    expect(verbatim.changes.at(-1)).toBe('SYSTEM\\ControlSet007\\Control\\X Y = 4:01000000');
    // Of a .reg file only those keys are left out, and the line says so.
    const on = disk();
    const key = (set: string): string => `[HKEY_LOCAL_MACHINE\\B\\${set}\\Control\\Lsa]\n"X"=dword:1\n`;
    const content = `REGEDIT4\n${key('ControlSet001')}${key('ControlSet009')}`;
    file(on.windows, 'a.reg', content);
    file(on.windows, 'b.reg', `REGEDIT4\n${key('CurrentControlSet')}`);
    const LOAD = 'reg load HKLM\\B F:\\Windows\\System32\\config\\SYSTEM';
    const imported = tried(`${LOAD}\nreg import F:\\a.reg\nreg import F:\\b.reg`, on);
    const codes = imported.ready.findings.map(({ code, where }) => `${where.line} ${code}`);
    expect([imported.changes.length, codes]).toEqual([
      1,
      expect.arrayContaining(['2 CONTROL_SET_SKIPPED', '3 OFFLINE_CURRENT_CONTROL_SET']),
    ]);
  });

  it('5: names a check that writes, and refuses a query that carries data', () => {
    const page = `Check which protocol is on:\n\n\`\`\`cmd\nreg add ${KEY.replace(' ', '')} /v Enabled /t REG_DWORD /d 1 /f\n\`\`\`\n`;
    expect(lint(page, 'page.md')).toContain('4:1 check-that-writes');
    const query = `reg query "${KEY}" /v Enabled /t REG_DWORD /d 0`;
    expect(lint(query)).toContain(`1:${query.indexOf('/d') + 1} query-with-data`);
    expect(tried(query, disk()).refusal).toBe('UNRESOLVED_LINE');
  });

  it("6: binds F:\\boot\\bcd to the disk's own store on another volume", () => {
    const line = 'bcdedit /store F:\\boot\\bcd /set {bootmgr} timeout 5';
    expect(lint(line)).toContain('1:16 store-beside-windows');
    const gen2 = disk({ esp: true });
    const { changes, ready } = tried(line, gen2);
    expect(changes).toHaveLength(1);
    expect(ready.steps[0]?.why).toContain(`${gen2.esp}/EFI/Microsoft/Boot/BCD`);
  });
});

describe('breaks or prompts on Windows', () => {
  it('7: runs a reg unload that is glued to the line before it', () => {
    const line = `reg add "${KEY}" /v X /t REG_DWORD /d 1 /f reg unload HKLM\\BROKENSYSTEM`;
    expect(lint(line)).toContain(`1:${line.indexOf('reg unload') + 1} glued-command`);
    expect(effective(line)).toEqual([`reg add "${KEY}" /v X /t REG_DWORD /d 1 /f`, 'reg unload HKLM\\BROKENSYSTEM']);
  });

  it('8: refuses a line that is cut off', () => {
    for (const tail of ['/v X /t REG_DWO', '/v X /t REG_DWORD', '/v X /t REG_DWORD /d', '/v X /t', '/v']) {
      const line = `reg add "${KEY}" ${tail}`;
      expect(
        lint(line).some((finding) => finding.endsWith(' cut-line')),
        tail,
      ).toBe(true);
      expect(tried(line, disk()).refusal, tail).toBe('UNRESOLVED_LINE');
    }
    const cut = `reg add "${KEY}" /v X /t REG_DWO`;
    expect(lint(cut)).toContain(`1:${cut.indexOf('REG_DWO') + 1} cut-line`);
  });

  it('8: refuses a typo in a type', () => {
    const line = `reg add "${KEY}" /v X /t REG_DWROD /d 1 /f`;
    expect(lint(line)).toContain(`1:${line.indexOf('REG_DW') + 1} unknown-type`);
    expect(tried(line, disk()).refusal).toBe('UNRESOLVED_LINE');
  });

  it('9: reads ffffffff as 0xffffffff', () => {
    const line = `reg add "${KEY}" /v MaxInstanceCount /t REG_DWORD /d ffffffff /f`;
    expect(lint(line)).toContain(`1:${line.indexOf('ffff') + 1} hex-without-0x`);
    expect(tried(line, disk()).changes).toEqual([
      'SYSTEM\\ControlSet001\\Control\\Terminal Server MaxInstanceCount = 4:ffffffff',
    ]);
  });

  it('10: joins a switch that has a blank in it', () => {
    const line = `reg add "${KEY}" /v X / t REG_DWORD /d 1 /f`;
    expect(lint(line)).toContain(`1:${line.indexOf('/ t') + 1} split-switch`);
    expect(effective(line)).toEqual([`reg add "${KEY}" /v X /t REG_DWORD /d 1 /f`]);
  });

  it('11: reads curly quotes as straight ones', () => {
    const line = `reg add "${KEY}" /v ObjectName /t REG_SZ /d “NT Authority\\NetworkService“ /f`;
    expect(lint(line)).toContain(`1:${line.indexOf('“') + 1} curly-quote`);
    expect(effective(line)).toEqual([`reg add "${KEY}" /v ObjectName /t REG_SZ /d "NT Authority\\NetworkService" /f`]);
  });

  it('12: reads bcddit, integrityservicesenable and F: boot\\bcd', () => {
    expect(lint('bcddit /store F:\\x\\bcd /enum')).toContain('1:1 misspelt-command');
    expect(effective('bcddit /store F:\\x\\bcd /enum')).toEqual(['bcdedit /store F:\\x\\bcd /enum']);
    const glued = 'bcdedit /store F:\\boot\\bcd /set {default} integrityservicesenable';
    expect(lint(glued)).toContain(`1:${glued.indexOf('integrity') + 1} glued-words`);
    expect(effective(glued)).toEqual(['bcdedit /store F:\\boot\\bcd /set {default} integrityservices enable']);
    expect(lint('bcdedit /store F: boot\\bcd /enum')).toContain('1:16 drive-relative-path');
    expect(effective('bcdedit /store F: boot\\bcd /enum')).toEqual(['bcdedit /store F:\\boot\\bcd /enum']);
  });

  it('13: joins a copy over three lines', () => {
    const text = 'copy\nF:\\Windows\\a.sys\nF:\\Windows\\b.sys';
    expect(lint(text)).toContain('1:1 split-line');
    expect(effective(text)).toEqual(['copy F:\\Windows\\a.sys F:\\Windows\\b.sys']);
  });

  it('14: takes an unbalanced placeholder for one, never for a redirection', () => {
    expect(effective('chkdsk <<DRIVE LETTER>: /F')).toEqual(
      ['elsewhere: chkdsk "<<DRIVE LETTER>:" /F'.replaceAll('"', '')].map((line) =>
        line.replace('<<DRIVE LETTER>:', '<drive>:'),
      ),
    );
    expect(lint('del "F:\\<<NAME>.sys"')).toContain('1:5 placeholder');
  });

  it('15: answers what reg would ask', () => {
    const line = `reg add "${KEY}" /v X /t REG_DWORD /d 1`;
    expect(lint(line)).toContain('1:1 asks-for-yes');
    expect(effective(line)).toEqual([`${line} /f`]);
    expect(effective(`reg delete "${KEY}" /v X`)).toEqual([`reg delete "${KEY}" /v X /f`]);
  });

  it('16: takes the backslash off the end of a key, in quotes and without', () => {
    expect(lint('reg add HKLM\\BROKENSYSTEM\\ControlSet001\\Control\\ /v X /d 1 /f')).toContain(
      '1:9 key-ends-in-backslash',
    );
    for (const key of [
      'HKLM\\BROKENSYSTEM\\ControlSet001\\Control\\',
      '"HKLM\\BROKENSYSTEM\\ControlSet001\\Control\\"',
    ]) {
      expect(effective(`reg add ${key} /v X /d 1 /f`)[0]?.replaceAll('"', '')).toBe(
        'reg add HKLM\\BROKENSYSTEM\\ControlSet001\\Control /v X /d 1 /f',
      );
    }
  });

  it('16: reads a key with blanks whole', () => {
    const line = 'REG ADD HKLM\\BROKENSYSTEM\\ControlSet001\\control\\Terminal Server /v X /t REG_DWORD /d 0 /f';
    expect(lint(line)).toContain('1:9 unquoted-key');
    expect(tried(line, disk()).changes).toEqual(['SYSTEM\\ControlSet001\\control\\Terminal Server X = 4:00000000']);
  });

  it('17: takes two sc commands on a line apart', () => {
    const line = 'sc config gpsvc start= auto sc start gpsvc';
    expect(lint(line)).toContain('1:29 glued-command');
    expect(effective(line)).toEqual(['sc config gpsvc start= auto', 'elsewhere: sc start gpsvc']);
  });

  it('18: drops the argument too many of /deletevalue', () => {
    const line = 'bcdedit /store F:\\boot\\bcd /deletevalue {default} safeboot dsrepair';
    expect(lint(line)).toContain(`1:${line.indexOf('dsrepair') + 1} extra-argument`);
    expect(effective(line)).toEqual(['bcdedit /store F:\\boot\\bcd /deletevalue {default} safeboot']);
  });

  it('19: puts braces around a loader that stands without them', () => {
    const line = 'bcdedit /store F:\\boot\\bcd /set {bootmgr} displayorder <Identifier>';
    expect(lint(line)).toContain(`1:${line.indexOf('<') + 1} loader-placeholder`);
    expect(effective(line)).toEqual(['bcdedit /store F:\\boot\\bcd /set {bootmgr} displayorder {default}']);
  });
});

describe('placeholders', () => {
  it.each([
    '{<BOOT LOADER IDENTIFIER>}',
    '{<boot-loader-identifier>}',
    '{<Identifier>}',
    '{<identifier>}',
    '{< IDENTIFIER>}',
    '<IDENTIFIER>',
    '{identifier}',
  ])('%s is the default loader', (placeholder) => {
    const line = `bcdedit /store F:\\boot\\bcd /ems ${placeholder} ON`;
    expect(effective(line)).toEqual(['bcdedit /store F:\\boot\\bcd /ems {default} ON']);
    expect(tried(line, disk()).changes.at(-1)).toContain('\\Elements\\260000b0 Element = 3:01');
  });

  it.each([
    '<VOLUME LETTER WHERE THE BCD FOLDER IS>:\\boot\\bcd',
    '<mountedvolume>\\boot\\bcd',
    '<BOOT PARTITON>:\\boot\\bcd',
    '<<BROKEN DISK LETTER>>:\\boot\\bcd',
    '<OS DISK you attached>:\\boot\\bcd',
  ])("a store at %s is the disk's", (place) => {
    const text = `bcdedit /store ${place} /set {bootmgr} timeout 5`;
    expect(lint(text)).toContain('1:16 drive-placeholder');
    for (const on of [disk(), disk({ esp: true })])
      expect(tried(text, on)).toMatchObject({ refusal: null, changes: [expect.stringContaining('25000004')] });
  });

  it('a hive at a placeholder is the one of the Windows volume', () => {
    const text = `reg load HKLM\\BROKENSYSTEM <drive letter>:\\windows\\system32\\config\\SYSTEM.hiv\nreg add "${KEY}" /v X /t REG_DWORD /d 9 /f`;
    expect(lint(text)).toContain('1:28 drive-placeholder');
    for (const on of [disk(), disk({ esp: true })]) {
      expect(tried(text, on)).toMatchObject({ refusal: null, changes: [expect.stringContaining('X = 4:09000000')] });
    }
  });

  it("HKLM\\<broken-system> is the disk's SYSTEM", () => {
    const line = 'reg add HKLM\\<broken-system>\\ControlSet001\\Control\\Lsa /v X /t REG_DWORD /d 1 /f';
    expect(lint(line)).toContain('1:9 hive-placeholder');
    expect(tried(line, disk()).changes).toEqual(['SYSTEM\\ControlSet001\\Control\\Lsa X = 4:01000000']);
  });

  it('what only a person knows is refused', () => {
    const line = `reg add "${KEY}" /v X /t REG_SZ /d "<FQDN / IP License server>" /f`;
    expect(lint(line)).toContain(`1:${line.indexOf('"<') + 1} placeholder`);
    expect(tried(line, disk()).refusal).toBe('UNRESOLVED_LINE');
  });
});

describe('structure', () => {
  it('20: keeps a hive bound from one block to the next, and binds one that is never loaded', () => {
    const block = (line: string): string => `\`\`\`cmd\n${line}\n\`\`\`\n\ntext\n\n`;
    const add = 'reg add HKLM\\BROKENSYSTEM\\ControlSet001\\Control\\Lsa /v X /t REG_DWORD /d 1 /f';
    const load = 'reg load HKLM\\BROKENSYSTEM F:\\Windows\\System32\\config\\SYSTEM';
    expect(
      tried(block(load) + block('reg unload HKLM\\BROKENSYSTEM') + block(add), disk(), { name: 'page.md' }).changes,
    ).toHaveLength(1);
    expect(lint(add)).toContain('1:1 hive-not-loaded');
    expect(tried(add, disk()).changes).toHaveLength(1);
  });

  it('21: says that a hive is never unloaded', () => {
    expect(lint('reg load HKLM\\BROKENSYSTEM F:\\Windows\\System32\\config\\SYSTEM')).toContain('1:1 never-unloaded');
  });

  it('22: reads a block as what it is, whatever its fence says, and code in running text', () => {
    const lie =
      '```powershell\nREM Enable\nreg add HKLM\\BROKENSYSTEM\\ControlSet001\\Control\\Lsa /v X /t REG_DWORD /d 1 /f\n```\n';
    expect(lint(lie, 'page.md')).toContain('2:1 fence-language');
    expect(tried(lie, disk(), { name: 'page.md' }).changes).toHaveLength(1);
    const other =
      "```cmd\nSet-ItemProperty -Path 'HKLM:\\BROKENSYSTEM\\ControlSet001\\Control\\Lsa' -Name X -Value 1 -Type DWord\n```\n";
    expect(tried(other, disk(), { name: 'page.md' }).changes).toEqual([
      'SYSTEM\\ControlSet001\\Control\\Lsa X = 4:01000000',
    ]);
    const inline =
      '1. Run `reg add HKLM\\BROKENSYSTEM\\ControlSet001\\Control\\Lsa /v X /t REG_DWORD /d 1 /f` first.\n';
    expect(lint(inline, 'page.md')).toContain('1:9 inline-code');
    expect(tried(inline, disk(), { name: 'page.md' }).changes).toHaveLength(1);
  });

  it('23: takes no notice of letter case', () => {
    const text =
      'REG ADD HKLM\\brokensystem\\controlset001\\control\\LSA /V X /T reg_dword /D 1 /F\nBCDEDIT /STORE f:\\BOOT\\BCD /SET {BootMgr} Timeout 7\nMd F:\\Temp';
    const { changes, refusal } = tried(text, disk());
    expect([changes.length, refusal]).toEqual([3, null]);
  });

  it('24: takes X:EFI from the root of the drive', () => {
    const line = 'bcdedit /store S:EFI\\Microsoft\\boot\\bcd /set {bootmgr} timeout 5';
    expect(lint(line)).toContain('1:16 drive-relative-path');
    const gen2 = disk({ esp: true });
    expect(tried(line, gen2, { drives: [`F:=${gen2.windows}`, `S:=${gen2.esp}`], volumes: [] }).changes).toHaveLength(
      1,
    );
  });

  it('25: writes listings beside, whatever drive they are redirected to', () => {
    const text = 'md F:\\temp\ndir F:\\Windows > c:\\temp\\before.txt';
    expect(lint(text)).toContain('2:18 listing-elsewhere');
    const { ready, changes } = tried(text, disk());
    expect([...ready.listings.keys()]).toEqual(['C\\temp\\before.txt']);
    expect(new TextDecoder().decode(ready.listings.get('C\\temp\\before.txt'))).toContain('System32');
    expect(changes).toEqual(['make-folder \\temp']);
  });

  it('26: leaves out tags and reads entities', () => {
    expect(effective('copy F:\\a\\<i>1.2</i>\\x F:\\b')).toEqual(['copy F:\\a\\1.2\\x F:\\b']);
    expect(lint('dir F:\\Windows &gt; out.txt')).toContain('1:16 html-residue');
    expect([...tried('dir F:\\Windows &gt; out.txt', disk()).ready.listings.keys()]).toEqual(['out.txt']);
  });

  it('27: takes English account names for their SIDs', () => {
    const line = 'icacls F:\\Windows /grant "BUILTIN\\Administrators:(F)"';
    expect(lint(line)).toContain(`1:${line.indexOf('"') + 1} english-account-name`);
  });
});
