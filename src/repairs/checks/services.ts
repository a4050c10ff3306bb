// Services that are missing, and what TermService and SessionEnv depend on beyond the table of rdp-services.

import type { Finding } from '../../base/finding.ts';
import { readStrings } from '../../registry/value.ts';
import { SERVICES } from '../fixes/rdp/rdp-services.ts';
import { describeFound, foundAt, hiveFinding, numberAt, textAt } from '../rules.ts';
import { hasManyServices, isBeforeVista, windowsEra } from '../version.ts';
import type { MachineView } from '../view.ts';
import { fileExists, isWholeWindows, volumePath } from '../windows-files.ts';
import type { Check } from './check.ts';

const START_DISABLED = 4;

interface Needed {
  readonly name: string;
  /** The services that need it, each the one after it, itself last. */
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

/** Remote Desktop, and the network that it needs; SessionEnv is no vital part of it. */
function rootsOf(view: MachineView): readonly string[] {
  const network = ['Tcpip', 'AFD', 'Dhcp'];
  return isBeforeVista(view) ? ['TermService', ...network] : ['TermService', ...network, 'SessionEnv'];
}

/** What these services need: each once, under the first that needs it. */
function serviceFindings(view: MachineView): Finding[] {
  return view.controlSets.flatMap((set) => {
    const seen = new Set<string>();
    return rootsOf(view)
      .flatMap((root) =>
        dependencies(view, set.name, root).map((needed) => ({ needed, isVital: root !== 'SessionEnv' })),
      )
      .flatMap(({ needed, isVital }) => {
        const folded = needed.name.toLowerCase();
        if (seen.has(folded)) return [];
        seen.add(folded);
        return dependencyFinding(view, set.name, needed, isVital) ?? [];
      });
  });
}

function dependencyFinding(
  view: MachineView,
  controlSet: string,
  { name, through }: Needed,
  isVital: boolean,
): Finding | null {
  const path = [controlSet, 'Services', name];
  const exists = view.system.key(path) !== null;
  const isDisabled = numberAt(view.system, path, 'Start') === START_DISABLED;
  // What rdp-services can fix, it reports.
  const isInTable = SERVICES.some((known) => known.name.toLowerCase() === name.toLowerCase());
  if (exists ? !isDisabled || isInTable : !hasManyServices(view.system, controlSet)) return null;
  const [root = name] = through;
  const needs = through.length > 1 ? ` (${through.join(' needs ')})` : '';
  return hiveFinding(view, {
    code: exists ? 'DEPENDENCY_DISABLED' : 'SERVICE_MISSING',
    severity: isVital ? 'error' : 'warning',
    hive: 'SYSTEM',
    path,
    controlSet,
    text: exists
      ? `${name} is disabled, and ${root} does not start without it${needs}.`
      : `There is no service ${name}${needs}: ${root} does not start. Its key must come from a working machine of the same Windows.`,
  });
}

/** The services of the table that Windows runs in a process of its own, in each control set. */
function programFindings(view: MachineView): Finding[] {
  const isNew = windowsEra(view) === 'new';
  return view.controlSets.flatMap((set) => {
    const services = SERVICES.filter(({ name, account }) => name === 'TermService' || (isNew && account !== null));
    const there = services.map(({ name }) => fileExists(view, volumePath(view, libraryOf(view, set.name, name))));
    const count = (is: boolean): number => there.filter((one) => one === is).length;
    // Where most libraries are not there, System32 was not given whole.
    const isGiven = count(true) >= count(false);
    return (
      services
        // That its line is that of RpcSs, logon-chain sees to.
        .filter(({ name }) => name !== 'RpcEptMapper')
        .flatMap((service) => programFinding(view, set.name, service, isGiven) ?? [])
    );
  });
}

const libraryOf = (view: MachineView, controlSet: string, name: string): string =>
  textAt(view.system, [controlSet, 'Services', name, 'Parameters'], 'ServiceDll') ?? '';

/** svchost with a group, or lsass; and the library in it. */
const HOST = /(?:^|[\\"])(?:svchost(?:\.exe)?"?\s+-k\s+\S|lsass(?:\.exe)?"?\s*$)/i;

/** `isGiven`: the libraries of services are there as a rule. */
function programFinding(
  view: MachineView,
  controlSet: string,
  { name, isVital }: (typeof SERVICES)[number],
  isGiven: boolean,
): Finding | null {
  const path = [controlSet, 'Services', name];
  if (!view.system.key(path)) return null;
  const severity = isVital ? 'error' : 'warning';
  const parts = { hive: 'SYSTEM', controlSet, path } as const;
  const effect = name === 'TermService' ? 'Remote Desktop cannot start' : 'it cannot start';
  const image = foundAt(view, 'SYSTEM', path, 'ImagePath');
  // In an excerpt a value that is missing says nothing; TermService is what is asked for.
  if (image.kind === 'absent' && name !== 'TermService' && !hasManyServices(view.system, controlSet)) return null;
  if (image.kind !== 'text' || !HOST.test(image.text)) {
    const text = `ImagePath of ${name} ${describeFound(image)}, expected svchost.exe with -k and its group: ${effect}. Its key must come from a working machine of the same Windows.`;
    return hiveFinding(view, { ...parts, code: 'SERVICE_IMAGE', severity, text });
  }
  const dll = libraryOf(view, controlSet, name);
  const isForeign = name === 'TermService' && dll !== '' && !/(?:^|\\)termsrv\.dll$/i.test(dll);
  const file = volumePath(view, dll);
  const isKnown = isWholeWindows(view) && (isGiven || name === 'TermService');
  if (!isForeign && isKnown && fileExists(view, file) === false) {
    const text = `The program of ${name} (${dll}) is not on the disk: ${effect}. The file must come from a working machine of the same build.`;
    return hiveFinding(view, { ...parts, code: 'SERVICE_FILE_MISSING', severity, text });
  }
  if (!isForeign || /\\System32\\[^\\]+$/i.test(file ?? dll)) return null;
  const text = `TermService is started as ${dll}, not as termsrv.dll: another program has taken its place.`;
  return hiveFinding(view, { ...parts, code: 'SERVICE_DLL_FOREIGN', severity: 'warning', text });
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
  { link: 'services', article: 'our own', certainty: 'certain', detect: programFindings },
  { link: 'services', article: 'remote-desktop-services', certainty: 'certain', detect: serviceFindings },
  { link: 'authentication', article: 'cannot-connect', certainty: 'likely', detect: netlogonFindings },
];
