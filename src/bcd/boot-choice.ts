// Which of several stores boots this machine, told by what a store holds and not by where it lies.

import { upcase } from '../base/text.ts';
import type { DeviceIdentity } from './device.ts';
import { identityText, isSamePartition, partitionOf } from './device.ts';
import { ELEMENT } from './elements/element-numbers.ts';
import { BOOTMGR, FWBOOTMGR, idOf } from './objects.ts';
import type { BcdObject, BcdStore } from './store.ts';
import { deviceOf, textOf } from './store.ts';

/**
 * 'system': boots an installed Windows. 'recovery': the recovery environment's own store. 'media': install or rescue
 * media. 'template': objects, but nothing that boots a Windows. 'empty': no objects. 'none': not a store.
 */
export type StoreKind = 'system' | 'recovery' | 'media' | 'template' | 'empty' | 'none';

export interface StoreVerdict {
  readonly kind: StoreKind;
  /** By the loaders' own names: winload.efi or winload.exe; null where none says. */
  readonly firmware: 'uefi' | 'bios' | null;
  /** Ids of the loaders of a Windows, in the order of the boot menu. */
  readonly windowsLoaders: readonly string[];
  readonly defaultState: 'ok' | 'no-boot-manager' | 'missing' | 'dangling' | 'not-windows';
  /** One sentence. */
  readonly why: string;
}

/** What kind of store it is, from its content alone. */
export function classifyStore(store: BcdStore): StoreVerdict {
  const windows = store.windowsLoaders();
  const common = {
    firmware: firmwareOf(store),
    windowsLoaders: windows.map((loader) => loader.id),
    defaultState: store.defaultState().state,
  };
  if (!store.isStore()) return { ...common, kind: 'none', why: 'it does not have an Objects key' };
  if (windows.length > 0) {
    return { ...common, kind: 'system', why: `it has ${windows.length} loader(s) of an installed Windows` };
  }
  const objects = store.objects();
  const kinds = objects.map((object) => store.loaderKind(object, objects));
  if (kinds.includes('setup')) return { ...common, kind: 'media', why: 'its loader starts Windows Setup' };
  if (kinds.includes('recovery')) {
    return { ...common, kind: 'recovery', why: 'its only loader starts the recovery environment' };
  }
  if (objects.length === 0) return { ...common, kind: 'empty', why: 'it does not have any objects' };
  const boots = objects.some((object) => object.type === 0x10400008);
  if (boots) return { ...common, kind: 'media', why: 'its entries start boot sectors and no Windows' };
  return { ...common, kind: 'template', why: 'none of its objects starts a Windows' };
}

function firmwareOf(store: BcdStore): 'uefi' | 'bios' | null {
  if (store.object(FWBOOTMGR)) return 'uefi';
  for (const object of [store.object(BOOTMGR), ...store.loaders()]) {
    const path = textOf(object, ELEMENT.path) ?? '';
    if (/\.efi$/i.test(path)) return 'uefi';
    if (/\.exe$/i.test(path)) return 'bios';
  }
  return null;
}

/** What is known of the Windows that was found on a disk. */
export interface WindowsPlace {
  /** '\Windows', as it lies on its volume. */
  readonly windowsPath: string;
  /** The partition that the volume lies on; null: not known. */
  readonly partition: DeviceIdentity | null;
  /** Every partition of the disk that both this Windows and the store lie on; null or left out: not known. */
  readonly partitions?: readonly DeviceIdentity[] | null;
  /** A folder is not on the volume of Windows, for certain; left out: not known of any. */
  readonly isGone?: (folder: string) => boolean;
}

export interface LoaderChoice {
  /** The loader that starts this Windows; null: none, or more than one could. */
  readonly loader: BcdObject | null;
  /** Every loader whose systemroot, and osdevice where it can be told, fit. */
  readonly fitting: readonly BcdObject[];
  /** The loaders that start another Windows. */
  readonly others: readonly BcdObject[];
}

/**
 * The loader of the Windows that lies at `place`: its systemroot is the folder, and its osdevice the partition where both
 * sides name one. A loader without a systemroot, and an osdevice that names no partition, contradict nothing. Of several
 * that fit, the default is chosen if it is among them. The only loader of a store on the disk of this Windows, which names
 * a partition that the disk does not have, is its own: the disk was copied, or its table was written anew. So is the only
 * one that names the partition of this Windows, and a folder that is not on it.
 */
export function loaderOfWindows(store: BcdStore, place: WindowsPlace): LoaderChoice {
  const loaders = store.windowsLoaders();
  const sure = loaders.filter((loader) => fits(loader, place));
  const isOwn = (loader: BcdObject): boolean => isStray(loader, place) || isMisnamed(loader, place);
  const fitting = sure.length === 0 && loaders.length === 1 && isOwn(loaders[0]!) ? loaders : sure;
  const others = loaders.filter((loader) => !fitting.includes(loader));
  const { id } = store.defaultState();
  const exact = fitting.filter((loader) => place.partition !== null && partitionFits(loader, place.partition) === true);
  const best = exact.length > 0 ? exact : fitting;
  const loader = best.length === 1 ? best[0]! : (best.find((candidate) => candidate.id === id) ?? null);
  return { loader, fitting, others };
}

function isStray(loader: BcdObject, place: WindowsPlace): boolean {
  const device = deviceOf(loader, ELEMENT.osDevice);
  const { partitions = null } = place;
  if (device?.kind !== 'partition' || partitions === null || !isOfFolder(loader, place)) return false;
  return !partitions.some((partition) => isSamePartition(partition, device.partition));
}

function isMisnamed(loader: BcdObject, { partition, isGone }: WindowsPlace): boolean {
  const root = textOf(loader, ELEMENT.systemRoot);
  if (root === null || partition === null || partitionFits(loader, partition) !== true) return false;
  return isGone?.(root) ?? false;
}

function isOfFolder(loader: BcdObject, { windowsPath }: WindowsPlace): boolean {
  const root = textOf(loader, ELEMENT.systemRoot);
  return root === null || folder(root) === folder(windowsPath);
}

function fits(loader: BcdObject, place: WindowsPlace): boolean {
  if (!isOfFolder(loader, place)) return false;
  return place.partition === null || partitionFits(loader, place.partition) !== false;
}

/**
 * Null: it cannot be told. The loader names no partition (a virtual disk's file lies on one, but Windows does not), or
 * disk or partition alone agree: a disk that is attached elsewhere gets a new signature when its own is taken there.
 */
function partitionFits(loader: BcdObject, partition: DeviceIdentity): boolean | null {
  const device = deviceOf(loader, ELEMENT.osDevice);
  if (device?.kind !== 'partition') return null;
  const named = device.partition;
  if (isSamePartition(named, partition)) return true;
  if (named.style === 'mbr') {
    return partition.style === 'mbr' && named.offsetBytes === partition.offsetBytes ? null : false;
  }
  return partition.style === 'gpt' && isSamePartition({ ...named, diskGuid: partition.diskGuid }, partition)
    ? null
    : false;
}

function folder(path: string): string {
  return upcase(path.replace(/[\\/]+$/, '').replace(/\//g, '\\'));
}

/** The loader to edit, or why none may be edited; each sentence names what was found. */
export type ChosenLoader = { readonly loader: string } | { readonly why: string };

/**
 * The loader of the Windows at `place`, for whoever edits a store. `wanted` (a GUID) decides where several fit. A store
 * whose loaders start other Windows gives a reason and no loader, so that none of theirs is edited.
 */
export function chooseLoader(store: BcdStore, place: WindowsPlace, wanted: string | null = null): ChosenLoader {
  const { loader, fitting, others } = loaderOfWindows(store, place);
  const named = wanted === null ? null : fitting.find((candidate) => candidate.id === idOf(wanted));
  const chosen = named ?? loader;
  if (chosen) return { loader: chosen.id };
  if (fitting.length > 1) {
    return {
      why: `several loaders could start ${place.windowsPath}, and none of them is the default: ${listed(fitting)}`,
    };
  }
  if (others.length > 0) {
    return {
      why: `no loader of the store starts ${placeText(place)}; what it has starts another Windows: ${listed(others)}`,
    };
  }
  return { why: `the store starts no installed Windows (${classifyStore(store).why})` };
}

function placeText({ windowsPath, partition }: WindowsPlace): string {
  return partition === null ? windowsPath : `${windowsPath} on ${identityText(partition)}`;
}

function listed(loaders: readonly BcdObject[]): string {
  return loaders
    .map((loader) => {
      const device = deviceOf(loader, ELEMENT.osDevice);
      const partition = device ? partitionOf(device) : null;
      const root = textOf(loader, ELEMENT.systemRoot) ?? 'no systemroot';
      return `${loader.id} (${partition === null ? root : placeText({ windowsPath: root, partition })})`;
    })
    .join(', ');
}

/** Of several stores those that boot the Windows at `place`: the system's own, with a loader that fits it. */
export function storesOfWindows<T extends { readonly store: BcdStore }>(
  stores: readonly T[],
  place: WindowsPlace,
): T[] {
  return stores.filter(({ store }) => {
    return classifyStore(store).kind === 'system' && loaderOfWindows(store, place).fitting.length > 0;
  });
}
