// The gate before writing in place, on volumes that mkntfs made with logs of ours: what it lets through is what another
// program's replay of the log leaves alone.

import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { openDiskImage } from '../../../src/disk/image/disk-image.ts';
import { imageFs } from '../../../src/disk/image/image-fs.ts';
import { NtfsVolume } from '../../../src/disk/image/ntfs/volume.ts';
import { rangesToWatch, whyNotOverwritable } from '../../../src/disk/image/write-gate.ts';
import { describeNtfs } from '../ntfs-image.ts';
import { LogBuilder, type LogChoices, updateData } from './log-builder.ts';
import { memoryBlocks } from './memory-blocks.ts';

const PAGE = 4096;
const hasRecover = spawnSync('ntfsrecover', ['-V']).error === undefined;

/** The restart pages, ring and copies of an idle machine, or with one record that changes the volume. */
function logOf(pages: number, choices: LogChoices, operation = 0x1d): Uint8Array {
  const log = new LogBuilder({ ...choices, pages });
  // What ntfsrecover wants to have seen before.
  for (let history = 0; history < 300; history += 1) log.add({ redo: 0x1b, undo: 1 });
  const start = log.checkpoint();
  log.add({ redo: 0x1d, data: updateData(0x1d, 0, new Uint8Array(600)) });
  log.checkpoint(start);
  log.add({ data: updateData(operation, 0) });
  log.add({ redo: 0x1b, undo: 1 });
  return log.build();
}

/** Puts bytes over the log of a volume. */
function setLog(disk: Uint8Array, log: (pages: number) => Uint8Array): { at: number; sizeBytes: number }[] {
  const volume = new NtfsVolume(memoryBlocks(disk));
  const { clusterBytes } = volume.geometry;
  const { runs, sizeBytes } = volume.log().stream;
  const bytes = log(sizeBytes / PAGE);
  const places = runs.map(({ lcn, clusters }) => ({ at: lcn! * clusterBytes, sizeBytes: clusters * clusterBytes }));
  let done = 0;
  for (const place of places) {
    disk.set(bytes.subarray(done, done + place.sizeBytes), place.at);
    done += place.sizeBytes;
  }
  return places;
}

const why = (disk: Uint8Array, vmIsOff: boolean) => {
  const refusal = whyNotOverwritable(new NtfsVolume(memoryBlocks(disk)), vmIsOff);
  return refusal && [refusal.code, refusal.data?.cause];
};

describeNtfs('writing in place', (images) => {
  const image = images.make('gate.img', 12);
  const place = images.mount(image);
  fs.writeFileSync(join(place, 'HIVE'), Buffer.alloc(100_000, 0x42));
  fs.writeFileSync(join(place, 'hiberfil.sys'), Buffer.alloc(8192));
  images.unmount(place);
  const whole = new Uint8Array(fs.readFileSync(image));

  it('a log that is empty or closed lets through, one that was not closed needs a word and a proof', () => {
    expect([why(whole, false), why(whole, true)]).toEqual([null, null]);
    for (const version of ['1.1', '2.0'] as const) {
      for (const lastPageInCopy of [false, true]) {
        const disk = whole.slice();
        setLog(disk, (pages) => logOf(pages, { version, lastPageInCopy }));
        expect([why(disk, false), why(disk, true)]).toEqual([['VOLUME_DIRTY', 'idle-log'], null]);
        setLog(disk, (pages) => logOf(pages, { version, lastPageInCopy }, 0x07));
        expect([why(disk, false), why(disk, true)]).toEqual([
          ['VOLUME_DIRTY', 'open-log'],
          ['VOLUME_DIRTY', 'open-log'],
        ]);
      }
    }
    const closed = whole.slice();
    setLog(closed, (pages) => logOf(pages, { version: '1.1', flags: 2 }, 0x07));
    expect(why(closed, false)).toBeNull();
  });

  it('the dirty mark, a running chkdsk and a saved session refuse, whatever is said', () => {
    // The volume information of record 3: version 3.1, then the flags.
    const { mft } = new NtfsVolume(memoryBlocks(whole));
    const record = Buffer.from(mft.recordBytes(3));
    const recordAt = Buffer.from(whole).indexOf(record);
    const flagsAt = recordAt + record.indexOf(Buffer.from([3, 1]), 0x38 + 24) + 2;
    for (const [flags, cause] of [
      [0x0001, 'dirty-flag'],
      [0x4000, 'dirty-flag'],
      [0x0080, null],
    ] as const) {
      const disk = whole.slice();
      new DataView(disk.buffer).setUint16(flagsAt, flags, true);
      expect(why(disk, true)).toEqual(cause && ['VOLUME_DIRTY', cause]);
    }
    const file = imageFs(openDiskImage(memoryBlocks(whole), 'd')).place('d/volume/hiberfil.sys').extents[0]!
      .offsetBytes;
    for (const [word, cause] of [
      ['hibr', 'hibernated'],
      ['HIBR', 'hibernated'],
      ['RSTR', 'resuming'],
      ['what', 'unknown'],
      ['wake', null],
    ] as const) {
      const disk = whole.slice();
      disk.set(Buffer.from(word), file);
      expect(why(disk, true)).toEqual(cause && ['HIBERNATED', cause]);
    }
  });

  it('what is watched is the log, the record and the bytes of the file', () => {
    const disk = openDiskImage(memoryBlocks(whole), 'd');
    const file = imageFs(disk).place('d/volume/HIVE');
    const ranges = rangesToWatch(disk.volumes[0]!, [file]);
    const bytesOf = (what: RegExp): Buffer =>
      Buffer.concat(
        ranges.filter((range) => what.test(range.what)).map(({ at, sizeBytes }) => whole.subarray(at, at + sizeBytes)),
      );
    expect(bytesOf(/^the data of record/).equals(Buffer.alloc(100_000, 0x42))).toBe(true);
    expect(bytesOf(/^MFT record/).toString('latin1', 0, 4)).toBe('FILE');
    expect(bytesOf(/^\$LogFile/).every((byte) => byte === 0xff)).toBe(true);
    expect(ranges.length).toBeGreaterThanOrEqual(3);
  });

  it.skipIf(!hasRecover)('a replay by ntfsrecover leaves alone what was written beside an idle log', () => {
    // Version 2.0 it does not play back at all.
    for (const from of [0, 3 * PAGE + 3000, 3 * PAGE + 3800]) {
      const disk = whole.slice();
      const log = setLog(disk, (pages) => logOf(pages, { version: '1.1', hasTails: true, from }));
      expect(why(disk, true)).toBeNull();
      const [extent] = imageFs(openDiskImage(memoryBlocks(disk), 'd')).place('d/volume/HIVE').extents;
      disk.fill(0x17, extent!.offsetBytes + 4096, extent!.offsetBytes + 8192);
      const copy = join(images.folder, 'replayed.img');
      fs.writeFileSync(copy, disk);
      const { status, stdout, stderr } = spawnSync('ntfsrecover', [copy], { encoding: 'utf8' });
      expect([from, status, stdout + stderr]).toEqual([from, 0, expect.stringContaining('Syncing successful')]);
      const after = new Uint8Array(fs.readFileSync(copy));
      const differing: number[] = [];
      for (let at = 0; at < disk.length; at += 512) {
        const isLog = log.some((place) => at >= place.at && at < place.at + place.sizeBytes);
        if (!isLog && !Buffer.from(disk.subarray(at, at + 512)).equals(after.subarray(at, at + 512)))
          differing.push(at);
      }
      expect([from, differing]).toEqual([from, []]);
    }
  });
});
