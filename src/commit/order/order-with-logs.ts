// The order of writes that a hive's own logs cover: log, header dirty, pages, header clean.

import { bytesEqual } from '../../base/bytes.ts';
import { InternalError } from '../../base/errors.ts';
import type { LogOnDisk } from '../../hive/open.ts';
import {
  BASE_BLOCK_SIZE_BYTES,
  encodeBaseBlock,
  FILE_TYPE,
  HEADER_SIZE_BYTES,
  parseBaseBlock,
} from '../../regf/base-block.ts';
import { encodeDirtLog, encodeHvleLog, type PageData, parseLog } from '../../regf/logs/log.ts';
import { recover } from '../../regf/logs/recover.ts';
import { dirtFileType, dirtLog, mayApply } from './hive-logs.ts';
import { type HiveSteps, SECTOR_SIZE_BYTES } from './hive-steps.ts';
import { PAGE_SIZE_BYTES, range } from './page-runs.ts';

/** What is left to be written once the hive is clean. */
export interface Edited {
  readonly path: string;
  readonly steps: HiveSteps;
  /** As the steps so far leave them. */
  readonly logs: readonly LogOnDisk[];
  /** The file as it is then, with what lies beyond its bins. */
  readonly base: Uint8Array;
  /** Its first 512 bytes. */
  readonly header: Uint8Array;
  /** The image to leave. */
  readonly result: Uint8Array;
  /** Its first 512 bytes, with the sequence numbers that end the commit. */
  readonly cleanHeader: Uint8Array;
  /** S: one above every sequence number in the hive and its logs. */
  readonly sequence: number;
}

export interface Logged extends Edited {
  readonly protocol: 'hvle' | 'dirt';
  /** Runs of pages of the bins that a log must hold. */
  readonly runs: readonly (readonly [number, number])[];
}

/** Plans the stages `logs` to `clean-header`; InternalError where a replay of these logs would not yield the result. */
export function writeWithLogs(edited: Logged): void {
  const { path, steps, base, header, result, sequence, protocol, runs } = edited;
  const logs = writeLogs(edited, encodeLog(edited));
  // A DIRT log's bitmap is as long as the bins, and readers differ in whose size they take: both say the new one.
  const growth = protocol === 'dirt' ? { binsSizeBytes: result.byteLength - BASE_BLOCK_SIZE_BYTES } : {};
  const dirtyHeader = encodeBaseBlock(header, {
    primarySequence: sequence + 1,
    secondarySequence: sequence,
    ...growth,
  });
  steps.write('dirty-header', 0, header, dirtyHeader);
  for (const [start, end] of runs) {
    steps.write('pages', start, range(base, start, end), result.subarray(start, end));
  }
  steps.write('clean-header', 0, dirtyHeader, edited.cleanHeader);
  tryReplay(path, base, result, dirtyHeader, logs);
}

/** Whether every log that is to be written has room for the entry, for files that cannot grow. */
export function logsHoldEntry(edited: Logged): boolean {
  const sizeBytes = loggedSizeBytes(edited.protocol, encodeLog(edited));
  return ourLogs(edited).every(({ bytes }) => bytes.byteLength >= sizeBytes);
}

function ourLogs({ protocol, logs }: Logged): LogOnDisk[] {
  if (protocol === 'dirt') return [dirtLog(logs)];
  return logs.filter((log) => parseLog(log.name, log.bytes).kind === 'hvle');
}

function loggedSizeBytes(protocol: 'hvle' | 'dirt', written: Uint8Array): number {
  const step = protocol === 'hvle' ? PAGE_SIZE_BYTES : SECTOR_SIZE_BYTES;
  return Math.ceil(written.byteLength / step) * step;
}

/** The log or logs that make the next header's dirt harmless; gives all logs as they will be. */
function writeLogs(edited: Logged, written: Uint8Array): LogOnDisk[] {
  const { path, steps, logs, protocol, result } = edited;
  const stamp = protocol === 'dirt' ? parseBaseBlock(result, path).lastWritten : null;
  const ours = ourLogs(edited);
  const sizeBytes = loggedSizeBytes(protocol, written);
  return logs.map((log) => {
    if (ours.includes(log)) {
      return steps.writeLog('logs', log, written, Math.max(log.bytes.byteLength, sizeBytes));
    }
    return mayApply(log, stamp) ? steps.zeroLog('logs', log) : log;
  });
}

function encodeLog({ path, protocol, logs, result, cleanHeader, sequence, runs }: Logged): Uint8Array {
  const header = encodeBaseBlock(cleanHeader, {
    primarySequence: sequence,
    secondarySequence: sequence,
    fileType: protocol === 'hvle' ? FILE_TYPE.logHvle : dirtFileType(dirtLog(logs)),
  });
  const binsSizeBytes = result.byteLength - BASE_BLOCK_SIZE_BYTES;
  const pages: PageData[] = runs.map(([start, end]) => ({
    offset: start - BASE_BLOCK_SIZE_BYTES,
    bytes: result.subarray(start, end),
  }));
  if (protocol === 'dirt') return encodeDirtLog(header, binsSizeBytes, pages);
  const flags = (parseBaseBlock(header, path).flags ?? 0) & 1;
  const log = encodeHvleLog(header, { sequence, flags, binsSizeBytes, pages });
  // One zeroed sector ends the log: what older rounds left behind it can never continue it.
  return range(log, 0, log.byteLength + SECTOR_SIZE_BYTES);
}

/** Replays the logs as they will be over a header that is dirty and pages that are still old. */
function tryReplay(
  path: string,
  base: Uint8Array,
  result: Uint8Array,
  dirtyHeader: Uint8Array,
  logs: readonly LogOnDisk[],
): void {
  const cut = range(base, 0, Math.max(base.byteLength, result.byteLength)).slice();
  cut.set(dirtyHeader);
  const replayed = recover(path, cut, logs);
  const bins = (image: Uint8Array): Uint8Array => image.subarray(BASE_BLOCK_SIZE_BYTES);
  if (replayed.isUsable && bytesEqual(bins(replayed.image), bins(result))) return;
  throw new InternalError(`a replay of the logs planned for ${path} would not yield the result; nothing was written`);
}

/** The first 512 bytes of an image, with both sequence numbers set and the type of a primary. */
export function cleanHeaderOf(image: Uint8Array, sequence: number, stamp: bigint | null): Uint8Array {
  return encodeBaseBlock(image.subarray(0, HEADER_SIZE_BYTES), {
    primarySequence: sequence,
    secondarySequence: sequence,
    fileType: FILE_TYPE.primary,
    ...(stamp === null ? {} : { lastWritten: stamp }),
  });
}
