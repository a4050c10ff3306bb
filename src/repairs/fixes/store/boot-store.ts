// Objects that a boot store must have and lacks: the boot manager, and a loader of this Windows. Where there is no store at
// all they are made in a new one. Nothing is taken out.

import type { FindingCode } from '../../../base/codes/codes.ts';
import type { Finding } from '../../../base/finding.ts';
import { elementData } from '../../../bcd/data.ts';
import { type DeviceIdentity, encodeDevice, identityText, isSamePartition } from '../../../bcd/device.ts';
import { createObject, emptyObject, setElement } from '../../../bcd/edits.ts';
import { ELEMENT } from '../../../bcd/elements/element-numbers.ts';
import { BOOTMGR, OBJECT_TYPE } from '../../../bcd/objects.ts';
import type { BcdStore } from '../../../bcd/store.ts';
import type { Edit, HiveEdit } from '../../../registry/edit.ts';
import { dword, sz } from '../../../registry/value.ts';
import type { PlannedEdit, Repair } from '../../model.ts';
import { isBeforeVista } from '../../version.ts';
import type { MachineView, VacantStore } from '../../view.ts';
import { bitLockerFindings } from '../boot/bitlocker.ts';
import { bootFileEdits, staleLogEdits, whyNoBootManager } from './boot-files.ts';

const REPAIR = 'boot-store';
/** The id of the loader that is made; any GUID will do that no store has. */
const NEW_LOADER = '{68697665-6d65-4e64-8000-000000000001}';
const BOOT_MANAGER_TYPE = 0x10100002;
/** In every loader of a machine with UEFI, and in none with BIOS. */
const ISOLATED_CONTEXT = 0x16000060;
const RECOVERY_ENABLED = 0x16000009;
const NX = 0x25000020;

interface BootTarget {
  readonly store: BcdStore;
  readonly firmware: 'bios' | 'uefi';
  readonly windows: DeviceIdentity;
  /** The partition of the store; null: not known. */
  readonly system: DeviceIdentity | null;
  /** There is no store yet; null: there is one. */
  readonly vacant: VacantStore | null;
}

/** The one store of this machine's firmware, on the disk of this Windows, or the place for it; else the reason. */
function bootTarget(view: MachineView): BootTarget | string {
  const { boot, bcd } = view;
  if (isBeforeVista(view)) return 'this Windows starts by ntldr and boot.ini, without a boot store';
  if (!boot || boot.firmware === null || boot.isFirmwareUnsure) {
    return 'it is not known whether this disk starts by BIOS or UEFI; --firmware says it';
  }
  const { firmware, windows, vacant } = boot;
  if (windows === null) return 'it is not known which partition Windows lies on';
  if (vacant) return { store: vacant.store, firmware, windows, system: vacant.partition, vacant };
  const readable = boot.stores.flatMap((seen) => (seen.store?.isStore() ? [{ ...seen, store: seen.store }] : []));
  const [only] = readable;
  if (!only || readable.length > 1) return `there is not exactly one boot store that can be read${rebuiltFirst(boot)}`;
  if (bcd === null && only.store.hive.name !== 'BCD') return 'the boot store is not the one that is edited';
  return { store: bcd ?? only.store, firmware, windows, system: only.partition ?? null, vacant: null };
}

/** A damaged store may hold entries that are worth keeping. */
const rebuiltFirst = ({ stores }: NonNullable<MachineView['boot']>): string =>
  stores.length === 1 && stores[0]!.store === null ? '; a damaged one is rebuilt first, by hivemend rebuild' : '';

const lacksLoader = ({ store }: BootTarget): boolean => store.windowsLoaders().length === 0;
const lacksManager = ({ store }: BootTarget): boolean => store.object(BOOTMGR) === null;

/** What makes a store on Windows, where it cannot be made here. */
const bcdboot = (firmware: 'bios' | 'uefi'): string =>
  `on Windows: bcdboot <drive of Windows>:\\Windows /s <drive of the store>: /f ${firmware === 'uefi' ? 'UEFI' : 'BIOS'}`;

/** BIOS: only where Windows lies on the partition of its store, since `boot` means that one. */
function whyNot(view: MachineView, target: BootTarget): string | null {
  const { firmware, vacant, system, windows } = target;
  if (firmware === 'bios' && lacksLoader(target) && (system === null || !isSamePartition(system, windows))) {
    return `Windows does not lie on the active partition with its store; ${bcdboot(firmware)}`;
  }
  if (vacant === null) return null;
  const { onlyInPlace = null } = view;
  if (onlyInPlace !== null) return onlyInPlace;
  const why = whyNoBootManager(view, vacant);
  return why === null ? null : `${why}; ${bcdboot(firmware)}`;
}

function loaderEdits(view: MachineView, { store, firmware, windows }: BootTarget): HiveEdit[] {
  const loader = emptyObject(NEW_LOADER, OBJECT_TYPE.osLoader);
  const device = encodeDevice(firmware === 'bios' ? { kind: 'boot' } : { kind: 'partition', partition: windows });
  if (!device) return [];
  const program = firmware === 'uefi' ? 'winload.efi' : 'winload.exe';
  const isServer = /server/i.test(view.machine.product ?? '');
  const set = (id: number, data: Parameters<typeof setElement>[3]): HiveEdit[] => setElement(store, loader, id, data);
  return [
    ...createObject(store, NEW_LOADER, OBJECT_TYPE.osLoader),
    ...set(ELEMENT.device, elementData.device(device)),
    ...set(ELEMENT.path, elementData.string(`${view.windowsPath}\\system32\\${program}`)),
    ...set(ELEMENT.description, elementData.string(view.machine.product ?? 'Windows')),
    ...set(ELEMENT.locale, elementData.string('en-US')),
    ...set(ELEMENT.osDevice, elementData.device(device)),
    ...set(ELEMENT.systemRoot, elementData.string(view.windowsPath)),
    // No recovery environment is named, so that none is looked for.
    ...set(RECOVERY_ENABLED, elementData.boolean(false)),
    ...set(NX, elementData.integer(isServer ? 1n : 0n)),
    ...(firmware === 'uefi' ? set(ISOLATED_CONTEXT, elementData.boolean(true)) : []),
  ];
}

function managerEdits({ store, firmware, system }: BootTarget, first: string): HiveEdit[] {
  const manager = store.object(BOOTMGR) ?? emptyObject(BOOTMGR, BOOT_MANAGER_TYPE);
  const device = firmware === 'uefi' && system !== null ? encodeDevice({ kind: 'partition', partition: system }) : null;
  const isNew = store.object(BOOTMGR) === null;
  const order = store.windowsLoaders().map(({ id }) => id);
  const set = (id: number, data: Parameters<typeof setElement>[3]): HiveEdit[] => setElement(store, manager, id, data);
  return [
    ...(isNew ? createObject(store, BOOTMGR, BOOT_MANAGER_TYPE) : []),
    ...(isNew ? set(ELEMENT.description, elementData.string('Windows Boot Manager')) : []),
    ...(isNew ? set(ELEMENT.locale, elementData.string('en-US')) : []),
    ...(isNew && device ? set(ELEMENT.device, elementData.device(device)) : []),
    ...(isNew && firmware === 'uefi'
      ? set(ELEMENT.path, elementData.string('\\EFI\\Microsoft\\Boot\\bootmgfw.efi'))
      : []),
    ...set(ELEMENT.default, elementData.guid(first)),
    ...(isNew ? set(ELEMENT.displayOrder, elementData.guids(order.length > 0 ? order : [first])) : []),
  ];
}

/** As the stores of machines have it. */
function descriptionEdits(): HiveEdit[] {
  const key = { hive: 'BCD', path: ['Description'] };
  return [
    { op: 'create-key', key },
    { op: 'set-value', key, name: 'KeyName', value: sz('BCD00000000') },
    { op: 'set-value', key, name: 'System', value: dword(1) },
    { op: 'set-value', key, name: 'TreatAsSystem', value: dword(1) },
  ];
}

function edits(view: MachineView): PlannedEdit[] {
  const target = bootTarget(view);
  if (typeof target === 'string' || whyNot(view, target) !== null) return [];
  const { vacant } = target;
  const isLoaderNew = lacksLoader(target);
  if (!isLoaderNew && !lacksManager(target)) return [];
  const first = isLoaderNew ? NEW_LOADER : (view.loader ?? target.store.windowsLoaders()[0]!.id);
  const absence = vacant === null ? null : codeOf(vacant);
  const plan = (made: readonly Edit[], why: string, fixes: FindingCode): PlannedEdit[] =>
    made.map((edit) => ({ edit, why, controlSet: null, fixes: absence ?? fixes }));
  return [
    ...(vacant === null
      ? []
      : [
          ...plan(bootFileEdits(view, vacant), 'The firmware starts the boot manager from there.', 'NO_BOOT_MANAGER'),
          ...plan(
            staleLogEdits(view, vacant),
            'A log of the store that is gone must not be replayed into the new one.',
            'NO_BOOT_MANAGER',
          ),
          ...plan(descriptionEdits(), 'A new boot store.', 'NO_BOOT_MANAGER'),
        ]),
    ...(isLoaderNew
      ? plan(loaderEdits(view, target), `Windows lies on ${identityText(target.windows)}.`, 'NO_WINDOWS_LOADER')
      : []),
    ...plan(
      managerEdits(target, first),
      'The boot manager must name the entry that it starts.',
      lacksManager(target) ? 'NO_BOOT_MANAGER' : 'NO_WINDOWS_LOADER',
    ),
  ];
}

/** The finding about a place without a store. */
export const codeOf = ({ state }: VacantStore): FindingCode =>
  state === 'missing' ? 'BOOT_STORE_MISSING' : 'BOOT_STORE_EMPTY';

function risks(view: MachineView, planned: readonly PlannedEdit[]): Finding[] {
  const target = bootTarget(view);
  if (typeof target === 'string') return [];
  const file = target.vacant?.file ?? 'BCD';
  const isCopied = planned.some(({ edit }) => edit.op === 'write-file');
  return [
    {
      code: 'BOOT_STORE_UNTRIED',
      severity: 'info',
      where: { file },
      text: 'No store that hivemend made has been started on a firmware so far: keep the disk, or a copy of it, until Windows has started.',
    },
    ...(isCopied
      ? [
          {
            code: 'BOOT_MANAGER_COPIED' as const,
            severity: 'info' as const,
            where: { file },
            text: "The boot manager is a copy of the one in Windows' own folder. Where Secure Boot has revoked that one (0xC0430001), a newer one is needed from a Windows with current updates.",
          },
        ]
      : []),
    ...bitLockerFindings(view, target.store, REPAIR),
  ];
}

export const bootStore: Repair = {
  name: REPAIR,
  title: 'make the boot store that is missing, or what one lacks',
  about:
    'Where the file of the boot store is missing, has 0 bytes or holds nothing but zeros: makes a new one with a boot manager and a loader of this Windows, and copies the boot manager from \\Windows\\Boot where there is none, never over an existing one. In a store that can be read and lacks one of the two: adds it. No entry is removed, and a damaged store is not replaced (hivemend rebuild does that). Only where the firmware is certain (a GPT with an EFI system partition, or an MBR) or named by --firmware; on BIOS only where Windows lies on the active partition with its store; the boot code in the sectors of a BIOS disk is not looked at. Logs of a store that is gone are deleted. Not tried on a firmware.',
  article: 'boot-configuration',
  certainty: 'likely',
  link: 'boot',
  writes: [
    {
      where: 'BCD, {bootmgr}',
      name: 'the object: description, locale, device and path on UEFI, default, displayorder',
      data: 'this Windows',
      when: 'the store has none',
      security: null,
    },
    {
      where: 'BCD, a new loader',
      name: 'device, path, description, locale, osdevice, systemroot, recoveryenabled, nx; isolatedcontext on UEFI',
      data: 'this Windows',
      when: 'the store starts no installed Windows',
      security: null,
    },
    {
      where: 'the volume of the store',
      name: '\\EFI\\Microsoft\\Boot\\bootmgfw.efi and \\EFI\\Boot\\boot<processor>.efi, or \\bootmgr',
      data: 'the copy in \\Windows\\Boot',
      when: 'there is no store, and no such file',
      security: null,
    },
  ],
  afterBoot: [],
  unavailable: (view) => {
    const target = bootTarget(view);
    return typeof target === 'string' ? target : whyNot(view, target);
  },
  // What is wrong with the store, the checks of the boot say.
  detect: () => [],
  edits,
  risks,
};

/** For the checks: whether it fixes a store that lacks an object, or is not there; else why not. */
export function storeRepair(view: MachineView): { readonly repair: string } | { readonly why: string } {
  const target = bootTarget(view);
  const why = typeof target === 'string' ? target : whyNot(view, target);
  return why === null ? { repair: REPAIR } : { why };
}
