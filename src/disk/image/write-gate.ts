// Whether an NTFS volume of an image may be written in place: what it says of itself, and what else has to stay as it is
// until the first write. A FAT volume has no log, and its dirty mark says nothing of the files that it has.

import { FormatError, type HivemendError, RefusedError } from '../../base/errors.ts';
import { printable } from '../../base/text.ts';
import { type Way, waysOn } from '../../base/ways.ts';
import { isOfDynamicDisk } from '../partitions.ts';
import { RESUME_AND_SHUT_DOWN } from '../writable.ts';
import type { ImageVolume } from './disk-image.ts';
import type { FatVolume } from './fat/volume.ts';
import type { PlacedFile } from './image-fs.ts';
import { logVerdict, restartVerdict } from './log/log-proof.ts';
import { ATTRIBUTE } from './ntfs/record.ts';
import type { Run } from './ntfs/runs.ts';
import type { NtfsVolume } from './ntfs/volume.ts';
import type { WatchedRange } from './write-watch.ts';

/** Windows makes no larger ones by itself. */
const MAX_LOG_BYTES = 256 * 2 ** 20;
/** A log is large, and a closed one says so at once. */
const RESTART_BYTES = 8192;
const MFT_RECORD = 0;
const DIRECTORY_ENTRY_BYTES = 32;
const SHUT_DOWN: Way = {
  why: 'Loses nothing: start that Windows on its machine, and shut it down fully:',
  commands: ['shutdown /s /t 0'],
};
const DISCARD: Way = {
  why: 'Loses unsaved work of the programs that were open: run ntfsrecover -k on the volume, then mount it with ntfs-3g -o remove_hiberfile and unmount it.',
  commands: [],
};

/**
 * Null when `volume` may be overwritten in place; else the refusal, given and not thrown: FormatError BAD_FILE_SYSTEM for one
 * that was cut off, or that is read by the copies of what is damaged; RefusedError HIBERNATED, VOLUME_DIRTY
 * (`data.cause`: 'dirty-flag', 'open-log' or 'idle-log'; `data.ways`: what helps, the least loss first). `vmIsOff`: the
 * operator says that no machine uses it; needed for a log that was not closed, which is then written beside only if playing
 * it back is shown to change nothing.
 * @throws FormatError BAD_FILE_SYSTEM, TRUNCATED; what its blocks throw.
 */
export function whyNotOverwritable(volume: NtfsVolume | FatVolume, vmIsOff: boolean): HivemendError | null {
  const unsound = whyUnsound(volume);
  if (unsound || volume.kind === 'fat') return unsound;
  const name = volume.mft.source.identity;
  const { hibernation, isDirty, isBeingChecked } = volume.state();
  if (hibernation !== 'none') return hibernated(name, hibernation);
  if (isDirty || isBeingChecked) {
    const found = isDirty ? 'is marked dirty' : 'was left while chkdsk was at work';
    return unclean(name, `the NTFS volume ${printable(name)} ${found}`, 'dirty-flag', [
      { why: 'Loses what does not fit: repair the file system with chkdsk /f on a Windows machine.', commands: [] },
    ]);
  }
  const start = new Uint8Array(RESTART_BYTES);
  volume.log().read(0, start);
  const verdict = restartVerdict(start) ?? logVerdict(volume.log().readAll(MAX_LOG_BYTES));
  if (verdict.state === 'clean' || verdict.state === 'empty') return null;
  if (verdict.state === 'unclean') {
    const found = `the NTFS volume ${printable(name)} was not shut down, and its log may change it: ${verdict.why}`;
    return unclean(name, found, 'open-log', [
      SHUT_DOWN,
      {
        why: 'Loses nothing: attach the disk to another Windows, or mount the volume for writing with ntfs3, which plays the log.',
        commands: [],
      },
      {
        why: 'Loses file-system changes that are still in the log: mount the volume for writing with ntfs-3g.',
        commands: [],
      },
    ]);
  }
  if (vmIsOff) return null;
  const found = `the NTFS volume ${printable(name)} was not shut down (its log has nothing pending): its machine may be running`;
  return unclean(name, found, 'idle-log', [
    { why: 'Loses nothing: shut the machine down, then add --vm-is-off.', commands: [] },
    SHUT_DOWN,
  ]);
}

/**
 * As whyNotOverwritable of the volume as it is now; RefusedError UNSUPPORTED_IMAGE where its partition may be half of a
 * mirror.
 * @throws as whyNotOverwritable
 */
export function whyNotWritable(volume: ImageVolume, vmIsOff: boolean): HivemendError | null {
  return whyDynamic(volume) ?? whyNotOverwritable(volume.reopen(), vmIsOff);
}

export function whyDynamic({ partition, root }: ImageVolume): RefusedError | null {
  if (partition === null || !isOfDynamicDisk(partition)) return null;
  return new RefusedError(
    'UNSUPPORTED_IMAGE',
    `${printable(root)} is a partition of a dynamic disk, which is read and not written: its volume may lie twice, or in several pieces`,
    {
      hint: 'attach the disk to a Windows machine, or open its volumes with ldmtool create all and give their devices',
    },
  );
}

/** No Windows starts from such a volume, whatever is written to its files. */
function whyUnsound(volume: NtfsVolume | FatVolume): FormatError | null {
  if (volume.kind === 'fat') return volume.geometry.isCutOff ? cutOff(volume.source.identity) : null;
  const { geometry, mft } = volume;
  if (geometry.statedClusters > geometry.totalClusters) return cutOff(mft.source.identity);
  const damaged = geometry.isOfCopy ? 'boot sector' : mft.isOfMirror ? 'first record of $MFT' : null;
  if (damaged === null) return null;
  return new FormatError(
    'BAD_FILE_SYSTEM',
    `the ${damaged} of ${printable(mft.source.identity)} is damaged; the volume is read by its copy, and not written`,
    {
      hint: geometry.isOfCopy
        ? 'put the copy in its place (TestDisk: Advanced, Boot, Backup BS), then run the command again'
        : 'repair the file system with chkdsk /f on a Windows machine',
    },
  );
}

function cutOff(name: string): FormatError {
  return new FormatError(
    'BAD_FILE_SYSTEM',
    `${printable(name)} is shorter than its file system: it was cut off; what is there is read, and not written`,
    { hint: 'copy the image again, whole' },
  );
}

/**
 * The ranges of the disk that must not change between looking and writing: the log, and of each file its records (or
 * directory entry) and its bytes.
 * @throws as whyNotOverwritable
 */
export function rangesToWatch(volume: ImageVolume, files: readonly PlacedFile[]): WatchedRange[] {
  const { fileSystem, offsetBytes: base, root } = volume;
  const ranges: WatchedRange[] = [];
  const add = (what: string, at: number, sizeBytes: number): void => {
    ranges.push({ at: base + at, sizeBytes, what: `${what} of ${root}` });
  };
  if (fileSystem.kind === 'ntfs') {
    const { mft, geometry } = fileSystem;
    const { clusterBytes, recordBytes } = geometry;
    for (const { lcn, clusters } of fileSystem.log().stream.runs) {
      if (lcn !== null) add('$LogFile', lcn * clusterBytes, clusters * clusterBytes);
    }
    const table = mft.stream(mft.record(MFT_RECORD), ATTRIBUTE.data)?.stream.runs ?? [];
    for (const file of files) {
      for (const record of mft.recordsOf(mft.record(file.record))) {
        for (const part of placesOf(table, clusterBytes, record * recordBytes, recordBytes)) {
          add(`MFT record ${record}`, part.at, part.sizeBytes);
        }
      }
    }
  } else {
    for (const file of files) add('a directory entry', file.record, DIRECTORY_ENTRY_BYTES);
  }
  for (const { record, extents } of files) {
    for (const { offsetBytes, sizeBytes } of extents) {
      ranges.push({ at: offsetBytes, sizeBytes, what: `the data of record ${record} of ${root}` });
    }
  }
  return ranges;
}

/** Where a range of a stream lies in the volume; a record may be larger than a cluster. */
function placesOf(
  runs: readonly Run[],
  clusterBytes: number,
  at: number,
  sizeBytes: number,
): { at: number; sizeBytes: number }[] {
  const places: { at: number; sizeBytes: number }[] = [];
  for (const { vcn, clusters, lcn } of runs) {
    const start = Math.max(at, vcn * clusterBytes);
    const end = Math.min(at + sizeBytes, (vcn + clusters) * clusterBytes);
    if (lcn !== null && start < end) {
      places.push({ at: lcn * clusterBytes + start - vcn * clusterBytes, sizeBytes: end - start });
    }
  }
  return places;
}

function hibernated(name: string, state: 'hibernated' | 'resuming' | 'unknown'): RefusedError {
  const what = {
    hibernated: 'a saved session of Windows (hibernated or shut down with fast startup)',
    resuming: 'a broken-off resume of Windows',
    unknown: 'a hiberfil.sys that cannot be judged',
  }[state];
  return new RefusedError(
    'HIBERNATED',
    `${printable(name)} holds ${what}. A write would be undone or damaged when it resumes`,
    waysOn([RESUME_AND_SHUT_DOWN, DISCARD], { cause: state, volume: name }),
  );
}

function unclean(name: string, message: string, cause: string, ways: readonly Way[]): RefusedError {
  return new RefusedError('VOLUME_DIRTY', message, waysOn(ways, { cause, volume: name }));
}
