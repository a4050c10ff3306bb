// Whether the data of an NTFS file can be overwritten where it lies, and nothing else with it.

import { createHash } from 'node:crypto';
import { notInPlace, refuseOverlap, type WritablePlace } from '../file-system.ts';
import type { Mft } from './mft.ts';
import { ATTRIBUTE, type MftRecord } from './record.ts';
import type { Run } from './runs.ts';
import type { Stream } from './stream.ts';

/** Records below are the file system's own or kept for it. */
const FIRST_USER_RECORD = 24;
const BITMAP_RECORD = 6;
/** $MFT to $Extend; the clusters of $BadClus are no file's. */
const SYSTEM_RECORDS = [0, 1, 2, 3, 4, 5, 6, 7, 9, 10, 11];

/**
 * Checks the unnamed data of a file; `place` is what was found out of it, and gets its stamp.
 * @throws RefusedError NOT_IN_PLACE; FormatError BAD_FILE_SYSTEM, TRUNCATED
 */
export function checkInPlace(
  mft: Mft,
  record: MftRecord,
  stream: Stream,
  place: Omit<WritablePlace, 'stamp'>,
): WritablePlace {
  const what = `record ${record.number} of ${mft.source.identity}`;
  if (record.number < FIRST_USER_RECORD) throw notInPlace('system-file', `${what} is the file system's own`);
  if (record.isDirectory) throw notInPlace('folder', `${what} is a folder`);
  if (mft.names(record, ATTRIBUTE.reparsePoint).length > 0) {
    throw notInPlace('reparse-point', `${what} has a reparse point`);
  }
  if (place.storage !== 'plain' || stream.flags !== 0) {
    throw notInPlace(
      place.storage,
      `the data of ${what} is ${place.storage}, expected clusters of its own for all of it`,
    );
  }
  refuseOverlap(place.extents, what);
  const runs = stream.runs.filter(({ lcn }) => lcn !== null);
  refuseFree(mft, runs, what);
  refuseSystemClusters(mft, runs, what);
  const hash = createHash('sha256');
  for (const number of mft.recordsOf(record)) hash.update(mft.recordBytes(number));
  return { ...place, stamp: hash.digest('hex') };
}

/** A cluster that the bitmap calls free belongs to nobody: the map is wrong, or the file is. */
function refuseFree(mft: Mft, runs: readonly Run[], what: string): void {
  const bitmap = mft.stream(mft.record(BITMAP_RECORD), ATTRIBUTE.data);
  for (const { lcn, clusters } of runs) {
    const first = Math.floor(lcn! / 8);
    const bytes = new Uint8Array(Math.floor((lcn! + clusters - 1) / 8) - first + 1);
    if (bitmap?.read(first, bytes) !== bytes.byteLength)
      throw notInPlace('bitmap', `the bitmap does not cover ${what}`);
    for (let cluster = lcn!; cluster < lcn! + clusters; cluster += 1) {
      if ((bytes[Math.floor(cluster / 8) - first]! & (1 << (cluster % 8))) === 0) {
        throw notInPlace('bitmap', `cluster ${cluster} of ${what} is free in the volume's bitmap`);
      }
    }
  }
}

function refuseSystemClusters(mft: Mft, runs: readonly Run[], what: string): void {
  for (const number of SYSTEM_RECORDS) {
    for (const extension of mft.recordsOf(mft.record(number))) {
      for (const part of mft.record(extension).attributes) {
        for (const own of part.runs()) {
          if (own.lcn === null || !runs.some((run) => overlaps(run, own))) continue;
          throw notInPlace('system-clusters', `${what} has clusters that are also those of the system file ${number}`);
        }
      }
    }
  }
}

function overlaps(a: Run, b: Run): boolean {
  return a.lcn! < b.lcn! + b.clusters && b.lcn! < a.lcn! + a.clusters;
}
