// A file or folder of a FAT volume.

import { compareNames } from '../../../base/text.ts';
import type { BlockSource } from '../blocks.ts';
import {
  type Extent,
  type FileData,
  type FileNode,
  type FilePlace,
  notInPlace,
  type WritablePlace,
} from '../file-system.ts';
import type { FatGeometry } from './boot.ts';
import { chainOf } from './chains.ts';
import { type FatEntry, parseFolder } from './folder.ts';
import { checkInPlace } from './in-place.ts';

/** What the format allows a folder to be: 65,536 entries. */
const MAX_FOLDER_BYTES = 2 ** 21;

/** What a file needs of its volume. */
export interface FatParts {
  readonly source: BlockSource;
  readonly geometry: FatGeometry;
}

export class FatFile implements FileNode {
  readonly target = null;
  readonly id: number;
  private readonly volume: FatParts;
  /** Null: the root, which no entry names. */
  private readonly entry: FatEntry | null;
  private content: { readonly parsed: ReturnType<typeof parseFolder>; readonly extents: readonly Extent[] } | null =
    null;

  private readonly siblings: readonly FatEntry[];

  /** `id` is the offset of the entry in the volume, `siblings` are the entries of the folder that it stands in. */
  constructor(volume: FatParts, entry: FatEntry | null, id: number, siblings: readonly FatEntry[]) {
    this.volume = volume;
    this.entry = entry;
    this.id = id;
    this.siblings = siblings;
  }

  get kind(): FileNode['kind'] {
    return this.entry && !this.entry.isFolder ? 'file' : 'folder';
  }

  get sizeBytes(): number {
    return this.entry?.isFolder ? 0 : (this.entry?.sizeBytes ?? 0);
  }

  get modifiedMs(): number {
    return this.entry?.modifiedMs ?? 0;
  }

  /** What the root calls the volume. @throws FormatError BAD_FILE_SYSTEM */
  label(): string | null {
    return this.folder().parsed.label;
  }

  names(): string[] {
    return this.folder().parsed.entries.map(({ name }) => name);
  }

  child(name: string): { readonly name: string; readonly node: FatFile } | null {
    const { parsed, extents } = this.folder();
    const { entries } = parsed;
    const found =
      entries.find((entry) => entry.name === name) ??
      entries.find((entry) => compareNames(entry.name, name) === 0) ??
      entries.find((entry) => compareNames(entry.shortName, name) === 0);
    if (!found) return null;
    return { name: found.name, node: new FatFile(this.volume, found, offsetIn(extents, found.offset), entries) };
  }

  open(): FileData {
    const { source, geometry } = this.volume;
    const { entry, id } = this;
    const sizeBytes = this.sizeBytes;
    const extents = sizeBytes === 0 ? [] : chainOf(source, geometry, entry?.cluster ?? 0, sizeBytes, sizeBytes);
    const place: FilePlace = {
      ...{ record: id, sequence: null, sizeBytes, initialisedBytes: sizeBytes },
      ...{ storage: 'plain', extents },
    };
    return { sizeBytes, read: (at, into) => readExtents(source, extents, at, into), place: () => place };
  }

  writablePlace(): WritablePlace {
    const { entry, siblings } = this;
    if (!entry || entry.isFolder) throw notInPlace('folder', `${this.volume.source.identity} has a folder there`);
    const place = this.open().place();
    // Without a byte there is no chain to check, and nothing to write.
    if (place.sizeBytes === 0) return { ...place, stamp: '' };
    return checkInPlace(this.volume.source, this.volume.geometry, { entry, siblings, place });
  }

  descriptor(): null {
    return null;
  }

  private folder(): NonNullable<FatFile['content']> {
    if (this.content) return this.content;
    const { source, geometry } = this.volume;
    const { fixedRoot, rootCluster, bits } = geometry;
    const extents =
      this.entry === null && fixedRoot
        ? [{ offsetBytes: fixedRoot.offset, sizeBytes: fixedRoot.sizeBytes }]
        : chainOf(source, geometry, this.entry?.cluster ?? rootCluster, null, MAX_FOLDER_BYTES);
    const bytes = new Uint8Array(extents.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0));
    readExtents(source, extents, 0, bytes);
    this.content = { parsed: parseFolder(bytes, bits), extents };
    return this.content;
  }
}

function readExtents(source: BlockSource, extents: readonly Extent[], at: number, into: Uint8Array): number {
  let start = 0;
  let done = 0;
  for (const { offsetBytes, sizeBytes } of extents) {
    const within = at + done - start;
    if (within >= 0 && within < sizeBytes && done < into.byteLength) {
      const count = Math.min(sizeBytes - within, into.byteLength - done);
      source.read(offsetBytes + within, into.subarray(done, done + count));
      done += count;
    }
    start += sizeBytes;
  }
  return done;
}

/** Where the byte `at` of what lies in `extents` stands in the volume. */
function offsetIn(extents: readonly Extent[], at: number): number {
  let start = 0;
  for (const { offsetBytes, sizeBytes } of extents) {
    if (at < start + sizeBytes) return offsetBytes + at - start;
    start += sizeBytes;
  }
  return 0;
}
