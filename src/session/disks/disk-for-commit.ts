// A disk without a mount, opened for one commit: what it goes by is watched until its first write.

import type { BlockSource } from '../../disk/image/blocks.ts';
import { type DiskImage, openDiskImage } from '../../disk/image/disk-image.ts';
import { refuseOverlap } from '../../disk/image/file-system.ts';
import { type ImageFs, imageFs } from '../../disk/image/image-fs.ts';
import { type OpenDisk, openDisk } from '../../disk/image/open.ts';
import { rangesToWatch, whyDynamic, whyNotOverwritable } from '../../disk/image/write-gate.ts';
import { type WriteWatch, watchRanges } from '../../disk/image/write-watch.ts';
import type { Host } from '../../host.ts';
import { pathOfDisk } from './disk-argument.ts';

/** What the operator says of the disks that are given. */
export interface DiskOptions {
  /** `--vm-is-off`: no machine uses the disk, where that cannot be seen here. */
  readonly vmIsOff?: boolean;
  /** `--replay-log`: the pending log of a VHDX is replayed into it before it is written. */
  readonly replayLog?: boolean;
  /** `--any-backing`: files that an image is based on may lie outside its folder. */
  readonly anyBacking?: boolean;
}

export interface DiskForCommit {
  readonly disk: OpenDisk;
  readonly image: DiskImage;
  readonly files: ImageFs;
}

/**
 * Opens a disk for overwriting the files at `paths`, at least one. Where it was only said that nobody has it, a machine that
 * runs is given ten seconds to show.
 * @throws as openDisk for writing; RefusedError IN_USE
 */
export function openForCommit(host: Host, name: string, paths: readonly string[], options: DiskOptions): DiskForCommit {
  const { vmIsOff = false, replayLog = false, anyBacking = false } = options;
  const disk = openDisk(host.disks, name, { mode: 'write', vmIsOff, replayLog, anyBacking });
  try {
    let watch: WriteWatch | null = null;
    let isWritten = false;
    const blocks = noting(disk.blocks, () => {
      // Once: after the first write the differences are our own.
      if (!isWritten) watch?.recheck();
      isWritten = true;
    });
    const image = openDiskImage(blocks, pathOfDisk(name, host.style), host.style);
    const files = imageFs(image, (fileSystem) => (isWritten ? null : whyNotOverwritable(fileSystem, vmIsOff)));
    const placed = [...new Set(paths)].map((path) => files.place(path));
    const dynamic = placed.map(({ volume }) => whyDynamic(volume)).find((refusal) => refusal !== null);
    if (dynamic) throw dynamic;
    // Names of one file, or files of a damaged file system: what is written to one would change the other.
    refuseOverlap(
      placed.flatMap(({ extents }) => extents),
      name,
    );
    const ranges = image.volumes.flatMap((volume) => {
      const own = placed.filter((file) => file.volume === volume);
      return own.length === 0 ? [] : rangesToWatch(volume, own);
    });
    const clock = { nowMs: () => Number(host.now() / 10_000n), wait: host.wait };
    watch = watchRanges(
      {
        identity: name,
        read: (at, into) => disk.blocks.read(at, into),
        readFresh: (at, into) => disk.readFresh(at, into),
      },
      ranges,
      clock,
    );
    if (vmIsOff) watch.confirm();
    return { disk, image, files };
  } catch (error) {
    disk.close();
    throw error;
  }
}

/** The same blocks, which tell when something is about to be written. */
function noting(blocks: BlockSource, onWrite: () => void): BlockSource {
  const { sizeBytes, blockSizeBytes, identity } = blocks;
  return {
    sizeBytes,
    blockSizeBytes,
    identity,
    read: (at, into) => blocks.read(at, into),
    write: (at, bytes) => {
      onWrite();
      blocks.write(at, bytes);
    },
    flush: () => blocks.flush(),
    close: () => blocks.close(),
  };
}
