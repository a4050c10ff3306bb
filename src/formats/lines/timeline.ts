// Timelines: when keys were last written, and what each log entry wrote, for Timesketch and for mactime (bodyfile).

import { printable, printableJson } from '../../base/text.ts';
import { filetimeToIso } from '../../base/time.ts';
import { formatKeyPath } from '../../registry/path.ts';

/** One moment of a hive's history. */
export interface TimelineEvent {
  readonly source: string;
  /** FILETIME. */
  readonly at: bigint;
  readonly path: readonly string[];
  /** What happened, in a few words: 'Registry key last written', 'Log entry 12 of SYSTEM.LOG1'. */
  readonly what: string;
  /** Of the nk cell, from the first bin; null where there is none. */
  readonly cellOffset: number | null;
  /** What is told besides: names of values. */
  readonly detail: string;
}

export const KEY_WRITTEN = 'Registry key last written';

const UNIX_EPOCH_FILETIME = 116_444_736_000_000_000n;

/**
 * A line of Timesketch's JSON lines: message, datetime (ISO 8601 with microseconds), timestamp (microseconds since
 * 1970), timestamp_desc. Null for a time that is none (zero, or past what microseconds can count): it would be refused.
 */
export function timesketchLine(event: TimelineEvent): string | null {
  const iso = filetimeToIso(event.at);
  if (iso === null || event.at === 0n) return null;
  const timestamp = Number((event.at - UNIX_EPOCH_FILETIME) / 10n);
  if (!Number.isSafeInteger(timestamp)) return null;
  const path = formatKeyPath(event.path);
  const line = {
    message: `[${path === '' ? '\\' : path}]${event.detail === '' ? '' : ` ${event.detail}`}`,
    datetime: `${iso.slice(0, 26)}+00:00`,
    timestamp,
    timestamp_desc: event.what,
    data_type: 'windows:registry:key_value',
    key_path: path,
    source_file: event.source,
    cell_offset: event.cellOffset,
  };
  return `${printableJson(JSON.stringify(line))}\n`;
}

/**
 * A line of a bodyfile (version 3): MD5|name|inode|mode|UID|GID|size|atime|mtime|ctime|crtime, the time as mtime in
 * whole seconds since 1970; what is not known is 0. Null for a time before 1970, which mactime cannot show.
 */
export function bodyfileLine(event: TimelineEvent): string | null {
  const seconds = (event.at - UNIX_EPOCH_FILETIME) / 10_000_000n;
  if (seconds < 0n) return null;
  const path = formatKeyPath(event.path);
  const what = event.what === KEY_WRITTEN ? '' : ` (${event.what})`;
  const name = `[${event.source}] ${path === '' ? '\\' : path}${what}`.replaceAll(/[|\u0000-\u001f]/g, escapedUnit);
  return `0|${printable(name)}|${event.cellOffset ?? 0}|0|0|0|0|0|${seconds}|0|0\n`;
}

function escapedUnit(unit: string): string {
  return `\\x${unit.charCodeAt(0).toString(16).padStart(2, '0')}`;
}
