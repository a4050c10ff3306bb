// Which logs of a dirty hive count, and which of their entries are replayed in which order: file-format facts, sections
// 7 and 8. Nothing is written here.

import type { Finding } from '../../base/finding.ts';
import { append } from '../../base/lists.ts';
import { upcase } from '../../base/text.ts';
import { BASE_BLOCK_SIZE_BYTES, type BaseBlock, isSequenceBefore } from '../base-block.ts';
import { type HiveLog, type LogEntry, parseLog } from './log.ts';

/** File offset of the first bin's copy of the last-written time. */
const FIRST_BIN_STAMP_OFFSET = BASE_BLOCK_SIZE_BYTES + 20;

/** A log file; `name` ends in .LOG, .LOG1 or .LOG2 in any letter case. */
export interface LogFile {
  readonly name: string;
  readonly bytes: Uint8Array;
}

export interface ReadLog {
  readonly log: HiveLog;
  readonly bytes: Uint8Array;
}

/** An entry that is replayed, with the log that it stands in. */
export interface Step {
  readonly source: ReadLog;
  readonly entry: LogEntry;
}

export interface Choice {
  /** In the order in which they are replayed; [] where nothing can be. */
  readonly steps: readonly Step[];
  readonly findings: readonly Finding[];
}

/** Reads every log; problems are kept in each log's `problem`. */
export function readLogs(logs: readonly LogFile[]): ReadLog[] {
  return logs.map((log) => ({ log: parseLog(log.name, log.bytes), bytes: log.bytes }));
}

/**
 * Chooses the entries that complete a dirty primary. `base` is its base block, null where that is broken: then the log
 * with the latest entries gives the header, and that log alone is used.
 */
export function chooseSteps(
  file: string,
  primary: Uint8Array,
  base: BaseBlock | null,
  read: readonly ReadLog[],
): Choice {
  const limit = limitOf(primary, read);
  return base === null ? chooseForBadHeader(primary, read, limit) : chooseInOrder(file, primary, base, read, limit);
}

/**
 * Every new bin stands in an entry, so no true entry makes the hive larger than the files together are. One that says more
 * would only cost memory.
 */
function limitOf(primary: Uint8Array, read: readonly ReadLog[]): number {
  return read.reduce((sum, { bytes }) => sum + bytes.byteLength, primary.byteLength);
}

/** The header is whole: the logs whose base block is not older than it, in the order of their sequence numbers. */
function chooseInOrder(
  file: string,
  primary: Uint8Array,
  base: BaseBlock,
  read: readonly ReadLog[],
  limit: number,
): Choice {
  const eligible = read
    .filter(({ log }) => log.kind === 'hvle' && log.base !== null)
    .filter(({ log }) => !isSequenceBefore(log.base!.primarySequence, base.secondarySequence))
    .map((source) => ({ log: source.log, first: source.log.base!.primarySequence, run: runOf(source, limit) }))
    .sort((a, b) => (a.first - b.first) | 0 || b.run.length - a.run.length);
  const [earliest] = eligible;
  if (!earliest) return chooseDirt(primary, base, read, limit);
  const steps: Step[] = [];
  const findings: Finding[] = [];
  let next = earliest.first;
  for (const { log, first, run } of eligible) {
    if (first === next) {
      append(steps, run);
      next = (first + run.length) >>> 0;
    } else if (isSequenceBefore(next, first)) findings.push(gap(file, log, next));
    // Else it repeats what was applied, as the .LOG and .LOG1 of a store may.
  }
  if (steps.length > 0) return { steps, findings };
  const text = `${earliest.log.name} should come first, but its first entry is not whole, so nothing can be applied`;
  return { steps, findings: [{ code: 'BAD_LOG', severity: 'warning', where: { file }, text }, ...findings] };
}

function gap(file: string, log: HiveLog, next: number): Finding {
  const text = `${log.name} begins with entry ${log.base!.primarySequence}, but entry ${next} is missing before it, so Windows does not apply it`;
  return { code: 'LOG_GAP', severity: 'warning', where: { file }, text };
}

function chooseForBadHeader(primary: Uint8Array, read: readonly ReadLog[], limit: number): Choice {
  let best: Step[] = [];
  for (const source of read) {
    if (source.log.kind !== 'hvle' || source.log.base === null) continue;
    const run = runOf(source, limit);
    const last = run.at(-1);
    if (!last) continue;
    const bestLast = best.at(-1);
    if (!bestLast || isSequenceBefore(bestLast.entry.sequence, last.entry.sequence)) best = run;
  }
  return best.length > 0 ? { steps: best, findings: [] } : chooseDirt(primary, null, read, limit);
}

/** The entries that continue each other from the sequence number of the log's base block on; any other ends the log. */
function runOf(source: ReadLog, limit: number): Step[] {
  const steps: Step[] = [];
  let expected = source.log.base!.primarySequence;
  for (const entry of source.log.entries) {
    if (!entry.isWhole || entry.sequence !== expected || entry.binsSizeBytes > limit) break;
    steps.push({ source, entry });
    expected = (expected + 1) >>> 0;
  }
  return steps;
}

/**
 * A DIRT log counts when its time stamp is the primary's, or, where the header is broken (`base` null), the copy in the
 * first bin. Of several the one with the highest sequence number, .LOG1 first.
 */
function chooseDirt(primary: Uint8Array, base: BaseBlock | null, read: readonly ReadLog[], limit: number): Choice {
  const stamp = base?.lastWritten ?? firstBinStamp(primary);
  let best: Step | null = null;
  for (const step of wholeDirts(read, limit)) {
    if (step.source.log.base!.lastWritten !== stamp) continue;
    if (!best || isSequenceBefore(best.entry.sequence, step.entry.sequence)) best = step;
  }
  return { steps: best ? [best] : [], findings: [] };
}

/**
 * The DIRT log with the latest time stamp, where that is later than the primary's (or, where the header is broken, the first
 * bin's): Windows does not apply it. Null where there is none.
 */
export function newerDirt(primary: Uint8Array, base: BaseBlock | null, read: readonly ReadLog[]): Step | null {
  let latest = base?.lastWritten ?? firstBinStamp(primary) ?? 0n;
  let best: Step | null = null;
  for (const step of wholeDirts(read, limitOf(primary, read))) {
    const { lastWritten } = step.source.log.base!;
    if (lastWritten <= latest) continue;
    best = step;
    latest = lastWritten;
  }
  return best;
}

function wholeDirts(read: readonly ReadLog[], limit: number): Step[] {
  return read
    .toSorted((a, b) => dirtOrder(a.log.name) - dirtOrder(b.log.name))
    .flatMap((source) => {
      const [entry] = source.log.entries;
      const { base } = source.log;
      if (source.log.kind !== 'dirt' || !entry?.isWhole || base === null) return [];
      return base.primarySequence === base.secondarySequence && entry.binsSizeBytes <= limit ? [{ source, entry }] : [];
    });
}

function dirtOrder(name: string): number {
  return ['1', 'G', '2'].indexOf(upcase(name.slice(-1)));
}

function firstBinStamp(primary: Uint8Array): bigint | null {
  if (primary.byteLength < FIRST_BIN_STAMP_OFFSET + 8) return null;
  return new DataView(primary.buffer, primary.byteOffset).getBigUint64(FIRST_BIN_STAMP_OFFSET, true);
}
