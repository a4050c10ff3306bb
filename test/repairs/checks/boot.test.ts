// The boot store against the disk: each fault found for certain, and silence where it cannot be told.

import { describe, expect, it } from 'vitest';
import { type DeviceIdentity, encodeDevice } from '../../../src/bcd/device.ts';
import { BcdStore } from '../../../src/bcd/store.ts';
import { binary } from '../../../src/registry/value.ts';
import { diagnoseMachine } from '../../../src/repairs/diagnose.ts';
import { planOptions } from '../../../src/repairs/plan.ts';
import { profileNamed } from '../../../src/repairs/profiles.ts';
import type { Symptom } from '../../../src/repairs/summary.ts';
import type { BootFacts, MachineView } from '../../../src/repairs/view.ts';
import { type Damage, Disk, LOADER, WINDOWS_PARTITION } from '../disks.ts';
import { MemoryHive, type Tree } from '../memory-hive.ts';

const OPTIONS = planOptions(profileNamed('rdp-internal-error'), {});
const OTHER = { ...WINDOWS_PARTITION, partitionGuid: '{a1b2c3d4-0000-4000-8000-000000000009}' };
const CLONED = { ...WINDOWS_PARTITION, diskGuid: '{ffffffff-0000-4000-8000-000000000001}' };

const PLACE: BootFacts = {
  firmware: 'uefi',
  isVolumeGiven: true,
  stores: [],
  partitions: [WINDOWS_PARTITION, OTHER],
  windows: WINDOWS_PARTITION,
};

function viewOf(
  damage: Damage,
  place: (disk: Disk) => Partial<BootFacts>,
  more: Partial<MachineView> = {},
): MachineView {
  const disk = new Disk(damage);
  const view = disk.view();
  const store = { file: '/esp/BCD', firmware: 'uefi' as const, store: view.bcd, problem: null };
  return { ...view, boot: { ...PLACE, stores: [store], ...place(disk) }, ...more };
}

function codes(view: MachineView, symptom: Symptom = 'all'): string[] {
  return diagnoseMachine(view, OPTIONS, symptom).summary.causes.map(({ code }) => code);
}

const elements = (tree: Tree): Damage => ({ bcd: { Objects: { [LOADER]: { Elements: tree } } } });
const device = (partition: DeviceIdentity): Tree => ({
  Element: binary(encodeDevice({ kind: 'partition', partition })!),
});
const none = { bcd: null, bcdMissing: 'no store' };

describe('a boot store', () => {
  it('that fits the disk gives no cause', () => {
    expect(codes(viewOf({}, () => ({})))).toEqual([]);
    expect(codes(viewOf({}, () => ({ partitions: null, windows: null })))).toEqual([]);
  });

  it('is missing only where the volume that this firmware keeps it on was given', () => {
    const view = (place: Partial<BootFacts>): MachineView => viewOf({}, () => ({ stores: [], ...place }), none);
    expect(codes(view({}))).toEqual(['BOOT_STORE_MISSING']);
    for (const place of [{ isVolumeGiven: false }, { firmware: null }] as const) {
      const { summary } = diagnoseMachine(view(place), OPTIONS);
      expect(summary).toMatchObject({
        state: 'incomplete',
        causes: [],
        notChecked: [{ check: 'boot', why: 'no store' }],
      });
      expect(diagnoseMachine(view(place), OPTIONS, 'rdp').summary.state).toBe('clear');
      expect(diagnoseMachine(view(place), OPTIONS, 'boot').summary.state).toBe('incomplete');
    }
  });

  it('is not missed on XP, which starts by boot.ini; that is not read, and said', () => {
    const xp = viewOf({ ntVersion: '5.1' }, () => ({ firmware: 'bios', stores: [] }), none);
    const { summary } = diagnoseMachine(xp, OPTIONS, 'boot');
    expect(summary).toMatchObject({ state: 'incomplete', causes: [], notChecked: [{ check: 'boot' }] });
    expect(summary.notChecked[0]!.why).toContain('boot.ini');
  });

  it('that is damaged is not said to lack what cannot be read in it', () => {
    const hive = new MemoryHive('BCD', { Objects: {} });
    const damaged = { hive: 'BCD', file: '/esp/BCD', wasDirty: false, isUsable: true, logEntriesApplied: 0 };
    const view = viewOf({}, () => ({ stores: [] }), { hives: [{ ...damaged, damage: ['Objects: no list'] }] });
    const bcd = new BcdStore(hive);
    const store = { file: '/esp/BCD', firmware: 'uefi' as const, store: bcd, problem: null };
    expect(codes({ ...view, bcd, boot: { ...PLACE, stores: [store] } })).toEqual(['HIVE_DAMAGED']);
  });

  it("on another disk that starts another Windows may be another machine's: nothing is said, and never OK", () => {
    const elsewhere = { ...WINDOWS_PARTITION, diskGuid: '{eeeeeeee-0000-4000-8000-000000000001}' };
    const place = (disk: Disk): Partial<BootFacts> => ({
      windows: OTHER,
      stores: [
        { file: '/esp/BCD', firmware: 'uefi', store: new BcdStore(disk.bcd), problem: null, partition: elsewhere },
      ],
    });
    const { summary } = diagnoseMachine(viewOf({}, place, none), OPTIONS);
    expect(summary).toMatchObject({ state: 'incomplete', causes: [], warnings: [] });
    expect(summary.notChecked.map(({ check }) => check)).toContain('boot');
    // With the entry of this Windows in it, it is this machine's.
    expect(diagnoseMachine(viewOf({}, place), OPTIONS).summary.state).toBe('clear');
  });

  it('that this host could not read is not called bad, nor OK', () => {
    const refused = {
      file: '/w/Boot/BCD',
      firmware: 'bios' as const,
      store: null,
      problem: 'no rights',
      isRefused: true,
    };
    const { summary } = diagnoseMachine(
      viewOf({}, () => ({ stores: [refused] }), none),
      OPTIONS,
    );
    expect(summary).toMatchObject({ state: 'incomplete', causes: [], warnings: [] });
    expect(summary.notChecked).toContainEqual({ check: 'boot', why: 'the boot store was not read: no rights' });
  });

  it('that cannot be read, or starts no Windows, is a cause', () => {
    const store = (tree: Tree | null): MachineView =>
      viewOf(
        {},
        () => ({
          stores: [
            {
              file: '/esp/BCD',
              firmware: 'uefi',
              store: tree && new BcdStore(new MemoryHive('BCD 1', tree)),
              problem: tree ? null : 'not a hive',
            },
          ],
        }),
        none,
      );
    expect(codes(store(null))).toEqual(['BOOT_STORE_UNREADABLE']);
    expect(codes(store({ Objects: {} }))).toEqual(['NO_BOOT_MANAGER', 'NO_WINDOWS_LOADER']);
    expect(codes(store({}))).toEqual(['NO_BOOT_MANAGER', 'NO_WINDOWS_LOADER']);
    const bootmgr = { '{9dea862c-5cdd-4e70-acc1-f32b344d4795}': { Description: { Type: 0x10100002 }, Elements: {} } };
    expect(codes(store({ Objects: bootmgr }))).toEqual(['NO_WINDOWS_LOADER']);
  });

  it('beside one that starts this Windows is not judged where the firmware is not known', () => {
    const bad = { file: '/w/Boot/BCD', firmware: 'bios' as const, store: null, problem: 'empty' };
    const both = viewOf({}, (disk) => ({
      firmware: null,
      stores: [{ ...bad }, { ...bad, store: new BcdStore(disk.bcd) }],
    }));
    expect(codes(both)).toEqual([]);
  });
});

describe('the loader', () => {
  it.each([
    ['another partition GUID', { ...WINDOWS_PARTITION, partitionGuid: '{00000000-0000-4000-8000-000000000003}' }],
    ['another disk GUID, as on a clone', CLONED],
    ['an MBR disk', { style: 'mbr', diskSignature: 0x1234_5678, offsetBytes: 1_048_576 }],
  ] as const)('names %s', (_, partition) => {
    const view = viewOf(elements({ '11000001': device(partition), '21000001': device(partition) }), () => ({}));
    expect(codes(view)).toEqual(['LOADER_DEVICE_WRONG']);
    const unknown = viewOf(elements({ '11000001': device(partition) }), () => ({ partitions: null, windows: null }));
    expect(codes(unknown)).toEqual([]);
  });

  it('is told from a wrong entry by what Windows remembers of its disk', () => {
    const cache = new Uint8Array(48 + 144);
    cache.set([1, 0, 0, 0, 1]);
    const bytes = encodeDevice({ kind: 'partition', partition: CLONED })!;
    cache.set(bytes.subarray(0x38, 0x48), 8);
    cache.set(bytes.subarray(0x20, 0x30), 48 + 48);
    const remembered: Tree = {
      Enum: {
        SCSI: { 'Disk&Ven_X': { '0': { 'Device Parameters': { Partmgr: { PartitionTableCache: binary(cache) } } } } },
      },
    };
    const text = (partition: DeviceIdentity): string =>
      diagnoseMachine(
        viewOf({ ...elements({ '21000001': device(partition) }), set1: remembered }, () => ({})),
        OPTIONS,
      ).findings.find(({ code }) => code === 'LOADER_DEVICE_WRONG')!.text;
    expect(text(CLONED)).toContain('a clone');
    expect(text({ ...OTHER, diskGuid: CLONED.diskGuid })).toContain('nor did Windows ever see one');
  });

  it('has no device, or a program of the other firmware', () => {
    expect(
      codes(viewOf(elements({ '12000002': { Element: '\\Windows\\system32\\winload.exe' } }), () => ({}))),
    ).toEqual(['LOADER_PATH_WRONG']);
    const removed = viewOf({}, (disk) => {
      disk.bcd.apply([{ op: 'delete-key', key: { hive: 'BCD', path: ['Objects', LOADER, 'Elements', '21000001'] } }]);
      return {};
    });
    expect(codes(removed)).toEqual(['LOADER_DEVICE_MISSING']);
  });
});

describe('SOFTWARE', () => {
  it('is missing or cannot be read: Windows cannot start', () => {
    const unread = (problem: 'missing' | 'bad' | 'refused'): MachineView =>
      viewOf({}, () => ({}), {
        software: null,
        unread: [{ hive: 'SOFTWARE', file: '/w/SOFTWARE', problem, why: 'no regf' }],
      });
    expect(diagnoseMachine(unread('missing'), OPTIONS).summary).toMatchObject({
      state: 'broken',
      causes: [{ code: 'SOFTWARE_MISSING' }],
    });
    expect(codes(unread('bad'))).toEqual(['HIVE_UNREADABLE']);
    expect(codes(unread('bad'), 'boot')).toEqual(['HIVE_UNREADABLE']);
    // Whom this host keeps from reading it, Windows may let.
    const { summary } = diagnoseMachine(unread('refused'), OPTIONS);
    expect(summary).toMatchObject({ state: 'incomplete', causes: [], warnings: [] });
    expect(summary.notChecked).toContainEqual({ check: 'disk', why: 'SOFTWARE was not read: no regf' });
  });
});

describe('the symptom', () => {
  it('boot leaves out what only Remote Desktop needs', () => {
    const view = viewOf({ set1: { Control: { 'Terminal Server': { fDenyTSConnections: 1 } } } }, () => ({}));
    expect(codes(view, 'boot')).toEqual([]);
    expect(codes(view, 'rdp')).toEqual(['RDP_DENIED']);
  });
});
