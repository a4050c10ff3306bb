// Which part of an argument names a disk without a mount: an image, a device or an NBD address.

import { posix } from 'node:path';
import type { PathStyle } from '../../base/host-path.ts';
import { namedEntry } from '../../base/open-entry.ts';
import { readFileStart } from '../../base/read-file.ts';
import type { FileStat, ReadFs } from '../../base/read-fs.ts';
import { decodeLatin1 } from '../../base/text.ts';
import { isNbdAddress } from '../../disk/image/nbd/address.ts';
import type { DiskHost } from '../../disk/image/open.ts';
import { isPhysicalDrive } from '../../disk/image/physical-drive.ts';

/** The disk that an argument names, or leads into; null for a folder, a hive, or what is not there. */
export function diskIn(
  { fs, style, disks }: { readonly fs: ReadFs; readonly style: PathStyle; readonly disks?: Pick<DiskHost, 'sources'> },
  argument: string,
): { readonly given: string; readonly real: string } | null {
  const drive = style === 'win32' ? /^\\\\[.?]\\[^\\]+/.exec(argument)?.[0] : undefined;
  if (drive !== undefined && isPhysicalDrive(drive)) return { given: drive, real: drive };
  if (isNbdAddress(argument)) return { given: argument, real: argument };
  const parts = argument.split(style === 'win32' ? /(?=[\\/])/ : /(?=\/)/);
  for (let count = parts.length; count > 0; count -= 1) {
    const given = parts.slice(0, count).join('');
    if (disks?.sources?.has(given)) return { given, real: given };
    const stat = statBehindLinks(fs, given);
    if (!stat) continue;
    const isDisk = stat.isBlockDevice() || (stat.isFile() && !isHive(fs, given));
    return isDisk ? { given, real: fs.realpathSync(given) } : null;
  }
  return null;
}

/**
 * How paths of a disk's files begin. Addresses and names that a program gives are made what a commit takes for a plain
 * absolute path: `nbd://host/export` is `/nbd:/host/export`.
 */
export function pathOfDisk(name: string, style: PathStyle): string {
  if (style === 'win32') return name;
  const plain = posix.normalize(`/${name}`).replace(/^\/+|\/+$/g, '');
  return `/${plain}`;
}

function isHive(fs: ReadFs, path: string): boolean {
  return decodeLatin1(readFileStart(fs, namedEntry(fs, path), 4)) === 'regf';
}

/** Null where there is nothing, or nothing that can be looked at. */
function statBehindLinks(fs: ReadFs, path: string): FileStat | null {
  try {
    return fs.lstatSync(fs.realpathSync(path));
  } catch {
    return null;
  }
}
