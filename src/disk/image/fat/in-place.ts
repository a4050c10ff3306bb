// Whether a file of a FAT volume can be overwritten where it lies: its chain is whole, and no other has a part of it.

import { createHash } from 'node:crypto';
import type { BlockSource } from '../blocks.ts';
import { type FilePlace, notInPlace, type WritablePlace } from '../file-system.ts';
import type { FatGeometry } from './boot.ts';
import { chainOf, eachEntry } from './chains.ts';
import type { FatEntry } from './folder.ts';

const ENTRY_BYTES = 32;

/** `siblings` are the entries of the file's folder. @throws RefusedError NOT_IN_PLACE; FormatError BAD_FILE_SYSTEM */
export function checkInPlace(
  source: BlockSource,
  geometry: FatGeometry,
  { entry, siblings, place }: { entry: FatEntry; siblings: readonly FatEntry[]; place: FilePlace },
): WritablePlace {
  const what = `the file at ${place.record} of ${source.identity}`;
  const { clusterBytes, clusters, dataOffset } = geometry;
  // To its end, and not only as far as the size goes.
  const whole = chainOf(source, geometry, entry.cluster, null, clusters * clusterBytes);
  const own = new Set<number>();
  for (const { offsetBytes, sizeBytes } of whole) {
    const first = (offsetBytes - dataOffset) / clusterBytes + 2;
    for (let cluster = first; cluster < first + sizeBytes / clusterBytes; cluster += 1) own.add(cluster);
  }
  // Each cluster but the first is named once in the table, by the one before it.
  const links = countLinks(source, geometry, own);
  const others = siblings.filter(({ offset, cluster }) => offset !== entry.offset && own.has(cluster));
  if (links !== own.size - 1 || others.length > 0) {
    throw notInPlace('cross-linked', `${what} shares clusters with another file`);
  }
  const bytes = new Uint8Array(ENTRY_BYTES);
  source.read(place.record, bytes);
  const stamp = createHash('sha256').update(bytes).update(JSON.stringify(whole)).digest('hex');
  return { ...place, stamp };
}

/** How many entries of the table point to one of these clusters. */
function countLinks(source: BlockSource, geometry: FatGeometry, clusters: ReadonlySet<number>): number {
  let links = 0;
  eachEntry(source, geometry, (next) => {
    if (clusters.has(next)) links += 1;
  });
  return links;
}
