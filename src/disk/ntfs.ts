// The little of NTFS that says whether a volume was left in order: $Volume's flags and $LogFile's restart area. Read from
// the device itself, since no driver shows them. Sources: the structures as ntfs-3g's and Linux' documentation name them.

import { ByteReader } from '../base/bytes.ts';
import type { BlockReader } from './blocks.ts';

export interface NtfsState {
  /** VOLUME_IS_DIRTY: Windows will run chkdsk at its next start. */
  readonly isDirty: boolean;
  /** False: transactions in $LogFile were not played back. Null: it cannot be told (an empty log is clean). */
  readonly isLogClean: boolean | null;
  /** '3.1'. */
  readonly version: string;
}

const LOGFILE_RECORD = 2;
const VOLUME_RECORD = 3;
const ATTRIBUTE_DATA = 0x80;
const ATTRIBUTE_VOLUME_INFORMATION = 0x70;
const ATTRIBUTE_END = 0xffffffff;
const VOLUME_IS_DIRTY = 0x0001;
const RESTART_VOLUME_IS_CLEAN = 0x0002;
const NO_CLIENT = 0xffff;
const MAX_RECORD_BYTES = 65_536;

interface Geometry {
  readonly sectorBytes: number;
  readonly clusterBytes: number;
  readonly mftOffset: number;
  readonly recordBytes: number;
}

/** What the volume that starts at `blocks`' first byte says of itself; null where it is no readable NTFS. */
export function readNtfsState(blocks: BlockReader): NtfsState | null {
  const geometry = readGeometry(blocks);
  if (!geometry) return null;
  const record = readRecord(blocks, geometry, VOLUME_RECORD);
  const at = record ? attributeAt(record, ATTRIBUTE_VOLUME_INFORMATION) : null;
  if (!record || at === null || record.u8(at + 8) !== 0) return null;
  const content = at + record.u16(at + 0x14);
  if (content + 12 > record.sizeBytes) return null;
  return {
    isDirty: (record.u16(content + 10) & VOLUME_IS_DIRTY) !== 0,
    isLogClean: readLogState(blocks, geometry),
    version: `${record.u8(content + 8)}.${record.u8(content + 9)}`,
  };
}

function readGeometry(blocks: BlockReader): Geometry | null {
  const bytes = blocks.read(0, 512);
  if (!bytes) return null;
  const sector = new ByteReader(bytes, 'the boot sector');
  if (sector.tag(3, 8) !== 'NTFS    ') return null;
  const sectorBytes = sector.u16(0x0b);
  const perCluster = sector.u8(0x0d);
  // Above 128 it is a negative power of two, as for the size of a record below.
  const clusterBytes = sectorBytes * (perCluster > 128 ? 2 ** (256 - perCluster) : perCluster);
  const perRecord = sector.u8(0x40);
  const recordBytes = perRecord > 127 ? 2 ** (256 - perRecord) : perRecord * clusterBytes;
  const mftOffset = Number(sector.u64(0x30)) * clusterBytes;
  const sane =
    sectorBytes >= 256 &&
    sectorBytes <= 4096 &&
    clusterBytes > 0 &&
    recordBytes >= 512 &&
    recordBytes <= MAX_RECORD_BYTES;
  return sane ? { sectorBytes, clusterBytes, mftOffset, recordBytes } : null;
}

function readRecord(blocks: BlockReader, geometry: Geometry, number: number): ByteReader | null {
  const bytes = blocks.read(geometry.mftOffset + number * geometry.recordBytes, geometry.recordBytes);
  return bytes && restoreSectorEnds(bytes, 'FILE', geometry.sectorBytes)
    ? new ByteReader(bytes, 'an MFT record')
    : null;
}

/** Puts back the last two bytes of each sector, which the update sequence array holds; false where it does not fit. */
function restoreSectorEnds(bytes: Uint8Array, magic: string, sectorBytes: number): boolean {
  const record = new ByteReader(bytes, 'a protected record');
  if (record.tag(0, 4) !== magic) return false;
  const arrayAt = record.u16(4);
  const count = record.u16(6);
  if (arrayAt + 2 * count > bytes.byteLength || (count - 1) * sectorBytes > bytes.byteLength) return false;
  const sequence = record.u16(arrayAt);
  for (let index = 1; index < count; index += 1) {
    const end = index * sectorBytes - 2;
    if (record.u16(end) !== sequence) return false;
    bytes.copyWithin(end, arrayAt + 2 * index, arrayAt + 2 * index + 2);
  }
  return true;
}

/** Offset of the first attribute of a type in an MFT record, or null. */
function attributeAt(record: ByteReader, type: number): number | null {
  let at = record.u16(0x14);
  while (at + 0x18 <= record.sizeBytes && record.u32(at) !== ATTRIBUTE_END) {
    if (record.u32(at) === type) return at;
    const sizeBytes = record.u32(at + 4);
    if (sizeBytes < 0x18) return null;
    at += sizeBytes;
  }
  return null;
}

/** Whether the newer of $LogFile's two restart areas says that its volume was taken down in order. */
function readLogState(blocks: BlockReader, geometry: Geometry): boolean | null {
  const record = readRecord(blocks, geometry, LOGFILE_RECORD);
  const at = record ? attributeAt(record, ATTRIBUTE_DATA) : null;
  if (!record || at === null || record.u8(at + 8) !== 1) return null;
  const offset = firstRunOffset(record, at + record.u16(at + 0x20), geometry.clusterBytes);
  if (offset === null) return null;
  const first = readRestartArea(blocks, geometry, offset);
  const second = first ? readRestartArea(blocks, geometry, offset + first.pageBytes) : null;
  if (!first) return isEmptyLog(blocks, offset) ? true : null;
  const newest = second && second.lastLsn > first.lastLsn ? second : first;
  return newest.isClean;
}

/** Device offset of the first run of a non-resident attribute. */
function firstRunOffset(record: ByteReader, at: number, clusterBytes: number): number | null {
  if (at + 1 > record.sizeBytes) return null;
  const lengthBytes = record.u8(at) & 0x0f;
  const startBytes = record.u8(at) >> 4;
  if (startBytes === 0 || startBytes > 6 || at + 1 + lengthBytes + startBytes > record.sizeBytes) return null;
  let cluster = 0;
  for (let i = startBytes - 1; i >= 0; i -= 1) cluster = cluster * 256 + record.u8(at + 1 + lengthBytes + i);
  return cluster * clusterBytes;
}

interface RestartArea {
  readonly pageBytes: number;
  readonly lastLsn: bigint;
  readonly isClean: boolean;
}

function readRestartArea(blocks: BlockReader, geometry: Geometry, offset: number): RestartArea | null {
  const head = blocks.read(offset, 32);
  if (!head) return null;
  const pageBytes = new ByteReader(head, 'a restart page').u32(16);
  if (pageBytes < 512 || pageBytes > MAX_RECORD_BYTES) return null;
  const bytes = blocks.read(offset, pageBytes);
  if (!bytes || !restoreSectorEnds(bytes, 'RSTR', geometry.sectorBytes)) return null;
  const page = new ByteReader(bytes, 'a restart page');
  const area = page.u16(24);
  if (area + 16 > pageBytes) return null;
  const isClean = page.u16(area + 12) === NO_CLIENT || (page.u16(area + 14) & RESTART_VOLUME_IS_CLEAN) !== 0;
  return { pageBytes, lastLsn: page.u64(area), isClean };
}

/** A log that was reset is filled with ones; ntfs-3g does that when it mounts a volume for writing. */
function isEmptyLog(blocks: BlockReader, offset: number): boolean {
  return blocks.read(offset, 4096)?.every((byte) => byte === 0xff) ?? false;
}
