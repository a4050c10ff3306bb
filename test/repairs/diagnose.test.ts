// What diagnose remarks about disk and boot, and how it takes what it cannot know.

import { describe, expect, it } from 'vitest';
import { isoToFiletime } from '../../src/base/time.ts';
import { binary, dword } from '../../src/registry/value.ts';
import { diagnoseMachine } from '../../src/repairs/diagnose.ts';
import { describeMachine } from '../../src/repairs/machine.ts';
import { LINKS } from '../../src/repairs/model.ts';
import { planOptions, planRepair } from '../../src/repairs/plan.ts';
import { profileNamed } from '../../src/repairs/profiles.ts';
import type { HiveCondition, MachineView } from '../../src/repairs/view.ts';
import { CERTIFICATES } from './certificates.ts';
import { type Damage, Disk, LOADER } from './disks.ts';

const OPTIONS = planOptions(profileNamed('rdp-internal-error'), {});
const GIBIBYTE = 1024 ** 3;

function codes(damage: Damage, change: (view: MachineView) => Partial<MachineView> = () => ({})): string[] {
  const view = new Disk(damage).view();
  return diagnoseMachine({ ...view, ...change(view) }, OPTIONS).findings.map((finding) => finding.code);
}

const condition = (change: Partial<HiveCondition>) => () => ({
  hives: [{ hive: 'SYSTEM', file: '/disk/SYSTEM', wasDirty: true, isUsable: true, logEntriesApplied: 3, ...change }],
});

describe('the disk', () => {
  it('has hives that were not closed, recovered or not', () => {
    expect(codes({}, condition({}))).toEqual(['HIVE_RECOVERED']);
    expect(codes({}, condition({ isUsable: false }))).toEqual(['DIRTY_WITHOUT_LOGS']);
    expect(codes({}, condition({ wasDirty: false }))).toEqual([]);
    expect(codes({}, condition({ wasDirty: false, isLayered: true }))).toEqual(['LAYERED_HIVE']);
    expect(codes({}, condition({ wasDirty: false, isUsable: false }))).toEqual(['HIVE_DAMAGED']);
  });

  it('is short of room, or has too little for a dump', () => {
    expect(codes({}, () => ({ freeBytes: GIBIBYTE / 2 }))).toEqual(['LOW_DISK_SPACE']);
    expect(codes({}, () => ({ freeBytes: 10 * GIBIBYTE }))).toEqual([]);
    const pageFile = (sizeBytes: number) => (view: MachineView) => ({
      freeBytes: 10 * GIBIBYTE,
      files: view.files && {
        ...view.files,
        sizeBytes: (path: string) => (path === '\\pagefile.sys' ? sizeBytes : null),
      },
    });
    expect(codes({}, pageFile(16 * GIBIBYTE))).toEqual(['NO_ROOM_FOR_DUMP']);
    expect(codes({}, pageFile(4 * GIBIBYTE))).toEqual([]);
  });

  it('is hibernated where the file begins with its mark', () => {
    const head = (text: string) => (view: MachineView) => ({
      files: view.files && { ...view.files, readFile: () => new TextEncoder().encode(text) },
    });
    expect(codes({}, head('HIBR'))).toEqual(['HIBERNATED']);
    expect(codes({}, head('hibr'))).toEqual(['HIBERNATED']);
    expect(codes({}, head('\0\0\0\0'))).toEqual([]);
  });

  it('holds files of registry transactions', () => {
    const list = (view: MachineView) => ({
      files: view.files && {
        ...view.files,
        list: (path: string) =>
          path.endsWith('TxR') ? ['{x}.TxR.blf', '{x}.TxR.0.regtrans-ms', 'other'] : (view.files?.list(path) ?? []),
      },
    });
    expect(codes({}, list)).toEqual(['REGISTRY_TRANSACTIONS']);
  });

  it('has no page file to dump into', () => {
    const none = { set1: { Control: { 'Session Manager': { 'Memory Management': { PagingFiles: [] } } } } };
    expect(codes(none)).toEqual(['NO_PAGE_FILE']);
  });
});

describe('the boot', () => {
  it('once went back to another control set', () => {
    expect(codes({ set2: {}, system: { Select: { Failed: 2 } } })).toEqual(['CONTROL_SET_FAILED']);
  });

  it('stops at failures where the loader says so', () => {
    const policy = (number: number): Damage => ({
      bcd: {
        Objects: {
          [LOADER]: { Elements: { '250000e0': { Element: binary(new Uint8Array([number, 0, 0, 0, 0, 0, 0, 0])) } } },
        },
      },
    });
    expect(codes(policy(0))).toEqual(['BOOT_STOPS_AT_FAILURES']);
    expect(codes(policy(1))).toEqual([]);
  });

  it('is not through with Windows Setup', () => {
    expect(codes({ system: { Setup: { OOBEInProgress: 1 } } })).toEqual(['SETUP_IN_PROGRESS']);
  });
});

describe('a damaged hive', () => {
  it('is not said to lack what cannot be read in it', () => {
    const gone = {
      remove: [{ op: 'delete-key', key: { hive: 'SYSTEM', path: ['ControlSet001', 'Services', 'TermService'] } }],
    } as const;
    expect(codes(gone)).toContain('SERVICE_MISSING');
    const damage = Array.from({ length: 300 }, (_, i) => `Services: record ${i}`);
    const view = new Disk(gone).view();
    const hives = [
      {
        hive: 'SYSTEM',
        file: 'SYSTEM',
        wasDirty: false,
        isUsable: true,
        logEntriesApplied: 0,
        damage,
        isRefused: true,
      },
    ];
    const { findings, summary } = diagnoseMachine({ ...view, hives }, OPTIONS);
    expect(findings.map(({ code }) => code)).toEqual(['HIVE_DAMAGED']);
    expect(findings[0]!.text).toMatch(/Windows refuses to load it.*and 297 more/);
    expect(summary.state).toBe('damaged');
  });
});

describe('what stands in several control sets', () => {
  const gone = (name: string, set: string) =>
    ({ op: 'delete-key', key: { hive: 'SYSTEM', path: [set, 'Services', name] } }) as const;

  it('is one cause, and two of one key stay two', () => {
    const sets = ['ControlSet001', 'ControlSet002'];
    const remove = sets.flatMap((set) => [gone('TermService', set), gone('Tcpip', set)]);
    const { summary } = diagnoseMachine(new Disk({ set2: {}, remove }).view(), OPTIONS);
    const missing = (causes: typeof summary.causes): string[] =>
      causes.filter(({ code }) => code === 'SERVICE_MISSING').map(({ where }) => where.key!);
    expect(missing(summary.causes)).toEqual([
      'SYSTEM\\ControlSet001\\Services\\TermService',
      'SYSTEM\\ControlSet001\\Services\\Tcpip',
    ]);
    // The next boot does not use the second set: it is named with the first, and not told again as a warning.
    expect(summary.causes.map(({ controlSets }) => controlSets)).toEqual([sets, sets]);
    expect(missing(summary.warnings)).toEqual([]);
    const unused = diagnoseMachine(new Disk({ set2: {}, remove: remove.slice(2) }).view(), OPTIONS).summary;
    expect([missing(unused.causes), missing(unused.warnings)]).toEqual([
      [],
      ['SYSTEM\\ControlSet002\\Services\\TermService', 'SYSTEM\\ControlSet002\\Services\\Tcpip'],
    ]);
    const nla = { Control: { 'Terminal Server': { WinStations: { 'RDP-Tcp': { fAllowSecProtocolNegotiation: 0 } } } } };
    const both = diagnoseMachine(new Disk({ set1: nla, set2: nla }).view(), OPTIONS).summary.warnings;
    expect(both.map(({ controlSets }) => controlSets)).toEqual([sets]);
  });
});

describe('Server 2003 without a readable SOFTWARE', () => {
  const driver = { ProviderName: 'Microsoft', DriverVersion: '5.2.3790.0' };
  const since = ['nsi', 'nsiproxy', 'mpssvc', 'RpcEptMapper', 'KeyIso', 'SessionEnv', 'UmRdpService'];
  const remove = since.map(
    (name) => ({ op: 'delete-key', key: { hive: 'SYSTEM', path: ['ControlSet001', 'Services', name] } }) as const,
  );
  const old: Damage = {
    set1: {
      Services: {
        TermService: {
          ObjectName: 'LocalSystem',
          Start: 2,
          ImagePath: '%SystemRoot%\\System32\\svchost.exe -k termsvcs',
        },
        Dhcp: { ObjectName: 'NT AUTHORITY\\NetworkService', DependOnService: ['Tcpip', 'Afd'] },
        RpcSs: { ObjectName: 'NT AUTHORITY\\NetworkService', DependOnService: ['DcomLaunch'] },
        LanmanWorkstation: { ObjectName: 'LocalSystem', DependOnService: [] },
        CryptSvc: { ObjectName: 'LocalSystem' },
      },
    },
    remove: [
      ...remove,
      {
        op: 'delete-key',
        key: {
          hive: 'SYSTEM',
          path: ['ControlSet001', 'Services', 'SharedAccess', 'Parameters', 'FirewallPolicy', 'FirewallRules'],
        },
      },
    ],
  };
  const versions: readonly (readonly [how: string, damage: Damage])[] = [
    [
      'by its drivers',
      {
        ...old,
        set1: { ...old.set1, Control: { Class: { '{4D36E967-E325-11CE-BFC1-08002BE10318}': { '0000': driver } } } },
      },
    ],
    ['by its services', old],
  ];

  it.each(versions)('told %s: no error, and nothing of a later Windows is written', (_how, damage) => {
    const disk = new Disk(damage);
    const view = { ...disk.view(), software: null, machine: describeMachine(disk.system, null, null) };
    const { summary, plan } = diagnoseMachine(view, OPTIONS);
    expect([...summary.causes, ...summary.warnings]).toEqual([]);
    const all = planRepair(view, planOptions(profileNamed('all'), {}));
    const places = [...plan.edits, ...all.edits].map(({ edit }) => JSON.stringify(edit));
    expect(
      places.filter((place) => /ObjectName|FirewallRules|Protocols|UserAuthentication|SecurityLayer/.test(place)),
    ).toEqual([]);
  });
});

describe("a certificate of RDP's own", () => {
  it('is a cause where it had expired while Windows still ran, and not where the disk lay since', () => {
    const { thumbprint, blob } = CERTIFICATES.expired;
    const store = { SystemCertificates: { 'Remote Desktop': { Certificates: { [thumbprint]: { Blob: blob } } } } };
    const software = { Microsoft: store };
    expect(codes({ software })).toEqual(['CERTIFICATE_EXPIRED']);
    // Until 2023-07-01; the machine was shut down in June.
    const shutdown = new Uint8Array(8);
    new DataView(shutdown.buffer).setBigUint64(0, isoToFiletime('2023-06-01')!, true);
    const set1 = { Control: { Windows: { ShutdownTime: binary(shutdown) } } };
    expect(codes({ software, set1 })).toEqual([]);
    expect(codes({ software, set1: { Control: { Windows: { ShutdownTime: 'unknown' } } } })).toEqual([
      'CERTIFICATE_EXPIRED',
    ]);
  });
});

describe('the network driver of Hyper-V', () => {
  it('is not outdated where an adapter that is gone alone kept the version', () => {
    const adapter = (DriverVersion: string) => ({ DriverDesc: 'Microsoft Hyper-V Network Adapter', DriverVersion });
    const adapters = (...versions: string[]): Damage => ({
      set1: {
        Control: {
          Class: {
            '{4d36e972-e325-11ce-bfc1-08002be10318}': Object.fromEntries(
              versions.map((version, i) => [`000${i}`, adapter(version)]),
            ),
          },
        },
      },
    });
    expect(codes(adapters('10.0.14393.594'))).toEqual(['NETVSC_OUTDATED']);
    expect(codes(adapters('10.0.14393.594', '10.0.14393.2363'))).toEqual([]);
  });
});

describe('Server 2008', () => {
  it('has another account for LanmanWorkstation, and no class of its listener', () => {
    const old = (ntVersion: string): Damage => ({
      ntVersion,
      set1: { Services: { LanmanWorkstation: { ObjectName: 'NT AUTHORITY\\LocalService' } } },
      remove: [
        {
          op: 'delete-value',
          key: { hive: 'SYSTEM', path: ['ControlSet001', 'Control', 'Terminal Server', 'WinStations', 'RDP-Tcp'] },
          name: 'LoadableProtocol_Object',
        },
      ],
    });
    const found = (ntVersion: string): string[] => {
      const { causes, warnings } = diagnoseMachine(new Disk(old(ntVersion)).view(), OPTIONS).summary;
      return [...causes, ...warnings].map(({ code }) => code);
    };
    expect(found('6.0')).toEqual([]);
    expect(found('10.0').sort()).toEqual(['LISTENER_PROTOCOL', 'SERVICE_ACCOUNT']);
  });
});

describe('what is not on the disk', () => {
  it('is not judged, and never an error', () => {
    const view = new Disk().view();
    const bare: MachineView = { ...view, software: null, bcd: null, bcdMissing: 'none', files: null, hives: [] };
    const diagnosis = diagnoseMachine(bare, OPTIONS);
    expect(diagnosis.findings).toEqual([]);
    const unknown = diagnosis.verdicts.filter((verdict) => verdict.verdict === 'unknown').map(({ link }) => link);
    // SOFTWARE holds the policies that may decide four of them.
    expect(unknown).toEqual([
      'disk',
      'boot',
      'remote-desktop',
      'firewall',
      'tls',
      'certificate',
      'keys',
      'authentication',
    ]);
  });

  it('is not called OK because something was noted of it in passing', () => {
    const rdpTcp = { UserAuthentication: dword(0) };
    const set1 = { Control: { 'Terminal Server': { WinStations: { 'RDP-Tcp': rdpTcp } } } };
    const view = new Disk({ set1 }).view();
    const verdictOf = (judged: MachineView) => {
      const { findings, verdicts, summary } = diagnoseMachine(judged, OPTIONS);
      expect(findings).toContainEqual(expect.objectContaining({ code: 'NLA_OFF', severity: 'info' }));
      const { verdict } = verdicts.find(({ link }) => link === 'authentication')!;
      return [verdict, summary.notChecked.some(({ check }) => check === 'authentication')];
    };
    expect(verdictOf(view)).toEqual(['remark', false]);
    expect(verdictOf({ ...view, software: null })).toEqual(['unknown', true]);
  });

  it('gives a verdict on every link, in every control set where it is kept in them', () => {
    const { verdicts } = diagnoseMachine(new Disk({ set2: {} }).view(), OPTIONS);
    expect([...new Set(verdicts.map(({ link }) => link))]).toEqual([...LINKS]);
    expect(verdicts.filter(({ link }) => link === 'tls').map(({ controlSet }) => controlSet)).toEqual([
      'ControlSet001',
      'ControlSet002',
    ]);
  });

  it('is a control set to boot from', () => {
    const empty = new Disk({ remove: [{ op: 'delete-key', key: { hive: 'SYSTEM', path: ['ControlSet001'] } }] });
    expect(diagnoseMachine(empty.view(), OPTIONS).findings.map(({ code }) => code)).toEqual(['NO_CONTROL_SET']);
  });
});
