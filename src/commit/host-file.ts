// Whole reads, whole writes and syncs over the host's file operations: a short write goes on where it stopped, a folder is synced too.

import { dirname } from 'node:path';
import { FormatError, HivemendError } from '../base/errors.ts';
import { openEntry } from '../base/open-entry.ts';
import type { FileStat, ReadFs } from '../base/read-fs.ts';
import type { WriteFs } from '../base/write-fs.ts';

/** No file that we touch is larger; a journal that says otherwise is refused before it is read. */
export const MAX_FILE_SIZE_BYTES = 0x8000_0000;

/** The errno name of what a file operation threw (`EIO`, `ENOSPC`), or null where it is something else. */
export function errnoOf(error: unknown): string | null {
  if (error === null || typeof error !== 'object' || !('code' in error)) return null;
  return typeof error.code === 'string' ? error.code : null;
}

/** Whether what was thrown says that the disk is full, at first hand or as the cause of an error of ours. */
export function isFull(error: unknown): boolean {
  if (error instanceof AggregateError) return error.errors.some(isFull);
  return errnoOf(error) === 'ENOSPC' || (error instanceof HivemendError && error.data?.cause === 'ENOSPC');
}

const NOT_THERE = new Set(['ENOENT', 'ENOTDIR', 'ELOOP']);

/** The entry itself, a link not followed, or null where there is none, or no way to it (a link on the way to itself). */
export function lstatOrNull(fs: ReadFs, path: string): FileStat | null {
  try {
    return fs.lstatSync(path);
  } catch (error) {
    if (NOT_THERE.has(errnoOf(error) ?? '')) return null;
    throw error;
  }
}

/**
 * Those of the paths at which a folder lies. What lies in
 * a folder of an image that cannot be read itself is not known of, and could not be acted on.
 * @throws FormatError where damage hides one that is there
 */
export function foldersAt(fs: ReadFs, paths: readonly string[]): string[] {
  return paths.filter((path) => {
    try {
      return lstatOrNull(fs, path)?.isDirectory();
    } catch (error) {
      if (!(error instanceof FormatError) || isListed(fs, dirname(path))) throw error;
      return false;
    }
  });
}

function isListed(fs: ReadFs, folder: string): boolean {
  try {
    fs.readdirSync(folder);
    return true;
  } catch {
    return false;
  }
}

/** The file's bytes, at most `limitBytes`; what is cut off under way is an Error. */
export function readWhole(fs: ReadFs, path: string, limitBytes: number = MAX_FILE_SIZE_BYTES): Uint8Array {
  const fd = openEntry(fs, path, 'file');
  if (fd === null) throw notAFile(path);
  try {
    return readOpen(fs, fd, limitBytes);
  } finally {
    fs.closeSync(fd);
  }
}

/** Opens a file that is there for reading and writing; what became something else is an Error. The caller closes it. */
export function openToWrite(fs: WriteFs, path: string): number {
  const fd = openEntry(fs, path, 'file', fs.constants.O_RDWR ?? 2);
  if (fd === null) throw notAFile(path);
  return fd;
}

const notAFile = (path: string): Error => new Error(`${path} is not a file any more`);

/** Makes a file and opens it for reading and writing; EEXIST for whatever is there, a link too. The caller closes it. */
export function createToWrite(fs: WriteFs, path: string, mode: number): number {
  return fs.openSync(path, 'wx+', mode);
}

export function readOpen(fs: ReadFs, fd: number, limitBytes: number = MAX_FILE_SIZE_BYTES): Uint8Array {
  const { size } = fs.fstatSync(fd);
  if (size > limitBytes) throw new Error(`the file holds ${size} bytes, more than the ${limitBytes} that are read`);
  return readRange(fs, fd, 0, size);
}

/** Up to `sizeBytes` bytes at `offset`; fewer where the file ends. */
export function readRange(fs: ReadFs, fd: number, offset: number, sizeBytes: number): Uint8Array {
  const bytes = new Uint8Array(sizeBytes);
  return bytes.subarray(0, readInto(fs, fd, offset, bytes));
}

/** Fills `bytes` from `offset` on; gives how many it got, fewer where the file ends. */
export function readInto(fs: ReadFs, fd: number, offset: number, bytes: Uint8Array): number {
  let filledBytes = 0;
  while (filledBytes < bytes.byteLength) {
    const count = fs.readSync(fd, bytes, filledBytes, bytes.byteLength - filledBytes, offset + filledBytes);
    if (count === 0) break;
    filledBytes += count;
  }
  return filledBytes;
}

/** Writes all of `bytes` at `offset`; the header's sector is one call, so that the host can write it as one. */
export function writeWhole(fs: WriteFs, fd: number, bytes: Uint8Array, offset: number): void {
  let doneBytes = 0;
  while (doneBytes < bytes.byteLength) {
    const count = fs.writeSync(fd, bytes, doneBytes, bytes.byteLength - doneBytes, offset + doneBytes);
    if (count === 0)
      throw new Error(`the host wrote 0 of ${bytes.byteLength - doneBytes} bytes at ${offset + doneBytes}`);
    doneBytes += count;
  }
}

const ZEROS = new Uint8Array(65_536);

/** Real zero bytes from `from` up to `to`, so that the space is taken now and not in the middle of a commit. */
export function writeZeros(fs: WriteFs, fd: number, from: number, to: number): void {
  for (let offset = from; offset < to; offset += ZEROS.byteLength) {
    writeWhole(fs, fd, ZEROS.subarray(0, Math.min(ZEROS.byteLength, to - offset)), offset);
  }
}

/** Hosts that cannot open or sync a folder (Windows; some FUSE drivers) say one of these; the file's sync must do there. */
const NO_FOLDER_SYNC = new Set(['EISDIR', 'EPERM', 'EACCES', 'EINVAL', 'ENOSYS', 'ENOTSUP', 'EOPNOTSUPP', 'EBADF']);

export function syncFolder(fs: WriteFs, path: string): void {
  try {
    syncEntry(fs, path, openEntry(fs, path, 'file or folder'));
  } catch (error) {
    if (!NO_FOLDER_SYNC.has(errnoOf(error) ?? '')) throw error;
  }
}

/** Syncs a file that is not open. Windows wants a handle that may write. */
export function syncFile(fs: WriteFs, path: string): void {
  syncEntry(fs, path, openToWrite(fs, path));
}

function syncEntry(fs: WriteFs, path: string, fd: number | null): void {
  if (fd === null) throw notAFile(path);
  try {
    fs.fsyncSync(fd);
  } finally {
    fs.closeSync(fd);
  }
}
