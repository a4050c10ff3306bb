// The one door to a hive: its file and its logs are read and recovered in memory. Whoever only reads gets a HiveSource,
// which the verifier serves; whoever may edit gets an OpenHive. Nothing here writes.

import { bytesEqual } from '../base/bytes.ts';
import { RefusedError } from '../base/errors.ts';
import type { Finding } from '../base/finding.ts';
import { nameOfHost } from '../base/host-path.ts';
import { namedEntry } from '../base/open-entry.ts';
import { pathWord } from '../base/quote.ts';
import { fileHolds, readWholeFile } from '../base/read-file.ts';
import { waysOn } from '../base/ways.ts';
import type { Engine } from '../engine/module.ts';
import { oddLogFinding } from '../regf/logs/log-names.ts';
import { type LogFile, type Recovery, recover } from '../regf/logs/recover.ts';
import { recoverToRead } from '../regf/logs/recover-to-read.ts';
import type { Change } from '../registry/edit.ts';
import type { Hive } from '../registry/hive.ts';
import { openVerifierHive, type VerifierHive } from '../registry/readers/verifier-hive.ts';
import { WorkingHive } from '../registry/working/working-hive.ts';
import { type FileHost, logsOf } from './find.ts';
import { HiveReader } from './reader.ts';

export interface ReadHost extends FileHost {
  /** Makes exports several times as fast; without it they are the same. */
  readonly engine?: Engine;
}

export interface LoadHost extends FileHost {
  readonly engine: Engine;
}

export interface SourceOptions {
  /** The primary as it lies: no log is replayed. */
  readonly isRaw?: boolean;
  /** Host paths of the logs, instead of those beside the hive. */
  readonly logs?: readonly string[];
}

/** A log as it was loaded, and where it lies. `name` ends in .LOG, .LOG1 or .LOG2, whatever the case. */
export interface LogOnDisk extends LogFile {
  readonly path: string;
}

/** A hive as it was found: the whole file, its logs, and what recovery made of them. */
export interface LoadedHive {
  /** What KeyPath.hive calls it. */
  readonly name: string;
  readonly path: string;
  /** The whole file; not written. */
  readonly original: Uint8Array;
  /** All that were found, also those that are not replayed. */
  readonly logs: readonly LogOnDisk[];
  /** Paths that bear a log's name and are no files: the hive is read without them, and not written. */
  readonly oddLogs: readonly string[];
  readonly recovery: Recovery;
}

/** A hive for reading alone, by the verifier, which takes what is damaged; nothing is held open. */
export interface HiveSource extends LoadedHive {
  readonly hive: VerifierHive;
  /** What was remarked so far: of the logs, and of the damage that reading has met. */
  findings(): readonly Finding[];
}

/**
 * Reads a hive and its logs. Damage is a finding where anything can be read.
 * @throws NotFoundError FILE_NOT_FOUND; RefusedError NO_RIGHTS, IN_USE, LIMIT; FormatError NOT_A_HIVE, TRUNCATED (no bin is
 *   there), BAD_CELL (no root key), UNSUPPORTED_VERSION.
 */
export function openSource(host: FileHost, path: string, options: SourceOptions = {}): HiveSource {
  return sourceOf(host, path, readWholeFile(host.fs, path), options);
}

/** As openSource, of a file's bytes that were read already. */
export function sourceOf(host: FileHost, path: string, original: Uint8Array, options: SourceOptions): HiveSource {
  const loaded = load(host, nameOfHost(path, host.style), path, original, options, recoverToRead);
  const { name, recovery } = loaded;
  const hive = openVerifierHive(name, recovery.image, path, recovery.view);
  return {
    ...loaded,
    hive,
    findings: () => distinct([...loaded.oddLogs.map(oddLogFinding), ...recovery.findings, ...hive.tree.findings]),
  };
}

/**
 * Opens a hive that may be edited in memory.
 * @throws NotFoundError FILE_NOT_FOUND; RefusedError NO_RIGHTS, IN_USE; FormatError NOT_A_HIVE, TRUNCATED,
 *   UNSUPPORTED_VERSION.
 */
export function openHive(host: LoadHost, name: string, path: string): OpenHive {
  return new OpenHive(host.engine, load(host, name, path, readWholeFile(host.fs, path), {}, recover));
}

/** As openHive, of bytes that were read already; `path` names them in messages. */
export function openHiveBytes(
  engine: Engine,
  name: string,
  path: string,
  original: Uint8Array,
  logs: readonly LogOnDisk[],
): OpenHive {
  return new OpenHive(engine, { name, path, original, logs, oddLogs: [], recovery: recover(path, original, logs) });
}

/** @throws RefusedError CHANGED_ON_DISK where the file holds other bytes by now than were loaded */
export function refuseRewritten({ fs }: Pick<FileHost, 'fs'>, { path, original }: LoadedHive): void {
  if (fileHolds(fs, path, original)) return;
  throw new RefusedError('CHANGED_ON_DISK', `${path} was being written while it was read, so nothing was written`, {
    hint: 'run the command again: it starts from what is there now',
    data: { path },
  });
}

/** A hive that may be edited; `close` frees the engine's memory. */
export class OpenHive implements LoadedHive {
  readonly name: string;
  readonly path: string;
  readonly original: Uint8Array;
  readonly logs: readonly LogOnDisk[];
  readonly oddLogs: readonly string[];
  readonly recovery: Recovery;
  readonly engine: Engine;
  private reader: HiveReader | null = null;
  private copy: WorkingHive | null = null;
  /** The image after so many changes: what is proven is what is committed, and it is copied out once. */
  private result: { readonly image: Uint8Array; readonly changeCount: number } | null = null;

  constructor(engine: Engine, { name, path, original, logs, oddLogs, recovery }: LoadedHive) {
    this.engine = engine;
    this.name = name;
    this.path = path;
    this.original = original;
    this.logs = logs;
    this.oddLogs = oddLogs;
    this.recovery = recovery;
  }

  /** What recovery, opening and, of a damaged hive, reading have remarked so far. */
  get findings(): readonly Finding[] {
    const opening = this.reader?.findings ?? [];
    return [...this.oddLogs.map(oddLogFinding), ...this.recovery.findings, ...opening, ...this.damage];
  }

  /** Those of `findings` that are about records which cannot be read; they come while a damaged hive is read. */
  get damage(): readonly Finding[] {
    return distinct(this.reader?.verifier()?.tree.findings ?? []);
  }

  /** Reads what was loaded; opened when it is first asked for, valid until `close`. */
  get loaded(): Hive {
    return this.opened.hive;
  }

  private get opened(): HiveReader {
    this.reader ??= new HiveReader(this.engine, this.name, this.path, this.recovery);
    return this.reader;
  }

  /** What is in it now, edits included. */
  get hive(): Hive {
    return this.copy?.hive ?? this.loaded;
  }

  /** In the order in which they were made. */
  get changes(): readonly Change[] {
    return this.copy?.changes ?? [];
  }

  get isEdited(): boolean {
    return this.changes.length > 0;
  }

  /**
   * The hive as a copy that can be edited in memory. Where the engine has it open for reading, that handle is given away,
   * and `loaded` and its keys open another when they are read again: most are not, and a second copy of a large hive is
   * saved.
   * @throws RefusedError DIRTY_HIVE when its logs cannot recover it and that is not accepted, DAMAGED_HIVE where the engine
   *   opens it but cannot read every record; as WorkingHive.open.
   */
  edit(acceptDirty: boolean): WorkingHive {
    if (!this.recovery.isUsable && !acceptDirty) {
      throw new RefusedError(
        'DIRTY_HIVE',
        `${this.path} was not written out when Windows stopped, and no transaction log beside it can complete it`,
        { hint: 'find its .LOG1 and .LOG2, or accept the loss of the last changes with --accept-dirty' },
      );
    }
    if (this.copy === null) {
      const { problem } = this.opened;
      const handle = this.opened.take();
      const copy = handle
        ? WorkingHive.over(this.name, handle, this.recovery.view)
        : WorkingHive.open(this.engine, this.name, this.recovery);
      if (problem !== null) {
        copy.close();
        throw damagedHive(this.path, problem);
      }
      this.copy = copy;
    }
    return this.copy;
  }

  /** The image with all edits; not to be written. */
  image(): Uint8Array {
    if (this.copy === null) return this.recovery.image;
    const changeCount = this.changes.length;
    if (this.result?.changeCount !== changeCount) this.result = { image: this.copy.image(), changeCount };
    return this.result.image;
  }

  /**
   * Whether `image` is what `image()` gave, with no byte changed by anybody since: the engine has a copy of its own. Nor
   * may what recovery made for the first stage of a commit have changed.
   */
  holds(image: Uint8Array): boolean {
    if (this.image() !== image || !this.copy?.holds(image)) return false;
    const { wasDirty, image: recovered } = this.recovery;
    return !wasDirty || bytesEqual(recover(this.path, this.original, this.logs).image, recovered);
  }

  /** The engine opens the image that it made; keys and values that were given out stay good. @throws as HiveHandle.open */
  reopen(): void {
    const image = this.image();
    this.copy?.reopen(this.engine, image);
  }

  close(): void {
    this.copy?.close();
    this.copy = null;
    this.reader?.close();
    this.reader = null;
  }
}

/** What is not read whole is not edited: what an edit would meet there is not known. */
function damagedHive(path: string, problem: string): RefusedError {
  return new RefusedError(
    'DAMAGED_HIVE',
    `${path} is damaged, so it is not edited: ${problem}`,
    waysOn(
      [{ why: 'See how it would be rebuilt first:', commands: [`hivemend rebuild ${pathWord(path)} --dry-run`] }],
      {
        path,
      },
    ),
  );
}

function load(
  host: FileHost,
  name: string,
  path: string,
  original: Uint8Array,
  options: SourceOptions,
  way: typeof recover,
): LoadedHive {
  const named = options.logs?.map((log) => namedEntry(host.fs, log));
  const found = named ? { files: named, odd: [] } : logsOf(host.fs, path, host.style);
  const logs = found.files.map((logPath) => ({
    path: logPath,
    name: nameOfHost(logPath, host.style),
    bytes: readWholeFile(host.fs, logPath),
  }));
  const recovery = options.isRaw ? rawView(way(path, original, []), path) : way(path, original, logs);
  return { name, path, original, logs, oddLogs: found.odd, recovery };
}

/** Without its logs, where that was asked for, a dirty hive is no surprise. */
function rawView(recovery: Recovery, path: string): Recovery {
  if (!recovery.wasDirty) return recovery;
  const findings = recovery.findings.filter((finding) => finding.code !== 'DIRTY_WITHOUT_LOGS');
  return { ...recovery, findings: [...findings, rawFinding(path)] };
}

function rawFinding(path: string): Finding {
  return {
    code: 'RAW_VIEW',
    severity: 'info',
    where: { file: path },
    text: 'the hive was not written out, and is shown as it lies because that was asked for: no log was replayed',
  };
}

/** Damage is met each time that its place is read. */
function distinct(findings: readonly Finding[]): readonly Finding[] {
  return [...new Map(findings.map((finding) => [JSON.stringify(finding), finding])).values()];
}
