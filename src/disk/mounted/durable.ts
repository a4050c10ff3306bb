// Whether a journal that is all that undo has of a disk would still be there after the machine's next start.

import { RefusedError } from '../../base/errors.ts';
import { folderOfHost, type PathStyle } from '../../base/host-path.ts';
import { codeOf } from '../../base/read-folder.ts';
import type { ReadFs } from '../../base/read-fs.ts';
import { mountOf, mountTable } from './volumes.ts';

const IN_MEMORY: readonly string[] = ['tmpfs', 'ramfs', 'rootfs', 'devtmpfs', 'hugetlbfs'];
const OVERLAYS: readonly string[] = ['overlay', 'overlayfs', 'aufs', 'unionfs'];

/**
 * Null where what is written in `folder` (or where it will be made) is kept; else the refusal, UNSAFE_JOURNAL_PLACE. Where
 * there is no mount table nothing is known against it.
 */
export function whyNotDurable(fs: ReadFs, folder: string, style: PathStyle = 'posix'): RefusedError | null {
  if (style !== 'posix') return null;
  const home = mountOf(mountTable(fs), existing(fs, folder));
  if (home === null) return null;
  const { driver, mountPoint } = home;
  if (IN_MEMORY.includes(driver)) return fleeting(folder, `lies in memory (${driver} at ${mountPoint})`);
  if (!OVERLAYS.includes(driver)) return null;
  return fleeting(folder, `lies on the overlay of a container or a live system (at ${mountPoint}), which goes with it`);
}

function fleeting(folder: string, why: string): RefusedError {
  return new RefusedError('UNSAFE_JOURNAL_PLACE', `${folder} ${why}, expected a disk: undo needs the journal`, {
    hint: 'name a --state-dir on a disk, or add --state-dir-is-durable where it is one all the same',
    data: { path: folder },
  });
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
