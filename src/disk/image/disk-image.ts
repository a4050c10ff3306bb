// A disk without a mount: its partitions and the file systems in them, each under a root of its own.

import { HivemendError } from '../../base/errors.ts';
import { joinHost, type PathStyle } from '../../base/host-path.ts';
import type { BlockReader } from '../blocks.ts';
import type { BootSector } from '../boot-sector.ts';
import { type DiskLayout, type Partition, readDiskLayout } from '../partitions.ts';
import { type BlockSource, checkRange, partitionBlocks } from './blocks.ts';
import { cachedBlocks } from './cached-blocks.ts';
import { FatVolume } from './fat/volume.ts';
import { NtfsVolume } from './ntfs/volume.ts';

/** A volume whose files can be read. */
export interface ImageVolume {
  /** Where its files appear: below the name of the image, `<image>/partition2`, or `<image>/volume` without a table. */
  readonly root: string;
  /** Null: the image has no partition table. */
  readonly partition: Partition | null;
  readonly offsetBytes: number;
  readonly fileSystem: NtfsVolume | FatVolume;
  /** The volume as it is on the disk now, read past everything that is kept. */
  reopen(): NtfsVolume | FatVolume;
}

/** A partition, or the whole image, whose files cannot be read: BitLocker, another file system, or damage. */
interface UnreadVolume {
  readonly partition: Partition | null;
  readonly boot: BootSector;
  /** Null: no file system that we read. */
  readonly error: HivemendError | null;
}

export interface DiskImage {
  /** The path or address that was given. */
  readonly name: string;
  readonly style: PathStyle;
  readonly source: BlockSource;
  readonly layout: DiskLayout;
  readonly volumes: readonly ImageVolume[];
  readonly unread: readonly UnreadVolume[];
}

/**
 * Reads partition tables and opens each NTFS and FAT volume; `name` is what its roots begin with. What is damaged is in
 * `unread`, with its error. The caller closes `source`.
 * @throws what `source` throws
 */
export function openDiskImage(source: BlockSource, name: string, style: PathStyle = 'posix'): DiskImage {
  const cached = cachedBlocks(source);
  const layout = readDiskLayout(blockReader(cached));
  const volumes: ImageVolume[] = [];
  const unread: UnreadVolume[] = [];
  const add = (partition: Partition | null, boot: BootSector, offsetBytes: number, statedBytes: number): void => {
    // Of a disk that was cut off, what is there is read; a volume that needs more says so itself.
    const leftBytes = source.sizeBytes - offsetBytes;
    const sizeBytes = Math.min(statedBytes, leftBytes);
    const open = (disk: BlockSource): NtfsVolume | FatVolume | null => {
      if (boot.kind !== 'ntfs' && boot.kind !== 'fat') return null;
      const part = partitionBlocks(disk, offsetBytes, sizeBytes);
      return boot.kind === 'ntfs' ? new NtfsVolume(part) : new FatVolume(part);
    };
    try {
      if (leftBytes <= 0) checkRange(source, offsetBytes, statedBytes);
      const fileSystem = open(cached);
      if (!fileSystem) {
        unread.push({ partition, boot, error: null });
        return;
      }
      // Where no name can be found, nothing else can.
      fileSystem.root.names();
      fileSystem.root.child('Windows');
      const root = joinHost(name, partition ? `partition${partition.number}` : 'volume', style);
      volumes.push({ root, partition, offsetBytes, fileSystem, reopen: () => open(source)! });
    } catch (error) {
      if (!(error instanceof HivemendError)) throw error;
      unread.push({ partition, boot, error });
    }
  };
  for (const partition of layout.partitions) {
    add(partition, partition.boot, partition.offsetBytes, partition.sizeBytes);
  }
  if (layout.boot) add(null, layout.boot, 0, source.sizeBytes);
  return { name, style, source: cached, layout, volumes, unread };
}

/** Tables are read as far as they can be: what is not there is null. */
export function blockReader(source: BlockSource): BlockReader {
  return {
    sizeBytes: source.sizeBytes,
    read: (at, sizeBytes) => {
      if (!(at >= 0 && at + sizeBytes <= source.sizeBytes)) return null;
      const bytes = new Uint8Array(sizeBytes);
      source.read(at, bytes);
      return bytes;
    },
  };
}
