// Load: a hive file and its logs from the disk, recovered in memory, read by the engine or, where that cannot, by the
// verifier. Nothing here writes.

import { EngineError, FormatError, RefusedError } from './base/errors.ts';
import type { Finding } from './base/finding.ts';
import type { HostFs } from './base/host-fs.ts';
import { oddLogFinding } from './base/log-names.ts';
import type { LogOnDisk } from './commit/request.ts';
import { logsOf } from './disk/locate.ts';
import { readWholeFile } from './disk/read-file.ts';
import type { PathStyle } from './disk/windows-path.ts';
import { HiveHandle } from './engine/hive-handle.ts';
import type { Engine } from './engine/module.ts';
import type { Recovery } from './regf/recover.ts';
import { recover } from './regf/recover.ts';
import { openEngineHive } from './registry/engine-hive.ts';
import type { Hive } from './registry/hive.ts';
import { openVerifierHive, type VerifierHive } from './registry/verifier-hive.ts';

/** A hive as it was found: the whole file, its logs, and what recovery made of them. */
export interface LoadedHive {
  /** What KeyPath.hive calls it. */
  readonly name: string;
  readonly path: string;
  /** The whole file; not written. */
  readonly original: Uint8Array;
  readonly logs: readonly LogOnDisk[];
  /** Paths that bear a log's name and are no files: the hive is read without them, and not written. */
  readonly oddLogs: readonly string[];
  readonly recovery: Recovery;
  /** What recovery, opening and, of a damaged hive, reading have remarked so far. */
  readonly findings: readonly Finding[];
  /** Those of `findings` that are about records which cannot be read; they come while a damaged hive is read. */
  readonly damage: readonly Finding[];
  /** Reads the recovered image; opened when it is first asked for, valid until `close`. */
  readonly hive: Hive;
  close(): void;
}

export interface LoadHost {
  readonly fs: HostFs;
  readonly engine: Engine;
  readonly style: PathStyle;
}

/**
 * Reads a hive with its logs and recovers it in memory.
 * @throws NotFoundError FILE_NOT_FOUND; RefusedError NO_RIGHTS, IN_USE; FormatError NOT_A_HIVE, TRUNCATED,
 *   UNSUPPORTED_VERSION.
 */
export function loadHive(host: LoadHost, name: string, path: string): LoadedHive {
  const original = readWholeFile(host.fs, path);
  const found = logsOf(host.fs, path, host.style);
  const logs = found.files.map((logPath) => ({
    name: baseName(logPath),
    path: logPath,
    bytes: readWholeFile(host.fs, logPath),
  }));
  return loadBytes(host, name, path, original, logs, found.odd);
}

/** As loadHive, of bytes that were read already; `path` names them in messages. */
export function loadBytes(
  host: Pick<LoadHost, 'engine'>,
  name: string,
  path: string,
  original: Uint8Array,
  logs: readonly LogOnDisk[],
  oddLogs: readonly string[] = [],
): LoadedHive {
  const recovery = recover(path, original, logs);
  let opened: OpenedReader | null = null;
  const reader = (): OpenedReader => {
    opened ??= openReader(host.engine, name, path, recovery);
    return opened;
  };
  return {
    name,
    path,
    original,
    logs,
    oddLogs,
    recovery,
    get findings() {
      return [...oddLogs.map(oddLogFinding), ...recovery.findings, ...(opened?.findings ?? []), ...this.damage];
    },
    get damage() {
      return distinct(opened?.verifier()?.tree.findings ?? []);
    },
    get hive() {
      return reader().hive;
    },
    close: () => {
      opened?.close();
      opened = null;
    },
  };
}

interface OpenedReader {
  readonly hive: Hive;
  readonly findings: readonly Finding[];
  /** Null while the engine reads. */
  verifier(): VerifierHive | null;
  close(): void;
}

function openReader(engine: Engine, name: string, path: string, recovery: Recovery): OpenedReader {
  let verifier: VerifierHive | null = null;
  const findings: Finding[] = [];
  const byVerifier = (cause: string): VerifierHive => {
    verifier = openVerifierHive(name, recovery.image, path, recovery.view);
    findings.push({
      code: 'READ_BY_VERIFIER',
      severity: 'warning',
      where: { file: path },
      text: `the engine cannot read this hive (${cause}), so it is read by the verifier alone and cannot be edited`,
    });
    return verifier;
  };
  const reader = (hive: Hive, close: () => void): OpenedReader => ({
    hive,
    findings,
    verifier: () => verifier,
    close,
  });
  try {
    const handle = HiveHandle.open(engine, recovery.image);
    const hive = openEngineHive(name, handle, recovery.view, (damage) => byVerifier(damage.message));
    return reader(hive, () => {
      hive.expire();
      handle.close();
    });
  } catch (error) {
    if (!(error instanceof FormatError || error instanceof EngineError || error instanceof RefusedError)) throw error;
    return reader(byVerifier(error.message), () => {});
  }
}

/** The verifier remarks on a damaged record each time that it is read. */
function distinct(findings: readonly Finding[]): Finding[] {
  return [...new Map(findings.map((one) => [`${one.code} ${one.where.offset} ${one.where.key}`, one])).values()];
}

function baseName(path: string): string {
  return path.slice(Math.max(path.lastIndexOf('/'), path.lastIndexOf('\\')) + 1);
}
