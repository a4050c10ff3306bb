// The boot sector of an NTFS volume: where things are and how large they are. Source: facts on the layout as measured on
// volumes of mkntfs and of Windows, and libfsntfs' description of the format.

import { ByteReader } from '../../../base/bytes.ts';
import { FormatError } from '../../../base/errors.ts';
import type { BlockSource } from '../blocks.ts';

export interface NtfsGeometry {
  readonly sectorBytes: number;
  readonly clusterBytes: number;
  /** Clusters are numbered below this. */
  readonly totalClusters: number;
  /** As the boot sector says: more than `totalClusters` where the disk was cut off. */
  readonly statedClusters: number;
  readonly recordBytes: number;
  /** First clusters of $MFT and $MFTMirr. */
  readonly mftCluster: number;
  readonly mirrorCluster: number;
  /** 16 lower-case hex digits, most significant first. */
  readonly serial: string;
  /** The first sector makes no sense: this is what its copy says. */
  readonly isOfCopy: boolean;
}

const BOOT_BYTES = 512;
/** NTFS' own limits: clusters of 2 MiB, records and index blocks that fix-ups can protect. */
const MAX_CLUSTER_BYTES = 2 ** 21;
const MAX_RECORD_BYTES = 65_536;

/**
 * Reads the boot sector at the start of `source` or, where that one makes no sense, the copy in its last sector.
 * @throws FormatError BAD_FILE_SYSTEM; what `source` throws.
 */
export function readNtfsBoot(source: BlockSource): NtfsGeometry {
  const places = [0, source.sizeBytes - 512, source.sizeBytes - 4096].filter(
    (at) => at >= 0 && at + BOOT_BYTES <= source.sizeBytes,
  );
  for (const at of places) {
    const bytes = new Uint8Array(BOOT_BYTES);
    source.read(at, bytes);
    const geometry = geometryOf(new ByteReader(bytes, 'the boot sector'), source.sizeBytes);
    if (geometry) return { ...geometry, isOfCopy: at > 0 };
  }
  throw new FormatError('BAD_FILE_SYSTEM', `${source.identity} does not begin with a sound NTFS boot sector`, {
    data: { identity: source.identity },
  });
}

function geometryOf(sector: ByteReader, sizeBytes: number): Omit<NtfsGeometry, 'isOfCopy'> | null {
  if (sector.tag(3, 8) !== 'NTFS    ' || sector.u16(0x1fe) !== 0xaa55) return null;
  const sectorBytes = sector.u16(0x0b);
  const clusterBytes = sectorBytes * sectorsPerCluster(sector.u8(0x0d));
  const totalSectors = sector.u64Number(0x28);
  const recordBytes = blockBytes(sector.u8(0x40), clusterBytes);
  // A volume may be smaller than what it lies in; of one that says more, what is there counts.
  const statedClusters = Math.floor((totalSectors * sectorBytes) / clusterBytes);
  const totalClusters = Math.min(statedClusters, Math.floor(sizeBytes / clusterBytes));
  const mftCluster = sector.u64Number(0x30);
  const mirrorCluster = sector.u64Number(0x38);
  const isSane =
    [512, 1024, 2048, 4096].includes(sectorBytes) &&
    isPowerOfTwo(clusterBytes) &&
    clusterBytes <= MAX_CLUSTER_BYTES &&
    isPowerOfTwo(recordBytes) &&
    recordBytes >= 512 &&
    recordBytes <= MAX_RECORD_BYTES &&
    mftCluster > 0 &&
    mftCluster < totalClusters;
  if (!isSane) return null;
  const serial = sector.u64(0x48).toString(16).padStart(16, '0');
  const clusters = { clusterBytes, totalClusters, statedClusters };
  return { sectorBytes, ...clusters, recordBytes, mftCluster, mirrorCluster, serial };
}

/** Above 243 it is a negative power of two. */
function sectorsPerCluster(value: number): number {
  return value > 243 ? 2 ** (256 - value) : value;
}

/** Clusters where it is positive, else a negative power of two of bytes. */
function blockBytes(value: number, clusterBytes: number): number {
  return value > 127 ? 2 ** (256 - value) : value * clusterBytes;
}

export function isPowerOfTwo(value: number): boolean {
  return value > 0 && Number.isInteger(Math.log2(value));
}
