// The files of a disk image as node:fs spells them, so that what reads a mounted volume reads an image as it is. Names are
// found as Windows finds them, whatever their case; links are named and never followed.

import { FormatError, RefusedError } from '../../base/errors.ts';
import { joinHost } from '../../base/host-path.ts';
import { orNull } from '../../base/or-null.ts';
import type { DescriptorReader, FileStat } from '../../base/read-fs.ts';
import { printable } from '../../base/text.ts';
import type { WriteFs } from '../../base/write-fs.ts';
import type { BlockSource } from './blocks.ts';
import type { DiskImage, ImageVolume } from './disk-image.ts';
import { type FileData, type FileNode, type FilePlace, notInPlace } from './file-system.ts';
import { type OverwriteFile, openForOverwriting, type WriteGate } from './overwrite.ts';

/** Where a file of an image lies: its volume's place and its own, with extents that count from the start of the disk. */
export interface PlacedFile extends FilePlace {
  readonly volume: ImageVolume;
}

/** What writes fails with EROFS, but for overwriting bytes of a file that was opened for that. */
export interface ImageFs extends WriteFs {
  readonly descriptors: DescriptorReader;
  /** Whether a path lies in this image. */
  owns(path: string): boolean;
  /** Whether `openSync` gave this number. */
  /** Where the bytes of a file lie. @throws errors of node:fs; RefusedError UNREADABLE_STORAGE; FormatError */
  place(path: string): PlacedFile;
  /** Why a file cannot be overwritten where it lies; null: it can. @throws FormatError; errors of node:fs */
  whyNotInPlace(path: string): RefusedError | null;
  /** Of the volume that a path lies in; null for the image itself, and where the volume's bitmap or table is damaged. */
  freeBytes(path: string): number | null;
}

/** The disk itself, as a file beside the roots of its volumes: partition tables are read of it. */
export const DISK_FILE = '$disk';

const KIND_BITS = { folder: 0o040555, file: 0o100444, link: 0o120777 } as const;
/** No host gives so large a descriptor, nor a negative device. */
const FIRST_FD = 2 ** 30;
const O_RDONLY = 0;
const O_RDWR = 2;
/** What may stand beside either, and changes nothing here. */
const O_NOFOLLOW = 0o400000;
const O_NONBLOCK = 0o4000;

interface Found {
  /** Null: the image itself, in which the volumes are. */
  readonly volume: ImageVolume | null;
  readonly node: FileNode | null;
  /** With the names as the disk has them. */
  readonly path: string;
  /** The names within the volume. */
  readonly names: readonly string[];
}

interface OpenFile {
  readonly found: Found;
  readonly data: FileData | null;
  /** Null: opened for reading. */
  readonly overwrite: OverwriteFile | null;
}

/**
 * Errors of the calls are those of node:fs (ENOENT, ENOTDIR, EISDIR, ELOOP, EROFS, EBADF) and, of the disk itself,
 * FormatError BAD_FILE_SYSTEM and TRUNCATED and RefusedError UNREADABLE_STORAGE. Without `gate` nothing is written; with it
 * a file opens for overwriting where the gate lets its volume be written, also with RefusedError NOT_IN_PLACE and
 * CHANGED_ON_DISK.
 */
export function imageFs(disk: DiskImage, gate: WriteGate | null = null): ImageFs {
  const open = new Map<number, OpenFile>();
  let nextFd = FIRST_FD;
  const separator = disk.style === 'win32' ? /[\\/]/ : /\//;

  const owns = (path: string): boolean =>
    path === disk.name || (path.startsWith(disk.name) && separator.test(path.charAt(disk.name.length)));

  const namesOf = (call: string, path: string): string[] => {
    if (!owns(path)) throw failure('ENOENT', call, path);
    const names = path.slice(disk.name.length).split(separator);
    return names.filter((name) => name !== '' && name !== '.');
  };

  const find = (call: string, path: string): Found => {
    const [first, ...names] = namesOf(call, path);
    if (first === undefined) return { volume: null, node: null, path: disk.name, names };
    if (first === DISK_FILE && names.length === 0) {
      return { volume: null, node: diskNode(disk.source), path: joinHost(disk.name, DISK_FILE, disk.style), names };
    }
    const volume = disk.volumes.find(({ root }) => root === joinHost(disk.name, first, disk.style));
    if (!volume) throw failure('ENOENT', call, path);
    let node = volume.fileSystem.root;
    let real = volume.root;
    for (const name of names) {
      if (node.kind === 'link') throw failure('ELOOP', call, path);
      if (node.kind === 'file') throw failure('ENOTDIR', call, path);
      const child = name === '..' ? null : node.child(name);
      if (!child) throw failure('ENOENT', call, path);
      node = child.node;
      real = joinHost(real, child.name, disk.style);
    }
    return { volume, node, path: real, names };
  };

  const fileOf = (call: string, fd: number): OpenFile => {
    const file = open.get(fd);
    if (!file) throw failure('EBADF', call, String(fd));
    return file;
  };

  const statOf = ({ volume, node }: Found): FileStat => {
    const kind = node?.kind ?? 'folder';
    return {
      size: node?.sizeBytes ?? 0,
      mode: KIND_BITS[kind],
      ino: node?.id ?? 0,
      dev: volume ? -2 - disk.volumes.indexOf(volume) : -1,
      mtimeMs: node?.modifiedMs ?? 0,
      nlink: 1,
      uid: 0,
      isFile: () => kind === 'file',
      isDirectory: () => kind === 'folder',
      isSymbolicLink: () => kind === 'link',
      isBlockDevice: () => false,
    };
  };

  const openSync = (path: string, flags: string | number): number => {
    const access = typeof flags === 'number' ? flags & ~(O_NOFOLLOW | O_NONBLOCK) : flags;
    const isWriting = access === 'r+' || access === O_RDWR;
    if (!(access === 'r' || access === O_RDONLY || (isWriting && gate))) throw failure('EROFS', 'open', path);
    const found = find('open', path);
    const { volume, node, names } = found;
    if (node?.kind === 'link') throw failure('ELOOP', 'open', path);
    if (isWriting && node?.kind !== 'file') throw failure('EISDIR', 'open', path);
    const data = node?.kind === 'file' ? node.open() : null;
    const overwrite = isWriting && volume && gate ? openForOverwriting(disk.source, volume, names, gate) : null;
    nextFd += 1;
    open.set(nextFd, { found, data, overwrite });
    return nextFd;
  };

  const forOverwriting = (call: string, fd: number): OverwriteFile => {
    const { overwrite } = fileOf(call, fd);
    if (!overwrite) throw failure('EBADF', call, String(fd));
    return overwrite;
  };

  const readOnly =
    (call: string) =>
    (path: string): never => {
      throw failure('EROFS', call, path);
    };

  return {
    owns,
    openSync,
    closeSync: (fd) => {
      fileOf('close', fd);
      open.delete(fd);
    },
    readSync: (fd, buffer, offset, lengthBytes, position) => {
      const { data } = fileOf('read', fd);
      if (!data) throw failure('EISDIR', 'read', String(fd));
      return data.read(position, buffer.subarray(offset, offset + lengthBytes));
    },
    writeSync: (fd, buffer, offset, lengthBytes, position) => {
      forOverwriting('write', fd).write(position, buffer.subarray(offset, offset + lengthBytes));
      return lengthBytes;
    },
    fsyncSync: (fd) => {
      if (fileOf('fsync', fd).overwrite) disk.source.flush();
    },
    ftruncateSync: (fd, sizeBytes) => forOverwriting('ftruncate', fd).keepSize(sizeBytes),
    mkdirSync: readOnly('mkdir'),
    rmdirSync: readOnly('rmdir'),
    unlinkSync: readOnly('unlink'),
    renameSync: readOnly('rename'),
    chmodSync: readOnly('chmod'),
    fstatSync: (fd) => statOf(fileOf('fstat', fd).found),
    lstatSync: (path) => statOf(find('lstat', path)),
    readdirSync: (path) => {
      const { node } = find('scandir', path);
      if (!node) return disk.volumes.map(({ root }) => root.slice(disk.name.length + 1));
      if (node.kind !== 'folder') throw failure('ENOTDIR', 'scandir', path);
      return node.names();
    },
    readlinkSync: (path) => {
      const target = find('readlink', path).node?.target ?? null;
      if (target === null) throw failure('EINVAL', 'readlink', path);
      return target;
    },
    realpathSync: (path) => find('realpath', path).path,
    constants: { O_RDONLY, O_RDWR, O_NOFOLLOW, O_NONBLOCK },
    descriptors: { read: (path) => find('getxattr', path).node?.descriptor() ?? null },
    freeBytes: (path) => {
      const { volume } = find('statfs', path);
      return orNull(FormatError, () => volume?.fileSystem.freeBytes() ?? null);
    },
    whyNotInPlace: (path) => {
      try {
        find('open', path).node?.writablePlace();
        return null;
      } catch (error) {
        if (!(error instanceof RefusedError)) throw error;
        const { code, message, hint = '', data = {} } = error;
        return new RefusedError(code, `${printable(path)} is not written in place: ${message}`, { hint, data });
      }
    },
    place: (path) => {
      const { volume, node } = find('open', path);
      if (!volume || node?.kind !== 'file') throw failure('EISDIR', 'open', path);
      const place = node.open().place();
      const onDisk = place.extents.map(({ offsetBytes, sizeBytes }) => ({
        offsetBytes: volume.offsetBytes + offsetBytes,
        sizeBytes,
      }));
      return { ...place, extents: onDisk, volume };
    },
  };
}

/** The blocks of a disk as a file that is only read. */
function diskNode(source: BlockSource): FileNode {
  const { sizeBytes } = source;
  const refuse = (): never => {
    throw notInPlace('disk', `${source.identity} is written by its files alone`);
  };
  const place: FilePlace = {
    record: 0,
    sequence: null,
    sizeBytes,
    initialisedBytes: sizeBytes,
    storage: 'plain',
    extents: [{ offsetBytes: 0, sizeBytes }],
  };
  return {
    kind: 'file',
    id: 0,
    sizeBytes,
    modifiedMs: 0,
    target: null,
    names: () => [],
    child: () => null,
    open: () => ({
      sizeBytes,
      place: () => place,
      read: (at, into) => {
        const wanted = Math.max(0, Math.min(into.byteLength, sizeBytes - at));
        if (wanted > 0) source.read(at, into.subarray(0, wanted));
        return wanted;
      },
    }),
    writablePlace: refuse,
    descriptor: () => null,
  };
}

const WORDS: Readonly<Record<string, string>> = {
  ENOENT: 'no such file or directory',
  ENOTDIR: 'not a directory',
  EISDIR: 'illegal operation on a directory',
  ELOOP: 'a link is not followed',
  EROFS: 'read-only file system',
  EBADF: 'bad file descriptor',
  EINVAL: 'invalid argument',
};

/** An error as node:fs throws them. */
function failure(code: string, syscall: string, path: string): Error {
  return Object.assign(new Error(`${code}: ${WORDS[code]}, ${syscall} '${path}'`), { code, syscall, path });
}
