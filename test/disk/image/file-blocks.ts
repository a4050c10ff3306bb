// An image file as a disk, opened for reading only, for tests of what reads from it.

import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import { type BlockSource, checkRange } from '../../../src/disk/image/blocks.ts';

/** Runs `use` over the file `path`; a write throws. */
export function withFileBlocks<T>(path: string, use: (source: BlockSource) => T): T {
  const fd = openSync(path, 'r');
  const no = (): never => {
    throw new Error('this disk is open for reading');
  };
  const source: BlockSource = {
    sizeBytes: fstatSync(fd).size,
    blockSizeBytes: 512,
    identity: path,
    read: (at, into) => {
      checkRange(source, at, into.byteLength);
      readSync(fd, into, 0, into.byteLength, at);
    },
    write: no,
    flush: no,
    close: () => {},
  };
  try {
    return use(source);
  } finally {
    closeSync(fd);
  }
}
