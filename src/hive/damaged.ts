// A damaged hive as it lies, with its logs: also where nothing of it can be read, which is said in one sentence.

import { FormatError } from '../base/errors.ts';
import { type Finding, remark } from '../base/finding.ts';
import { nameOfHost } from '../base/host-path.ts';
import { readWholeFile } from '../base/read-file.ts';
import { FILE_TYPE, parseBaseBlock } from '../regf/base-block.ts';
import { readLogs } from '../regf/logs/log-choice.ts';
import { oddLogFinding } from '../regf/logs/log-names.ts';
import { type LogFile, type Recovery, recover } from '../regf/logs/recover.ts';
import { type FileHost, logsOf } from './find.ts';
import type { LoadedHive } from './open.ts';
import type { HiveCopy } from './rebuild/sound-copy.ts';
import { transactionFiles } from './transactions.ts';

/** As LoadedHive, but its base block may be gone. */
export interface DamagedHive extends Omit<LoadedHive, 'recovery'> {
  /** Null: no base block can be read, in the file or in its logs. */
  readonly recovery: Recovery | null;
  /** Why none can be read; null where one can. */
  readonly problem: FormatError | null;
  /** What a rebuild begins with: recovered, where the logs complete it, else the whole file. */
  readonly image: Uint8Array;
  /** Of the file, of its logs, and of what lies beside it. */
  readonly findings: readonly Finding[];
}

/**
 * Reads a hive that may be damaged in any way; nothing is written.
 * @throws FormatError NOT_A_HIVE for a log, UNSUPPORTED_VERSION; as readWholeFile.
 */
export function loadDamaged(host: FileHost, name: string, path: string): DamagedHive {
  const original = readWholeFile(host.fs, path);
  const found = logsOf(host.fs, path, host.style);
  const logs = found.files.map((log) => ({
    path: log,
    name: nameOfHost(log, host.style),
    bytes: readWholeFile(host.fs, log),
  }));
  const { recovery, problem } = readCopy(path, original, logs);
  const isRecovered = recovery?.view === 'recovered';
  const findings = [
    ...found.odd.map(oddLogFinding),
    ...(recovery?.findings ?? []),
    ...(problem === null ? [] : [remark('BASE_BLOCK_LOST', 'error', path, problem.message)]),
    ...(recovery !== null && !recovery.wasDirty ? idleLogFindings(path, logs) : []),
    ...transactionFindings(host, path),
  ];
  const image = isRecovered ? recovery.image : original;
  return { name, path, original, logs, oddLogs: found.odd, recovery, problem, image, findings };
}

/** What is wrong with a file that cannot be anything, or null. */
function nothingIn(path: string, original: Uint8Array): string | null {
  if (original.byteLength === 0) return `${path} is empty (0 bytes), so no key is left in it`;
  if (original.every((byte) => byte === 0)) {
    return `${path} holds only zeros (${original.byteLength} bytes), so no key is left in it`;
  }
  return null;
}

/**
 * The bytes of a hive that may be damaged, with its own logs; `path` is what messages call it.
 * @throws FormatError NOT_A_HIVE for a log, UNSUPPORTED_VERSION.
 */
export function readCopy(path: string, original: Uint8Array, logs: readonly LogFile[]): Omit<HiveCopy, 'file'> {
  const nothing = nothingIn(path, original);
  if (nothing !== null) return { recovery: null, problem: new FormatError('NOT_A_HIVE', nothing) };
  try {
    return { recovery: recover(path, original, logs), problem: null };
  } catch (error) {
    if (!(error instanceof FormatError) || error.code === 'UNSUPPORTED_VERSION') throw error;
    if (isOfAnotherKind(original)) throw error;
    return { recovery: null, problem: error };
  }
}

/** A sound base block that is not a primary hive's: a log. */
function isOfAnotherKind(bytes: Uint8Array): boolean {
  try {
    const { isChecksumRight, fileType } = parseBaseBlock(bytes, 'the file');
    return isChecksumRight && fileType !== FILE_TYPE.primary;
  } catch {
    return false;
  }
}

/** Logs of a clean hive are not read, by us or by Windows: damage in them is none of the hive's. */
function idleLogFindings(path: string, logs: LoadedHive['logs']): Finding[] {
  return readLogs(logs)
    .filter(({ log }) => log.problem !== null)
    .map(({ log }) =>
      remark('BAD_LOG', 'info', path, `${log.problem}; the hive itself is clean, so that its logs are not read`),
    );
}

/** Named, and left alone unless their removal is asked for. */
function transactionFindings(host: FileHost, path: string): Finding[] {
  const names = transactionFiles(host, path).map((file) => nameOfHost(file, host.style));
  if (names.length === 0) return [];
  const are =
    names.length === 1 ? '1 file of registry transactions lies' : `${names.length} files of registry transactions lie`;
  const text = `${are} beside the hive (${names.join(', ')}): not part of it, and left alone unless --remove-transactions is given`;
  return [remark('TRANSACTION_FILES', 'info', path, text)];
}
