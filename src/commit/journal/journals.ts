// The journals that lie in a folder, what each says of itself, and where the files that it names stand now. Reads only,
// but for `forget`; what lies there may have been put there by anybody.

import { basename, dirname, join } from 'node:path';
import { HivemendError, NotFoundError } from '../../base/errors.ts';
import { dropLockNaming, type Lock, takeLock, takeSpareLock } from '../guard/lock.ts';
import { hostPath, parentOf } from '../guard/place.ts';
import { refusalOf } from '../guard/unchanged.ts';
import { errnoOf, isFull, lstatOrNull } from '../host-file.ts';
import type { CommitHost, JournalHost, VolumeIdentity } from '../request.ts';
import { MANIFEST_NAME, readBody, readJournal, readReport, readState, removeJournal } from './journal.ts';
import type { Journal, JournalVolume } from './manifest.ts';
import { type FilePosition, filePositions, intersect } from './position.ts';
import { isPrivate } from './private.ts';

/**
 * preparing: cut while it was written, nothing was changed. prepared, committing, undoing: unfinished.
 * done: can be undone. undone: was taken back. damaged: it cannot be read (`problem` says why). foreign: it is another
 * user's, or others can write it, so somebody else may have made it. missing: a lock names it, and it is not there.
 */
export type JournalState =
  | 'preparing'
  | 'prepared'
  | 'committing'
  | 'done'
  | 'undoing'
  | 'undone'
  | 'damaged'
  | 'foreign'
  | 'missing';

const UNFINISHED: ReadonlySet<JournalState> = new Set(['prepared', 'committing', 'undoing', 'damaged', 'foreign']);
const MAX_JOURNALS = 10_000;

export interface JournalSummary {
  readonly id: string;
  /** The journal's folder. */
  readonly path: string;
  readonly state: JournalState;
  /** prepared, committing, undoing, damaged, foreign, missing: no writing command may go on. */
  readonly isUnfinished: boolean;
  /** The files that it holds, as paths on their volumes with '/' between names; empty where it cannot be read. */
  readonly files: readonly string[];
  /** As they were when the journal was written; `root` is where each was mounted then. */
  readonly volumes: readonly VolumeIdentity[];
  readonly problem: string | null;
}

/**
 * untouched: every file is as it was before. complete: as the commit left it. between: in a state that the commit could
 * have left when it was cut off. changed: some file holds what the commit did not write (Windows has started since, or
 * somebody else wrote), or the journal cannot be followed: nothing is moved by bytes. missing: a volume of the journal was not given.
 */
export interface JournalPosition {
  readonly position: 'untouched' | 'complete' | 'between' | 'changed' | 'missing';
  /** Where `changed`: the files, or what is wrong with the journal; where `missing`: the volumes, described. */
  readonly names: readonly string[];
}

/** The journals beneath each root, in the order of their names (the oldest first); bears anything that lies there. */
export function findJournals(host: JournalHost, roots: readonly string[]): JournalSummary[] {
  return roots.flatMap((root) => {
    if (!lstatOrNull(host.fs, root)?.isDirectory()) return [];
    const names = host.fs.readdirSync(root).toSorted().slice(0, MAX_JOURNALS);
    return names.flatMap((name) => {
      const summary = summaryOf(host, join(root, name), name);
      return summary ? [summary] : [];
    });
  });
}

/** The journal in a folder; null also for one that another process removes while it is read. */
export function summaryOf(host: JournalHost, path: string, id: string): JournalSummary | null {
  const isThere = (): boolean => lstatOrNull(host.fs, join(path, MANIFEST_NAME)) !== null;
  const wasThere = isThere();
  try {
    const summary = summarize(host, path, id);
    if (summary?.problem == null || !wasThere || isThere()) return summary;
  } catch (error) {
    if (!wasThere || isThere()) throw error;
  }
  return null;
}

function summarize(host: JournalHost, path: string, id: string): JournalSummary | null {
  const state = readState(host, path);
  if (state === null) return null;
  const summary = { id, path, state, isUnfinished: UNFINISHED.has(state), files: [], volumes: [], problem: null };
  if (state === 'foreign')
    return { ...summary, problem: `${path} is another user's, or others can write it, so it may not be hivemend's` };
  if (state === 'preparing') return summary;
  try {
    const body = readBody(host, path);
    return { ...summary, files: body.files.map((file) => file.path), volumes: body.volumes };
  } catch (error) {
    if (!(error instanceof HivemendError)) throw error;
    return { ...summary, state: 'damaged', isUnfinished: true, problem: error.message };
  }
}

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

  /** The journal with its files found on the volumes, or the volumes that are missing. FormatError BAD_JOURNAL. */
  static find(
    host: JournalHost,
    folder: string,
    volumes: readonly VolumeIdentity[],
  ): LocatedJournal | { readonly missing: readonly string[] } {
    let journal: Journal;
    try {
      journal = readJournal(host, folder);
    } catch (error) {
      if (errnoOf(error) !== 'ENOENT') throw error;
      throw new NotFoundError('JOURNAL_NOT_FOUND', `${folder} is gone: another process dropped it`, { cause: error });
    }
    const paths = new Array<string>(journal.files.length);
    const missing: string[] = [];
    for (const [index, volume] of journal.volumes.entries()) {
      if (!journal.files.some((file) => file.volume === index)) continue;
      const found = locateVolume(host, journal, index, candidates(folder, volume, volumes));
      if (!found) missing.push(describe(volume));
      else for (const [file, path] of found) paths[file] = path;
    }
    if (missing.length > 0) return { missing };
    return new LocatedJournal(journal, paths, filePositions(host, journal, paths));
  }
}

/** Roots that may be this volume: its journal's own, else those whose identity does not contradict it. */
function candidates(folder: string, volume: JournalVolume, given: readonly VolumeIdentity[]): string[] {
  if (volume.isHome) return [parentOf(parentOf(folder))];
  const agrees = (a: string | null, b: string | null): boolean =>
    a === null || b === null || a.toLowerCase() === b.toLowerCase();
  return given
    .filter((each) => agrees(each.serial, volume.serial) && agrees(each.partitionGuid, volume.partitionGuid))
    .map(({ root }) => root);
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
      if (record.volume === volume) paths.set(file, hostPath(host.fs, root, record.path));
    }
    if (roots.length === 1) return paths;
    const all = journal.files.map((_, file) => paths.get(file) ?? '');
    const mine = filePositions(host, journal, all).filter(({ file }) => paths.has(file));
    if (intersect(mine, journal.stages.length) !== 0) return paths;
    if ([...paths.values()].some((path) => lstatOrNull(host.fs, path) !== null)) second ??= paths;
  }
  return second;
}

function describe(volume: JournalVolume): string {
  const marks = [
    volume.serial === null ? null : `serial ${volume.serial}`,
    volume.partitionGuid === null ? null : `partition ${volume.partitionGuid}`,
  ].filter((mark) => mark !== null);
  return `the volume that was at ${volume.root}${marks.length > 0 ? ` (${marks.join(', ')})` : ''}`;
}

/** Where the files of a journal stand now; bears anything that lies there (a journal that cannot be followed: changed). */
export function journalPosition(
  host: JournalHost,
  journal: JournalSummary,
  volumes: readonly VolumeIdentity[],
): JournalPosition {
  if (journal.state === 'preparing') return { position: 'untouched', names: [] };
  if (journal.problem !== null) return { position: 'changed', names: [journal.problem] };
  let located: ReturnType<typeof LocatedJournal.find>;
  try {
    located = LocatedJournal.find(host, journal.path, volumes);
  } catch (error) {
    if (!(error instanceof HivemendError)) throw error;
    return { position: 'changed', names: [error.message] };
  }
  if ('missing' in located) return { position: 'missing', names: located.missing };
  const stageCount = located.journal.stages.length;
  const positions = intersect(located.positions, stageCount);
  if (positions === 0) return { position: 'changed', names: changedFiles(located) };
  if (positions & 1) return { position: 'untouched', names: [] };
  return { position: positions & (1 << (2 * stageCount)) ? 'complete' : 'between', names: [] };
}

/** The files that look like no state of the commit; all of them where each does alone but they do not go together. */
export function changedFiles({ positions, paths }: LocatedJournal): string[] {
  const foreign = positions.filter((each) => each.positions === 0);
  return (foreign.length > 0 ? foreign : positions).map(({ file }) => paths[file]!);
}

/** The text of the journal's report.json, for `undo --values` and `--list`, or null where it has none to trust. */
export function journalReport(host: JournalHost, journal: JournalSummary): string | null {
  if (journal.state === 'foreign' || !isPrivate(host, journal.path)) return null;
  return readReport(host, journal.path);
}

/**
 * Removes the journal, and the locks in `lockRoots` that were left under it; what it could take back stays as it is. Other
 * files in its folder are left, and keep it. RefusedError LOCKED while a process is at work there: the journal may be the
 * one that it needs.
 */
export function forget(host: CommitHost, journal: JournalSummary, lockRoots: readonly string[]): void {
  const root = dirname(journal.path);
  if (journal.state === 'missing') {
    for (const place of lockRoots) dropLockNaming(host, place, journal.path);
    return;
  }
  let lock: Lock;
  try {
    lock = takeLock(host, root, basename(root) !== 'hivemend');
  } catch (error) {
    if (!isFull(error)) throw refusalOf(error, root) ?? error;
    lock = takeSpareLock(host, root, error);
  }
  try {
    lock.assertHeld();
    removeJournal(host, journal.path);
    for (const place of lockRoots) dropLockNaming(host, place, journal.path);
  } finally {
    lock.release();
  }
}
