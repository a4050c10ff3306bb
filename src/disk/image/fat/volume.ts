// A FAT volume: its root and the state that it was left in.

import { FormatError } from '../../../base/errors.ts';
import type { BlockSource } from '../blocks.ts';
import type { FileSystem } from '../file-system.ts';
import { type FatGeometry, readFatBoot } from './boot.ts';
import { freeBytesOf, isDirty } from './chains.ts';
import { FatFile } from './file.ts';

export class FatVolume implements FileSystem {
  readonly kind = 'fat';
  readonly geometry: FatGeometry;
  readonly source: BlockSource;
  readonly root: FatFile;

  /** @throws FormatError BAD_FILE_SYSTEM; what `source` throws */
  constructor(source: BlockSource) {
    this.source = source;
    this.geometry = readFatBoot(source);
    this.root = new FatFile(this, null, 0, []);
  }

  get serial(): string {
    return this.geometry.serial;
  }

  /** The root's own, else that of the boot sector; the latter also where the root is damaged. */
  get label(): string | null {
    try {
      return this.root.label() ?? this.geometry.label;
    } catch (error) {
      if (error instanceof FormatError) return this.geometry.label;
      throw error;
    }
  }

  freeBytes(): number {
    return freeBytesOf(this.source, this.geometry);
  }

  /** A driver had it mounted for writing and did not take it down. */
  get isDirty(): boolean {
    return isDirty(this.source, this.geometry);
  }
}
