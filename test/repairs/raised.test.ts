// Every code of a diagnosis has a fixture that raises it, at a severity that its note names: a rule that nothing raises
// may be wrong, and nobody would see it.

import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { REMOTE_DESKTOP } from '../../src/base/codes/remote-desktop.ts';
import { STARTING } from '../../src/base/codes/starting.ts';
import type { Finding } from '../../src/base/finding.ts';
import { guidToBytes } from '../../src/base/guid.ts';
import { isoToFiletime } from '../../src/base/time.ts';
import { BcdStore } from '../../src/bcd/store.ts';
import { binary } from '../../src/registry/value.ts';
import { diagnoseMachine } from '../../src/repairs/diagnose.ts';
import { machineKeys } from '../../src/repairs/fixes/rdp/machine-keys.ts';
import { DEFAULT_OPTIONS } from '../../src/repairs/model.ts';
import { planOptions, planRepair } from '../../src/repairs/plan.ts';
import { parseProfile } from '../../src/repairs/profile-file.ts';
import { profileNamed } from '../../src/repairs/profiles.ts';
import { stopCodeOf } from '../../src/repairs/start/stop-codes.ts';
import type { MachineView, VolumeFiles } from '../../src/repairs/view.ts';
import { encodeDescriptor, fromSddl } from '../../src/security/index.ts';
import { type BootDamage, bootDisk, DISK_CLASS } from './boot-disk.ts';
import { BOOT_ROWS, OTHER_GUID } from './boot-rows.ts';
import { CAUSES } from './cause-table.ts';
import { CERTIFICATES } from './certificates.ts';
import { type Damage, Disk, LOADER, WINDOWS_PARTITION } from './disks.ts';
import { driverProgram, virtioInf } from './drivers/virtio.ts';
import { MemoryHive, type Tree } from './memory-hive.ts';

type Raise = () => readonly Finding[];

const RDP = planOptions(profileNamed('rdp-internal-error'), {});
const BOOT = planOptions(profileNamed('boot'), {});
const GIBIBYTE = 1024 ** 3;
const BOOTMGR = '{9dea862c-5cdd-4e70-acc1-f32b344d4795}';
const ESP = { ...WINDOWS_PARTITION, partitionGuid: '{a1b2c3d4-0000-4000-8000-0000000000e5}' };

const of = (damage: Damage, more: Partial<MachineView> = {}): Raise => {
  return () => diagnoseMachine({ ...new Disk(damage).view(), ...more }, RDP).findings;
};
const ofBoot = (damage: BootDamage, more: Partial<MachineView> = {}, target?: string): Raise => {
  const options = target === undefined ? BOOT : planOptions(profileNamed('boot'), { target });
  return () => {
    const view = { ...bootDisk(damage).view(), ...more };
    return diagnoseMachine(view, options, 'boot', stopCodeOf('0x7B')).findings;
  };
};
const planned = (damage: Damage, more: Partial<MachineView> = {}): Raise => {
  return () => planRepair({ ...new Disk(damage).view(), ...more }, RDP).findings;
};
/** Files of a healthy disk with some of them changed. */
const withFiles = (change: (files: VolumeFiles) => Partial<VolumeFiles>): Raise => {
  return () => {
    const view = bootDisk().view();
    return diagnoseMachine({ ...view, files: { ...view.files!, ...change(view.files!) } }, BOOT, 'boot').findings;
  };
};
const condition = (change: object): Partial<MachineView> => ({
  hives: [{ hive: 'SYSTEM', file: 'SYSTEM', wasDirty: true, isUsable: true, logEntriesApplied: 1, ...change }],
});
const store = (tree: Tree | null, more: object = {}): BootDamage => {
  const bcd = tree && new BcdStore(new MemoryHive('BCD 1', tree));
  return { place: { stores: [{ file: 'BCD', firmware: 'uefi', store: bcd, problem: 'bad', ...more }] } };
};
const noStore = { bcd: null, bcdMissing: 'none' };
const gone = (...path: string[]) => ({ op: 'delete-key', key: { hive: 'SYSTEM', path } }) as const;
const many = (count: number): Tree => Object.fromEntries(Array.from({ length: count }, (_, i) => [`Key${i}`, {}]));
const listed = (number: number): Tree => ({ Element: binary(new Uint8Array([number, 0, 0, 0, 0, 0, 0, 0])) });
const off = { Element: binary(new Uint8Array([0])) };
const bootmgr = (elements: Tree): Damage => ({ bcd: { Objects: { [BOOTMGR]: { Elements: elements } } } });
const schannel = (tree: Tree): Damage => ({ set1: { Control: { SecurityProviders: { SCHANNEL: tree } } } });
const keysOf = (descriptor: () => Uint8Array): Raise => {
  return () => {
    const view = new Disk().view();
    return machineKeys.detect(
      { ...view, files: { ...view.files!, descriptor } },
      { ...DEFAULT_OPTIONS, allKeys: true },
    );
  };
};
const vacant = (state: 'missing' | 'empty'): Raise => {
  const hive = new MemoryHive('BCD', {});
  const place = {
    firmware: 'uefi',
    path: 'S:\\BCD',
    file: 'BCD',
    state,
    partition: ESP,
    store: new BcdStore(hive),
  } as const;
  return ofBoot({ place: { stores: [], vacant: place } }, noStore);
};

const CROWDSTRIKE = parseProfile(
  readFileSync(new URL('../../profiles/crowdstrike-2024-07.json', import.meta.url), 'utf8'),
  'crowdstrike-2024-07.json',
);
const FOLDER = '\\Windows\\System32\\drivers\\CrowdStrike';
const BAD_FILE = 'C-00000291-00000000-00000032.sys';
const MEMBER = { Services: { Tcpip: { Parameters: { Domain: 'example.com' } } } };

/** 0x50 in a dump of 64 bits, of which the header alone is read. */
function crashDump(): Uint8Array {
  const bytes = new Uint8Array(0x1000);
  bytes.set(new TextEncoder().encode('PAGEDU64'));
  bytes[0x38] = 0x50;
  return bytes;
}

/** A store whose one loader is of the other partition of the disk. */
function storeOfAnother(): readonly Finding[] {
  const other = { ...WINDOWS_PARTITION, partitionGuid: OTHER_GUID };
  const { disk, view } = bootDisk();
  const seen = { file: 'BCD', firmware: 'uefi', store: new BcdStore(disk.bcd), problem: null } as const;
  const boot = { ...view().boot!, windows: other, partitions: [WINDOWS_PARTITION, other], stores: [seen] };
  return diagnoseMachine({ ...view(), ...noStore, boot }, BOOT, 'boot').findings;
}

/** By code, what the two tables of causes do not raise. */
const OTHERS: Readonly<Record<string, Raise>> = {
  ADDRESS_REMOVED: () => {
    const adapter = { EnableDHCP: 0, IPAddress: ['10.0.0.4'] };
    const { view } = bootDisk({ set1: { Services: { Tcpip: { Parameters: { Interfaces: { '{x}': adapter } } } } } });
    return planRepair(view(), planOptions(profileNamed('boot'), {}, { only: ['network-after-move'] })).findings;
  },
  BITLOCKER_MAY_ASK_FOR_KEY: planned(
    { bcd: { Objects: { [LOADER]: { Elements: { '260000b0': listed(0) } } } } },
    { hasBitLocker: true },
  ),
  BOOT_MENU_SHOWN: planned(bootmgr({ '26000020': { Element: binary(new Uint8Array([0])) } })),
  BOOT_STOPS_AT_FAILURES: of({ bcd: { Objects: { [LOADER]: { Elements: { '250000e0': listed(0) } } } } }),
  BOOT_STORE_EMPTY: vacant('empty'),
  BOOT_STORE_MISSING: ofBoot({ place: { stores: [] } }, noStore),
  BOOT_STORE_UNREADABLE: ofBoot(store(null), noStore),
  CA_CERTIFICATE_EXPIRED: of({
    software: {
      Microsoft: {
        SystemCertificates: {
          'Remote Desktop': {
            Certificates: { [CERTIFICATES.issuedExpired.thumbprint]: { Blob: CERTIFICATES.issuedExpired.blob } },
          },
        },
      },
    },
  }),
  CONTROL_SET_FAILED: of({ set2: {}, system: { Select: { Failed: 2 } } }),
  DEFAULT_DANGLING: of(bootmgr({ '23000003': { Element: '{00000000-1111-2222-3333-444444444444}' } })),
  DEFAULT_MISSING: () => {
    const { disk, view } = bootDisk({
      removeBcd: [{ op: 'delete-key', key: { hive: 'BCD', path: ['Objects', BOOTMGR, 'Elements', '23000003'] } }],
    });
    expect(disk.bcd.key(['Objects', BOOTMGR])).not.toBeNull();
    return diagnoseMachine(view(), BOOT).findings;
  },
  DEFAULT_NOT_WINDOWS: of(bootmgr({ '23000003': { Element: '{7ea2e1ac-2e61-4728-aaa3-896d9d0a9f0e}' } })),
  DISKS_STAY_OFFLINE: ofBoot({ set1: { Services: { partmgr: { Parameters: { SanPolicy: 3 } } } } }),
  FIREWALL_RULE_PARTIAL: of({
    set1: {
      Services: {
        SharedAccess: {
          Parameters: {
            FirewallPolicy: {
              FirewallRules: {
                'RemoteDesktop-UserMode-In-TCP':
                  'v2.30|Action=Allow|Active=TRUE|Dir=In|Protocol=6|Profile=Domain|LPort=3389|',
              },
            },
          },
        },
      },
    },
  }),
  HIBERNATED: withFiles(() => ({ readFile: () => new TextEncoder().encode('HIBR') })),
  HIVE_DAMAGED: of({}, condition({ wasDirty: false, isUsable: false })),
  HIVE_RECOVERED: of({}, condition({})),
  HIVE_OTHER_KIND: of({}, condition({ hive: 'SAM', otherKind: 'SOFTWARE' })),
  HIVE_MISSING: of({}, { unread: [{ hive: 'SAM', file: 'SAM', problem: 'missing', why: 'x' }] }),
  HIVE_UNREADABLE: of({}, { unread: [{ hive: 'SOFTWARE', file: 'SOFTWARE', problem: 'bad', why: 'x' }] }),
  KEY_ACCESS_DENIED: keysOf(() => encodeDescriptor(fromSddl('D:P(D;;FR;;;NS)(A;;FA;;;SY)(A;;FA;;;BA)'))),
  KEY_PERMISSIONS_UNKNOWN: keysOf(() => new Uint8Array(7)),
  KNOWN_FAULT_FILE: () => {
    const view = bootDisk({
      set1: { Services: { CSAgent: { Start: 1, Type: 2 }, CSBoot: { Start: 0, Type: 1 } } },
    }).view();
    const isBad = (path: string): boolean => path === `${FOLDER}\\${BAD_FILE}`;
    const files: VolumeFiles = {
      ...view.files!,
      exists: (path) => path === FOLDER || isBad(path) || view.files!.exists(path),
      list: (path) => (path === FOLDER ? [BAD_FILE] : view.files!.list(path)),
      sizeBytes: (path) => (isBad(path) ? 1 : null),
      modifiedAt: (path) => (isBad(path) ? isoToFiletime('2024-07-19T04:30:00Z') : null),
    };
    return planRepair({ ...view, files }, planOptions(CROWDSTRIKE, {})).findings;
  },
  LAST_CRASH: withFiles(() => ({ readFile: (path) => (path.endsWith('MEMORY.DMP') ? crashDump() : null) })),
  LAST_START: withFiles(() => ({ modifiedAt: () => 133_658_430_000_000_000n })),
  LAYERED_HIVE: of({}, condition({ wasDirty: false, isLayered: true })),
  LOADER_FILE_MISSING: ofBoot({ gone: ['\\Windows\\system32\\winload.efi'] }),
  LOW_DISK_SPACE: of({}, { freeBytes: GIBIBYTE / 2 }),
  NETLOGON_DISABLED: of({ set1: { Services: { ...MEMBER.Services, Netlogon: { Start: 4 } } } }),
  NETWORK_DRIVER_OFF: of({ set1: { Services: { NlaSvc: { Start: 4 } } } }),
  NOT_JUDGED: of({}, { unread: [{ hive: 'SOFTWARE', file: 'SOFTWARE', problem: 'refused', why: 'no rights' }] }),
  NO_BOOT_MANAGER: ofBoot(store({}), noStore),
  NO_CONTROL_SET: of({ remove: [gone('ControlSet001')] }),
  NO_LOADER_FOR_WINDOWS: storeOfAnother,
  NO_PAGE_FILE: of({ set1: { Control: { 'Session Manager': { 'Memory Management': { PagingFiles: [] } } } } }),
  NO_ROOM_FOR_DUMP: () => {
    const view = new Disk().view();
    const files = { ...view.files!, sizeBytes: () => 16 * GIBIBYTE };
    return diagnoseMachine({ ...view, files, freeBytes: 2 * GIBIBYTE }, RDP).findings;
  },
  NO_WINDOWS_LOADER: ofBoot(store({}), noStore),
  POLICY_OVERRIDES_LISTENER: of({
    software: { Policies: { Microsoft: { 'Windows NT': { 'Terminal Services': { UserAuthentication: 1 } } } } },
  }),
  POLICY_WILL_SET_BACK: planned({ set1: { ...MEMBER, Control: { 'Terminal Server': { fDenyTSConnections: 1 } } } }),
  PORT_NOT_DEFAULT: of({
    set1: { Control: { 'Terminal Server': { WinStations: { 'RDP-Tcp': { PortNumber: 4000 } } } } },
  }),
  PROFILE_NOT_CONCERNED: () => planRepair(bootDisk().view(), planOptions(CROWDSTRIKE, {})).findings,
  RDP_KEY_MISSING: of({ set1: { Control: many(30) }, remove: [gone('ControlSet001', 'Control', 'Terminal Server')] }),
  REGISTRY_KEY_MISSING: of({ set1: { Control: many(30) }, remove: [gone('ControlSet001', 'Services')] }),
  REGISTRY_TRANSACTIONS: withFiles((files) => ({
    list: (path) => (path.endsWith('TxR') ? ['{x}.TxR.blf'] : files.list(path)),
  })),
  SERIAL_PORT_FROM_FIRMWARE: of({ bcd: { Objects: { [LOADER]: { Elements: { '260000b0': off } } } } }),
  SERVICE_ORDER_LOST: of({ set1: { Control: many(30) } }),
  SERVICE_FILE_MISSING: ofBoot({ gone: ['\\Windows\\System32\\termsrv.dll'] }),
  SETUP_PENDING: of({ system: { Setup: { SetupType: 2, CmdLine: 'oobe\\windeploy.exe' } } }),
  SOFTWARE_MISSING: of({}, { unread: [{ hive: 'SOFTWARE', file: 'SOFTWARE', problem: 'missing', why: 'x' }] }),
  STOP_CODE: ofBoot({}),
  STRONG_CIPHER_DISABLED: of(schannel({ Ciphers: { 'AES 128/128': { Enabled: 0 } } })),
  SYSTEM_LETTER_WRONG: ofBoot({
    system: {
      MountedDevices: {
        '\\DosDevices\\C:': binary(
          Uint8Array.from([...new TextEncoder().encode('DMIO:ID:'), ...guidToBytes(OTHER_GUID)!]),
        ),
      },
    },
    place: { partitions: [WINDOWS_PARTITION, { ...WINDOWS_PARTITION, partitionGuid: OTHER_GUID }] },
  }),
  TARGET_DRIVER_ABSENT: () => {
    const environment = { PROCESSOR_ARCHITECTURE: 'AMD64' };
    const { view } = bootDisk({ set1: { Control: { 'Session Manager': { Environment: environment } } } });
    const driverFiles = () => ({ path: '/iso/viostor.inf', inf: virtioInf('viostor'), sys: driverProgram() });
    const options = planOptions(profileNamed('boot'), { target: 'virtio-blk' });
    return diagnoseMachine({ ...view(), driverFiles }, options, 'boot').findings;
  },
  TARGET_DRIVER_OFF: ofBoot({}, {}, 'hyperv'),
  TARGET_NOT_POSSIBLE: ofBoot({}, {}, 'virtio-blk'),
  TARGET_READINESS: ofBoot({}, {}, 'all'),
  TLS_CLIENT_DISABLED: of(schannel({ Protocols: { 'TLS 1.2': { Client: { Enabled: 0 } } } })),
  TLS_OLD_BLOCKED: of(schannel({ Protocols: { 'TLS 1.0': { Server: { Enabled: 0 } } } })),
  UPDATE_PENDING: () => {
    const { view } = bootDisk({ set1: { Control: { 'Session Manager': { SetupExecute: ['C:\\x\\poqexec.exe'] } } } });
    const base = view();
    const exists = (path: string): boolean => path.endsWith('pending.xml') || base.files!.exists(path);
    return diagnoseMachine({ ...base, files: { ...base.files!, exists } }, BOOT, 'boot').findings;
  },
  XEN_FILTERS: ofBoot({
    set1: {
      Control: { Class: { [DISK_CLASS]: { LowerFilters: ['xenfilt'] } } },
      Services: { xenfilt: { Start: 0, Type: 1 } },
    },
  }),
};

/** Raised from end to end in test/session/vacant-store.test.ts, drivers/staging.test.ts and start/stop-codes.test.ts. */
const OF_PLANS = ['BOOT_MANAGER_COPIED', 'BOOT_STORE_UNTRIED', 'DRIVER_STAGED', 'CRASHING_DRIVER'];

const notes = { ...STARTING, ...REMOTE_DESKTOP };

it.each(Object.entries(OTHERS))('%s', (code, raise) => {
  const raised = raise().filter((finding) => finding.code === code);
  expect(raised).not.toEqual([]);
  const { severity } = notes[code as keyof typeof notes];
  for (const finding of raised) expect(severity.split(' or ')).toContain(finding.severity);
});

it('each code of a diagnosis has a fixture that raises it', () => {
  const inTables = [...CAUSES.map(({ code }) => code), ...BOOT_ROWS.map(([, , code]) => code)];
  const silent = Object.keys(notes).filter(
    (code) => ![...inTables, ...Object.keys(OTHERS), ...OF_PLANS].includes(code),
  );
  expect(silent).toEqual([]);
});
