// Files and folders of a volume by their Windows paths, where what stands in the way of one need not stop the others.

import { FormatError, HivemendError } from '../base/errors.ts';
import { joinHost, type PathStyle } from '../base/host-path.ts';
import { namesIn, statOf } from '../base/read-folder.ts';
import type { ReadFs } from '../base/read-fs.ts';
import { resolveWindowsPath } from './windows-path.ts';

/** The host path of a file on a volume, or null where it is not there. */
export function fileAt(fs: ReadFs, root: string, windowsPath: string, style: PathStyle): string | null {
  const found = resolveWindowsPath(fs, root, windowsPath, style);
  return found.exists && statOf(fs, found.hostPath)?.isFile() ? found.hostPath : null;
}

/** The same for files that need not be there: what stands in the way is not told. */
export function optionalFileAt(
  fs: ReadFs,
  root: string,
  windowsPath: string,
  style: PathStyle,
  forgiven: readonly string[] = ['OUTSIDE_VOLUME', 'NO_RIGHTS', 'BAD_PATH'],
): string | null {
  try {
    return fileAt(fs, root, windowsPath, style);
  } catch (error) {
    if (error instanceof HivemendError && forgiven.includes(error.code)) return null;
    throw error;
  }
}

/** What is read, or the damage of an image's file system that keeps it from being read. */
export function orDamage<T>(read: () => T): T | FormatError {
  try {
    return read();
  } catch (error) {
    if (error instanceof FormatError) return error;
    throw error;
  }
}

/** Names of the folders in a folder of a volume, links left out. */
export function foldersIn(fs: ReadFs, folder: string, style: PathStyle): string[] {
  return namesIn(fs, folder).filter((name) => statOf(fs, joinHost(folder, name, style))?.isDirectory());
}
