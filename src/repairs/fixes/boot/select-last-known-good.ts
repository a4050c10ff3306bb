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

/** Why there is nothing to go back to, or null. */
function unavailable(view: MachineView): string | null {
  const { lastKnownGood } = selectionOf(view);
  if (lastKnownGood === null) return 'SYSTEM\\Select names no last known good control set';
  return exists(view, lastKnownGood)
    ? null
    : `SYSTEM\\Select names control set ${lastKnownGood} as last known good, which does not exist`;
}

function detect(view: MachineView): Finding[] {
  const { standard } = selectionOf(view);
  if (standard === null || exists(view, standard) || unavailable(view) !== null) return [];
  return [
    hiveFinding(view, {
      code: 'SELECT_NAMES_MISSING_SET',
      severity: 'error',
      hive: 'SYSTEM',
      path: SELECT,
      controlSet: null,
      repair: REPAIR,
      text: `Select names control set ${standard} as Default, which does not exist: Windows cannot start.`,
    }),
  ];
}

/** Default, Current and Failed: the set that is left is the one that failed, as Windows itself records it. */
function edits(view: MachineView): PlannedEdit[] {
  const { standard, lastKnownGood } = selectionOf(view);
  if (lastKnownGood === null || standard === lastKnownGood || unavailable(view) !== null) return [];
  const isMissing = standard !== null && !exists(view, standard);
  const set = (name: string, number: number, why: string): PlannedEdit[] =>
    numberAt(view.system, SELECT, name) === number
      ? []
      : [
          {
            edit: { op: 'set-value', key: { hive: view.system.name, path: SELECT }, name, value: dword(number) },
            why,
            controlSet: null,
            fixes: isMissing ? 'SELECT_NAMES_MISSING_SET' : null,
          },
        ];
  return [
    ...set('Current', lastKnownGood, `Control set ${lastKnownGood} is the last known good one.`),
    ...set('Default', lastKnownGood, `The next boot is to use control set ${lastKnownGood}.`),
    ...(standard === null ? [] : set('Failed', standard, `Control set ${standard} is the one that was left.`)),
  ];
}

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
  ],
  afterBoot: [],
  unavailable,
  detect,
  edits,
};
