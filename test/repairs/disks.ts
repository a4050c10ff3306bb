// Disks for the tests of repairs: a healthy machine as real hives of NT 6.1 and 10.0 have it, and the ways to break it.

import { bytesEqual, fromHex } from '../../src/base/bytes.ts';
import { type DeviceIdentity, encodeDevice } from '../../src/bcd/device.ts';
import { BcdStore } from '../../src/bcd/store.ts';
import type { Edit, HiveEdit } from '../../src/registry/edit.ts';
import { binary, expandSz } from '../../src/registry/value.ts';
import { describeMachine } from '../../src/repairs/machine.ts';
import type { ControlSet, MachineView, VolumeFiles } from '../../src/repairs/view.ts';
import { encodeDescriptor, fromSddl } from '../../src/security/index.ts';
import { MemoryHive, type Tree } from './memory-hive.ts';

/** 2024-03-01T12:00:00Z. */
export const NOW = 133_537_680_000_000_000n;
export const MACHINE_GUID = '5c1e5f26-4b1d-4c6a-9f0e-0d6f2a7b9c11';
export const LOADER = '{b7e14a2c-0d3f-4e5a-8f66-2a9d1c4e7b30}';

/** A real machine has hundreds of services; fewer than fifty and diagnose takes the hive for an excerpt. */
const OTHER_SERVICES: Tree = Object.fromEntries(
  Array.from({ length: 50 }, (_, i): [string, Tree] => [`Driver${i}`, { Start: 3, Type: 1 }]),
);

const SERVICE_TREE: Tree = {
  ...OTHER_SERVICES,
  TermService: {
    ...service(3, 'NT Authority\\NetworkService', ['RPCSS']),
    Parameters: { ServiceDll: expandSz('%SystemRoot%\\System32\\termsrv.dll') },
  },
  SessionEnv: service(3, 'localSystem', ['RPCSS', 'LanmanWorkstation']),
  UmRdpService: service(3, 'localSystem', ['TermService', 'RDPDR']),
  RpcSs: service(2, 'NT AUTHORITY\\NetworkService', ['RpcEptMapper', 'DcomLaunch']),
  RpcEptMapper: service(2, 'NT AUTHORITY\\NetworkService'),
  DcomLaunch: service(2, 'LocalSystem'),
  LanmanWorkstation: service(2, 'NT AUTHORITY\\NetworkService', ['Bowser', 'NSI']),
  Bowser: { Start: 3, Type: 2 },
  RDPDR: { Start: 3, Type: 1 },
  nsi: service(2, 'NT Authority\\LocalService', ['nsiproxy']),
  nsiproxy: { Start: 1, Type: 1 },
  Dhcp: service(2, 'NT Authority\\LocalService', ['NSI', 'Afd']),
  AFD: { Start: 1, Type: 1 },
  Tcpip: { Start: 0, Type: 1, Parameters: { Hostname: 'RESCUE01', Domain: '' } },
  CryptSvc: service(2, 'NT Authority\\NetworkService', ['RpcSs']),
  KeyIso: service(3, 'LocalSystem', ['RpcSs']),
  Netlogon: service(3, 'LocalSystem', ['LanmanWorkstation']),
  gpsvc: service(2, 'LocalSystem', ['RPCSS']),
  mpssvc: service(2, 'NT Authority\\LocalService'),
  SharedAccess: {
    Parameters: {
      FirewallPolicy: {
        DomainProfile: { EnableFirewall: 1 },
        StandardProfile: { EnableFirewall: 1 },
        PublicProfile: { EnableFirewall: 1 },
        FirewallRules: {
          'RemoteDesktop-UserMode-In-TCP': rule('TRUE', 6, 3389),
          'RemoteDesktop-UserMode-In-UDP': rule('TRUE', 17, 3389),
        },
      },
    },
  },
};

function service(start: number, account: string, needs: readonly string[] = []): Tree {
  return {
    Start: start,
    Type: 0x20,
    ObjectName: account,
    ImagePath: expandSz('%SystemRoot%\\System32\\svchost.exe -k group'),
    ...(needs.length > 0 ? { DependOnService: needs } : {}),
  };
}

/** The text of a Remote Desktop rule as Windows 10 ships it. */
export function rule(active: 'TRUE' | 'FALSE', protocol: number, port: number): string {
  return `v2.30|Action=Allow|Active=${active}|Dir=In|Protocol=${protocol}|LPort=${port}|App=%SystemRoot%\\system32\\svchost.exe|Svc=termservice|Name=@FirewallAPI.dll,-28775|Desc=@FirewallAPI.dll,-28756|EmbedCtxt=@FirewallAPI.dll,-28752|`;
}

/** A control set with nothing wrong in it. */
export function healthyControlSet(): Tree {
  return {
    Control: {
      ComputerName: { ComputerName: { ComputerName: 'RESCUE01' } },
      CrashControl: { CrashDumpEnabled: 7, DumpFile: expandSz('%SystemRoot%\\MEMORY.DMP'), NMICrashDump: 1 },
      Lsa: { disabledomaincreds: 0, FipsAlgorithmPolicy: { Enabled: 0 }, MSV1_0: {}, Kerberos: { Parameters: {} } },
      SecurityProviders: {
        SCHANNEL: { EventLogging: 1, Ciphers: {}, Protocols: { 'TLS 1.2': { Server: { Enabled: 1 } } } },
      },
      'Session Manager': { 'Memory Management': { PagingFiles: ['?:\\pagefile.sys'] } },
      'Terminal Server': {
        fDenyTSConnections: 0,
        TSUserEnabled: 0,
        WinStations: {
          'RDP-Tcp': {
            fAllowSecProtocolNegotiation: 1,
            fEnableWinStation: 1,
            fLogonDisabled: 0,
            LanAdapter: 0,
            MaxInstanceCount: 0xffff_ffff,
            MinEncryptionLevel: 2,
            PdName: 'tcp',
            LoadableProtocol_Object: '{5828227c-20cf-4408-b73f-73ab70b8849f}',
            PortNumber: 3389,
            SecurityLayer: 2,
            UserAuthentication: 1,
          },
        },
      },
      Windows: { ShutdownTime: binary(new Uint8Array([0, 0x40, 0xa1, 0x4d, 0x71, 0x6b, 0xda, 1])) },
    },
    Services: SERVICE_TREE,
  };
}

/** What a test breaks, beside what the healthy machine has. */
export interface Damage {
  /** Laid over ControlSet001. */
  readonly set1?: Tree;
  /** Laid over ControlSet002, which is made for it and is the last known good one. */
  readonly set2?: Tree;
  readonly system?: Tree;
  readonly software?: Tree;
  readonly bcd?: Tree;
  readonly files?: Readonly<Record<string, readonly string[]>>;
  /** SDDL by path, over the permissions that RDP's key and its folder have. */
  readonly descriptors?: Readonly<Record<string, string>>;
  /** Edits of SYSTEM made last: for what is to be missing. */
  readonly remove?: readonly HiveEdit[];
  readonly ntVersion?: string;
}

/** A disk in memory, and the view of it. */
export class Disk {
  readonly system: MemoryHive;
  readonly software: MemoryHive;
  readonly bcd: MemoryHive;
  readonly files: VolumeFiles;
  /** Self-relative descriptors by path. */
  readonly descriptors = new Map<string, Uint8Array>();

  constructor(damage: Damage = {}) {
    this.system = new MemoryHive('SYSTEM', {
      ControlSet001: healthyControlSet(),
      Select: { Current: 1, Default: 1, Failed: 0, LastKnownGood: 1 },
      Setup: { SystemSetupInProgress: 0 },
    });
    if (damage.set2) {
      this.system.merge({ ControlSet002: healthyControlSet(), Select: { LastKnownGood: 2 } });
      this.system.merge({ ControlSet002: damage.set2 });
    }
    if (damage.set1) this.system.merge({ ControlSet001: damage.set1 });
    if (damage.system) this.system.merge(damage.system);
    this.system.apply(damage.remove ?? []);
    this.software = new MemoryHive('SOFTWARE', softwareTree(damage.ntVersion ?? '10.0')).merge(damage.software ?? {});
    this.bcd = new MemoryHive('BCD', storeTree()).merge(damage.bcd ?? {});
    for (const [path, sddl] of Object.entries({ [KEYS]: KEY_SDDL, [RDP_KEY]: KEY_SDDL, ...damage.descriptors })) {
      this.descriptors.set(path, encodeDescriptor(fromSddl(sddl)));
    }
    this.files = memoryFiles(
      damage.files ?? { [KEYS]: [`f686aace6942fb7f7ceb231212eef4a4_${MACHINE_GUID}`] },
      this.descriptors,
    );
  }

  view(controlSets?: (all: readonly ControlSet[]) => readonly ControlSet[]): MachineView {
    const machine = describeMachine(this.system, this.software, 'uefi');
    return {
      machine,
      system: this.system,
      software: this.software,
      bcd: new BcdStore(this.bcd),
      bcdMissing: null,
      loader: null,
      controlSets: controlSets ? controlSets(machine.controlSets) : machine.controlSets,
      windowsPath: '\\Windows',
      files: this.files,
      hives: ['SYSTEM', 'SOFTWARE', 'BCD'].map((hive) => ({
        hive,
        file: `/disk/${hive}`,
        wasDirty: false,
        isUsable: true,
        logEntriesApplied: 0,
      })),
      keptFolders: () => ['\\hivemend\\commit\\files'],
      freeBytes: null,
      now: NOW,
    };
  }

  /** Makes edits of the hives and of permissions; how many changed something. */
  apply(edits: readonly Edit[]): number {
    let changed = 0;
    for (const edit of edits) {
      if (edit.op === 'set-security') {
        const after = fromHex(edit.sdHex);
        if (!after) throw new Error('a descriptor is not hex');
        changed += bytesEqual(this.descriptors.get(edit.path) ?? new Uint8Array(), after) ? 0 : 1;
        this.descriptors.set(edit.path, after);
        continue;
      }
      if (!('key' in edit)) throw new Error(`${edit.op} is not of these tests`);
      const hive = [this.system, this.software, this.bcd].find((candidate) => candidate.name === edit.key.hive);
      if (!hive) throw new Error(`there is no hive for ${JSON.stringify(edit)}`);
      changed += hive.apply([edit]);
    }
    return changed;
  }
}

export const KEYS = '\\ProgramData\\Microsoft\\Crypto\\RSA\\MachineKeys';
export const RDP_KEY = `${KEYS}\\f686aace6942fb7f7ceb231212eef4a4_${MACHINE_GUID}`;
/** SYSTEM and Administrators full control, NETWORK SERVICE read. */
const KEY_SDDL = 'O:SYG:SYD:P(A;;FA;;;SY)(A;;FR;;;NS)(A;;FA;;;BA)';

function softwareTree(ntVersion: string): Tree {
  const [major = 10, minor = 0] = ntVersion.split('.').map(Number);
  return {
    Microsoft: {
      Cryptography: { MachineGuid: MACHINE_GUID },
      SystemCertificates: { 'Remote Desktop': { Certificates: {} }, MY: { Certificates: {} } },
      'Windows NT': {
        CurrentVersion: {
          ProductName: 'Windows of the tests',
          CurrentBuildNumber: '17763',
          ...(major >= 10
            ? { CurrentVersion: '6.3', CurrentMajorVersionNumber: major, CurrentMinorVersionNumber: minor }
            : { CurrentVersion: ntVersion }),
        },
      },
    },
    Policies: { Microsoft: { 'Windows NT': { 'Terminal Services': {} } } },
  };
}

/** The partition that the Windows of these disks lies on. */
export const WINDOWS_PARTITION: DeviceIdentity & { readonly style: 'gpt' } = {
  style: 'gpt',
  diskGuid: '{a1b2c3d4-0000-4000-8000-000000000001}',
  partitionGuid: '{a1b2c3d4-0000-4000-8000-000000000002}',
};
const WINDOWS_DEVICE = encodeDevice({ kind: 'partition', partition: WINDOWS_PARTITION })!;

const BOOTMGR = '{9dea862c-5cdd-4e70-acc1-f32b344d4795}';

/** A store that boots one Windows, its serial console on. */
function storeTree(): Tree {
  const on = { Element: binary(new Uint8Array([1])) };
  const integer = (number: number): Tree => {
    const bytes = new Uint8Array(8);
    new DataView(bytes.buffer).setUint32(0, number, true);
    return { Element: binary(bytes) };
  };
  return {
    Description: { KeyName: 'BCD00000000', System: 1 },
    Objects: {
      [BOOTMGR]: {
        Description: { Type: 0x10100002 },
        Elements: {
          '14000006': { Element: ['{7ea2e1ac-2e61-4728-aaa3-896d9d0a9f0e}'] },
          '16000020': on,
          '23000003': { Element: LOADER },
          '24000001': { Element: [LOADER] },
          '25000004': integer(5),
          '26000020': on,
        },
      },
      [LOADER]: {
        Description: { Type: 0x10200003 },
        Elements: {
          '11000001': { Element: binary(WINDOWS_DEVICE) },
          '21000001': { Element: binary(WINDOWS_DEVICE) },
          '12000002': { Element: '\\Windows\\system32\\winload.efi' },
          '12000004': { Element: 'Windows of the tests' },
          '14000006': { Element: ['{7ea2e1ac-2e61-4728-aaa3-896d9d0a9f0e}'] },
          '22000002': { Element: '\\Windows' },
          '260000b0': on,
        },
      },
      '{0ce4991b-e6b3-4b16-b23c-5e0d9250e5d9}': {
        Description: { Type: 0x20100000 },
        Elements: { '15000022': integer(1), '15000023': integer(115_200) },
      },
      '{7ea2e1ac-2e61-4728-aaa3-896d9d0a9f0e}': {
        Description: { Type: 0x20100000 },
        Elements: { '14000006': { Element: ['{0ce4991b-e6b3-4b16-b23c-5e0d9250e5d9}'] } },
      },
    },
  };
}

function memoryFiles(
  folders: Readonly<Record<string, readonly string[]>>,
  descriptors: ReadonlyMap<string, Uint8Array>,
): VolumeFiles {
  return {
    exists: (path) => path in folders,
    list: (path) => folders[path] ?? [],
    sizeBytes: () => null,
    readFile: () => null,
    descriptor: (path) => descriptors.get(path) ?? null,
  };
}
