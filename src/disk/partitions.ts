// Partition tables, read from a disk, a partition or an image file. Source: the classic MBR layout.

import { ByteReader } from '../base/bytes.ts';
import type { BlockReader } from './blocks.ts';
import { type BootSector, readBootCopy, readBootSector } from './boot-sector.ts';
import { type GptTable, readGpt } from './gpt.ts';

/** What a BCD device element calls a partition by. GUIDs as `{...}` in lower case. */
export type PartitionIdentity =
  | { readonly style: 'gpt'; readonly diskGuid: string; readonly partitionGuid: string }
  | { readonly style: 'mbr'; readonly diskSignature: number; readonly offsetBytes: number };

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
  /** Which of the two GPT headers was gone by; 'damaged': the first, though its checksums are wrong; null: no GPT. */
  readonly gptState: GptTable['state'] | null;
}

const SECTOR_BYTES = 512;
const BOOT_SIGNATURE = 0xaa55;
const MAX_LOGICAL_DRIVES = 128;
const PROTECTIVE = 0xee;
/** Of a disk that is too large for the field. */
const ALL_SECTORS = 0xffffffff;
const EXTENDED: readonly number[] = [0x05, 0x0f, 0x85];

const BASIC_DATA = '{ebd0a0a2-b9e5-4433-87c0-68b6b72699c7}';
const RECOVERY = '{de94bba4-06d1-4d40-a16a-bfd50179d6ac}';
const NTFS_TYPES: readonly number[] = [0x07, 0x27];
const GPT_TYPES: Readonly<Record<string, string>> = {
  '{c12a7328-f81f-11d2-ba4b-00a0c93ec93b}': 'EFI system',
  [BASIC_DATA]: 'Microsoft basic data',
  '{e3c9e316-0b5c-4db8-817d-f92df00215ae}': 'Microsoft reserved',
  [RECOVERY]: 'Windows recovery',
  '{0fc63daf-8483-4772-8e79-3d69d8477de4}': 'Linux',
  '{af9b60a0-1431-4f62-bc68-3311714a69ad}': 'Dynamic disk',
  '{5808c8aa-7e8f-42e0-85d2-e1e90434cfb3}': 'Dynamic disk (its database)',
  '{e75caf8f-f680-4cee-afa3-b001e56efc2d}': 'Storage Spaces',
};
const MBR_TYPES: Readonly<Record<number, string>> = {
  1: 'FAT12',
  6: 'FAT16',
  7: 'NTFS or exFAT',
  11: 'FAT32',
  12: 'FAT32',
  14: 'FAT16',
  39: 'Windows recovery',
  66: 'Dynamic disk',
  131: 'Linux',
  239: 'EFI system',
};

/** A volume of a dynamic disk may lie in several pieces, or twice (a mirror), and the table does not tell. */
export const isOfDynamicDisk = ({ typeName }: Partition): boolean => typeName === 'Dynamic disk';

/** Reads the partition table of a disk or image. Never throws for a bad table: what is damaged is left out. */
export function readDiskLayout(blocks: BlockReader): DiskLayout {
  const boot = readBootSector(blocks, 0);
  const bytes = blocks.read(0, SECTOR_BYTES);
  const none = (first: BootSector): DiskLayout => ({
    style: 'none',
    sectorBytes: SECTOR_BYTES,
    diskGuid: null,
    diskSignature: null,
    partitions: [],
    boot: first,
    gptState: null,
  });
  if (!bytes || ['ntfs', 'exfat', 'refs', 'bitlocker'].includes(boot.kind)) return none(boot);
  const sector = new ByteReader(bytes, 'the master boot record');
  const entries = sector.u16(510) === BOOT_SIGNATURE ? mbrEntries(sector) : null;
  // Tools that make sticks put the numbers of a FAT volume into the first sector of a partitioned disk as well.
  const leadsToVolume = entries?.some(({ firstSector }) => firstSector > 0 && isKnownAt(blocks, firstSector)) ?? false;
  if (boot.kind === 'fat' && !leadsToVolume) return none(boot);
  const isProtective = entries?.some(({ type }) => type === PROTECTIVE) ?? false;
  // Of a table that an MBR replaced, its backup often is still there.
  const gpt = isProtective || !entries?.length ? readGpt(blocks, protectedSectors(entries)) : null;
  if (gpt && (gpt.state !== 'damaged' || (isProtective && entries?.length === 1))) return gptLayout(blocks, gpt);
  if (entries?.length) return mbrLayout(blocks, sector.u32(440), entries);
  const copy = blocks.sizeBytes === null ? null : readBootCopy(blocks, 0, blocks.sizeBytes);
  if (copy?.kind === 'ntfs') return none(copy);
  return entries ? mbrLayout(blocks, sector.u32(440), entries) : none(boot);
}

/** As many sectors as the disk had when the table was made, where the protective entry says so. */
function protectedSectors(entries: readonly MbrEntry[] | null): number | null {
  const entry = entries?.find(({ type }) => type === PROTECTIVE);
  return entry && entry.sectors < ALL_SECTORS ? entry.firstSector + entry.sectors : null;
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
  const sectorBytes = mbrSectorBytes(blocks, entries);
  const add = (number: number, entry: MbrEntry, firstSector: number): void => {
    const offsetBytes = firstSector * sectorBytes;
    partitions.push({
      number,
      offsetBytes,
      sizeBytes: entry.sectors * sectorBytes,
      type: `0x${entry.type.toString(16).padStart(2, '0')}`,
      typeName: MBR_TYPES[entry.type] ?? null,
      name: null,
      isActive: entry.isActive,
      identity: { style: 'mbr', diskSignature, offsetBytes },
      boot: bootOf(blocks, offsetBytes, entry.sectors * sectorBytes, NTFS_TYPES.includes(entry.type)),
    });
  };
  for (const entry of entries.filter(({ type }) => type !== PROTECTIVE)) {
    if (!EXTENDED.includes(entry.type)) add(entry.slot + 1, entry, entry.firstSector);
    else
      for (const [index, drive] of logicalDrives(blocks, entry.firstSector, sectorBytes).entries())
        add(5 + index, drive[0], drive[1]);
  }
  partitions.sort((a, b) => a.number - b.number);
  return { style: 'mbr', sectorBytes, diskGuid: null, diskSignature, partitions, boot: null, gptState: null };
}

/** The first sector of a partition, or its copy where that one says nothing and NTFS is what belongs there. */
function bootOf(blocks: BlockReader, offsetBytes: number, sizeBytes: number, isForNtfs: boolean): BootSector {
  const first = readBootSector(blocks, offsetBytes);
  return first.kind === 'unknown' && isForNtfs ? readBootCopy(blocks, offsetBytes, sizeBytes) : first;
}

const isKnownAt = (blocks: BlockReader, sector: number): boolean =>
  readBootSector(blocks, sector * SECTOR_BYTES).kind !== 'unknown';

/** A table does not say how large its sectors are: those under which a known file system stands where it points. */
function mbrSectorBytes(blocks: BlockReader, entries: readonly MbrEntry[]): number {
  const fits = (sectorBytes: number): boolean =>
    entries.some(({ firstSector }) => readBootSector(blocks, firstSector * sectorBytes).kind !== 'unknown');
  return !fits(SECTOR_BYTES) && fits(4096) ? 4096 : SECTOR_BYTES;
}

/** Each logical drive's entry and its first sector on the disk. */
function logicalDrives(blocks: BlockReader, extendedStart: number, sectorBytes: number): [MbrEntry, number][] {
  const drives: [MbrEntry, number][] = [];
  const visited = new Set<number>();
  let table = extendedStart;
  while (visited.size < MAX_LOGICAL_DRIVES && !visited.has(table)) {
    visited.add(table);
    const bytes = blocks.read(table * sectorBytes, SECTOR_BYTES);
    const sector = bytes ? new ByteReader(bytes, 'an extended boot record') : null;
    if (sector?.u16(510) !== BOOT_SIGNATURE) break;
    const entries = mbrEntries(sector);
    const drive = entries?.find(({ type }) => !EXTENDED.includes(type));
    if (drive) drives.push([drive, table + drive.firstSector]);
    const next = entries?.find(({ type }) => EXTENDED.includes(type));
    if (!next || next.firstSector === 0) break;
    table = extendedStart + next.firstSector;
  }
  return drives;
}

function gptLayout(blocks: BlockReader, { sectorBytes, diskGuid, state, entries }: GptTable): DiskLayout {
  const partitions = entries.map(({ number, offsetBytes, sizeBytes, type, partitionGuid, name }) => ({
    ...{ number, offsetBytes, sizeBytes, type, name, isActive: false },
    typeName: GPT_TYPES[type] ?? null,
    identity: { style: 'gpt', diskGuid, partitionGuid } as const,
    boot: bootOf(blocks, offsetBytes, sizeBytes, type === BASIC_DATA || type === RECOVERY),
  }));
  return { style: 'gpt', sectorBytes, diskGuid, diskSignature: null, partitions, boot: null, gptState: state };
}
