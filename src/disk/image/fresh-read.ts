// Reads a file or device past the caches of this machine, so that what another machine has written meanwhile is seen.

import { openEntry } from '../../base/open-entry.ts';
import { codeOf } from '../../base/read-folder.ts';
import type { ReadFs } from '../../base/read-fs.ts';
import { hostWasm } from '../../engine/webassembly.ts';

/** Direct reads take whole units of every sector size, into memory that begins at one. */
const UNIT_BYTES = 4096;
const WINDOW_BYTES = 2 ** 20;
const WASM_PAGE_BYTES = 65_536;

/** Memory that begins at a page of the machine: an ordinary buffer does not. */
let window: Uint8Array | null = null;

/**
 * Fills `into` from the file or device at `path`. Where direct reads are not supported (some network and FUSE file systems)
 * the cache is read: false.
 * @throws Error of node:fs; EIO where the file ends before.
 */
export function readPastCaches(fs: ReadFs, path: string, at: number, into: Uint8Array): boolean {
  const { O_RDONLY = 0, O_DIRECT = 0 } = fs.constants;
  if (O_DIRECT !== 0) {
    try {
      withFile(fs, path, O_RDONLY | O_DIRECT, (fd) => readDirect(fs, fd, at, into));
      return true;
    } catch (error) {
      if (codeOf(error) !== 'EINVAL') throw error;
    }
  }
  withFile(fs, path, O_RDONLY, (fd) => readAll(fs, fd, at, into));
  return false;
}

function withFile(fs: ReadFs, path: string, flags: number, use: (fd: number) => void): void {
  const fd = openEntry(fs, path, 'blocks', flags);
  if (fd === null)
    throw Object.assign(new Error(`${path} is neither a file nor a block device any more`), { code: 'EIO' });
  try {
    use(fd);
  } finally {
    fs.closeSync(fd);
  }
}

function readDirect(fs: ReadFs, fd: number, at: number, into: Uint8Array): void {
  window ??= new Uint8Array(new hostWasm.Memory({ initial: WINDOW_BYTES / WASM_PAGE_BYTES }).buffer);
  for (let done = 0; done < into.byteLength; ) {
    const start = Math.floor((at + done) / UNIT_BYTES) * UNIT_BYTES;
    const skip = at + done - start;
    const wanted = Math.min(WINDOW_BYTES, Math.ceil((skip + into.byteLength - done) / UNIT_BYTES) * UNIT_BYTES);
    const count = fs.readSync(fd, window, 0, wanted, start);
    const usable = Math.min(count - skip, into.byteLength - done);
    if (usable <= 0) throw endedAt(at + done);
    into.set(window.subarray(skip, skip + usable), done);
    done += usable;
    // A short read in the middle would leave an odd place to go on from.
    if (done < into.byteLength && count < wanted) throw endedAt(start + count);
  }
}

function readAll(fs: ReadFs, fd: number, at: number, into: Uint8Array): void {
  for (let done = 0; done < into.byteLength; ) {
    const count = fs.readSync(fd, into, done, into.byteLength - done, at + done);
    if (count === 0) throw endedAt(at + done);
    done += count;
  }
}

function endedAt(at: number): Error {
  return Object.assign(new Error(`the disk ended at byte ${at} while it was read`), { code: 'EIO' });
}
