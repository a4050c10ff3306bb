// The rows of the commit's fault tests: every kind of hive that a commit can meet, built small by hand.

import { commitTargets as commit } from '../../src/commit/commit.ts';
import type { CommitHost, CommitRequest, CommitResult, CommitTarget } from '../../src/commit/request.ts';
import type { LogOnDisk } from '../../src/hive/open.ts';
import { recover } from '../../src/regf/logs/recover.ts';
import { makeBins, makeDirtLog, makeHeader, makeHive, makeHvleLog, PAGE } from '../judge/synthetic-hive.ts';
import { Disk } from './disk-simulator.ts';

export const VOLUME = '/mnt/vol';
export const ROOT = `${VOLUME}/hivemend`;
export const ID = '20260102T030405-abcdef';
export const SYSTEM = `${VOLUME}/Windows/System32/config/SYSTEM`;
const BCD = `${VOLUME}/Boot/BCD`;
const STAMP = 132_000_000_000_000_000n;

export interface HiveCase {
  readonly path: string;
  readonly primary: Uint8Array;
  /** By ending: '.LOG', '.LOG1', '.LOG2'. */
  readonly logs: Readonly<Record<string, Uint8Array>>;
  /** What a reader must see before, and after: bins. */
  readonly oldBins: Uint8Array;
  readonly newBins: Uint8Array;
  readonly acceptDirty?: boolean;
  /** The whole image to leave, where its header is not one of ours. */
  readonly image?: Uint8Array;
  readonly isReplacement?: boolean;
  readonly isFixedSize?: boolean;
}

export interface Row {
  readonly name: string;
  readonly hives: readonly HiveCase[];
  /** Files besides hives and their logs. */
  readonly files?: Readonly<Record<string, Uint8Array>>;
  readonly more?: (disk: Disk) => readonly CommitTarget[];
  /** Nothing covers the window in which the header is dirty: readers may refuse the hive there, loudly. */
  readonly isLoud?: boolean;
  readonly keepsDescriptors?: boolean;
  /** What a disk writes whole; 512 where it is left out. */
  readonly sectorSizeBytes?: number;
}

const OLD = makeBins([1, 2, 3, 4], STAMP);
const NEW = makeBins([1, 20, 3, 40], STAMP);
const GROWN = makeBins([1, 20, 3, 40, 50, 60], STAMP);
const STALE = makeBins([7, 8, 9, 10], STAMP);
/** What a crashed primary still holds: pages 1 and 2 older than the logs. */
const CRASHED = makeBins([1, 6, 5, 4], STAMP);
const HALF = makeBins([1, 2, 5, 4], STAMP);

const hvle = (sequence: number, pages: readonly number[], bins = STALE, size = 0): Uint8Array =>
  makeHvleLog(sequence, [{ bins, pages }], size);
const clean = { first: 7, second: 7, stamp: STAMP };
const dirty = { first: 8, second: 7, stamp: STAMP };
const hive = (primary: Uint8Array, logs: HiveCase['logs'], newBins = NEW, oldBins = OLD, path = SYSTEM): HiveCase => ({
  path,
  primary,
  logs,
  oldBins,
  newBins,
});

const ONE = { '.LOG1': hvle(5, [1, 2]) };
const TWO = { '.LOG1': hvle(5, [1, 2]), '.LOG2': hvle(6, [3]) };
const THREE = { '.LOG': hvle(4, [0, 3]), ...TWO };
/** The logs that make CRASHED into OLD: the first alone, or in two steps. */
const WHOLE_ONE = { '.LOG1': hvle(7, [1, 2], OLD) };
const WHOLE_TWO = { '.LOG2': hvle(7, [1], HALF), '.LOG1': hvle(8, [2], OLD) };
const WHOLE_THREE = { '.LOG': hvle(4, [0]), ...WHOLE_TWO };
const BAD = { first: 8, second: 7, stamp: STAMP, badChecksum: true };

const dirt = (sequence: number, pages: readonly number[], bins = STALE, stamp = STAMP): Uint8Array =>
  makeDirtLog(sequence, stamp, bins, pages);

export const ROWS: readonly Row[] = [
  { name: 'HvLE, clean, one log', hives: [hive(makeHive(clean, OLD), ONE)] },
  { name: 'HvLE, clean, two logs', hives: [hive(makeHive(clean, OLD), TWO)] },
  { name: 'HvLE, clean, three logs', hives: [hive(makeHive(clean, OLD), THREE)] },
  {
    name: 'HvLE, clean, .LOG alone (BCD)',
    hives: [hive(makeHive(clean, OLD), { '.LOG': hvle(5, [1]) }, NEW, OLD, BCD)],
  },
  {
    name: 'HvLE, clean, newer log entries',
    hives: [hive(makeHive(clean, OLD), { '.LOG1': hvle(7, [1]), '.LOG2': hvle(30, [2]) })],
  },
  { name: 'HvLE, clean, growth', hives: [hive(makeHive(clean, OLD), TWO, GROWN)] },
  { name: 'HvLE, clean, growth over trailing data', hives: [hive(makeHive(clean, OLD, 6000), TWO, GROWN)] },
  {
    name: 'HvLE, clean, empty LOG2 and .LOG',
    hives: [hive(makeHive(clean, OLD), { ...ONE, '.LOG2': new Uint8Array(0), '.LOG': new Uint8Array(8192) })],
  },
  {
    name: 'HvLE, clean, stale DIRT log beside',
    hives: [hive(makeHive(clean, OLD), { ...ONE, '.LOG': dirt(3, [1, 2]) })],
  },
  { name: 'HvLE, dirty, one log', hives: [hive(makeHive(dirty, CRASHED), WHOLE_ONE)] },
  { name: 'HvLE, dirty, two logs', hives: [hive(makeHive(dirty, CRASHED), WHOLE_TWO)] },
  { name: 'HvLE, dirty, three logs', hives: [hive(makeHive(dirty, CRASHED), WHOLE_THREE)] },
  { name: 'HvLE, dirty, growth', hives: [hive(makeHive(dirty, CRASHED), WHOLE_TWO, GROWN)] },
  {
    name: 'HvLE, dirty, the log grows it already',
    hives: [
      hive(
        makeHive(dirty, CRASHED),
        { '.LOG1': hvle(7, [1, 3, 4, 5], GROWN) },
        makeBins([1, 20, 33, 40, 50, 61, 70], STAMP),
        makeBins([1, 20, 5, 40, 50, 60], STAMP),
      ),
    ],
  },
  { name: 'HvLE, dirty, no edit (recovery alone)', hives: [hive(makeHive(dirty, CRASHED), WHOLE_TWO, OLD)] },
  { name: 'HvLE, bad checksum, one log', hives: [hive(makeHive(BAD, CRASHED), WHOLE_ONE)] },
  {
    name: 'HvLE, bad checksum, stale log too',
    hives: [hive(makeHive(BAD, CRASHED), { ...WHOLE_ONE, '.LOG2': hvle(5, [0, 3]) })],
  },
  { name: 'HvLE, bad checksum, growth', hives: [hive(makeHive(BAD, CRASHED, 512), WHOLE_ONE, GROWN)] },
  { name: 'DIRT, clean, LOG1', hives: [hive(makeHive(clean, OLD), { '.LOG1': dirt(7, [1]) })] },
  { name: 'DIRT, clean, .LOG (XP)', hives: [hive(makeHive(clean, OLD), { '.LOG': dirt(7, [1]) })] },
  {
    name: 'DIRT, clean, two logs',
    hives: [hive(makeHive(clean, OLD), { '.LOG1': dirt(7, [1]), '.LOG2': dirt(6, [2]) })],
  },
  {
    name: 'DIRT, clean, three logs',
    hives: [hive(makeHive(clean, OLD), { '.LOG': dirt(9, [0, 1]), '.LOG1': dirt(7, [1]), '.LOG2': dirt(6, [2]) })],
  },
  { name: 'DIRT, clean, growth', hives: [hive(makeHive(clean, OLD), { '.LOG1': dirt(7, [1]) }, GROWN)] },
  { name: 'DIRT, dirty, LOG1', hives: [hive(makeHive(dirty, CRASHED), { '.LOG1': dirt(8, [1, 2], OLD) })] },
  { name: 'DIRT, dirty, .LOG (XP)', hives: [hive(makeHive(dirty, CRASHED), { '.LOG': dirt(8, [1, 2], OLD) })] },
  {
    name: 'DIRT, dirty, older LOG2 of another stamp',
    hives: [
      hive(makeHive(dirty, CRASHED), { '.LOG1': dirt(8, [1, 2], OLD), '.LOG2': dirt(7, [3], STALE, STAMP - 5n) }),
    ],
  },
  { name: 'DIRT, dirty, growth', hives: [hive(makeHive(dirty, CRASHED), { '.LOG1': dirt(8, [1, 2], OLD) }, GROWN)] },
  { name: 'DIRT, bad checksum', hives: [hive(makeHive(BAD, CRASHED), { '.LOG1': dirt(8, [1, 2], OLD) })] },
  { name: 'no logs, clean', isLoud: true, hives: [hive(makeHive(clean, OLD), {})] },
  { name: 'no logs, clean, growth', isLoud: true, hives: [hive(makeHive(clean, OLD), {}, GROWN)] },
  {
    name: 'no logs, empty ones, clean',
    isLoud: true,
    hives: [hive(makeHive(clean, OLD), { '.LOG1': new Uint8Array(0), '.LOG2': new Uint8Array(512) })],
  },
  {
    name: 'no logs, dirty and accepted',
    isLoud: true,
    hives: [{ ...hive(makeHive(dirty, CRASHED), {}, NEW, CRASHED), acceptDirty: true }],
  },
  {
    name: 'dirty, log too old, accepted',
    isLoud: true,
    hives: [{ ...hive(makeHive(dirty, CRASHED), { '.LOG1': hvle(5, [1]) }, NEW, CRASHED), acceptDirty: true }],
  },
  {
    name: 'several files: dirty SYSTEM, clean BCD',
    hives: [
      hive(makeHive(dirty, CRASHED), WHOLE_TWO, GROWN),
      hive(makeHive({ ...clean, first: 90, second: 90 }, OLD), { '.LOG': hvle(50, [1]) }, NEW, OLD, BCD),
    ],
  },
  {
    name: 'several files: hive, made, overwritten, deleted, moved',
    hives: [hive(makeHive(clean, OLD), ONE)],
    files: {
      [`${VOLUME}/keys/a.bin`]: new Uint8Array(5000).fill(1),
      [`${VOLUME}/keys/b.bin`]: new Uint8Array(700).fill(2),
      [`${VOLUME}/keys/c.bin`]: new Uint8Array(900).fill(3),
    },
    more: () => [
      { kind: 'folder', path: `${VOLUME}/made` },
      { kind: 'file', path: `${VOLUME}/made/new.bin`, before: null, after: new Uint8Array(1500).fill(9) },
      {
        kind: 'file',
        path: `${VOLUME}/keys/a.bin`,
        before: new Uint8Array(5000).fill(1),
        after: new Uint8Array(9000).fill(4),
      },
      { kind: 'file', path: `${VOLUME}/keys/b.bin`, before: new Uint8Array(700).fill(2), after: null },
      { kind: 'move', path: `${VOLUME}/keys/c.bin`, to: `${VOLUME}/keys/d.bin`, bytes: new Uint8Array(900).fill(3) },
    ],
  },
  {
    name: 'files alone: shorter, and a descriptor',
    hives: [],
    keepsDescriptors: true,
    files: { [`${VOLUME}/keys/a.bin`]: new Uint8Array(5000).fill(1) },
    more: () => [
      {
        kind: 'file',
        path: `${VOLUME}/keys/a.bin`,
        before: new Uint8Array(5000).fill(1),
        after: new Uint8Array(1000).fill(4),
      },
      { kind: 'descriptor', path: `${VOLUME}/keys/a.bin`, before: new Uint8Array([1]), after: new Uint8Array([2, 2]) },
    ],
  },
];

export function hostOf(disk: Disk, boot: string): CommitHost {
  return {
    fs: disk,
    descriptors: disk.descriptors,
    bootId: boot,
    hostName: 'bench',
    pid: 100,
    isAlive: () => true,
    wait: () => {},
  };
}

export function diskOf(row: Row, disk = new Disk(row.sectorSizeBytes)): Disk {
  disk.keepsDescriptors = row.keepsDescriptors ?? false;
  for (const { path, primary, logs } of row.hives) {
    disk.put(path, primary);
    for (const [ending, bytes] of Object.entries(logs)) disk.put(path + ending, bytes);
  }
  for (const [path, bytes] of Object.entries(row.files ?? {})) disk.put(path, bytes);
  disk.put(`${VOLUME}/other.txt`, new Uint8Array([1]));
  return disk;
}

export function requestOf(row: Row, disk: Disk, id = ID): CommitRequest {
  const hives: CommitTarget[] = row.hives.map((hive) => {
    const { path, primary, logs, newBins, acceptDirty, image, isReplacement, isFixedSize } = hive;
    const onDisk: LogOnDisk[] = Object.entries(logs).map(([ending, bytes]) => ({
      name: `${path.split('/').at(-1)}${ending}`,
      path: path + ending,
      bytes,
    }));
    const recovery = isHive(primary) ? recover(path, primary, onDisk) : null;
    const header = makeHeader({ first: 1, second: 1, stamp: STAMP, binsSize: newBins.byteLength });
    const result = image ?? new Uint8Array(PAGE + newBins.byteLength);
    if (!image) result.set(header);
    if (!image) result.set(newBins, PAGE);
    return {
      kind: 'hive',
      path,
      original: primary,
      logs: onDisk,
      recovery,
      result,
      ...(acceptDirty ? { acceptDirty } : {}),
      ...(isReplacement ? { isReplacement } : {}),
      ...(isFixedSize ? { isFixedSize } : {}),
    };
  });
  return {
    id,
    journalRoot: ROOT,
    journalKind: 'volume',
    volumes: [
      { root: VOLUME, fileSystem: row.keepsDescriptors ? 'ntfs' : 'ext4', serial: '1234abcd', partitionGuid: null },
    ],
    targets: [...hives, ...(row.more?.(disk) ?? [])],
    texts: { readme: 'what this is\n', afterBoot: 'rem nothing\r\n', report: () => '{}\n' },
  };
}

export function isHive(primary: Uint8Array): boolean {
  return Buffer.from(primary.subarray(0, 4)).toString() === 'regf';
}

export function commitRow(row: Row, disk: Disk): CommitResult {
  return commit(hostOf(disk, 'boot-1'), requestOf(row, disk));
}

/** Everything on the volume but what hivemend keeps there, descriptors too, as one comparable text. */
export function contentOf(disk: Disk): string {
  const lines: string[] = [];
  for (const [path, bytes] of disk.files()) {
    if (path.startsWith(`${ROOT}/`)) continue;
    const descriptor = disk.keepsDescriptors ? Buffer.from(disk.descriptors.read(path)!).toString('hex') : '';
    lines.push(`${path} ${bytes.byteLength} ${Buffer.from(bytes).toString('base64')} ${descriptor}`);
  }
  return lines.join('\n');
}
