// What a given folder is: which volume, which driver, which partition of which disk.

import type { RefusedError } from '../base/errors.ts';
import type { HostFs } from '../base/host-fs.ts';
import type { BootSector, PartitionIdentity } from './partitions.ts';
import type { PathStyle } from './windows-path.ts';

/** A volume as the host has it. What cannot be found out is null; nothing here throws for that. */
export interface Volume {
  /** The folder that was given, real path. */
  readonly root: string;
  /** Null on Windows hosts and where the mount table cannot be read. */
  readonly mountPoint: string | null;
  /** The driver: 'fuseblk', 'fuse', 'ntfs3', 'vfat', 'ext4', ... */
  readonly driver: string | null;
  /** Mount and superblock options. */
  readonly options: readonly string[];
  readonly isMountedReadOnly: boolean;
  /** The device, or the image file that a FUSE driver opened. */
  readonly device: string | null;
  /** The device's own write protection. */
  readonly isDeviceReadOnly: boolean;
  /** The whole disk (or the loop device's backing file) that holds the partition. */
  readonly disk: string | null;
  readonly boot: BootSector | null;
  readonly serial: string | null;
  readonly partition: PartitionIdentity | null;
}

/** Where the host's facts are; tests give other roots. */
export interface VolumeOptions {
  readonly style?: PathStyle;
}

/**
 * Describes the volume that `folder` lies on.
 * @throws NotFoundError FILE_NOT_FOUND, UsageError BAD_PATH (a plain file that is no image),
 *   RefusedError AMBIGUOUS for a block device or an image: its partitions and the commands that mount them.
 */
export declare function describeVolume(fs: HostFs, folder: string, options?: VolumeOptions): Volume;

/** The refusal for a block device or an image given instead of a folder. */
export declare function refuseDevice(fs: HostFs, path: string): RefusedError;
