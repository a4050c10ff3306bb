// What a move to another host leaves wrong: found, fixed by name, silent afterwards.

import { describe, expect, it } from 'vitest';
import { fromHex } from '../../../../src/base/bytes.ts';
import { guidToBytes } from '../../../../src/base/guid.ts';
import type { DeviceIdentity } from '../../../../src/bcd/device.ts';
import { binary } from '../../../../src/registry/value.ts';
import { diagnoseMachine } from '../../../../src/repairs/diagnose.ts';
import { planOptions, planRepair } from '../../../../src/repairs/plan.ts';
import { PROFILES, profileNamed } from '../../../../src/repairs/profiles.ts';
import { type BootDamage, bootDisk, DISK_CLASS } from '../../boot-disk.ts';
import { WINDOWS_PARTITION } from '../../disks.ts';

const DEFAULTS = planOptions(profileNamed('rdp-internal-error'), {});
const only = (name: string) => planOptions(profileNamed('boot'), {}, { only: [name] });
const OTHER: DeviceIdentity = { ...WINDOWS_PARTITION, partitionGuid: '{a1b2c3d4-0000-4000-8000-0000000000aa}' };

const bound = (guid: string) =>
  binary(Uint8Array.from([...new TextEncoder().encode('DMIO:ID:'), ...guidToBytes(guid)!]));
const letters = (values: Record<string, string>): BootDamage => ({
  system: {
    MountedDevices: Object.fromEntries(
      Object.entries(values).map(([letter, guid]) => [`\\DosDevices\\${letter}:`, bound(guid)]),
    ),
  },
  place: { partitions: [WINDOWS_PARTITION, OTHER] },
});

const ROWS: readonly (readonly [repair: string, damage: BootDamage, code: string])[] = [
  ['drive-letters', letters({ C: OTHER.partitionGuid }), 'SYSTEM_LETTER_WRONG'],
  ['drive-letters', letters({ C: OTHER.partitionGuid, D: WINDOWS_PARTITION.partitionGuid }), 'SYSTEM_LETTER_WRONG'],
  ['san-policy', { set1: { Services: { partmgr: { Parameters: { SanPolicy: 3 } } } } }, 'DISKS_STAY_OFFLINE'],
  ['network-after-move', { set1: { Services: { netvsc: { Start: 4, Type: 1 } } } }, 'NETWORK_DRIVER_OFF'],
  [
    'xen-remains',
    {
      set1: {
        Control: { Class: { [DISK_CLASS]: { LowerFilters: ['xenfilt', 'EhStorClass'] } } },
        Services: { xenfilt: { Start: 0, Type: 1 }, xenbus: { Start: 0, Type: 1 } },
      },
    },
    'XEN_FILTERS',
  ],
];

describe.each(ROWS)('%s', (repair, damage, code) => {
  it(`is found as ${code}, fixed and silent afterwards, and in no profile`, () => {
    const { disk, view } = bootDisk(damage);
    expect(diagnoseMachine(view(), DEFAULTS).findings[0]).toMatchObject({ code, repair });
    disk.apply(planRepair(view(), only(repair)).edits.map(({ edit }) => edit));
    expect(diagnoseMachine(view(), DEFAULTS).findings).toEqual([]);
    expect(planRepair(view(), only(repair)).edits).toEqual([]);
    for (const { sets, fixes } of Object.values(PROFILES)) expect([...sets, ...fixes]).not.toContain(repair);
  });
});

it('letters change places, and a binding of what is not there stays', () => {
  const { disk, view } = bootDisk(letters({ C: OTHER.partitionGuid, D: WINDOWS_PARTITION.partitionGuid }));
  disk.apply(planRepair(view(), only('drive-letters')).edits.map(({ edit }) => edit));
  const of = (letter: string) => disk.system.value(['MountedDevices'], `\\DosDevices\\${letter}:`)?.data();
  expect(of('C')).toEqual(fromHex(bound(WINDOWS_PARTITION.partitionGuid).hex));
  expect(of('D')).toEqual(fromHex(bound(OTHER.partitionGuid).hex));
  const harmless = bootDisk(letters({ C: '{a1b2c3d4-0000-4000-8000-0000000000bb}' }));
  expect(diagnoseMachine(harmless.view(), DEFAULTS).findings).toEqual([]);
  expect(planRepair(harmless.view(), only('drive-letters')).edits).toEqual([]);
});

describe('a static address', () => {
  const id = '{0d1b2c3d-0000-4000-8000-00000000000a}';
  const address = {
    EnableDHCP: 0,
    IPAddress: ['10.0.0.4'],
    SubnetMask: ['255.255.255.0'],
    DefaultGateway: ['10.0.0.1'],
  };
  const damage: BootDamage = {
    set1: {
      Control: {
        Network: { '{4d36e972-e325-11ce-bfc1-08002be10318}': { [id]: { Connection: { Name: 'Ethernet 2' } } } },
      },
      Services: { Tcpip: { Parameters: { Interfaces: { [id]: { ...address, NameServer: '10.0.0.2' } } } } },
    },
  };

  it('is no fault, and gives way to DHCP by name, with the address in the plan', () => {
    const { disk, view } = bootDisk(damage);
    expect(diagnoseMachine(view(), DEFAULTS).findings).toEqual([]);
    const plan = planRepair(view(), only('network-after-move'));
    expect(plan.findings.find(({ code }) => code === 'ADDRESS_REMOVED')?.text).toContain(
      `Ethernet 2 ${id}: address 10.0.0.4, mask 255.255.255.0, gateway 10.0.0.1, DNS 10.0.0.2`,
    );
    disk.apply(plan.edits.map(({ edit }) => edit));
    const key = disk.system.key(['ControlSet001', 'Services', 'Tcpip', 'Parameters', 'Interfaces', id]);
    expect(key?.values().map(({ name }) => name)).toEqual(['EnableDHCP', 'NameServer']);
    expect(planRepair(view(), only('network-after-move')).edits).toEqual([]);
  });
});
