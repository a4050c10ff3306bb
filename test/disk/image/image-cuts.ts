// Commits into an image on the disk that forgets: the image is a file of it, so that power is lost below the file systems
// of the image, at the sectors of the disk.

import type { CommitHost, CommitRequest } from '../../../src/commit/request.ts';
import type { BlockSource } from '../../../src/disk/image/blocks.ts';
import { openDiskImage } from '../../../src/disk/image/disk-image.ts';
import { imageFs } from '../../../src/disk/image/image-fs.ts';
import { joinDescriptors, joinFs } from '../../../src/disk/image/joined-fs.ts';
import { openRawForWriting } from '../../../src/disk/image/raw.ts';
import { whyNotOverwritable } from '../../../src/disk/image/write-gate.ts';
import type { Disk } from '../../commit/disk-simulator.ts';
import { hostOf, type Row, requestOf, VOLUME } from '../../commit/rows.ts';

export const IMAGE = '/images/disk.img';
export const JOURNALS = `${IMAGE}.hivemend`;

/** Where a row's file lies when its volume is the image's. */
export const inImage = (path: string): string => path.replace(VOLUME, `${IMAGE}/volume`);

export interface ImageHost {
  readonly host: CommitHost;
  readonly blocks: BlockSource;
  close(): void;
}

/** A host that sees the files of the image beside those of the disk. */
export function imageHostOf(disk: Disk, boot: string): ImageHost {
  const blocks = openRawForWriting(disk, IMAGE);
  const image = imageFs(openDiskImage(blocks, IMAGE), (volume) => whyNotOverwritable(volume, false));
  const host = hostOf(disk, boot);
  return {
    host: { ...host, fs: joinFs(disk, [image]), descriptors: joinDescriptors(host.descriptors, [image]) },
    blocks,
    close: () => blocks.close(),
  };
}

/** The row's request, with its hives in the image and its journal beside it. */
export function imageRequestOf(row: Row, disk: Disk): CommitRequest {
  const hives = row.hives.map((hive) => ({ ...hive, path: inImage(hive.path), isFixedSize: true }));
  const request = requestOf({ ...row, hives }, disk);
  return {
    ...request,
    journalRoot: JOURNALS,
    journalKind: 'state-dir',
    volumes: [{ root: `${IMAGE}/volume`, fileSystem: 'ntfs', serial: '1234abcd', partitionGuid: null }],
  };
}
