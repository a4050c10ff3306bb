// The table of what a repair writes (docs/repairs.md) is compared with what it plans over every fixture: what is planned
// stands in the table, with its effect on security, and what stands in the table is planned somewhere.

import { describe, expect, it } from 'vitest';
import { guidToBytes } from '../../src/base/guid.ts';
import { elementInfo } from '../../src/bcd/elements/elements.ts';
import { binary } from '../../src/registry/value.ts';
import { REPAIRS } from '../../src/repairs/fixes/index.ts';
import { SERVICES } from '../../src/repairs/fixes/rdp/rdp-services.ts';
import {
  DEFAULT_OPTIONS,
  type PlannedEdit,
  type Repair,
  type RepairOptions,
  type WriteNote,
} from '../../src/repairs/model.ts';
import type { MachineView } from '../../src/repairs/view.ts';
import { openFixture, storeOf } from '../bcd/stores.ts';
import { type BootDamage, bootDisk, DISK_CLASS } from './boot-disk.ts';
import { BOOT_ROWS, OTHER_GUID, services } from './boot-rows.ts';
import { CAUSES } from './cause-table.ts';
import { Disk, WINDOWS_PARTITION } from './disks.ts';

const OPTIONS: readonly RepairOptions[] = [
  DEFAULT_OPTIONS,
  {
    ...DEFAULT_OPTIONS,
    asPublished: true,
    allKeys: true,
    disableFirewall: true,
    port: 3390,
    tls: ['1.0', '1.1', '1.2'],
  },
];
const bound = (guid: string) =>
  binary(Uint8Array.from([...new TextEncoder().encode('DMIO:ID:'), ...guidToBytes(guid)!]));
/** What the tables of causes have no need for. */
const MORE: readonly BootDamage[] = [
  services(
    Object.fromEntries(SERVICES.map(({ name, account }) => [name, { Start: 4, ...(account && { ObjectName: 'x' }) }])),
  ),
  services({ partmgr: { Parameters: { SanPolicy: 3 } }, netvsc: { Start: 4, Type: 1 } }),
  services({ Tcpip: { Parameters: { Interfaces: { [OTHER_GUID]: { EnableDHCP: 0, IPAddress: ['10.0.0.4'] } } } } }),
  {
    set1: {
      Control: {
        Class: { [DISK_CLASS]: { LowerFilters: ['xenfilt', 'EhStorClass'] } },
        CrashControl: { DumpFile: '', NMICrashDump: 0 },
      },
      Services: { xenfilt: { Start: 0, Type: 1 }, xenbus: { Start: 0, Type: 1 } },
    },
  },
  {
    system: {
      MountedDevices: {
        '\\DosDevices\\C:': bound(OTHER_GUID),
        '\\DosDevices\\D:': bound(WINDOWS_PARTITION.partitionGuid),
      },
    },
    place: { partitions: [WINDOWS_PARTITION, { ...WINDOWS_PARTITION, partitionGuid: OTHER_GUID }] },
  },
];
const OLD_TLS = { Protocols: { 'TLS 1.0': { Server: { DisabledByDefault: 1 } } } };
const VIEWS: readonly MachineView[] = [
  new Disk({ ntVersion: '6.1', set1: { Control: { SecurityProviders: { SCHANNEL: OLD_TLS } } } }).view(),
  new Disk({}).view(),
  { ...new Disk({}).view(), bcd: storeOf(openFixture('BCD-bios')), loader: null },
  bootDisk().view(),
  ...CAUSES.map(({ damage }) => new Disk(damage).view()),
  ...[...BOOT_ROWS.map(([, damage]) => damage), ...MORE].map((damage) => bootDisk(damage).view()),
];

/** Rows that need files or options which no view here has, with the tests that plan them. */
const ELSEWHERE: Readonly<Record<string, readonly string[]>> = {
  'drivers/staging.test.ts': ['boot-drivers: the service, its package and its devices'],
  'fixes/store/boot-store.test.ts': [
    'boot-store: the object: description, locale, device and path on UEFI, default, displayorder',
    'boot-store: device, path, description, locale, osdevice, systemroot, recoveryenabled, nx; isolatedcontext on UEFI',
    'boot-store: \\EFI\\Microsoft\\Boot\\bootmgfw.efi and \\EFI\\Boot\\boot<processor>.efi, or \\bootmgr',
  ],
  'fixes/rdp/machine-keys.test.ts': ['machine-keys: (permissions)'],
  'fixes/boot/starting.test.ts': ['crashing-driver: Start'],
  'fixes/store/pending-updates.test.ts': [
    'pending-updates: the file',
    'pending-updates: PendingXmlIdentifier, NextQueueEntryIndex, NextQueueEntryIndexBCDB, AdvancedInstallersNeedResolving',
    'pending-updates: SetupExecute',
    'pending-updates: Start',
  ],
  'fixes/store/recover-hives.test.ts': ['recover-hives: the pages that its logs hold'],
  'fixes/boot/serial-console.test.ts': [
    'serial-console: inherit (14000006)',
    'serial-console: inherit (14000006)',
    'serial-console: default (23000003)',
  ],
};

function plannedBy(repair: Repair): PlannedEdit[] {
  return VIEWS.flatMap((view) =>
    OPTIONS.flatMap((options) => {
      if (repair.unavailable?.(view, options)) return [];
      try {
        return repair.edits(view, options);
      } catch {
        // What cannot be done is refused, which other tests look at.
        return [];
      }
    }),
  );
}

/** 'SYSTEM\{CS}\Control', 'BCD', or a path on the volume. */
function placeOf({ edit }: PlannedEdit): string {
  if (!('key' in edit)) return edit.path;
  if (edit.key.hive === 'BCD') return 'BCD';
  return [edit.key.hive, ...edit.key.path].join('\\').replace(/\\ControlSet\d{3}(?=\\|$)/, '\\{CS}');
}

/** Boot manager and loader. */
const OBJECT_TYPES = [0x1010_0002, 0x1020_0003];

/** What the table calls the value: its name, that of the element of a store, or a word for the whole. */
function nameOf({ edit }: PlannedEdit): string {
  if (!('key' in edit)) return edit.op === 'set-security' ? '(permissions)' : 'the file';
  if (edit.key.hive === 'BCD') {
    const [, , , type = ''] = edit.key.path;
    const names = OBJECT_TYPES.map((objectType) => elementInfo(objectType, Number.parseInt(type, 16)).name);
    return type === '' ? 'the object' : `${names.find((name) => name !== '') ?? ''} (${type})`;
  }
  return 'name' in edit ? edit.name : '(the key)';
}

/** A place of the table as a pattern: what stands in brackets is any one name, three dots anything. */
function patternOf(where: string): RegExp {
  const source = where
    .split(/(\{CS\}|<[^>]*>|\{[^}]*\}|\([^)]*\)|\.\.\.|\*|1\.x)/)
    .map((part, i) => {
      if (i % 2 === 0) return part.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
      if (part === '{CS}') return '\\{CS\\}';
      return part === '...' ? '.*' : part === '1.x' ? '1\\.\\d' : '[^\\\\]+';
    })
    .join('');
  return new RegExp(`^${source}$`, 'i');
}

function covers(note: WriteNote, planned: PlannedEdit): boolean {
  const place = placeOf(planned);
  const name = nameOf(planned);
  const names = note.name.split(', ');
  if (place === 'BCD') {
    const [word = '', id = ''] = name.split(' ');
    return /^BCD\b|^\{|loader/.test(note.where) && (note.name.includes(id.slice(1, -1)) || names.includes(word));
  }
  const places = note.where.split('; ').flatMap((where) => {
    const cut = where.lastIndexOf('\\') + 1;
    return where.slice(cut).startsWith('{')
      ? [where]
      : where
          .slice(cut)
          .split(', ')
          .map((last) => where.slice(0, cut) + last);
  });
  return (
    places.some((where) => patternOf(where).test(place)) && (names.includes(name) || patternOf(note.name).test(name))
  );
}

describe.each(REPAIRS.map((repair) => [repair.name, repair] as const))('%s', (_, repair) => {
  const planned = plannedBy(repair);

  it('has a row for whatever it plans', () => {
    const without = planned
      .filter(({ edit }) => edit.op !== 'create-key')
      .filter(
        (one) =>
          !repair.writes.some((note) => covers(note, one) && (!one.security || note.security === one.security.effect)),
      )
      .map((one) => `${one.edit.op} ${placeOf(one)} ${nameOf(one)} ${one.security?.effect ?? ''}`);
    expect([...new Set(without)]).toEqual([]);
  });

  it('plans whatever it has a row for', () => {
    const unseen = repair.writes.filter(
      (note) => !planned.some((one) => covers(note, one) && (one.security?.effect ?? null) === note.security),
    );
    const elsewhere = Object.values(ELSEWHERE)
      .flat()
      .filter((row) => row.startsWith(`${repair.name}: `));
    expect(unseen.map(({ name }) => `${repair.name}: ${name}`)).toEqual(elsewhere);
  });
});
