// What repairs look at, built from a session: the hives as they are in memory now, the store that boots this Windows, and
// the few facts that need the host.

import { isRefusedByWindows } from '../base/codes/defects.ts';
import { FormatError, HivemendError, RefusedError } from '../base/errors.ts';
import { joinHost } from '../base/host-path.ts';
import { upcase } from '../base/text.ts';
import { filetimeToIso } from '../base/time.ts';
import { waysOn } from '../base/ways.ts';
import { detectBitLocker } from '../disk/bitlocker.ts';
import { findDriver } from '../disk/driver-folder.ts';
import type { BcdStoreFound, SystemHive } from '../disk/locate.ts';
import { type HiveKind, hiveKind } from '../hive/kind.ts';
import { validate } from '../regf/gate/validate.ts';
import { LAYERED_MINOR } from '../regf/layout.ts';
import type { Hive, Key } from '../registry/hive.ts';
import { readBinary } from '../registry/value.ts';
import { describeMachine, selectControlSets } from '../repairs/machine.ts';
import { type HiveCondition, LOGON_HIVES, type MachineView, type UnreadHive } from '../repairs/view.ts';
import type { Machine, Time } from '../report.ts';
import { bootFacts, type Firmware } from './boot-facts.ts';
import { bindBootStore, isCutOff, type TriedHive, tryHive } from './boot-store.ts';
import { editedKeys } from './edited-keys.ts';
import type { Session } from './session.ts';
import { vacantStore } from './vacant-store.ts';

export interface ViewOptions {
  readonly controlSets: 'existing' | 'current' | readonly number[];
  /** Numbers of control sets that may be made. */
  readonly create: readonly number[];
  /** The loader meant, where several in the store fit. */
  readonly loader?: string;
  /** Hives beside SYSTEM, SOFTWARE and the store that are read as well: their state is then in `hives`. */
  readonly alsoRead?: readonly SystemHive[];
  /** A folder of the host with drivers (virtio-win). */
  readonly driverFolder?: string;
  /** By which firmware the machine starts, where the disk does not show it. */
  readonly firmware?: Firmware;
}

/** What the session's hives hold now, edits in memory included; read it again after each apply. */
export function machineView(session: Session, options: ViewOptions): MachineView {
  const { hive: system, why } = systemView(session);
  const softwareFile = triedHive(session, 'SOFTWARE');
  const software = softwareFile?.hive ?? null;
  const { firmware = null } = options;
  const boot = bindBootStore(session, options.loader ?? null, firmware);
  const place = bootFacts(session, system, boot.all, firmware);
  const vacant = vacantStore(session, place);
  const others = new Map((options.alsoRead ?? []).map((name) => [name, triedHive(session, name)] as const));
  const bitLocker = detectBitLocker(session.host.fs, session.volumes);
  const components = others.get('COMPONENTS')?.hive;
  const machine = describeMachine(
    system,
    software,
    firmwareOfStore(boot.found) ?? place.firmware,
    editedKeys(session.host, session.journals(), session.changes),
  );
  return {
    machine,
    system,
    software,
    ...(components ? { components } : {}),
    unread: [
      ...(why === null ? [] : [unread(session, 'SYSTEM', session.locked ? 'refused' : 'bad', why)]),
      ...(software === null && session.found ? [unreadOf(session, 'SOFTWARE', softwareFile)] : []),
      ...unreadLogonHives(session, others),
    ],
    ...(session.found || session.locked ? { boot: { ...place, ...(vacant ? { vacant } : {}) } } : {}),
    bcd: boot.store,
    bcdMissing: boot.missing,
    loader: boot.loader,
    hasBitLocker: bitLocker.length > 0,
    ...(bitLocker.some(({ isUnlockedHere }) => !isUnlockedHere) ? { isLocked: true } : {}),
    controlSets: selectControlSets(machine.controlSets, options.controlSets, options.create),
    windowsPath: session.found?.windowsPath ?? '\\Windows',
    files: session.found ? session.files : null,
    hives: session.conditions().map((condition) => withVerdict(session, condition)),
    onlyInPlace: whyOnlyInPlace(session),
    keptFolders: () => keptFolders(session),
    ...(options.driverFolder === undefined ? {} : { driverFiles: driversIn(session, options.driverFolder) }),
    freeBytes: session.found ? session.host.freeBytes(session.found.volume) : null,
    now: session.host.now(),
  };
}

/** As machineView, with every hive that Windows needs to start. */
export function startView(session: Session, options: ViewOptions): MachineView {
  const { alsoRead = [] } = options;
  return machineView(session, { ...options, alsoRead: [...LOGON_HIVES, ...alsoRead] });
}

function driversIn({ host }: Session, folder: string): NonNullable<MachineView['driverFiles']> {
  return (service, systems, architecture) =>
    findDriver(host.fs, folder, host.style, { service, systems, architecture });
}

/** Beside the journal of the coming commit, on the volume of Windows: a rename reaches no other one. */
function keptFolders(session: Session): string[] {
  const own = `\\hivemend\\${session.journalId}`;
  return [own, `${own}\\files`];
}

/** An image is changed within the bytes of its files; the rest needs a mount. */
function whyOnlyInPlace(session: Session): string | null {
  const commands = session.found ? session.attached.mountCommands(session.found.volume) : null;
  if (commands === null) return null;
  const how = commands.length === 0 ? '' : `: ${commands.join(' ; ')}`;
  return `permissions and new files need a mounted volume. Mount it and run the command again on its folder${how}`;
}

const firmwareOfStore = (found: BcdStoreFound | null): 'bios' | 'uefi' | null =>
  found === null ? null : found.kind === 'uefi' ? 'uefi' : 'bios';

/** Null: the file is not there. */
const triedHive = (session: Session, name: SystemHive): TriedHive | null =>
  session.has(name) ? tryHive(session, name) : null;

/** No check reads in it, and damage is met where a record is read. */
function readThrough(hive: Hive | null): void {
  if (hive?.reader !== 'verifier') return;
  for (const key of hive.walk()) key.values();
}

/** `tried` null: the file is not there. */
function unreadOf(session: Session, name: UnreadHive['hive'], tried: TriedHive | null): UnreadHive {
  if (tried === null) return unread(session, name, 'missing', 'there is no such file');
  return unread(session, name, tried.isRefused ? 'refused' : 'bad', tried.why ?? 'it cannot be read');
}

/** Those that were asked for. Where none of them is there, what was given is an excerpt of a disk, and none is missed. */
function unreadLogonHives(session: Session, tried: ReadonlyMap<SystemHive, TriedHive | null>): UnreadHive[] {
  if (!session.found || LOGON_HIVES.every((name) => !session.has(name))) return [];
  return LOGON_HIVES.filter((name) => tried.has(name)).flatMap((name) => {
    const one = tried.get(name) ?? null;
    readThrough(one?.hive ?? null);
    return one?.hive ? [] : [unreadOf(session, name, one)];
  });
}

function unread(session: Session, hive: UnreadHive['hive'], problem: UnreadHive['problem'], why: string): UnreadHive {
  const { style } = session.host;
  const config = joinHost(joinHost(session.found?.windowsFolder ?? '', 'System32', style), 'config', style);
  const file = session.found?.hives[hive] ?? joinHost(config, hive, style);
  return { hive, file, problem, why };
}

/** What lies in its place: the hive of another name, by what is in it. Null: its own kind, or nothing tells. */
function otherKindOf(name: string, hive: Hive): HiveKind | null {
  const own = name === 'DEFAULT' ? 'NTUSER' : name;
  const kind = hiveKind(hive);
  return kind === own || kind === 'other' ? null : kind;
}

const OF_A_NAME: readonly string[] = ['SYSTEM', 'SOFTWARE', ...LOGON_HIVES];

/** Of a damaged hive, whether Windows would load it; whether it is a layer; and whether it is the hive that its name says. */
function withVerdict(session: Session, found: HiveCondition): HiveCondition {
  const loaded = session.load(found.hive);
  // A hive without a root is said to be unread, and has no reader that could be asked.
  const hive = tryHive(session, found.hive).hive;
  if (hive === null) return found;
  const otherKind = OF_A_NAME.includes(found.hive) ? otherKindOf(found.hive, hive) : null;
  const condition = otherKind === null ? found : { ...found, otherKind };
  if (hive.minorVersion === LAYERED_MINOR) return { ...condition, isLayered: true };
  if ((condition.damage ?? []).length === 0) return condition;
  const isRefused = validate(loaded.recovery.image, loaded.path).some(({ code }) => isRefusedByWindows(code));
  return { ...condition, isRefused };
}

/** SYSTEM, or an empty hive in its place where its bytes cannot be read at all. */
function systemView(session: Session): { readonly hive: Hive; readonly why: string | null } {
  if (session.locked) return { hive: emptyHive('SYSTEM'), why: session.locked.refusal.message };
  try {
    return { hive: session.view('SYSTEM'), why: null };
  } catch (error) {
    if (!(error instanceof FormatError) || isCutOff(error)) throw error;
    return { hive: emptyHive('SYSTEM'), why: error.message };
  }
}

/** A hive without keys, so that what looks at one finds nothing in it. */
function emptyHive(name: string): Hive {
  const root: Key = {
    name: '',
    path: [],
    cellOffset: 0,
    lastWritten: 0n,
    flags: 0,
    classBytes: null,
    subkeys: () => [],
    subkey: () => null,
    values: () => [],
    value: () => null,
    security: () => null,
  };
  return {
    name,
    minorVersion: 0,
    view: 'primary',
    reader: 'verifier',
    root,
    key: (path) => (path.length === 0 ? root : null),
    value: () => null,
    walk: () => [root],
  };
}

/** What every report begins with. */
export function machineOf(session: Session, view: MachineView): Machine {
  const volume = session.volumes.find((candidate) => candidate.root === session.found?.volume);
  return {
    windowsFolder: session.found?.windowsFolder ?? '',
    volume: session.found?.volume ?? '',
    device: volume?.device ?? null,
    ...(volume?.mountPoint != null && volume.mountPoint === volume.root ? { mountPoint: volume.mountPoint } : {}),
    ...(volume?.diskSizeBytes === undefined ? {} : { diskSizeBytes: volume.diskSizeBytes }),
    ...(volume?.lun === undefined ? {} : { lun: volume.lun }),
    ...((view.unread ?? []).some(({ hive }) => hive === 'SYSTEM') ? { isSystemRead: false as const } : {}),
    ...view.machine,
    lastShutdown: lastShutdown(view),
  };
}

/** The time in the current control set's Control\Windows ShutdownTime. */
function lastShutdown(view: MachineView): Time | null {
  const set = view.machine.controlSets.find((candidate) => candidate.isCurrent) ?? view.machine.controlSets[0];
  if (!set) return null;
  const bytes = readBinary(view.system.value([set.name, 'Control', 'Windows'], 'ShutdownTime'));
  if (bytes?.byteLength !== 8) return null;
  const filetime = new DataView(bytes.buffer, bytes.byteOffset, 8).getBigUint64(0, true);
  return { iso: filetimeToIso(filetime), filetime: filetime.toString() };
}

/** @throws RefusedError WRONG_MACHINE when this is another computer than the one expected. */
export function expectMachine(machine: Machine | null, expected: string): void {
  const computerName = machine?.computerName ?? null;
  if (computerName !== null && upcase(computerName) === upcase(expected)) return;
  const message =
    computerName === null
      ? `the computer name on this disk cannot be read, expected ${expected}`
      : `this disk belongs to ${computerName}, not ${expected}`;
  const ways = [{ why: 'List the disks here and the computer on each:', commands: ['hivemend disks'] }];
  const refusal = new RefusedError('WRONG_MACHINE', message, waysOn(ways, { found: computerName, expected }));
  if (machine !== null) refusal.machine = machine;
  throw refusal;
}

/** Says with an error of whose disk it is. */
export function ofMachine(error: unknown, machine: Machine | null): unknown {
  if (error instanceof HivemendError && machine !== null) error.machine ??= machine;
  return error;
}
