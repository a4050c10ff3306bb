// A whole disk of Windows, \\.\PhysicalDriveN, as blocks for reading. Windows reads whole sectors at whole sectors of it, and
// tells no size: the end is searched for. It is not written: Windows refuses that below volumes that it has mounted.

import { RefusedError } from '../../base/errors.ts';
import { codeOf } from '../../base/read-folder.ts';
import type { ReadFs } from '../../base/read-fs.ts';
import { printable } from '../../base/text.ts';
import { type BlockSource, checkRange } from './blocks.ts';

const NAME = /^\\\\[.?]\\PhysicalDrive\d+$/i;
const SECTOR_BYTES = [512, 4096] as const;
/** Larger than any disk; a search for the end never goes past it. */
const MAX_SECTORS = 2 ** 43;
const CHUNK_BYTES = 2 ** 20;

export const isPhysicalDrive = (name: string): boolean => NAME.test(name);

/** @throws RefusedError NO_RIGHTS, IN_USE; errors of node:fs where there is no such disk (ENOENT) or no medium in it */
export function openPhysicalDrive(fs: ReadFs, name: string): BlockSource {
  let fd: number;
  try {
    fd = fs.openSync(name, 'r');
  } catch (error) {
    throw refusalOf(error, name) ?? error;
  }
  try {
    return blocksOf(fs, fd, name);
  } catch (error) {
    fs.closeSync(fd);
    throw error;
  }
}

function blocksOf(fs: ReadFs, fd: number, name: string): BlockSource {
  const read = (at: number, into: Uint8Array): boolean => {
    try {
      return fs.readSync(fd, into, 0, into.byteLength, at) === into.byteLength;
    } catch {
      return false;
    }
  };
  const unitBytes = SECTOR_BYTES.find((sizeBytes) => read(0, new Uint8Array(sizeBytes)));
  if (unitBytes === undefined) throw Object.assign(new Error(`EIO: ${name} cannot be read`), { code: 'EIO' });
  const sector = new Uint8Array(unitBytes);
  let last = 0;
  let past = MAX_SECTORS / (unitBytes / SECTOR_BYTES[0]);
  while (past - last > 1) {
    const middle = last + Math.floor((past - last) / 2);
    if (read(middle * unitBytes, sector)) last = middle;
    else past = middle;
  }
  let isOpen = true;
  const source: BlockSource = {
    sizeBytes: past * unitBytes,
    blockSizeBytes: unitBytes,
    identity: name,
    read: (at, into) => {
      checkRange(source, at, into.byteLength);
      for (let done = 0; done < into.byteLength; ) {
        const start = Math.floor((at + done) / unitBytes) * unitBytes;
        const end = Math.min(Math.ceil((at + into.byteLength) / unitBytes) * unitBytes, start + CHUNK_BYTES);
        const chunk = new Uint8Array(end - start);
        if (!read(start, chunk)) {
          throw Object.assign(new Error(`EIO: ${name} cannot be read at byte ${start}`), { code: 'EIO' });
        }
        const part = chunk.subarray(at + done - start, at + into.byteLength - start);
        into.set(part, done);
        done += part.byteLength;
      }
    },
    write: () => {
      throw notWritten(name);
    },
    flush: () => {},
    close: () => {
      if (isOpen) fs.closeSync(fd);
      isOpen = false;
    },
  };
  return source;
}

/** Windows itself writes to its disks: through the volumes. */
export function notWritten(name: string): RefusedError {
  return new RefusedError(
    'READ_ONLY',
    `${printable(name)} is a disk of this Windows, and is not written below its volumes`,
    {
      hint: `Give its volumes by their letters; this lists them:\n  hivemend disks ${name}`,
      data: { path: name },
    },
  );
}

function refusalOf(error: unknown, name: string): RefusedError | null {
  const code = codeOf(error);
  if (code === 'EACCES' || code === 'EPERM') {
    return new RefusedError('NO_RIGHTS', `${printable(name)} may not be read by this user`, {
      hint: 'run in an elevated prompt (Run as administrator)',
      data: { path: name },
      cause: error,
    });
  }
  if (code !== 'EBUSY') return null;
  return new RefusedError('IN_USE', `${printable(name)} is held by another program`, {
    data: { path: name },
    cause: error,
  });
}
