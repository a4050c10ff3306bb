// Hives for reading alone: opened for reading, recovered in memory, read by the verifier, which takes what is damaged.

import { NotFoundError } from '../base/errors.ts';
import type { Finding } from '../base/finding.ts';
import { append } from '../base/lists.ts';
import { openForReading, readWholeFile } from '../base/read-file.ts';
import type { ReadFs } from '../base/read-fs.ts';
import { DATA_NAME, MANIFEST_NAME } from '../commit/journal/journal.ts';
import { logsOf } from '../disk/locate.ts';
import { joinHost, nameOfHost, type PathStyle } from '../disk/windows-path.ts';
import type { Engine } from '../engine/module.ts';
import { type HiveKind, hiveKind } from '../formats/kind.ts';
import { type BaseBlock, FILE_TYPE, HEADER_SIZE_BYTES, parseBaseBlock } from '../regf/base-block.ts';
import { oddLogFinding } from '../regf/logs/log-names.ts';
import { type LogFile, type Recovery, recover } from '../regf/logs/recover.ts';
import { openVerifierHive, type VerifierHive } from '../registry/readers/verifier-hive.ts';

export interface ReadHost {
  readonly fs: ReadFs;
  readonly style: PathStyle;
  /** Makes exports several times as fast; without it they are the same. */
  readonly engine?: Engine;
}

export interface SourceOptions {
  /** The primary as it lies: no log is replayed. */
  readonly isRaw?: boolean;
  /** Host paths of the logs, instead of those beside the hive. */
  readonly logs?: readonly string[];
}

export interface LogSource extends LogFile {
  readonly path: string;
}

/** A hive that was read; nothing is held open. */
export interface HiveSource {
  readonly path: string;
  readonly original: Uint8Array;
  /** All that were found, also those that are not replayed. */
  readonly logs: readonly LogSource[];
  readonly recovery: Recovery;
  readonly hive: VerifierHive;
  readonly kind: HiveKind;
  /** What was remarked so far: of the logs, and of the damage that reading has met. */
  findings(): readonly Finding[];
}

/**
 * Reads a hive and its logs. Damage is a finding where anything can be read.
 * @throws NotFoundError FILE_NOT_FOUND; RefusedError NO_RIGHTS, IN_USE, LIMIT; FormatError NOT_A_HIVE, TRUNCATED (no bin is
 *   there), BAD_CELL (no root key), UNSUPPORTED_VERSION.
 */
export function openSource(host: ReadHost, path: string, options: SourceOptions = {}): HiveSource {
  return sourceOf(host, path, readWholeFile(host.fs, path), options);
}

/** As openSource, of a file's bytes that were read already. */
export function sourceOf(host: ReadHost, path: string, original: Uint8Array, options: SourceOptions): HiveSource {
  const found = options.logs ? { files: options.logs, odd: [] } : logsOf(host.fs, path, host.style);
  const logs = found.files.map((logPath) => ({
    path: logPath,
    name: nameOfHost(logPath, host.style),
    bytes: readWholeFile(host.fs, logPath),
  }));
  const recovery = recoverView(path, original, logs, options.isRaw ?? false);
  const name = nameOfHost(path, host.style);
  const hive = openVerifierHive(name, recovery.image, path, recovery.view);
  return {
    path,
    original,
    logs,
    recovery,
    hive,
    kind: hiveKind(hive),
    findings: () => distinct([...found.odd.map(oddLogFinding), ...recovery.findings, ...hive.tree.findings]),
  };
}

/** Without its logs, where that was asked for, a dirty hive is no surprise. */
function recoverView(path: string, original: Uint8Array, logs: readonly LogFile[], isRaw: boolean): Recovery {
  const recovery = recover(path, original, isRaw ? [] : logs);
  if (!isRaw || !recovery.wasDirty) return recovery;
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

/** A hive of a folder, with the logs that are its own. */
export interface FoundHive {
  readonly path: string;
  readonly logs: readonly string[];
}

interface Header {
  readonly path: string;
  readonly name: string;
  readonly base: BaseBlock;
}

/**
 * The hives in `folder` and below, found by their first bytes, in the order of their names; links are not followed, and
 * journals of hivemend and folders that may not be read are passed by. Logs are found by name, and those that have lost
 * theirs by their header.
 * @throws NotFoundError FILE_NOT_FOUND where `folder` is none.
 */
export function findHives(host: ReadHost, folder: string): FoundHive[] {
  const found: FoundHive[] = [];
  const pending = [folder];
  for (let next = pending.pop(); next !== undefined; next = pending.pop()) {
    const names = namesOf(host, next, next === folder);
    if (isJournal(names)) continue;
    const headers: Header[] = [];
    const below: string[] = [];
    for (const name of names) {
      const path = joinHost(next, name, host.style);
      const kind = kindOfFile(host, path);
      if (kind === 'folder') below.push(path);
      const base = kind === 'file' ? readHeader(host, path) : null;
      if (base !== null) headers.push({ path, name, base });
    }
    append(found, pairLogs(host, headers));
    append(pending, below.toReversed());
  }
  return found;
}

/** What a commit keeps begins with the first bytes of a hive, and is none. */
function isJournal(names: readonly string[]): boolean {
  return names.includes(DATA_NAME) && names.includes(MANIFEST_NAME);
}

/** Whether `path` is a folder; links count as what they point at, since a person named them. */
export function isFolder(host: ReadHost, path: string): boolean {
  const fd = openForReading(host.fs, path);
  try {
    return host.fs.fstatSync(fd).isDirectory();
  } finally {
    host.fs.closeSync(fd);
  }
}

function namesOf(host: ReadHost, folder: string, isFirst: boolean): string[] {
  try {
    return host.fs.readdirSync(folder).sort();
  } catch (error) {
    if (isFirst) throw new NotFoundError('FILE_NOT_FOUND', `${folder} cannot be listed`, { cause: error });
    return [];
  }
}

function kindOfFile(host: ReadHost, path: string): 'file' | 'folder' | null {
  try {
    const stat = host.fs.lstatSync(path);
    if (stat.isDirectory()) return 'folder';
    return stat.isFile() && stat.size >= HEADER_SIZE_BYTES ? 'file' : null;
  } catch {
    return null;
  }
}

/** The base block of a hive or log; null for any other file and for what may not be read. */
function readHeader(host: ReadHost, path: string): BaseBlock | null {
  const bytes = new Uint8Array(HEADER_SIZE_BYTES);
  try {
    const fd = openForReading(host.fs, path);
    try {
      if (host.fs.readSync(fd, bytes, 0, bytes.byteLength, 0) < bytes.byteLength) return null;
    } finally {
      host.fs.closeSync(fd);
    }
    return parseBaseBlock(bytes, path);
  } catch {
    return null;
  }
}

const LOG_TYPES: readonly number[] = [FILE_TYPE.log, FILE_TYPE.logWindows2000, FILE_TYPE.logHvle];

/** What is neither a log's number nor a hive's is damaged: reading it as a hive says how. */
function isPrimary(header: Header): boolean {
  return !LOG_TYPES.includes(header.base.fileType);
}

function pairLogs(host: ReadHost, headers: readonly Header[]): FoundHive[] {
  const hives = headers.filter(isPrimary);
  const logs = headers.filter((header) => !isPrimary(header));
  const byName = new Map(hives.map((hive) => [hive.path, logsOf(host.fs, hive.path, host.style).files]));
  const named = new Set([...byName.values()].flat());
  const lost = logs.filter((log) => !named.has(log.path));
  return hives.map((hive) => {
    const own = byName.get(hive.path) ?? [];
    if (own.length > 0) return { path: hive.path, logs: own };
    const others = hives.filter((other) => other !== hive && isOfSameHive(other.base, hive.base));
    // Two hives with one header: whose the log is cannot be told, and a wrong log destroys what it is replayed into.
    const matching = others.length > 0 ? [] : lost.filter((log) => isOfSameHive(log.base, hive.base));
    return { path: hive.path, logs: matching.map((log) => log.path) };
  });
}

/** A log's base block is a copy of its hive's: the name in it, the root's place and the version stay what they are. */
function isOfSameHive(a: BaseBlock, b: BaseBlock): boolean {
  return (
    a.fileName !== '' &&
    a.fileName === b.fileName &&
    a.rootCellOffset === b.rootCellOffset &&
    a.minorVersion === b.minorVersion
  );
}
