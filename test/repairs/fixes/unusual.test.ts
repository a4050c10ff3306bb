// Machines that work and are set otherwise than most, as administrators and policies leave them: nothing is found that breaks
// them, and no repair changes what they are set to.

import { describe, expect, it } from 'vitest';
import type { RegValue } from '../../../src/registry/edit.ts';
import { binary, expandSz } from '../../../src/registry/value.ts';
import { diagnoseMachine } from '../../../src/repairs/diagnose.ts';
import { planOptions } from '../../../src/repairs/plan.ts';
import { profileNamed } from '../../../src/repairs/profiles.ts';
import type { MachineView } from '../../../src/repairs/view.ts';
import { type BootDamage, bootDisk } from '../boot-disk.ts';
import { rule } from '../disks.ts';
import type { Tree } from '../memory-hive.ts';

interface Unusual extends BootDamage {
  /** Files that are there besides. */
  readonly more?: readonly string[];
}

const server = (tree: Tree): Tree => ({ Control: { 'Terminal Server': tree } });
const listener = (tree: Tree): Tree => server({ WinStations: { 'RDP-Tcp': tree } });
const policy = (tree: Tree): Tree => ({ Policies: { Microsoft: tree } });
const sessionPolicy = (tree: Tree): Tree => policy({ 'Windows NT': { 'Terminal Services': tree } });
const services = (tree: Tree): Tree => ({ Services: tree });
const firewall = (tree: Tree): Tree => services({ SharedAccess: { Parameters: { FirewallPolicy: tree } } });
const winlogon = (tree: Tree): Tree => ({ Microsoft: { 'Windows NT': { CurrentVersion: { Winlogon: tree } } } });
const protocols = (tree: Tree): Tree => ({ Control: { SecurityProviders: { SCHANNEL: { Protocols: tree } } } });

/** A number in a REG_BINARY of four bytes. */
const bytesOf = (number: number): RegValue => binary(new Uint8Array(Uint32Array.of(number).buffer));

const pci = (device: string, driver: string, prefix: string): Tree => ({
  [device]: {
    '3&11583659&0&FA': {
      ClassGUID: '{4d36e97b-e325-11ce-bfc1-08002be10318}',
      ParentIdPrefix: prefix,
      Service: driver,
    },
  },
});

const RULES_OFF: Tree = {
  FirewallRules: {
    'RemoteDesktop-UserMode-In-TCP': rule('FALSE', 6, 3389),
    'RemoteDesktop-UserMode-In-UDP': rule('FALSE', 17, 3389),
  },
};
const profiles = (tree: Tree): Tree => ({ DomainProfile: tree, PrivateProfile: tree, PublicProfile: tree });
const KIOSK = '\\Program Files\\Kiosk App\\kiosk.exe';

const MACHINES: Readonly<Record<string, Unusual>> = {
  'another port with a rule of its own': {
    set1: {
      ...listener({ PortNumber: 3390 }),
      ...firewall({
        FirewallRules: {
          ...(RULES_OFF.FirewallRules as Tree),
          own: 'v2.30|Action=Allow|Active=TRUE|Dir=In|Protocol=6|LPort=3390|',
        },
      }),
    },
  },
  'a policy allows Remote Desktop, the setting denies it': {
    set1: server({ fDenyTSConnections: 1 }),
    software: sessionPolicy({ fDenyTSConnections: 0 }),
  },
  'policies set what the listener has otherwise': {
    set1: listener({ SecurityLayer: 0, MinEncryptionLevel: 4, MaxIdleTime: 60_000, UserAuthentication: 0 }),
    software: sessionPolicy({ SecurityLayer: 2, MinEncryptionLevel: 3, MaxIdleTime: 0, UserAuthentication: 1 }),
  },
  'the firewall is off by policy, its private profile by the name of policies': {
    set1: firewall(RULES_OFF),
    software: policy({ WindowsFirewall: profiles({ EnableFirewall: 0 }) }),
  },
  'a policy of old lets everything in, its standard profile by the name of XP': {
    set1: firewall(RULES_OFF),
    software: policy({
      WindowsFirewall: {
        ...profiles({ DefaultInboundAction: 0 }),
        PrivateProfile: {},
        StandardProfile: { DefaultInboundAction: 0 },
      },
    }),
  },
  'a policy takes the local rules out and has its own': {
    set1: firewall(RULES_OFF),
    software: policy({
      WindowsFirewall: { ...profiles({ AllowLocalPolicyMerge: 0 }), FirewallRules: { own: rule('TRUE', 6, 3389) } },
    }),
  },
  'the port is open to what IPsec has authenticated': {
    set1: firewall({
      FirewallRules: {
        ...(RULES_OFF.FirewallRules as Tree),
        own: 'v2.30|Action=ByPass|Active=TRUE|Dir=In|Protocol=6|LPort=3389|RMauth=O:LSD:(A;;CC;;;S-1-5-11)|Security=Authenticate|',
      },
    }),
  },
  'NLA off on purpose': { set1: listener({ UserAuthentication: 0, SecurityLayer: 1 }) },
  'other spellings of the accounts': {
    set1: services({
      KeyIso: { ObjectName: '.\\LocalSystem' },
      DcomLaunch: { ObjectName: 'NT AUTHORITY\\SYSTEM' },
      TermService: { ObjectName: 'nt authority\\network service' },
    }),
  },
  'RpcSs and RpcEptMapper write the same line in two ways': {
    set1: services({
      RpcSs: { ImagePath: expandSz('%SystemRoot%\\system32\\svchost.exe -k rpcss -p') },
      RpcEptMapper: { ImagePath: expandSz('C:\\Windows\\System32\\svchost.exe -k RPCSS -p') },
    }),
  },
  'a shell whose path has blanks and no quotes': { software: winlogon({ Shell: `C:${KIOSK} /full` }), more: [KIOSK] },
  'userinit without its ending, and a program beside it': {
    software: winlogon({ Userinit: expandSz(`%SystemRoot%\\system32\\userinit,C:${KIOSK},`) }),
    more: [KIOSK],
  },
  'a command of set-up whose path has blanks': {
    system: { Setup: { SetupType: 2, OOBEInProgress: 0, CmdLine: `C:${KIOSK} /first` } },
    more: [KIOSK],
  },
  'the controller of the machine before is off, and that of this one on': {
    set1: {
      Enum: {
        PCI: {
          ...pci('VEN_1000&DEV_0054', 'LSI_SAS', '5&1ec51bf7&0'),
          ...pci('VEN_8086&DEV_2922', 'storahci', '4&1f4adffe&0'),
        },
        SCSI: { 'Disk&Ven_VMware': { '5&1ec51bf7&0&000000': {} }, 'Disk&Ven_QEMU': { '4&1f4adffe&0&000000': {} } },
      },
      ...services({ LSI_SAS: { Start: 4 } }),
    },
  },
  'a disk on USB, and a controller that is off': {
    set1: {
      Enum: {
        PCI: pci('VEN_8086&DEV_2922', 'storahci', '4&1f4adffe&0'),
        SCSI: { 'Disk&Ven_SanDisk': { '000000': {} } },
      },
      ...services({ storahci: { Start: 4 } }),
    },
  },
  'a disk of which a few files were given': {
    set1: services({
      nsi: { Parameters: { ServiceDll: '%SystemRoot%\\System32\\nsisvc.dll' } },
      Dhcp: { Parameters: { ServiceDll: '%SystemRoot%\\System32\\dhcpcore.dll' } },
    }),
    gone: ['acpi', 'pci', 'partmgr', 'volmgr', 'volmgrx', 'mountmgr'].map(
      (name) => `\\Windows\\System32\\drivers\\${name}.sys`,
    ),
  },
  'numbers in REG_BINARY': {
    set1: {
      Control: {
        'Terminal Server': {
          fDenyTSConnections: bytesOf(0),
          WinStations: { 'RDP-Tcp': { PortNumber: bytesOf(3389) } },
        },
      },
      ...services({
        TermService: { Start: bytesOf(3) },
        disk: { Start: bytesOf(0), StartOverride: { '0': bytesOf(0) } },
      }),
    },
  },
};

const OPTIONS = planOptions(profileNamed('rdp-internal-error'), {});

function viewOf({ more = [], ...damage }: Unusual): MachineView {
  const view = bootDisk(damage).view();
  const { files } = view;
  return { ...view, files: files && { ...files, exists: (path) => more.includes(path) || files.exists(path) } };
}

describe('machines that work and are set otherwise', () => {
  it.each(Object.entries(MACHINES))('%s', (_name, machine) => {
    const { summary, plan } = diagnoseMachine(viewOf(machine), OPTIONS);
    const { causes, warnings } = summary;
    expect([...causes, ...warnings].filter(({ code }) => code !== 'SETUP_IN_PROGRESS')).toEqual([]);
    expect(plan.fixes).toEqual([]);
  });

  it('says what counts where a policy allows what the setting denies', () => {
    const { findings } = diagnoseMachine(
      viewOf(MACHINES['a policy allows Remote Desktop, the setting denies it']!),
      OPTIONS,
    );
    expect(findings.map(({ code, link, text }) => [code, link, text])).toEqual([
      [
        'POLICY_OVERRIDES_LISTENER',
        'remote-desktop',
        expect.stringContaining('A policy allows Remote Desktop: fDenyTSConnections below Control, which is 1'),
      ],
    ]);
  });

  it('finds in a policy what it would find in the listener', () => {
    const view = viewOf({
      software: sessionPolicy({ SecurityLayer: 0, UserAuthentication: 1, MinEncryptionLevel: 4 }),
    });
    const { causes, warnings } = diagnoseMachine(view, OPTIONS).summary;
    expect([...causes, ...warnings].map(({ code, repair }) => [code, repair])).toEqual([
      ['SECURITY_LAYER_RDP', null],
      ['ENCRYPTION_LEVEL_FIPS', null],
    ]);
  });
});

describe('TLS 1.0 switched off on Windows 7', () => {
  const off = { Server: { Enabled: 0 } };
  const severities = (tree: Tree): string[] => {
    const view = viewOf({ set1: protocols(tree) });
    const machine = { ...view.machine, ntVersion: '6.1' };
    const { findings } = diagnoseMachine({ ...view, machine }, OPTIONS);
    return findings.filter(({ code }) => code === 'TLS_DISABLED').map(({ severity }) => severity);
  };

  it('is a cause where nothing newer was switched on', () => {
    expect(severities({ 'TLS 1.0': off, 'TLS 1.2': { Server: { Enabled: 0 } } })).toEqual(['error', 'warning']);
  });

  it('is a warning where TLS 1.2 was: an update lets Remote Desktop use it', () => {
    expect(severities({ 'TLS 1.0': off, 'TLS 1.2': { Server: { Enabled: 1 } } })).toEqual(['warning']);
  });
});
