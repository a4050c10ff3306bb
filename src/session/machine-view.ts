// What repairs look at, built from a session: the hives as they are in memory now, the store that boots this Windows, and
// the few facts that need the host.

import { isRefusedByWindows } from '../base/codes/defects.ts';
import { FormatError, HivemendError, RefusedError } from '../base/errors.ts';
import { joinHost } from '../base/host-path.ts';
import { pathWord } from '../base/quote.ts';
import { upcase } from '../base/text.ts';
import { filetimeToIso } from '../base/time.ts';
import { chooseLoader, storesOfWindows, type WindowsPlace } from '../bcd/boot-choice.ts';
import { BcdStore } from '../bcd/store.ts';
import { detectBitLocker } from '../disk/bitlocker.ts';
import type { BcdStoreFound } from '../disk/locate.ts';
import { siblingVolumes } from '../disk/mounted/siblings.ts';
import { validate } from '../regf/gate/validate.ts';
import { LAYERED_MINOR } from '../regf/layout.ts';
import type { Hive, Key } from '../registry/hive.ts';
import { readBinary } from '../registry/value.ts';
import { describeMachine, selectControlSets } from '../repairs/machine.ts';
import type { CertificateInfo, HiveCondition, MachineView, UnreadHive } from '../repairs/view.ts';
import type { Machine, Time } from '../report.ts';
import { bootPlace, type Firmware, firmwareOf, type OpenedStore, sharedPartitions } from './boot-place.ts';
import { editedKeys } from './edited-keys.ts';
import type { Session } from './session.ts';
import { madeStore, vacantStore } from './vacant-store.ts';

export interface ViewOptions {
  readonly controlSets: 'existing' | 'current' | readonly number[];
  /** Numbers of control sets that may be made. */
  readonly create: readonly number[];
  /** The loader meant, where several in the store fit. */
  readonly loader?: string;
  /** By which firmware the machine starts, where the disk does not show it. */
  readonly firmware?: Firmware;
  readonly certificate: (der: Uint8Array) => CertificateInfo | null;
}

/** The volumes that were given hold no boot store. */
export const NO_STORE = 'no boot store given. On a Gen2 disk it is on the EFI system partition.';

/** The store that boots the session's Windows, bound as hive 'BCD', or why there is none. */
interface SystemStore {
  readonly found: BcdStoreFound | null;
  readonly store: BcdStore | null;
  readonly missing: string | null;
  /** Every store of this machine's firmware, opened or not. */
  readonly all: readonly OpenedStore[];
}

/** As SystemStore, with the id of the loader that boots this Windows. */
interface BootStore extends SystemStore {
  readonly loader: string | null;
}

/**
 * Binds the store that boots the session's Windows as hive 'BCD'. Of several only one that boots this Windows is taken:
 * the wrong machine's store must not be edited. Which of its loaders does is not asked.
 */
export function bindSystemStore(session: Session, named: Firmware | null = null): SystemStore {
  const none = (missing: string, all: readonly OpenedStore[] = []): SystemStore => ({
    found: null,
    store: null,
    missing,
    all,
  });
  const made = madeStore(session);
  if (made) return { ...made, missing: null, all: [{ ...made, why: null, isRefused: false }] };
  const stores = session.found?.bcdStores ?? [];
  const firmware = firmwareOf(session, named);
  const booting = stores.filter(({ kind }) => (kind === 'bios' || kind === 'uefi') && (firmware ?? kind) === kind);
  if (booting.length === 0) return none(NO_STORE);
  const opened = booting.map((found, index) => {
    const name = booting.length === 1 ? 'BCD' : `BCD ${index + 1}`;
    session.bind(name, found.path);
    return { found, name, ...openStore(session, name) };
  });
  const readable = opened.flatMap(({ found, store }) => (store ? [{ found, store }] : []));
  if (readable.length === 0) return none(opened[0]!.why ?? NO_STORE, opened);
  const fitting = readable.length === 1 ? readable : storesOfWindows(readable, windowsPlace(session));
  const [only] = fitting;
  if (!only || fitting.length > 1) {
    const list = (fitting.length > 0 ? fitting : readable).map(({ found }) => found.path).join(', ');
    return none(
      fitting.length > 1
        ? `several BCD stores could boot this Windows (${list}): give only the volume of the one in use`
        : `none of the BCD stores found boots this Windows (${list})`,
      opened,
    );
  }
  session.bind('BCD', only.found.path);
  const { store, why } = openStore(session, 'BCD');
  // Under its own name, as the repairs edit it.
  const all = opened.map((one) => (one.found === only.found ? { ...one, store } : one));
  return store ? { found: only.found, store, missing: null, all } : none(why ?? NO_STORE, opened);
}

/**
 * The store of bindSystemStore with the loader of this Windows in it; a store that has none for it counts as none.
 * `wanted` names a loader where several fit.
 */
export function bindBootStore(
  session: Session,
  wanted: string | null = null,
  named: Firmware | null = null,
): BootStore {
  const { found, store, missing, all } = bindSystemStore(session, named);
  const none = (missing: string | null): BootStore => ({ found: null, store: null, loader: null, missing, all });
  if (!store) return none(missing);
  const partitions = found === null ? null : sharedPartitions(session, found);
  const chosen = chooseLoader(store, { ...windowsPlace(session), partitions }, wanted);
  return 'why' in chosen ? none(chosen.why) : { found, store, loader: chosen.loader, missing: null, all };
}

/** Where the store may lie that was not given: mounted already, or with the commands that mount it at `folder`. */
export function storeVolume(
  session: Session,
): { readonly folder: string; readonly commands: readonly string[] } | null {
  const { host } = session;
  const siblings = session.volumes.flatMap((volume) => siblingVolumes(host.fs, volume, host.style));
  const fat = siblings.filter(({ partition }) => partition.boot.kind === 'fat');
  const [likely] = [...fat, ...siblings];
  if (!likely) return null;
  if (likely.root !== null) return { folder: likely.root, commands: [] };
  if (host.style === 'win32') return { folder: 'S:', commands: likely.commands };
  const folder = likely.partition.boot.kind === 'fat' ? '/mnt/esp' : '/mnt/boot';
  const mount = likely.commands.map((command) => command.replace(/\/mnt\/windows$/, folder));
  return { folder, commands: [`mkdir -p ${pathWord(folder)}`, ...mount] };
}

function windowsPlace(session: Session): WindowsPlace {
  const volume = session.volumes.find((candidate) => candidate.root === session.found?.volume);
  return { windowsPath: session.found?.windowsPath ?? '\\Windows', partition: volume?.partition ?? null };
}

/** A store that cannot be read becomes the reason why it is missing. */
function openStore(session: Session, name: string): Omit<OpenedStore, 'found'> {
  const { hive, why, isRefused } = tryHive(session, name);
  return { store: hive ? new BcdStore(hive) : null, why, isRefused };
}

/** What the session's hives hold now, edits in memory included; read it again after each apply. */
export function machineView(session: Session, options: ViewOptions): MachineView {
  const { hive: system, why } = systemView(session);
  const softwareFile = session.has('SOFTWARE') ? tryHive(session, 'SOFTWARE') : null;
  const software = softwareFile?.hive ?? null;
  const { firmware = null } = options;
  const boot = bindBootStore(session, options.loader ?? null, firmware);
  const place = bootPlace(session, system, boot.all, firmware);
  const vacant = vacantStore(session, place);
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
    unread: [
      ...(why === null ? [] : [unread(session, 'SYSTEM', 'bad', why)]),
      ...(software === null && session.found ? [unreadSoftware(session, softwareFile)] : []),
    ],
    ...(session.found ? { boot: { ...place, ...(vacant ? { vacant } : {}) } } : {}),
    bcd: boot.store,
    bcdMissing: boot.missing,
    loader: boot.loader,
    hasBitLocker: detectBitLocker(session.host.fs, session.volumes).length > 0,
    controlSets: selectControlSets(machine.controlSets, options.controlSets, options.create),
    windowsPath: session.found?.windowsPath ?? '\\Windows',
    files: session.found ? session.files : null,
    hives: session.conditions().map((condition) => withVerdict(session, condition)),
    onlyInPlace: whyOnlyInPlace(session),
    freeBytes: session.found ? session.host.freeBytes(session.found.volume) : null,
    certificate: options.certificate,
    now: session.host.now(),
  };
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

/** `tried` null: the file is not there. */
function unreadSoftware(session: Session, tried: TriedHive | null): UnreadHive {
  if (tried === null) return unread(session, 'SOFTWARE', 'missing', 'there is no such file');
  return unread(session, 'SOFTWARE', tried.isRefused ? 'refused' : 'bad', tried.why ?? 'it cannot be read');
}

function unread(session: Session, hive: UnreadHive['hive'], problem: UnreadHive['problem'], why: string): UnreadHive {
  const { style } = session.host;
  const config = joinHost(joinHost(session.found?.windowsFolder ?? '', 'System32', style), 'config', style);
  const file = session.found?.hives[hive] ?? joinHost(config, hive, style);
  return { hive, file, problem, why };
}

/** Of a damaged hive, whether Windows would load it; and whether it is a layer. */
function withVerdict(session: Session, condition: HiveCondition): HiveCondition {
  const { recovery, path, hive } = session.load(condition.hive);
  if (hive.minorVersion === LAYERED_MINOR) return { ...condition, isLayered: true };
  if ((condition.damage ?? []).length === 0) return condition;
  const isRefused = validate(recovery.image, path).some(({ code }) => isRefusedByWindows(code));
  return { ...condition, isRefused };
}

/** SYSTEM, or an empty hive in its place where its bytes cannot be read at all. */
function systemView(session: Session): { readonly hive: Hive; readonly why: string | null } {
  try {
    return { hive: session.view('SYSTEM'), why: null };
  } catch (error) {
    if (!(error instanceof FormatError)) throw error;
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

/** A hive that the work can go on without: what is wrong with it becomes the reason why it is missing. */
function tryHive(session: Session, name: string): TriedHive {
  try {
    return { hive: session.view(name), why: null, isRefused: false };
  } catch (error) {
    if (!(error instanceof HivemendError)) throw error;
    return { hive: null, why: error.message, isRefused: !(error instanceof FormatError) };
  }
}

interface TriedHive {
  readonly hive: Hive | null;
  readonly why: string | null;
  /** Its bytes could not be had, so that nothing is known of them. */
  readonly isRefused: boolean;
}

/** What every report begins with. */
export function machineOf(session: Session, view: MachineView): Machine {
  const volume = session.volumes.find((candidate) => candidate.root === session.found?.volume);
  return {
    windowsFolder: session.found?.windowsFolder ?? '',
    volume: session.found?.volume ?? '',
    device: volume?.device ?? null,
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
export function expectMachine(machine: Machine, expected: string): void {
  if (machine.computerName !== null && upcase(machine.computerName) === upcase(expected)) return;
  throw new RefusedError(
    'WRONG_MACHINE',
    `this disk is of ${machine.computerName ?? 'a computer without a name'}, expected ${expected}`,
    { data: { found: machine.computerName, expected } },
  );
}
