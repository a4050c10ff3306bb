// A volume that BitLocker has encrypted, opened by the commands that the refusal prints: by dislocker, with the recovery
// password and where protection is suspended. cryptsetup needs the kernel's device mapper: of it the password is tried.

import { execFileSync, spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { openDiskImage } from '../../src/disk/image/disk-image.ts';
import { imageFs } from '../../src/disk/image/image-fs.ts';
import { type Host, thisHost } from '../../src/host.ts';
import { hivemend as hivemendOn } from '../cli/process.ts';
import { encrypted, METADATA_BYTES, RECOVERY_PASSWORD } from '../disk/bitlocker-encrypted.ts';
import { memoryBlocks } from '../disk/image/memory-blocks.ts';
import { buildDisk, canBuild, run, sha256, WINDOWS_AT } from './gpt-disk.ts';

const isInstalled = (name: string): boolean => spawnSync('sh', ['-c', `command -v ${name}`]).status === 0;
const folder = canBuild ? mkdtempSync(join(tmpdir(), 'hivemend-bitlocker-')) : '';
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const host: Host = { ...thisHost(), wait: () => {} };
const hivemend = (...args: string[]) => hivemendOn(args, { host });

/** The disk with its Windows volume encrypted, as Windows does it: a file of the volume owns where the metadata lies. */
function encryptedDisk(name: string, isSuspended: boolean): string {
  const windows = join(folder, `${name}.windows`);
  const mount = join(folder, 'mount');
  cpSync(join(folder, 'windows.img'), windows);
  mkdirSync(mount, { recursive: true });
  run('ntfs-3g', windows, mount);
  writeFileSync(join(mount, 'FVE2.metadata'), new Uint8Array(METADATA_BYTES).fill(1));
  run('umount', mount);
  const plain = readFileSync(windows);
  const files = imageFs(openDiskImage(memoryBlocks(plain), 'image'));
  const extents = files.place('image/volume/FVE2.metadata').extents;
  expect(extents).toHaveLength(1);
  const path = join(folder, `${name}.raw`);
  const disk = readFileSync(join(folder, 'disk.raw'));
  disk.set(encrypted(plain, extents[0]!.offsetBytes, isSuspended), WINDOWS_AT);
  writeFileSync(path, disk);
  return path;
}

describe.skipIf(!canBuild)('a volume that BitLocker has encrypted', { timeout: 300_000 }, () => {
  if (canBuild) buildDisk(folder);

  it.skipIf(!isInstalled('dislocker') || !existsSync('/dev/fuse')).each([
    ['with the recovery password', false],
    ['suspended', true],
  ])('is diagnosed, repaired and undone through dislocker: %s', async (name, isSuspended) => {
    const image = encryptedDisk(isSuspended ? 'suspended' : 'locked', isSuspended);
    const before = sha256(image);
    const locked = await hivemend('diagnose', image);
    const line = locked.stdout
      .split('\n')
      .find((each) => each.includes('dislocker -V'))!
      .trim();
    const place = join(folder, `open ${name}`);
    mkdirSync(place);
    // The password is asked for at a terminal: here it is given.
    const words = line.replace(/ -p /, ` -p${RECOVERY_PASSWORD} `).replace('/mnt/dislocker', `'${place}'`);
    execFileSync('sh', ['-c', words], { stdio: 'ignore' });
    const open = join(place, 'dislocker-file');
    try {
      const { machine, summary } = (await hivemend('diagnose', open, image, '--json')).report();
      expect(machine?.computerName).toBe('APP-SRV-07');
      expect(summary.causes.map(({ code }) => code)).toContain('SERVICE_DISABLED');
      // The driver shows its one file and takes no other.
      const beside = await hivemend('repair', open, image, '--yes', '--vm-is-off', '--only', 'rdp-services');
      expect([beside.status, beside.stderr]).toEqual([6, expect.stringContaining('--state-dir')]);
      const writing = [open, image, '--yes', '--json', '--vm-is-off', '--state-dir', join(folder, `state ${name}`)];
      const made = (await hivemend('repair', ...writing, '--only', 'rdp-services')).report();
      expect([made.error, made.changes.length > 0]).toEqual([null, true]);
      expect((await hivemend('undo', ...writing)).report().error).toBe(null);
    } finally {
      run('umount', place);
    }
    expect(sha256(image)).toBe(before);
  });

  it.skipIf(!isInstalled('cryptsetup'))('has a recovery password that cryptsetup takes', () => {
    const image = encryptedDisk('cryptsetup', false);
    const windows = join(folder, 'cryptsetup.volume');
    const sizeBytes = readFileSync(join(folder, 'windows.img')).byteLength;
    writeFileSync(windows, readFileSync(image).subarray(WINDOWS_AT, WINDOWS_AT + sizeBytes));
    const dump = execFileSync('cryptsetup', ['bitlkDump', windows], { encoding: 'utf8' });
    expect(dump).toMatch(/22222222-2222-2222-2222-222222222222/);
    const words = ['open', '--type', 'bitlk', '--test-passphrase', windows];
    expect(spawnSync('cryptsetup', words, { input: RECOVERY_PASSWORD }).status).toBe(0);
    expect(spawnSync('cryptsetup', words, { input: RECOVERY_PASSWORD.replace('011000', '011011') }).status).not.toBe(0);
  });
});
