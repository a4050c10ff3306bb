// What a hive remembers: when its keys were last written, and what can still be read of deleted ones.

import { printable } from '../../base/text.ts';
import { type DeletedRecord, deletedIn, filetimeToIso, type HiveFile, type HiveKey, typeName } from '../../hive.ts';
import type { Bar, Deleted, Range, Times } from './calls.ts';
import { hexOf } from './keys.ts';
import type { Job } from './slices.ts';

const BARS = 60;
const MOST_KEYS = 200;
const MOST_RECORDS = 500;
const MOST_BYTES = 64;

/** Of the keys of a range, or of all; null where none has a time. @throws Stopped */
export async function times(hive: HiveFile, range: Range | null, job: Job): Promise<Times | null> {
  const stamps: bigint[] = [];
  let latest: HiveKey[] = [];
  let earliestKept = 0n;
  await job.inSlices(hive.walk(), (key) => {
    const { filetime } = key;
    if (filetime === 0n || (range !== null && (filetime < range.from || filetime >= range.until))) return true;
    stamps.push(filetime);
    if (filetime < earliestKept) return true;
    latest.push(key);
    if (latest.length < 2 * MOST_KEYS) return true;
    latest = latestOf(latest);
    earliestKept = latest.at(-1)!.filetime;
    return true;
  });
  if (stamps.length === 0) return null;
  const ends = range ?? endsOf(stamps);
  const listed = latestOf(latest).map(({ filetime, names }) => ({ filetime, names }));
  return { ...ends, count: stamps.length, bars: barsOf(stamps, ends), latest: listed };
}

const latestOf = (keys: readonly HiveKey[]): HiveKey[] =>
  keys.toSorted((a, b) => (a.filetime < b.filetime ? 1 : a.filetime > b.filetime ? -1 : 0)).slice(0, MOST_KEYS);

function endsOf(stamps: readonly bigint[]): Range {
  let from = stamps[0]!;
  let last = from;
  for (const stamp of stamps) {
    if (stamp < from) from = stamp;
    if (stamp > last) last = stamp;
  }
  return { from, until: last + 1n };
}

function barsOf(stamps: readonly bigint[], { from, until }: Range): Bar[] {
  const width = (until - from) / BigInt(BARS) + 1n;
  const counts = new Array<number>(BARS).fill(0);
  for (const stamp of stamps) counts[Number((stamp - from) / width)]! += 1;
  return counts.map((count, i) => ({ count, from: from + BigInt(i) * width, until: from + BigInt(i + 1) * width }));
}

export function deleted(hive: HiveFile): Deleted {
  const records = deletedIn(hive);
  return { count: records.length, rows: records.slice(0, MOST_RECORDS).map(rowOf) };
}

function rowOf(record: DeletedRecord): string[] {
  const cells =
    record.kind === 'key'
      ? [
          'key',
          `${record.isPathWhole ? '' : '…\\'}${record.path.join('\\')}`,
          filetimeToIso(record.lastWritten) ?? 'beyond 9999',
        ]
      : [
          `value, ${typeName(record.type) ?? `0x${record.type.toString(16)}`}`,
          `${record.key === null ? '…' : record.key.join('\\')}\\${record.name || '(Default)'}`,
          record.data === null ? 'overwritten' : hexOf(record.data.subarray(0, MOST_BYTES), ' '),
        ];
  return [record.confidence, ...cells.map(printable)];
}
