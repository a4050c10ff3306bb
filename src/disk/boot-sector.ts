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
const EXT_MAGIC_OFFSET = 1080;
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
  const isFat32 = sector.tag(82, 5) === 'FAT32';
  if (isFat32 || sector.tag(54, 4) === 'FAT1') {
    const serialAt = isFat32 ? 67 : 39;
    const label = decodeLatin1(sector.slice(serialAt + 4, 11)).trimEnd();
    return {
      kind: 'fat',
      serial: hex(BigInt(sector.u32(serialAt)), 8),
      label: label === 'NO NAME' || label === '' ? null : label,
    };
  }
  const magic = blocks.read(offsetBytes + EXT_MAGIC_OFFSET, 2);
  if (magic && magic[0] === 0x53 && magic[1] === 0xef) return { kind: 'linux', serial: null, label: null };
  return UNKNOWN;
}
