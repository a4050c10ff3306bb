// The pages of an NTFS $LogFile as one ring: the copies that stand before the ring (two tail pages in version 1.1, 32 fast
// pages in 2.0) take the place of what they are newer than, and every page has to be whole.

import { ByteReader, bytesEqual } from '../../../base/bytes.ts';
import { type RestartArea, restoreFixups } from './restart-area.ts';

export interface LogPage {
  /** Where its bytes stand in the file: elsewhere than its place in the ring for a copy. */
  readonly at: number;
  readonly place: number;
  /** Of the last record that begins in this page or goes through it. */
  readonly lastLsn: bigint;
  /** Of the last record that ends in this page; 0 where none does. */
  readonly lastEndLsn: bigint;
  /** Where the next record would begin. */
  readonly nextFree: number;
}

/** The pages of one log; offsets are those of the ring. */
export interface LogPages {
  readonly ringStart: number;
  readonly ringEnd: number;
  /** The page that holds `offset`; null where it was never written. */
  pageAt(offset: number): LogPage | null;
  /** `sizeBytes` bytes of one page. */
  bytesAt(page: LogPage, offset: number, sizeBytes: number): ByteReader;
  /** The first LSN above `lsn` that a page states or that a record stands at, in any place of the log; null: none. */
  findAbove(lsn: bigint): bigint | null;
}

const TAIL_PAGES = 2;
const FAST_PAGES = 32;
/** Flag of a page: a record ends in it. */
const RECORD_ENDS = 1;
const EMPTY = new Uint8Array(4096).fill(0xff);

/** Never used, or emptied. */
export function isEmptyLog(log: Uint8Array): boolean {
  for (let at = 0; at < log.byteLength; at += EMPTY.byteLength) {
    const page = log.subarray(at, at + EMPTY.byteLength);
    if (!bytesEqual(page, EMPTY.subarray(0, page.byteLength))) return false;
  }
  return log.byteLength > 0;
}

/** Where a record with this LSN stands in the file. */
export function offsetOfLsn(lsn: bigint, area: RestartArea): number {
  return Number(BigInt.asUintN(64 - area.sequenceBits, lsn)) * 8;
}

/** `log` as a ring, or a sentence that says which page cannot be gone by. `log` stays as it is. */
export function readLogPages(log: Uint8Array, area: RestartArea): LogPages | string {
  const { pageBytes } = area;
  // A copy also of a Buffer, whose own slice would be a view.
  const bytes = new Uint8Array(log);
  const reader = new ByteReader(bytes, '$LogFile');
  const isFast = area.version === '2.0';
  const ringStart = (2 + (isFast ? FAST_PAGES : TAIL_PAGES)) * pageBytes;
  const ring = new Map<number, LogPage>();
  const all: LogPage[] = [];
  for (let at = 2 * pageBytes; at < bytes.byteLength; at += pageBytes) {
    const page = bytes.subarray(at, at + pageBytes);
    if (bytesEqual(page, EMPTY)) continue;
    const name = `page ${at / pageBytes} of $LogFile`;
    if (!restoreFixups(page, 'RCRD')) return `${name} is torn or is not a log page`;
    // A tail page says where it belongs in the place of its last LSN, which is the LSN of the last record that ends in it.
    const isCopy = at < ringStart;
    const lastLsn = reader.u64(isCopy && !isFast ? at + 0x20 : at + 8);
    const lastEndLsn = (reader.u32(at + 0x10) & RECORD_ENDS) === 0 ? 0n : reader.u64(at + 0x20);
    if (lastEndLsn > lastLsn) return `${name} ends a record after its last one`;
    const target = !isCopy ? BigInt(at) : isFast ? BigInt(reader.u32(at + 0x3c)) : reader.u64(at + 8);
    if (target % BigInt(pageBytes) !== 0n || target < ringStart || target >= bytes.byteLength) {
      return `${name} is a copy of a page outside the log`;
    }
    const read = { at, place: Number(target), lastLsn, lastEndLsn, nextFree: reader.u16(at + 0x18) };
    all.push(read);
    if (isNewer(read, ring.get(read.place))) ring.set(read.place, read);
  }
  return {
    ringStart,
    ringEnd: bytes.byteLength,
    pageAt: (offset) => ring.get(offset - (offset % pageBytes)) ?? null,
    bytesAt: (page, offset, sizeBytes) =>
      new ByteReader(reader.slice(page.at + (offset % pageBytes), sizeBytes), '$LogFile'),
    findAbove: (lsn) => all.find((page) => page.lastLsn > lsn)?.lastLsn ?? findRecordAbove(bytes, area, all, lsn),
  };
}

function isNewer(page: LogPage, than: LogPage | undefined): boolean {
  if (!than) return true;
  if (page.lastLsn !== than.lastLsn) return page.lastLsn > than.lastLsn;
  return page.lastEndLsn > than.lastEndLsn;
}

/** An LSN tells its own place, so a record that no page accounts for is found by looking at each place there is. */
function findRecordAbove(
  bytes: Uint8Array,
  { pageBytes, dataOffset, sequenceBits }: RestartArea,
  pages: readonly LogPage[],
  lsn: bigint,
): bigint | null {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const offsetBits = BigInt(64 - sequenceBits);
  const mask = 2 ** (64 - sequenceBits) - 1;
  for (const { at, place } of pages) {
    for (let offset = dataOffset; offset < pageBytes; offset += 8) {
      if ((view.getUint32(at + offset, true) & mask) !== (place + offset) / 8) continue;
      const found = view.getBigUint64(at + offset, true);
      if (found <= lsn) continue;
      // Data can have these bits by chance: then the round is far off, and no header of a record follows.
      const isNear = found >> offsetBits <= (lsn >> offsetBits) + 1n;
      const type = offset + 0x24 <= pageBytes ? view.getUint32(at + offset + 0x20, true) : 0;
      if (isNear || type === 1 || type === 2) return found;
    }
  }
  return null;
}
