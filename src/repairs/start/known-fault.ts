// A known fault, as a user's profile names it: where it applies, which files go out of the way, and
// which services are switched off.

import type { Finding } from '../../base/finding.ts';
import { upcase } from '../../base/text.ts';
import type { WindowsPath } from '../../registry/edit.ts';
import { dword } from '../../registry/value.ts';
import { FILTER_LISTS } from '../drivers/filters.ts';
import { driverFile, driverIn, isNamed, START_DISABLED } from '../drivers/service.ts';
import type { PlannedEdit, RepairOptions } from '../model.ts';
import type { Condition, KnownFault, Quarantine } from '../profiles.ts';
import { foundAt, foundIn, inControlSet, isBooted } from '../rules.ts';
import type { MachineView } from '../view.ts';
import { tried } from '../windows-files.ts';

const MOST_FILES = 20;
const START_AUTO = 2;

/** Without one of these no Windows starts, or none that can be reached: no profile switches them off. */
const NEVER: readonly string[] = [
  ...['acpi', 'pci', 'isapnp', 'msisadrv', 'vdrvroot', 'vmbus', 'vpci', 'winhv', 'hvsocket', 'storvsc', 'storflt'],
  ...['storahci', 'stornvme', 'storport', 'storufs', 'sdstor', 'disk', 'partmgr', 'volmgr', 'volmgrx', 'volsnap'],
  ...['volume', 'mountmgr', 'spaceport', 'vhdmp', 'fltmgr', 'ntfs', 'refs', 'fvevol', 'iorate', 'rdyboost', 'wof'],
  ...['clfs', 'ksecdd', 'ksecpkg', 'cng', 'intelide', 'pciide', 'atapi', 'ataport', 'msahci', 'amdsata', 'iastorv'],
  ...['iastora', 'iaStorAV', 'iaStorAVC', 'LSI_SAS', 'viostor', 'vioscsi', 'pvscsi', 'Wdf01000', 'WindowsTrustedRT'],
  ...['pcw', 'ndis', 'netvsc', 'tcpip', 'afd', 'netbt', 'tdx', 'http', 'netio', 'nsiproxy', 'nsi', 'bindflt'],
  ...['fileinfo', 'wcifs', 'msfs', 'npfs', 'Mup', 'hyperkbd', 'kbdclass', 'RpcSs', 'RpcEptMapper', 'DcomLaunch'],
  ...[
    'SamSs',
    'KeyIso',
    'Netlogon',
    'EventLog',
    'ProfSvc',
    'gpsvc',
    'LSM',
    'PlugPlay',
    'Power',
    'BrokerInfrastructure',
  ],
  ...['SystemEventsBroker', 'TermService', 'BFE', 'NTDS', 'Kdc', 'DFSR'],
];

export const isNeverDisabled = (service: string): boolean => isNamed(NEVER, service);

/** The first condition that does not hold, as a sentence; null: the fault applies here. */
export function whyNotHere(view: MachineView, conditions: readonly Condition[]): string | null {
  for (const condition of conditions) {
    const why = whyNot(view, condition);
    if (why !== null) return why;
  }
  return null;
}

function whyNot(view: MachineView, condition: Condition): string | null {
  switch (condition.kind) {
    case 'file':
      return tried(() => view.files?.exists(condition.path) ?? null) === true
        ? null
        : `${condition.path} is not on this disk`;
    case 'value': {
      const holds = (path: readonly string[]): boolean => {
        const found = foundAt(view, condition.hive, path, condition.name);
        return (
          (found.kind === 'number' && found.number === condition.is) ||
          (found.kind === 'text' && typeof condition.is === 'string' && upcase(found.text) === upcase(condition.is))
        );
      };
      const paths = view.controlSets.map((set) => inControlSet(condition.path, set.name));
      return (condition.path[0] === '{CS}' ? paths : [condition.path]).some(holds)
        ? null
        : `${condition.name} is not ${condition.is}`;
    }
    case 'build': {
      const build = Number(/^\d+/.exec(view.machine.build ?? '')?.[0] ?? Number.NaN);
      return build >= condition.from && build <= condition.to
        ? null
        : `its build is ${view.machine.build ?? 'not known'}, not ${condition.from} to ${condition.to}`;
    }
  }
}

/** What the fault comes to on this disk. */
export interface KnownFaultPart {
  readonly findings: readonly Finding[];
  readonly edits: readonly PlannedEdit[];
  /** What cannot be done here; [] for nothing. */
  readonly skipped: readonly string[];
}

export function knownFaultPart(view: MachineView, fault: KnownFault, options: RepairOptions): KnownFaultPart {
  const matching = fault.quarantine.flatMap((one) => filesOf(view, one).map((path) => ({ path, why: one.why })));
  const inUse = matching.flatMap(({ path }) => whyInUse(view, path) ?? []);
  const found = matching.filter(({ path }) => whyInUse(view, path) === null);
  const { onlyInPlace = null } = view;
  const isMitigated = onlyInPlace !== null && options.allowFallback === true && fault.fallback.length > 0;
  const findings = matching.map(
    ({ path, why }): Finding => ({
      code: 'KNOWN_FAULT_FILE',
      severity: isMitigated ? 'warning' : 'error',
      where: { file: path },
      text: `${path} is there: ${why}${isMitigated ? ' It stays, and the services that read it do not run.' : ''}`,
    }),
  );
  const disabled = disableEdits(view, fault.disable, false);
  const most = options.maxFiles ?? MOST_FILES;
  const part = (edits: readonly PlannedEdit[], skipped: readonly string[]): KnownFaultPart => ({
    findings,
    edits: [...edits, ...disabled.edits],
    skipped: [...inUse, ...skipped, ...disabled.skipped],
  });
  if (found.length === 0) return part([], []);
  if (onlyInPlace !== null) {
    if (fault.fallback.length === 0) return part([], [onlyInPlace]);
    const other = ', or take --allow-fallback, which disables services in place of it';
    if (!options.allowFallback) return part([], [`${onlyInPlace}${other}`]);
    const instead = disableEdits(view, fault.fallback, true);
    return part(instead.edits, instead.skipped);
  }
  if (found.length > most) {
    const text = `${found.length} files match, expected at most ${most}; --max-files takes more after a look at them`;
    return part([], [text]);
  }
  const keptFolders = view.keptFolders?.() ?? [];
  return keptFolders.length === 0 ? part([], ['files cannot be kept here']) : part(moveEdits(keptFolders, found), []);
}

function filesOf(view: MachineView, { folder, pattern, writtenFrom, writtenTo }: Quarantine): WindowsPath[] {
  const { files } = view;
  if (!files) return [];
  const expression = new RegExp(
    `^${pattern
      .replace(/[.+^${}()|[\]\\]/g, '\\$&')
      .replaceAll('*', '.*')
      .replaceAll('?', '.')}$`,
    'i',
  );
  return files
    .list(folder)
    .filter((name) => expression.test(name))
    .map((name) => `${folder}\\${name}`)
    .filter((path) => {
      // Null of a folder, and of a link, which leads elsewhere.
      if (tried(() => files.sizeBytes(path)) === null) return false;
      if (writtenFrom === null && writtenTo === null) return true;
      const time = files.modifiedAt?.(path) ?? null;
      return time !== null && time >= (writtenFrom ?? 0n) && (writtenTo === null || time <= writtenTo);
    });
}

/** A driver that Windows would start and not find is a worse fault than the one that is fixed. */
function whyInUse(view: MachineView, path: WindowsPath): string | null {
  for (const set of view.controlSets) {
    for (const { name } of view.system.key([set.name, 'Services'])?.subkeys() ?? []) {
      const driver = driverIn(view, set.name, name);
      const isStarted = driver.start.kind === 'number' && driver.start.number <= START_AUTO;
      const file = isStarted ? driverFile(view, driver) : null;
      if (file === null || upcase(file) !== upcase(path)) continue;
      return `${path} is the program of ${name}, which Windows starts: it stays; name the service under "disable" in place of it`;
    }
  }
  return null;
}

function moveEdits(
  folders: readonly WindowsPath[],
  found: readonly { readonly path: WindowsPath; readonly why: string }[],
): PlannedEdit[] {
  const shared = { controlSet: null, fixes: 'KNOWN_FAULT_FILE' } as const;
  const made = folders.map(
    (path): PlannedEdit => ({
      ...shared,
      edit: { op: 'make-folder', path },
      why: 'Files that are taken out of the way are kept beside the journal.',
    }),
  );
  const taken = new Set<string>();
  return [
    ...made,
    ...found.map(({ path, why }): PlannedEdit => {
      const name = path.slice(path.lastIndexOf('\\') + 1);
      let free = name;
      for (let number = 2; taken.has(upcase(free)); number += 1) free = `${name}.${number}`;
      taken.add(upcase(free));
      return { ...shared, edit: { op: 'move-file', path, to: `${folders.at(-1)}\\${free}` }, why };
    }),
  ];
}

export function disableEdits(
  view: MachineView,
  services: KnownFault['disable'],
  isFallback: boolean,
): { readonly edits: PlannedEdit[]; readonly skipped: string[] } {
  const edits: PlannedEdit[] = [];
  const skipped: string[] = [];
  // The other sets keep the old state, to go back to.
  for (const set of view.controlSets.filter(({ name }) => isBooted(view, name))) {
    for (const { service, why } of services) {
      const driver = driverIn(view, set.name, service);
      if (!driver.isService || (driver.start.kind === 'number' && driver.start.number === START_DISABLED)) continue;
      const filtered = filteredDevices(view, set.name, service);
      if (filtered !== null) {
        skipped.push(
          `${service} filters the devices of ${filtered}: without it they would not start (0x7B), so it stays`,
        );
        continue;
      }
      const text = `RISK: ${service} does not run. ${why}`;
      edits.push({
        edit: {
          op: 'set-value',
          key: { hive: view.system.name, path: driver.path },
          name: 'Start',
          value: dword(START_DISABLED),
        },
        why,
        controlSet: set.name,
        fixes: isFallback ? 'KNOWN_FAULT_FILE' : null,
        isRequested: true,
        ...(isFallback ? { security: { effect: 'lowers' as const, text } } : {}),
      });
    }
  }
  return { edits, skipped };
}

/** The class, or the single device, that a service filters; null: none. */
function filteredDevices(view: MachineView, controlSet: string, service: string): string | null {
  const below = (path: readonly string[]) => view.system.key(path)?.subkeys() ?? [];
  const classes = below([controlSet, 'Control', 'Class']);
  const devices = below([controlSet, 'Enum']).flatMap((bus) => bus.subkeys().flatMap((device) => device.subkeys()));
  for (const key of [...classes, ...devices]) {
    for (const name of FILTER_LISTS) {
      const found = foundIn(key.value(name));
      if (found.kind === 'list' && isNamed(found.texts, service)) return key.path.slice(2).join('\\');
    }
  }
  return null;
}
