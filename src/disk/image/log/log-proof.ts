// Whether an NTFS volume may be written beside its $LogFile: the log is clean or empty, or it can be shown that playing it
// back would change nothing. Anything that is not known to be harmless is a refusal. Narrow on purpose: it holds for idle
// machines, which checkpoint to "nothing pending", and for no others.

import { ByteReader } from '../../../base/bytes.ts';
import { FormatError } from '../../../base/errors.ts';
import { isEmptyLog, type LogPages, offsetOfLsn, readLogPages } from './log-pages.ts';
import { type RestartArea, readRestartArea } from './restart-area.ts';

export type LogVerdict =
  /** Closed by Windows (version 1.1): nothing is pending. */
  | { readonly state: 'clean'; readonly version: string }
  /** All ones: never used, or emptied. */
  | { readonly state: 'empty' }
  /** Not closed, and playing it back changes nothing: shown for `records` records, the last of which is `lastLsn`. */
  | { readonly state: 'no-op'; readonly version: string; readonly records: number; readonly lastLsn: string }
  /** Playing it back may change the volume; `why` is a sentence. */
  | { readonly state: 'unclean'; readonly version: string | null; readonly why: string };

/** Versions of which a log that Windows wrote was at hand. */
const VERSIONS: readonly string[] = ['1.1', '2.0'];
const RECORD_HEADER_BYTES = 48;
const DATA_OFFSET = 64;
const UPDATE = 1;
const CHECKPOINT = 2;
/** Flag of a record: it goes over a page's end. */
const MULTI_PAGE = 1;
const KNOWN_FLAGS = 7;

const NOOP = 0x00;
const COMPENSATION = 0x01;
const FORGET_TRANSACTION = 0x1b;
const OPEN_ATTRIBUTE = 0x1c;
const OPEN_ATTRIBUTE_DUMP = 0x1d;
const ATTRIBUTE_NAMES_DUMP = 0x1e;
const DIRTY_PAGE_DUMP = 0x1f;
const TRANSACTION_DUMP = 0x20;
const HARMLESS: readonly number[] = [
  NOOP,
  FORGET_TRANSACTION,
  OPEN_ATTRIBUTE,
  OPEN_ATTRIBUTE_DUMP,
  ATTRIBUTE_NAMES_DUMP,
  DIRTY_PAGE_DUMP,
  TRANSACTION_DUMP,
];

/** Ends the proof; its message is the sentence of the verdict. */
class Unproven extends Error {}

/** What the restart pages, the first 8 KiB of a log, say alone; null: the rest decides. */
export function restartVerdict(start: Uint8Array): LogVerdict | null {
  if (isEmptyLog(start)) return null;
  const area = readRestartArea(start);
  if (typeof area === 'string') return { state: 'unclean', version: null, why: area };
  const { version } = area;
  return version === '1.1' && (area.isMarkedClean || !area.hasClientInUse) ? { state: 'clean', version } : null;
}

/**
 * What `log`, all bytes of record 2's data, says of the volume. Never throws.
 * Sources: the published readers of $LogFile; logs that Windows 7 and 10 wrote.
 */
export function logVerdict(log: Uint8Array): LogVerdict {
  if (isEmptyLog(log)) return { state: 'empty' };
  const closed = restartVerdict(log);
  if (closed) return closed;
  const area = readRestartArea(log);
  if (typeof area === 'string') return { state: 'unclean', version: null, why: area };
  const { version } = area;
  try {
    const { records, lastLsn } = prove(log, area);
    return { state: 'no-op', version, records, lastLsn: lastLsn.toString() };
  } catch (error) {
    if (error instanceof Unproven || error instanceof FormatError) {
      return { state: 'unclean', version, why: error.message };
    }
    throw error;
  }
}

function prove(log: Uint8Array, area: RestartArea): { records: number; lastLsn: bigint } {
  checkArea(log, area);
  const pages = readLogPages(log, area);
  if (typeof pages === 'string') throw new Unproven(pages);
  const walk = new RecordWalk(pages, area);
  const startLsn = startOfCheckpoint(walk.recordAt(area.checkpointLsn));
  if (startLsn > area.checkpointLsn) throw new Unproven('the checkpoint of $LogFile begins after itself');
  let records = 0;
  let lastLsn = startLsn;
  let hasPassedCheckpoint = false;
  for (let lsn: bigint | null = startLsn; lsn !== null; ) {
    const record = walk.recordAt(lsn);
    if (record.type === CHECKPOINT) {
      // The one before the newest is where the newest begins; any other means that the newest is not what it says.
      if (lsn !== area.checkpointLsn && lsn !== startLsn) throw new Unproven(odd(lsn, 'is a later checkpoint'));
      hasPassedCheckpoint ||= lsn === area.checkpointLsn;
    } else {
      checkUpdate(record, startLsn);
    }
    records += 1;
    lastLsn = lsn;
    lsn = walk.nextLsn(record);
  }
  if (!hasPassedCheckpoint) throw new Unproven('the records of $LogFile end before its checkpoint');
  if (area.currentLsn > lastLsn) throw new Unproven('the records of $LogFile end before the LSN that it states');
  const above = pages.findAbove(lastLsn);
  if (above !== null) {
    throw new Unproven(`$LogFile holds LSN ${hex(above)}, after the last record that can be reached (${hex(lastLsn)})`);
  }
  return { records, lastLsn };
}

function checkArea(log: Uint8Array, area: RestartArea): void {
  const { version, logSizeBytes } = area;
  if (!VERSIONS.includes(version)) throw new Unproven(`$LogFile has the unknown version ${version}`);
  if (log.byteLength !== logSizeBytes || logSizeBytes % area.pageBytes !== 0) {
    throw new Unproven(`$LogFile has ${log.byteLength} bytes, but states ${logSizeBytes}`);
  }
  if (area.sequenceBits !== 67 - logSizeBytes.toString(2).length || area.sequenceBits < 36) {
    throw new Unproven(`$LogFile counts its rounds in ${area.sequenceBits} bits, which do not fit its size`);
  }
  if (area.recordHeaderBytes !== RECORD_HEADER_BYTES || area.dataOffset !== DATA_OFFSET) {
    throw new Unproven('$LogFile has records of an unknown form');
  }
  if (area.clients !== 1 || !area.hasClientInUse) {
    throw new Unproven(`$LogFile has ${area.clients} clients, expected 1 that is in use`);
  }
  if (area.currentLsn < area.checkpointLsn) throw new Unproven('the checkpoint of $LogFile is newer than the log');
}

interface LogRecord {
  readonly lsn: bigint;
  readonly undoNextLsn: bigint;
  readonly type: number;
  readonly data: ByteReader;
  /** In the ring, after the record's last byte. */
  readonly endOffset: number;
}

/** Reads records by their LSN, across pages and around the ring's end. */
class RecordWalk {
  private readonly pages: LogPages;
  private readonly area: RestartArea;

  constructor(pages: LogPages, area: RestartArea) {
    this.pages = pages;
    this.area = area;
  }

  /** @throws Unproven where no whole record stands there. */
  recordAt(lsn: bigint): LogRecord {
    const { pageBytes } = this.area;
    const offset = offsetOfLsn(lsn, this.area);
    const inPage = offset % pageBytes;
    if (offset < this.pages.ringStart || inPage < DATA_OFFSET || inPage > pageBytes - RECORD_HEADER_BYTES) {
      throw new Unproven(odd(lsn, 'stands where no record can be'));
    }
    const page = this.pageFor(lsn, offset);
    const header = this.pages.bytesAt(page, offset, RECORD_HEADER_BYTES);
    if (header.u64(0) !== lsn) throw new Unproven(odd(lsn, 'is missing'));
    const sizeBytes = header.u32(0x18);
    const flags = header.u16(0x28);
    if (header.u16(0x1e) !== 0 || header.u16(0x1c) !== this.area.clientSequence) {
      throw new Unproven(odd(lsn, 'is of another client'));
    }
    if (flags > KNOWN_FLAGS) throw new Unproven(odd(lsn, `has the unknown flags ${flags}`));
    if (sizeBytes > this.pages.ringEnd) throw new Unproven(odd(lsn, 'is larger than the log'));
    const data = new Uint8Array(sizeBytes);
    let doneBytes = 0;
    let at = offset + RECORD_HEADER_BYTES;
    let isMultiPage = false;
    while (doneBytes < sizeBytes) {
      if (at % pageBytes === 0) {
        at = this.wrap(at) + DATA_OFFSET;
        isMultiPage = true;
      }
      const chunkBytes = Math.min(sizeBytes - doneBytes, pageBytes - (at % pageBytes));
      data.set(this.pages.bytesAt(this.pageFor(lsn, at), at, chunkBytes).bytes, doneBytes);
      doneBytes += chunkBytes;
      at += chunkBytes;
    }
    if (isMultiPage !== ((flags & MULTI_PAGE) !== 0)) throw new Unproven(odd(lsn, 'has a length that does not fit'));
    return {
      lsn,
      undoNextLsn: header.u64(0x10),
      type: header.u32(0x20),
      data: new ByteReader(data, `record ${hex(lsn)} of $LogFile`),
      endOffset: at,
    };
  }

  /** The LSN of the record after `record`; null where the log ends exactly there. @throws Unproven for a gap. */
  nextLsn(record: LogRecord): bigint | null {
    const { pageBytes, sequenceBits } = this.area;
    const lastPage = this.pageFor(record.lsn, record.endOffset - 1);
    const inPage = ((record.endOffset - 1) % pageBytes) + 1;
    const next = Math.ceil(inPage / 8) * 8;
    const base = record.endOffset - inPage;
    const fits = next + RECORD_HEADER_BYTES <= pageBytes;
    const place = fits ? base + next : this.wrap(base + pageBytes) + DATA_OFFSET;
    const round = record.lsn >> BigInt(64 - sequenceBits);
    const hasWrapped = place < offsetOfLsn(record.lsn, this.area);
    const lsn = ((round + (hasWrapped ? 1n : 0n)) << BigInt(64 - sequenceBits)) | BigInt(place / 8);
    const page = this.pages.pageAt(place);
    if (page && this.pages.bytesAt(page, place, 8).u64(0) === lsn) return lsn;
    const isLastOfItsPage = lastPage.lastEndLsn === record.lsn && lastPage.lastLsn === record.lsn;
    if (isLastOfItsPage && (lastPage.nextFree === inPage || lastPage.nextFree === next)) return null;
    throw new Unproven(odd(lsn, 'is missing'));
  }

  /** The page at `offset`, as new as the record that needs it. */
  private pageFor(lsn: bigint, offset: number) {
    const page = this.pages.pageAt(offset);
    if (!page || page.lastLsn < lsn) throw new Unproven(odd(lsn, 'stands in a page that is older than it'));
    return page;
  }

  private wrap(offset: number): number {
    return offset >= this.pages.ringEnd ? this.pages.ringStart : offset;
  }
}

/** The start LSN of a checkpoint after which nothing is pending. */
function startOfCheckpoint({ lsn, type, data }: LogRecord): bigint {
  if (type !== CHECKPOINT) throw new Unproven(odd(lsn, 'is not the checkpoint that $LogFile states'));
  if (data.u32(0) > 1 || data.sizeBytes < 0x40) throw new Unproven(odd(lsn, 'is a checkpoint of an unknown form'));
  if (data.u64(0x20) !== 0n || data.u32(0x38) !== 0) throw new Unproven('the checkpoint of $LogFile lists dirty pages');
  if (data.u64(0x28) !== 0n || data.u32(0x3c) !== 0) {
    throw new Unproven('the checkpoint of $LogFile lists open transactions');
  }
  return data.u64(8);
}

/** @throws Unproven unless redoing and undoing this record both do nothing. */
function checkUpdate({ lsn, undoNextLsn, type, data }: LogRecord, startLsn: bigint): void {
  if (type !== UPDATE) throw new Unproven(odd(lsn, `has the unknown type ${type}`));
  const redo = data.u16(0);
  const undo = data.u16(2);
  if (!HARMLESS.includes(redo)) throw new Unproven(odd(lsn, `changes the volume (operation 0x${pair(redo)})`));
  if (undo !== NOOP && undo !== COMPENSATION) {
    throw new Unproven(odd(lsn, `can be undone by operation 0x${pair(undo)}`));
  }
  if (undoNextLsn !== 0n && undoNextLsn < startLsn) {
    throw new Unproven(odd(lsn, 'belongs to a transaction that began before the checkpoint'));
  }
  const redoBytes = data.slice(data.u16(4), data.u16(6));
  data.slice(data.u16(8), data.u16(0x0a));
  if (redo === OPEN_ATTRIBUTE_DUMP || redo === DIRTY_PAGE_DUMP || redo === TRANSACTION_DUMP) {
    checkTable(lsn, new ByteReader(redoBytes, `record ${hex(lsn)} of $LogFile`), redo !== OPEN_ATTRIBUTE_DUMP);
  }
}

/** A dumped table: entry size, count and allocated count, then the entries from byte 24 on. */
function checkTable(lsn: bigint, table: ByteReader, mustBeEmpty: boolean): void {
  if (table.sizeBytes === 0) return;
  const entryBytes = table.u16(0);
  const entries = table.u16(2);
  const allocated = table.u16(4);
  if (24 + entryBytes * entries > table.sizeBytes || allocated > entries) {
    throw new Unproven(odd(lsn, 'dumps a table that is larger than the record'));
  }
  if (mustBeEmpty && allocated > 0) throw new Unproven(odd(lsn, 'lists pending changes'));
}

function odd(lsn: bigint, what: string): string {
  return `record ${hex(lsn)} of $LogFile ${what}`;
}

function hex(lsn: bigint): string {
  return `0x${lsn.toString(16)}`;
}

function pair(operation: number): string {
  return operation.toString(16).padStart(2, '0');
}
