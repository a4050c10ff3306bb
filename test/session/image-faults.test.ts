// A Windows that does not start, in an image: fixed in place and undone to the byte; what needs a mount is named, and a known
// fault has the fallback that it was allowed.

import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, truncateSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, it } from 'vitest';
import { type Host, thisHost } from '../../src/host.ts';
import { dword, expandSz, sz } from '../../src/registry/value.ts';
import { WorkingHive } from '../../src/registry/working/working-hive.ts';
import { hivemend as hivemendOn, put, SOFTWARE_PATH, SYSTEM_PATH } from '../cli/process.ts';
import { buildFixture, FIXTURE_FILETIME, fixtureEngine } from '../fixture-hives.ts';

const has = (tool: string): boolean => {
  try {
    execFileSync('sh', ['-c', `command -v ${tool}`], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
};
const canBuild = process.getuid?.() === 0 && ['mkntfs', 'ntfs-3g', 'umount'].every(has);
const folder = canBuild ? mkdtempSync(join(tmpdir(), 'hivemend-image-faults-')) : '';
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const host: Host = { ...thisHost(), wait: () => {} };
const hivemend = (...args: string[]) => hivemendOn([...args, '--vm-is-off'], { host });
const CROWDSTRIKE = fileURLToPath(new URL('../../profiles/crowdstrike-2024-07.json', import.meta.url));
const FAULTY = 'Windows/System32/drivers/CrowdStrike/C-00000291-00000000-00000032.sys';
const sha256 = (path: string): string => createHash('sha256').update(readFileSync(path)).digest('hex');

/** SYSTEM with Driver Verifier on, a Setup command that is gone, and the services of CrowdStrike. */
function system(): Uint8Array {
  using working = WorkingHive.open(fixtureEngine(), 'SYSTEM', {
    image: buildFixture('SYSTEM-healthy'),
    view: 'primary',
  });
  const at = (...path: string[]) => ({ hive: 'SYSTEM', path });
  const memory = at('ControlSet001', 'Control', 'Session Manager', 'Memory Management');
  const agent = at('ControlSet001', 'Services', 'CSAgent');
  working.apply(
    [
      { op: 'create-key', key: memory },
      { op: 'set-value', key: memory, name: 'VerifyDrivers', value: sz('*') },
      { op: 'set-value', key: at('Setup'), name: 'SetupType', value: dword(2) },
      { op: 'set-value', key: at('Setup'), name: 'CmdLine', value: sz('C:\\gone.cmd') },
      { op: 'create-key', key: agent },
      { op: 'set-value', key: agent, name: 'Start', value: dword(1) },
      { op: 'set-value', key: agent, name: 'Type', value: dword(2) },
      { op: 'set-value', key: agent, name: 'ImagePath', value: expandSz('system32\\drivers\\csagent.sys') },
    ],
    FIXTURE_FILETIME,
  );
  return working.image();
}

/** An image that is one NTFS volume, with Windows in it. */
function buildImage(): string {
  const image = join(folder, 'windows.img');
  writeFileSync(image, '');
  truncateSync(image, 40 << 20);
  execFileSync('mkntfs', ['-F', '-Q', '-q', image], { stdio: 'ignore' });
  const mount = join(folder, 'mount');
  mkdirSync(mount);
  execFileSync('ntfs-3g', [image, mount], { stdio: 'ignore' });
  try {
    put(mount, SYSTEM_PATH, system());
    put(mount, SOFTWARE_PATH, 'SOFTWARE');
    put(mount, FAULTY, new Uint8Array(9000).fill(7));
    const time = new Date('2024-07-19T04:30:00Z');
    utimesSync(join(mount, FAULTY), time, time);
  } finally {
    execFileSync('umount', [mount]);
  }
  return image;
}

describe.skipIf(!canBuild)('an image whose Windows does not start', { timeout: 60_000 }, () => {
  const whole = canBuild ? buildImage() : '';
  const copy = (name: string): string => {
    const path = join(folder, name);
    cpSync(whole, path);
    return path;
  };

  it('is fixed in place by the profile boot, and undone to the byte', async () => {
    const image = copy('boot.img');
    const before = sha256(image);
    const found = (await hivemendOn(['diagnose', image, '--symptom', 'boot', '--json'], { host })).report();
    expect(found.summary.causes.map(({ code }) => code).sort()).toEqual([
      'DRIVER_VERIFIER_ON',
      'SETUP_COMMAND_MISSING',
    ]);
    const fixed = await hivemend('repair', image, '--profile', 'boot', '--needed', '--yes', '--json');
    expect(fixed.stderr).toBe('');
    const after = (await hivemendOn(['diagnose', image, '--symptom', 'boot', '--json'], { host })).report();
    expect(after.summary.causes).toEqual([]);
    expect((await hivemend('undo', image, '--yes')).stderr).toBe('');
    expect(sha256(image)).toBe(before);
  });

  it('with a known fault: found, not moved without a mount, and its services off where that was allowed', async () => {
    const image = copy('fault.img');
    const before = sha256(image);
    const found = await hivemendOn(['diagnose', image, '--profile', CROWDSTRIKE, '--json'], { host });
    expect(found.report().summary.causes[0]).toMatchObject({ code: 'KNOWN_FAULT_FILE' });
    const left = await hivemend('repair', image, '--profile', CROWDSTRIKE, '--yes', '--json');
    expect([left.status, sha256(image)]).toEqual([1, before]);
    expect(left.report().skipped[0]?.why).toMatch(/need a mounted volume.*--allow-fallback/s);
    const args = ['repair', image, '--profile', CROWDSTRIKE, '--allow-fallback'];
    expect((await hivemend(...args, '--dry-run')).stdout.replaceAll(/\s+/g, ' ')).toContain('runs without EDR');
    const off = (await hivemend(...args, '--yes', '--json')).report();
    expect(off.changes).toMatchObject([{ edit: { name: 'Start', value: { hex: '04000000' } } }]);
    expect(off.summary.causes.map(({ code }) => code)).not.toContain('KNOWN_FAULT_FILE');
    expect((await hivemend('undo', image, '--yes')).stderr).toBe('');
    expect(sha256(image)).toBe(before);
  });
});
