// The bytes of an attribute: resident, in clusters, sparse or compressed.

import type { BlockSource } from '../blocks.ts';
import { bad } from './bad.ts';
import type { NtfsGeometry } from './boot.ts';
import { decompressLznt1 } from './lznt1.ts';
import type { AttributePart } from './record.ts';
import type { Run } from './runs.ts';

export const COMPRESSED = 0x00ff;
export const ENCRYPTED = 0x4000;
export const SPARSE = 0x8000;

/** 16 clusters of 4 KiB on all real volumes. */
const MAX_UNIT_BYTES = 2 ** 20;

export interface Stream {
  readonly subject: string;
  readonly flags: number;
  readonly sizeBytes: number;
  /** From here on it reads as zeros, whatever its clusters hold. */
  readonly initialisedBytes: number;
  /** The value of a resident attribute; null: `runs` say where it lies. */
  readonly value: Uint8Array | null;
  /** In order and without a gap from cluster 0 on. */
  readonly runs: readonly Run[];
  /** Clusters of a compression unit; 0: not compressed. */
  readonly unitClusters: number;
}

/**
 * Joins the parts of one attribute.
 * @throws FormatError BAD_FILE_SYSTEM where they leave a gap, overlap, or do not cover its size.
 */
export function joinParts(parts: readonly AttributePart[], geometry: NtfsGeometry, subject: string): Stream {
  const sorted = [...parts].sort((a, b) => a.lowestVcn - b.lowestVcn);
  const first = sorted[0]!;
  const { flags, value, realBytes: sizeBytes, initialisedBytes } = first;
  if (value) {
    if (sorted.length > 1) throw bad(subject, `is resident and has ${sorted.length} parts`);
    return { subject, flags, sizeBytes, initialisedBytes, value, runs: [], unitClusters: 0 };
  }
  let next = 0;
  const runs: Run[] = [];
  for (const part of sorted) {
    if (part.value || part.lowestVcn !== next) {
      throw bad(subject, `has a part from cluster ${part.lowestVcn} on, expected one from ${next}`);
    }
    for (const run of part.runs()) runs.push(run);
    next = part.highestVcn + 1;
  }
  if (next * geometry.clusterBytes < sizeBytes || initialisedBytes > sizeBytes) {
    throw bad(subject, `has ${sizeBytes} bytes, ${initialisedBytes} of them initialised, in ${next} clusters`);
  }
  const unitClusters = (flags & COMPRESSED) === 0 ? 0 : 2 ** first.compressionUnit;
  if (unitClusters === 1 || unitClusters * geometry.clusterBytes > MAX_UNIT_BYTES) {
    throw bad(subject, `is compressed in units of ${unitClusters} clusters`);
  }
  return { subject, flags, sizeBytes, initialisedBytes, value: null, runs, unitClusters };
}

/** Reads a stream; keeps the compression unit that was read last. */
export class StreamReader {
  readonly stream: Stream;
  private readonly source: BlockSource;
  private readonly clusterBytes: number;
  private unit: { readonly index: number; readonly bytes: Uint8Array } | null = null;

  constructor(source: BlockSource, { clusterBytes }: NtfsGeometry, stream: Stream) {
    this.source = source;
    this.clusterBytes = clusterBytes;
    this.stream = stream;
  }

  /**
   * Fills `into` from the byte `at` of the stream; the count is smaller at its end.
   * @throws FormatError BAD_FILE_SYSTEM, TRUNCATED; what the source throws.
   */
  read(at: number, into: Uint8Array): number {
    const { sizeBytes, initialisedBytes, value, unitClusters } = this.stream;
    const count = Math.max(0, Math.min(into.byteLength, sizeBytes - at));
    const known = Math.max(0, Math.min(count, initialisedBytes - at));
    const wanted = into.subarray(0, known);
    if (value) wanted.set(value.subarray(at, at + known));
    else if (unitClusters > 0) this.readUnits(at, wanted);
    else this.readClusters(at, wanted);
    into.fill(0, known, count);
    return count;
  }

  /** All of it. @throws as read; FormatError BAD_FILE_SYSTEM where it has more than `mostBytes` */
  readAll(mostBytes: number): Uint8Array {
    const { sizeBytes, subject } = this.stream;
    if (sizeBytes > mostBytes) throw bad(subject, `has ${sizeBytes} bytes, expected at most ${mostBytes}`);
    const bytes = new Uint8Array(sizeBytes);
    this.read(0, bytes);
    return bytes;
  }

  private readClusters(at: number, into: Uint8Array): void {
    const { runs } = this.stream;
    let done = 0;
    for (let i = runAt(runs, at / this.clusterBytes); done < into.byteLength; i += 1) {
      const run = runs[i];
      if (!run) throw bad(this.stream.subject, `does not have a cluster for its byte ${at + done}`);
      const within = at + done - run.vcn * this.clusterBytes;
      const count = Math.min(into.byteLength - done, run.clusters * this.clusterBytes - within);
      const wanted = into.subarray(done, done + count);
      if (run.lcn === null) wanted.fill(0);
      else this.source.read(run.lcn * this.clusterBytes + within, wanted);
      done += count;
    }
  }

  private readUnits(at: number, into: Uint8Array): void {
    const unitBytes = this.stream.unitClusters * this.clusterBytes;
    for (let done = 0; done < into.byteLength; ) {
      const index = Math.floor((at + done) / unitBytes);
      if (this.unit?.index !== index) this.unit = { index, bytes: this.readUnit(index, unitBytes) };
      const within = at + done - index * unitBytes;
      const part = this.unit.bytes.subarray(within, within + into.byteLength - done);
      into.set(part, done);
      done += part.byteLength;
    }
  }

  /** Without a hole a unit is stored as it is; else its first clusters hold it compressed, or nothing does. */
  private readUnit(index: number, unitBytes: number): Uint8Array {
    const { runs, unitClusters, subject } = this.stream;
    const start = index * unitClusters;
    const end = start + unitClusters;
    let stored = 0;
    let hasHole = false;
    for (let i = runAt(runs, start); i < runs.length && runs[i]!.vcn < end; i += 1) {
      const { vcn, clusters, lcn } = runs[i]!;
      if (lcn === null) hasHole = true;
      else if (hasHole) throw bad(subject, `has clusters behind a hole in the compression unit ${index}`);
      else stored += Math.min(end, vcn + clusters) - Math.max(start, vcn);
    }
    const bytes = new Uint8Array(unitBytes);
    if (stored === 0) return bytes;
    const raw = hasHole ? new Uint8Array(stored * this.clusterBytes) : bytes.subarray(0, stored * this.clusterBytes);
    this.readClusters(start * this.clusterBytes, raw);
    if (hasHole) decompressLznt1(raw, bytes, subject);
    return bytes;
  }
}

/** Index of the run that holds the cluster `vcn`; past the last run where none does. */
function runAt(runs: readonly Run[], vcn: number): number {
  let low = 0;
  let high = runs.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    const run = runs[middle]!;
    if (run.vcn + run.clusters <= vcn) low = middle + 1;
    else high = middle;
  }
  return low;
}
