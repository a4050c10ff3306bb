// A raw image file or a block device as blocks: opened once, never through a link, never for more than is needed, and read
// and written through that one descriptor.

import { HivemendError, NotFoundError, RefusedError, UsageError } from '../../base/errors.ts';
import { openEntry } from '../../base/open-entry.ts';
import { pathWord } from '../../base/quote.ts';
import { codeOf } from '../../base/read-folder.ts';
import type { FileStat, ReadFs } from '../../base/read-fs.ts';
import { printable } from '../../base/text.ts';
import type { WriteFs } from '../../base/write-fs.ts';
import { readText } from '../mounted/volumes.ts';
import { type BlockSource, checkRange } from './blocks.ts';

export interface RawFile extends BlockSource {
  /** The real path: links of the given one are resolved before it is opened. */
  readonly path: string;
  readonly stat: FileStat;
  readonly isDevice: boolean;
  /** A device that something else holds (a mount, a device mapper): it was opened for reading all the same. */
  readonly isHeld: boolean;
}

const SECTOR_BYTES = 512;
/** Larger than any device; a search for the end never goes past it. */
const MAX_DEVICE_BYTES = 2 ** 53 - 1;

/**
 * Opens a file or device for reading; a device for this process alone (O_EXCL) as long as it is open, unless something else
 * holds it already. Reading changes nothing, the access time included where the host allows that.
 * @throws NotFoundError FILE_NOT_FOUND; UsageError BAD_PATH for what is neither file nor device; RefusedError NO_RIGHTS.
 */
export function openRaw(fs: ReadFs, given: string): RawFile {
  return open(fs, given, null);
}

/**
 * Opens a file or device for reading and writing; a device for this process alone.
 * @throws as openRaw; RefusedError READ_ONLY, IN_USE for a device that something else holds.
 */
export function openRawForWriting(fs: WriteFs, given: string): RawFile {
  return open(fs, given, fs);
}

function open(fs: ReadFs, given: string, writer: WriteFs | null): RawFile {
  let path = given;
  try {
    path = fs.realpathSync(given);
    const opened = openOnce(fs, path, writer !== null);
    try {
      return rawFile(fs, path, opened, writer);
    } catch (error) {
      fs.closeSync(opened.fd);
      throw error;
    }
  } catch (error) {
    throw openingError(error, path, writer !== null);
  }
}

interface Opened {
  readonly fd: number;
  readonly isDevice: boolean;
  readonly isHeld: boolean;
}

function openOnce(fs: ReadFs, path: string, isWriting: boolean): Opened {
  const { O_RDONLY = 0, O_RDWR = 2, O_EXCL = 0, O_NOATIME = 0 } = fs.constants;
  const flags = isWriting ? O_RDWR : O_RDONLY;
  const isDevice = fs.lstatSync(path).isBlockDevice();
  try {
    // On a device O_EXCL is refused where somebody holds it; on a file it would have no meaning.
    return { fd: openBlocks(fs, path, flags | (isDevice ? O_EXCL : O_NOATIME)), isDevice, isHeld: false };
  } catch (error) {
    const isHeld = isDevice && !isWriting && codeOf(error) === 'EBUSY';
    // Only the owner and root may read without leaving a trace in the access time.
    if (!isHeld && (isDevice || codeOf(error) !== 'EPERM')) throw error;
    return { fd: openBlocks(fs, path, flags), isDevice, isHeld };
  }
}

function openBlocks(fs: ReadFs, path: string, flags: number): number {
  const fd = openEntry(fs, path, 'blocks', flags);
  if (fd !== null) return fd;
  throw new UsageError('BAD_PATH', `${printable(path)} is neither a disk image nor a block device`);
}

function rawFile(fs: ReadFs, path: string, { fd, isDevice, isHeld }: Opened, writer: WriteFs | null): RawFile {
  const stat = fs.fstatSync(fd);
  if (isDevice !== stat.isBlockDevice()) {
    throw new UsageError('BAD_PATH', `${printable(path)} became another entry while it was opened`);
  }
  const sysfs = `/sys/class/block/${path.replace(/^\/dev\//, '').replaceAll('/', '!')}`;
  // The kernel opens a read-only device for writing all the same, and fails each write.
  if (writer && isDevice && readText(fs, `${sysfs}/ro`)?.trim() === '1') {
    throw hostError('EROFS', `${printable(path)} is a read-only device`);
  }
  let isOpen = true;
  const source: RawFile = {
    path,
    stat,
    isDevice,
    isHeld,
    identity: path,
    sizeBytes: isDevice ? deviceSize(fs, fd, readText(fs, `${sysfs}/size`)) : stat.size,
    blockSizeBytes: isDevice ? sectorSize(fs, sysfs) : SECTOR_BYTES,
    read: (at, into) => {
      checkRange(source, at, into.byteLength);
      for (let done = 0; done < into.byteLength; ) {
        const count = fs.readSync(fd, into, done, into.byteLength - done, at + done);
        if (count === 0) throw hostError('EIO', `${printable(path)} ended at byte ${at + done} while it was read`);
        done += count;
      }
    },
    write: (at, bytes) => {
      checkRange(source, at, bytes.byteLength);
      if (!writer) throw hostError('EROFS', `${printable(path)} was opened for reading only`);
      for (let done = 0; done < bytes.byteLength; ) {
        const count = writer.writeSync(fd, bytes, done, bytes.byteLength - done, at + done);
        if (count === 0) throw hostError('EIO', `the host wrote nothing of ${printable(path)} at byte ${at + done}`);
        done += count;
      }
    },
    flush: () => writer?.fsyncSync(fd),
    close: () => {
      if (isOpen) fs.closeSync(fd);
      isOpen = false;
    },
  };
  return source;
}

/** What the kernel says, in its unit of 512 bytes, if the device ends there; else the end is searched for. */
function deviceSize(fs: ReadFs, fd: number, stated: string | null): number {
  const byte = new Uint8Array(1);
  const isReadable = (at: number): boolean => {
    try {
      return fs.readSync(fd, byte, 0, 1, at) === 1;
    } catch {
      return false;
    }
  };
  const statedBytes = Number(stated ?? Number.NaN) * SECTOR_BYTES;
  if (statedBytes > 0 && isReadable(statedBytes - 1) && !isReadable(statedBytes)) return statedBytes;
  if (!isReadable(0)) return 0;
  let last = 0;
  let past = MAX_DEVICE_BYTES;
  while (past - last > 1) {
    const middle = last + Math.floor((past - last) / 2);
    if (isReadable(middle)) last = middle;
    else past = middle;
  }
  return past;
}

function sectorSize(fs: ReadFs, sysfs: string): number {
  // A partition has its disk's.
  for (const place of ['queue', '../queue']) {
    const text = readText(fs, `${realSysfs(fs, sysfs)}/${place}/logical_block_size`);
    const bytes = Number(text ?? 0);
    if (bytes >= SECTOR_BYTES && bytes <= 65_536 && (bytes & (bytes - 1)) === 0) return bytes;
  }
  return SECTOR_BYTES;
}

function realSysfs(fs: ReadFs, sysfs: string): string {
  try {
    return fs.realpathSync(sysfs);
  } catch {
    return sysfs;
  }
}

/** As the host's file system throws it. */
export function hostError(code: string, message: string): Error {
  return Object.assign(new Error(message), { code });
}

function openingError(error: unknown, path: string, isWriting: boolean): unknown {
  if (error instanceof HivemendError) return error;
  const shown = printable(path);
  const data = { path, cause: codeOf(error) };
  switch (codeOf(error)) {
    case 'ENOENT':
    case 'ENOTDIR':
      return new NotFoundError('FILE_NOT_FOUND', `${shown} does not exist`, { cause: error });
    case 'EISDIR':
    case 'ELOOP':
    case 'ENXIO':
      return new UsageError('BAD_PATH', `${shown} is neither a disk image nor a block device`, { cause: error });
    case 'ENOMEDIUM':
      return new NotFoundError('FILE_NOT_FOUND', `${shown} does not have a medium`, { cause: error });
    case 'EACCES':
    case 'EPERM':
      return new RefusedError('NO_RIGHTS', `${shown} may not be ${isWriting ? 'written' : 'read'} by this user`, {
        hint: path.startsWith('/dev/')
          ? 'run as root (sudo), or as a member of the group disk'
          : 'run as its owner or as root (sudo)',
        data,
        cause: error,
      });
    case 'EROFS':
      return new RefusedError(
        'READ_ONLY',
        `${shown} lies on a volume that is mounted read-only, or is a read-only device`,
        {
          data,
          cause: error,
        },
      );
    case 'EBUSY':
    case 'ETXTBSY':
      return new RefusedError(
        'IN_USE',
        `${shown} is held by another program: it is mounted, or part of another device`,
        {
          hint: `lsblk ${pathWord(path)}`,
          data,
          cause: error,
        },
      );
    default:
      return error;
  }
}
