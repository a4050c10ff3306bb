// What a move to another host leaves wrong: found, mended by name, silent afterwards.

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
  it(`is found as ${code}, mended and silent afterwards, and in no profile`, () => {
    const { disk, view } = bootDisk(damage);
    expect(diagnoseMachine(view(), DEFAULTS).findings[0]).toMatchObject({ code, repair });
    disk.apply(planRepair(view(), only(repair)).edits.map(({ edit }) => edit));
    expect(diagnoseMachine(view(), DEFAULTS).findings).toEqual([]);
    expect(planRepair(view(), only(repair)).edits).toEqual([]);
    for (const { sets, mends } of Object.values(PROFILES)) expect([...sets, ...mends]).not.toContain(repair);
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
