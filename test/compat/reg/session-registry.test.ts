import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { decodeUtf16le } from '../../../src/base/text.ts';
import { reg } from '../../../src/compat/reg/reg.ts';
import { type SessionRegistryOptions, sessionRegistry } from '../../../src/compat/reg/session-registry.ts';
import { thisHost } from '../../../src/host.ts';
import { Session } from '../../../src/session/session.ts';
import { buildFixture } from '../../fixture-hives.ts';

const root = mkdtempSync(join(tmpdir(), 'hivemend-session-registry-'));
afterAll(() => rmSync(root, { recursive: true, force: true }));

const config = join(root, 'Windows', 'System32', 'config');
mkdirSync(config, { recursive: true });
writeFileSync(join(root, 'Windows', 'System32', 'ntoskrnl.exe'), '');
writeFileSync(join(config, 'SYSTEM'), buildFixture('SYSTEM-broken'));
writeFileSync(join(config, 'SOFTWARE'), buildFixture('SOFTWARE'));
writeFileSync(join(config, 'DEFAULT'), buildFixture('SOFTWARE'));
mkdirSync(join(root, 'Users', 'ann'), { recursive: true });
writeFileSync(join(root, 'Users', 'ann', 'NTUSER.DAT'), buildFixture('SOFTWARE'));

function options(over: Partial<SessionRegistryOptions> = {}): SessionRegistryOptions {
  return {
    bareHive: null,
    keepsBindings: false,
    isInteractive: false,
    confirm: () => false,
    readFile: (file) => new Uint8Array(readFileSync(file)),
    fileExists: existsSync,
    writeFile: (file, bytes) => writeFileSync(file, bytes),
    ...over,
  };
}

describe('a disk', () => {
  const query = (line: string[], over: Partial<SessionRegistryOptions> = {}): string => {
    using session = Session.overVolumes(thisHost(), [root]);
    const { exitCode, stdout, stderr } = reg(['query', ...line], sessionRegistry(session, options(over)));
    return `${exitCode} ${stdout}${stderr}`;
  };

  it('names its hives as Windows does', () => {
    expect(query(['HKLM\\SYSTEM\\Select', '/v', 'Current'])).toContain('    Current    REG_DWORD    0x1\n');
    expect(query(['HKLM\\SYSTEM\\CurrentControlSet\\Control'])).toContain(
      'HKEY_LOCAL_MACHINE\\SYSTEM\\CurrentControlSet\\Control',
    );
    expect(query(['HKLM\\SOFTWARE'])).toContain('HKEY_LOCAL_MACHINE\\SOFTWARE\\Microsoft\n');
    expect(query(['HKU\\.DEFAULT'])).toContain('HKEY_USERS\\.DEFAULT\\Microsoft\n');
    expect(query(['HKU\\Ann'])).toContain('HKEY_USERS\\Ann\\Microsoft\n');
    expect(query(['HKLM'])).toContain('\nHKEY_LOCAL_MACHINE\\SYSTEM\nHKEY_LOCAL_MACHINE\\SOFTWARE\n');
    expect(query(['HKCU\\Software'])).toMatch(
      /^1 ERROR: .*\nhint: nobody is logged on to a disk: name the user profile/,
    );
    expect(query(['HKLM\\NOPE\\x'])).toMatch(/^1 ERROR: .*is in no hive that is here/);
    expect(query(['Select'])).toMatch(/^1 ERROR: Select begins with no root key/);
  });

  it('edits them in memory, and binds others for the lines that follow', () => {
    using session = Session.overVolumes(thisHost(), [root]);
    const registry = sessionRegistry(session, options({ keepsBindings: true }));
    const saved = join(root, 'saved.hiv');
    expect(reg(['add', 'HKLM\\SYSTEM\\CurrentControlSet\\Control\\New', '/v', 'x', '/d', 'y'], registry).stderr).toBe(
      '',
    );
    expect(session.changes.map(({ edit }) => edit)).toMatchObject([
      { op: 'create-key', key: { hive: 'SYSTEM', path: ['ControlSet001', 'Control', 'New'] } },
      { op: 'set-value', key: { hive: 'SYSTEM' }, name: 'x' },
    ]);
    expect(reg(['save', 'HKLM\\SYSTEM\\ControlSet001\\Control\\New', saved], registry)).toMatchObject({ exitCode: 0 });
    expect(reg(['load', 'HKLM\\BROKENSYSTEM', saved], registry)).toMatchObject({ exitCode: 0 });
    expect(reg(['query', 'HKLM\\BROKENSYSTEM', '/v', 'x'], registry).stdout).toContain('    x    REG_SZ    y\n');
    expect(reg(['unload', 'HKLM\\BROKENSYSTEM'], registry)).toMatchObject({ exitCode: 0 });
    expect(reg(['query', 'HKLM\\BROKENSYSTEM'], registry)).toMatchObject({ exitCode: 1 });
  });
});

describe('one hive file', () => {
  const file = join(root, 'bare');
  writeFileSync(file, buildFixture('SYSTEM-broken'));

  it('takes bare paths and the names under which Windows shows it', () => {
    using session = Session.overFiles(thisHost(), [{ name: 'HIVE', path: file }]);
    const registry = sessionRegistry(session, options({ bareHive: 'HIVE' }));
    const shown = '\nHKEY_LOCAL_MACHINE\\SYSTEM\\Select\n    Current    REG_DWORD    0x1\n\n';
    expect(reg(['query', 'Select', '/v', 'Current'], registry).stdout).toBe(shown);
    expect(reg(['query', '\\Select', '/v', 'Current'], registry).stdout).toBe(shown);
    expect(reg(['query', 'HKLM\\SYSTEM\\Select', '/v', 'Current'], registry).stdout).toBe(shown);
    expect(reg(['query', 'HKLM\\SOFTWARE\\Select'], registry).exitCode).toBe(1);
  });

  it('exports and imports under --prefix', () => {
    using session = Session.overFiles(thisHost(), [{ name: 'HIVE', path: file }]);
    const registry = sessionRegistry(session, options({ bareHive: 'HIVE', prefix: 'HKLM\\OTHER' }));
    const out = join(root, 'out.reg');
    expect(reg(['export', 'Select', out], registry)).toMatchObject({ exitCode: 0, stderr: '' });
    const text = decodeUtf16le(readFileSync(out).subarray(2));
    expect(text).toContain('[HKEY_LOCAL_MACHINE\\OTHER\\Select]\r\n');
    writeFileSync(out, text.replace('"Current"=dword:00000001', '"Current"=dword:00000002'));
    expect(reg(['import', out], registry)).toMatchObject({ exitCode: 0 });
    expect(session.changes).toHaveLength(1);
    expect(() => sessionRegistry(session, options({ bareHive: 'HIVE', prefix: 'nonsense' }))).toThrow(/no root key/);
  });
});
