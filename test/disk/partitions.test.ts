import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readBootSector } from '../../src/disk/boot-sector.ts';
import { readDiskLayout } from '../../src/disk/partitions.ts';
import {
  bitLockerVolume,
  blocksOf,
  DISK_GUID,
  DISK_SIGNATURE,
  ESP_GUID,
  fatVolume,
  gptDisk,
  MIB,
  mbrDisk,
  ntfsVolume,
  WINDOWS_GUID,
  withBackup,
} from './disk-image.ts';

describe('boot sectors', () => {
  const ext = new Uint8Array(4096);
  ext.set([0x53, 0xef], 1080);
  const exfat = new Uint8Array(512);
  exfat.set(new TextEncoder().encode('EXFAT   '), 3);
  exfat.set([4, 3, 2, 1], 100);
  const toGo = fatVolume();
  toGo.set([0x3b, 0xd6, 0x67, 0x49, 0x29, 0x2e, 0xd8, 0x4a, 0x83, 0x99, 0xf6, 0xa3, 0x39, 0xe3, 0xd0, 0x01], 424);
  it.each([
    ['NTFS', ntfsVolume(), { kind: 'ntfs', serial: '0123456789abcdef', label: null }],
    ['FAT32', fatVolume(), { kind: 'fat', serial: '1234abcd', label: 'SYSTEM' }],
    ['FAT32 without a name', fatVolume(1, 'NO NAME'), { kind: 'fat', serial: '00000001', label: null }],
    ['exFAT', exfat, { kind: 'exfat', serial: '01020304', label: null }],
    ['BitLocker', bitLockerVolume(), { kind: 'bitlocker', serial: null, label: null }],
    ['BitLocker To Go', toGo, { kind: 'bitlocker', serial: null, label: null }],
    ['ext4', ext, { kind: 'linux', serial: null, label: null }],
    ['zeros', new Uint8Array(4096), { kind: 'unknown', serial: null, label: null }],
    ['nothing', new Uint8Array(0), { kind: 'unknown', serial: null, label: null }],
  ])('%s', (_, bytes, expected) => expect(readBootSector(blocksOf(bytes), 0)).toEqual(expected));
});

describe('partition tables', () => {
  it.each([512, 4096])('GPT with sectors of %i bytes', (sectorBytes) => {
    const layout = readDiskLayout(blocksOf(gptDisk(ntfsVolume(), sectorBytes)));
    expect(layout).toMatchObject({ style: 'gpt', sectorBytes, diskGuid: DISK_GUID, diskSignature: null, boot: null });
    expect(layout.partitions).toMatchObject([
      {
        ...{ number: 1, offsetBytes: MIB, sizeBytes: MIB, typeName: 'EFI system', name: 'EFI system partition' },
        identity: { style: 'gpt', diskGuid: DISK_GUID, partitionGuid: ESP_GUID },
        boot: { kind: 'fat' },
      },
      {
        ...{ number: 3, offsetBytes: 2 * MIB, sizeBytes: 5 * MIB, typeName: 'Microsoft basic data' },
        identity: { style: 'gpt', diskGuid: DISK_GUID, partitionGuid: WINDOWS_GUID },
        boot: { kind: 'ntfs', serial: '0123456789abcdef' },
      },
    ]);
  });
  it('MBR with logical drives', () => {
    const layout = readDiskLayout(blocksOf(mbrDisk()));
    expect(layout).toMatchObject({ style: 'mbr', diskGuid: null, diskSignature: DISK_SIGNATURE });
    expect(
      layout.partitions.map(({ number, offsetBytes, type, isActive, boot }) => [
        number,
        offsetBytes,
        type,
        isActive,
        boot.kind,
      ]),
    ).toEqual([
      [1, MIB, '0x07', true, 'ntfs'],
      [5, 5 * MIB, '0x07', false, 'ntfs'],
      [6, 6 * MIB, '0x0b', false, 'fat'],
    ]);
    expect(layout.partitions[1]?.identity).toEqual({
      style: 'mbr',
      diskSignature: DISK_SIGNATURE,
      offsetBytes: 5 * MIB,
    });
  });
  it('a volume without a table is none, whatever its boot code looks like', () => {
    for (const volume of [ntfsVolume(), fatVolume(), bitLockerVolume()]) {
      expect(readDiskLayout(blocksOf(volume))).toMatchObject({ style: 'none', partitions: [] });
    }
    const code = new Uint8Array(4096).fill(0xcc);
    code.set([0x55, 0xaa], 510);
    expect(readDiskLayout(blocksOf(code)).style).toBe('none');
    expect(readDiskLayout(blocksOf(new Uint8Array(0))).style).toBe('none');
  });
  it('a chain of logical drives that runs in a circle ends', () => {
    const disk = mbrDisk();
    new DataView(disk.buffer).setUint32(4 * MIB + 446 + 16 + 8, 0, true);
    expect(readDiskLayout(blocksOf(disk)).partitions.map(({ number }) => number)).toEqual([1, 5]);
    new DataView(disk.buffer).setUint32(4 * MIB + 1.5 * MIB + 446 + 16 + 8, (MIB + 512 * 1024) / 512, true);
    expect(readDiskLayout(blocksOf(disk)).partitions.length).toBeLessThan(140);
  });
  it.each([512, 4096])(
    'a GPT whose first header or its entries are damaged is read by its backup (%i)',
    (sectorBytes) => {
      for (const damage of [sectorBytes, sectorBytes + 60, 2 * sectorBytes + 3, 2 * sectorBytes + 40]) {
        const disk = withBackup(gptDisk(ntfsVolume(), sectorBytes), sectorBytes);
        const whole = readDiskLayout(blocksOf(disk));
        expect(whole).toMatchObject({ gptState: 'primary', partitions: { length: 2 } });
        disk[damage]! ^= 0xff;
        expect(readDiskLayout(blocksOf(disk))).toEqual({ ...whole, gptState: 'backup' });
        // Neither is the table of an MBR that a tool made later, and the backup of the old one is not looked for.
        disk[446 + 4] = 7;
        expect(readDiskLayout(blocksOf(disk)).style).toBe('mbr');
        disk[510] = 0;
        expect(readDiskLayout(blocksOf(disk))).toEqual({ ...whole, gptState: 'backup' });
      }
    },
  );
  it('the backup of a disk that was grown lies where the first header says', () => {
    const disk = withBackup(gptDisk());
    const grown = new Uint8Array(disk.byteLength + MIB);
    grown.set(disk);
    grown[2 * 512]! ^= 0xff;
    expect(readDiskLayout(blocksOf(grown))).toMatchObject({ gptState: 'backup', partitions: { length: 2 } });
  });
  it('also where the first header is gone, if the protective entry tells how large the disk was', () => {
    const disk = withBackup(gptDisk());
    const grown = new Uint8Array(disk.byteLength + MIB);
    grown.set(disk);
    grown.fill(0, 512, 1024);
    expect(readDiskLayout(blocksOf(grown)).partitions).toEqual([]);
    new DataView(grown.buffer).setUint32(446 + 12, disk.byteLength / 512 - 1, true);
    expect(readDiskLayout(blocksOf(grown))).toMatchObject({ gptState: 'backup', partitions: { length: 2 } });
  });
  it('a GPT whose protective entry is gone is read by its header', () => {
    const disk = withBackup(gptDisk());
    disk.fill(0, 446, 510);
    expect(readDiskLayout(blocksOf(disk))).toMatchObject({ gptState: 'primary', partitions: { length: 2 } });
  });
  it('NTFS whose first sector is gone is told by the copy in its last one', () => {
    const volume = ntfsVolume();
    const end = (bytes: Uint8Array, at: number, sizeBytes: number, statedBytes = sizeBytes - 512): Uint8Array => {
      const boot = volume.slice(0, 512);
      new DataView(boot.buffer).setBigUint64(0x28, BigInt(statedBytes / 512), true);
      bytes.set(boot, at + sizeBytes - 512);
      bytes.fill(0, at, at + 512);
      return bytes;
    };
    for (const fill of [0, 0xcc]) {
      const bare = end(ntfsVolume(), 0, volume.byteLength);
      bare.fill(fill, 0, 510);
      bare.set([0x55, 0xaa], 510);
      expect(readDiskLayout(blocksOf(bare))).toMatchObject({ style: 'none', boot: { kind: 'ntfs' } });
    }
    expect(readDiskLayout(blocksOf(end(gptDisk(), 2 * MIB, 5 * MIB))).partitions[1]).toMatchObject({
      boot: { kind: 'ntfs' },
    });
    // Of a volume that once ended there: it began elsewhere.
    const other = end(gptDisk(), 2 * MIB, 5 * MIB, MIB - 512);
    expect(readDiskLayout(blocksOf(other)).partitions[1]).toMatchObject({ boot: { kind: 'unknown' } });
    // Where something else belongs, what is left of an old volume counts for nothing.
    const efi = end(gptDisk(), MIB, MIB);
    expect(readDiskLayout(blocksOf(efi)).partitions[0]).toMatchObject({ boot: { kind: 'unknown' } });
  });
  it('FAT is told by its numbers, and the numbers of FAT in front of a table do not hide the table', () => {
    const fat = new Uint8Array(512);
    fat.set([0xeb, 0x3c, 0x90], 0);
    fat.set([0, 2, 4, 1, 0, 2, 0, 2, 0, 0x20, 0xf8, 8, 0], 0x0b);
    fat.set([0x29, 1, 2, 3, 4], 0x26);
    fat.set([0x55, 0xaa], 510);
    expect(readBootSector(blocksOf(fat), 0)).toMatchObject({ kind: 'fat', serial: '04030201' });
    expect(readDiskLayout(blocksOf(fat)).style).toBe('none');
    for (const [at, value] of [
      [0, 0x33],
      [0x0b, 1],
      [0x0d, 3],
      [0x0e, 0],
      [0x10, 3],
      [0x15, 0],
      [510, 0],
    ] as const) {
      const other = fat.slice();
      other[at] = value;
      expect(readBootSector(blocksOf(other), 0).kind).toBe('unknown');
    }
    const disk = mbrDisk();
    disk.set(fat.subarray(0, 0x3e));
    expect(readDiskLayout(blocksOf(disk))).toMatchObject({ style: 'mbr', partitions: { length: 3 } });
  });
  it('a hybrid disk is read by its GPT where that is sound, else by the other entries of its MBR', () => {
    const disk = withBackup(gptDisk());
    disk.set([0, 0, 0, 0, 7, 0, 0, 0, 0, 16, 0, 0, 0, 8, 0, 0], 446 + 16);
    expect(readDiskLayout(blocksOf(disk))).toMatchObject({ style: 'gpt', gptState: 'primary' });
    const plain = gptDisk();
    plain.set([0, 0, 0, 0, 7, 0, 0, 0, 0, 16, 0, 0, 0, 8, 0, 0], 446 + 16);
    expect(readDiskLayout(blocksOf(plain))).toMatchObject({
      style: 'mbr',
      partitions: [{ number: 2, offsetBytes: 2 * MIB, boot: { kind: 'ntfs' } }],
    });
  });
  it('an MBR that counts sectors of 4096 bytes', () => {
    const disk = mbrDisk();
    const view = new DataView(disk.buffer);
    for (const slot of [0, 3]) {
      const at = 446 + 16 * slot;
      for (const field of [8, 12]) view.setUint32(at + field, view.getUint32(at + field, true) / 8, true);
    }
    for (const table of [4 * MIB, 5.5 * MIB]) {
      for (const at of [table + 446, table + 446 + 16]) {
        for (const field of [8, 12]) view.setUint32(at + field, view.getUint32(at + field, true) / 8, true);
      }
    }
    const layout = readDiskLayout(blocksOf(disk));
    expect(layout.sectorBytes).toBe(4096);
    expect(layout.partitions.map(({ number, offsetBytes }) => [number, offsetBytes])).toEqual([
      [1, MIB],
      [5, 5 * MIB],
      [6, 6 * MIB],
    ]);
  });
  it('survives damage anywhere in its tables', () => {
    const bases = { gpt: gptDisk(), mbr: mbrDisk() };
    const hit = fc.tuple(
      fc.constantFrom('gpt' as const, 'mbr' as const),
      fc.array(fc.tuple(fc.nat(2047), fc.nat(255)), { minLength: 1, maxLength: 8 }),
    );
    fc.assert(
      fc.property(hit, ([style, hits]) => {
        const base = bases[style];
        const kept = hits.map(([at]) => base[at]!);
        for (const [at, value] of hits) base[at] = value;
        try {
          expect(readDiskLayout(blocksOf(base)).partitions.length).toBeLessThan(1100);
        } finally {
          for (const [i, [at]] of [...hits.entries()].reverse()) base[at] = kept[i]!;
        }
      }),
      { numRuns: 300 },
    );
  });
});
