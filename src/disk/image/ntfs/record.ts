// One record of the master file table and the attributes in it.

import type { ByteReader } from '../../../base/bytes.ts';
import { decodeUtf16le } from '../../../base/text.ts';
import { bad } from './bad.ts';
import { restoreWords } from './fix-up.ts';
import { type ClusterLimits, decodeRuns, type Run } from './runs.ts';

export const ATTRIBUTE = {
  standardInformation: 0x10,
  list: 0x20,
  fileName: 0x30,
  securityDescriptor: 0x50,
  volumeName: 0x60,
  volumeInformation: 0x70,
  data: 0x80,
  indexRoot: 0x90,
  indexAllocation: 0xa0,
  reparsePoint: 0xc0,
} as const;

const END = 0xffffffff;
const IN_USE = 1;
const DIRECTORY = 2;
const NO_LAST_CLUSTER = 0xffffffff;

/** A 48-bit record number and the 16-bit sequence that it must show. */
export interface FileReference {
  readonly record: number;
  readonly sequence: number;
}

/** What one record holds of an attribute: all of it, or the clusters of a stretch. */
export interface AttributePart {
  readonly type: number;
  readonly name: string;
  readonly instance: number;
  /** 0xff: compressed; 0x4000: encrypted; 0x8000: sparse. Of the part with cluster 0 only. */
  readonly flags: number;
  /** The value of a resident attribute; null: it lies in clusters. */
  readonly value: Uint8Array | null;
  readonly lowestVcn: number;
  readonly highestVcn: number;
  /** log2 of the clusters in a compression unit; 0: none. */
  readonly compressionUnit: number;
  readonly allocatedBytes: number;
  readonly realBytes: number;
  readonly initialisedBytes: number;
  /** Decodes the run list. @throws FormatError BAD_FILE_SYSTEM */
  runs(): Run[];
}

export interface MftRecord {
  readonly number: number;
  readonly sequence: number;
  readonly isInUse: boolean;
  readonly isDirectory: boolean;
  /** The record that this one extends; null: it is a base record. */
  readonly base: FileReference | null;
  readonly attributes: readonly AttributePart[];
}

/** @throws FormatError TRUNCATED */
export function readReference(reader: ByteReader, at: number): FileReference {
  return { record: reader.u32(at) + reader.u16(at + 4) * 2 ** 32, sequence: reader.u16(at + 6) };
}

/**
 * Parses the record `number`; `bytes` are as they lie on the disk, and their fix-ups are undone in place.
 * @throws FormatError BAD_FILE_SYSTEM, TRUNCATED
 */
export function parseRecord(bytes: Uint8Array, number: number, limits: ClusterLimits, disk: string): MftRecord {
  const subject = `MFT record ${number} of ${disk}`;
  const reader = restoreWords(bytes, 'FILE', subject);
  const flags = reader.u16(0x16);
  const baseReference = readReference(reader, 0x20);
  // Volumes before NTFS 3.1 do not have the number, and then the array begins where it would stand.
  if (reader.u16(4) >= 48 && reader.u32(0x2c) !== number % 2 ** 32) {
    throw bad(subject, `says that it is record ${reader.u32(0x2c)}`);
  }
  const usedBytes = reader.u32(0x18);
  if (usedBytes > bytes.byteLength)
    throw bad(subject, `says that ${usedBytes} of its ${bytes.byteLength} bytes are used`);
  return {
    number,
    sequence: reader.u16(0x10),
    isInUse: (flags & IN_USE) !== 0,
    isDirectory: (flags & DIRECTORY) !== 0,
    base: baseReference.record === 0 && baseReference.sequence === 0 ? null : baseReference,
    attributes: parseAttributes(reader, usedBytes, limits, subject),
  };
}

function parseAttributes(
  reader: ByteReader,
  usedBytes: number,
  limits: ClusterLimits,
  subject: string,
): AttributePart[] {
  const parts: AttributePart[] = [];
  let at = reader.u16(0x14);
  while (at + 8 <= usedBytes && reader.u32(at) !== END) {
    const restBytes = usedBytes - at;
    // The upper half of the length holds junk in some records.
    const stated = reader.u32(at + 4);
    const sizeBytes = stated > restBytes ? stated & 0xffff : stated;
    if (sizeBytes < 0x18 || sizeBytes % 8 !== 0 || sizeBytes > restBytes) {
      throw bad(subject, `has an attribute of ${stated} bytes at ${at}, where ${restBytes} are left`);
    }
    parts.push(parseAttribute(reader, at, at + sizeBytes, limits, subject));
    at += sizeBytes;
  }
  return parts;
}

function parseAttribute(
  reader: ByteReader,
  at: number,
  end: number,
  limits: ClusterLimits,
  subject: string,
): AttributePart {
  const type = reader.u32(at);
  const what = `attribute 0x${type.toString(16)} in ${subject}`;
  const inside = (offset: number, sizeBytes: number): Uint8Array => {
    if (at + offset + sizeBytes > end) throw bad(what, `runs ${at + offset + sizeBytes - end} bytes past its end`);
    return reader.slice(at + offset, sizeBytes);
  };
  const name = decodeUtf16le(inside(reader.u16(at + 0x0a), 2 * reader.u8(at + 9)));
  const flags = reader.u16(at + 0x0c);
  const instance = reader.u16(at + 0x0e);
  if (reader.u8(at + 8) === 0) {
    const value = inside(reader.u16(at + 0x14), reader.u32(at + 0x10));
    const sizeBytes = value.byteLength;
    // Property by property, here and below: spreading one object into another takes seven times as long.
    return {
      type,
      name,
      instance,
      flags,
      value,
      lowestVcn: 0,
      highestVcn: -1,
      compressionUnit: 0,
      allocatedBytes: sizeBytes,
      realBytes: sizeBytes,
      initialisedBytes: sizeBytes,
      runs: () => [],
    };
  }
  inside(0, 0x40);
  const runsAt = at + reader.u16(at + 0x20);
  const lowestVcn = reader.u64Number(at + 0x10);
  // An attribute without clusters has -1 as its last.
  const isEmpty = reader.u32(at + 0x18) === NO_LAST_CLUSTER && reader.u32(at + 0x1c) === NO_LAST_CLUSTER;
  const highestVcn = isEmpty ? -1 : reader.u64Number(at + 0x18);
  // Sizes stand in the part with cluster 0 alone; in others these bytes mean nothing.
  const size = (offset: number): number => (lowestVcn === 0 ? reader.u64Number(at + offset) : 0);
  return {
    type,
    name,
    instance,
    flags,
    value: null,
    lowestVcn,
    highestVcn,
    compressionUnit: reader.u16(at + 0x22),
    allocatedBytes: size(0x28),
    realBytes: size(0x30),
    initialisedBytes: size(0x38),
    runs: () => decodeRuns(reader, runsAt, end, [lowestVcn, highestVcn], limits, what),
  };
}
