// A journal with its files found on the volumes that were given, and what it may touch there.

import { basename, dirname, join } from 'node:path';
import { NotFoundError } from '../../base/errors.ts';
import { logNamesOf } from '../../regf/logs/log-names.ts';
import { hostPath, isNtfs, isSameFolder, mayBeSame, parentOf } from '../guard/volume-path.ts';
import { errnoOf, lstatOrNull } from '../host-file.ts';
import type { JournalHost, VolumeIdentity } from '../request.ts';
import { MANIFEST_NAME, readJournal } from './journal.ts';
import { bad, type Journal, type JournalFile, type JournalVolume } from './manifest.ts';
import { type FilePosition, filePositions, intersect } from './position.ts';

/** A journal whose files were found on the volumes; undo writes by nothing else. Made by `find` alone. */
export class LocatedJournal {
  readonly journal: Journal;
  /** The host's path of each file. */
  readonly paths: readonly string[];
  readonly #positions: readonly FilePosition[];

  private constructor(journal: Journal, paths: readonly string[], positions: readonly FilePosition[]) {
    this.journal = journal;
    this.paths = paths;
    this.#positions = positions;
  }

  /** Where each file stood when the journal was located. */
  get positions(): readonly FilePosition[] {
    return this.#positions;
  }

  /**
   * The journal with its files found on the volumes, or the volumes that are missing; `withTorn` as of `filePositions`.
   * FormatError BAD_JOURNAL.
   */
  static find(
    host: JournalHost,
    folder: string,
    volumes: readonly VolumeIdentity[],
    withTorn = false,
  ): LocatedJournal | { readonly missing: readonly JournalVolume[] } {
    let journal: Journal;
    try {
      journal = readJournal(host, folder);
    } catch (error) {
      if (errnoOf(error) !== 'ENOENT') throw error;
      throw new NotFoundError('JOURNAL_NOT_FOUND', `${folder} is gone: another process dropped it`, { cause: error });
    }
    assertReach(folder, journal, volumes);
    const paths = new Array<string>(journal.files.length);
    const missing: JournalVolume[] = [];
    for (const [index, volume] of journal.volumes.entries()) {
      if (!journal.files.some((file) => file.volume === index)) continue;
      const found = locateVolume(host, journal, index, candidates(folder, volume, volumes));
      if (!found) missing.push(volume);
      else for (const [file, path] of found) paths[file] = path;
    }
    if (missing.length > 0) return { missing };
    return new LocatedJournal(journal, paths, filePositions(host, journal, paths, withTorn));
  }
}

/**
 * What a journal may touch follows from where it lies, not from what it says: beside a file that file and its logs, by
 * name; beside an image what lies in it; in a volume's folder what lies on the volumes that were given. FormatError
 * BAD_JOURNAL.
 */
function assertReach(folder: string, { id, kind, volumes, files }: Journal, given: readonly VolumeIdentity[]): void {
  const root = basename(dirname(folder));
  const subject = join(folder, MANIFEST_NAME);
  if (id !== basename(folder)) throw bad(subject, `is of the journal ${id}`);
  const isBeside = root.endsWith('.hivemend') && !isBesideImage(folder, given);
  if (isBeside !== (kind === 'file') || (kind === 'volume' && root !== 'hivemend')) {
    throw bad(subject, `is of the kind ${kind}, which does not lie in a folder of this name`);
  }
  if (kind === 'state-dir' && volumes.some(({ isHome }) => isHome)) throw bad(subject, 'lies on no volume of its own');
  if (kind !== 'file') return;
  const name = root.slice(0, -'.hivemend'.length);
  const isOurs = ({ role, volume, path }: JournalFile): boolean =>
    volumes[volume]!.isHome &&
    (role === 'log' ? logNamesOf(name, [path]).length === 1 : path === name && (role === 'hive' || role === 'file'));
  const foreign = files.find((file) => !isOurs(file));
  if (foreign) throw bad(subject, `names ${JSON.stringify(foreign.path)}, which is neither ${name} nor a log of it`);
}

/** Whether a journal lies in the folder that the volumes of an image are locked in. */
function isBesideImage(folder: string, given: readonly VolumeIdentity[]): boolean {
  const root = dirname(folder);
  return root.endsWith('.hivemend') && given.some((each) => locksAt(each, root));
}

function locksAt({ lockRoot }: VolumeIdentity, folder: string): boolean {
  return lockRoot !== undefined && isSameFolder(lockRoot, folder);
}

/** Roots that may be this volume: its journal's own, else those whose identity does not contradict it. */
function candidates(folder: string, volume: JournalVolume, given: readonly VolumeIdentity[]): string[] {
  if (volume.isHome) return [parentOf(parentOf(folder))];
  const reachable = isBesideImage(folder, given) ? given.filter((each) => locksAt(each, dirname(folder))) : given;
  return reachable.filter((each) => mayBeSame(each, volume)).map(({ root }) => root);
}

/** Clones share serials, so the content decides: the first candidate whose files are in a state of this commit. */
function locateVolume(
  host: JournalHost,
  journal: Journal,
  volume: number,
  roots: readonly string[],
): Map<number, string> | null {
  let second: Map<number, string> | null = null;
  for (const root of roots) {
    const paths = new Map<number, string>();
    for (const [file, record] of journal.files.entries()) {
      if (record.volume === volume) paths.set(file, hostPath(host.fs, root, record.path, isLinkable(journal, volume)));
    }
    if (roots.length === 1) return isElsewhere(host, journal, volume, paths) ? null : paths;
    const all = journal.files.map((_, file) => paths.get(file) ?? '');
    const mine = filePositions(host, journal, all).filter(({ file }) => paths.has(file));
    if (intersect(mine, journal.stages.length) !== 0) return paths;
    if ([...paths.values()].some((path) => lstatOrNull(host.fs, path) !== null)) second ??= paths;
  }
  return second;
}

/** Files that every state of the commit has, and none of them here: it is another volume, of which nothing is known. */
function isElsewhere(host: JournalHost, journal: Journal, volume: number, paths: ReadonlyMap<number, string>): boolean {
  if (journal.volumes[volume]!.isHome || journal.kind === 'file') return false;
  const lasting = [...paths].filter(([file]) => {
    const { role, sizeBytesBefore, sizeBytesAfter } = journal.files[file]!;
    return role === 'hive' || (role === 'file' && sizeBytesBefore !== null && sizeBytesAfter !== null);
  });
  return lasting.length > 0 && lasting.every(([, path]) => lstatOrNull(host.fs, path) === null);
}

/** NTFS gives a file a second name of its own accord (8.3); elsewhere a second name is another file's bytes. */
function isLinkable({ volumes }: Journal, volume: number): boolean {
  return isNtfs(volumes[volume]!);
}

/** A volume as people find it: its partition, and where it was mounted. */
export function volumeText(volume: JournalVolume): string {
  const marks = [
    volume.partitionGuid === null ? null : `partition ${volume.partitionGuid}`,
    volume.serial === null ? null : `serial ${volume.serial}`,
  ].filter((mark) => mark !== null);
  return `the volume that was at ${volume.root}${marks.length > 0 ? ` (${marks.join(', ')})` : ''}`;
}

/** The files that look like no state of the commit; all of them where each does alone but they do not go together. */
export function changedFiles({ positions, paths }: LocatedJournal): string[] {
  const foreign = positions.filter((each) => each.positions === 0);
  return (foreign.length > 0 ? foreign : positions).map(({ file }) => paths[file]!);
}
