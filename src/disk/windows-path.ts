// Windows paths on a host folder that is a volume's root: names compared as Windows does, links never followed.

import { NotFoundError, RefusedError, UsageError } from '../base/errors.ts';
import { joinHost, type PathStyle } from '../base/host-path.ts';
import { codeOf, namesIn, noRights, statOf } from '../base/read-folder.ts';
import type { ReadFs } from '../base/read-fs.ts';
import { compareNames, printable } from '../base/text.ts';

export interface ResolvedPath {
  /** Where it lies on the host; for what does not exist, where it would lie (existing folders in their own spelling). */
  readonly hostPath: string;
  readonly exists: boolean;
  /** Normal form: backslashes, from the volume's root, existing parts in the disk's own spelling. */
  readonly windowsPath: string;
}

/**
 * The host folder of what a person typed as a volume. With win32 rules `F:` is the drive's root, a trailing quote that
 * PowerShell left is taken off, and `\\?\F:`, `\\?\Volume{guid}\` and plain folders are accepted.
 * @throws UsageError BAD_PATH
 */
export function volumeRootOf(text: string, style: PathStyle): string {
  if (text === '' || text.includes('\0')) {
    throw new UsageError('BAD_PATH', `'${printable(text)}' is not a folder; expected where a volume is mounted`);
  }
  if (style === 'posix') return text;
  const bare = text.replace(/^"/, '').replace(/"$/, '').replaceAll('/', '\\');
  if (/["<>|*]/.test(bare) || /\?/.test(bare.replace(/^\\\\\?\\/, ''))) {
    throw new UsageError('BAD_PATH', `'${printable(text)}' holds a sign that no Windows path has`);
  }
  if (/^(?:\\\\[?.]\\)?[a-z]:$/i.test(bare) || /^\\\\[?.]\\Volume\{[0-9a-f-]{36}\}$/i.test(bare)) return `${bare}\\`;
  return bare;
}

const DRIVE = /^(?:[\\/]{2}[?.][\\/])?(?:[a-z]:|Volume\{[0-9a-f-]{36}\})/i;

/**
 * Normal form of a path on a volume (`F:\Windows`, `/Windows/System32`, `Windows\`): `\Windows\System32`.
 * @throws UsageError BAD_PATH for `..`, streams, NUL and what no Windows name may hold.
 */
export function normalWindowsPath(text: string): string {
  const bare = text.replace(/^"/, '').replace(/"$/, '').replace(DRIVE, '');
  const names = bare.split(/[\\/]+/).filter((name) => name !== '' && name !== '.');
  for (const name of names) {
    if (name === '..' || /[\u0000-\u001f:"<>|?*]/.test(name)) {
      throw new UsageError(
        'BAD_PATH',
        `'${printable(text)}' has '${printable(name)}', which cannot be a name on a volume`,
      );
    }
  }
  return `\\${names.join('\\')}`;
}

/**
 * Finds `windowsPath` below `volumeRoot`, comparing names as Windows does. A root that is a link itself is the caller's
 * affair; nothing below it is followed.
 * @throws RefusedError OUTSIDE_VOLUME at a link, junction or other reparse point, or another mounted volume;
 *   RefusedError AMBIGUOUS where two names differ only by case; RefusedError NO_RIGHTS; NotFoundError FILE_NOT_FOUND
 *   where the root is not there; UsageError BAD_PATH.
 */
export function resolveWindowsPath(
  fs: ReadFs,
  volumeRoot: string,
  windowsPath: string,
  style: PathStyle = 'posix',
): ResolvedPath {
  const names = normalWindowsPath(windowsPath).split('\\').slice(1);
  const rootStat = statOf(fs, realRoot(fs, volumeRoot));
  let hostPath = volumeRoot;
  let isFolder = rootStat?.isDirectory() ?? false;
  let exists = true;
  const shown: string[] = [];
  for (const name of names.filter((part) => part !== '')) {
    const found: string | null = exists && isFolder ? nameIn(fs, hostPath, name) : null;
    hostPath = joinHost(hostPath, found ?? name, style);
    shown.push(found ?? name);
    if (found === null) {
      exists = false;
      continue;
    }
    const stat = statOf(fs, hostPath);
    // Drivers show a reparse point as a link, or fail to look at one that they do not understand.
    if (!stat || stat.isSymbolicLink()) {
      throw new RefusedError(
        'OUTSIDE_VOLUME',
        `${printable(hostPath)} is a link, a junction or another reparse point; these are never followed, since they lead out of the volume`,
        { data: { path: hostPath }, hint: 'name the folder that it points at' },
      );
    }
    if (rootStat && stat.dev !== rootStat.dev) {
      throw new RefusedError('OUTSIDE_VOLUME', `${printable(hostPath)} lies on another volume than ${volumeRoot}`, {
        data: { path: hostPath },
        hint: 'give the volume that is mounted there as a volume of its own',
      });
    }
    isFolder = stat.isDirectory();
  }
  return { hostPath, exists, windowsPath: `\\${shown.join('\\')}` };
}

function realRoot(fs: ReadFs, volumeRoot: string): string {
  try {
    return fs.realpathSync(volumeRoot);
  } catch (error) {
    if (codeOf(error) === 'EACCES') throw noRights(volumeRoot);
    throw new NotFoundError('FILE_NOT_FOUND', `${printable(volumeRoot)} does not exist; expected a volume's root`, {
      cause: error,
    });
  }
}

/** The one name in `folder` that Windows takes for `name`, in its own spelling. */
function nameIn(fs: ReadFs, folder: string, name: string): string | null {
  const matches = namesIn(fs, folder).filter((entry) => compareNames(entry, name) === 0);
  if (matches.length > 1) {
    throw new RefusedError(
      'AMBIGUOUS',
      `${printable(folder)} holds ${matches.map((entry) => `'${printable(entry)}'`).join(' and ')}, which are one name to Windows`,
      { data: { folder, names: matches }, hint: 'rename all but the one that Windows is to use' },
    );
  }
  return matches[0] ?? null;
}
