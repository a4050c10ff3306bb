// A damaged hive on a disk without a mount: repaired or replaced within the bytes of its file, or refused with what is
// missing; undo gives every sector back.

import { closeSync, mkdtempSync, openSync, readFileSync, readSync, rmSync, writeFileSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { paddedImage } from '../../src/hive/result-image.ts';
import { type Host, thisHost } from '../../src/host.ts';
import type { DiskPlace } from '../../src/report.ts';
import { hivemend as hivemendOn, type Run } from '../cli/process.ts';
import { buildFixture } from '../fixture-hives.ts';
import { structuresOf } from '../hive/rebuild/structures.ts';
import { buildDisk, canBuild, sha256 } from './gpt-disk.ts';

const folder = canBuild ? mkdtempSync(join(tmpdir(), 'hivemend-rebuild-')) : '';
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const host: Host = { ...thisHost(), wait: () => {} };
const hivemend = (args: readonly string[]): Promise<Run> => hivemendOn(args, { host });

/** Changes bytes of SYSTEM in the image, at an offset of the hive's file that lies in its first extent. */
function damage(disk: string, { extents }: DiskPlace, offset: number, change: (old: Uint8Array) => Uint8Array): void {
  const fd = openSync(disk, 'r+');
  const at = extents[0]!.offsetBytes + offset;
  const old = new Uint8Array(4);
  readSync(fd, old, 0, 4, at);
  writeSync(fd, change(old), 0, 4, at);
  closeSync(fd);
}

describe.skipIf(!canBuild)('SYSTEM on an image', () => {
  const disk = canBuild ? buildDisk(folder) : '';
  const args = ['rebuild', 'SYSTEM', '--volume', disk, '--in-place', '--yes', '--vm-is-off', '--json'];

  it('is repaired in place, replaced by a copy of its length, and refused one that is longer', async () => {
    const { targets } = (await hivemend(['diagnose', disk, '--json'])).report();
    const { place } = targets.find(({ hive }) => hive === 'SYSTEM')!;
    const { keys } = structuresOf(buildFixture('SYSTEM-broken'));
    // The parent pointer of a key: nothing is lost when it is put right.
    damage(disk, place!, keys[5]!.nk + 20, () => new Uint8Array([8, 0, 0, 0]));
    const damaged = sha256(disk);

    const repaired = await hivemend(args);
    expect(repaired.stderr).toBe('');
    expect(repaired.report().rebuild).toMatchObject({ way: 'in-place', losses: [] });
    expect((await hivemend(['rebuild', 'SYSTEM', '--volume', disk, '--dry-run'])).stdout).toContain('no defect found');
    const undone = await hivemend(['undo', disk, '--yes', '--vm-is-off']);
    expect(undone.stderr).toBe('');
    expect(sha256(disk)).toBe(damaged);

    const copy = join(folder, 'COPY');
    writeFileSync(copy, buildFixture('SYSTEM-healthy'));
    const replaced = await hivemend([...args, '--from', copy]);
    expect(replaced.stderr).toBe('');
    expect(replaced.report().rebuild?.way).toBe('other-copy');
    await hivemend(['undo', disk, '--yes', '--vm-is-off']);
    expect(sha256(disk)).toBe(damaged);

    writeFileSync(copy, paddedImage(buildFixture('SYSTEM-healthy'), 1 << 20));
    const refused = await hivemend([...args, '--from', copy]);
    expect(refused.status).toBe(5);
    const missing = ((1 << 20) - buildFixture('SYSTEM-broken').byteLength) / 1024;
    expect(refused.report().error?.message).toContain(`${missing} KiB`);
    expect(sha256(disk)).toBe(damaged);
    expect(readFileSync(copy).byteLength).toBe(1 << 20);
  }, 120_000);
});
