// Taking a commit back, finishing it, dropping it; and finding the journals that say what there is to take back.

import type { CommitHost, VolumeIdentity } from './request.ts';

/**
 * preparing: cut while it was written, nothing was changed. prepared, committing, undoing: unfinished.
 * done: can be undone. undone: was taken back. damaged: it cannot be read (`problem` says why). foreign: it is not
 * private, so somebody else may have made it.
 */
export type JournalState =
  | 'preparing'
  | 'prepared'
  | 'committing'
  | 'done'
  | 'undoing'
  | 'undone'
  | 'damaged'
  | 'foreign';

export interface JournalSummary {
  readonly id: string;
  /** The journal's folder. */
  readonly path: string;
  readonly state: JournalState;
  /** prepared, committing, undoing, damaged: no writing command may go on. */
  readonly isUnfinished: boolean;
  /** The files that it holds, as paths on their volumes with '/' between names; empty where it cannot be read. */
  readonly files: readonly string[];
  readonly volumes: readonly VolumeIdentity[];
  readonly problem: string | null;
}

/**
 * untouched: every file is as it was before. complete: as the commit left it. between: in a state that the commit could
 * have left when it was cut off. changed: some file holds what the commit did not write (Windows has started since, or
 * somebody else wrote): nothing is moved by bytes. missing: a volume of the journal was not given.
 */
export interface JournalPosition {
  readonly position: 'untouched' | 'complete' | 'between' | 'changed' | 'missing';
  /** Where `changed`: the files; where `missing`: the volumes, described. */
  readonly names: readonly string[];
}

export interface UndoResult {
  readonly id: string;
  readonly journal: string;
  /** restored: the original bytes are back. finished: the commit is complete. */
  readonly outcome: 'restored' | 'finished';
  /** The host paths of the files that were written. */
  readonly files: readonly string[];
}

/** The journals beneath each root, oldest first; reads only, and bears anything that lies there. */
export declare function findJournals(host: CommitHost, roots: readonly string[]): JournalSummary[];
/** Where the files of a journal stand now; reads only. */
export declare function journalPosition(
  host: CommitHost,
  journal: JournalSummary,
  volumes: readonly VolumeIdentity[],
): JournalPosition;
/** The text of the journal's report.json, for `undo --values` and `--list`, or null where it has none. */
export declare function journalReport(host: CommitHost, journal: JournalSummary): string | null;
/** Puts the original bytes back. */
export declare function undo(host: CommitHost, journal: JournalSummary, volumes: readonly VolumeIdentity[]): UndoResult;
/** Completes what was cut off: the commit, or the undo. */
export declare function finishUndo(
  host: CommitHost,
  journal: JournalSummary,
  volumes: readonly VolumeIdentity[],
): UndoResult;
/** Removes the journal; what it could take back stays as it is. */
export declare function forget(host: CommitHost, journal: JournalSummary): void;
