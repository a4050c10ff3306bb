// Services that are missing, and what TermService and SessionEnv depend on beyond the table of rdp-services.

import type { Finding } from '../base/finding.ts';
import { readStrings } from '../registry/value.ts';
import type { Check } from './check.ts';
import { numberAt } from './machine.ts';
import { SERVICES } from './rdp-services.ts';
import { hiveFinding } from './rules.ts';
import type { MachineView } from './view.ts';

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

function judge(view: MachineView, controlSet: string, root: string, isVital: boolean): Finding[] {
  const path = (name: string): string[] => [controlSet, 'Services', name];
  return dependencies(view, controlSet, root).flatMap(({ name, through }) => {
    const service = view.system.key(path(name));
    const isDisabled = numberAt(view.system, path(name), 'Start') === START_DISABLED;
    // What rdp-services can mend, it reports.
    const isInTable = SERVICES.some((known) => known.name.toLowerCase() === name.toLowerCase());
    if (service && (!isDisabled || isInTable)) return [];
    const chain = through.length > 1 ? ` (${through.join(' needs ')})` : '';
    return [
      hiveFinding(view, {
        code: service ? 'DEPENDENCY_DISABLED' : 'SERVICE_MISSING',
        severity: isVital ? 'error' : 'warning',
        hive: 'SYSTEM',
        path: service ? path(name) : [controlSet, 'Services'],
        controlSet,
        text: service
          ? `${name} is disabled, and ${root} does not start without it${chain}.`
          : `There is no service ${name}${chain}: ${root} does not start. Its key must come from a working machine of the same Windows.`,
      }),
    ];
  });
}

function serviceFindings(view: MachineView): Finding[] {
  return view.controlSets.flatMap((set) => {
    // A hive without any services is no machine's, and says nothing of this link.
    if (!view.system.key([set.name, 'Services', 'TermService'])) {
      const services = view.system.key([set.name, 'Services'])?.subkeys().length ?? 0;
      return services > MANY_SERVICES ? judge(view, set.name, 'TermService', true).slice(0, 1) : [];
    }
    const vital = judge(view, set.name, 'TermService', true);
    const hasSessionEnv = view.system.key([set.name, 'Services', 'SessionEnv']) !== null;
    const session = hasSessionEnv ? judge(view, set.name, 'SessionEnv', false) : [];
    const known = new Set(vital.map((finding) => finding.text));
    return [...vital, ...session.filter((finding) => !known.has(finding.text))];
  });
}

/** The smallest Windows has hundreds; a hive with fewer is an excerpt. */
const MANY_SERVICES = 50;

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
  { link: 'services', article: 'remote-desktop-services', certainty: 'certain', looks: serviceFindings },
  { link: 'authentication', article: 'cannot-connect', certainty: 'likely', looks: netlogonFindings },
];
