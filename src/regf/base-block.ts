// The base block: the first 4,096 bytes of a hive, and (512 of them) of each of its transaction logs.

import { ByteReader } from '../base/bytes.ts';
import { FormatError } from '../base/errors.ts';
import { decodeUtf16le } from '../base/text.ts';

export const BASE_BLOCK_SIZE_BYTES = 4096;
/** What the checksum covers, with itself; a log keeps no more of the base block. */
export const HEADER_SIZE_BYTES = 512;

/** Offsets from the start of the file; Microsoft's names. */
export const BASE_BLOCK = {
  signature: 0x000,
  primarySequence: 0x004,
  secondarySequence: 0x008,
  lastWritten: 0x00c,
  majorVersion: 0x014,
  minorVersion: 0x018,
  fileType: 0x01c,
  fileFormat: 0x020,
  rootCell: 0x024,
  binsSize: 0x028,
  clusteringFactor: 0x02c,
  fileName: 0x030,
  flags: 0x090,
  rmtm: 0x0a4,
  checksum: 0x1fc,
} as const;

export const FILE_TYPE = { primary: 0, log: 1, logWindows2000: 2, logHvle: 6 } as const;

/** The fields as they are stored, and what follows from them. */
export interface BaseBlock {
  readonly primarySequence: number;
  readonly secondarySequence: number;
  /** FILETIME. */
  readonly lastWritten: bigint;
  readonly majorVersion: number;
  readonly minorVersion: number;
  readonly fileType: number;
  readonly fileFormat: number;
  readonly rootCellOffset: number;
  readonly binsSizeBytes: number;
  readonly clusteringFactor: number;
  /** The last characters of the hive's path, for people only. */
  readonly fileName: string;
  /** Null where 'rmtm' does not stand behind them: then the bytes mean nothing. */
  readonly flags: number | null;
  readonly checksum: number;
  readonly isChecksumRight: boolean;
  /** Wrong checksum, or unequal sequence numbers. */
  readonly isDirty: boolean;
}

/**
 * Reads a base block from the first 512 bytes or more; `subject` is what messages call it.
 * @throws FormatError NOT_A_HIVE without the signature, TRUNCATED.
 */
export function parseBaseBlock(bytes: Uint8Array, subject: string): BaseBlock {
  const reader = new ByteReader(bytes, subject);
  if (bytes.byteLength < 4 || reader.tag(BASE_BLOCK.signature, 4) !== 'regf') {
    throw new FormatError('NOT_A_HIVE', `${subject} does not begin with 'regf', so it is not a registry hive`);
  }
  const checksum = reader.u32(BASE_BLOCK.checksum);
  const isChecksumRight = checksum === headerChecksum(bytes);
  const primarySequence = reader.u32(BASE_BLOCK.primarySequence);
  const secondarySequence = reader.u32(BASE_BLOCK.secondarySequence);
  const name = decodeUtf16le(reader.slice(BASE_BLOCK.fileName, 64));
  const end = name.indexOf('\0');
  return {
    primarySequence,
    secondarySequence,
    lastWritten: reader.u64(BASE_BLOCK.lastWritten),
    majorVersion: reader.u32(BASE_BLOCK.majorVersion),
    minorVersion: reader.u32(BASE_BLOCK.minorVersion),
    fileType: reader.u32(BASE_BLOCK.fileType),
    fileFormat: reader.u32(BASE_BLOCK.fileFormat),
    rootCellOffset: reader.u32(BASE_BLOCK.rootCell),
    binsSizeBytes: reader.u32(BASE_BLOCK.binsSize),
    clusteringFactor: reader.u32(BASE_BLOCK.clusteringFactor),
    fileName: end < 0 ? name : name.slice(0, end),
    flags: reader.tag(BASE_BLOCK.rmtm, 4) === 'rmtm' ? reader.u32(BASE_BLOCK.flags) : null,
    checksum,
    isChecksumRight,
    isDirty: !isChecksumRight || primarySequence !== secondarySequence,
  };
}

/** As parseBaseBlock, but null without the signature. @throws FormatError TRUNCATED */
export function parseBaseBlockIfAny(bytes: Uint8Array, subject: string): BaseBlock | null {
  try {
    return parseBaseBlock(bytes, subject);
  } catch (error) {
    if (error instanceof FormatError && error.code === 'NOT_A_HIVE') return null;
    throw error;
  }
}

/** XOR of the first 127 little-endian dwords; 0 and 0xFFFFFFFF are stored as 1 and 0xFFFFFFFE. */
export function headerChecksum(bytes: Uint8Array): number {
  const reader = new ByteReader(bytes, 'the base block');
  let sum = 0;
  for (let offset = 0; offset < BASE_BLOCK.checksum; offset += 4) sum ^= reader.u32(offset);
  sum >>>= 0;
  if (sum === 0) return 1;
  return sum === 0xffff_ffff ? 0xffff_fffe : sum;
}

/** Fields to set; what is not named stays as it is. */
export interface BaseBlockChanges {
  readonly primarySequence?: number;
  readonly secondarySequence?: number;
  readonly lastWritten?: bigint;
  readonly fileType?: number;
  readonly binsSizeBytes?: number;
  readonly flags?: number;
}

/** A copy of `block` (512 or 4,096 bytes) with the changes made and the checksum right. */
export function encodeBaseBlock(block: Uint8Array, changes: BaseBlockChanges): Uint8Array {
  const copy = block.slice();
  const view = new DataView(copy.buffer);
  const set = (offset: number, value: number | undefined): void => {
    if (value !== undefined) view.setUint32(offset, value >>> 0, true);
  };
  set(BASE_BLOCK.primarySequence, changes.primarySequence);
  set(BASE_BLOCK.secondarySequence, changes.secondarySequence);
  set(BASE_BLOCK.fileType, changes.fileType);
  set(BASE_BLOCK.binsSize, changes.binsSizeBytes);
  set(BASE_BLOCK.flags, changes.flags);
  if (changes.lastWritten !== undefined) view.setBigUint64(BASE_BLOCK.lastWritten, changes.lastWritten, true);
  set(BASE_BLOCK.checksum, headerChecksum(copy));
  return copy;
}

/** Whether sequence number `a` comes before `b`, counting on through the wrap-around of 32 bits. */
export function isSequenceBefore(a: number, b: number): boolean {
  return ((a - b) | 0) < 0;
}
