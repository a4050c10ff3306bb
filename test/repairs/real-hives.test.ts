// What diagnose must say of the real SYSTEM hives, and that repairing them is quiet afterwards. The expected codes are
// argued where they stand; nothing but the SYSTEM hive is known of these machines.

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { BcdStore } from '../../src/bcd/store.ts';
import { recover } from '../../src/regf/logs/recover.ts';
import type { HiveEdit } from '../../src/registry/edit.ts';
import type { Hive } from '../../src/registry/hive.ts';
import { openVerifierHive } from '../../src/registry/readers/verifier-hive.ts';
import { WorkingHive } from '../../src/registry/working/working-hive.ts';
import { diagnoseMachine } from '../../src/repairs/diagnose.ts';
import { describeMachine } from '../../src/repairs/machine.ts';
import { planOptions, planRepair } from '../../src/repairs/plan.ts';
import { profileNamed } from '../../src/repairs/profiles.ts';
import type { MachineView } from '../../src/repairs/view.ts';
import { fixtureEngine } from '../fixture-hives.ts';
import { describeShared } from '../shared-hives.ts';
import { Disk, NOW } from './disks.ts';

interface Expected {
  readonly hive: string;
  readonly computerName: string;
  /** To the minute: the newest stamp of a device, seconds to days after the start; in XP just before the shutdown. */
  readonly lastBoot: string;
  /** Code, and control set where it is about one, in the order in which diagnose gives them. */
  readonly findings: readonly string[];
  /** Repairs of the default profile that change something. */
  readonly repairs: readonly string[];
}

const TABLE: readonly Expected[] = [
  {
    // A client Windows as it is installed: Remote Desktop off and its firewall rules off. Somebody switched the firewall
    // off in two profiles; the Domain profile is on, so that the rules count there. NLA off is the default of Windows 7.
    // Both control sets are alike; the next boot uses 001, so that the errors of 002 come after it as warnings. Its dump
    // is on (CrashDumpEnabled 1), NMICrashDump is not. With no SOFTWARE its version is unknown, so TLS 1.2 alone is set.
    hive: 'win7-x64',
    computerName: 'LAMB',
    lastBoot: '2017-06-12T15:02',
    findings: [
      'RDP_DENIED 001',
      'FIREWALL_RULE_OFF 001',
      'RDP_DENIED 002',
      'FIREWALL_RULE_OFF 002',
      'NLA_OFF 001',
      'NLA_OFF 002',
    ],
    repairs: ['rdp-listener', 'rdp-firewall', 'tls', 'nla', 'crash-dump'],
  },
  {
    // A workstation in a domain with Remote Desktop on: RemoteDesktop-In-TCP is on for the Domain and Private profiles,
    // its copy for Public (_1) is off, and all three profiles of the firewall are on. That breaks nothing at home in its
    // domain, so there is no error.
    hive: 'win7-x86',
    computerName: 'WKS-WIN732BITA',
    lastBoot: '2012-04-07T10:31',
    findings: ['FIREWALL_RULE_PARTIAL 001', 'FIREWALL_RULE_PARTIAL 002', 'NLA_OFF 001', 'NLA_OFF 002'],
    repairs: ['tls', 'nla', 'crash-dump'],
  },
  {
    // A client as it is installed, copied while it ran, without its logs. Of thousands of firewall rules many allow all
    // ports, but each for one app package or driver (LUOwn, AppPkgId, TTK2_27): none lets Remote Desktop in.
    hive: 'win10-1903-dirty-without-logs',
    computerName: 'DESKTOP-2KGM189',
    lastBoot: '2020-04-22T12:01',
    findings: ['DIRTY_WITHOUT_LOGS', 'RDP_DENIED 001', 'FIREWALL_RULE_OFF 001'],
    repairs: ['rdp-listener', 'rdp-firewall', 'tls', 'crash-dump'],
  },
  {
    // XP: NLA, TLS for RDP and rule strings do not exist, and TermService runs as LocalSystem by right. Remote Desktop is
    // off, as XP is installed.
    hive: 'xp',
    computerName: 'M57-PAT',
    lastBoot: '2009-12-09T00:14',
    findings: ['RDP_DENIED 001', 'RDP_DENIED 002'],
    repairs: ['rdp-listener', 'crash-dump'],
  },
];

interface RealDisk {
  readonly image: Uint8Array;
  readonly view: (hive: Hive) => MachineView;
}

function open(folder: string, name: string): RealDisk {
  const file = join(folder, 'system', name, 'SYSTEM');
  const recovery = recover('SYSTEM', new Uint8Array(readFileSync(file)), []);
  return {
    image: recovery.image,
    view: (system) => {
      const machine = describeMachine(system, null);
      return {
        machine,
        system,
        software: null,
        bcd: null,
        bcdMissing: 'only SYSTEM is known',
        loader: null,
        controlSets: machine.controlSets,
        windowsPath: '\\Windows',
        files: null,
        hives: [
          {
            hive: 'SYSTEM',
            file,
            wasDirty: recovery.wasDirty,
            isUsable: recovery.isUsable,
            logEntriesApplied: recovery.entriesApplied,
          },
        ],
        freeBytes: null,
        now: NOW,
      };
    },
  };
}

const DEFAULTS = planOptions(profileNamed('rdp-internal-error'), {});

describeShared('real SYSTEM hives', (folder) => {
  it.each(TABLE)('$hive: diagnose finds what is expected', ({ hive, computerName, lastBoot, findings, repairs }) => {
    const disk = open(folder, hive);
    const view = disk.view(openVerifierHive('SYSTEM', disk.image, 'SYSTEM', 'primary'));
    const diagnosis = diagnoseMachine(view, DEFAULTS);
    expect(view.machine.computerName).toBe(computerName);
    expect(view.machine.lastBoot?.iso?.slice(0, 16)).toBe(lastBoot);
    expect(
      diagnosis.findings
        .flatMap(({ code, controlSets = [] }) =>
          controlSets.length === 0 ? [code] : controlSets.map((set) => `${code} ${set.slice(-3)}`),
        )
        .sort(),
    ).toEqual([...findings].sort());
    expect(diagnosis.plan.parts.filter((part) => part.edits.length > 0).map((part) => part.name)).toEqual(repairs);
  });

  it.each(TABLE)('$hive: a SOFTWARE beside it takes nothing away and adds nothing', ({ hive, findings }) => {
    const disk = open(folder, hive);
    const file = join(folder, 'software', 'partial', 'SOFTWARE');
    const { image } = recover('SOFTWARE', new Uint8Array(readFileSync(file)), []);
    const view = disk.view(openVerifierHive('SYSTEM', disk.image, 'SYSTEM', 'primary'));
    const software = openVerifierHive('SOFTWARE', image, 'SOFTWARE', 'primary');
    const found = diagnoseMachine({ ...view, software }, DEFAULTS).findings;
    expect(new Set(found.map(({ code }) => code))).toEqual(new Set(findings.map((text) => text.split(' ', 1)[0])));
  });

  it.each(TABLE)('$hive: after its repair the default profile finds nothing to do', ({ hive }) => {
    const disk = open(folder, hive);
    using working = WorkingHive.open(fixtureEngine(), 'SYSTEM', { image: disk.image, view: 'primary' });
    const plan = planRepair(disk.view(working.hive), DEFAULTS);
    const changes = working.apply(
      plan.edits.map(({ edit }) => edit as HiveEdit),
      NOW,
    );
    expect(changes.length).toBe(plan.edits.length);
    const again = planRepair(disk.view(working.hive), DEFAULTS);
    expect(again.edits).toEqual([]);
    expect(again.findings.filter((finding) => finding.severity === 'error')).toEqual([]);
  });
});

/**
 * What each hive says of the drivers: those that are off there, and those that are not installed or whose device it does not
 * know. Windows 7 finds drivers by its CriticalDeviceDatabase, XP knows the controllers of its own machine alone, and Windows
 * 10 overrides every controller but its own (LSI SAS). No file of these machines is known, so that nothing is ready.
 */
const TARGETS: readonly (readonly [hive: string, off: readonly string[], missing: readonly string[]])[] = [
  [
    'win7-x64',
    ['hyperv', 'ahci'],
    ['azure-gen2', 'azure-nvme', 'virtio-blk', 'virtio-scsi', 'pvscsi', 'aws-nitro', 'nvme'],
  ],
  [
    'win7-x86',
    ['hyperv', 'ahci'],
    ['azure-gen2', 'azure-nvme', 'virtio-blk', 'virtio-scsi', 'pvscsi', 'aws-nitro', 'nvme'],
  ],
  [
    'win10-1903-dirty-without-logs',
    ['hyperv', 'azure-gen2', 'azure-nvme', 'aws-nitro', 'nvme'],
    ['virtio-blk', 'virtio-scsi', 'pvscsi'],
  ],
  [
    'xp',
    [],
    [
      'hyperv',
      'azure-gen2',
      'azure-nvme',
      'virtio-blk',
      'virtio-scsi',
      'ahci',
      'ide',
      'lsi-sas',
      'pvscsi',
      'aws-nitro',
      'nvme',
    ],
  ],
];

describeShared('real SYSTEM hives and a target', (folder) => {
  it.each(TARGETS)('%s: off on %j, and does not start on %j', (hive, off, missing) => {
    const disk = open(folder, hive);
    const view = disk.view(openVerifierHive('SYSTEM', disk.image, 'SYSTEM', 'primary'));
    const { findings, plan } = diagnoseMachine(view, planOptions(profileNamed('boot'), { target: 'all' }));
    const texts = findings.filter(({ code }) => code === 'TARGET_READINESS').map(({ text }) => text);
    const named = (start: string) =>
      texts.flatMap((text) => (text.startsWith(`${start} `) ? text.slice(start.length + 1).split(' ', 1) : []));
    expect(named('Does not start yet on')).toEqual(off);
    expect(named('Does not start on')).toEqual(missing);
    expect(named('Starts on')).toEqual([]);
    // Nothing is offered that the plan would not do: which files there are is not known.
    expect(texts.join()).not.toContain('fixes that');
    expect(plan.fixes).toEqual([]);
  });
});

/** The serial console is off in every store of an installed Windows; UEFI takes the port from the firmware's table. */
const CONSOLE_OFF = ['SERIAL_CONSOLE_OFF', 'SERIAL_PORT_FROM_FIRMWARE'];

/** By store, beside a healthy machine: install media, WinPE and recovery start no installed Windows, and are left alone. */
const STORES: readonly (readonly [store: string, codes: readonly string[]])[] = [
  // A store as it is made new: it has no objects.
  ['empty', ['NO_BOOT_MANAGER', 'NO_WINDOWS_LOADER']],
  // Install media: {default} is Windows Setup from boot.wim, on a ramdisk.
  ['media-bios', ['NO_WINDOWS_LOADER', 'DEFAULT_NOT_WINDOWS']],
  ['media-efi', ['NO_WINDOWS_LOADER', 'DEFAULT_NOT_WINDOWS']],
  // A boot manager without a default, and one loader without any device or path.
  ['minimal', ['NO_WINDOWS_LOADER', 'DEFAULT_MISSING']],
  // WinPE from boot.wim, by one firmware; pe-both is a menu of boot sectors without a default.
  ['pe-bios', ['NO_WINDOWS_LOADER', 'DEFAULT_NOT_WINDOWS']],
  ['pe-both', ['NO_WINDOWS_LOADER', 'DEFAULT_MISSING']],
  ['pe-efi', ['NO_WINDOWS_LOADER', 'DEFAULT_NOT_WINDOWS']],
  // \EFI\Microsoft\Recovery\BCD: its one loader is Winre.wim.
  ['recovery-1', ['NO_WINDOWS_LOADER', 'DEFAULT_NOT_WINDOWS']],
  // Of a machine that was being installed: its default is the entry of Windows Setup.
  ['uefi-1', ['NO_WINDOWS_LOADER', 'DEFAULT_NOT_WINDOWS']],
  // Machines with one installed Windows each, which is the default: nothing is wrong, whatever else is in the store.
  ['uefi-2', CONSOLE_OFF],
  ['win11-machine', CONSOLE_OFF],
  ['win11-machine-earlier', CONSOLE_OFF],
  ['win11-many-objects', CONSOLE_OFF],
  // The recovery store of one of them.
  ['win11-recovery', ['NO_WINDOWS_LOADER', 'DEFAULT_NOT_WINDOWS']],
];

describeShared('real boot stores beside a healthy machine', (folder) => {
  it.each(STORES)('%s: diagnose finds %j', (store, codes) => {
    const file = join(folder, 'bcd', store, 'BCD');
    const { image } = recover('BCD', new Uint8Array(readFileSync(file)), []);
    const bcd = new BcdStore(openVerifierHive('BCD', image, 'BCD', 'primary'));
    const diagnosis = diagnoseMachine({ ...new Disk().view(), bcd }, DEFAULTS);
    expect(diagnosis.findings.map(({ code }) => code)).toEqual(codes);
    // Only a store of an installed Windows is edited.
    expect(diagnosis.plan.edits.length > 0).toBe(codes === CONSOLE_OFF);
  });
});
