// The journals of a disk or file, for people.

import { printable } from '../base/text.ts';
import type { JournalEntry } from '../commands/undo.ts';

const POSITIONS = {
  untouched: 'every file is as it was before it',
  complete: 'every file is as it left them',
  between: 'it was cut off between the two',
  changed: 'something else has been written since',
  missing: 'a volume of it is not given',
} as const;

/** One paragraph a journal, newest last. */
export function undoListText(entries: readonly JournalEntry[]): string {
  if (entries.length === 0) return 'No commits are recorded here.\n';
  return entries
    .map(({ journal, position }) => {
      const names = position.names.length === 0 ? '' : `: ${position.names.map(printable).join(', ')}`;
      const files = journal.files.map((file) => `    ${printable(file)}\n`).join('');
      const problem = journal.problem === null ? '' : `    ${printable(journal.problem)}\n`;
      return `${journal.id}  ${journal.state}; ${POSITIONS[position.position]}${names}\n${files}${problem}`;
    })
    .join('');
}
