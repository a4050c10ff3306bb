// Whether a journal that is all that undo has of a disk would still be there after the machine's next start.

import { folderOfHost, type PathStyle } from '../../base/host-path.ts';
import { codeOf } from '../../base/read-folder.ts';
import type { ReadFs } from '../../base/read-fs.ts';
import { mountOf, mountTable } from './volumes.ts';

const IN_MEMORY: readonly string[] = ['tmpfs', 'ramfs', 'rootfs', 'devtmpfs', 'hugetlbfs'];
const OVERLAYS: readonly string[] = ['overlay', 'overlayfs', 'aufs', 'unionfs'];

/**
 * Null where what is written in `folder` (or where it will be made) is kept; else why not, as the end of a sentence. Where
 * there is no mount table nothing is known against it.
 */
export function whyNotDurable(fs: ReadFs, folder: string, style: PathStyle = 'posix'): string | null {
  if (style !== 'posix') return null;
  const home = mountOf(mountTable(fs), existing(fs, folder));
  if (home === null) return null;
  if (IN_MEMORY.includes(home.driver)) return `lies in memory (${home.driver} at ${home.mountPoint})`;
  if (OVERLAYS.includes(home.driver)) {
    return `lies on the overlay of a container or a live system (at ${home.mountPoint}), which goes with it`;
  }
  return null;
}

/** The real path of the nearest folder that is there. */
function existing(fs: ReadFs, folder: string): string {
  for (let path = folder; ; path = folderOfHost(path, 'posix')) {
    try {
      return fs.realpathSync(path);
    } catch (error) {
      if (path === '/' || (codeOf(error) !== 'ENOENT' && codeOf(error) !== 'ENOTDIR')) return path;
    }
  }
}
