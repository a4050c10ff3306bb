// The other volumes of the disk that a volume lies on: where the boot store of a Gen2 or two-partition disk is.

import type { PathStyle } from '../../base/host-path.ts';
import { statOf } from '../../base/read-folder.ts';
import type { ReadFs } from '../../base/read-fs.ts';
import { withBlocks } from '../blocks.ts';
import { type Partition, readDiskLayout } from '../partitions.ts';
import { mountCommands } from './devices.ts';
import { mountTable, readText, type Volume } from './volumes.ts';

export interface SiblingVolume {
  readonly partition: Partition;
  /** Where it can be read now: its mount point or, on Windows, `\\?\Volume{guid}\`; null: it must be mounted first. */
  readonly root: string | null;
  /** The commands that mount it, or give it a drive letter. */
  readonly commands: readonly string[];
}

/** Other partitions of `volume`'s disk that hold NTFS or FAT; [] where the disk is not known. Nothing throws. */
export function siblingVolumes(fs: ReadFs, volume: Volume, style: PathStyle = 'posix'): SiblingVolume[] {
  const { disk } = volume;
  const layout = disk === null ? null : withBlocks(fs, disk, readDiskLayout);
  if (disk === null || !layout) return [];
  const own = JSON.stringify(volume.partition);
  const others = layout.partitions.filter(
    ({ boot, identity }) => (boot.kind === 'ntfs' || boot.kind === 'fat') && JSON.stringify(identity) !== own,
  );
  return others.map((partition) => (style === 'win32' ? onWindows(fs, partition) : onPosix(fs, disk, partition)));
}

function onPosix(fs: ReadFs, disk: string, partition: Partition): SiblingVolume {
  const name = `${disk.replace(/^\/dev\//, '')}${/\d$/.test(disk) ? 'p' : ''}${partition.number}`;
  const deviceNumber = disk.startsWith('/dev/') ? readText(fs, `/sys/class/block/${name}/dev`)?.trim() : undefined;
  const mounts = deviceNumber === undefined ? [] : mountTable(fs);
  const root = mounts.find((mount) => mount.deviceNumber === deviceNumber)?.mountPoint ?? null;
  return { partition, root, commands: mountCommands(fs, disk, partition, partition.boot) };
}

/** Windows names a volume on a GPT disk by its partition's GUID; on an MBR disk the name is in no table that we read. */
function onWindows(fs: ReadFs, partition: Partition): SiblingVolume {
  if (partition.identity.style !== 'gpt') return { partition, root: null, commands: ['mountvol'] };
  const name = `\\\\?\\Volume${partition.identity.partitionGuid}\\`;
  let isThere: boolean;
  try {
    isThere = statOf(fs, name) !== null;
  } catch {
    isThere = false;
  }
  return { partition, root: isThere ? name : null, commands: [`mountvol S: ${name}`] };
}
