// Objects that a boot store must have and lacks: the boot manager, and a loader of this Windows. Nothing is taken out.

import { elementData } from '../../../bcd/data.ts';
import { type DeviceIdentity, encodeDevice, identityText } from '../../../bcd/device.ts';
import { createObject, emptyObject, setElement } from '../../../bcd/edits.ts';
import { ELEMENT } from '../../../bcd/elements/elements.ts';
import { BOOTMGR, OBJECT_TYPE } from '../../../bcd/objects.ts';
import type { BcdStore } from '../../../bcd/store.ts';
import type { HiveEdit } from '../../../registry/edit.ts';
import type { PlannedEdit, Repair } from '../../model.ts';
import type { MachineView } from '../../view.ts';

/** The id of the loader that is made; any GUID will do that no store has. */
const NEW_LOADER = '{68697665-6d65-4e64-8000-000000000001}';
const BOOT_MANAGER_TYPE = 0x10100002;
/** In every loader of a machine with UEFI, and in none with BIOS. */
const ISOLATED_CONTEXT = 0x16000060;

interface Place {
  readonly store: BcdStore;
  readonly firmware: 'bios' | 'uefi';
  readonly windows: DeviceIdentity;
  /** The partition of the store; null: not known. */
  readonly system: DeviceIdentity | null;
}

/** The one store of this machine's firmware that can be read, on the disk of this Windows; else the reason. */
function placeOf({ boot, bcd }: MachineView): Place | string {
  if (!boot || boot.firmware === null) return 'it is not known whether this disk starts by BIOS or UEFI';
  if (boot.windows === null) return 'it is not known which partition Windows lies on';
  const readable = boot.stores.flatMap((seen) => (seen.store?.isStore() ? [{ ...seen, store: seen.store }] : []));
  const [only] = readable;
  if (!only || readable.length > 1) {
    return 'there is not exactly one boot store that can be read; bcdboot on Windows makes a new one';
  }
  if (bcd === null && only.store.hive.name !== 'BCD') return 'the boot store is not the one that is edited';
  return {
    store: bcd ?? only.store,
    firmware: boot.firmware,
    windows: boot.windows,
    system: only.partition ?? null,
  };
}

const lacksLoader = ({ store }: Place): boolean => store.windowsLoaders().length === 0;
const lacksManager = ({ store }: Place): boolean => store.object(BOOTMGR) === null;

/** BIOS: only where Windows lies on the partition of its store, since `boot` means that one. */
function whyNoLoader(place: Place): string | null {
  if (place.firmware === 'uefi' || !lacksLoader(place)) return null;
  const isSame = place.system !== null && identityText(place.system) === identityText(place.windows);
  return isSame ? null : 'Windows and its store lie apart on a BIOS disk; bcdboot on Windows makes the entry';
}

function loaderEdits(view: MachineView, { store, firmware, windows }: Place): HiveEdit[] {
  const loader = emptyObject(NEW_LOADER, OBJECT_TYPE.osLoader);
  const device = encodeDevice(firmware === 'bios' ? { kind: 'boot' } : { kind: 'partition', partition: windows });
  if (!device) return [];
  const program = firmware === 'uefi' ? 'winload.efi' : 'winload.exe';
  const set = (id: number, data: Parameters<typeof setElement>[3]): HiveEdit[] => setElement(store, loader, id, data);
  return [
    ...createObject(store, NEW_LOADER, OBJECT_TYPE.osLoader),
    ...set(ELEMENT.device, elementData.device(device)),
    ...set(ELEMENT.path, elementData.string(`${view.windowsPath}\\system32\\${program}`)),
    ...set(ELEMENT.description, elementData.string(view.machine.product ?? 'Windows')),
    ...set(ELEMENT.osDevice, elementData.device(device)),
    ...set(ELEMENT.systemRoot, elementData.string(view.windowsPath)),
    ...(firmware === 'uefi' ? set(ISOLATED_CONTEXT, elementData.boolean(true)) : []),
  ];
}

function managerEdits({ store, firmware, system }: Place, first: string): HiveEdit[] {
  const manager = store.object(BOOTMGR) ?? emptyObject(BOOTMGR, BOOT_MANAGER_TYPE);
  const device = firmware === 'uefi' && system !== null ? encodeDevice({ kind: 'partition', partition: system }) : null;
  const isNew = store.object(BOOTMGR) === null;
  const order = store.windowsLoaders().map(({ id }) => id);
  const set = (id: number, data: Parameters<typeof setElement>[3]): HiveEdit[] => setElement(store, manager, id, data);
  return [
    ...(isNew ? createObject(store, BOOTMGR, BOOT_MANAGER_TYPE) : []),
    ...(isNew && device ? set(ELEMENT.device, elementData.device(device)) : []),
    ...(isNew && firmware === 'uefi'
      ? set(ELEMENT.path, elementData.string('\\EFI\\Microsoft\\Boot\\bootmgfw.efi'))
      : []),
    ...set(ELEMENT.default, elementData.guid(first)),
    ...(isNew ? set(ELEMENT.displayOrder, elementData.guids(order.length > 0 ? order : [first])) : []),
  ];
}

function edits(view: MachineView): PlannedEdit[] {
  const place = placeOf(view);
  if (typeof place === 'string' || whyNoLoader(place) !== null) return [];
  const isLoaderNew = lacksLoader(place);
  if (!isLoaderNew && !lacksManager(place)) return [];
  const first = isLoaderNew ? NEW_LOADER : (view.loader ?? place.store.windowsLoaders()[0]!.id);
  const plan = (made: readonly HiveEdit[], why: string, mends: PlannedEdit['mends']): PlannedEdit[] =>
    made.map((edit) => ({ edit, why, controlSet: null, mends }));
  return [
    ...(isLoaderNew
      ? plan(loaderEdits(view, place), `Windows lies on ${identityText(place.windows)}.`, 'NO_WINDOWS_LOADER')
      : []),
    ...plan(
      managerEdits(place, first),
      'The boot manager must name the entry that it starts.',
      lacksManager(place) ? 'NO_BOOT_MANAGER' : 'NO_WINDOWS_LOADER',
    ),
  ];
}

export const bootStore: Repair = {
  name: 'boot-store',
  title: 'add the boot manager or the loader that a boot store lacks',
  about:
    'In a boot store that can be read and has no boot manager, or no loader of an installed Windows: makes the object with the least elements that a start needs, and names it as the default. No entry is taken out. Only where the firmware is certain by the partition table; on BIOS only where Windows lies on the partition of the store. A store that is missing or damaged is not made: bcdboot on Windows does that. Not tried on a firmware.',
  article: 'boot-configuration',
  certainty: 'likely',
  link: 'boot',
  writes: [
    {
      where: 'BCD, {bootmgr}',
      name: 'the object: device and path on UEFI, default, displayorder',
      data: 'this Windows',
      when: 'the store has none',
      security: null,
    },
    {
      where: 'BCD, a new loader',
      name: 'device, path, description, osdevice, systemroot; isolatedcontext on UEFI',
      data: 'this Windows',
      when: 'the store starts no installed Windows',
      security: null,
    },
  ],
  afterBoot: [],
  unavailable: (view) => {
    const place = placeOf(view);
    return typeof place === 'string' ? place : whyNoLoader(place);
  },
  // What is wrong with the store, the checks of the boot say.
  detect: () => [],
  edits,
};

/** For the checks: the repair that mends a store that lacks an object; null: none does here. */
export function storeRepair(view: MachineView): string | null {
  const place = placeOf(view);
  return typeof place === 'string' || whyNoLoader(place) !== null ? null : bootStore.name;
}
