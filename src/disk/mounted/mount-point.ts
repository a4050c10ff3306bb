// Where a partition of a disk is mounted on this machine, so that somebody who sees a disk finds its volumes.

import type { PathStyle } from '../../base/host-path.ts';
import type { FileStat, ReadFs } from '../../base/read-fs.ts';
import type { Partition } from '../partitions.ts';
import { mountTable, readText } from './volumes.ts';

const LETTERS = [...'ABCDEFGHIJKLMNOPQRSTUVWXYZ'];

/**
 * A folder on Linux; on Windows a drive letter, or `\\?\Volume{guid}\` of a volume without one (the EFI system partition:
 * it is read by that name, and nothing has to be mounted). Null: nowhere, or it cannot be told. `partition` null: the disk.
 */
export function mountPoint(fs: ReadFs, disk: string, partition: Partition | null, style: PathStyle): string | null {
  return style === 'win32' ? onWindows(fs, partition) : onPosix(fs, disk, partition);
}

function onPosix(fs: ReadFs, disk: string, partition: Partition | null): string | null {
  if (!disk.startsWith('/dev/')) return null;
  const suffix = partition === null ? '' : `${/\d$/.test(disk) ? 'p' : ''}${partition.number}`;
  const name = `${disk.slice('/dev/'.length).replaceAll('/', '!')}${suffix}`;
  const deviceNumber = readText(fs, `/sys/class/block/${name}/dev`)?.trim();
  if (deviceNumber === undefined) return null;
  return mountTable(fs).find((mount) => mount.deviceNumber === deviceNumber)?.mountPoint ?? null;
}

/** Windows names a volume on a GPT disk by its partition's GUID; on an MBR disk the name is in no table that we read. */
function onWindows(fs: ReadFs, partition: Partition | null): string | null {
  if (partition?.identity.style !== 'gpt') return null;
  const name = `\\\\?\\Volume${partition.identity.partitionGuid}\\`;
  const volume = statAt(fs, name);
  if (volume === null) return null;
  const letter = LETTERS.find((each) => {
    const root = statAt(fs, `${each}:\\`);
    return root?.dev === volume.dev && root.ino === volume.ino;
  });
  return letter === undefined ? name : `${letter}:`;
}

function statAt(fs: ReadFs, path: string): FileStat | null {
  try {
    return fs.lstatSync(path);
  } catch {
    return null;
  }
}
