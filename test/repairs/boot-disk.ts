// A disk of Windows 10 that starts, with what stands between its boot manager and its logon, and the ways to break it.

import { encodeDevice } from '../../src/bcd/device.ts';
import type { HiveEdit } from '../../src/registry/edit.ts';
import { binary, expandSz } from '../../src/registry/value.ts';
import type { BootFacts, MachineView } from '../../src/repairs/view.ts';
import { type Damage, Disk, KEYS, LOADER, MACHINE_GUID, WINDOWS_PARTITION } from './disks.ts';
import type { Tree } from './memory-hive.ts';

export const DISK_CLASS = '{4d36e967-e325-11ce-bfc1-08002be10318}';
export const VOLUME_CLASS = '{71a27cdd-812a-11d0-bec7-08002be2092f}';
export const KEYBOARD_CLASS = '{4d36e96b-e325-11ce-bfc1-08002be10318}';
export const CSRSS =
  '%SystemRoot%\\system32\\csrss.exe ObjectDirectory=\\Windows SharedSection=1024,20480,768 Windows=On SubSystemType=Windows ServerDll=basesrv,1 ServerDll=winsrv:UserServerDllInitialization,3';

const driver = (start: number, file?: string): Tree => ({
  Start: start,
  Type: 1,
  ErrorControl: 3,
  ...(file === undefined ? {} : { ImagePath: expandSz(`\\SystemRoot\\System32\\drivers\\${file}`) }),
});
/** As a Windows that once saw another machine leaves them. */
const overridden = (file: string): Tree => ({ ...driver(0, file), StartOverride: { '0': 3 } });

const CORE = ['acpi', 'pci', 'partmgr', 'volmgr', 'volmgrx', 'mountmgr', 'volsnap', 'volume', 'disk', 'fvevol'];

/** Values as a hive of Windows 10 on SATA has them. */
const CONTROL_SET: Tree = {
  Control: {
    Class: {
      [DISK_CLASS]: { UpperFilters: ['partmgr'], LowerFilters: ['EhStorClass'] },
      [VOLUME_CLASS]: { UpperFilters: ['volsnap'], LowerFilters: ['fvevol', 'iorate', 'rdyboost'] },
      [KEYBOARD_CLASS]: { UpperFilters: ['kbdclass'] },
      // Windows 10 names a service here that it does not have.
      '{6bdd1fc5-810f-11d0-bec7-08002be2092f}': { UpperFilters: ['IRENUM'] },
    },
    'Session Manager': {
      BootExecute: ['autocheck autochk *'],
      SubSystems: { Windows: expandSz(CSRSS), Required: ['Debug', 'Windows'] },
      'Memory Management': {},
    },
  },
  Services: {
    ...Object.fromEntries(CORE.map((name) => [name, driver(0, `${name}.sys`)])),
    kbdclass: driver(3, 'kbdclass.sys'),
    EhStorClass: driver(0, 'EhStorClass.sys'),
    iorate: driver(0, 'iorate.sys'),
    rdyboost: driver(0, 'rdyboost.sys'),
    storahci: driver(0, 'storahci.sys'),
    stornvme: overridden('stornvme.sys'),
    vmbus: overridden('vmbus.sys'),
    storvsc: overridden('storvsc.sys'),
    storflt: overridden('vmstorfl.sys'),
    vpci: { ...driver(3, 'vpci.sys') },
    // A key that a package left, and no driver.
    pvscsi: { 'vwdk.installers': 'x' },
    atapi: overridden('atapi.sys'),
    intelide: overridden('intelide.sys'),
    pciide: overridden('pciide.sys'),
    LSI_SAS: overridden('lsi_sas.sys'),
  },
};

const DATABASE: Tree = {
  DriverDatabase: {
    DeviceIds: {
      ACPI: { VMBUS: {} },
      PCI: { CC_0101: {}, CC_010601: {}, CC_010802: {}, 'VEN_1000&DEV_0054': {}, 'VEN_8086&DEV_7111': {} },
      VMBUS: { '{ba6163d9-04a1-4d29-b605-72e2ffb1dc7f}': {}, '{44c4f61d-4444-4400-9d52-802e27ede19f}': {} },
    },
  },
};

const drivers = [
  ...CORE,
  'kbdclass',
  'EhStorClass',
  'iorate',
  'rdyboost',
  'storahci',
  'stornvme',
  'vmbus',
  'storvsc',
  'vmstorfl',
  'vpci',
  'atapi',
  'intelide',
  'pciide',
  'lsi_sas',
].map((name) => `\\Windows\\System32\\drivers\\${name}.sys`);

export const FILES = Object.fromEntries(
  [
    ...drivers,
    '\\Windows\\System32\\ntdll.dll',
    '\\Windows\\System32\\termsrv.dll',
    '\\Windows\\System32\\winload.efi',
    '\\Windows\\System32\\userinit.exe',
    '\\Windows\\explorer.exe',
    // As the loader and ImagePath write them.
    '\\Windows\\system32\\winload.efi',
    '\\Windows\\system32\\userinit.exe',
  ].map((path) => [path, []]),
);

const WINLOGON: Tree = {
  Microsoft: {
    'Windows NT': {
      CurrentVersion: {
        SystemRoot: 'C:\\Windows',
        ProfileList: { 'S-1-5-21-1-2-3-1001': {} },
        Winlogon: { Userinit: 'C:\\Windows\\system32\\userinit.exe,', Shell: 'explorer.exe' },
      },
    },
  },
};

export interface BootDamage extends Pick<Damage, 'set1' | 'set2' | 'system' | 'software' | 'bcd' | 'remove'> {
  /** Paths of the healthy disk that are gone. */
  readonly gone?: readonly string[];
  /** Of a disk as files: what lies on its Windows volume besides, by path below it. */
  readonly files?: Readonly<Record<string, Uint8Array>>;
  /** Of a disk as files: the place of the boot store holds none. */
  readonly hasNoStore?: boolean;
  readonly place?: Partial<BootFacts>;
  readonly removeBcd?: readonly HiveEdit[];
}

export const PLACE: BootFacts = {
  firmware: 'uefi',
  isVolumeGiven: true,
  stores: [],
  partitions: [WINDOWS_PARTITION],
  windows: WINDOWS_PARTITION,
};

/** The disk, and its view with the partition table in it. */
export function bootDisk(damage: BootDamage = {}): { readonly disk: Disk; readonly view: () => MachineView } {
  const files = Object.fromEntries(Object.entries(FILES).filter(([path]) => !(damage.gone ?? []).includes(path)));
  const disk = new Disk({
    set1: CONTROL_SET,
    ...(damage.set2 ? { set2: CONTROL_SET } : {}),
    system: DATABASE,
    software: WINLOGON,
    ...(damage.bcd ? { bcd: damage.bcd } : {}),
    files: { ...files, [KEYS]: [`f686aace6942fb7f7ceb231212eef4a4_${MACHINE_GUID}`] },
  });
  disk.system.merge({
    ...(damage.set1 ? { ControlSet001: damage.set1 } : {}),
    ...(damage.set2 ? { ControlSet002: damage.set2 } : {}),
    ...damage.system,
  });
  disk.software.merge(damage.software ?? {});
  disk.system.apply(damage.remove ?? []);
  disk.bcd.apply(damage.removeBcd ?? []);
  const view = (): MachineView => {
    const base = disk.view();
    const store = { file: '/esp/BCD', firmware: 'uefi' as const, store: base.bcd, problem: null };
    return { ...base, boot: { ...PLACE, stores: [store], ...damage.place } };
  };
  return { disk, view };
}

export const loaderElements = (tree: Tree): Tree => ({ Objects: { [LOADER]: { Elements: tree } } });

export const integerElement = (number: bigint): Tree => {
  const bytes = new Uint8Array(8);
  new DataView(bytes.buffer).setBigUint64(0, number, true);
  return { Element: binary(bytes) };
};

export const deviceElement = (partitionGuid: string): Tree => ({
  Element: binary(encodeDevice({ kind: 'partition', partition: { ...WINDOWS_PARTITION, partitionGuid } })!),
});
