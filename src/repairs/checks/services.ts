// Services that are missing, and what TermService and SessionEnv depend on beyond the table of rdp-services.

import type { Finding } from '../../base/finding.ts';
import { readStrings } from '../../registry/value.ts';
import { SERVICES } from '../fixes/rdp/rdp-services.ts';
import { isBeforeVista, numberAt } from '../machine.ts';
import { hiveFinding } from '../rules.ts';
import type { MachineView } from '../view.ts';
import type { Check } from './check.ts';

const START_DISABLED = 4;

interface Needed {
  readonly name: string;
  /** The chain of services that leads to it, itself last. */
  readonly through: readonly string[];
}

/** A service and all that it depends on, each once; a group ('+...') is no service. */
function dependencies(view: MachineView, controlSet: string, root: string): Needed[] {
  const found: Needed[] = [];
  const queue: Needed[] = [{ name: root, through: [root] }];
  const seen = new Set<string>();
  for (let needed = queue.shift(); needed; needed = queue.shift()) {
    const folded = needed.name.toLowerCase();
    if (folded.startsWith('+') || seen.has(folded)) continue;
    seen.add(folded);
    found.push(needed);
    const value = view.system.value([controlSet, 'Services', needed.name], 'DependOnService');
    for (const name of readStrings(value) ?? []) queue.push({ name, through: [...needed.through, name] });
  }
  return found;
}

/** The smallest Windows has hundreds; a hive with fewer is an excerpt, in which a missing service says nothing. */
const MANY_SERVICES = 50;

function hasManyServices(view: MachineView, controlSet: string): boolean {
  return (view.system.key([controlSet, 'Services'])?.subkeys().length ?? 0) >= MANY_SERVICES;
}

/** What TermService (vital) and SessionEnv need: each service once, under the first that needs it. */
function serviceFindings(view: MachineView): Finding[] {
  return view.controlSets.flatMap((set) => {
    const seen = new Set<string>();
    const roots = isBeforeVista(view) ? ['TermService'] : ['TermService', 'SessionEnv'];
    return roots
      .flatMap((root) =>
        dependencies(view, set.name, root).map((needed) => ({ needed, isVital: root === 'TermService' })),
      )
      .flatMap(({ needed, isVital }) => {
        const folded = needed.name.toLowerCase();
        if (seen.has(folded)) return [];
        seen.add(folded);
        return judge(view, set.name, needed, isVital) ?? [];
      });
  });
}

function judge(view: MachineView, controlSet: string, { name, through }: Needed, isVital: boolean): Finding | null {
  const path = [controlSet, 'Services', name];
  const exists = view.system.key(path) !== null;
  const isDisabled = numberAt(view.system, path, 'Start') === START_DISABLED;
  // What rdp-services can mend, it reports.
  const isInTable = SERVICES.some((known) => known.name.toLowerCase() === name.toLowerCase());
  if (exists ? !isDisabled || isInTable : !hasManyServices(view, controlSet)) return null;
  const [root = name] = through;
  const chain = through.length > 1 ? ` (${through.join(' needs ')})` : '';
  return hiveFinding(view, {
    code: exists ? 'DEPENDENCY_DISABLED' : 'SERVICE_MISSING',
    severity: isVital ? 'error' : 'warning',
    hive: 'SYSTEM',
    path: exists ? path : path.slice(0, -1),
    controlSet,
    text: exists
      ? `${name} is disabled, and ${root} does not start without it${chain}.`
      : `There is no service ${name}${chain}: ${root} does not start. Its key must come from a working machine of the same Windows.`,
  });
}

/** A domain logon goes through Netlogon. */
function netlogonFindings(view: MachineView): Finding[] {
  if (view.machine.domain === null) return [];
  return view.controlSets.flatMap((set) => {
    const path = [set.name, 'Services', 'Netlogon'];
    if (numberAt(view.system, path, 'Start') !== START_DISABLED) return [];
    return [
      hiveFinding(view, {
        code: 'NETLOGON_DISABLED',
        severity: 'warning',
        hive: 'SYSTEM',
        path,
        controlSet: set.name,
        text: `Netlogon is disabled, and accounts of ${view.machine.domain} cannot log on: NLA refuses them before a session is made.`,
      }),
    ];
  });
}

export const SERVICE_CHECKS: readonly Check[] = [
  { link: 'services', article: 'remote-desktop-services', certainty: 'certain', detect: serviceFindings },
  { link: 'authentication', article: 'cannot-connect', certainty: 'likely', detect: netlogonFindings },
];
