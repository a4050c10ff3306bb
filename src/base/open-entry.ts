// How an entry of a disk is opened. What lies there may have become anything since it was looked at, so no link is
// followed, a pipe does not block, and what was opened is looked at again.

import type { FileStat, ReadFs } from './read-fs.ts';

/** What the caller can use; 'blocks' is a file or a block device. */
export type EntryKind = keyof typeof KINDS;

const KINDS = {
  file: (stat: FileStat) => stat.isFile(),
  folder: (stat: FileStat) => stat.isDirectory(),
  'file or folder': (stat: FileStat) => stat.isFile() || stat.isDirectory(),
  blocks: (stat: FileStat) => stat.isFile() || stat.isBlockDevice(),
} as const;

/**
 * Opens an entry that is there, with `flags` (numbers of `fs.constants`; reading where it is left out); the caller closes
 * it. Null where it is of another kind. Errors are the host's: ELOOP for a link.
 */
export function openEntry(fs: ReadFs, path: string, kind: EntryKind, flags?: number): number | null {
  const { O_RDONLY = 0, O_NOFOLLOW = 0, O_NONBLOCK = 0 } = fs.constants;
  const fd = fs.openSync(path, (flags ?? O_RDONLY) | O_NOFOLLOW | O_NONBLOCK);
  let isUsable = false;
  try {
    isUsable = KINDS[kind](fs.fstatSync(fd));
  } finally {
    if (!isUsable) fs.closeSync(fd);
  }
  return isUsable ? fd : null;
}

/** What a person named, who may name a link: the path that it leads to; as it is where nothing is there to be opened. */
export function namedEntry(fs: ReadFs, path: string): string {
  try {
    return fs.lstatSync(path).isSymbolicLink() ? fs.realpathSync(path) : path;
  } catch {
    return path;
  }
}
