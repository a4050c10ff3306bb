// An update that Windows does not get through: named where two signs show it, taken out of the way by name, given back.

import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { PLAIN_KEY_SDDL } from '../../../../src/registry/key-tree.ts';
import { sz } from '../../../../src/registry/value.ts';
import { WorkingHive } from '../../../../src/registry/working/working-hive.ts';
import { PROFILES } from '../../../../src/repairs/profiles.ts';
import { encodeDescriptor, fromSddl } from '../../../../src/security/index.ts';
import { hivemend, makeDisk, put, snapshot } from '../../../cli/process.ts';
import { FIXTURE_FILETIME, fixtureEngine } from '../../../fixture-hives.ts';

const COMPONENTS = 'Windows/System32/config/COMPONENTS';
const PENDING = 'Windows/WinSxS/pending.xml';
const SESSION = 'HKLM\\SYSTEM\\ControlSet001\\Control\\Session Manager';

function components(): Uint8Array {
  const security = encodeDescriptor(fromSddl(PLAIN_KEY_SDDL));
  const made = { name: 'C', minor: 5, rootName: 'ROOT', security, filetime: FIXTURE_FILETIME };
  using working = WorkingHive.create(fixtureEngine(), made);
  const key = { hive: 'C', path: [] };
  const values = ['PendingXmlIdentifier', 'StoreFormatVersion'];
  working.apply(
    values.map((name) => ({ op: 'set-value', key, name, value: sz('1') })),
    FIXTURE_FILETIME,
  );
  return working.image();
}

async function stuck(): Promise<string> {
  const disk = makeDisk({ SYSTEM: 'SYSTEM-healthy' });
  put(disk, PENDING, new TextEncoder().encode('<PendingTransaction/>'));
  put(disk, COMPONENTS, components());
  const add = (key: string, name: string, type: string, data: string) =>
    hivemend(['reg', 'add', '--volume', disk, key, '/v', name, '/t', type, '/d', data, '/f']);
  await add(SESSION, 'SetupExecute', 'REG_MULTI_SZ', 'other.exe\\0C:\\Windows\\System32\\poqexec.exe /noreboot');
  await add('HKLM\\SYSTEM\\ControlSet001\\Services\\TrustedInstaller', 'Start', 'REG_DWORD', '3');
  await hivemend(['undo', disk, '--forget', '--all', '--yes']);
  return disk;
}

const only = (disk: string, ...more: string[]) =>
  hivemend(['repair', disk, '--only', 'pending-updates', '--yes', '--json', ...more]);
const query = async (disk: string, key: string, name: string) =>
  (await hivemend(['reg', 'query', '--volume', disk, key, '/v', name])).stdout;

describe('pending-updates', () => {
  it('takes the update out of the way, says how TrustedInstaller comes back, and is undone to the byte', async () => {
    const disk = await stuck();
    const before = snapshot(disk);
    const found = (await hivemend(['diagnose', disk, '--json'])).report().findings;
    expect(found.find(({ code }) => code === 'UPDATE_PENDING')?.text).toMatch(/revertpendingactions/);
    const plan = await hivemend(['repair', disk, '--only', 'pending-updates', '--dry-run']);
    expect(plan.stdout).toContain('sc config TrustedInstaller start= demand');

    const run = await only(disk);
    expect(run.stderr).toBe('');
    expect(existsSync(join(disk, PENDING))).toBe(false);
    expect(readFileSync(join(disk, `${PENDING}.hivemend`), 'utf8')).toBe('<PendingTransaction/>');
    expect(await query(disk, SESSION, 'SetupExecute')).toMatch(/REG_MULTI_SZ\s+other\.exe\s*$/m);
    expect(await query(disk, 'HKLM\\SYSTEM\\ControlSet001\\Services\\TrustedInstaller', 'Start')).toContain('0x4');
    const hive = await hivemend(['export', join(disk, COMPONENTS), '--format', 'jsonl']);
    expect(hive.stdout).not.toContain('PendingXmlIdentifier');
    expect(hive.stdout).toContain('StoreFormatVersion');
    expect((await only(disk)).report().changes).toEqual([]);
    const after = (await hivemend(['diagnose', disk, '--json'])).report().findings;
    expect(after.map(({ code }) => code)).not.toContain('UPDATE_PENDING');

    expect((await hivemend(['undo', disk, '--yes'])).stderr).toBe('');
    expect(snapshot(disk)).toEqual(before);
  });

  it('does nothing for one sign, and is in no profile', async () => {
    const disk = makeDisk({ SYSTEM: 'SYSTEM-healthy' });
    put(disk, PENDING, new Uint8Array(3));
    const run = await only(disk);
    expect(run.report().changes).toEqual([]);
    expect(run.report().skipped[0]?.why).toContain('two signs');
    for (const { sets, fixes } of Object.values(PROFILES)) expect([...sets, ...fixes]).not.toContain('pending-updates');
  });
});
