// Windows paths on a host folder that is a volume's root: names compared as Windows does, links never followed.

import type { HostFs } from '../base/host-fs.ts';

/** Whose rules host paths follow. A parameter, so that both are tested on either. */
export type PathStyle = 'posix' | 'win32';

export interface ResolvedPath {
  /** Where it lies on the host; for what does not exist, where it would lie (existing folders in their own spelling). */
  readonly hostPath: string;
  readonly exists: boolean;
  /** Normal form: backslashes, from the volume's root, existing parts in the disk's own spelling. */
  readonly windowsPath: string;
}

/**
 * The volume's root of what a person typed: `F:` is the drive's root, a trailing quote left by PowerShell is taken off,
 * `\\?\F:`, `\\?\Volume{guid}\` and plain folders are accepted.
 * @throws UsageError BAD_PATH
 */
export declare function volumeRootOf(text: string, style: PathStyle): string;

/**
 * Normal form of a path on a volume (`F:\Windows`, `/Windows/System32`, `Windows`): `\Windows\System32`.
 * @throws UsageError BAD_PATH for `..`, streams, NUL and what no Windows name may hold.
 */
export declare function normalWindowsPath(text: string): string;

/**
 * Finds `windowsPath` below `volumeRoot`, comparing names as Windows does.
 * @throws RefusedError OUTSIDE_VOLUME at a link, junction or other reparse point, or another mounted volume;
 *   RefusedError AMBIGUOUS where two names differ only by case; RefusedError NO_RIGHTS; UsageError BAD_PATH.
 */
export declare function resolveWindowsPath(
  fs: HostFs,
  volumeRoot: string,
  windowsPath: string,
  style?: PathStyle,
): ResolvedPath;

/** Joins a host folder and a name by the style's separator. */
export declare function joinHost(folder: string, name: string, style: PathStyle): string;
