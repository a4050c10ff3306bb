// What a file system in an image gives, whichever it is: files by name, their bytes, and where on the disk these lie.

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
  /** MFT record, or the offset of the directory entry on FAT. */
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

export interface FileSystem {
  readonly kind: 'ntfs' | 'fat';
  /** Lower-case hex, most significant digit first: 16 digits on NTFS, 8 on FAT. */
  readonly serial: string;
  readonly label: string | null;
  readonly root: FileNode;
  /** Bytes of the clusters that no file has. */
  freeBytes(): number;
}
