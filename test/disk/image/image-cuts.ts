// Commits into an image on the disk that forgets: the image is a file of it, so that power is lost below the file systems
// of the image, at the sectors of the disk.

import { createHash } from 'node:crypto';
import { commitTargets } from '../../../src/commit/commit.ts';
import { findJournals } from '../../../src/commit/journal/journals.ts';
import type { CommitHost, CommitRequest } from '../../../src/commit/request.ts';
import { finishUndo, undo } from '../../../src/commit/undo.ts';
import type { BlockSource } from '../../../src/disk/image/blocks.ts';
import { openDiskImage } from '../../../src/disk/image/disk-image.ts';
import { type ImageFs, imageFs } from '../../../src/disk/image/image-fs.ts';
import { joinDescriptors, joinFs } from '../../../src/disk/image/joined-fs.ts';
import { openRawForWriting } from '../../../src/disk/image/raw.ts';
import { whyNotOverwritable } from '../../../src/disk/image/write-gate.ts';
import { type Seen, seeHive, type Tally } from '../../commit/cuts.ts';
import { Disk } from '../../commit/disk-simulator.ts';
import { type HiveCase, hostOf, type Row, requestOf, VOLUME } from '../../commit/rows.ts';

export const IMAGE = '/images/disk.img';
const WINDOWS = '/volume';

export interface ImageHost {
  readonly host: CommitHost;
  readonly image: ImageFs;
}

/** A host that sees the files of the image that `blocks` hold, named `name`, beside its own. */
export function withImage(host: CommitHost, blocks: BlockSource, name: string): ImageHost {
  const image = imageFs(openDiskImage(blocks, name), (volume) => whyNotOverwritable(volume, false));
  const joined = { fs: joinFs(host.fs, [image]), descriptors: joinDescriptors(host.descriptors, [image]) };
  return { host: { ...host, ...joined }, image };
}

function onDisk(disk: Disk, boot: string): ImageHost {
  return withImage(hostOf(disk, boot), openRawForWriting(disk, IMAGE), IMAGE);
}

/** The row's request, with its hives in the image `name` and its journal beside it. */
export function imageRequestOf(row: Row, name: string, fileSystem: 'ntfs' | 'vfat'): CommitRequest {
  const inImage = (path: string): string => path.replace(VOLUME, `${name}${WINDOWS}`);
  const hives = row.hives.map((hive) => ({ ...hive, path: inImage(hive.path), isFixedSize: true }));
  return {
    ...requestOf({ ...row, hives }, new Disk()),
    journalRoot: `${name}.hivemend`,
    journalKind: 'state-dir',
    volumes: [
      {
        root: `${name}${WINDOWS}`,
        fileSystem,
        serial: '1234abcd',
        partitionGuid: null,
        lockRoot: `${name}.hivemend`,
      },
    ],
  };
}

export interface ImageRun {
  readonly row: Row;
  readonly fileSystem: 'ntfs' | 'vfat';
  readonly original: Uint8Array;
  readonly committed: Uint8Array;
}

export function commitInto(disk: Disk, { row, fileSystem }: Omit<ImageRun, 'committed'>): void {
  commitTargets(onDisk(disk, 'boot-1').host, imageRequestOf(row, IMAGE, fileSystem));
}

export function undoIn(disk: Disk, { row, fileSystem }: Omit<ImageRun, 'committed'>): void {
  const { host } = onDisk(disk, 'boot-1');
  const { journalRoot, volumes } = imageRequestOf(row, IMAGE, fileSystem);
  undo(host, findJournals(host, [journalRoot])[0]!, volumes);
}

/** Judges one disk that a cut left: each hive by all readers, then the next start. */
export function judgeImage(run: ImageRun, disk: Disk, tally: Tally): void {
  tally.states += 1;
  for (const seen of seeHives(run, disk)) tally[seen] += 1;
  for (const way of ['undo', 'finish'] as const) {
    const copy = disk.afterCut(EVERYTHING);
    const { host } = onDisk(copy, 'boot-2');
    const { journalRoot, volumes } = imageRequestOf(run.row, IMAGE, run.fileSystem);
    const [journal] = findJournals(host, [journalRoot]);
    if (!journal) {
      if (!isSame(copy, run.original)) throw new Error('there is no journal, but the image changed');
      continue;
    }
    const { outcome } = way === 'undo' ? undo(host, journal, volumes) : finishUndo(host, journal, volumes);
    // Of the whole disk: nothing beside the hive and its logs may differ either.
    if (!isSame(copy, outcome === 'restored' ? run.original : run.committed)) {
      throw new Error(`${way} from state ${journal.state} did not leave the image that it should`);
    }
    if (way === 'undo' && outcome !== 'restored') throw new Error('undo did not undo');
    if (findJournals(host, [journalRoot])[0]?.isUnfinished) throw new Error(`${way} left the journal unfinished`);
    tally[outcome === 'restored' ? 'undone' : 'finished'] += 1;
  }
}

/** What was seen of an image: most cuts leave one that was judged already, beside another journal. */
const judged = new WeakMap<ImageRun, Map<string, Seen[]>>();

function seeHives(run: ImageRun, disk: Disk): Seen[] {
  const known = judged.get(run) ?? new Map<string, Seen[]>();
  judged.set(run, known);
  const key = createHash('sha1').update(disk.get(IMAGE)!).digest('hex');
  const seen =
    known.get(key) ?? run.row.hives.map((hive) => seeHive(run.row, hive, filesOf(onDisk(disk, 'boot-2').image, hive)));
  known.set(key, seen);
  return seen;
}

const EVERYTHING = { keep: () => true, keepSizes: true, keepEntries: true };

export const isSame = (disk: Disk, bytes: Uint8Array): boolean => Buffer.compare(disk.get(IMAGE)!, bytes) === 0;

/** The hive and its logs as they read in the image, where the judge looks for them. */
function filesOf(image: ImageFs, hive: HiveCase): Disk {
  const files = new Disk();
  for (const path of [hive.path, ...Object.keys(hive.logs).map((ending) => hive.path + ending)]) {
    const fd = image.openSync(path.replace(VOLUME, `${IMAGE}${WINDOWS}`), 'r');
    const bytes = new Uint8Array(image.fstatSync(fd).size);
    image.readSync(fd, bytes, 0, bytes.byteLength, 0);
    image.closeSync(fd);
    files.put(path, bytes);
  }
  return files;
}
