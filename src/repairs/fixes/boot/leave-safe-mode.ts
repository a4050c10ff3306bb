// Safe mode left on: the loader's safeboot element, and the mark that a start in safe mode leaves in the control set.

import type { Finding } from '../../../base/finding.ts';
import { type BcdElement, type BcdObject, elementOf, integerOf } from '../../../bcd/store.ts';
import type { PlannedEdit, Repair } from '../../model.ts';
import { hiveFinding, inControlSet, keyText } from '../../rules.ts';
import type { MachineView } from '../../view.ts';
import { bootLoader, SAFE_BOOT_ELEMENT } from './boot-loader.ts';

const REPAIR = 'leave-safe-mode';
const OPTION = ['{CS}', 'Control', 'SafeBoot', 'Option'];
const MODE_NETWORK = 1n;
const MODES = ['minimal', 'network', 'dsrepair'];

interface SafeBoot {
  readonly loader: BcdObject;
  readonly element: BcdElement;
  readonly mode: string;
  readonly hasNetwork: boolean;
}

function safeBootOf(view: MachineView): SafeBoot | null {
  const loader = bootLoader(view);
  const element = elementOf(loader, SAFE_BOOT_ELEMENT);
  if (!loader || !element) return null;
  const mode = integerOf(loader, SAFE_BOOT_ELEMENT);
  return {
    loader,
    element,
    mode: (mode === null ? undefined : MODES[Number(mode)]) ?? 'unknown',
    hasNetwork: mode === MODE_NETWORK,
  };
}

const elementPath = ({ loader, element }: SafeBoot): string[] => [
  'Objects',
  loader.keyName,
  'Elements',
  element.keyName,
];

function detect(view: MachineView): Finding[] {
  const safe = safeBootOf(view);
  const findings: Finding[] = [];
  if (safe) {
    findings.push(
      hiveFinding(view, {
        code: 'SAFE_MODE',
        severity: safe.hasNetwork ? 'warning' : 'error',
        hive: 'BCD',
        path: elementPath(safe),
        controlSet: null,
        repair: REPAIR,
        text: safe.hasNetwork
          ? `Loader ${safe.loader.id} starts Windows in safe mode with networking: only what safe mode allows runs.`
          : `Loader ${safe.loader.id} starts Windows in safe mode (${safe.mode}): there is no network, and Remote Desktop does not run.`,
      }),
    );
  }
  for (const set of view.controlSets) {
    const path = inControlSet(OPTION, set.name);
    if (!view.system.key(path)) continue;
    findings.push(
      hiveFinding(view, {
        code: 'SAFE_MODE_MARK',
        severity: 'warning',
        hive: 'SYSTEM',
        path,
        controlSet: set.name,
        repair: REPAIR,
        text: `${keyText('SYSTEM', path)} is on the disk: Windows keeps it in memory only, and programs take it as a sign of safe mode.`,
      }),
    );
  }
  return findings;
}

function edits(view: MachineView): PlannedEdit[] {
  const safe = safeBootOf(view);
  const planned: PlannedEdit[] = [];
  if (safe && view.bcd) {
    planned.push({
      edit: { op: 'delete-key', key: { hive: view.bcd.hive.name, path: elementPath(safe) } },
      why: `Windows must start normally, not in safe mode (${safe.mode}).`,
      controlSet: null,
      fixes: 'SAFE_MODE',
    });
  }
  for (const set of view.controlSets) {
    const path = inControlSet(OPTION, set.name);
    if (!view.system.key(path)) continue;
    planned.push({
      edit: { op: 'delete-key', key: { hive: view.system.name, path } },
      why: 'The mark of safe mode must not be on the disk.',
      controlSet: set.name,
      fixes: 'SAFE_MODE_MARK',
    });
  }
  return planned;
}

export const leaveSafeMode: Repair = {
  name: REPAIR,
  title: 'start Windows normally, not in safe mode',
  about:
    'Deletes the safeboot element of the loader that boots this Windows, and the key SafeBoot\\Option where it has been left in a control set.',
  article: 'safe-mode',
  certainty: 'certain',
  link: 'boot',
  writes: [
    { where: 'BCD, the loader', name: 'safeboot (25000080)', data: '(deleted)', when: 'there', security: null },
    {
      where: 'SYSTEM\\{CS}\\Control\\SafeBoot\\Option',
      name: '(the key)',
      data: '(deleted)',
      when: 'there',
      security: null,
      source: '? Windows makes it volatile',
    },
  ],
  afterBoot: [],
  detect,
  edits,
};
