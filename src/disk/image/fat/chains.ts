// The table of a FAT volume: which cluster follows which.

import { FormatError } from '../../../base/errors.ts';
import type { BlockSource } from '../blocks.ts';
import type { Extent } from '../file-system.ts';
import type { FatGeometry } from './boot.ts';

/** A multiple of whole entries of each kind. */
const PIECE_BYTES = 3 * 16_384;
/** Of the entry of cluster 1 on FAT16 and FAT32: taken down in order, and no error seen. */
const MARKS = { 16: 0xc000, 32: 0x0c000000 } as const;

/** An entry of the table; `bytes` begin with that of a cluster whose number is even. */
function entryIn(bytes: Uint8Array, bits: 12 | 16 | 32, index: number): number {
  if (bits === 12) {
    const at = index + (index >> 1);
    const pair = bytes[at]! | (bytes[at + 1]! << 8);
    return index & 1 ? pair >> 4 : pair & 0xfff;
  }
  const at = (index * bits) / 8;
  const low = bytes[at]! | (bytes[at + 1]! << 8);
  return bits === 16 ? low : low | (bytes[at + 2]! << 16) | ((bytes[at + 3]! & 0x0f) << 24);
}

function entryAt(source: BlockSource, { bits, tableOffset }: FatGeometry, cluster: number): number {
  const even = cluster - (cluster & 1);
  const bytes = new Uint8Array(bits === 12 ? 3 : bits / 4);
  source.read(tableOffset + (even * bits) / 8, bytes);
  return entryIn(bytes, bits, cluster & 1);
}

/** Bytes of the clusters that are in no chain. */
export function freeBytesOf(source: BlockSource, geometry: FatGeometry): number {
  let free = 0;
  eachEntry(source, geometry, (next) => {
    if (next === 0) free += 1;
  });
  return free * geometry.clusterBytes;
}

/** Calls `visit` with what each entry of the table holds. */
export function eachEntry(
  source: BlockSource,
  { bits, clusters, tableOffset }: FatGeometry,
  visit: (next: number) => void,
): void {
  const perPiece = (PIECE_BYTES * 8) / bits;
  for (let first = 0; first <= clusters + 1; first += perPiece) {
    const count = Math.min(perPiece, clusters + 2 - first);
    const bytes = new Uint8Array(Math.ceil((count * bits) / 8));
    source.read(tableOffset + (first * bits) / 8, bytes);
    for (let i = first === 0 ? 2 : 0; i < count; i += 1) visit(entryIn(bytes, bits, i));
  }
}

/** Whether the volume was left by a driver in the middle of its work. */
export function isDirty(source: BlockSource, geometry: FatGeometry): boolean {
  if (geometry.isMarkedDirty) return true;
  if (geometry.bits === 12) return false;
  const marks = MARKS[geometry.bits];
  return (entryAt(source, geometry, 1) & marks) !== marks;
}

/**
 * Where the first `sizeBytes` bytes of the chain from `first` on lie; null: all of it, at most `mostBytes`.
 * @throws FormatError BAD_FILE_SYSTEM where the chain ends before, leaves the volume, or comes twice to a cluster
 */
export function chainOf(
  source: BlockSource,
  geometry: FatGeometry,
  first: number,
  sizeBytes: number | null,
  mostBytes: number,
): Extent[] {
  const { bits, clusterBytes, clusters, dataOffset } = geometry;
  const lastMark = bits === 12 ? 0xff8 : bits === 16 ? 0xfff8 : 0x0ffffff8;
  const bad = (found: string): FormatError =>
    new FormatError('BAD_FILE_SYSTEM', `the chain from cluster ${first} of ${source.identity} ${found}`);
  if ((sizeBytes ?? 0) > clusters * clusterBytes) throw bad(`has ${sizeBytes} bytes, more than the volume holds`);
  const extents: { offsetBytes: number; sizeBytes: number }[] = [];
  const seen = new Set<number>();
  let cluster = first;
  let done = 0;
  while (sizeBytes === null || done < sizeBytes) {
    if (cluster >= lastMark) {
      if (sizeBytes === null) break;
      throw bad(`ends after ${done} bytes, expected ${sizeBytes}`);
    }
    if (cluster < 2 || cluster > clusters + 1) throw bad(`comes to the cluster ${cluster} of ${clusters}`);
    if (seen.has(cluster)) throw bad(`comes twice to the cluster ${cluster}`);
    if (done >= mostBytes) throw bad(`has more than ${mostBytes} bytes`);
    seen.add(cluster);
    const offsetBytes = dataOffset + (cluster - 2) * clusterBytes;
    const lengthBytes = Math.min(clusterBytes, (sizeBytes ?? Number.POSITIVE_INFINITY) - done);
    const last = extents.at(-1);
    if (last && last.offsetBytes + last.sizeBytes === offsetBytes) last.sizeBytes += lengthBytes;
    else extents.push({ offsetBytes, sizeBytes: lengthBytes });
    done += lengthBytes;
    cluster = entryAt(source, geometry, cluster);
  }
  return extents;
}
