// The order of writes that no log covers: every log is taken away, then the header is made dirty, then the sector with
// the root cell is zeroed, and only then pages are written. From the dirty header on Windows refuses the hive, also a
// Windows that heals a dirty header by itself: without its root cell there is nothing to load.

import { bytesEqual } from '../../base/bytes.ts';
import { InternalError, RefusedError } from '../../base/errors.ts';
import { pathWord } from '../../base/quote.ts';
import { decodeLatin1 } from '../../base/text.ts';
import type { LogOnDisk } from '../../hive/open.ts';
import {
  BASE_BLOCK,
  BASE_BLOCK_SIZE_BYTES,
  encodeBaseBlock,
  HEADER_SIZE_BYTES,
  parseBaseBlock,
} from '../../regf/base-block.ts';
import { parseLog } from '../../regf/logs/log.ts';
import { recoveryOf } from './hive-logs.ts';
import { SECTOR_SIZE_BYTES } from './hive-steps.ts';
import type { Edited } from './order-with-logs.ts';
import { differingRuns, range } from './page-runs.ts';
import type { StageName } from './stage.ts';

const ZERO_STAGES: readonly StageName[] = ['zeroed-log-1', 'zeroed-log-2', 'zeroed-log-3'];
const ZERO_SECTOR = new Uint8Array(SECTOR_SIZE_BYTES);

export interface Bare extends Edited {
  /** Another hive takes the place: the rest of its base block is written, too. */
  readonly isReplacement: boolean;
  /** Where the hive that lies there has its bins: its size in bytes, base block included. */
  readonly oldSizeBytes: number;
}

/**
 * Plans the stages `zeroed-log-1` to `clean-header`.
 * RefusedError DIRTY_HIVE where no order of taking the logs away keeps what loads now from changing, LIMIT where the root
 * of the hive that lies there would show another key of the new one.
 */
export function writeWithoutLogs(edited: Bare): void {
  const { steps, base, header, result, sequence } = edited;
  const zeroed = zeroOrder(edited).map((log, index) => steps.zeroLog(ZERO_STAGES[index]!, log));
  const dirtyHeader = dirtyHeaderOf(edited, sequence);
  steps.write('dirty-header', 0, header, dirtyHeader);
  const { oldGate, gate } = rootSectors(edited, dirtyHeader);
  steps.write('lock', oldGate, sectorOf(base, oldGate), ZERO_SECTOR);
  const from = edited.isReplacement ? HEADER_SIZE_BYTES : BASE_BLOCK_SIZE_BYTES;
  for (const [start, end] of runsAround(base, result, from, new Set([oldGate, gate]))) {
    steps.write('pages', start, range(base, start, end), result.subarray(start, end));
  }
  if (oldGate !== gate) {
    steps.write('pages', oldGate, ZERO_SECTOR, sectorOf(result, oldGate));
    steps.write('pages', gate, sectorOf(base, gate), ZERO_SECTOR);
  }
  steps.write('unlock', gate, ZERO_SECTOR, sectorOf(result, gate));
  // When the root cell comes back, the header must already say how far the new bins reach.
  const numbers = { primarySequence: sequence + 1, secondarySequence: sequence };
  const lockedHeader = encodeBaseBlock(edited.cleanHeader, numbers);
  steps.write('pages', 0, dirtyHeader, lockedHeader);
  steps.write('clean-header', 0, lockedHeader, edited.cleanHeader);
  const untouched = edited.logs.filter(({ path: log }) => !zeroed.some((each) => each.path === log));
  assertNothingApplies(edited, dirtyHeader, [...untouched, ...zeroed]);
}

/** The old header made dirty; where that is broken, the new one with the old size. */
function dirtyHeaderOf({ path, header, cleanHeader, oldSizeBytes }: Bare, sequence: number): Uint8Array {
  const numbers = { primarySequence: sequence + 1, secondarySequence: sequence };
  if (isHeader(header) && parseBaseBlock(header, path).isChecksumRight) return encodeBaseBlock(header, numbers);
  return encodeBaseBlock(cleanHeader, { ...numbers, binsSizeBytes: oldSizeBytes - BASE_BLOCK_SIZE_BYTES });
}

function isHeader(bytes: Uint8Array): boolean {
  return decodeLatin1(bytes.subarray(0, 4)) === 'regf';
}

/**
 * The sectors with the root cell before and after, in nearly every hive both the first of the bins. The one before is
 * zeros from the first page on, the one after until the last.
 */
function rootSectors({ path, result }: Bare, dirtyHeader: Uint8Array): { oldGate: number; gate: number } {
  const rootOf = (header: Uint8Array): number => BASE_BLOCK_SIZE_BYTES + parseBaseBlock(header, path).rootCellOffset;
  const sectorAt = (offset: number): number => offset - (offset % SECTOR_SIZE_BYTES);
  const isInside = (offset: number): boolean => sectorAt(offset) + SECTOR_SIZE_BYTES <= result.byteLength;
  const newRoot = rootOf(result);
  if (!isInside(newRoot)) throw new InternalError(`the root of ${path} lies beyond the end of the image`);
  // A header that was damaged may name any place: beyond the end there is nothing to load, before and meanwhile.
  const stated = rootOf(dirtyHeader);
  const oldRoot = isInside(stated) ? stated : newRoot;
  // While pages are written the header may still name the old place: no reader may take what comes there for a root.
  if (oldRoot !== newRoot && decodeLatin1(result.subarray(oldRoot + 4, oldRoot + 6)) === 'nk') {
    const message = `${path} has its root key where the new hive has another key, expected the same place`;
    throw new RefusedError('LIMIT', message, { data: { path, fileOffset: oldRoot } });
  }
  return { oldGate: sectorAt(oldRoot), gate: sectorAt(newRoot) };
}

function sectorOf(bytes: Uint8Array, offset: number): Uint8Array {
  return range(bytes, offset, offset + SECTOR_SIZE_BYTES);
}

/** Runs of pages that differ, without these sectors. */
function runsAround(
  base: Uint8Array,
  result: Uint8Array,
  from: number,
  sectors: ReadonlySet<number>,
): [number, number][] {
  return differingRuns(base, result, from, result.byteLength).flatMap(([start, end]) => {
    const parts: [number, number][] = [];
    let at = start;
    for (const sector of [...sectors].toSorted((a, b) => a - b)) {
      if (sector + SECTOR_SIZE_BYTES <= at || sector >= end) continue;
      if (sector > at) parts.push([at, sector]);
      at = sector + SECTOR_SIZE_BYTES;
    }
    if (at < end) parts.push([at, end]);
    return parts;
  });
}

/**
 * The logs with anything in their first sector, in the order in which they are taken away: at no moment may one that is
 * left begin to apply. A clean header ignores all of them; of a dirty one every step is replayed here.
 */
function zeroOrder({ path, logs, base }: Bare): LogOnDisk[] {
  const filled = logs.filter(({ bytes }) => !bytes.subarray(0, SECTOR_SIZE_BYTES).every((byte) => byte === 0));
  const firstSequence = ({ name, bytes }: LogOnDisk): number => parseLog(name, bytes).base?.primarySequence ?? 0;
  const lowestFirst = filled.toSorted((a, b) => firstSequence(a) - firstSequence(b));
  const header = isHeader(base) ? parseBaseBlock(base, path) : null;
  if (header !== null && !header.isDirty) return lowestFirst;
  const preferred = header?.isChecksumRight ? lowestFirst.toReversed() : lowestFirst;
  const order = permutations(preferred).find((each) => isQuiet(path, base, each));
  if (order) return order;
  const names = filled.map(({ name }) => name).join(', ');
  throw new RefusedError(
    'DIRTY_HIVE',
    `${path} is dirty, and when one of its logs (${names}) is taken away another would begin to apply; nothing was written`,
    { hint: `hivemend inspect ${pathWord(path)}`, data: { path } },
  );
}

/** Whether what loads stays the same, or nothing loads any more, while the logs are taken away in this order. */
function isQuiet(path: string, base: Uint8Array, order: readonly LogOnDisk[]): boolean {
  const loaded = replayed(path, base, order);
  for (let count = 1; count <= order.length; count += 1) {
    const now = replayed(path, base, order.slice(count));
    if (now !== null && (loaded === null || !bytesEqual(now, loaded))) return false;
  }
  return true;
}

/** The bins that the logs make of a dirty hive, or null where none applies. */
function replayed(path: string, base: Uint8Array, logs: readonly LogOnDisk[]): Uint8Array | null {
  return recoveryOf(path, base, logs)?.image.subarray(BASE_BLOCK_SIZE_BYTES) ?? null;
}

function permutations<T>(list: readonly T[]): T[][] {
  if (list.length <= 1) return [[...list]];
  return list.flatMap((first, index) =>
    permutations([...list.slice(0, index), ...list.slice(index + 1)]).map((rest) => [first, ...rest]),
  );
}

/** From the dirty header on no log applies, also where its write was torn and its checksum is wrong. */
function assertNothingApplies({ path, base, result }: Bare, dirtyHeader: Uint8Array, logs: readonly LogOnDisk[]): void {
  if (logs.length === 0) return;
  const cut = new Uint8Array(Math.max(base.byteLength, result.byteLength));
  cut.set(base);
  cut.set(dirtyHeader);
  if (replayed(path, cut, logs) === null) {
    cut[BASE_BLOCK.checksum] = cut[BASE_BLOCK.checksum]! ^ 0xff;
    if (replayed(path, cut, logs) === null) return;
  }
  throw new InternalError(`a log beside ${path} would still apply while its pages are written; nothing was written`);
}
