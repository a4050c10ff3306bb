// Journals that keep writing commands from going on: those of a folder, and those that a lock names elsewhere, told apart
// from the work of a process that is still at it. Reads only.

import { basename, dirname } from 'node:path';
import { HivemendError, type RefusedError } from '../../base/errors.ts';
import type { Finding } from '../../base/finding.ts';
import { PLACEHOLDER, posixWord, windowsWord } from '../../base/quote.ts';
import { noRights } from '../../base/read-folder.ts';
import { journalNamedIn, lockedBy } from '../guard/lock.ts';
import { errnoOf, foldersAt } from '../host-file.ts';
import type { JournalHost } from '../request.ts';
import { findJournals, isJournalId, type JournalSummary, summaryOf } from './journals.ts';

/**
 * The unfinished journals that lie elsewhere, in a state directory, as the locks beneath these roots name them: a lock
 * that nobody holds was left by a commit or an undo that was cut off.
 */
export function namedJournals(host: JournalHost, roots: readonly string[]): JournalSummary[] {
  return roots.flatMap((root) => {
    const path = journalNamedIn(host, root);
    if (path === null || roots.includes(dirname(path))) return [];
    const id = basename(path);
    const found = isJournalId(id) ? namedSummary(host, path, id) : null;
    if (found) return found.isUnfinished ? [found] : [];
    const problem = `the lock in ${root} names a journal at ${path}, where none is: it was moved, or its disk is not here`;
    return [{ id, path, state: 'missing', isUnfinished: true, files: [], volumes: [], problem }];
  });
}

/** What a lock names may be any path of this host: one that cannot be looked at is none. */
function namedSummary(host: JournalHost, path: string, id: string): JournalSummary | null {
  try {
    return summaryOf(host, path, id);
  } catch (error) {
    if (errnoOf(error) === null) throw error;
    return null;
  }
}

/** Of the journals beneath some roots, those that count. */
type IsOurs = (journal: JournalSummary) => boolean;

const ALL: IsOurs = () => true;

/**
 * The first journal but `besides` that keeps writing commands from going on, told apart from the work of a process that is
 * still at it.
 * RefusedError LOCKED for that.
 */
export function findUnfinished(
  host: JournalHost,
  roots: readonly string[],
  besides: string | null = null,
  isOurs = ALL,
): JournalSummary | null {
  const { locked, cutOff } = unfinishedJournals(host, roots, isOurs);
  if (locked) throw locked;
  return cutOff.find(({ id }) => id !== besides) ?? null;
}

/** The unfinished journals that nobody is at work on, or the refusal that names who is. */
function unfinishedJournals(
  host: JournalHost,
  everyRoot: readonly string[],
  isOurs: IsOurs,
): { readonly locked: RefusedError | null; readonly cutOff: readonly JournalSummary[] } {
  try {
    // Most disks have none: what reads journals is then not even loaded.
    const roots = foldersAt(host.fs, everyRoot);
    if (roots.length === 0) return { locked: null, cutOff: [] };
    const find = (): JournalSummary[] => [
      ...findJournals(host, roots).filter((journal) => journal.isUnfinished && isOurs(journal)),
      ...namedJournals(host, roots),
    ];
    const seen = new Set(find().map(({ path }) => path));
    if (seen.size === 0) return { locked: null, cutOff: [] };
    const locked = lockedBy(host, roots);
    if (locked) return { locked, cutOff: [] };
    // A process may have ended in order between the two looks, and another have begun since.
    return { locked: null, cutOff: find().filter(({ path }) => seen.has(path)) };
  } catch (error) {
    throw isDenied(error) ? noRights(pathOf(error) ?? everyRoot[0] ?? '') : error;
  }
}

const isDenied = (error: unknown): boolean => ['EACCES', 'EPERM'].includes(errnoOf(error) ?? '');

const pathOf = (error: unknown): string | null => {
  const { path } = error as { readonly path?: unknown };
  return typeof path === 'string' ? path : null;
};

/** What readers are told of such journals: what they show may lie between two states. */
export function unfinishedFindings(host: JournalHost, roots: readonly string[], isOurs = ALL): Finding[] {
  let found: ReturnType<typeof unfinishedJournals>;
  try {
    found = unfinishedJournals(host, roots, isOurs);
  } catch (error) {
    if (!(error instanceof HivemendError)) throw error;
    return [{ code: 'UNFINISHED_JOURNAL', severity: 'warning', where: { file: roots[0] ?? '' }, text: error.message }];
  }
  const { locked, cutOff } = found;
  if (locked) {
    const text = `${locked.message}: what is shown may lie between two states until it ends`;
    return [{ code: 'LOCKED', severity: 'warning', where: { file: String(locked.data?.path) }, text }];
  }
  return cutOff.map(({ id, path, state }) => ({
    code: 'UNFINISHED_JOURNAL',
    severity: 'warning',
    where: { file: path },
    text: `commit ${id} was cut off (it is ${state}): what is shown may lie between two states until hivemend undo, or undo --finish, has run`,
  }));
}

/**
 * What to do about a journal that keeps writing commands from going on; `place` is what undo is given, as it stands in a
 * command.
 */
export function unfinishedHint({ id, state, path }: JournalSummary, place: string): string {
  const undo = `hivemend undo ${place}`;
  const drop = (why: string): string[] => [
    `${why}drop the record, and leave the files as they are:`,
    `  ${undo} --forget ${id}`,
  ];
  if (state === 'missing') {
    const lines = [`Say where ${id} lies now:`, `  ${undo} --state-dir <folder>`, ...drop('Where it is lost, ')];
    return lines.join('\n');
  }
  if (state === 'damaged' || state === 'foreign') {
    return [...drop('Where it is of no use, '), 'Or keep it, and give a --state-dir of your own.'].join('\n');
  }
  const where =
    basename(dirname(path)) === 'hivemend' || path.includes('.hivemend') ? '' : ` --state-dir ${wordOf(dirname(path))}`;
  return ['Undo it:', `  ${undo}${where}`, 'Or finish it:', `  ${undo}${where} --finish`].join('\n');
}

function wordOf(path: string): string {
  return (path.startsWith('/') ? posixWord(path) : windowsWord(path)) ?? PLACEHOLDER;
}
