// Driver Verifier left on: it stops Windows at the first driver that breaks a rule.

import type { Finding } from '../../../base/finding.ts';
import type { PlannedEdit, Repair } from '../../model.ts';
import { type Found, foundAt, hiveFinding } from '../../rules.ts';
import type { MachineView } from '../../view.ts';

const REPAIR = 'driver-verifier';
const VALUES = ['VerifyDrivers', 'VerifyDriverLevel'] as const;
const pathIn = (controlSet: string): string[] => [controlSet, 'Control', 'Session Manager', 'Memory Management'];

/** The drivers that are watched; null where none is. */
function watched(found: Found): string | null {
  const text = found.kind === 'text' ? found.text : found.kind === 'list' ? found.texts.join(' ') : '';
  return text.trim() === '' ? null : text.trim();
}

function detect(view: MachineView): Finding[] {
  return view.controlSets.flatMap((set): Finding[] => {
    const drivers = watched(foundAt(view, 'SYSTEM', pathIn(set.name), 'VerifyDrivers'));
    if (drivers === null) return [];
    return [
      hiveFinding(view, {
        code: 'DRIVER_VERIFIER_ON',
        severity: 'error',
        hive: 'SYSTEM',
        path: pathIn(set.name),
        controlSet: set.name,
        repair: REPAIR,
        text: `Driver Verifier watches ${drivers === '*' ? 'every driver' : drivers}: Windows stops (0xC4, 0xC9, 0x10D) at each start in which one of them breaks a rule.`,
      }),
    ];
  });
}

function edits(view: MachineView): PlannedEdit[] {
  return view.controlSets.flatMap((set): PlannedEdit[] => {
    const path = pathIn(set.name);
    if (watched(foundAt(view, 'SYSTEM', path, 'VerifyDrivers')) === null) return [];
    return VALUES.filter((name) => view.system.value(path, name) !== null).map((name) => ({
      edit: { op: 'delete-value', key: { hive: view.system.name, path }, name },
      why: 'Driver Verifier is a test, and must be off on a machine that has to start.',
      controlSet: set.name,
      fixes: 'DRIVER_VERIFIER_ON',
    }));
  });
}

export const driverVerifier: Repair = {
  name: REPAIR,
  title: 'switch Driver Verifier off',
  about:
    'Deletes VerifyDrivers and VerifyDriverLevel, so that Driver Verifier watches no driver at the next start. No driver is changed.',
  article: 'our own',
  certainty: 'certain',
  link: 'boot',
  writes: [
    {
      where: 'SYSTEM\\{CS}\\Control\\Session Manager\\Memory Management',
      name: 'VerifyDrivers, VerifyDriverLevel',
      data: '(deleted)',
      when: 'VerifyDrivers names drivers',
      security: null,
    },
  ],
  afterBoot: [],
  detect,
  edits,
};
