// The two restart pages at the start of an NTFS $LogFile: which version the log has, where its checkpoint is, and whether
// Windows closed it. Sources: the published readers of $LogFile, and four logs that Windows wrote.

import { ByteReader } from '../../../base/bytes.ts';

/** What the newest restart page says of the log. LSNs stay BigInt: their top bits count the log's rounds. */
export interface RestartArea {
  /** '1.1', '2.0'. */
  readonly version: string;
  /** Both pages are of this size: the restart page and the pages after it. */
  readonly pageBytes: number;
  readonly logSizeBytes: number;
  /** How many top bits of an LSN are the round. */
  readonly sequenceBits: number;
  readonly recordHeaderBytes: number;
  /** Where records begin in a page. */
  readonly dataOffset: number;
  readonly currentLsn: bigint;
  readonly clients: number;
  /** A client is listed as using the log; it still is after Windows has shut down. */
  readonly hasClientInUse: boolean;
  /** Flag 2: the volume was taken down in order. */
  readonly isMarkedClean: boolean;
  /** Of the one client, where there is one. */
  readonly checkpointLsn: bigint;
  readonly clientSequence: number;
}

const PAGE_BYTES = 4096;
/** Fix-ups go by 512 bytes whatever the volume's sector is. */
const STRIDE_BYTES = 512;
const NO_CLIENT = 0xffff;
const MARKED_CLEAN = 2;

/** Puts back the last two bytes of each 512; false where the page was torn (or is none). Changes `page`. */
export function restoreFixups(page: Uint8Array, magic: string): boolean {
  const reader = new ByteReader(page, 'a log page');
  if (reader.tag(0, 4) !== magic) return false;
  const arrayAt = reader.u16(4);
  const strides = page.byteLength / STRIDE_BYTES;
  if (reader.u16(6) !== strides + 1 || arrayAt < 0x1e || arrayAt % 2 !== 0) return false;
  if (arrayAt + 2 * (strides + 1) > STRIDE_BYTES) return false;
  for (let stride = 1; stride <= strides; stride += 1) {
    if (reader.u16(stride * STRIDE_BYTES - 2) !== reader.u16(arrayAt)) return false;
  }
  for (let stride = 1; stride <= strides; stride += 1) {
    page.copyWithin(stride * STRIDE_BYTES - 2, arrayAt + 2 * stride, arrayAt + 2 * stride + 2);
  }
  return true;
}

/** The newest of the two restart pages, or a sentence that says why there is none to go by: both have to be valid. */
export function readRestartArea(log: Uint8Array): RestartArea | string {
  if (log.byteLength < 2 * PAGE_BYTES) return `$LogFile has ${log.byteLength} bytes, expected two restart pages`;
  const first = readPage(new Uint8Array(log.subarray(0, PAGE_BYTES)));
  if (typeof first === 'string') return `the first restart page of $LogFile ${first}`;
  const second = readPage(new Uint8Array(log.subarray(PAGE_BYTES, 2 * PAGE_BYTES)));
  if (typeof second === 'string') return `the second restart page of $LogFile ${second}`;
  for (const key of ['version', 'logSizeBytes', 'sequenceBits', 'recordHeaderBytes', 'dataOffset'] as const) {
    if (first[key] !== second[key]) return 'the two restart pages of $LogFile describe different logs';
  }
  return second.currentLsn > first.currentLsn ? second : first;
}

/** A page, or the end of the sentence "the restart page ...". */
function readPage(bytes: Uint8Array): RestartArea | string {
  const page = new ByteReader(bytes, 'a restart page');
  // chkdsk leaves its own signature; what it leaves is not known well enough to be gone by.
  if (page.tag(0, 4) === 'CHKD') return 'was written by chkdsk';
  if (!restoreFixups(bytes, 'RSTR')) return 'is torn or missing';
  const at = page.u16(0x18);
  const version = `${page.u16(0x1c)}.${page.u16(0x1a)}`;
  if (page.u32(0x10) !== PAGE_BYTES || page.u32(0x14) !== PAGE_BYTES) return 'has an unknown page size';
  if (at % 8 !== 0 || at < 0x30 || at + 0x30 > STRIDE_BYTES - 2) return 'has its restart area at an unknown place';
  const logSizeBytes = page.u64(at + 0x18);
  if (logSizeBytes > BigInt(Number.MAX_SAFE_INTEGER)) return 'states an impossible size';
  const clients = page.u16(at + 8);
  const clientAt = at + page.u16(at + 0x16);
  const hasClientInUse = page.u16(at + 0x0c) !== NO_CLIENT;
  if (clients > 0 && clientAt + 160 > PAGE_BYTES) return 'has its clients past its end';
  return {
    version,
    pageBytes: PAGE_BYTES,
    logSizeBytes: Number(logSizeBytes),
    sequenceBits: page.u32(at + 0x10),
    recordHeaderBytes: page.u16(at + 0x24),
    dataOffset: page.u16(at + 0x26),
    currentLsn: page.u64(at),
    clients,
    hasClientInUse,
    isMarkedClean: (page.u16(at + 0x0e) & MARKED_CLEAN) !== 0,
    checkpointLsn: clients > 0 ? page.u64(clientAt + 8) : 0n,
    clientSequence: clients > 0 ? page.u16(clientAt + 0x14) : 0,
  };
}
