// Ways to keep the disk of bootDisk from starting, with the finding that each is and the repair that fixes it.

import { binary, expandSz } from '../../src/registry/value.ts';
import {
  type BootDamage,
  DISK_CLASS,
  deviceElement,
  integerElement,
  KEYBOARD_CLASS,
  loaderElements,
  VOLUME_CLASS,
} from './boot-disk.ts';
import { LOADER, WINDOWS_PARTITION } from './disks.ts';

export const filters = (guid: string, values: Record<string, readonly string[]>): BootDamage => ({
  set1: { Control: { Class: { [guid]: values } } },
});
export const services = (tree: NonNullable<BootDamage['set1']>): BootDamage => ({ set1: { Services: tree } });
export const session = (tree: NonNullable<BootDamage['set1']>): BootDamage => ({
  set1: { Control: { 'Session Manager': tree } },
});
export const winlogon = (tree: NonNullable<BootDamage['set1']>): BootDamage => ({
  software: { Microsoft: { 'Windows NT': { CurrentVersion: { Winlogon: tree } } } },
});
export const OTHER_GUID = '{a1b2c3d4-0000-4000-8000-0000000000ff}';

type Row = readonly [title: string, damage: BootDamage, code: string, repair: string | null];

/** A SATA disk below its controller, as Enum has them. */
export const SATA_DISK: NonNullable<BootDamage['set1']> = {
  Enum: {
    PCI: {
      'VEN_8086&DEV_2922': {
        '3&11583659&0&FA': {
          ClassGUID: '{4d36e96a-e325-11ce-bfc1-08002be10318}',
          ParentIdPrefix: '4&1f4adffe&0',
          Service: 'storahci',
        },
      },
    },
    SCSI: { 'Disk&Ven_QEMU&Prod_HARDDISK': { '4&1f4adffe&0&000000': { Service: 'disk' } } },
  },
};

export const BOOT_ROWS: readonly Row[] = [
  [
    'the driver of its disk is off',
    { set1: { ...SATA_DISK, Services: { storahci: { Start: 4 } } } },
    'BOOT_DRIVER_OFF',
    'boot-drivers',
  ],
  [
    'ImagePath of a driver leads nowhere',
    services({ volmgr: { ImagePath: expandSz('System32\\drivers\\volmg.sys') } }),
    'BOOT_DRIVER_FILE',
    'boot-drivers',
  ],
  ['disk.sys is gone', { gone: ['\\Windows\\System32\\drivers\\disk.sys'] }, 'BOOT_DRIVER_FILE', null],
  ['the file of a driver is gone', { gone: ['\\Windows\\System32\\drivers\\pci.sys'] }, 'BOOT_DRIVER_FILE', null],
  [
    'the file of the driver of its disk is gone',
    { set1: SATA_DISK, gone: ['\\Windows\\System32\\drivers\\storahci.sys'] },
    'BOOT_DRIVER_FILE',
    null,
  ],
  [
    'the library of a service is gone',
    services({ nsi: { Parameters: { ServiceDll: expandSz('%SystemRoot%\\System32\\nsisvc.dll') } } }),
    'SERVICE_FILE_MISSING',
    null,
  ],
  ['acpi is off', services({ acpi: { Start: 3 } }), 'BOOT_DRIVER_OFF', 'boot-drivers'],
  ['volmgr is overridden', services({ volmgr: { StartOverride: { '0': 3 } } }), 'BOOT_DRIVER_OFF', 'boot-drivers'],
  ['fvevol is disabled', services({ fvevol: { Start: 4 } }), 'BOOT_DRIVER_OFF', 'boot-drivers'],
  [
    'a disk filter without a service',
    filters(DISK_CLASS, { UpperFilters: ['partmgr', 'mbrfilter'] }),
    'FILTER_DEAD',
    'dead-filters',
  ],
  [
    'a volume filter that is disabled',
    {
      set1: {
        Control: { Class: { [VOLUME_CLASS]: { LowerFilters: ['fvevol', 'snap', 'rdyboost'] } } },
        Services: { snap: { Start: 4, Type: 1 } },
      },
    },
    'FILTER_DEAD',
    'dead-filters',
  ],
  [
    'a filter that is a key alone',
    {
      set1: {
        Control: { Class: { [DISK_CLASS]: { LowerFilters: ['left'] } } },
        Services: { left: { Owners: ['oem1.inf'] } },
      },
    },
    'FILTER_DEAD',
    'dead-filters',
  ],
  [
    'a filter without its file',
    {
      set1: {
        Control: { Class: { [DISK_CLASS]: { LowerFilters: ['gone'] } } },
        Services: { gone: { Start: 0, Type: 1, ImagePath: expandSz('system32\\drivers\\gone.sys') } },
      },
    },
    'FILTER_DEAD',
    'dead-filters',
  ],
  ['partmgr is no filter of disks', filters(DISK_CLASS, { UpperFilters: ['snap'] }), 'FILTER_DEAD', 'dead-filters'],
  [
    'partmgr alone is lost',
    {
      remove: [
        {
          op: 'delete-value',
          key: { hive: 'SYSTEM', path: ['ControlSet001', 'Control', 'Class', DISK_CLASS] },
          name: 'UpperFilters',
        },
      ],
    },
    'PARTITION_FILTER_LOST',
    'dead-filters',
  ],
  [
    'a keyboard filter is dead',
    filters(KEYBOARD_CLASS, { UpperFilters: ['kbdclass', 'keys'] }),
    'FILTER_DEAD',
    'dead-filters',
  ],
  [
    'Driver Verifier watches all',
    session({ 'Memory Management': { VerifyDrivers: '*', VerifyDriverLevel: 0x209bb } }),
    'DRIVER_VERIFIER_ON',
    'driver-verifier',
  ],
  [
    'a Setup command that is gone',
    { system: { Setup: { SetupType: 2, CmdLine: 'C:\\gone.cmd' } } },
    'SETUP_COMMAND_MISSING',
    'setup-loop',
  ],
  [
    'Setup running on a machine with users',
    { system: { Setup: { SystemSetupInProgress: 1, OOBEInProgress: 1 } } },
    'SETUP_IN_PROGRESS',
    'setup-loop',
  ],
  [
    'another set has the line of csrss',
    { ...session({ SubSystems: { Windows: expandSz('gone.exe') } }), set2: {} },
    'SUBSYSTEM_BROKEN',
    'logon-chain',
  ],
  ['no set has the line of csrss', session({ SubSystems: { Windows: '' } }), 'SUBSYSTEM_BROKEN', null],
  [
    'the subsystem is not required',
    session({ SubSystems: { Required: ['Debug'] } }),
    'SUBSYSTEM_NOT_REQUIRED',
    'logon-chain',
  ],
  [
    'a boot program is gone',
    session({ BootExecute: ['autocheck autochk *', 'sdnclean64.exe'] }),
    'BOOT_EXECUTE_MISSING',
    'logon-chain',
  ],
  [
    'RPC in two processes',
    services({ RpcEptMapper: { ImagePath: expandSz('%SystemRoot%\\system32\\svchost.exe -k RPCSS2') } }),
    'RPC_SPLIT',
    'logon-chain',
  ],
  ['no userinit', winlogon({ Userinit: 'C:\\bad\\x.exe' }), 'USERINIT_BROKEN', 'logon-chain'],
  [
    'a userinit that is not there',
    winlogon({ Userinit: 'C:\\Windows\\System33\\userinit.exe,' }),
    'USERINIT_BROKEN',
    'logon-chain',
  ],
  ['a shell that is not there', winlogon({ Shell: 'C:\\bad\\x.exe' }), 'SHELL_MISSING', 'logon-chain'],
  [
    'the loader of another partition',
    { bcd: loaderElements({ '11000001': deviceElement(OTHER_GUID), '21000001': deviceElement(OTHER_GUID) }) },
    'LOADER_DEVICE_WRONG',
    'boot-device',
  ],
  [
    'the loader without a device',
    { removeBcd: [{ op: 'delete-key', key: { hive: 'BCD', path: ['Objects', LOADER, 'Elements', '11000001'] } }] },
    'LOADER_DEVICE_MISSING',
    'boot-device',
  ],
  [
    'the program of the other firmware',
    { bcd: loaderElements({ '12000002': { Element: '\\Windows\\system32\\winload.exe' } }) },
    'LOADER_PATH_WRONG',
    'boot-loader',
  ],
  [
    'no folder of Windows',
    { removeBcd: [{ op: 'delete-key', key: { hive: 'BCD', path: ['Objects', LOADER, 'Elements', '22000002'] } }] },
    'LOADER_SYSTEMROOT_MISSING',
    'boot-loader',
  ],
  [
    'systemroot is a folder that is not there',
    { bcd: loaderElements({ '22000002': { Element: '\\WINNT' } }) },
    'LOADER_SYSTEMROOT_MISSING',
    'boot-loader',
  ],
  [
    'device alone is another partition of the disk',
    {
      bcd: loaderElements({ '11000001': deviceElement(OTHER_GUID) }),
      place: { partitions: [WINDOWS_PARTITION, { ...WINDOWS_PARTITION, partitionGuid: OTHER_GUID }] },
    },
    'LOADER_DEVICE_WRONG',
    'boot-device',
  ],
  [
    'a hive of Setup',
    { bcd: loaderElements({ '22000137': { Element: '\\$WINDOWS.~BT\\imc' } }) },
    'LOADER_HIVE_LEFT',
    'boot-loader',
  ],
  [
    'winpe on an installed Windows',
    { bcd: loaderElements({ '26000022': { Element: binary(new Uint8Array([1])) } }) },
    'LOADER_WINPE',
    'boot-loader',
  ],
  [
    'memory cut to 256 MiB',
    { bcd: loaderElements({ '15000007': integerElement(0x1000_0000n) }) },
    'LOADER_MEMORY_CUT',
    'boot-loader',
  ],
  ['1 GiB removed', { bcd: loaderElements({ '25000031': integerElement(1024n) }) }, 'LOADER_MEMORY_CUT', 'boot-loader'],
];
