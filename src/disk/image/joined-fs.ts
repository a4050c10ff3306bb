// The host's files and those of images as one: what commits and reads goes to whichever a path lies in.

import type { FileStat } from '../../base/read-fs.ts';
import type { DescriptorAccess, WriteFs } from '../../base/write-fs.ts';
import type { ImageFs } from './image-fs.ts';

/** Descriptors of images are numbered from here on; no host gives so large ones. */
const FIRST_FD = 2 ** 30;
/** What says how a file is opened besides for what: links are never followed in an image, and nothing there blocks. */
const HOW = ['O_NOFOLLOW', 'O_NONBLOCK', 'O_NOATIME'] as const;

/** Errors as those of the part that a path or descriptor belongs to; EXDEV for a rename from one to another. */
export function joinFs(host: WriteFs, images: readonly ImageFs[]): WriteFs {
  const open = new Map<number, { readonly fs: ImageFs; readonly fd: number }>();
  let nextFd = FIRST_FD;
  const how = HOW.reduce((flags, name) => flags | (host.constants[name] ?? 0), 0);
  const imageOf = (path: string): ImageFs | null => images.find((image) => image.owns(path)) ?? null;
  const of = (path: string): WriteFs => imageOf(path) ?? host;
  const at = (fd: number): { readonly fs: WriteFs; readonly fd: number } => open.get(fd) ?? { fs: host, fd };

  return {
    constants: host.constants,
    openSync: (path, flags, mode) => {
      const image = imageOf(path);
      if (!image) return host.openSync(path, flags, mode);
      const fd = image.openSync(path, typeof flags === 'number' ? flags & ~how : flags);
      nextFd += 1;
      open.set(nextFd, { fs: image, fd });
      return nextFd;
    },
    closeSync: (fd) => {
      const file = at(fd);
      open.delete(fd);
      file.fs.closeSync(file.fd);
    },
    readSync: (fd, ...rest) => at(fd).fs.readSync(at(fd).fd, ...rest),
    writeSync: (fd, ...rest) => at(fd).fs.writeSync(at(fd).fd, ...rest),
    fsyncSync: (fd) => at(fd).fs.fsyncSync(at(fd).fd),
    ftruncateSync: (fd, sizeBytes) => at(fd).fs.ftruncateSync(at(fd).fd, sizeBytes),
    fstatSync: (fd): FileStat => at(fd).fs.fstatSync(at(fd).fd),
    lstatSync: (path) => of(path).lstatSync(path),
    readdirSync: (path) => of(path).readdirSync(path),
    readlinkSync: (path) => of(path).readlinkSync(path),
    realpathSync: (path) => of(path).realpathSync(path),
    mkdirSync: (path, options) => of(path).mkdirSync(path, options),
    rmdirSync: (path) => of(path).rmdirSync(path),
    unlinkSync: (path) => of(path).unlinkSync(path),
    renameSync: (from, to) => {
      if (of(from) !== of(to)) {
        throw Object.assign(new Error(`EXDEV: cross-device link not permitted, rename '${from}' -> '${to}'`), {
          code: 'EXDEV',
        });
      }
      of(from).renameSync(from, to);
    },
    chmodSync: (path, mode) => of(path).chmodSync(path, mode),
  };
}

/** Descriptors of images can be read and never written: EROFS. */
export function joinDescriptors(host: DescriptorAccess, images: readonly ImageFs[]): DescriptorAccess {
  const imageOf = (path: string): ImageFs | null => images.find((image) => image.owns(path)) ?? null;
  return {
    read: (path) => (imageOf(path)?.descriptors ?? host).read(path),
    write: (path, descriptor) => {
      if (!imageOf(path)) return host.write(path, descriptor);
      throw Object.assign(new Error(`EROFS: read-only file system, setxattr '${path}'`), { code: 'EROFS' });
    },
  };
}
