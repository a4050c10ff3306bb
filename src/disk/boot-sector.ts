// The first sector of a volume: which file system it holds. Sources: the BIOS parameter blocks of NTFS, FAT and exFAT, and
// the signatures of BitLocker and ReFS.

import { ByteReader } from '../base/bytes.ts';
import { guidFromBytes } from '../base/guid.ts';
import { decodeLatin1 } from '../base/text.ts';
import type { BlockReader } from './blocks.ts';

export type FileSystemKind = 'ntfs' | 'fat' | 'exfat' | 'refs' | 'bitlocker' | 'linux' | 'unknown';

/** The first sector of a volume. */
export interface BootSector {
  readonly kind: FileSystemKind;
  /** Lower-case hex, most significant digit first: 16 digits for NTFS and ReFS, 8 for FAT; null where there is none. */
  readonly serial: string | null;
  readonly label: string | null;
}

const SECTOR_BYTES = 512;
const LARGE_SECTOR_BYTES = 4096;
const EXT_MAGIC_OFFSET = 1080;
/** Of FAT: serial and label follow. */
const EXTENDED_MARK = 0x29;
/** At byte 424 of a BitLocker To Go volume, whose first sector looks like FAT. */
const BITLOCKER_GUID = '{4967d63b-2e29-4ad8-8399-f6a339e3d001}';
const UNKNOWN: BootSector = { kind: 'unknown', serial: null, label: null };

/** Reads what stands at the start of a volume; 'unknown' where it cannot be read. */
export function readBootSector(blocks: BlockReader, offsetBytes: number): BootSector {
  const bytes = blocks.read(offsetBytes, SECTOR_BYTES);
  if (!bytes) return UNKNOWN;
  const sector = new ByteReader(bytes, 'the boot sector');
  const hex = (value: bigint, digits: number): string => value.toString(16).padStart(digits, '0');
  const name = sector.tag(3, 8);
  if (name === '-FVE-FS-' || guidFromBytes(sector.slice(424, 16)) === BITLOCKER_GUID) {
    return { kind: 'bitlocker', serial: null, label: null };
  }
  if (name === 'NTFS    ') return { kind: 'ntfs', serial: hex(sector.u64(0x48), 16), label: null };
  if (name === 'EXFAT   ') return { kind: 'exfat', serial: hex(BigInt(sector.u32(100)), 8), label: null };
  if (name.startsWith('ReFS')) return { kind: 'refs', serial: hex(sector.u64(0x38), 16), label: null };
  const isNamedFat32 = sector.tag(82, 5) === 'FAT32';
  const isNamedFat = isNamedFat32 || sector.tag(54, 4) === 'FAT1';
  if (isNamedFat || isFat(sector)) {
    const serialAt = isNamedFat32 || (!isNamedFat && sector.u16(0x16) === 0) ? 67 : 39;
    const hasSerial = isNamedFat || sector.u8(serialAt - 1) === EXTENDED_MARK;
    const label = hasSerial ? decodeLatin1(sector.slice(serialAt + 4, 11)).trimEnd() : '';
    return {
      kind: 'fat',
      serial: hasSerial ? hex(BigInt(sector.u32(serialAt)), 8) : null,
      label: label === 'NO NAME' || label === '' ? null : label,
    };
  }
  const magic = blocks.read(offsetBytes + EXT_MAGIC_OFFSET, 2);
  if (magic && magic[0] === 0x53 && magic[1] === 0xef) return { kind: 'linux', serial: null, label: null };
  return UNKNOWN;
}

/** By the numbers that a driver goes by: the words 'FAT16' and 'FAT32' are a remark, and not every tool writes them. */
function isFat(sector: ByteReader): boolean {
  const perCluster = sector.u8(0x0d);
  return (
    (sector.u8(0) === 0xeb || sector.u8(0) === 0xe9) &&
    sector.u16(0x1fe) === 0xaa55 &&
    [512, 1024, 2048, 4096].includes(sector.u16(0x0b)) &&
    perCluster > 0 &&
    (perCluster & (perCluster - 1)) === 0 &&
    sector.u16(0x0e) > 0 &&
    (sector.u8(0x10) === 1 || sector.u8(0x10) === 2) &&
    (sector.u8(0x15) === 0xf0 || sector.u8(0x15) >= 0xf8) &&
    (sector.u16(0x13) || sector.u32(0x20)) > 0 &&
    (sector.u16(0x16) || sector.u32(0x24)) > 0
  );
}

/**
 * The same of a volume of `sizeBytes` whose first sector says nothing: NTFS keeps a copy of it behind its last cluster.
 */
export function readBootCopy(blocks: BlockReader, offsetBytes: number, sizeBytes: number): BootSector {
  for (const fromEnd of [SECTOR_BYTES, LARGE_SECTOR_BYTES]) {
    const at = offsetBytes + sizeBytes - fromEnd;
    const bytes = fromEnd < sizeBytes ? blocks.read(at, SECTOR_BYTES) : null;
    const copy = bytes ? new ByteReader(bytes, 'the copy of the boot sector') : null;
    // One of a volume that once lay here, and began or ended elsewhere, states another size.
    if (copy && copy.u64(0x28) * BigInt(copy.u16(0x0b)) === BigInt(sizeBytes - fromEnd)) {
      const boot = readBootSector(blocks, at);
      if (boot.kind === 'ntfs') return boot;
    }
  }
  return UNKNOWN;
}
