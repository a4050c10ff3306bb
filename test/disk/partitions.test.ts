import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readBootSector, readDiskLayout } from '../../src/disk/partitions.ts';
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
