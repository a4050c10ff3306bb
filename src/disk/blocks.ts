// Devices and image files, read in whole blocks: Windows' raw devices take no other reads.

import { namedEntry, openEntry } from '../base/open-entry.ts';
import type { ReadFs } from '../base/read-fs.ts';

const BLOCK_BYTES = 4096;

/** Reads at any offset of a device or image; null past the end, or where it cannot be read. */
export interface BlockReader {
  /** Null: it cannot be told (a device; its node says 0). */
  readonly sizeBytes: number | null;
  read(offsetBytes: number, sizeBytes: number): Uint8Array | null;
}

/** Opens a device or file for the time of `use`; null where it cannot be opened. Never writes. */
export function withBlocks<T>(fs: ReadFs, path: string, use: (blocks: BlockReader) => T): T | null {
  let fd: number | null;
  try {
    // /dev/mapper and /dev/disk hold links.
    fd = openEntry(fs, namedEntry(fs, path), 'blocks');
  } catch {
    return null;
  }
  if (fd === null) return null;
  const opened = fd;
  try {
    const sizeBytes = fs.fstatSync(fd).size || null;
    return use({ sizeBytes, read: (offsetBytes, sizeBytes) => readBlocks(fs, opened, offsetBytes, sizeBytes) });
  } finally {
    fs.closeSync(fd);
  }
}

function readBlocks(fs: ReadFs, fd: number, offsetBytes: number, sizeBytes: number): Uint8Array | null {
  if (!Number.isSafeInteger(offsetBytes + sizeBytes) || offsetBytes < 0) return null;
  const start = Math.floor(offsetBytes / BLOCK_BYTES) * BLOCK_BYTES;
  const end = Math.ceil((offsetBytes + sizeBytes) / BLOCK_BYTES) * BLOCK_BYTES;
  const bytes = new Uint8Array(end - start);
  let filled = 0;
  try {
    while (filled < bytes.byteLength) {
      const count = fs.readSync(fd, bytes, filled, bytes.byteLength - filled, start + filled);
      if (count === 0) break;
      filled += count;
    }
  } catch {
    return null;
  }
  const from = offsetBytes - start;
  return from + sizeBytes <= filled ? bytes.slice(from, from + sizeBytes) : null;
}
