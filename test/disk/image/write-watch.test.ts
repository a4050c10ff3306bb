// Reading past the cache, and the refusal where a disk changes under it.

import fs from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import type { ReadFs } from '../../../src/base/read-fs.ts';
import { readPastCaches } from '../../../src/disk/image/fresh-read.ts';
import { WATCH_MS, type WatchedRange, watchRanges } from '../../../src/disk/image/write-watch.ts';

const folder = fs.mkdtempSync(join(tmpdir(), 'hivemend-watch-'));
afterAll(() => fs.rmSync(folder, { recursive: true, force: true }));

it('direct reads give the bytes of any range, also where the host has none', () => {
  const path = join(folder, 'disk');
  const bytes = Buffer.alloc(3 * 2 ** 20 + 700);
  for (let at = 0; at < bytes.length; at += 4) bytes.writeUInt32LE(at, at);
  fs.writeFileSync(path, bytes);
  const calls: number[] = [];
  const refusing = (what: 'open' | 'read'): ReadFs => ({
    ...fs,
    openSync: (given, flags) => {
      const isDirect = (Number(flags) & fs.constants.O_DIRECT) !== 0;
      if (isDirect && what === 'open') throw Object.assign(new Error('EINVAL'), { code: 'EINVAL' });
      const fd = fs.openSync(given, Number(flags) & ~fs.constants.O_DIRECT);
      if (isDirect) calls.push(fd);
      return fd;
    },
    readSync: (fd, ...rest) => {
      if (calls.includes(fd)) throw Object.assign(new Error('EINVAL'), { code: 'EINVAL' });
      return fs.readSync(fd, ...rest);
    },
    closeSync: (fd) => {
      calls.splice(0);
      fs.closeSync(fd);
    },
  });
  for (const host of [fs as ReadFs, refusing('open'), refusing('read')]) {
    for (const [at, sizeBytes] of [
      [0, 0],
      [0, 1],
      [4095, 2],
      [1, 2 ** 20],
      [2 ** 20 - 1, 2 ** 21],
      [bytes.length - 701, 701],
      [0, bytes.length],
    ] as const) {
      const into = new Uint8Array(sizeBytes);
      const isDirect = readPastCaches(host, path, at, into);
      expect(Buffer.from(into).equals(bytes.subarray(at, at + sizeBytes))).toBe(true);
      if (host !== fs && sizeBytes > 0) expect(isDirect).toBe(false);
    }
    expect(() => readPastCaches(host, path, bytes.length - 1, new Uint8Array(2))).toThrow(
      expect.objectContaining({ code: 'EIO' }),
    );
    expect(() => readPastCaches(host, join(folder, 'absent'), 0, new Uint8Array(1))).toThrow(
      expect.objectContaining({ code: 'ENOENT' }),
    );
  }
});

it('what changes in any watched place, at any time before the first write, is a refusal', () => {
  const ranges: WatchedRange[] = [
    { at: 100, sizeBytes: 1000, what: '$LogFile' },
    { at: 2 ** 21 - 5, sizeBytes: 2 ** 20 + 10, what: 'the extents of SYSTEM' },
    { at: 5000, sizeBytes: 0, what: 'nothing' },
  ];
  const setUp = () => {
    const disk = new Uint8Array(4 * 2 ** 20);
    let nowMs = 5_000;
    const waits: number[] = [];
    const clock = {
      nowMs: () => nowMs,
      wait: (durationMs: number) => {
        waits.push(durationMs);
        nowMs += durationMs;
      },
    };
    const read = (at: number, into: Uint8Array): void => into.set(disk.subarray(at, at + into.byteLength));
    const watch = watchRanges({ identity: 'disk.img', read, readFresh: read }, ranges, clock);
    return { disk, watch, waits, pass: (durationMs: number) => (nowMs += durationMs) };
  };
  const quiet = setUp();
  quiet.pass(4_000);
  quiet.watch.confirm();
  quiet.watch.recheck();
  expect(quiet.waits).toEqual([WATCH_MS - 4_000]);
  const late = setUp();
  late.pass(60_000);
  late.watch.confirm();
  expect(late.waits).toEqual([]);

  for (const { at, sizeBytes, what } of ranges.filter((range) => range.sizeBytes > 0)) {
    for (const place of [at, at + sizeBytes - 1]) {
      const early = setUp();
      early.disk[place]! ^= 1;
      expect(() => early.watch.confirm()).toThrow(
        expect.objectContaining({ code: 'IN_USE', message: expect.stringContaining(what) }),
      );
      const last = setUp();
      last.watch.confirm();
      last.disk[place]! ^= 1;
      expect(() => last.watch.recheck()).toThrow(expect.objectContaining({ code: 'IN_USE' }));
    }
    for (const place of [at - 1, at + sizeBytes]) {
      const beside = setUp();
      beside.disk[place]! ^= 1;
      beside.watch.confirm();
    }
  }
});

it('what the cache shows and the disk has not any more is a refusal: a plan was made of it', () => {
  const cached = new Uint8Array(8192).fill(1);
  const disk = cached.slice();
  const readFrom = (bytes: Uint8Array) => (at: number, into: Uint8Array) => {
    into.set(bytes.subarray(at, at + into.byteLength));
  };
  const clock = { nowMs: () => 0, wait: () => {} };
  const setUp = () =>
    watchRanges(
      { identity: 'disk.img', read: readFrom(cached), readFresh: readFrom(disk) },
      [{ at: 4096, sizeBytes: 512, what: 'the data of record 40' }],
      clock,
    );
  setUp().recheck();
  disk[4100] = 2;
  expect(() => setUp().confirm()).toThrow(expect.objectContaining({ code: 'IN_USE' }));
  expect(() => setUp().recheck()).toThrow(expect.objectContaining({ code: 'IN_USE' }));
});
