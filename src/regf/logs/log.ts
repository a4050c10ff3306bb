// Transaction logs: HvLE (Windows 8.1 and later) and DIRT (before), reading and encoding. Which of the two a log is
// stands in its bytes at offset 512; the hive's version does not tell.

import { ByteReader, concatBytes, joinBytes } from '../../base/bytes.ts';
import { HivemendError } from '../../base/errors.ts';
import { decodeLatin1 } from '../../base/text.ts';
import { type BaseBlock, HEADER_SIZE_BYTES, parseBaseBlock } from '../base-block.ts';
import { PAGE_SIZE_BYTES } from '../layout.ts';
import { marvin32 } from './marvin32.ts';

const SECTOR_SIZE_BYTES = 512;
/** Of an HvLE entry, before its page references. */
const ENTRY_HEADER_SIZE_BYTES = 40;
const REFERENCE_SIZE_BYTES = 8;

/** A run of bytes that a log has for the hive bins. */
export interface LogPage {
  /** From the first bin. */
  readonly offset: number;
  readonly sizeBytes: number;
  /** Where the bytes lie in the log file. */
  readonly fileOffset: number;
}

/** One set of pages. A DIRT log holds exactly one. */
export interface LogEntry {
  readonly fileOffset: number;
  readonly sizeBytes: number;
  /** HvLE: its own; DIRT: that of the log's base block. */
  readonly sequence: number;
  readonly flags: number;
  readonly binsSizeBytes: number;
  readonly pages: readonly LogPage[];
  /** Both hashes are right and every page lies in the entry (DIRT has no hashes: every page lies in the file). */
  readonly isWhole: boolean;
  /** What is wrong with it, or null. */
  readonly problem: string | null;
}

export interface HiveLog {
  readonly name: string;
  /** 'empty': no bytes, or zeros where a base block would be. 'unknown': neither form. */
  readonly kind: 'hvle' | 'dirt' | 'empty' | 'unknown';
  /** Null where it is none or its checksum is wrong (`problem` says which). */
  readonly base: BaseBlock | null;
  /** HvLE: the entries without a gap from offset 512 on, up to the first that is not whole, which is the last here. */
  readonly entries: readonly LogEntry[];
  /** File offsets of later sectors that begin an HvLE entry: what older rounds left. */
  readonly remnantOffsets: readonly number[];
  readonly problem: string | null;
}

/** Reads a log; never throws: what is wrong with it is said in `problem`. `bytes` is not written. */
export function parseLog(name: string, bytes: Uint8Array): HiveLog {
  const nothing = { name, base: null, entries: [], remnantOffsets: [] };
  if (bytes.subarray(0, HEADER_SIZE_BYTES).every((byte) => byte === 0)) {
    return { ...nothing, kind: 'empty', problem: null };
  }
  const kind = kindOf(bytes);
  let base: BaseBlock;
  try {
    base = parseBaseBlock(bytes, name);
  } catch (error) {
    if (!(error instanceof HivemendError)) throw error;
    return { ...nothing, kind, problem: error.message };
  }
  if (!base.isChecksumRight) return { ...nothing, kind, problem: `${name}: the checksum of its base block is wrong` };
  if (kind === 'unknown') return { ...nothing, kind, base, problem: null };
  if (kind === 'dirt') return { ...nothing, kind, base, entries: [parseDirt(name, bytes, base)], problem: null };
  const { entries, endOffset } = parseHvle(name, bytes);
  return { name, kind, base, entries, remnantOffsets: remnantsFrom(bytes, endOffset), problem: null };
}

function kindOf(bytes: Uint8Array): 'hvle' | 'dirt' | 'unknown' {
  const tag = decodeLatin1(bytes.subarray(HEADER_SIZE_BYTES, HEADER_SIZE_BYTES + 4));
  if (tag === 'HvLE') return 'hvle';
  return tag === 'DIRT' ? 'dirt' : 'unknown';
}

function parseHvle(name: string, bytes: Uint8Array): { entries: LogEntry[]; endOffset: number } {
  const entries: LogEntry[] = [];
  let fileOffset = HEADER_SIZE_BYTES;
  while (tagAt(bytes, fileOffset) === 'HvLE') {
    const entry = parseEntry(name, bytes, fileOffset);
    entries.push(entry);
    if (!entry.isWhole) return { entries, endOffset: fileOffset + SECTOR_SIZE_BYTES };
    fileOffset += entry.sizeBytes;
  }
  return { entries, endOffset: fileOffset };
}

/** Reads the HvLE entry at `fileOffset`, where its signature stands. */
export function parseEntry(name: string, bytes: Uint8Array, fileOffset: number): LogEntry {
  const broken = (problem: string, known: Partial<LogEntry> = {}): LogEntry => ({
    fileOffset,
    sizeBytes: 0,
    sequence: 0,
    flags: 0,
    binsSizeBytes: 0,
    pages: [],
    ...known,
    isWhole: false,
    problem: `${name}: the entry at ${fileOffset} ${problem}`,
  });
  if (fileOffset + ENTRY_HEADER_SIZE_BYTES > bytes.byteLength) return broken('is cut off in its header');
  const reader = new ByteReader(bytes, name);
  const sizeBytes = reader.u32(fileOffset + 4);
  const head = {
    sizeBytes,
    flags: reader.u32(fileOffset + 8),
    sequence: reader.u32(fileOffset + 12),
    binsSizeBytes: reader.u32(fileOffset + 16),
  };
  if (sizeBytes < ENTRY_HEADER_SIZE_BYTES || sizeBytes % SECTOR_SIZE_BYTES !== 0) {
    return broken(`has size ${sizeBytes}, expected a multiple of ${SECTOR_SIZE_BYTES}`, head);
  }
  if (fileOffset + sizeBytes > bytes.byteLength) return broken('ends beyond the file', head);
  if (head.binsSizeBytes === 0 || head.binsSizeBytes % PAGE_SIZE_BYTES !== 0) {
    return broken(`says ${head.binsSizeBytes} bytes of bins, expected a multiple of ${PAGE_SIZE_BYTES}`, head);
  }
  const entry = bytes.subarray(fileOffset, fileOffset + sizeBytes);
  if (marvin32(entry.subarray(0, 32)) !== reader.u64(fileOffset + 32)) return broken('has a wrong header hash', head);
  if (marvin32(entry.subarray(ENTRY_HEADER_SIZE_BYTES)) !== reader.u64(fileOffset + 24)) {
    return broken('has a wrong data hash', head);
  }
  const count = reader.u32(fileOffset + 20);
  const dataOffset = ENTRY_HEADER_SIZE_BYTES + count * REFERENCE_SIZE_BYTES;
  if (dataOffset > sizeBytes) return broken(`has ${count} pages, more than fit`, head);
  const pages: LogPage[] = [];
  let at = fileOffset + dataOffset;
  for (let i = 0; i < count; i += 1) {
    const reference = fileOffset + ENTRY_HEADER_SIZE_BYTES + i * REFERENCE_SIZE_BYTES;
    const page = { offset: reader.u32(reference), sizeBytes: reader.u32(reference + 4), fileOffset: at };
    at += page.sizeBytes;
    if (at > fileOffset + sizeBytes) return broken('has a page that ends beyond it', head);
    if (page.offset + page.sizeBytes > head.binsSizeBytes) return broken('has a page beyond the bins', head);
    pages.push(page);
  }
  return { fileOffset, ...head, pages, isWhole: true, problem: null };
}

function remnantsFrom(bytes: Uint8Array, start: number): number[] {
  const offsets: number[] = [];
  const first = Math.ceil(start / SECTOR_SIZE_BYTES) * SECTOR_SIZE_BYTES;
  for (let offset = first; offset < bytes.byteLength; offset += SECTOR_SIZE_BYTES) {
    if (tagAt(bytes, offset) === 'HvLE') offsets.push(offset);
  }
  return offsets;
}

function parseDirt(name: string, bytes: Uint8Array, base: BaseBlock): LogEntry {
  const bitmapOffset = HEADER_SIZE_BYTES + 4;
  const bitmapSizeBytes = base.binsSizeBytes / SECTOR_SIZE_BYTES / 8;
  const dataOffset = roundUp(bitmapOffset + bitmapSizeBytes, SECTOR_SIZE_BYTES);
  const known = {
    fileOffset: HEADER_SIZE_BYTES,
    sizeBytes: bytes.byteLength - HEADER_SIZE_BYTES,
    sequence: base.primarySequence,
    flags: 0,
    binsSizeBytes: base.binsSizeBytes,
  };
  const broken = (problem: string): LogEntry => ({
    ...known,
    pages: [],
    isWhole: false,
    problem: `${name}: ${problem}`,
  });
  if (base.binsSizeBytes % PAGE_SIZE_BYTES !== 0 || dataOffset > bytes.byteLength) {
    return broken(`its bitmap of ${bitmapSizeBytes} bytes does not fit the file`);
  }
  const pages: LogPage[] = [];
  let at = dataOffset;
  for (let sector = 0; sector < base.binsSizeBytes / SECTOR_SIZE_BYTES; sector += 1) {
    if ((bytes[bitmapOffset + (sector >> 3)]! & (1 << (sector & 7))) === 0) continue;
    const offset = sector * SECTOR_SIZE_BYTES;
    const last = pages.at(-1);
    if (last && last.offset + last.sizeBytes === offset) {
      pages[pages.length - 1] = { ...last, sizeBytes: last.sizeBytes + SECTOR_SIZE_BYTES };
    } else pages.push({ offset, sizeBytes: SECTOR_SIZE_BYTES, fileOffset: at });
    at += SECTOR_SIZE_BYTES;
  }
  if (at > bytes.byteLength) return broken(`it says ${pages.length} runs of pages, but ends before the last`);
  return { ...known, pages, isWhole: true, problem: null };
}

/** What goes into an encoded log: bytes for the bins. */
export interface PageData {
  /** From the first bin; a multiple of 512 (DIRT) or 4,096 (HvLE). */
  readonly offset: number;
  readonly bytes: Uint8Array;
}

/** One HvLE entry with both hashes, `sizeBytes` long (a multiple of 512; what the pages do not fill is zero). */
export function encodeHvleEntry(entry: {
  readonly sequence: number;
  readonly flags: number;
  readonly binsSizeBytes: number;
  readonly pages: readonly PageData[];
  readonly sizeBytes: number;
}): Uint8Array {
  const bytes = new Uint8Array(entry.sizeBytes);
  const view = new DataView(bytes.buffer);
  bytes.set([0x48, 0x76, 0x4c, 0x45]);
  view.setUint32(4, entry.sizeBytes, true);
  view.setUint32(8, entry.flags, true);
  view.setUint32(12, entry.sequence, true);
  view.setUint32(16, entry.binsSizeBytes, true);
  view.setUint32(20, entry.pages.length, true);
  let reference = ENTRY_HEADER_SIZE_BYTES;
  let at = ENTRY_HEADER_SIZE_BYTES + entry.pages.length * REFERENCE_SIZE_BYTES;
  for (const page of entry.pages) {
    view.setUint32(reference, page.offset, true);
    view.setUint32(reference + 4, page.bytes.byteLength, true);
    bytes.set(page.bytes, at);
    reference += REFERENCE_SIZE_BYTES;
    at += page.bytes.byteLength;
  }
  view.setBigUint64(24, marvin32(bytes.subarray(ENTRY_HEADER_SIZE_BYTES)), true);
  view.setBigUint64(32, marvin32(bytes.subarray(0, 32)), true);
  return bytes;
}

/** The size of an HvLE entry at `fileOffset` so that it ends at a multiple of 4,096 in the file, as Windows' do. */
export function hvleEntrySizeBytes(fileOffset: number, pages: readonly PageData[]): number {
  const data = pages.reduce((sum, page) => sum + page.bytes.byteLength, 0);
  const end = fileOffset + ENTRY_HEADER_SIZE_BYTES + pages.length * REFERENCE_SIZE_BYTES + data;
  return roundUp(end, PAGE_SIZE_BYTES) - fileOffset;
}

/** A log of one HvLE entry: `base` is the 512 bytes of its base block (type 6, both sequence numbers the entry's). */
export function encodeHvleLog(
  base: Uint8Array,
  entry: {
    readonly sequence: number;
    readonly flags: number;
    readonly binsSizeBytes: number;
    readonly pages: readonly PageData[];
  },
): Uint8Array {
  const sizeBytes = hvleEntrySizeBytes(HEADER_SIZE_BYTES, entry.pages);
  return concatBytes(base.subarray(0, HEADER_SIZE_BYTES), encodeHvleEntry({ ...entry, sizeBytes }));
}

/** A DIRT log: `base` is the 512 bytes of its base block (type 1, equal sequence numbers, the hive's time stamp). */
export function encodeDirtLog(base: Uint8Array, binsSizeBytes: number, pages: readonly PageData[]): Uint8Array {
  const bitmap = new Uint8Array(roundUp(4 + binsSizeBytes / SECTOR_SIZE_BYTES / 8, SECTOR_SIZE_BYTES));
  bitmap.set([0x44, 0x49, 0x52, 0x54]);
  for (const page of pages) {
    const first = page.offset / SECTOR_SIZE_BYTES;
    for (let sector = first; sector < first + page.bytes.byteLength / SECTOR_SIZE_BYTES; sector += 1) {
      bitmap[4 + (sector >> 3)]! |= 1 << (sector & 7);
    }
  }
  return joinBytes([base.subarray(0, HEADER_SIZE_BYTES), bitmap, ...pages.map((page) => page.bytes)]);
}

function tagAt(bytes: Uint8Array, offset: number): string {
  return decodeLatin1(bytes.subarray(offset, offset + 4));
}

function roundUp(value: number, multiple: number): number {
  return Math.ceil(value / multiple) * multiple;
}
