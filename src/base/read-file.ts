// Reading whole files from a disk that must not change: opened for reading only, without touching the access time
// where the host allows that.

import { bytesEqual } from './bytes.ts';
import { FormatError, NotFoundError, RefusedError } from './errors.ts';
import { namedEntry, openEntry } from './open-entry.ts';
import { codeOf } from './read-folder.ts';
import type { ReadFs } from './read-fs.ts';

/** No hive is larger than 2 GiB (its offsets are 31 bits), and no other file that we read comes near. */
const MAX_SIZE_BYTES = 2 ** 31;
/** As much is compared at once. */
const PIECE_SIZE_BYTES = 1 << 18;

/**
 * Opens `path`, a file or a block device, for reading; the caller closes it. No link is followed, and a pipe does not block.
 * @throws NotFoundError FILE_NOT_FOUND; RefusedError NO_RIGHTS, IN_USE, NOT_MOUNTED, UNREADABLE.
 */
export function openForReading(fs: ReadFs, path: string): number {
  let isFolder: boolean;
  try {
    const fd = openQuietly(fs, path);
    if (fd !== null) return fd;
    isFolder = fs.lstatSync(path).isDirectory();
  } catch (error) {
    throw readingError(error, path);
  }
  const what = isFolder ? 'a folder' : 'a pipe, a socket or a device';
  throw new NotFoundError('FILE_NOT_FOUND', `${path} is ${what}, expected a file`, { data: { path, isFolder } });
}

/** As readWholeFile, of a file that a person named, who may name a link. */
export function readNamedFile(fs: ReadFs, path: string): Uint8Array {
  return readWholeFile(fs, namedEntry(fs, path));
}

function openQuietly(fs: ReadFs, path: string): number | null {
  const { O_RDONLY = 0, O_NOATIME } = fs.constants;
  if (O_NOATIME !== undefined) {
    try {
      return openEntry(fs, path, 'blocks', O_RDONLY | O_NOATIME);
    } catch (error) {
      // Only the owner and root may read without leaving a trace in the access time.
      if (codeOf(error) !== 'EPERM' && codeOf(error) !== 'EINVAL') throw error;
    }
  }
  return openEntry(fs, path, 'blocks');
}

/** The first bytes of a file of any size, `sizeBytes` of them or all. @throws as readWholeFile. */
export function readFileStart(fs: ReadFs, path: string, sizeBytes: number): Uint8Array {
  return readBytes(fs, path, sizeBytes);
}

/**
 * All bytes of a file, in memory that `allocate` gives. @throws as openForReading; FormatError TRUNCATED when it shrinks
 * while it is read; what `allocate` throws.
 */
export function readWholeFile(fs: ReadFs, path: string, allocate?: (sizeBytes: number) => Uint8Array): Uint8Array {
  return readBytes(fs, path, null, allocate);
}

/** Whether a file holds just these bytes; read in pieces, so that no second copy of it is made. @throws as openForReading. */
export function fileHolds(fs: ReadFs, path: string, bytes: Uint8Array): boolean {
  const fd = openForReading(fs, path);
  try {
    return openFileHolds(fs, fd, bytes);
  } catch (error) {
    throw readingError(error, path);
  } finally {
    fs.closeSync(fd);
  }
}

/** As fileHolds, of a file that is open; the host's errors. */
export function openFileHolds(fs: ReadFs, fd: number, bytes: Uint8Array): boolean {
  if (fs.fstatSync(fd).size !== bytes.byteLength) return false;
  const piece = new Uint8Array(Math.min(bytes.byteLength, PIECE_SIZE_BYTES));
  for (let at = 0; at < bytes.byteLength; ) {
    const count = fs.readSync(fd, piece, 0, Math.min(piece.byteLength, bytes.byteLength - at), at);
    if (count === 0 || !bytesEqual(piece.subarray(0, count), bytes.subarray(at, at + count))) return false;
    at += count;
  }
  return true;
}

function readBytes(
  fs: ReadFs,
  path: string,
  mostBytes: number | null,
  allocate = (sizeBytes: number): Uint8Array => new Uint8Array(sizeBytes),
): Uint8Array {
  const fd = openForReading(fs, path);
  try {
    const stat = fs.fstatSync(fd);
    const wantedBytes = Math.min(stat.size, mostBytes ?? stat.size);
    if (wantedBytes >= MAX_SIZE_BYTES) {
      throw new RefusedError('LIMIT', `${path} has ${stat.size} bytes, expected fewer than ${MAX_SIZE_BYTES}`);
    }
    const bytes = allocate(wantedBytes);
    let done = 0;
    while (done < bytes.byteLength) {
      const count = fs.readSync(fd, bytes, done, bytes.byteLength - done, done);
      if (count === 0) {
        throw new FormatError(
          'TRUNCATED',
          `${path} ended at byte ${done} while it was read, expected ${stat.size} bytes`,
        );
      }
      done += count;
    }
    return bytes;
  } catch (error) {
    throw readingError(error, path);
  } finally {
    fs.closeSync(fd);
  }
}

function readingError(error: unknown, path: string): unknown {
  switch (codeOf(error)) {
    case 'ENOENT':
    case 'ENOTDIR':
      return new NotFoundError('FILE_NOT_FOUND', `${path} does not exist`, { cause: error });
    case 'ELOOP':
      return new NotFoundError(
        'FILE_NOT_FOUND',
        `${path} is a link where a file was expected, or leads back to itself`,
        { cause: error },
      );
    case 'EISDIR':
      return new NotFoundError('FILE_NOT_FOUND', `${path} is a folder, expected a file`, {
        cause: error,
        data: { path, isFolder: true },
      });
    case 'EACCES':
    case 'EPERM':
      return new RefusedError('NO_RIGHTS', `${path} may not be read by this user`, {
        hint: 'run it again as root (Linux) or from an elevated prompt (Windows)',
        cause: error,
      });
    case 'EIO':
      return new RefusedError('UNREADABLE', `${path} cannot be read: the disk gave an error (EIO)`, {
        hint: 'check the disk and its cable, or work on a copy (ddrescue)',
        cause: error,
      });
    case 'ENOTCONN':
    case 'ENODEV':
    case 'ENXIO':
    case 'ESTALE':
      return new RefusedError('NOT_MOUNTED', `${path} cannot be read: its volume was unmounted or detached`, {
        hint: 'mount the volume again, then run the command again',
        cause: error,
      });
    case 'EBUSY':
      return new RefusedError('IN_USE', `${path} is in use by another program`, {
        hint: 'if the hive is loaded in a registry editor, unload it there (reg unload)',
        cause: error,
      });
    default:
      return error;
  }
}
