// What the hives say of the machine: its name, its Windows, its control sets and which of them is which.

import { NotFoundError, UsageError } from '../base/errors.ts';
import { filetimeToIso } from '../base/time.ts';
import { chooseLoader, classifyStore } from '../bcd/boot-choice.ts';
import { BcdStore } from '../bcd/store.ts';
import type { OpenHive } from '../hive/open.ts';
import type { Hive, Key } from '../registry/hive.ts';
import { readData } from '../registry/value.ts';
import type { Time } from '../report.ts';
import { numberAt, textAt } from './rules.ts';
import { versionOfDrivers } from './version.ts';
import type { ControlSet, HiveCondition, MachineFacts, MachineView } from './view.ts';

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

/**
 * What SYSTEM and SOFTWARE say of the machine; `firmware` is told by where the boot store lies, and `isEdited` whether the
 * time stamp of a key of SYSTEM is ours.
 */
export function describeMachine(
  system: Hive,
  software: Hive | null,
  firmware: MachineFacts['firmware'] = null,
  isEdited: (path: readonly string[]) => boolean = () => false,
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
    ntVersion: (software ? ntVersionOf(software) : null) ?? versionOfDrivers(system, controlSets),
    build: software ? buildOf(software) : null,
    machineGuid: software ? textAt(software, ['Microsoft', 'Cryptography'], 'MachineGuid') : null,
    firmware,
    lastShutdown: booted ? filetimeAt(system, [booted.name, 'Control', 'Windows'], 'ShutdownTime') : null,
    lastBoot: booted ? lastDeviceStamp(system, booted.name, isEdited) : null,
    controlSets,
  };
}

/** Below Enum: enumerator, device, instance. What lies deeper is stamped while Windows runs. */
const ENUM_LEVELS = 3;

/**
 * When Windows last ran, at the earliest: the newest time stamp of a device below Enum, which Plug and Play writes at each
 * start. A stamp of our own edits is left out. Of four real hives (5.1 to 10.0) it is seconds to days after the last start.
 */
function lastDeviceStamp(
  system: Hive,
  controlSet: string,
  isEdited: (path: readonly string[]) => boolean,
): Time | null {
  let newest = 0n;
  const visit = (key: Key, level: number): void => {
    if (key.lastWritten > newest && !isEdited(key.path)) newest = key.lastWritten;
    if (level < ENUM_LEVELS) for (const child of key.subkeys()) visit(child, level + 1);
  };
  const root = system.key([controlSet, 'Enum']);
  for (const enumerator of root?.subkeys() ?? []) visit(enumerator, 1);
  return newest === 0n ? null : { iso: filetimeToIso(newest), filetime: newest.toString() };
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

function filetimeAt(hive: Hive, path: readonly string[], name: string): bigint | null {
  const value = hive.value(path, name);
  const bytes = value ? readData(value) : null;
  if (bytes?.byteLength !== 8) return null;
  return new DataView(bytes.buffer, bytes.byteOffset, 8).getBigUint64(0, true);
}

/** Hives of one Windows; each is named as plans name it. */
export interface MachineHives {
  readonly system: OpenHive;
  readonly software: OpenHive | null;
  /** Its boot store. */
  readonly bcd: OpenHive | null;
}

const WINDOWS = '\\Windows';

/**
 * The view of hives that are given as bytes, edits included; read it again after each edit. What needs the files of their disk,
 * or its partition table is not judged, and the summary says so. `now` is a FILETIME.
 */
export function hivesView({ system, software, bcd }: MachineHives, now: bigint): MachineView {
  const store = bcd === null ? null : new BcdStore(bcd.hive);
  const firmware = store === null ? null : classifyStore(store).firmware;
  const machine = describeMachine(system.hive, software?.hive ?? null, firmware);
  const chosen = store === null ? null : chooseLoader(store, { windowsPath: WINDOWS, partition: null });
  const missing = chosen === null ? 'no boot store was opened' : 'why' in chosen ? chosen.why : null;
  return {
    machine,
    system: system.hive,
    software: software?.hive ?? null,
    bcd: missing === null ? store : null,
    bcdMissing: missing,
    loader: chosen !== null && 'loader' in chosen ? chosen.loader : null,
    controlSets: selectControlSets(machine.controlSets, 'existing'),
    windowsPath: WINDOWS,
    files: null,
    hives: [system, software, bcd].flatMap((open) => (open === null ? [] : [conditionOf(open)])),
    freeBytes: null,
    now,
  };
}

/** How a hive was found, as far as it has been read. */
export function conditionOf({ name, path, recovery, damage }: OpenHive): HiveCondition {
  return {
    hive: name,
    file: path,
    wasDirty: recovery.wasDirty,
    isUsable: recovery.isUsable,
    logEntriesApplied: recovery.entriesApplied,
    damage: damage.map(({ where, text }) => `${where.key || 'its root'}: ${text}`),
  };
}
