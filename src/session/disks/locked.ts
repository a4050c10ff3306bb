// The volumes of a disk without a mount that cannot be read: one that BitLocker locks, with what unlocks it, and one that is
// damaged.

import { FormatError, RefusedError } from '../../base/errors.ts';
import { pathWord } from '../../base/quote.ts';
import { printable } from '../../base/text.ts';
import { type Way, waysOn } from '../../base/ways.ts';
import type { DeviceIdentity } from '../../bcd/device.ts';
import { protectorsText, readBitLockerMetadata } from '../../disk/bitlocker-metadata.ts';
import { blockReader, type DiskImage } from '../../disk/image/disk-image.ts';
import type { OpenDisk } from '../../disk/image/open.ts';
import type { BcdStoreFound } from '../../disk/locate.ts';
import type { Partition } from '../../disk/partitions.ts';

export interface LockedVolume {
  /** Why its files cannot be read, with what unlocks it as the hint. */
  readonly refusal: RefusedError;
  /** Null: the disk has no partition table. */
  readonly partition: DeviceIdentity | null;
}

/** A Windows of which only its boot store can be read: its volume is locked. */
export interface LockedWindows extends LockedVolume {
  /** Stores on the volumes beside it, those that boot an installed Windows first. */
  readonly stores: readonly BcdStoreFound[];
}

interface LockableDisk {
  readonly name: string;
  readonly image: DiskImage;
  readonly disk: Pick<OpenDisk, 'format'>;
}

export function lockedVolumeOf(disks: readonly LockableDisk[]): LockedVolume | null {
  for (const { name, image, disk } of disks) {
    const locked = image.unread.find(({ boot }) => boot.kind === 'bitlocker');
    if (!locked) continue;
    const offsetBytes = locked.partition?.offsetBytes ?? 0;
    const metadata = readBitLockerMetadata(blockReader(image.source), offsetBytes);
    const how = metadata === null ? '' : ` (${protectorsText(metadata)})`;
    const where = locked.partition ? `partition ${locked.partition.number} of ${printable(name)}` : printable(name);
    const isSuspended = metadata?.protectors.some(({ kind }) => kind === 'clear key') ?? false;
    const ways = waysToUnlock(name, disk.format, locked.partition, isSuspended);
    const refusal = new RefusedError('NOT_MOUNTED', `${where} is locked by BitLocker${how}`, {
      ...waysOn(ways, { protectors: metadata?.protectors ?? [] }),
    });
    return { refusal, partition: locked.partition?.identity ?? null };
  }
  return null;
}

/** Why a volume cannot be read, of the first that is damaged; null where none is. */
export function damageOf(disks: readonly Pick<LockableDisk, 'name' | 'image'>[]): FormatError | null {
  for (const { name, image } of disks) {
    for (const { partition, error } of image.unread) {
      if (!(error instanceof FormatError)) continue;
      const where = partition ? `partition ${partition.number} of ${printable(name)}` : printable(name);
      return new FormatError(error.code, `${where} cannot be read: ${error.message}`, {
        hint: error.hint ?? `hivemend disks ${pathWord(name)}`,
        ...(error.data ? { data: error.data } : {}),
        cause: error,
      });
    }
  }
  return null;
}

/** Of both the result is a device or a file that is given instead of the locked volume, beside the disk. */
function waysToUnlock(
  name: string,
  format: OpenDisk['format'],
  partition: Partition | null,
  isSuspended: boolean,
): Way[] {
  const path = pathWord(name);
  const offsetBytes = partition?.offsetBytes ?? 0;
  const again = (place: string): string => `hivemend diagnose ${place} ${path}`;
  const open = (device: string): string[] => [
    `cryptsetup open --type bitlk ${device} windows`,
    again('/dev/mapper/windows'),
  ];
  const dislocker = [
    'mkdir -p /mnt/dislocker',
    `dislocker -V ${path} -O ${offsetBytes} ${isSuspended ? '-c' : '-p'} -- /mnt/dislocker`,
    again('/mnt/dislocker/dislocker-file'),
  ];
  if (format === 'NBD' || format === 'blocks') return [];
  if (format === 'block device' || format === 'raw' || format === 'fixed VHD') {
    // Suspended protection leaves a key on the disk, which dislocker reads.
    if (isSuspended) return [{ why: 'Protection is suspended, so that dislocker needs no key:', commands: dislocker }];
    const device = `$(losetup -f --show --offset ${offsetBytes} ${path})`;
    return [
      { why: 'Unlock it with cryptsetup (2.3 or later; asks for the recovery key):', commands: open(device) },
      { why: 'Or with dislocker:', commands: dislocker },
    ];
  }
  const node = partition === null ? '/dev/nbd0' : `/dev/nbd0p${partition.number}`;
  const attach = ['modprobe nbd max_part=16', `qemu-nbd -c /dev/nbd0 -f ${QEMU_NAMES[format]} ${path}`];
  return [
    {
      why: 'Attach it, unlock it with cryptsetup (2.3 or later; asks for the recovery key) and give both devices:',
      commands: [
        ...attach,
        `cryptsetup open --type bitlk ${node} windows`,
        'hivemend diagnose /dev/mapper/windows /dev/nbd0',
      ],
    },
  ];
}

const QEMU_NAMES = { 'dynamic VHD': 'vpc', VHDX: 'vhdx', qcow2: 'qcow2', VMDK: 'vmdk', VDI: 'vdi' } as const;
