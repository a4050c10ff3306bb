// What can be proven and then committed: a hive, a file, a folder, a move, a descriptor, as plain data.

import type { Recovery } from '../regf/logs/recover.ts';
import type { LogOnDisk } from './open.ts';

export interface HiveTarget {
  readonly kind: 'hive';
  readonly path: string;
  /** The whole file as it was loaded, with what lies beyond its bins. Not written, not kept after the call. */
  readonly original: Uint8Array;
  /** Of `original`, lower-case hex, where the caller knows it. */
  readonly originalSha256?: string;
  /** Every log that lies beside it, empty ones too. */
  readonly logs: readonly LogOnDisk[];
  /** Null only for a replacement: what lies there cannot be read as a hive. */
  readonly recovery: Recovery | null;
  /** The image to leave: base block and bins, 4096 + bins size bytes; never fewer bins than the hive had. */
  readonly result: Uint8Array;
  /**
   * `result` is another hive, which takes the place of the one that lies there (rebuilt as new, or a copy of one), base
   * block and all. It is written in the order without logs, so that no cut shows pages of both.
   */
  readonly isReplacement?: boolean;
  /** Neither the hive nor its logs can become longer where they lie (an image). */
  readonly isFixedSize?: boolean;
  /** Write a dirty hive that its logs cannot recover; without it that is RefusedError DIRTY_HIVE. */
  readonly acceptDirty?: boolean;
}

/** A file that is made (before null), overwritten, or deleted (after null). */
export interface FileTarget {
  readonly kind: 'file';
  readonly path: string;
  readonly before: Uint8Array | null;
  readonly after: Uint8Array | null;
  /** For a file that is made: set on it before its first byte (without it, what the host gives). */
  readonly descriptor?: Uint8Array;
}

export interface FolderTarget {
  readonly kind: 'folder';
  readonly path: string;
  readonly descriptor?: Uint8Array;
}

/** A file that gets another name on its own volume; nothing may bear that name yet. */
export interface MoveTarget {
  readonly kind: 'move';
  readonly path: string;
  readonly to: string;
  /** What the file holds. */
  readonly bytes: Uint8Array;
}

/** A file or folder that gets another security descriptor (self-relative bytes). */
export interface DescriptorTarget {
  readonly kind: 'descriptor';
  readonly path: string;
  readonly before: Uint8Array;
  readonly after: Uint8Array;
}

export type CommitTarget = HiveTarget | FileTarget | FolderTarget | MoveTarget | DescriptorTarget;
