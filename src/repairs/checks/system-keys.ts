// Keys that every SYSTEM and SOFTWARE has: one that is gone leaves the other checks nothing to look at, and is itself the cause.

import type { FindingCode } from '../../base/codes/codes.ts';
import type { Finding } from '../../base/finding.ts';
import { TERMINAL_SERVER } from '../fixes/rdp/rdp-listener.ts';
import { foundAt, hiveFinding, numberAt } from '../rules.ts';
import { hasManyServices, subkeyCount } from '../version.ts';
import type { ControlSet, MachineView } from '../view.ts';
import type { Check } from './check.ts';
import { kindText } from './hive-kinds.ts';

/** Below Control and below Enum: XP, the smallest that was seen, has 53 and 16 keys there. */
const MANY_CONTROL_KEYS = 30;
const MANY_ENUMERATORS = 8;

interface Needed {
  /** Below the control set. */
  readonly path: readonly string[];
  readonly code: FindingCode;
  readonly effect: string;
  /** What stands beside it shows that the hive is no excerpt: in one a missing key says nothing. */
  readonly isProven: (beside: Beside) => boolean;
}

interface Beside {
  readonly hasServices: boolean;
  readonly hasControl: boolean;
  readonly hasDevices: boolean;
}

const NEEDED: readonly Needed[] = [
  {
    path: ['Services'],
    code: 'REGISTRY_KEY_MISSING',
    effect: 'Windows cannot start',
    isProven: ({ hasControl }) => hasControl,
  },
  {
    path: ['Control'],
    code: 'REGISTRY_KEY_MISSING',
    effect: 'Windows cannot start',
    isProven: ({ hasServices, hasDevices }) => hasServices && hasDevices,
  },
  {
    path: ['Control', 'Session Manager'],
    code: 'REGISTRY_KEY_MISSING',
    effect: 'Windows cannot start',
    isProven: ({ hasControl }) => hasControl,
  },
  {
    path: TERMINAL_SERVER.slice(1),
    code: 'RDP_KEY_MISSING',
    effect: 'Remote Desktop cannot start',
    isProven: ({ hasControl }) => hasControl,
  },
];

function besideIn({ system }: MachineView, name: string): Beside {
  const count = (key: string): number => subkeyCount(system.key([name, key]));
  return {
    hasServices: hasManyServices(system, name),
    hasControl: count('Control') >= MANY_CONTROL_KEYS,
    hasDevices: count('Enum') >= MANY_ENUMERATORS,
  };
}

/** A set that Select does not name is never used, and may be a part of one. */
const isNamed = ({ isDefault, isCurrent, isLastKnownGood }: ControlSet): boolean =>
  isDefault || isCurrent || isLastKnownGood;

function setFindings(view: MachineView, code: FindingCode): Finding[] {
  return view.controlSets
    .filter(isNamed)
    .flatMap(({ name }) =>
      NEEDED.filter((needed) => needed.code === code && needed.isProven(besideIn(view, name))).flatMap(
        ({ path, effect }) => missingKey(view, 'SYSTEM', [name, ...path], name, code, effect),
      ),
    );
}

function missingKey(
  view: MachineView,
  hive: 'SYSTEM' | 'SOFTWARE',
  path: readonly string[],
  controlSet: string | null,
  code: FindingCode,
  effect: string,
): Finding[] {
  const file = hive === 'SYSTEM' ? view.system : view.software;
  // None is named where the one above it is gone.
  if (!file || file.key(path) || !file.key(path.slice(0, -1))) return [];
  const text = `${kindText(view, hive)}The key ${path.join('\\')} is missing from ${hive}: ${effect}. ${hive} must come from a backup.`;
  return [hiveFinding(view, { code, severity: 'error', hive, path: path.slice(0, -1), controlSet, text })];
}

/** What the number in Default leads to is judged by others. */
function selectFindings(view: MachineView): Finding[] {
  if (numberAt(view.system, ['Select'], 'Default') !== null) return [];
  const isWhole = view.machine.controlSets.some(({ name }) => {
    const { hasServices, hasControl } = besideIn(view, name);
    return hasServices && hasControl;
  });
  if (!isWhole) return [];
  const what = view.system.key(['Select'])
    ? 'Select does not name a control set as Default'
    : 'The key Select is missing from SYSTEM';
  return [
    hiveFinding(view, {
      code: 'REGISTRY_KEY_MISSING',
      severity: 'error',
      hive: 'SYSTEM',
      path: ['Select'],
      controlSet: null,
      text: `${what}: Windows does not know which control set to start with. SYSTEM must come from a backup.`,
    }),
  ];
}

/** The drivers of the boot are loaded group by group. */
function orderFindings(view: MachineView): Finding[] {
  return view.controlSets.filter(isNamed).flatMap(({ name }): Finding[] => {
    const path = [name, 'Control', 'ServiceGroupOrder'];
    const { hasServices, hasControl } = besideIn(view, name);
    const found = foundAt(view, 'SYSTEM', path, 'List');
    const isThere = found.kind === 'list' && found.texts.some((text) => text.trim() !== '');
    if (isThere || !hasServices || !hasControl) return [];
    const text =
      'ServiceGroupOrder does not list the groups of drivers: Windows loads them in no order, and may find no boot disk (0x7B). The list must come from another control set, or from a working machine of the same Windows.';
    const parts = { hive: 'SYSTEM', path: path.slice(0, -1), controlSet: name, text } as const;
    return [hiveFinding(view, { ...parts, code: 'SERVICE_ORDER_LOST', severity: 'warning' })];
  });
}

/** An excerpt of SOFTWARE has this key too: all that is read of it lies below. */
const softwareFindings = (view: MachineView): Finding[] =>
  missingKey(view, 'SOFTWARE', ['Microsoft'], null, 'REGISTRY_KEY_MISSING', 'Windows cannot start');

export const SYSTEM_KEY_CHECKS: readonly Check[] = [
  { link: 'boot', article: 'our own', certainty: 'certain', detect: selectFindings },
  {
    link: 'boot',
    article: 'our own',
    certainty: 'certain',
    detect: (view) => setFindings(view, 'REGISTRY_KEY_MISSING'),
  },
  { link: 'boot', article: 'our own', certainty: 'likely', detect: orderFindings },
  { link: 'boot', article: 'our own', certainty: 'certain', detect: softwareFindings },
  {
    link: 'remote-desktop',
    article: 'our own',
    certainty: 'certain',
    detect: (view) => setFindings(view, 'RDP_KEY_MISSING'),
  },
];
