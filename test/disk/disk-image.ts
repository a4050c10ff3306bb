// Disks built in memory from what they should hold: boot sectors, partition tables, and the two NTFS records that say how
// a volume was left.

import { crc32 } from 'node:zlib';
import { guidToBytes } from '../../src/base/guid.ts';
import { encodeUtf16le } from '../../src/base/text.ts';
import type { BlockReader } from '../../src/disk/blocks.ts';

export const DISK_GUID = '{11111111-2222-3333-4444-555555555555}';
export const ESP_GUID = '{aaaaaaaa-0000-0000-0000-000000000001}';
export const WINDOWS_GUID = '{aaaaaaaa-0000-0000-0000-000000000002}';
export const DISK_SIGNATURE = 0x89abcdef;

const ESP_TYPE = '{c12a7328-f81f-11d2-ba4b-00a0c93ec93b}';
const DATA_TYPE = '{ebd0a0a2-b9e5-4433-87c0-68b6b72699c7}';

export const MIB = 2 ** 20;

function put(bytes: Uint8Array, at: number, text: string): void {
  bytes.set(
    Uint8Array.from(text, (unit) => unit.charCodeAt(0)),
    at,
  );
}

export interface NtfsChoices {
  readonly serial?: bigint;
  readonly isDirty?: boolean;
  /** 'clean', 'open' (transactions not played back), 'empty' (reset) or 'none'. */
  readonly log?: 'clean' | 'open' | 'empty' | 'none';
}

/** 64 KiB that read as an NTFS volume: 512-byte sectors, 4 KiB clusters, MFT at cluster 4, log at cluster 8. */
export function ntfsVolume({
  serial = 0x0123456789abcdefn,
  isDirty = false,
  log = 'clean',
}: NtfsChoices = {}): Uint8Array {
  const bytes = new Uint8Array(64 * 1024);
  const view = new DataView(bytes.buffer);
  put(bytes, 3, 'NTFS    ');
  view.setUint16(0x0b, 512, true);
  view.setUint8(0x0d, 8);
  view.setBigUint64(0x28, BigInt(bytes.byteLength / 512), true);
  view.setBigUint64(0x30, 4n, true);
  view.setBigUint64(0x38, 4n, true);
  view.setUint8(0x40, 0xf6);
  view.setBigUint64(0x48, serial, true);
  view.setUint16(510, 0xaa55, true);
  const protect = (at: number, sizeBytes: number, magic: string, arrayAt: number): void => {
    put(bytes, at, magic);
    const count = sizeBytes / 512 + 1;
    view.setUint16(at + 4, arrayAt, true);
    view.setUint16(at + 6, count, true);
    view.setUint16(at + arrayAt, 7, true);
    for (let sector = 1; sector < count; sector += 1) {
      const end = at + sector * 512 - 2;
      view.setUint16(at + arrayAt + 2 * sector, view.getUint16(end, true), true);
      view.setUint16(end, 7, true);
    }
  };
  const record = (number: number, write: (at: number) => void): void => {
    const at = 4 * 4096 + number * 1024;
    view.setUint16(at + 0x10, Math.max(1, number), true);
    view.setUint16(at + 0x14, 0x38, true);
    view.setUint16(at + 0x16, 1, true);
    view.setUint32(at + 0x18, 512, true);
    view.setUint32(at + 0x2c, number, true);
    write(at + 0x38);
    protect(at, 1024, 'FILE', 0x30);
  };
  /** Data of `clusters` clusters from `first` on. */
  const data = (at: number, first: number, clusters: number): void => {
    view.setUint32(at, 0x80, true);
    view.setUint32(at + 4, 0x48, true);
    view.setUint8(at + 8, 1);
    view.setUint32(at + 0x18, clusters - 1, true);
    view.setUint16(at + 0x20, 0x40, true);
    for (const size of [0x28, 0x30, 0x38]) view.setUint32(at + size, clusters * 4096, true);
    bytes.set([0x11, clusters, first, 0], at + 0x40);
    view.setUint32(at + 0x48, 0xffffffff, true);
  };
  record(0, (at) => data(at, 4, 1));
  record(3, (at) => {
    // A standard-information attribute first, so that the second must be walked to.
    view.setUint32(at, 0x10, true);
    view.setUint32(at + 4, 0x60, true);
    const info = at + 0x60;
    view.setUint32(info, 0x70, true);
    view.setUint32(info + 4, 0x28, true);
    view.setUint32(info + 0x10, 12, true);
    view.setUint16(info + 0x14, 0x18, true);
    bytes.set([3, 1], info + 0x18 + 8);
    view.setUint16(info + 0x18 + 10, isDirty ? 1 : 0, true);
    view.setUint32(info + 0x28, 0xffffffff, true);
  });
  if (log === 'none') return bytes;
  record(2, (at) => data(at, 8, 4));
  const logAt = 8 * 4096;
  if (log === 'empty') bytes.fill(0xff, logAt, logAt + 4 * 4096);
  else {
    const page = (at: number, lsn: bigint, isClean: boolean): void => {
      view.setUint32(at + 16, 4096, true);
      view.setUint32(at + 20, 4096, true);
      view.setUint16(at + 24, 0x30, true);
      view.setBigUint64(at + 0x30, lsn, true);
      view.setUint16(at + 0x30 + 12, isClean ? 0xffff : 0, true);
      protect(at, 4096, 'RSTR', 0x1e);
    };
    // The older page says the opposite: only the newer counts.
    page(logAt, 10n, log !== 'clean');
    page(logAt + 4096, 11n, log === 'clean');
  }
  return bytes;
}

export function fatVolume(serial = 0x1234abcd, label = 'SYSTEM'): Uint8Array {
  const bytes = new Uint8Array(4096);
  const view = new DataView(bytes.buffer);
  put(bytes, 3, 'MSDOS5.0');
  view.setUint32(67, serial, true);
  put(bytes, 71, label.padEnd(11));
  put(bytes, 82, 'FAT32   ');
  view.setUint16(510, 0xaa55, true);
  return bytes;
}

export function bitLockerVolume(): Uint8Array {
  const bytes = new Uint8Array(4096);
  put(bytes, 3, '-FVE-FS-');
  bytes.set([0x55, 0xaa], 510);
  return bytes;
}

/** A GPT disk of 8 MiB: an ESP at 1 MiB, the Windows volume at 2 MiB. */
export function gptDisk(windows: Uint8Array = ntfsVolume(), sectorBytes = 512): Uint8Array {
  const disk = new Uint8Array(8 * MIB);
  const view = new DataView(disk.buffer);
  disk.set([0, 0, 2, 0, 0xee, 0xff, 0xff, 0xff, 1, 0, 0, 0, 0xff, 0xff, 0xff, 0xff], 446);
  view.setUint16(510, 0xaa55, true);
  put(disk, sectorBytes, 'EFI PART');
  disk.set(guidToBytes(DISK_GUID)!, sectorBytes + 56);
  view.setBigUint64(sectorBytes + 72, 2n, true);
  view.setUint32(sectorBytes + 80, 128, true);
  view.setUint32(sectorBytes + 84, 128, true);
  const entry = (
    index: number,
    type: string,
    guid: string,
    firstByte: number,
    sizeBytes: number,
    name: string,
  ): void => {
    const at = 2 * sectorBytes + index * 128;
    disk.set(guidToBytes(type)!, at);
    disk.set(guidToBytes(guid)!, at + 16);
    view.setBigUint64(at + 32, BigInt(firstByte / sectorBytes), true);
    view.setBigUint64(at + 40, BigInt((firstByte + sizeBytes) / sectorBytes - 1), true);
    disk.set(encodeUtf16le(name), at + 56);
  };
  entry(0, ESP_TYPE, ESP_GUID, MIB, MIB, 'EFI system partition');
  entry(2, DATA_TYPE, WINDOWS_GUID, 2 * MIB, 5 * MIB, 'Basic data partition');
  disk.set(fatVolume(), MIB);
  disk.set(windows, 2 * MIB);
  return disk;
}

/** Gives the GPT of `disk` its checksums, and its backup at the end. */
export function withBackup(disk: Uint8Array, sectorBytes = 512): Uint8Array {
  const view = new DataView(disk.buffer);
  const last = disk.byteLength / sectorBytes - 1;
  const table = disk.subarray(2 * sectorBytes, 2 * sectorBytes + 128 * 128);
  const tableSectors = table.byteLength / sectorBytes;
  disk.set(table, (last - tableSectors) * sectorBytes);
  disk.copyWithin(last * sectorBytes, sectorBytes, 2 * sectorBytes);
  for (const [own, other, tableAt] of [
    [1, last, 2],
    [last, 1, last - tableSectors],
  ] as const) {
    const at = own * sectorBytes;
    view.setUint32(at + 12, 96, true);
    view.setBigUint64(at + 24, BigInt(own), true);
    view.setBigUint64(at + 32, BigInt(other), true);
    view.setBigUint64(at + 72, BigInt(tableAt), true);
    view.setUint32(at + 88, crc32(table), true);
    view.setUint32(at + 16, 0, true);
    view.setUint32(at + 16, crc32(disk.subarray(at, at + 96)), true);
  }
  return disk;
}

/** An MBR disk of 8 MiB: active NTFS at 1 MiB, and an extended partition at 4 MiB with logical drives at 5 and 6 MiB. */
export function mbrDisk(windows: Uint8Array = ntfsVolume()): Uint8Array {
  const disk = new Uint8Array(8 * MIB);
  const view = new DataView(disk.buffer);
  view.setUint32(440, DISK_SIGNATURE, true);
  const table = (
    base: number,
    slot: number,
    isActive: boolean,
    type: number,
    first: number,
    sizeBytes: number,
  ): void => {
    const at = base + 446 + 16 * slot;
    disk[at] = isActive ? 0x80 : 0;
    disk[at + 4] = type;
    view.setUint32(at + 8, first / 512, true);
    view.setUint32(at + 12, sizeBytes / 512, true);
    view.setUint16(base + 510, 0xaa55, true);
  };
  table(0, 0, true, 0x07, MIB, 3 * MIB);
  table(0, 3, false, 0x0f, 4 * MIB, 4 * MIB);
  const extended = 4 * MIB;
  table(extended, 0, false, 0x07, MIB, 512 * 1024);
  table(extended, 1, false, 0x05, MIB + 512 * 1024, MIB);
  const second = extended + MIB + 512 * 1024;
  table(second, 0, false, 0x0b, 512 * 1024, 512 * 1024);
  disk.set(windows, MIB);
  disk.set(ntfsVolume({ serial: 5n }), 5 * MIB);
  disk.set(fatVolume(), 6 * MIB);
  return disk;
}

/** Bytes as a device. */
export const blocksOf = (bytes: Uint8Array): BlockReader => ({
  sizeBytes: bytes.byteLength,
  read: (at, size) => (at >= 0 && at + size <= bytes.byteLength ? bytes.slice(at, at + size) : null),
});
