// Which firmware a disk is for, and whether the volume that holds its store was given: by the partition table.

import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { wasmBytes } from 'hivex-wasm';
import { describe, expect, it } from 'vitest';
import { BcdStore } from '../../src/bcd/store.ts';
import type { BcdStoreFound, WindowsFound } from '../../src/disk/locate.ts';
import type { Volume } from '../../src/disk/mounted/volumes.ts';
import type { PartitionIdentity } from '../../src/disk/partitions.ts';
import { nodeHost } from '../../src/host.ts';
import { binary } from '../../src/registry/value.ts';
import { bootFacts, firmwareOf } from '../../src/session/boot-facts.ts';
import { scratch } from '../cli/process.ts';
import { DISK_GUID, DISK_SIGNATURE, ESP_GUID, gptDisk, MIB, mbrDisk, WINDOWS_GUID } from '../disk/disk-image.ts';
import { Disk } from '../repairs/disks.ts';
import { MemoryHive } from '../repairs/memory-hive.ts';

const host = nodeHost(wasmBytes);
const ESP: PartitionIdentity = { style: 'gpt', diskGuid: DISK_GUID, partitionGuid: ESP_GUID };
const WINDOWS: PartitionIdentity = { style: 'gpt', diskGuid: DISK_GUID, partitionGuid: WINDOWS_GUID };

/** A disk whose Windows lies on the first of the partitions given; null: its table cannot be read. */
function placeOf(
  disk: Uint8Array | null,
  given: readonly (PartitionIdentity | null)[],
  folders: readonly string[] = [],
) {
  const folder = scratch();
  const file = join(folder, 'disk.img');
  if (disk) writeFileSync(file, disk);
  const volumes = given.map((partition, i) => {
    const root = join(folder, String(i));
    mkdirSync(root);
    return { root, disk: disk ? file : null, partition } as unknown as Volume;
  });
  for (const name of folders) mkdirSync(join(folder, '0', name), { recursive: true });
  const found = { volume: volumes[0]!.root } as unknown as WindowsFound;
  return { host, volumes, found };
}

const empty = new MemoryHive('SYSTEM', {});
const drive = (bytes: Uint8Array): MemoryHive =>
  new MemoryHive('SYSTEM', { MountedDevices: { '\\DosDevices\\C:': binary(bytes) } });
const ofGpt = drive(Uint8Array.from('DMIO:ID:0123456789abcdef', (unit) => unit.charCodeAt(0)));
const ofMbr = drive(new Uint8Array(12));

describe('a GPT disk', () => {
  it('starts by UEFI from its EFI system partition', () => {
    const alone = placeOf(gptDisk(), [WINDOWS]);
    expect(firmwareOf(alone)).toBe('uefi');
    expect(bootFacts(alone, ofMbr, [])).toMatchObject({ firmware: 'uefi', isVolumeGiven: false, windows: WINDOWS });
    const both = bootFacts(placeOf(gptDisk(), [WINDOWS, ESP]), empty, []);
    expect(both.isVolumeGiven).toBe(true);
    expect(both.partitions).toEqual(expect.arrayContaining([WINDOWS, ESP]));
  });
});

describe('an MBR disk', () => {
  it('starts by BIOS from its active partition', () => {
    const place = bootFacts(placeOf(mbrDisk(), [null]), empty, []);
    const [first] = place.partitions!;
    expect(place).toMatchObject({ firmware: 'bios', isVolumeGiven: false });
    expect(first).toEqual({ style: 'mbr', diskSignature: DISK_SIGNATURE, offsetBytes: MIB });
    const given = place.partitions!.map(
      (partition) => bootFacts(placeOf(mbrDisk(), [partition]), empty, []).isVolumeGiven,
    );
    expect(given.filter((isGiven) => isGiven)).toHaveLength(1);
  });
});

it('an MBR disk with a store for UEFI, as Windows To Go has, starts by both', () => {
  const place = placeOf(mbrDisk(), [null]);
  const found = {
    ...place.found,
    bcdStores: [{ path: '/BCD', volume: '/', windowsPath: '\\BCD', kind: 'uefi' as const }],
  };
  expect(firmwareOf({ ...place, found })).toBeNull();
  const [uefi] = found.bcdStores;
  const opened = { found: uefi!, store: null, why: 'empty', isRefused: false };
  expect(bootFacts({ ...place, found }, ofMbr, [opened]).firmware).toBeNull();
});

it('a dynamic disk keeps its volumes elsewhere, so that nothing is compared with its table', () => {
  const dynamic = mbrDisk();
  dynamic[446 + 4] = 0x42;
  expect(bootFacts(placeOf(dynamic, [null]), empty, [])).toMatchObject({ firmware: 'bios', partitions: null });
});

describe('a disk whose table cannot be read', () => {
  const store = (kind: BcdStoreFound['kind']) => ({
    found: { path: '/BCD', volume: '/', windowsPath: '\\BCD', kind },
    store: null,
    why: 'empty',
    isRefused: false,
  });

  it('is told by what Windows noted of its own drive, unless a store contradicts it', () => {
    const place = placeOf(null, [null]);
    expect(firmwareOf(place)).toBeNull();
    expect(bootFacts(place, empty, [])).toMatchObject({ firmware: null, partitions: null, windows: null });
    expect(bootFacts(place, ofGpt, []).firmware).toBe('uefi');
    expect(bootFacts(place, ofMbr, []).firmware).toBe('bios');
    expect(bootFacts(place, ofMbr, [store('uefi')]).firmware).toBeNull();
    // A store of UEFI at the place of BIOS, as one of a machine with another boot manager.
    const odd = { ...store('bios'), store: new BcdStore(new Disk().bcd) };
    expect(bootFacts(place, ofMbr, [odd]).firmware).toBeNull();
  });

  it("has the volume of its store where a boot manager's files lie", () => {
    expect(bootFacts(placeOf(null, [null], ['EFI/Microsoft/Boot']), ofGpt, []).isVolumeGiven).toBe(true);
    expect(bootFacts(placeOf(null, [null]), ofGpt, []).isVolumeGiven).toBe(false);
    expect(bootFacts(placeOf(null, [null], ['bootmgr']), ofMbr, []).isVolumeGiven).toBe(true);
  });
});
