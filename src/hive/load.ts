// Load: a hive file and its logs from the disk, recovered in memory, read by the engine or, where that cannot, by the
// verifier. Nothing here writes.

import { bytesEqual } from '../base/bytes.ts';
import { EngineError, FormatError, RefusedError, UsageError } from '../base/errors.ts';
import type { Finding } from '../base/finding.ts';
import { readWholeFile } from '../base/read-file.ts';
import type { ReadFs } from '../base/read-fs.ts';
import type { LogOnDisk } from '../commit/request.ts';
import { logsOf } from '../disk/locate.ts';
import type { PathStyle } from '../disk/windows-path.ts';
import { HiveHandle } from '../engine/handle.ts';
import type { Engine } from '../engine/module.ts';
import { oddLogFinding } from '../regf/logs/log-names.ts';
import type { Recovery } from '../regf/logs/recover.ts';
import { recover } from '../regf/logs/recover.ts';
import type { Hive } from '../registry/hive.ts';
import { openEngineHive } from '../registry/readers/engine-hive.ts';
import { openVerifierHive, type VerifierHive } from '../registry/readers/verifier-hive.ts';
import { WorkingHive } from '../registry/working/working-hive.ts';

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
  /**
   * The image for editing. Where `hive` has it open in the engine, that handle is given away, and `hive` and its keys
   * open another when they are read again: most are not, and a second copy of a large hive is saved.
   * @throws as WorkingHive.open.
   */
  edit(): WorkingHive;
  close(): void;
}

export interface LoadHost {
  readonly fs: ReadFs;
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
    edit: () => {
      const handle = opened?.take() ?? null;
      return handle ? WorkingHive.over(name, handle, recovery.view) : WorkingHive.open(host.engine, name, recovery);
    },
    close: () => {
      opened?.close();
      opened = null;
    },
  };
}

/** @throws RefusedError CHANGED_ON_DISK where the file holds other bytes by now than were loaded */
export function refuseRewritten({ fs }: Pick<LoadHost, 'fs'>, { path, original }: LoadedHive): void {
  if (bytesEqual(readWholeFile(fs, path), original)) return;
  throw new RefusedError('CHANGED_ON_DISK', `${path} was being written while it was read, so nothing was written`, {
    hint: 'run the command again: it starts from what is there now',
    data: { path },
  });
}

interface OpenedReader {
  readonly hive: Hive;
  readonly findings: readonly Finding[];
  /** Null while the engine reads. */
  verifier(): VerifierHive | null;
  /** The engine's handle, which is then the caller's; null where there is none that reads. */
  take(): HiveHandle | null;
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
  const common = { findings, verifier: () => verifier };
  try {
    const handle = new LentHandle(() => HiveHandle.open(engine, recovery.image));
    const hive = openEngineHive(
      name,
      () => handle.get(),
      recovery.view,
      (damage) => byVerifier(damage.message),
    );
    const close = (): void => {
      hive.expire();
      handle.close();
    };
    return { ...common, hive, take: () => (verifier === null ? handle.take() : null), close };
  } catch (error) {
    if (!(error instanceof FormatError || error instanceof EngineError || error instanceof RefusedError)) throw error;
    return { ...common, hive: byVerifier(error.message), take: () => null, close: () => {} };
  }
}

/** A handle that may be given away; who asks for it afterwards gets another. */
class LentHandle {
  private readonly open: () => HiveHandle;
  private handle: HiveHandle | null = null;
  private isClosed = false;

  constructor(open: () => HiveHandle) {
    this.open = open;
  }

  get(): HiveHandle {
    if (this.isClosed) throw new UsageError('BAD_ARGUMENT', 'this hive is closed, expected an open one');
    this.handle ??= this.open();
    return this.handle;
  }

  take(): HiveHandle | null {
    const { handle } = this;
    this.handle = null;
    return handle;
  }

  close(): void {
    this.handle?.close();
    this.isClosed = true;
  }
}

/** The verifier remarks on a damaged record each time that it is read. */
function distinct(findings: readonly Finding[]): Finding[] {
  return [...new Map(findings.map((one) => [`${one.code} ${one.where.offset} ${one.where.key}`, one])).values()];
}

function baseName(path: string): string {
  return path.slice(Math.max(path.lastIndexOf('/'), path.lastIndexOf('\\')) + 1);
}
