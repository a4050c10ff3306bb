// Journals of disks that have no place beside them: in the host's state folder, a folder for each disk, so that the commits
// of one neither stop nor wait for those of another.

import { HivemendError } from '../../base/errors.ts';
import { joinHost } from '../../base/host-path.ts';
import { codeOf } from '../../base/read-folder.ts';
import type { ReadFs } from '../../base/read-fs.ts';
import { mayBeSame } from '../../commit/guard/volume-path.ts';
import { findJournals, type JournalSummary } from '../../commit/journal/journals.ts';
import type { JournalHost, VolumeIdentity } from '../../commit/request.ts';
import { readText, type Volume } from '../../disk/mounted/volumes.ts';
import type { DiskLayout } from '../../disk/partitions.ts';

const STATE_FOLDER = '/var/lib/hivemend';

/** Named by what stays with the disk under whatever name it is attached; copies of a disk share it. */
export function stateFolderOf({ diskGuid, diskSignature, boot }: DiskLayout): string {
  return joinHost(STATE_FOLDER, nameOf(), 'posix');

  function nameOf(): string {
    if (diskGuid !== null) return `gpt-${diskGuid.replaceAll(/[{}]/g, '')}`;
    if (diskSignature !== null) return `mbr-${diskSignature.toString(16).padStart(8, '0')}`;
    return boot === null || boot.serial === null ? 'unknown' : `${boot.kind}-${boot.serial}`;
  }
}

/** Whether a folder is the state folder or one in it. */
export function isStateFolder(folder: string): boolean {
  return folder === STATE_FOLDER || folder.startsWith(`${STATE_FOLDER}/`);
}

/**
 * The folders of disks with a journal that names one of the volumes: the same disk, when it was given as a whole, as one of
 * its partitions, or before it was mounted. What cannot be read there is nobody's.
 */
export function stateFoldersAbout(host: JournalHost, volumes: readonly VolumeIdentity[]): string[] {
  const known = volumes.filter(({ serial }) => serial !== null);
  return stateFoldersWith(host, (journal) =>
    journal.volumes.some((own) => own.serial !== null && known.some((each) => mayBeSame(own, each))),
  );
}

/** The folders of disks with such a journal. */
export function stateFoldersWith(host: JournalHost, isWanted: (journal: JournalSummary) => boolean): string[] {
  return readable(() => host.fs.readdirSync(STATE_FOLDER).toSorted())
    .map((name) => joinHost(STATE_FOLDER, name, 'posix'))
    .filter((folder) => readable(() => findJournals(host, [folder])).some(isWanted));
}

/** Beside the images that volumes are mounted from: a commit into an image may have been cut off before it was mounted. */
export function besideImagesOf(fs: ReadFs, volumes: readonly Volume[]): string[] {
  const backing = ({ device }: Volume): string | null => {
    const loop = /^\/dev\/(loop\d+)/.exec(device ?? '')?.[1];
    return loop === undefined ? null : (readText(fs, `/sys/block/${loop}/loop/backing_file`)?.trimEnd() ?? null);
  };
  const images = volumes.flatMap((volume) => [volume.device, volume.disk, backing(volume)]);
  return images.flatMap((path) => (path?.startsWith('/') && !path.startsWith('/dev/') ? [`${path}.hivemend`] : []));
}

function readable<T>(read: () => readonly T[]): readonly T[] {
  try {
    return read();
  } catch (error) {
    if (error instanceof HivemendError || codeOf(error) !== '') return [];
    throw error;
  }
}
