// The screens of undo: the commits that are recorded, what undoing one would do, and what it did.

import type { ErrorJson } from '../base/errors.ts';
import { printable } from '../base/text.ts';
import type { PreparedUndo, UndoWay } from '../commands/undo.ts';
import type { JournalEntry } from '../commands/undo-scope.ts';
import type { Report } from '../report.ts';
import { deviceOf, subjectOf } from './machine.ts';
import { commandText, counted, painted, paragraph, type TextOptions } from './style.ts';

const POSITIONS = {
  untouched: 'its files are as they were before it',
  complete: 'its files are as it left them',
  between: 'it was cut off in the middle',
  changed: 'something else has written since',
  missing: 'a volume of it was not given',
} as const;

const STATES: Readonly<Record<string, string>> = { done: 'done', undone: 'undone' };

/** When a commit was made, from its id: '2026-11-28 16:45 UTC'. */
function timeOf(id: string): string {
  const match = /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)/.exec(id);
  return match ? `${match[1]}-${match[2]}-${match[3]} ${match[4]}:${match[5]} UTC` : '';
}

/** One paragraph a commit, newest last. */
export function undoListText(entries: readonly JournalEntry[], style: TextOptions): string {
  if (entries.length === 0) return 'No commits are recorded here.\n';
  const folders = [...new Set(entries.map(({ journal }) => folderOf(journal)))];
  const hasSeveralPlaces = folders.length > 1;
  return folders
    .flatMap((folder) => entries.filter(({ journal }) => folderOf(journal) === folder))
    .map((entry) => {
      const { journal, position } = entry;
      const { id, state, files, problem } = journal;
      const lines = [
        `${id}  ${STATES[state] ?? `unfinished (${state})`}, ${timeOf(id)}`,
        ...(hasSeveralPlaces ? paragraph(style, `in ${printable(folderOf(journal))}`, 2) : []),
        ...paragraph(
          style,
          `${laterText(entry, entries) ?? POSITIONS[position.position]}${namesOf(position.names)}`,
          2,
        ),
        ...files.flatMap((file) => paragraph(style, printable(file), 2)),
        ...(problem === null ? [] : paragraph(style, printable(problem), 2)),
      ];
      return `${lines.join('\n')}\n`;
    })
    .join('');
}

const folderOf = ({ path, id }: JournalEntry['journal']): string => path.slice(0, -id.length - 1);

/** Who changed a file of a commit since, where a later commit of the same place did; else null. */
function laterText({ journal, position }: JournalEntry, entries: readonly JournalEntry[]): string | null {
  if (position.position !== 'changed' || journal.problem !== null) return null;
  const later = entries.findLast(
    ({ journal: other }) =>
      other.state === 'done' &&
      other.id > journal.id &&
      folderOf(other) === folderOf(journal) &&
      other.files.some((file) => journal.files.includes(file)),
  );
  return later === undefined ? null : `changed since, by commit ${later.journal.id}`;
}

const namesOf = (names: readonly string[]): string =>
  names.length === 0 ? '' : `: ${names.map(printable).join(', ')}`;

/** Which commit, and what its files are afterwards; `error` is what refuses that. */
export function undoPlanText(
  { entry, machine, writes }: PreparedUndo,
  way: UndoWay,
  { error }: Pick<Report, 'error'>,
  style: TextOptions,
): string {
  const { id } = entry.journal;
  const what = wordOf(way);
  const where = machine ? `${subjectOf(machine)}, ${deviceOf(machine)}: ` : '';
  const isOne = writes.length === 1;
  const undone = isOne
    ? 'it goes back to its state before this commit'
    : 'they go back to their state before this commit';
  const finished = isOne ? 'it becomes what the commit was to leave' : 'they become what the commit was to leave';
  const after = what === 'undo' ? undone : finished;
  const now = POSITIONS[entry.position.position];
  const sentence =
    entry.position.position === 'complete'
      ? `Nothing has changed ${isOne ? 'it' : 'them'} since`
      : `${now[0]!.toUpperCase()}${now.slice(1)}`;
  return [
    ...(error === null ? [] : blockedLines(error, style)),
    ...paragraph(style, `${where}${what} commit ${id} (${timeOf(id)}).`),
    ...paragraph(style, `${counted(writes.length, 'file')} to write: ${after}. ${sentence}.`),
    ...writes.flatMap((file) => paragraph(style, printable(file), 2)),
  ]
    .map((line) => `${line}\n`)
    .join('');
}

const wordOf = (way: UndoWay): 'undo' | 'finish' => (way === 'finish' ? 'finish' : 'undo');

/** The refusal and the way on, whose commands stand on lines of their own. */
function blockedLines({ message, hint = '' }: ErrorJson, style: TextOptions): string[] {
  const lines = hint.split('\n').filter((line) => line !== '');
  return [
    ...paragraph(style, `Blocked: ${printable(message)}.`).map((line) => painted(style, 'red', line)),
    ...lines.map((line) => `  ${/^\s*hivemend /.test(line) ? commandText(style, printable(line)) : printable(line)}`),
  ];
}

/** The one question. */
export function undoQuestion({ entry, machine }: PreparedUndo, way: UndoWay): string {
  const where = machine ? ` on ${subjectOf(machine)}, ${deviceOf(machine)}` : '';
  return `${wordOf(way) === 'undo' ? 'Undo' : 'Finish'} commit ${entry.journal.id}${where}?`;
}

/** What was done, and to which files. */
export function undoResultText(report: Report, style: TextOptions): string {
  return [
    ...report.next.flatMap(({ why }) => paragraph(style, printable(why))),
    ...report.targets.flatMap(({ path }) => paragraph(style, printable(path), 2)),
  ]
    .map((line) => `${line}\n`)
    .join('');
}
