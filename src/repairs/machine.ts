// What the hives say of the machine: its name, its Windows, its control sets and which of them is which.

import { NotFoundError, UsageError } from '../base/errors.ts';
import { filetimeToIso } from '../base/time.ts';
import type { Hive } from '../registry/hive.ts';
import { readData } from '../registry/value.ts';
import type { Time } from '../report.ts';
import { foundIn } from './rules.ts';
import type { ControlSet, MachineFacts, MachineView } from './view.ts';

const CURRENT_VERSION = ['Microsoft', 'Windows NT', 'CurrentVersion'];
/** Windows 11 still calls itself Windows 10 in ProductName; its builds begin here. */
const FIRST_WINDOWS_11_BUILD = 22_000;

/** Every control set of a SYSTEM hive, by number, with what Select says of it; [] in a hive that has none. */
export function readControlSets(system: Hive): ControlSet[] {
  const select = (name: string): number | null => numberAt(system, ['Select'], name);
  const [current, standard, good, failed] = ['Current', 'Default', 'LastKnownGood', 'Failed'].map(select);
  const sets: ControlSet[] = [];
  for (const key of system.root.subkeys()) {
    const match = /^ControlSet(\d{3})$/i.exec(key.name);
    if (!match) continue;
    const number = Number(match[1]);
    sets.push({
      name: key.name,
      number,
      isCurrent: number === current,
      isDefault: number === standard,
      isLastKnownGood: number === good,
      isFailed: number === failed,
    });
  }
  return sets.sort((a, b) => a.number - b.number);
}

/**
 * The control sets to work on: all that exist, the current one, or those with the numbers given. A missing one is
 * given only where `create` names its number.
 * @throws NotFoundError KEY_NOT_FOUND for a number that does not exist; UsageError BAD_ARGUMENT for a number outside 1 to 999.
 */
export function selectControlSets(
  existing: readonly ControlSet[],
  choice: 'existing' | 'current' | readonly number[],
  create: readonly number[] = [],
): ControlSet[] {
  for (const number of create) {
    if (!(Number.isInteger(number) && number >= 1 && number <= 999)) {
      throw new UsageError('BAD_ARGUMENT', `control set ${number} was asked for, but their numbers are 1 to 999`);
    }
  }
  const made = create.filter((number) => !existing.some((set) => set.number === number)).map(missingSet);
  const known = [...existing, ...made];
  if (choice === 'existing') return known.sort((a, b) => a.number - b.number);
  const numbers = choice === 'current' ? existing.filter((set) => set.isCurrent).map((set) => set.number) : choice;
  if (choice === 'current' && numbers.length === 0) {
    throw new NotFoundError('KEY_NOT_FOUND', 'SYSTEM\\Select names no current control set that exists', {
      hint: `--control-sets ${existing.map((set) => set.name.slice(-3)).join(',') || 'existing'}`,
    });
  }
  return [...new Set([...numbers, ...create])].map((number) => {
    const set = known.find((candidate) => candidate.number === number);
    if (set) return set;
    const name = missingSet(number).name;
    throw new NotFoundError(
      'KEY_NOT_FOUND',
      `${name} does not exist in SYSTEM, and a control set is not made unasked`,
      {
        hint: `--create ${number}`,
        data: { existing: existing.map((other) => other.name) },
      },
    );
  });
}

function missingSet(number: number): ControlSet {
  const name = `ControlSet${String(number).padStart(3, '0')}`;
  return { name, number, isCurrent: false, isDefault: false, isLastKnownGood: false, isFailed: false };
}

/** What SYSTEM and SOFTWARE say of the machine; `firmware` is told by where the boot store lies. */
export function describeMachine(
  system: Hive,
  software: Hive | null,
  firmware: MachineFacts['firmware'] = null,
): MachineFacts {
  const controlSets = readControlSets(system);
  const booted = controlSets.find((set) => set.isDefault) ?? controlSets.find((set) => set.isCurrent) ?? controlSets[0];
  const inSet = (path: readonly string[], name: string): string | null =>
    booted ? textAt(system, [booted.name, ...path], name) : null;
  const tcpip = ['Services', 'Tcpip', 'Parameters'];
  return {
    computerName: inSet(['Control', 'ComputerName', 'ComputerName'], 'ComputerName'),
    domain: joinedDomain(software) ?? inSet(tcpip, 'Domain') ?? inSet(tcpip, 'NV Domain'),
    product: software ? productOf(software) : null,
    ntVersion: software ? ntVersionOf(software) : null,
    build: software ? buildOf(software) : null,
    machineGuid: software ? textAt(software, ['Microsoft', 'Cryptography'], 'MachineGuid') : null,
    firmware,
    lastShutdown: booted ? filetimeAt(system, [booted.name, 'Control', 'Windows'], 'ShutdownTime') : null,
    lastBoot: booted ? lastWritten(system, [booted.name, 'Control']) : null,
    controlSets,
  };
}

/**
 * SystemStartOptions and others of Control are written at each start: in four real hives (5.1 to 10.0) the key's time is
 * seconds after the start that followed the last shutdown.
 */
function lastWritten(system: Hive, path: readonly string[]): Time | null {
  const filetime = system.key(path)?.lastWritten ?? 0n;
  return filetime === 0n ? null : { iso: filetimeToIso(filetime), filetime: filetime.toString() };
}

/** Group Policy keeps the machine's place in the directory: CN=PC1,OU=Desks,DC=example,DC=com. */
function joinedDomain(software: Hive | null): string | null {
  const state = ['Microsoft', 'Windows', 'CurrentVersion', 'Group Policy', 'State', 'Machine'];
  const name = software ? textAt(software, state, 'Distinguished-Name') : null;
  const parts = name?.match(/DC=[^,]+/gi)?.map((part) => part.slice(3));
  return parts?.join('.') ?? null;
}

function productOf(software: Hive): string | null {
  const name = textAt(software, CURRENT_VERSION, 'ProductName');
  const build = Number(textAt(software, CURRENT_VERSION, 'CurrentBuildNumber') ?? 0);
  const product = build >= FIRST_WINDOWS_11_BUILD ? name?.replace(/^Windows 10\b/, 'Windows 11') : name;
  const release = textAt(software, CURRENT_VERSION, 'DisplayVersion') ?? textAt(software, CURRENT_VERSION, 'ReleaseId');
  if (!product) return null;
  return release ? `${product} ${release}` : product;
}

function ntVersionOf(software: Hive): string | null {
  const major = numberAt(software, CURRENT_VERSION, 'CurrentMajorVersionNumber');
  const minor = numberAt(software, CURRENT_VERSION, 'CurrentMinorVersionNumber');
  if (major !== null && minor !== null) return `${major}.${minor}`;
  const text = textAt(software, CURRENT_VERSION, 'CurrentVersion');
  return text !== null && /^\d+\.\d+$/.test(text) ? text : null;
}

function buildOf(software: Hive): string | null {
  const build =
    textAt(software, CURRENT_VERSION, 'CurrentBuildNumber') ?? textAt(software, CURRENT_VERSION, 'CurrentBuild');
  const revision = numberAt(software, CURRENT_VERSION, 'UBR');
  return build !== null && revision !== null ? `${build}.${revision}` : build;
}

/** NT's version as one number that can be compared (601, 1000); null where it cannot be told. */
export function ntNumber(view: MachineView): number | null {
  const match = /^(\d+)\.(\d+)$/.exec(view.machine.ntVersion ?? '');
  return match ? Number(match[1]) * 100 + Number(match[2]) : null;
}

/**
 * True for XP and Server 2003, whose RDP knows neither NLA nor the firewall's rule strings. Where SOFTWARE does not
 * tell, their Terminal Services run in the DComLaunch host; later ones never do (seen in real hives of 5.1, 6.1, 10.0).
 */
export function isBeforeVista(view: MachineView): boolean {
  const version = ntNumber(view);
  if (version !== null) return version < 600;
  return view.machine.controlSets.some((set) =>
    /-k\s+dcomlaunch\s*$/i.test(textAt(view.system, [set.name, 'Services', 'TermService'], 'ImagePath') ?? ''),
  );
}

/** A text value that is not empty, or null. */
export function textAt(hive: Hive, path: readonly string[], name: string): string | null {
  const found = foundIn(hive.value(path, name));
  return found.kind === 'text' && found.text !== '' ? found.text : null;
}

export function numberAt(hive: Hive, path: readonly string[], name: string): number | null {
  const found = foundIn(hive.value(path, name));
  return found.kind === 'number' ? found.number : null;
}

function filetimeAt(hive: Hive, path: readonly string[], name: string): bigint | null {
  const value = hive.value(path, name);
  const bytes = value ? readData(value) : null;
  if (bytes?.byteLength !== 8) return null;
  return new DataView(bytes.buffer, bytes.byteOffset, 8).getBigUint64(0, true);
}
