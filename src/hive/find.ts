// Which files are hives, and which logs are a hive's: told by names and by first bytes. Reads only.

import { NotFoundError } from '../base/errors.ts';
import { folderOfHost, joinHost, nameOfHost, type PathStyle } from '../base/host-path.ts';
import { append } from '../base/lists.ts';
import { namedEntry } from '../base/open-entry.ts';
import { openForReading } from '../base/read-file.ts';
import { namesIn, statOf } from '../base/read-folder.ts';
import type { ReadFs } from '../base/read-fs.ts';
import { type BaseBlock, FILE_TYPE, HEADER_SIZE_BYTES, parseBaseBlock } from '../regf/base-block.ts';
import { logNamesOf } from '../regf/logs/log-names.ts';

/** Where files are read. */
export interface FileHost {
  readonly fs: ReadFs;
  readonly style: PathStyle;
}

/** Host paths of what bears the name of a log beside a hive file, in the order .LOG, .LOG1, .LOG2. */
export interface LogsFound {
  readonly files: readonly string[];
  /** Links, folders and the like: nothing that Windows could replay. */
  readonly odd: readonly string[];
}

export function logsOf(fs: ReadFs, hivePath: string, style: PathStyle = 'posix'): LogsFound {
  const folder = folderOfHost(hivePath, style);
  const names = logNamesOf(nameOfHost(hivePath, style), namesIn(fs, folder));
  const paths = names.map((name) => joinHost(folder, name, style));
  const isFile = (path: string): boolean => statOf(fs, path)?.isFile() ?? false;
  return { files: paths.filter(isFile), odd: paths.filter((path) => !isFile(path)) };
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
export function findHives(host: FileHost, folder: string): FoundHive[] {
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

/** What a commit keeps in a folder of these files begins with the first bytes of a hive, and is none. */
export const JOURNAL_FILES = { manifest: 'manifest.json', data: 'data.bin' } as const;

function isJournal(names: readonly string[]): boolean {
  return Object.values(JOURNAL_FILES).every((name) => names.includes(name));
}

/**
 * Whether `path` is a folder; links count as what they point at, since a person named them.
 * @throws as openForReading, of what is none.
 */
export function isFolder(host: FileHost, path: string): boolean {
  try {
    if (host.fs.lstatSync(host.fs.realpathSync(path)).isDirectory()) return true;
  } catch {
    // Opening it says why.
  }
  host.fs.closeSync(openForReading(host.fs, namedEntry(host.fs, path)));
  return false;
}

function namesOf(host: FileHost, folder: string, isFirst: boolean): string[] {
  try {
    return host.fs.readdirSync(folder).sort();
  } catch (error) {
    if (isFirst) throw new NotFoundError('FILE_NOT_FOUND', `${folder} cannot be listed`, { cause: error });
    return [];
  }
}

function kindOfFile(host: FileHost, path: string): 'file' | 'folder' | null {
  try {
    const stat = host.fs.lstatSync(path);
    if (stat.isDirectory()) return 'folder';
    return stat.isFile() && stat.size >= HEADER_SIZE_BYTES ? 'file' : null;
  } catch {
    return null;
  }
}

/** The base block of a hive or log; null for any other file and for what may not be read. */
function readHeader(host: FileHost, path: string): BaseBlock | null {
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

function pairLogs(host: FileHost, headers: readonly Header[]): FoundHive[] {
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
