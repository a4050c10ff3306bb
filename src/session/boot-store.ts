// The store that boots a session's Windows, and which of its loaders does.

import { FormatError, HivemendError } from '../base/errors.ts';
import { orNull } from '../base/or-null.ts';
import { pathWord } from '../base/quote.ts';
import { chooseLoader, storesOfWindows, type WindowsPlace } from '../bcd/boot-choice.ts';
import { isSamePartition } from '../bcd/device.ts';
import { ELEMENT } from '../bcd/elements/element-numbers.ts';
import { type BcdObject, BcdStore, deviceOf } from '../bcd/store.ts';
import type { BcdStoreFound } from '../disk/locate.ts';
import { siblingVolumes } from '../disk/mounted/siblings.ts';
import { resolveWindowsPath } from '../disk/windows-path.ts';
import type { Hive } from '../registry/hive.ts';
import { type Firmware, firmwareOf, liesOnAnotherDisk, type OpenedStore, sharedPartitions } from './boot-facts.ts';
import type { Session } from './session.ts';
import { madeStore } from './vacant-store.ts';

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
  const stores = session.found?.bcdStores ?? session.locked?.stores ?? [];
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
  if ('why' in chosen) return none(chosen.why);
  if (found !== null && wanted === null && isOfAnotherMachine(session, found, store.object(chosen.loader))) {
    return none(
      'the boot store lies on another disk than Windows, and its loader does not name the partition of Windows',
    );
  }
  return { found, store, loader: chosen.loader, missing: null, all };
}

/** On the disk of Windows a loader may name what is no more; on another one it must name this Windows to be its own. */
function isOfAnotherMachine(session: Session, found: BcdStoreFound, loader: BcdObject | null): boolean {
  const { partition } = windowsPlace(session);
  const device = deviceOf(loader, ELEMENT.osDevice);
  if (partition === null || device?.kind !== 'partition' || !liesOnAnotherDisk(session, found)) return false;
  return !isSamePartition(device.partition, partition);
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
  return {
    windowsPath: session.found?.windowsPath ?? '\\Windows',
    partition: volume?.partition ?? session.locked?.partition ?? null,
    isGone: (folder) => volume !== undefined && isGone(session, volume.root, folder),
  };
}

/** False where it cannot be told. */
function isGone({ host }: Session, root: string, folder: string): boolean {
  return orNull(HivemendError, () => !resolveWindowsPath(host.fs, root, folder, host.style).exists) ?? false;
}

/** A store that cannot be read becomes the reason why it is missing. */
function openStore(session: Session, name: string): Omit<OpenedStore, 'found'> {
  const { hive, why, isRefused } = tryHive(session, name);
  return { store: hive ? new BcdStore(hive) : null, why, isRefused };
}

/** Nothing is to be said of a machine by half of its disk. */
export const isCutOff = (error: HivemendError): boolean => error.data?.isCutOff === true;

/** A hive that the work can go on without: what is wrong with it becomes the reason why it is missing. */
export function tryHive(session: Session, name: string): TriedHive {
  try {
    return { hive: session.view(name), why: null, isRefused: false };
  } catch (error) {
    if (!(error instanceof HivemendError) || isCutOff(error)) throw error;
    return { hive: null, why: error.message, isRefused: !(error instanceof FormatError) };
  }
}

export interface TriedHive {
  readonly hive: Hive | null;
  readonly why: string | null;
  /** Its bytes could not be had, so that nothing is known of them. */
  readonly isRefused: boolean;
}
