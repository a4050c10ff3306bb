// What a given folder is: which volume, which driver, which partition of which disk.

import { NotFoundError } from '../../base/errors.ts';
import { nameOfHost, type PathStyle } from '../../base/host-path.ts';
import { codeOf, statOf } from '../../base/read-folder.ts';
import type { ReadFs } from '../../base/read-fs.ts';
import { printable } from '../../base/text.ts';
import { withBlocks } from '../blocks.ts';
import { type BootSector, readBootSector } from '../boot-sector.ts';
import type { DiskLayout, PartitionIdentity } from '../partitions.ts';
import { readDiskLayout } from '../partitions.ts';
import { volumeRootOf } from '../windows-path.ts';
import { refuseDevice, refuseFile } from './devices.ts';

/** A volume as the host has it. What cannot be found out is null; nothing throws for that. */
export interface Volume {
  /** The folder that was given; its real path on POSIX. */
  readonly root: string;
  /** Null on Windows, and where the mount table cannot be read. */
  readonly mountPoint: string | null;
  /** 'fuseblk', 'fuse', 'ntfs3', 'vfat', 'ext4', ...; null on Windows. */
  readonly driver: string | null;
  /** Mount options, then those of the file system. */
  readonly options: readonly string[];
  readonly isMountedReadOnly: boolean;
  /** The device, or the image file that a FUSE driver opened. */
  readonly device: string | null;
  /** Of the whole disk that the device is on; left out where it cannot be told. */
  readonly diskSizeBytes?: number;
  /** Of a SCSI disk, which is how clouds number data disks; left out for any other. */
  readonly lun?: number;
  /** The device's own write protection. */
  readonly isDeviceReadOnly: boolean;
  /** The device or image file that holds the partition table; null where there is none. */
  readonly disk: string | null;
  readonly boot: BootSector | null;
  readonly serial: string | null;
  readonly partition: PartitionIdentity | null;
}

/** sysfs counts in these, whatever the disk does. */
const SECTOR_BYTES = 512;

/** Raw disks that are looked at on Windows: \\.\PhysicalDrive0 to 31. */
const MAX_WINDOWS_DISKS = 32;

/**
 * Describes the volume that `folder` lies on; reads the mount table, sysfs, boot sectors and partition tables.
 * @throws NotFoundError FILE_NOT_FOUND; UsageError BAD_PATH for a hive, a pipe or a socket; FormatError BAD_FILE_SYSTEM for any other file; RefusedError NOT_MOUNTED for a device or an
 *   image: its partitions and the commands that mount them; RefusedError NO_RIGHTS.
 */
export function describeVolume(fs: ReadFs, folder: string, style: PathStyle = 'posix'): Volume {
  const root = volumeFolder(fs, folder, style);
  return style === 'posix' ? posixVolume(fs, root) : windowsVolume(fs, root);
}

/** The folder itself, checked to be one: `Volume.root`. @throws as describeVolume */
export function volumeFolder(fs: ReadFs, folder: string, style: PathStyle = 'posix'): string {
  const given = volumeRootOf(folder, style);
  let root: string;
  try {
    root = style === 'posix' ? fs.realpathSync(given) : given;
  } catch (error) {
    throw notThere(folder, codeOf(error) === 'EACCES' ? 'run as root (sudo)' : 'check the name');
  }
  const stat = statOf(fs, root);
  if (stat && !stat.isDirectory()) throw refuseFile(fs, root, stat.isFile() || stat.isBlockDevice());
  if (stat) return root;
  // Raw devices of Windows (\\.\PhysicalDrive1) open, but have no entry in any folder.
  const device = style === 'win32' && /^\\\\[?.]\\/.test(root) ? refuseDevice(fs, root) : null;
  if (device) throw device;
  throw notThere(folder, 'check the name');
}

function notThere(path: string, hint: string): NotFoundError {
  const message = `${printable(path)} does not exist; expected a disk image or the folder where a volume is mounted`;
  return new NotFoundError('FILE_NOT_FOUND', message, { hint });
}

export interface Mount {
  readonly deviceNumber: string;
  readonly mountPoint: string;
  readonly options: readonly string[];
  readonly driver: string;
  readonly source: string;
  readonly superOptions: readonly string[];
}

/** What is mounted here, in order; later mounts lie over earlier ones. [] where there is no mount table. */
export function mountTable(fs: ReadFs): Mount[] {
  return parseMountInfo(readText(fs, '/proc/self/mountinfo') ?? '');
}

/** The mount that a real path lies on. */
export function mountOf(mounts: readonly Mount[], path: string): Mount | null {
  let found: Mount | null = null;
  for (const mount of mounts) {
    const { mountPoint } = mount;
    const holds = mountPoint === '/' || path === mountPoint || path.startsWith(`${mountPoint}/`);
    if (holds && mountPoint.length >= (found?.mountPoint.length ?? 0)) found = mount;
  }
  return found;
}

/** The lines of /proc/self/mountinfo (proc(5)). */
export function parseMountInfo(text: string): Mount[] {
  const plain = (field: string): string =>
    field.replace(/\\([0-7]{3})/g, (_, octal: string) => String.fromCharCode(Number.parseInt(octal, 8)));
  const mounts: Mount[] = [];
  for (const line of text.split('\n')) {
    const fields = line.split(' ');
    const dash = fields.indexOf('-', 6);
    if (dash === -1 || fields.length < dash + 3) continue;
    mounts.push({
      deviceNumber: fields[2]!,
      mountPoint: decodeUtf8(plain(fields[4]!)),
      options: fields[5]!.split(','),
      driver: fields[dash + 1]!,
      source: decodeUtf8(plain(fields[dash + 2]!)),
      superOptions: fields[dash + 3]?.split(',') ?? [],
    });
  }
  return mounts;
}

/** The mount table is bytes; it was read as Latin-1 so that escapes could be undone byte for byte. */
function decodeUtf8(latin1: string): string {
  return new TextDecoder().decode(Uint8Array.from(latin1, (unit) => unit.charCodeAt(0)));
}

function posixVolume(fs: ReadFs, root: string): Volume {
  const mount = mountOf(mountTable(fs), root);
  const options = [...(mount?.options ?? []), ...(mount?.superOptions ?? [])];
  const block = mount ? blockDevice(fs, mount) : null;
  const boot = block ? withBlocks(fs, block.device, (blocks) => readBootSector(blocks, 0)) : null;
  const home = block ? partitionOf(fs, block, boot) : null;
  return {
    root,
    mountPoint: mount?.mountPoint ?? null,
    driver: mount?.driver ?? null,
    options,
    isMountedReadOnly: options.includes('ro'),
    device: block?.device ?? null,
    ...hardwareOf(fs, block?.sysfs ?? null),
    isDeviceReadOnly: block?.isReadOnly ?? false,
    disk: home?.disk ?? null,
    boot,
    serial: boot?.serial ?? null,
    partition: home?.identity ?? null,
  };
}

interface BlockDevice {
  readonly device: string;
  readonly isReadOnly: boolean;
  /** Folder in sysfs; null for an image file that a FUSE driver opened itself. */
  readonly sysfs: string | null;
}

function blockDevice(fs: ReadFs, mount: Mount): BlockDevice | null {
  let sysfs: string | null = null;
  try {
    sysfs = fs.realpathSync(`/sys/dev/block/${mount.deviceNumber}`);
  } catch {
    // A FUSE mount without a block device, or no sysfs at all.
  }
  if (sysfs !== null) {
    const isReadOnly = readText(fs, `${sysfs}/ro`)?.trim() === '1';
    return { device: `/dev/${nameOfHost(sysfs, 'posix').replaceAll('!', '/')}`, isReadOnly, sysfs };
  }
  if (!mount.driver.startsWith('fuse') || !mount.source.startsWith('/')) return null;
  const stat = statOf(fs, mount.source);
  return stat?.isFile() ? { device: mount.source, isReadOnly: false, sysfs: null } : null;
}

/** What sysfs says of the disk that a device of its own is, or lies on. */
function hardwareOf(fs: ReadFs, sysfs: string | null): Pick<Volume, 'diskSizeBytes' | 'lun'> {
  if (sysfs === null) return {};
  const disk = readText(fs, `${sysfs}/partition`) === null ? sysfs : sysfs.slice(0, sysfs.lastIndexOf('/'));
  const sectors = Number(readText(fs, `${disk}/size`) ?? Number.NaN);
  let address = '';
  try {
    address = nameOfHost(fs.realpathSync(`${disk}/device`), 'posix');
  } catch {
    // No device behind it: a loop device, or a mapped one.
  }
  // Host, channel, target and unit.
  const unit = /^\d+:\d+:\d+:(\d+)$/.exec(address)?.[1];
  return {
    ...(sectors > 0 ? { diskSizeBytes: sectors * SECTOR_BYTES } : {}),
    ...(unit === undefined ? {} : { lun: Number(unit) }),
  };
}

interface PartitionHome {
  readonly disk: string;
  readonly identity: PartitionIdentity | null;
}

/** The partition table that a block device's volume stands in, through partitions, loop offsets and mapped devices. */
function partitionOf(fs: ReadFs, block: BlockDevice, boot: BootSector | null): PartitionHome | null {
  const { sysfs } = block;
  if (sysfs === null) return null;
  if (readText(fs, `${sysfs}/partition`) !== null) {
    const disk = `/dev/${nameOfHost(sysfs.slice(0, sysfs.lastIndexOf('/')), 'posix').replaceAll('!', '/')}`;
    return homeAt(fs, disk, Number(readText(fs, `${sysfs}/start`)) * 512, boot);
  }
  const backing = readText(fs, `${sysfs}/loop/backing_file`)?.trimEnd();
  if (backing) return homeAt(fs, backing, Number(readText(fs, `${sysfs}/loop/offset`) ?? 0), boot);
  for (const slave of entriesOf(fs, `${sysfs}/slaves`)) {
    let below: string;
    try {
      below = fs.realpathSync(`/sys/class/block/${slave}`);
    } catch {
      continue;
    }
    const device = `/dev/${slave.replaceAll('!', '/')}`;
    const home = partitionOf(fs, { device, isReadOnly: false, sysfs: below }, boot);
    return home?.identity ? home : homeAt(fs, device, null, boot);
  }
  return null;
}

/** `offsetBytes` null: the partition is told by its volume's serial, where only one has it. */
function homeAt(fs: ReadFs, disk: string, offsetBytes: number | null, boot: BootSector | null): PartitionHome | null {
  const layout = withBlocks(fs, disk, readDiskLayout);
  if (!layout || layout.style === 'none') return null;
  return { disk, identity: findPartition(layout, offsetBytes, boot)?.identity ?? null };
}

function findPartition(layout: DiskLayout, offsetBytes: number | null, boot: BootSector | null) {
  if (offsetBytes !== null) return layout.partitions.find((partition) => partition.offsetBytes === offsetBytes);
  const serial = boot?.serial;
  const alike = serial ? layout.partitions.filter((partition) => partition.boot.serial === serial) : [];
  return alike.length === 1 ? alike[0] : undefined;
}

/** On Windows everything is told by the raw devices; without the right to open them it stays null. */
function windowsVolume(fs: ReadFs, root: string): Volume {
  const drive = /^(?:\\\\[?.]\\)?([a-z]:|Volume\{[0-9a-f-]{36}\})/i.exec(root)?.[1];
  const device = drive === undefined ? null : `\\\\.\\${drive}`;
  const boot = device === null ? null : withBlocks(fs, device, (blocks) => readBootSector(blocks, 0));
  const homes: PartitionHome[] = [];
  for (let number = 0; boot?.serial && number < MAX_WINDOWS_DISKS; number += 1) {
    const home = homeAt(fs, `\\\\.\\PhysicalDrive${number}`, null, boot);
    if (home?.identity) homes.push(home);
  }
  // A clone's volume has the same serial on another disk: then neither is guessed.
  const home = homes.length === 1 ? homes[0]! : null;
  return {
    root,
    mountPoint: null,
    driver: null,
    options: [],
    isMountedReadOnly: false,
    device,
    isDeviceReadOnly: false,
    disk: home?.disk ?? null,
    boot,
    serial: boot?.serial ?? null,
    partition: home?.identity ?? null,
  };
}

/** The names in a folder of the system; [] where it cannot be read, whatever the reason. */
export function entriesOf(fs: ReadFs, folder: string): string[] {
  try {
    return fs.readdirSync(folder);
  } catch {
    return [];
  }
}

/** A small text file of the system, as Latin-1; null where it cannot be read. */
export function readText(fs: ReadFs, path: string): string | null {
  let fd: number;
  try {
    fd = fs.openSync(path, 'r');
  } catch {
    return null;
  }
  try {
    let text = '';
    let position = 0;
    const chunk = new Uint8Array(65_536);
    for (;;) {
      const count = fs.readSync(fd, chunk, 0, chunk.byteLength, position);
      if (count === 0) return text;
      for (let i = 0; i < count; i += 1) text += String.fromCharCode(chunk[i]!);
      position += count;
    }
  } catch {
    return null;
  } finally {
    fs.closeSync(fd);
  }
}
