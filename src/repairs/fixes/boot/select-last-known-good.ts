// The last known good configuration chosen for the next boot, by Select's values.

import type { Finding } from '../../../base/finding.ts';
import { dword } from '../../../registry/value.ts';
import type { PlannedEdit, Repair } from '../../model.ts';
import { hiveFinding, numberAt } from '../../rules.ts';
import type { MachineView } from '../../view.ts';

const SELECT = ['Select'];
const REPAIR = 'select-last-known-good';

interface Selection {
  readonly standard: number | null;
  readonly lastKnownGood: number | null;
}

function selectionOf(view: MachineView): Selection {
  return {
    standard: numberAt(view.system, SELECT, 'Default'),
    lastKnownGood: numberAt(view.system, SELECT, 'LastKnownGood'),
  };
}

const exists = (view: MachineView, number: number): boolean =>
  view.machine.controlSets.some((set) => set.number === number);

/** The set to go back to: the last known good one; where Default is not there either, the current one or the only one. */
function goodSet(view: MachineView): number | null {
  const { standard, lastKnownGood } = selectionOf(view);
  if (lastKnownGood !== null && exists(view, lastKnownGood)) return lastKnownGood;
  if (standard === null || exists(view, standard)) return null;
  const current = numberAt(view.system, SELECT, 'Current');
  const sets = view.machine.controlSets;
  return current !== null && exists(view, current) ? current : sets.length === 1 ? sets[0]!.number : null;
}

/** Why there is nothing to go back to, or null. */
function unavailable(view: MachineView): string | null {
  if (goodSet(view) !== null) return null;
  const { lastKnownGood } = selectionOf(view);
  return lastKnownGood === null
    ? 'SYSTEM\\Select names no last known good control set'
    : `SYSTEM\\Select names control set ${lastKnownGood} as last known good, which does not exist`;
}

/** Select names a set as Default that does not exist, and there is one to go back to. */
export function isDefaultMissing(view: MachineView): boolean {
  const { standard } = selectionOf(view);
  return standard !== null && !exists(view, standard) && goodSet(view) !== null;
}

function detect(view: MachineView): Finding[] {
  if (!isDefaultMissing(view)) return [];
  return [
    hiveFinding(view, {
      code: 'SELECT_NAMES_MISSING_SET',
      severity: 'error',
      hive: 'SYSTEM',
      path: SELECT,
      controlSet: null,
      repair: REPAIR,
      text: `Select names control set ${selectionOf(view).standard} as Default, which does not exist: Windows cannot start.`,
    }),
  ];
}

/** Default, Current and Failed: the set that is left is the one that failed, as Windows itself records it. */
function edits(view: MachineView): PlannedEdit[] {
  const { standard, lastKnownGood } = selectionOf(view);
  const good = goodSet(view);
  if (good === null || standard === good) return [];
  const set = (name: string, number: number, why: string): PlannedEdit[] =>
    numberAt(view.system, SELECT, name) === number
      ? []
      : [
          {
            edit: { op: 'set-value', key: { hive: view.system.name, path: SELECT }, name, value: dword(number) },
            why,
            controlSet: null,
            fixes: isDefaultMissing(view) ? 'SELECT_NAMES_MISSING_SET' : null,
          },
        ];
  const isLastKnownGood = good === lastKnownGood;
  const why = isLastKnownGood
    ? `Control set ${good} is the last known good one.`
    : `Control set ${good} is there, and the others that Select names are not.`;
  return [
    ...set('Current', good, why),
    ...set('Default', good, `The next boot is to use control set ${good}.`),
    ...(isLastKnownGood
      ? standard === null
        ? []
        : set('Failed', standard, leftText(standard))
      : set('LastKnownGood', good, why)),
  ];
}

const leftText = (number: number): string => `Control set ${number} is the one that was left.`;

export const selectLastKnownGood: Repair = {
  name: REPAIR,
  title: 'boot with the last known good configuration',
  about:
    'Makes the control set that Select names as last known good the one that the next boot uses, and records the one that is left as failed. Only values of Select are read and written; no number is computed. Newer Windows often names the same set as Default and LastKnownGood, and then there is nothing to go back to.',
  article: 'start-vm-last-known-good',
  certainty: 'likely',
  link: 'boot',
  writes: [
    {
      where: 'SYSTEM\\Select',
      name: 'Current, Default',
      data: 'REG_DWORD <LastKnownGood>',
      when: 'Default is another set',
      security: null,
      source: 'the article writes 2, 2, 1 and counts LastKnownGood on in older Windows; we do not',
    },
    {
      where: 'SYSTEM\\Select',
      name: 'Failed',
      data: 'REG_DWORD <Default before>',
      when: 'Default is another set',
      security: null,
    },
    {
      where: 'SYSTEM\\Select',
      name: 'Current, Default, LastKnownGood',
      data: 'REG_DWORD <Current, or the only set>',
      when: 'Default and LastKnownGood name sets that do not exist',
      security: null,
      source: 'our own',
    },
  ],
  afterBoot: [],
  unavailable,
  detect,
  edits,
};
