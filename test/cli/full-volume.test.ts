// Volumes of real NTFS that are filled to the last cluster: written in place with the journal elsewhere, taken back, and
// told truly what must be freed where neither can be.

import { existsSync, lstatSync, mkdirSync, readdirSync, rmSync, statfsSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { thisHost } from '../../src/host.ts';
import { describeNtfs } from '../disk/ntfs-image.ts';
import { BCD_PATH, hivemend, put, SOFTWARE_PATH, SYSTEM_PATH, scratch, snapshot } from './process.ts';

/** Takes all clusters, then all room for entries and small files: here not even a folder can be made. */
function fill(place: string): void {
  const until = (write: (size: number) => void): void => {
    for (const size of [1 << 20, 4096, 512]) {
      for (let i = 0; i < 10_000; i += 1) {
        try {
          write(size);
        } catch {
          break;
        }
      }
    }
  };
  until((size) => writeFileSync(join(place, 'filler'), new Uint8Array(size), { flag: 'a' }));
  let number = 0;
  until(() => mkdirSync(join(place, `filler-${number++}`)));
  until((size) => writeFileSync(join(place, 'filler'), new Uint8Array(size), { flag: 'a' }));
  expect(statfsSync(place).bavail).toBe(0);
  expect(() => mkdirSync(join(place, 'no-room'))).toThrow(/ENOSPC/);
}

/** What a repair may touch; the fillers say nothing. */
const windowsOf = (place: string): Record<string, string> => ({
  ...snapshot(join(place, 'Windows')),
  ...snapshot(join(place, 'Boot')),
});

describeNtfs('a volume that is full', (images) => {
  let number = 0;
  function makeVolume(): string {
    const place = images.mount(images.make(`full-${number++}.img`));
    put(place, SYSTEM_PATH, 'SYSTEM-broken');
    put(place, SOFTWARE_PATH, 'SOFTWARE');
    put(place, BCD_PATH, 'BCD-bios');
    return place;
  }

  it('is repaired in place with --state-dir, and taken back', async () => {
    const place = makeVolume();
    const before = windowsOf(place);
    fill(place);
    const refused = await hivemend(['repair', place, '--yes', '--json']);
    expect(refused.status).toBe(6);
    const { code, hint } = refused.report().error!;
    expect(code).toBe('BACKUP_FAILED');
    expect(hint).toMatch(/^free \d+ KiB on the disk of .*hivemend, or give --state-dir <folder> on another disk/);
    const state = scratch();
    const run = await hivemend(['repair', place, '--yes', '--json', '--state-dir', state]);
    expect(run.report().error).toBeNull();
    expect(windowsOf(place)).not.toEqual(before);
    const back = await hivemend(['undo', place, '--yes', '--json', '--state-dir', state]);
    expect([back.status, back.report().error]).toEqual([0, null]);
    expect(windowsOf(place)).toEqual(before);
    expect(existsSync(join(place, 'hivemend'))).toBe(false);
  });

  it('says how much a change that grows the hive needs, and leaves the original', async () => {
    const place = makeVolume();
    const before = windowsOf(place);
    fill(place);
    const value = ['/v', 'Large', '/t', 'REG_BINARY', '/d', '00'.repeat(60_000), '/f'];
    const add = ['reg', '--volume', place, '--json', '--state-dir', scratch(), 'add', 'HKLM\\SYSTEM\\Select', ...value];
    const run = await hivemend(add);
    expect(run.status).toBe(6);
    expect(run.report().error).toMatchObject({ code: 'WRITE_FAILED' });
    const needed = Number(/^free (\d+) KiB on the volume/.exec(run.report().error?.hint ?? '')?.[1]);
    expect(needed).toBeGreaterThan(50);
    expect(windowsOf(place)).toEqual(before);
    // That much is enough.
    rmSync(join(place, 'filler'));
    for (let left = statfsSync(place).bavail * statfsSync(place).bsize - needed * 1024; left > 4096; left -= 4096) {
      writeFileSync(join(place, 'filler'), new Uint8Array(4096), { flag: 'a' });
    }
    expect((await hivemend(add)).report().error).toBeNull();
  });

  it('that was filled after the commit is taken back', async () => {
    const place = makeVolume();
    const before = windowsOf(place);
    expect((await hivemend(['repair', place, '--yes', '--json'])).report().error).toBeNull();
    fill(place);
    const back = await hivemend(['undo', place, '--yes', '--json']);
    expect([back.status, back.report().error]).toEqual([0, null]);
    expect(windowsOf(place)).toEqual(before);
    expect(readdirSync(join(place, 'hivemend'))).not.toContain('lock');
  });

  it('is locked on the host while another process is at work on it', async () => {
    const place = makeVolume();
    fill(place);
    const before = windowsOf(place);
    const locks = scratch();
    const holder = { bootId: thisHost().bootId, hostName: hostname(), pid: process.pid };
    const lock = join(locks, `hivemend-volume-${lstatSync(place).dev.toString(16)}.lock`);
    writeFileSync(lock, `${JSON.stringify(holder)}\n`, { mode: 0o600 });
    const repair = ['repair', place, '--yes', '--json', '--state-dir', scratch()];
    const host = { ...thisHost(), writing: { ...thisHost().writing, spareLocks: locks } };
    const run = await hivemend(repair, { host });
    expect([run.status, run.report().error?.code]).toEqual([5, 'LOCKED']);
    expect(windowsOf(place)).toEqual(before);
    rmSync(lock);
    expect((await hivemend(repair, { host })).report().error).toBeNull();
    expect(readdirSync(locks)).toEqual([]);
  });
});
