// Keys whose time stamps are those of our own edits, by the journals of this machine and by what this session has changed.

import { upcase } from '../base/text.ts';
import { type JournalSummary, journalReport } from '../commit/journal/journals.ts';
import type { Host } from '../host.ts';
import type { Change } from '../registry/edit.ts';
import { parseRecordedReport } from './saved-plan.ts';

/** Tells whether a key of SYSTEM bears a stamp of ours. */
type IsEdited = (path: readonly string[]) => boolean;

const fold = (path: readonly string[]): string => path.map(upcase).join('\\');

/** Edits of a key stamp it; one that makes, takes away or renames a key stamps its parent, too. */
function stampedKeys({ edit }: Change): readonly (readonly string[])[] {
  if (!('key' in edit)) return [];
  const { path } = edit.key;
  const isOfParent = edit.op === 'create-key' || edit.op === 'delete-key' || edit.op === 'rename-key';
  const own = edit.op === 'rename-key' ? [...path.slice(0, -1), edit.newName] : path;
  return isOfParent ? [own, path.slice(0, -1)] : [own];
}

/** The changes of SYSTEM that a journal records, by whatever name they call it; [] without a record that can be followed. */
function recordedChanges(host: Host, journal: JournalSummary): readonly Change[] {
  const text = journalReport(host, journal);
  const recorded = text === null ? null : parseRecordedReport(text);
  if (!recorded) return [];
  const names = recorded.targets.flatMap(({ path, hive }) => (/(?:^|[\\/])SYSTEM$/i.test(path) ? [hive] : []));
  return recorded.changes.filter(({ edit }) => 'key' in edit && names.includes(edit.key.hive));
}

/**
 * By every journal, done or undone: `undo --values` stamps anew what it reverts. A journal in a state folder that was not
 * given is not known here, and its stamps count as those of Windows.
 */
export function editedKeys(host: Host, journals: readonly JournalSummary[], changes: readonly Change[]): IsEdited {
  const ours = changes.filter(({ edit }) => 'key' in edit && edit.key.hive === 'SYSTEM');
  const all = [...journals.flatMap((journal) => recordedChanges(host, journal)), ...ours];
  const keys = new Set(all.flatMap((change) => stampedKeys(change).map(fold)));
  return keys.size === 0 ? () => false : (path) => keys.has(fold(path));
}
