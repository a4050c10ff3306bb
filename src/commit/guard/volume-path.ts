// Where a file lies: on which of the given volumes, and by which names, none of them a link.

import { dirname, isAbsolute, join, relative, resolve } from 'node:path';
import { RefusedError } from '../../base/errors.ts';
import type { ReadFs } from '../../base/read-fs.ts';
import { lstatOrNull } from '../host-file.ts';
import type { VolumeIdentity } from '../request.ts';

export interface VolumePath {
  /** Index of the volume. */
  readonly volume: number;
  /** From the volume's root, '/' between names. */
  readonly path: string;
}

/** The innermost volume that `path` lies on; RefusedError OUTSIDE_VOLUME. */
export function volumePathOf(volumes: readonly VolumeIdentity[], path: string): VolumePath {
  let best: VolumePath | null = null;
  for (const [volume, { root }] of volumes.entries()) {
    const inside = insidePath(root, path);
    if (inside !== null && (best === null || inside.length < best.path.length)) best = { volume, path: inside };
  }
  if (best) return best;
  throw new RefusedError('OUTSIDE_VOLUME', `${path} lies on none of the volumes that were given`, { data: { path } });
}

/** `path` from `root` with '/' between names, or null where it does not lie beneath it. */
export function insidePath(root: string, path: string): string | null {
  const inside = relative(resolve(root), resolve(path));
  if (inside === '' || isAbsolute(inside) || inside.split(/[\\/]/)[0] === '..') return null;
  return inside.replaceAll('\\', '/');
}

/**
 * The host's path of a file on a volume; RefusedError OUTSIDE_VOLUME where a name on the way is a link or lies on another
 * file system, or where the file itself has a second name and `isLinkable` is not set.
 */
export function hostPath(fs: ReadFs, root: string, path: string, isLinkable: boolean): string {
  let current = root;
  const device = lstatOrNull(fs, root)?.dev;
  for (const name of path.split('/')) {
    current = join(current, name);
    const stat = lstatOrNull(fs, current);
    if (stat?.isSymbolicLink()) throw outside(current, 'is a link, and links are never written through');
    if (stat && device !== undefined && stat.dev !== device)
      throw outside(current, `lies on another file system than ${root}`);
    if (stat?.isFile() && stat.nlink > 1 && !isLinkable) {
      throw outside(current, `has ${stat.nlink} names (hard links), and what the others are is not known`);
    }
  }
  return current;
}

function outside(path: string, what: string): RefusedError {
  return new RefusedError('OUTSIDE_VOLUME', `${path} ${what}`, { data: { path } });
}

export function isSameFolder(a: string, b: string): boolean {
  return resolve(a) === resolve(b);
}

/** What a volume is known by wherever it is mounted. */
type VolumeMarks = Pick<VolumeIdentity, 'serial' | 'partitionGuid'>;

/** Whether both may be one volume: nothing that is known of both differs. */
export function mayBeSame(a: VolumeMarks, b: VolumeMarks): boolean {
  const agrees = (one: string | null, other: string | null): boolean =>
    one === null || other === null || one.toLowerCase() === other.toLowerCase();
  return agrees(a.serial, b.serial) && agrees(a.partitionGuid, b.partitionGuid);
}

/** Whether the volume's file system keeps no permissions, so that a journal on it could be read by anybody. */
export function isFat(volume: Pick<VolumeIdentity, 'fileSystem'>): boolean {
  return /^(v?fat\d*|fat|msdos|exfat)$/i.test(volume.fileSystem ?? '');
}

/** Whether the volume is NTFS, where a mode says nothing of what Windows lets others do. */
export function isNtfs(volume: Pick<VolumeIdentity, 'fileSystem'>): boolean {
  return /^(ntfs.*|fuseblk)$/i.test(volume.fileSystem ?? '');
}

/** The innermost volume that the folder lies on (or is the root of), or null. */
export function volumeOf(volumes: readonly VolumeIdentity[], folder: string): VolumeIdentity | null {
  const around = volumes.filter(({ root }) => isSameFolder(root, folder) || insidePath(root, folder) !== null);
  return around.toSorted((a, b) => b.root.length - a.root.length)[0] ?? null;
}

export function parentOf(path: string): string {
  return dirname(resolve(path));
}
