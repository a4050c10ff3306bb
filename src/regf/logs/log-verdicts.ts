// Every entry that lies in a hive's logs, and what becomes of it: applied, or why not. For people who read logs; the
// replay itself is recover's.

import { type BaseBlock, isSequenceBefore, parseBaseBlockIfAny } from '../base-block.ts';
import { type LogEntry, parseEntry } from './log.ts';
import { chooseSteps, type LogFile, newerDirt, type ReadLog, readLogs } from './log-choice.ts';

/**
 * 'applied': replayed by the recovery. 'clean': whole and in its place, but the hive is clean, so no log is looked at.
 * 'stale': its log is older than the hive. 'not-reached': whole, but what should come before it is missing or broken, or
 * another log was chosen. 'remnant': left by an older round, behind the last entry. 'broken': not whole.
 */
export type EntryVerdict = 'applied' | 'clean' | 'stale' | 'not-reached' | 'remnant' | 'broken';

export interface EntryWithVerdict {
  readonly log: string;
  readonly kind: 'hvle' | 'dirt';
  readonly entry: LogEntry;
  readonly verdict: EntryVerdict;
}

/**
 * The verdict of every entry of `logs`, in the order of the logs as given and of their places in them. Nothing is written.
 * @throws FormatError TRUNCATED where the primary has no whole header.
 */
export function logVerdicts(file: string, primary: Uint8Array, logs: readonly LogFile[]): EntryWithVerdict[] {
  const base = parseBaseBlockIfAny(primary, file);
  const read = readLogs(logs);
  const isClean = base !== null && !base.isDirty;
  const header = base?.isChecksumRight ? base : null;
  const steps = isClean ? [] : chooseSteps(file, primary, header, read).steps;
  // What a reader replays where Windows would not.
  const newer = isClean || steps.length > 0 ? null : newerDirt(primary, header, read);
  const applied = new Set([...steps, ...(newer ? [newer] : [])].map((step) => step.entry));
  const verdicts: EntryWithVerdict[] = [];
  for (const source of read) {
    const { kind, name, entries, remnantOffsets } = source.log;
    if (kind !== 'hvle' && kind !== 'dirt') continue;
    const inTurn = countInTurn(source);
    for (const [index, entry] of entries.entries()) {
      const verdict = applied.has(entry) ? 'applied' : verdictOf(source, entry, index < inTurn, isClean, header);
      verdicts.push({ log: name, kind, entry, verdict });
    }
    for (const offset of remnantOffsets) {
      const entry = parseEntry(name, source.bytes, offset);
      verdicts.push({ log: name, kind, entry, verdict: entry.isWhole ? 'remnant' : 'broken' });
    }
  }
  return verdicts;
}

/** How many entries continue each other from the log's base block on; those behind them are of older rounds. */
function countInTurn({ log }: ReadLog): number {
  let expected = log.base?.primarySequence ?? 0;
  for (const [index, entry] of log.entries.entries()) {
    if (!entry.isWhole || entry.sequence !== expected) return index;
    expected = (expected + 1) >>> 0;
  }
  return log.entries.length;
}

function verdictOf(
  { log }: ReadLog,
  entry: LogEntry,
  isInTurn: boolean,
  isClean: boolean,
  header: BaseBlock | null,
): EntryVerdict {
  if (!entry.isWhole) return 'broken';
  if (!isInTurn) return 'remnant';
  if (isClean) return 'clean';
  const isStale =
    log.kind === 'dirt'
      ? header !== null && log.base!.lastWritten !== header.lastWritten
      : header !== null && isSequenceBefore(log.base!.primarySequence, header.secondarySequence);
  return isStale ? 'stale' : 'not-reached';
}
