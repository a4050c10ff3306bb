// Partition tables and boot sectors, read from a disk, a partition or an image file. Sources: UEFI 2.10 section 5.3 (GPT),
// the classic MBR layout, and the BIOS parameter blocks of NTFS, FAT and exFAT.

import { ByteReader } from '../base/bytes.ts';
import { guidFromBytes } from '../base/guid.ts';
import { decodeLatin1, decodeUtf16le } from '../base/text.ts';
import type { BlockReader } from './blocks.ts';

/** What a BCD device element calls a partition by. GUIDs as `{...}` in lower case. */
export type PartitionIdentity =
  | { readonly style: 'gpt'; readonly diskGuid: string; readonly partitionGuid: string }
  | { readonly style: 'mbr'; readonly diskSignature: number; readonly offsetBytes: number };

export type FileSystemKind = 'ntfs' | 'fat' | 'exfat' | 'refs' | 'bitlocker' | 'linux' | 'unknown';

/** The first sector of a volume. */
export interface BootSector {
  readonly kind: FileSystemKind;
  /** Lower-case hex, most significant digit first: 16 digits for NTFS and ReFS, 8 for FAT; null where there is none. */
  readonly serial: string | null;
  readonly label: string | null;
}

export interface Partition {
  /** As Linux counts: 1, 2, ...; logical drives of an MBR disk from 5. */
  readonly number: number;
  readonly offsetBytes: number;
  readonly sizeBytes: number;
  /** GPT type GUID, or the MBR type byte as '0x07'. */
  readonly type: string;
  /** 'EFI system', 'Microsoft basic data', ...; null where unknown. */
  readonly typeName: string | null;
  readonly name: string | null;
  readonly isActive: boolean;
  readonly identity: PartitionIdentity;
  readonly boot: BootSector;
}

export interface DiskLayout {
  /** 'none': no partition table; the volume starts at byte 0, or it is no disk at all. */
  readonly style: 'gpt' | 'mbr' | 'none';
  readonly sectorBytes: number;
  readonly diskGuid: string | null;
  readonly diskSignature: number | null;
  readonly partitions: readonly Partition[];
  /** The first sector, where there is no table. */
  readonly boot: BootSector | null;
}

const SECTOR_BYTES = 512;
const EXT_MAGIC_OFFSET = 1080;
/** At byte 424 of a BitLocker To Go volume, whose first sector looks like FAT. */
const BITLOCKER_GUID = '{4967d63b-2e29-4ad8-8399-f6a339e3d001}';
const MAX_GPT_ENTRIES = 1024;
const MAX_LOGICAL_DRIVES = 128;
const PROTECTIVE = 0xee;
const EXTENDED: readonly number[] = [0x05, 0x0f, 0x85];

const GPT_TYPES: Readonly<Record<string, string>> = {
  '{c12a7328-f81f-11d2-ba4b-00a0c93ec93b}': 'EFI system',
  '{ebd0a0a2-b9e5-4433-87c0-68b6b72699c7}': 'Microsoft basic data',
  '{e3c9e316-0b5c-4db8-817d-f92df00215ae}': 'Microsoft reserved',
  '{de94bba4-06d1-4d40-a16a-bfd50179d6ac}': 'Windows recovery',
  '{0fc63daf-8483-4772-8e79-3d69d8477de4}': 'Linux',
};
const MBR_TYPES: Readonly<Record<number, string>> = {
  1: 'FAT12',
  6: 'FAT16',
  7: 'NTFS or exFAT',
  11: 'FAT32',
  12: 'FAT32',
  14: 'FAT16',
  39: 'Windows recovery',
  131: 'Linux',
  239: 'EFI system',
};

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

/** Reads the partition table of a disk or image. Never throws for a bad table: what is damaged is left out. */
export function readDiskLayout(blocks: BlockReader): DiskLayout {
  const boot = readBootSector(blocks, 0);
  const bytes = blocks.read(0, SECTOR_BYTES);
  const none: DiskLayout = {
    style: 'none',
    sectorBytes: SECTOR_BYTES,
    diskGuid: null,
    diskSignature: null,
    partitions: [],
    boot,
  };
  if (bytes?.[510] !== 0x55 || bytes[511] !== 0xaa) return none;
  if (['ntfs', 'fat', 'exfat', 'refs', 'bitlocker'].includes(boot.kind)) return none;
  const sector = new ByteReader(bytes, 'the master boot record');
  const entries = mbrEntries(sector);
  if (!entries) return none;
  if (entries.some(({ type }) => type === PROTECTIVE)) {
    for (const sectorBytes of [SECTOR_BYTES, 4096]) {
      const layout = gptLayout(blocks, sectorBytes);
      if (layout) return layout;
    }
  }
  return mbrLayout(blocks, sector.u32(440), entries);
}

interface MbrEntry {
  readonly slot: number;
  readonly isActive: boolean;
  readonly type: number;
  readonly firstSector: number;
  readonly sectors: number;
}

/** Null where the four entries cannot be a table (boot code of a volume). */
function mbrEntries(sector: ByteReader): MbrEntry[] | null {
  const entries: MbrEntry[] = [];
  for (let slot = 0; slot < 4; slot += 1) {
    const at = 446 + 16 * slot;
    const status = sector.u8(at);
    if (status !== 0 && status !== 0x80) return null;
    const entry = { slot, isActive: status === 0x80, type: sector.u8(at + 4) };
    if (entry.type !== 0) entries.push({ ...entry, firstSector: sector.u32(at + 8), sectors: sector.u32(at + 12) });
  }
  return entries;
}

function mbrLayout(blocks: BlockReader, diskSignature: number, entries: readonly MbrEntry[]): DiskLayout {
  const partitions: Partition[] = [];
  const add = (number: number, entry: MbrEntry, firstSector: number): void => {
    const offsetBytes = firstSector * SECTOR_BYTES;
    partitions.push({
      number,
      offsetBytes,
      sizeBytes: entry.sectors * SECTOR_BYTES,
      type: `0x${entry.type.toString(16).padStart(2, '0')}`,
      typeName: MBR_TYPES[entry.type] ?? null,
      name: null,
      isActive: entry.isActive,
      identity: { style: 'mbr', diskSignature, offsetBytes },
      boot: readBootSector(blocks, offsetBytes),
    });
  };
  for (const entry of entries) {
    if (!EXTENDED.includes(entry.type)) add(entry.slot + 1, entry, entry.firstSector);
    else for (const [index, drive] of logicalDrives(blocks, entry.firstSector).entries()) add(5 + index, ...drive);
  }
  partitions.sort((a, b) => a.number - b.number);
  return { style: 'mbr', sectorBytes: SECTOR_BYTES, diskGuid: null, diskSignature, partitions, boot: null };
}

/** Each logical drive's entry and its first sector on the disk. */
function logicalDrives(blocks: BlockReader, extendedStart: number): [MbrEntry, number][] {
  const drives: [MbrEntry, number][] = [];
  let table = extendedStart;
  for (let count = 0; count < MAX_LOGICAL_DRIVES; count += 1) {
    const bytes = blocks.read(table * SECTOR_BYTES, SECTOR_BYTES);
    if (bytes?.[510] !== 0x55 || bytes[511] !== 0xaa) break;
    const entries = mbrEntries(new ByteReader(bytes, 'an extended boot record'));
    const drive = entries?.find(({ type }) => !EXTENDED.includes(type));
    if (drive) drives.push([drive, table + drive.firstSector]);
    const next = entries?.find(({ type }) => EXTENDED.includes(type));
    if (!next || next.firstSector === 0) break;
    table = extendedStart + next.firstSector;
  }
  return drives;
}

function gptLayout(blocks: BlockReader, sectorBytes: number): DiskLayout | null {
  const bytes = blocks.read(sectorBytes, SECTOR_BYTES);
  if (!bytes) return null;
  const header = new ByteReader(bytes, 'the GPT header');
  if (header.tag(0, 8) !== 'EFI PART') return null;
  const diskGuid = guidFromBytes(header.slice(56, 16));
  const tableOffset = Number(header.u64(72)) * sectorBytes;
  const count = Math.min(header.u32(80), MAX_GPT_ENTRIES);
  const entryBytes = header.u32(84);
  const partitions: Partition[] = [];
  for (let index = 0; entryBytes >= 128 && entryBytes <= 4096 && index < count; index += 1) {
    const raw = blocks.read(tableOffset + index * entryBytes, 128);
    if (!raw) break;
    const entry = new ByteReader(raw, 'a GPT entry');
    const type = guidFromBytes(entry.slice(0, 16));
    const first = entry.u64(32);
    const last = entry.u64(40);
    if (/^\{[0-]+\}$/.test(type) || last < first || last * BigInt(sectorBytes) > BigInt(Number.MAX_SAFE_INTEGER))
      continue;
    const offsetBytes = Number(first) * sectorBytes;
    partitions.push({
      number: index + 1,
      offsetBytes,
      sizeBytes: Number(last - first + 1n) * sectorBytes,
      type,
      typeName: GPT_TYPES[type] ?? null,
      name: decodeUtf16le(entry.slice(56, 72)).split('\0')[0] || null,
      isActive: false,
      identity: { style: 'gpt', diskGuid, partitionGuid: guidFromBytes(entry.slice(16, 16)) },
      boot: readBootSector(blocks, offsetBytes),
    });
  }
  return { style: 'gpt', sectorBytes, diskGuid, diskSignature: null, partitions, boot: null };
}
