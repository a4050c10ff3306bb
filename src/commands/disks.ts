// disks: what is on a disk, an image or an address: its partitions, their file systems and state, and the Windows in them.

import { HivemendError, NotFoundError } from '../base/errors.ts';
import { codeOf, namesIn } from '../base/read-folder.ts';
import { printable } from '../base/text.ts';
import { protectorsText, readBitLockerMetadata } from '../disk/bitlocker-metadata.ts';
import type { BootSector } from '../disk/boot-sector.ts';
import { blockReader, type DiskImage, type ImageVolume } from '../disk/image/disk-image.ts';
import { whyNotOverwritable } from '../disk/image/write-gate.ts';
import { locateWindows } from '../disk/locate.ts';
import { mountPoint } from '../disk/mounted/mount-point.ts';
import type { DiskLayout, Partition } from '../disk/partitions.ts';
import { openHive } from '../hive/open.ts';
import type { Host } from '../host.ts';
import { describeMachine } from '../repairs/machine.ts';
import { type AttachedDisk, attachDisks } from '../session/attach.ts';

export interface DiskListing {
  /** The path or address. */
  readonly name: string;
  /** 'raw', 'qcow2', 'block device', ...; null where it cannot be opened. */
  readonly format: string | null;
  /** Why it cannot be opened, of a disk that was not named; null: it can. */
  readonly problem: string | null;
  readonly sizeBytes: number;
  readonly table: 'gpt' | 'mbr' | 'none';
  /** The disk as `bcdedit` names it: its GUID, or its MBR signature in hex; null without a table. */
  readonly identity: string | null;
  /** Of a GPT: 'backup' where its first header or entries are damaged, 'damaged' where both are; null: no GPT. */
  readonly gptState: DiskLayout['gptState'];
  /** Who else uses it, as the end of a sentence; null where nobody is seen. */
  readonly usedBy: string | null;
  readonly volumes: readonly VolumeListing[];
}

export interface VolumeListing {
  /** How a path into it begins; null where its files cannot be read. */
  readonly root: string | null;
  readonly partition: Partition | null;
  /** 'NTFS', 'FAT32', 'BitLocker', 'unknown', ... */
  readonly fileSystem: string;
  readonly sizeBytes: number;
  readonly label: string | null;
  /** Where it is mounted on this machine now: a folder, a drive letter, or Windows' own name for it; null: nowhere. */
  readonly mountedAt: string | null;
  /** 'clean', or why it cannot be written or read, in a few words. */
  readonly state: string;
  readonly windows: { readonly computerName: string | null; readonly product: string | null } | null;
}

/**
 * Lists each disk of `given`; without any, the whole disks of this machine.
 * @throws as attachDisks; NotFoundError FILE_NOT_FOUND where there is no disk.
 */
export function listDisks(host: Host, given: readonly string[], anyBacking = false): DiskListing[] {
  const names = given.length > 0 ? given : hostDisks(host);
  if (names.length === 0) {
    throw new NotFoundError('FILE_NOT_FOUND', 'no disk of this machine is seen here', {
      hint: 'Name an image or a device:\n  hivemend disks disk.vhd',
    });
  }
  if (given.length > 0) return names.map((name) => listDisk(host, name, anyBacking));
  return names.map((name) => {
    try {
      return listDisk(host, name, false);
    } catch (error) {
      if (!(error instanceof HivemendError)) throw error;
      return { ...NOTHING, name, problem: error.message };
    }
  });
}

const NOTHING = {
  format: null,
  sizeBytes: 0,
  table: 'none',
  identity: null,
  gptState: null,
  usedBy: null,
  volumes: [],
} as const;

function listDisk(host: Host, name: string, anyBacking: boolean): DiskListing {
  using attached = attachDisks(host, [name], { keepUnreadable: true, anyBacking });
  const [disk] = attached.disks;
  if (!disk) {
    throw new NotFoundError('FILE_NOT_FOUND', `${printable(name)} is not a disk, an image or an address`, {
      hint: 'Name an image or a device:\n  hivemend disks disk.vhd',
    });
  }
  return listingOf(attached.host, disk);
}

/** The whole disks that Linux has, or the raw devices of Windows that can be opened. */
function hostDisks(host: Host): string[] {
  const { fs, style } = host;
  if (style === 'posix') {
    return namesIn(fs, '/sys/block')
      .filter((name) => !/^(?:loop|ram|zram|sr|fd|dm-|md|nbd)/.test(name))
      .map((name) => `/dev/${name.replaceAll('!', '/')}`);
  }
  const disks = Array.from({ length: 32 }, (_, number) => `\\\\.\\PhysicalDrive${number}`);
  return disks.filter((disk) => {
    try {
      fs.closeSync(fs.openSync(disk, 'r'));
      return true;
    } catch (error) {
      // What is there and may not be opened is told.
      return !['ENOENT', 'ENODEV', 'ENXIO'].includes(codeOf(error));
    }
  });
}

function listingOf(host: Host, { name, format, image, usedBy }: AttachedDisk): DiskListing {
  const { layout, source } = image;
  const mountedAt = (partition: Partition | null): string | null => mountPoint(host.fs, name, partition, host.style);
  const read = image.volumes.map((volume) => ({
    ...readable(host, volume, source.sizeBytes),
    mountedAt: mountedAt(volume.partition),
  }));
  const unread = image.unread.map(({ partition, boot, error }): VolumeListing => {
    const state = error ? `not readable: ${error.message}` : (lockOf(image, partition, boot) ?? 'not read');
    const sizeBytes = partition?.sizeBytes ?? source.sizeBytes;
    return {
      root: null,
      partition,
      fileSystem: KINDS[boot.kind] ?? boot.kind,
      sizeBytes,
      label: boot.label,
      mountedAt: mountedAt(partition),
      state,
      windows: null,
    };
  });
  const volumes = [...read, ...unread].sort(
    (a, b) => (a.partition?.offsetBytes ?? 0) - (b.partition?.offsetBytes ?? 0),
  );
  const signature = layout.diskSignature === null ? null : layout.diskSignature.toString(16).padStart(8, '0');
  return {
    name,
    format,
    problem: null,
    sizeBytes: source.sizeBytes,
    table: layout.style,
    identity: layout.diskGuid ?? signature,
    gptState: layout.gptState,
    usedBy,
    volumes,
  };
}

/** Of a BitLocker volume, what unlocks it. */
function lockOf({ source }: DiskImage, partition: Partition | null, boot: BootSector): string | null {
  if (boot.kind !== 'bitlocker') return null;
  const metadata = readBitLockerMetadata(blockReader(source), partition?.offsetBytes ?? 0);
  return metadata === null ? 'locked' : `locked, ${protectorsText(metadata)}`;
}

const KINDS: Readonly<Record<string, string>> = {
  ntfs: 'NTFS',
  fat: 'FAT',
  exfat: 'exFAT',
  refs: 'ReFS',
  bitlocker: 'BitLocker',
  linux: 'ext',
};

function readable(host: Host, volume: ImageVolume, diskSizeBytes: number): Omit<VolumeListing, 'mountedAt'> {
  const { root, partition, fileSystem } = volume;
  return {
    root,
    partition,
    fileSystem: fileSystem.kind === 'ntfs' ? 'NTFS' : `FAT${fileSystem.geometry.bits}`,
    sizeBytes: partition?.sizeBytes ?? diskSizeBytes,
    label: fileSystem.label,
    state: stateOf(volume),
    windows: windowsOf(host, root),
  };
}

function stateOf({ fileSystem }: ImageVolume): string {
  try {
    const refusal = whyNotOverwritable(fileSystem, true);
    if (refusal === null) return 'clean';
    if (refusal.code === 'BAD_FILE_SYSTEM') return `not sound: ${refusal.message}`;
    return refusal.code === 'HIBERNATED' ? 'hibernated' : 'unclean';
  } catch (error) {
    if (error instanceof HivemendError) return `not readable: ${error.message}`;
    throw error;
  }
}

/** What says that a volume has no Windows of its own, or one that cannot be read, is no reason to stop listing. */
function windowsOf(host: Host, root: string): VolumeListing['windows'] {
  try {
    const found = locateWindows(host.fs, [root], { style: host.style });
    const system = openHive(host, 'SYSTEM', found.hives.SYSTEM);
    const { SOFTWARE } = found.hives;
    const software = SOFTWARE === undefined ? null : openHive(host, 'SOFTWARE', SOFTWARE);
    try {
      const { computerName, product } = describeMachine(system.hive, software?.hive ?? null);
      return { computerName, product };
    } finally {
      software?.close();
      system.close();
    }
  } catch (error) {
    if (error instanceof HivemendError) return null;
    throw error;
  }
}
