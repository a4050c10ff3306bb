// Power is lost after every write and flush of a commit into an image, and of its undo: on NTFS and FAT, on disks of 512
// and of 4,096 bytes a sector, torn there. Each disk that this leaves holds the old or the new tree (or, in the order
// without logs, a hive that is refused), and the next start gives the old or the new disk, byte for byte.

import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import { dirname, join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { findJournals } from '../../../src/commit/journal/journals.ts';
import { undo } from '../../../src/commit/undo.ts';
import { openRawForWriting } from '../../../src/disk/image/raw.ts';
import { newTally, randomFrom, type Tally, tableOf, withCuts } from '../../commit/cuts.ts';
import { Disk } from '../../commit/disk-simulator.ts';
import { hostOf, ROWS, type Row } from '../../commit/rows.ts';
import { isDeep, seedOr } from '../../deep.ts';
import { describeNtfs, type NtfsImages } from '../ntfs-image.ts';
import {
  commitInto,
  IMAGE,
  type ImageRun,
  imageRequestOf,
  isSame,
  judgeImage,
  undoIn,
  withImage,
} from './image-cuts.ts';
import { filesOfRow, ntfsOfRow, roomy, rowNamed } from './image-rows.ts';

const seed = seedOr(20_260_103);
const subsets = isDeep ? 3 : 0;
/** Some 3 s each where nothing else runs. */
const MOST_MS = isDeep ? 600_000 : 60_000;

/** Logs that hold no more than they do: written in the order without logs. */
const tight = (row: Row): Row => ({ ...row, name: `${row.name}, tight`, isLoud: true });
const wide = (row: Row): Row => ({ ...row, name: `${row.name}, sectors of 4,096`, sectorSizeBytes: 4096 });

const FIRST: readonly Row[] = [
  roomy(rowNamed('HvLE, clean, two logs')),
  wide(roomy(rowNamed('HvLE, dirty, two logs'))),
  wide(tight(rowNamed('HvLE, clean, one log'))),
];
const REST: readonly Row[] = ROWS.filter(
  ({ name, more }) => !more && !/growth|grows|trailing|empty|several/.test(name),
).flatMap((row) => [roomy(row), wide(tight(row))]);
const ROWS_ON_NTFS = isDeep ? REST : FIRST;
const ROWS_ON_FAT: readonly Row[] = [
  // No hive on FAT is written by its logs.
  wide(tight(rowNamed('HvLE, clean, .LOG alone (BCD)'))),
];

const tallies: Tally[] = [];
afterAll(() => {
  process.stdout.write(
    `\npower cuts below an image, seed ${seed}, ${subsets} random subsets a cut\n${tableOf(tallies)}\n`,
  );
});

function fatOf(images: NtfsImages, row: Row): Uint8Array {
  const image = join(images.folder, 'cuts-fat.img');
  fs.writeFileSync(image, new Uint8Array(2 ** 20));
  const run = (program: string, ...args: string[]): unknown =>
    execFileSync(program, args, { env: { ...process.env, MTOOLS_SKIP_CHECK: '1' } });
  run('mkfs.vfat', '-F', '12', image);
  const made = new Set<string>();
  for (const [path, bytes] of filesOfRow(row)) {
    const folder = dirname(path);
    if (!made.has(folder)) run('mmd', '-i', image, `::/${folder}`);
    made.add(folder);
    fs.writeFileSync(join(images.folder, 'file'), bytes);
    run('mcopy', '-i', image, join(images.folder, 'file'), `::/${path}`);
  }
  return fs.readFileSync(image);
}

function runOf(row: Row, fileSystem: ImageRun['fileSystem'], original: Uint8Array): ImageRun & { done: Disk } {
  const done = new Disk(row.sectorSizeBytes);
  done.put(IMAGE, original);
  commitInto(done, { row, fileSystem, original });
  return { row, fileSystem, original, committed: done.get(IMAGE)!, done };
}

function cutEverywhere(run: ImageRun & { done: Disk }, what: 'commit' | 'undo'): void {
  const start = what === 'undo' ? run.done : new Disk(run.row.sectorSizeBytes);
  if (what === 'commit') start.put(IMAGE, run.original);
  const tally = newTally(`${run.fileSystem}: ${run.row.name}`, what);
  const action = (): void => (what === 'commit' ? commitInto(start, run) : undoIn(start, run));
  tally.cutPoints = withCuts(start, action, { random: randomFrom(seed), subsets }, (after) =>
    judgeImage(run, after, tally),
  );
  tallies.push(tally);
  expect(isSame(start, what === 'commit' ? run.committed : run.original)).toBe(true);
  expect(tally.old + tally.new + tally.refused).toBe(tally.states * run.row.hives.length);
  if (!run.row.isLoud) expect(tally.refused).toBe(0);
  expect(tally.new).toBeGreaterThan(0);
  expect(tally.undone).toBeGreaterThan(0);
}

describeNtfs('a journal beside an image', (images) => {
  it('is followed into that image alone', () => {
    const row = rowNamed('no logs, clean');
    const { done, committed } = runOf(row, 'ntfs', ntfsOfRow(images, row));
    const other = `/other${IMAGE}`;
    done.put(other, committed);
    const { volumes } = imageRequestOf(row, IMAGE, 'ntfs');
    const { host } = withImage(hostOf(done, 'boot-1'), openRawForWriting(done, other), other);
    const [journal] = findJournals(host, [`${IMAGE}.hivemend`]);
    const elsewhere = volumes.map((volume) => ({ ...volume, root: `${other}/volume` }));
    for (const lockRoot of [`${other}.hivemend`, undefined]) {
      const given = elsewhere.map(({ lockRoot: _, ...volume }) => (lockRoot ? { ...volume, lockRoot } : volume));
      expect(() => undo(host, journal!, given)).toThrow(expect.objectContaining({ code: 'BAD_JOURNAL' }));
    }
    expect(Buffer.compare(done.get(other)!, committed)).toBe(0);
  });
});

describeNtfs('a cut below an image leaves the old or the new tree, and the next start ends it', (images) => {
  it.each(ROWS_ON_NTFS)(
    'NTFS: $name',
    (row) => {
      const run = runOf(row, 'ntfs', ntfsOfRow(images, row));
      cutEverywhere(run, 'commit');
      cutEverywhere(run, 'undo');
    },
    MOST_MS,
  );

  it.each(ROWS_ON_FAT)(
    'FAT: $name',
    (row) => {
      const run = runOf(row, 'vfat', fatOf(images, row));
      cutEverywhere(run, 'commit');
      cutEverywhere(run, 'undo');
    },
    MOST_MS,
  );
});
