// Run lists: which clusters of the volume a stretch of a file lies in.

import type { ByteReader } from '../../../base/bytes.ts';
import { FormatError } from '../../../base/errors.ts';
import type { NtfsGeometry } from './boot.ts';

export interface Run {
  /** First cluster within the stream. */
  readonly vcn: number;
  readonly clusters: number;
  /** First cluster on the volume; null: a hole, which reads as zeros. */
  readonly lcn: number | null;
}

/** How many clusters there are, and how many the volume says that it has. */
export type ClusterLimits = Pick<NtfsGeometry, 'totalClusters' | 'statedClusters'>;

/**
 * Decodes the run list in [`at`, `end`) of a record, which covers the clusters `lowestVcn` to `highestVcn`.
 * @throws FormatError BAD_FILE_SYSTEM where it covers others, or leaves a volume of `totalClusters`.
 */
export function decodeRuns(
  record: ByteReader,
  at: number,
  end: number,
  [lowestVcn, highestVcn]: readonly [number, number],
  { totalClusters, statedClusters }: ClusterLimits,
  subject: string,
): Run[] {
  const runs: Run[] = [];
  let vcn = lowestVcn;
  let lcn = 0;
  let offset = at;
  while (offset < end) {
    const head = record.u8(offset);
    if (head === 0) break;
    const lengthBytes = head & 0x0f;
    const deltaBytes = head >> 4;
    const next = offset + 1 + lengthBytes + deltaBytes;
    if (lengthBytes === 0 || lengthBytes > 8 || deltaBytes > 8 || next > end) {
      throw bad(subject, `a run list with the head byte ${head} at ${offset}`);
    }
    const clusters = signedNumber(record, offset + 1, lengthBytes);
    if (!(clusters > 0) || !Number.isSafeInteger(vcn + clusters)) throw bad(subject, `a run of ${clusters} clusters`);
    if (deltaBytes > 0) {
      lcn += signedNumber(record, offset + 1 + lengthBytes, deltaBytes);
      if (lcn >= 0 && lcn + clusters > totalClusters && lcn + clusters <= statedClusters) {
        throw new FormatError(
          'BAD_FILE_SYSTEM',
          `the image is shorter than its file system: it was cut off (cluster ${lcn} of ${subject}; it ends at ${totalClusters} of ${statedClusters})`,
          { hint: 'copy the image again, whole', data: { isCutOff: true } },
        );
      }
      if (!(lcn >= 0 && lcn + clusters <= totalClusters)) {
        throw bad(subject, `a run of ${clusters} clusters at cluster ${lcn} of ${totalClusters}`);
      }
    }
    runs.push({ vcn, clusters, lcn: deltaBytes > 0 ? lcn : null });
    vcn += clusters;
    offset = next;
  }
  if (vcn !== highestVcn + 1) {
    throw bad(subject, `a run list for the clusters ${lowestVcn} to ${vcn - 1}, expected ${highestVcn} as the last`);
  }
  return runs;
}

/** A little-endian two's complement number of 1 to 8 bytes; beyond 2^53 it is not exact, and refused by its callers. */
function signedNumber(record: ByteReader, at: number, sizeBytes: number): number {
  let value = record.u8(at + sizeBytes - 1);
  if (value > 127) value -= 256;
  for (let i = sizeBytes - 2; i >= 0; i -= 1) value = value * 256 + record.u8(at + i);
  return value;
}

function bad(subject: string, found: string): FormatError {
  return new FormatError('BAD_FILE_SYSTEM', `${subject} has ${found}`);
}
