// One stage on the disk: what is written, what is not, and in which order stages stand.

import { describe, expect, it } from 'vitest';
import { planCommit } from '../../../src/commit/order/plan.ts';
import { StageWriter } from '../../../src/commit/order/stage.ts';
import { Disk, HostError } from '../disk-simulator.ts';
import { diskOf, hostOf, ROWS, requestOf } from '../rows.ts';

const PATH = '/hive';

/** A disk with one file, and the offsets that were written to it since. */
function observed(): { disk: Disk; written: number[] } {
  const disk = new Disk();
  disk.put(PATH, new Uint8Array(8192));
  const written: number[] = [];
  const { writeSync } = disk;
  disk.writeSync = (fd, buffer, offset, length, position) => {
    written.push(position);
    return writeSync.call(disk, fd, buffer, offset, length, position);
  };
  return { disk, written };
}

describe('a stage', () => {
  const before = new Uint8Array(4096);
  const after = new Uint8Array(4096).fill(7);
  const stage = { name: 'pages', steps: [{ op: 'write', file: 0, offset: 4096, before, after }] } as const;

  it('writes nothing that is there already', () => {
    const { disk, written } = observed();
    const writer = new StageWriter(hostOf(disk, 'boot-1'), [PATH]);
    writer.apply(stage);
    writer.apply(stage);
    writer.revert(stage);
    writer.revert(stage);
    expect(written).toEqual([4096, 4096]);
  });

  it('writes again what a failed sync may have dropped, though it reads back', () => {
    const { disk, written } = observed();
    const { fsyncSync } = disk;
    let isSound = false;
    let synced = 0;
    disk.fsyncSync = (fd) => {
      if (!isSound) throw new HostError('EIO', 'fsync');
      synced += 1;
      fsyncSync.call(disk, fd);
    };
    const writer = new StageWriter(hostOf(disk, 'boot-1'), [PATH]);
    expect(() => writer.apply(stage)).toThrow(expect.objectContaining({ code: 'EIO' }));
    expect(disk.get(PATH)!.subarray(4096)).toEqual(after);
    isSound = true;
    writer.apply(stage);
    expect(written).toEqual([4096, 4096]);
    expect(synced).toBe(1);
    writer.apply(stage);
    expect(synced).toBe(1);
  });
});

it('other files are written before a header is dirty, and removed after it is clean', () => {
  const row = ROWS.find(({ name }) => name.startsWith('several files: hive, made'))!;
  const disk = diskOf(row);
  const { stages } = planCommit(hostOf(disk, 'boot-1'), requestOf(row, disk)).journal;
  const names = stages.map(({ name }) => name);
  expect(names).toEqual(expect.arrayContaining(['files', 'dirty-header', 'clean-header', 'remove']));
  expect(names.indexOf('files')).toBeLessThan(names.indexOf('dirty-header'));
  expect(names.indexOf('clean-header')).toBeLessThan(names.indexOf('remove'));
});
