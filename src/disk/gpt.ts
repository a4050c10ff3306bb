// GUID partition tables. Source: UEFI 2.10 section 5.3.

import { crc32 } from 'node:zlib';
import { ByteReader } from '../base/bytes.ts';
import { guidFromBytes } from '../base/guid.ts';
import { decodeUtf16le } from '../base/text.ts';
import type { BlockReader } from './blocks.ts';

interface GptEntry {
  /** From 1 on, as the entries stand in the table. */
  readonly number: number;
  readonly type: string;
  readonly partitionGuid: string;
  readonly offsetBytes: number;
  readonly sizeBytes: number;
  readonly name: string | null;
}

export interface GptTable {
  readonly sectorBytes: number;
  readonly diskGuid: string;
  readonly entries: readonly GptEntry[];
  /** 'damaged': the first header, though its own checksum or that of its entries is wrong. */
  readonly state: 'primary' | 'backup' | 'damaged';
}

const SECTOR_SIZES = [512, 4096] as const;
const MIN_HEADER_BYTES = 92;
const CHECKSUM_AT = 16;
const MIN_ENTRY_BYTES = 128;
const MAX_TABLE_BYTES = 2 ** 20;

/**
 * The table of the first header, or that of the backup at the disk's end where only this one is sound; `statedSectors`: what
 * the disk had when the table was made, where that is known.
 */
export function readGpt(blocks: BlockReader, statedSectors: number | null = null): GptTable | null {
  const found = SECTOR_SIZES.flatMap((sectorBytes) => {
    const primary = readHeader(blocks, sectorBytes, 1, 'primary');
    const last = blocks.sizeBytes === null ? null : Math.floor(blocks.sizeBytes / sectorBytes) - 1;
    // A disk that was grown has its backup where the first header says, or where it ended, and not at its end.
    const ended = statedSectors === null ? null : statedSectors - 1;
    const places = [primary?.otherSector ?? null, last, ended].filter((sector) => sector !== null);
    const backups = primary?.isSound ? [] : places.map((at) => readHeader(blocks, sectorBytes, at, 'backup'));
    return [primary, ...backups].filter((header) => header !== null);
  });
  const sound = found.find(({ isSound }) => isSound);
  if (sound) return sound.table;
  const damaged = found.find(({ table }) => table.state === 'primary');
  return damaged ? { ...damaged.table, state: 'damaged' } : null;
}

interface Header {
  readonly table: GptTable;
  readonly isSound: boolean;
  readonly otherSector: number | null;
}

function readHeader(
  blocks: BlockReader,
  sectorBytes: number,
  sector: number,
  state: 'primary' | 'backup',
): Header | null {
  const bytes = blocks.read(sector * sectorBytes, 512);
  if (!bytes) return null;
  const header = new ByteReader(bytes, 'the GPT header');
  if (header.tag(0, 8) !== 'EFI PART') return null;
  const diskGuid = guidFromBytes(header.slice(56, 16));
  const entryBytes = header.u32(84);
  const tableBytes = entryBytes * header.u32(80);
  if (entryBytes < MIN_ENTRY_BYTES || tableBytes > MAX_TABLE_BYTES) return null;
  const tableAt = Number(header.u64(72)) * sectorBytes;
  const table = blocks.read(tableAt, tableBytes);
  if (!table) return null;
  const other = Number(header.u64(32));
  const isSound = isHeaderSound(bytes, header) && header.u64(24) === BigInt(sector) && crc32(table) === header.u32(88);
  return {
    table: { sectorBytes, diskGuid, entries: entriesOf(table, entryBytes, sectorBytes), state },
    isSound,
    otherSector: Number.isSafeInteger(other * sectorBytes) ? other : null,
  };
}

/** Some tools count more than the 92 bytes that have a meaning. */
function isHeaderSound(bytes: Uint8Array, header: ByteReader): boolean {
  const headerBytes = header.u32(12);
  if (headerBytes < MIN_HEADER_BYTES || headerBytes > bytes.byteLength) return false;
  const counted = bytes.slice(0, headerBytes);
  counted.fill(0, CHECKSUM_AT, CHECKSUM_AT + 4);
  return crc32(counted) === header.u32(CHECKSUM_AT);
}

function entriesOf(table: Uint8Array, entryBytes: number, sectorBytes: number): GptEntry[] {
  const entries: GptEntry[] = [];
  for (let at = 0; at + entryBytes <= table.byteLength; at += entryBytes) {
    const entry = new ByteReader(table.subarray(at, at + entryBytes), 'a GPT entry');
    const type = guidFromBytes(entry.slice(0, 16));
    const first = entry.u64(32);
    const last = entry.u64(40);
    const isUsed = !/^\{[0-]+\}$/.test(type);
    if (!isUsed || last < first || (last + 1n) * BigInt(sectorBytes) > BigInt(Number.MAX_SAFE_INTEGER)) continue;
    entries.push({
      number: at / entryBytes + 1,
      type,
      partitionGuid: guidFromBytes(entry.slice(16, 16)),
      offsetBytes: Number(first) * sectorBytes,
      sizeBytes: Number(last - first + 1n) * sectorBytes,
      name: decodeUtf16le(entry.slice(56, 72)).split('\0')[0] || null,
    });
  }
  return entries;
}
