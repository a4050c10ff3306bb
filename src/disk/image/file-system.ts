// What a file system in an image gives, whichever it is: files by name, their bytes, and where on the disk these lie.

import { RefusedError } from '../../base/errors.ts';

/** A file, a folder, or a link (junction, symbolic link), which is never followed. */
export interface FileNode {
  readonly kind: 'file' | 'folder' | 'link';
  /** The same for all names of a file: its MFT record; on FAT the offset of its directory entry in the volume. */
  readonly id: number;
  readonly sizeBytes: number;
  /** Since 1970, UTC (FAT keeps local time, which is taken as it stands). */
  readonly modifiedMs: number;
  /** Where a link leads, as the disk says it; null: not a link. */
  readonly target: string | null;
  /** The names in a folder, in its own order. */
  names(): string[];
  /** What Windows opens by `name` in this folder, with the spelling of the disk; null where there is nothing. */
  child(name: string): { readonly name: string; readonly node: FileNode } | null;
  /** @throws RefusedError UNREADABLE_STORAGE where the bytes are elsewhere or in a form that is not read */
  open(): FileData;
  /**
   * Where the file may be overwritten, all that says so read and checked now: no metadata is written, ever.
   * @throws RefusedError NOT_IN_PLACE, UNREADABLE_STORAGE; FormatError BAD_FILE_SYSTEM, TRUNCATED
   */
  writablePlace(): WritablePlace;
  /** The self-relative security descriptor; null where the file system keeps none. */
  descriptor(): Uint8Array | null;
}

export interface FileData {
  readonly sizeBytes: number;
  /** Fills `into` from the byte `at`; the count is smaller at the end of the file. */
  read(at: number, into: Uint8Array): number;
  place(): FilePlace;
}

/** A stretch of the disk: absolute byte offsets of the source that the volume was opened on. */
export interface Extent {
  readonly offsetBytes: number;
  readonly sizeBytes: number;
}

/** Where the bytes of a file lie. */
export interface FilePlace {
  /** MFT record; on FAT the offset of the directory entry in the volume. */
  readonly record: number;
  /** How often the record was given to a file; null on FAT. */
  readonly sequence: number | null;
  readonly sizeBytes: number;
  /** From here on the file reads as zeros, whatever its clusters hold. */
  readonly initialisedBytes: number;
  /** Only 'plain' can be overwritten where it lies. */
  readonly storage: 'plain' | 'resident' | 'sparse' | 'compressed';
  /** In the order of the file, up to its size; [] unless it is plain. */
  readonly extents: readonly Extent[];
}

/** The place of a file that may be overwritten where it lies. */
export interface WritablePlace extends FilePlace {
  /** SHA-256 of the structures that the place was read from, as they lie on the disk. */
  readonly stamp: string;
}

/** `data.cause` says which condition does not hold. */
export function notInPlace(cause: string, message: string): RefusedError {
  return new RefusedError('NOT_IN_PLACE', message, {
    hint: 'mount the volume for writing and run the command again on the folder',
    data: { cause },
  });
}

/** `what` is a file, or the disk of several. @throws RefusedError NOT_IN_PLACE where two of the extents share a byte */
export function refuseOverlap(extents: readonly Extent[], what: string): void {
  const sorted = [...extents].sort((a, b) => a.offsetBytes - b.offsetBytes);
  for (const [i, { offsetBytes }] of sorted.entries()) {
    const before = sorted[i - 1];
    if (before && before.offsetBytes + before.sizeBytes > offsetBytes) {
      throw notInPlace('overlap', `${what} has two pieces in the same place of the disk (${offsetBytes})`);
    }
  }
}

export interface FileSystem {
  readonly kind: 'ntfs' | 'fat';
  /** Lower-case hex, most significant digit first: 16 digits on NTFS, 8 on FAT. */
  readonly serial: string;
  readonly label: string | null;
  readonly root: FileNode;
  /** Bytes of the clusters that no file has. */
  freeBytes(): number;
}
