// The journals that lie in a folder, what each says of itself, and where the files that it names stand now. Reads only,
// but for `forget`; what lies there may have been put there by anybody.

import { basename, dirname, join } from 'node:path';
import { HivemendError, RefusedError } from '../../base/errors.ts';
import { orNull } from '../../base/or-null.ts';
import { reason } from '../failure.ts';
import { dropLockNaming, type Lock, removeIfEmpty, takeLock, takeSpareLock } from '../guard/lock.ts';
import { refusalOf, VANISHED } from '../guard/unchanged.ts';
import { isSameFolder, mayBeSame } from '../guard/volume-path.ts';
import { errnoOf, foldersAt, isFull, lstatOrNull } from '../host-file.ts';
import type { CommitHost, JournalHost, VolumeIdentity } from '../request.ts';
import { MANIFEST_NAME, readBody, readReport, readState, removeJournal } from './journal.ts';
import { changedFiles, LocatedJournal, volumeText } from './located.ts';
import { intersect } from './position.ts';
import { isPrivate } from './private.ts';

/**
 * preparing: cut while it was written, nothing was changed. prepared, committing, undoing: unfinished.
 * done: can be undone. undone: undo has run. damaged: it cannot be read (`problem` says why). foreign: it is another
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
/** More than any disk has of ours: whoever put them there wants the work to take long. */
const MAX_ENTRIES = 1000;

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

/**
 * The journals beneath each root, in the order of their names (the oldest first); bears anything that lies there. RefusedError
 * LIMIT where more than 1,000 entries do.
 */
export function findJournals(host: JournalHost, roots: readonly string[]): JournalSummary[] {
  return foldersAt(host.fs, roots).flatMap((root) => {
    const names = host.fs.readdirSync(root);
    if (names.length > MAX_ENTRIES) throw tooMany(root, names.length);
    return names.toSorted().flatMap((name) => {
      if (!isJournalId(name)) return [];
      const summary = summaryOf(host, join(root, name), name);
      return summary ? [summary] : [];
    });
  });
}

/** Whether a journal may be about one of the volumes: it cannot be read, or names one that it may be. */
export function mayConcern(journal: JournalSummary, volumes: readonly VolumeIdentity[]): boolean {
  return journal.volumes.length === 0 || journal.volumes.some((own) => volumes.some((each) => mayBeSame(own, each)));
}

/** Leaves out the journals of other volumes than these that lie in `shared`, folders which disks share. */
export function oursIn(
  shared: readonly string[],
  volumes: readonly VolumeIdentity[],
): (journal: JournalSummary) => boolean {
  return (journal) =>
    !shared.some((folder) => isSameFolder(folder, dirname(journal.path))) || mayConcern(journal, volumes);
}

function tooMany(root: string, count: number): RefusedError {
  return new RefusedError('LIMIT', `${root} holds ${count} entries, expected at most ${MAX_ENTRIES}`, {
    hint: 'look at what lies there, and remove what is not a journal of hivemend',
    data: { root, count },
  });
}

/** As every id is made: letters, digits and '-', so that it can be printed, pasted and used as a name as it is. */
export function isJournalId(name: string): boolean {
  return /^[A-Za-z0-9][A-Za-z0-9-]{0,63}$/.test(name);
}

/** The journal in a folder; null also for one that another process removes while it is read. */
export function summaryOf(host: JournalHost, path: string, id: string): JournalSummary | null {
  const isThere = (): boolean => lstatOrNull(host.fs, join(path, MANIFEST_NAME)) !== null;
  const wasThere = isThere();
  try {
    const summary = summarize(host, path, id);
    if (summary?.problem == null || !wasThere || isThere()) return summary;
  } catch (error) {
    if (VANISHED.has(errnoOf(error) ?? '')) throw error;
    // A link on the way to itself, a sector that cannot be read: it may be a journal, and others are still looked at.
    const problem = `${path} cannot be read (${reason(error)})`;
    if (!wasThere || isThere()) {
      return { id, path, state: 'damaged', isUnfinished: true, files: [], volumes: [], problem };
    }
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
  if ('missing' in located) return { position: 'missing', names: located.missing.map(volumeText) };
  const stageCount = located.journal.stages.length;
  const positions = intersect(located.positions, stageCount);
  if (positions === 0) return { position: 'changed', names: changedFiles(located) };
  if (positions & 1) return { position: 'untouched', names: [] };
  return { position: positions & (1 << (2 * stageCount)) ? 'complete' : 'between', names: [] };
}

/** The host's paths of the files that a journal is about; [] where it cannot be followed. */
export function journalTargets(
  host: JournalHost,
  journal: JournalSummary,
  volumes: readonly VolumeIdentity[],
): readonly string[] {
  if (journal.state === 'preparing' || journal.problem !== null) return [];
  const located = orNull(HivemendError, () => LocatedJournal.find(host, journal.path, volumes));
  return located === null || 'missing' in located ? [] : located.paths;
}

/** The text of the journal's report.json, for `undo --values` and `--list`, or null where it has none to trust. */
export function journalReport(host: JournalHost, journal: JournalSummary): string | null {
  if (journal.state === 'foreign' || !isPrivate(host, journal.path)) return null;
  return readReport(host, journal.path);
}

/** The folder in a journal's own that keeps files which its commit took out of the way. */
const KEPT_FILES = 'files';

/** Without the journal nobody knows where they belong. */
function refuseKept({ fs }: CommitHost, { id, path }: JournalSummary, folder: string): void {
  const names = lstatOrNull(fs, folder)?.isDirectory() ? fs.readdirSync(folder) : [];
  if (names.length === 0) return;
  throw new RefusedError(
    'JOURNAL_HOLDS_FILES',
    `${folder} holds ${names.length === 1 ? 'a file' : `${names.length} files`} that commit ${id} took out of the way, so its journal is not removed`,
    {
      hint: `hivemend undo <volume> ${id} --values brings them back; or move or delete them yourself`,
      data: { journal: path, names },
    },
  );
}

/**
 * Removes the journal, and the locks in `lockRoots` that were left under it; what it could undo stays as it is. Other
 * files in its folder are left, and keep it. RefusedError LOCKED while a process is at work there: the journal may be the
 * one that it needs.
 */
export function forget(host: CommitHost, journal: JournalSummary, lockRoots: readonly string[]): void {
  const root = dirname(journal.path);
  const kept = [root, ...lockRoots].map((place) => join(place, journal.id, KEPT_FILES));
  for (const folder of kept) refuseKept(host, journal, folder);
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
    removeIfEmpty(host, kept);
    removeJournal(host, journal.path);
    for (const place of lockRoots) dropLockNaming(host, place, journal.path);
  } finally {
    lock.release();
  }
}
