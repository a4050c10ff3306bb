// Hives that were not closed, and whose logs are whole: written as Windows would at its next start.

import type { PlannedEdit, Repair } from '../../model.ts';
import type { HiveCondition, MachineView } from '../../view.ts';

/** Dirty, and its logs complete it; a damaged hive is rebuilt, and not written here. */
const isRecoverable = ({ wasDirty, isUsable, damage = [], isLayered }: HiveCondition): boolean =>
  wasDirty && isUsable && damage.length === 0 && isLayered !== true;

function edits(view: MachineView): PlannedEdit[] {
  return view.hives.filter(isRecoverable).map(({ hive, logEntriesApplied }) => ({
    edit: { op: 'recover-hive', key: { hive, path: [] } },
    why: `${hive} was not closed, and ${logEntriesApplied} log entries complete it.`,
    controlSet: null,
    fixes: null,
  }));
}

export const recoverHives: Repair = {
  name: 'recover-hives',
  title: 'write hives that were not closed as their logs complete them',
  about:
    'SYSTEM, SOFTWARE, SAM, SECURITY, DEFAULT and the boot store, where one is dirty and its transaction logs are whole: writes what the logs hold into the hive, as Windows does at its next start. Otherwise that is left to Windows; it is for a disk whose hives other tools are to read, or whose start fails while it replays them. A hive that no log completes is not touched (--accept-dirty, rebuild), nor are files of registry transactions (TxR). undo gives the dirty hive back; undo --values leaves it, since nothing in it was changed.',
  article: 'our own',
  certainty: 'certain',
  link: 'disk',
  writes: [
    { where: 'the hive', name: 'the pages that its logs hold', data: 'as in the logs', when: 'dirty', security: null },
  ],
  afterBoot: [],
  // A dirty hive with whole logs is no fault; the check of the disk says that it is one.
  detect: () => [],
  edits,
};
