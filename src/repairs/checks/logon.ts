// A subsystem line that is broken, and no control set of this machine has a whole one to copy.

import type { Finding } from '../../base/finding.ts';
import { goodSubsystems, isCsrssLine, subsystems, subsystemText } from '../fixes/boot/logon-chain.ts';
import { foundAt, hiveFinding } from '../rules.ts';
import type { MachineView } from '../view.ts';
import type { Check } from './check.ts';

function subsystemFindings(view: MachineView): Finding[] {
  if (goodSubsystems(view) !== null) return [];
  return view.controlSets.flatMap((set): Finding[] => {
    const path = subsystems(set.name);
    const found = foundAt(view, 'SYSTEM', path, 'Windows');
    if (!view.system.key(path) || isCsrssLine(found)) return [];
    const text = `${subsystemText(path, found)} The line must come from a working machine of the same build.`;
    return [
      hiveFinding(view, {
        code: 'SUBSYSTEM_BROKEN',
        severity: 'error',
        hive: 'SYSTEM',
        path,
        controlSet: set.name,
        text,
      }),
    ];
  });
}

export const LOGON_CHECKS: readonly Check[] = [
  { link: 'boot', article: 'our own', certainty: 'likely', detect: subsystemFindings },
];
