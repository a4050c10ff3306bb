// The boot sector of a FAT volume: which of the three kinds it is, and where its parts are.

import { ByteReader } from '../../../base/bytes.ts';
import { FormatError } from '../../../base/errors.ts';
import { decodeLatin1 } from '../../../base/text.ts';
import type { BlockSource } from '../blocks.ts';

export interface FatGeometry {
  /** Bits of an entry of the table; FAT32 uses 28 of its 32. */
  readonly bits: 12 | 16 | 32;
  readonly clusterBytes: number;
  /** Clusters are numbered from 2 to this number + 1. */
  readonly clusters: number;
  /** The volume says that it has more than there are: the disk was cut off. */
  readonly isCutOff: boolean;
  /** Of the table that counts: the first one, unless FAT32 says that they are not alike. */
  readonly tableOffset: number;
  /** Where the cluster 2 begins. */
  readonly dataOffset: number;
  /** The root of FAT12 and FAT16, which is no chain of clusters. */
  readonly fixedRoot: { readonly offset: number; readonly sizeBytes: number } | null;
  /** Of FAT32; 0 on the others. */
  readonly rootCluster: number;
  readonly serial: string;
  /** The label in the boot sector; one in the root counts more. */
  readonly label: string | null;
  /** The mark that a driver sets while it has the volume mounted for writing. */
  readonly isMarkedDirty: boolean;
}

const BOOT_BYTES = 512;
const FAT12_CLUSTERS = 4085;
/** Of the flags of FAT32: the tables are not kept alike, and which of them is the one in use. */
const NOT_MIRRORED = 0x80;
const ACTIVE_TABLE = 0x0f;

/** @throws FormatError BAD_FILE_SYSTEM; what `source` throws */
export function readFatBoot(source: BlockSource): FatGeometry {
  const bytes = new Uint8Array(BOOT_BYTES);
  source.read(0, bytes);
  const geometry = geometryOf(new ByteReader(bytes, 'the boot sector'), source.sizeBytes);
  if (geometry) return geometry;
  throw new FormatError('BAD_FILE_SYSTEM', `${source.identity} does not begin with a sound FAT boot sector`, {
    data: { identity: source.identity },
  });
}

function geometryOf(sector: ByteReader, sizeBytes: number): FatGeometry | null {
  const sectorBytes = sector.u16(0x0b);
  const clusterBytes = sectorBytes * sector.u8(0x0d);
  const reserved = sector.u16(0x0e);
  const tables = sector.u8(0x10);
  const rootBytes = 32 * sector.u16(0x11);
  const totalSectors = sector.u16(0x13) || sector.u32(0x20);
  const isFat32 = sector.u16(0x16) === 0;
  const tableSectors = sector.u16(0x16) || sector.u32(0x24);
  const perCluster = sector.u8(0x0d);
  const isSane =
    [512, 1024, 2048, 4096].includes(sectorBytes) &&
    perCluster > 0 &&
    (perCluster & (perCluster - 1)) === 0 &&
    reserved > 0 &&
    tables > 0 &&
    tableSectors > 0 &&
    isFat32 === (rootBytes === 0);
  if (!isSane) return null;
  const rootSector = reserved + tables * tableSectors;
  const dataSector = rootSector + Math.ceil(rootBytes / sectorBytes);
  const inData = Math.floor((totalSectors - dataSector) / perCluster);
  // By the field and not by the count: there are FAT32 volumes with few clusters.
  const bits = isFat32 ? 32 : inData < FAT12_CLUSTERS ? 12 : 16;
  const inTable = Math.floor((tableSectors * sectorBytes * 8) / bits) - 2;
  // Of a volume that says more than there is, what is there counts.
  const onDisk = Math.floor((sizeBytes - dataSector * sectorBytes) / clusterBytes);
  const clusters = Math.min(inData, inTable, onDisk);
  const flags = isFat32 ? sector.u16(0x28) : 0;
  const active = flags & NOT_MIRRORED ? flags & ACTIVE_TABLE : 0;
  if (clusters < 1 || active >= tables) return null;
  const extended = isFat32 ? 0x40 : 0x24;
  const hasSerial = sector.u8(extended + 2) === 0x29;
  const label = hasSerial ? decodeLatin1(sector.slice(extended + 7, 11)).trimEnd() : '';
  return {
    bits,
    clusterBytes,
    clusters,
    isCutOff: onDisk < Math.min(inData, inTable),
    tableOffset: (reserved + active * tableSectors) * sectorBytes,
    dataOffset: dataSector * sectorBytes,
    fixedRoot: isFat32 ? null : { offset: rootSector * sectorBytes, sizeBytes: rootBytes },
    rootCluster: isFat32 ? sector.u32(0x2c) : 0,
    serial: (hasSerial ? sector.u32(extended + 3) : 0).toString(16).padStart(8, '0'),
    label: label === '' || label === 'NO NAME' ? null : label,
    isMarkedDirty: (sector.u8(extended + 1) & 1) !== 0,
  };
}
