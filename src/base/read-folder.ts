// What lies in a folder of the host, links not followed; what is not there is no error.

import { HivemendError, RefusedError } from './errors.ts';
import type { FileStat, ReadFs } from './read-fs.ts';
import { printable } from './text.ts';

/** The names in a folder; [] where it is none. @throws RefusedError NO_RIGHTS; FormatError BAD_FILE_SYSTEM */
export function namesIn(fs: ReadFs, folder: string): string[] {
  try {
    return fs.readdirSync(folder);
  } catch (error) {
    rethrow(error, folder);
    return [];
  }
}

/** What lies at `path` itself, links not followed; null where there is nothing. */
export function statOf(fs: ReadFs, path: string): FileStat | null {
  try {
    return fs.lstatSync(path);
  } catch (error) {
    rethrow(error, path);
    return null;
  }
}

/** What must not pass for a folder without names: missing rights, and damage that an image's reader has seen. */
function rethrow(error: unknown, path: string): void {
  const code = codeOf(error);
  if (code === 'EACCES' || code === 'EPERM') throw noRights(path);
  if (error instanceof HivemendError) throw error;
}

export function noRights(path: string): RefusedError {
  return new RefusedError('NO_RIGHTS', `${printable(path)} may not be read by this user`, {
    hint: 'run as root (sudo) or, on Windows, in an elevated prompt',
    data: { path },
  });
}

/** The `code` of a node:fs error, '' for any other. */
export function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : '';
}
