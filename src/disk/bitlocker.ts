// BitLocker (and Azure Disk Encryption, which is BitLocker) on the disks of the given volumes.

import type { ReadFs } from '../base/read-fs.ts';
import { withBlocks } from './blocks.ts';
import { readText, type Volume } from './mounted/volumes.ts';
import { readDiskLayout } from './partitions.ts';

/** A locked or unlocked BitLocker volume. */
export interface BitLockerVolume {
  /** The disk or image file that holds it, or the device itself. */
  readonly device: string;
  /** Null: the whole device. */
  readonly partitionNumber: number | null;
  /** It is one of the given volumes, read through what unlocked it. */
  readonly isUnlockedHere: boolean;
}

/**
 * BitLocker volumes on the disks that `volumes` lie on: a change of the boot store there can make the machine ask for its
 * recovery key. What cannot be read is not found; nothing throws.
 */
export function detectBitLocker(fs: ReadFs, volumes: readonly Volume[]): BitLockerVolume[] {
  const found = new Map<string, BitLockerVolume>();
  const disks = new Set(volumes.flatMap(({ disk }) => (disk === null ? [] : [disk])));
  for (const disk of disks) {
    const layout = withBlocks(fs, disk, readDiskLayout);
    for (const { number, boot, identity } of layout?.partitions ?? []) {
      if (boot.kind !== 'bitlocker') continue;
      const isUnlockedHere = volumes.some((volume) => JSON.stringify(volume.partition) === JSON.stringify(identity));
      found.set(`${disk}#${number}`, { device: disk, partitionNumber: number, isUnlockedHere });
    }
  }
  for (const { source } of volumes.flatMap((volume) => unlockedFrom(fs, volume))) {
    found.set(source, { device: source, partitionNumber: null, isUnlockedHere: true });
  }
  return [...found.values()];
}

/** A volume read through an unlocking layer: cryptsetup names its mapping CRYPT-BITLK, dislocker gives a file. */
function unlockedFrom(fs: ReadFs, volume: Volume): { source: string }[] {
  const { device } = volume;
  if (device === null) return [];
  const name = /^\/dev\/((?:dm-|loop)\d+)$/.exec(device)?.[1];
  const backing = name === undefined ? device : readText(fs, `/sys/class/block/${name}/loop/backing_file`)?.trimEnd();
  if (backing?.endsWith('/dislocker-file')) return [{ source: backing }];
  const uuid = name === undefined ? null : readText(fs, `/sys/class/block/${name}/dm/uuid`);
  return uuid?.startsWith('CRYPT-BITLK') && volume.partition === null ? [{ source: device }] : [];
}
