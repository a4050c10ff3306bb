// Who else has a disk image or a device open, as far as the kernel tells, and where that cannot be told at all.

import { nameOfHost } from '../../base/host-path.ts';
import { statOf } from '../../base/read-folder.ts';
import type { FileStat, ReadFs } from '../../base/read-fs.ts';
import { printable } from '../../base/text.ts';
import { entriesOf, type Mount, mountOf, mountTable, readText } from '../mounted/volumes.ts';
import type { RawFile } from './raw.ts';

export interface Use {
  /** Who has it, as the end of a sentence ("is mounted at /mnt"); null: nobody that is known. */
  readonly by: string | null;
  /** Why others could have it without being seen here ("lies on a network file system (nfs4)"); null: they could not. */
  readonly unseen: string | null;
}

/** QEMU locks byte 100 + n for a permission that it uses, 200 + n for one that it does not share; 1 is writing, 3 resizing. */
const QEMU_LOCKS: readonly number[] = [101, 103, 201];
const O_ACCESS = 3;
const NETWORK =
  /^(nfs|cifs|smb|9p$|virtiofs|ceph|glusterfs|gfs2|ocfs2|lustre|beegfs|afs|gpfs|prl_fs|vboxsf|vmhgfs|fuse\.)/;
const CONTAINERS = /docker|containerd|kubepods|libpod|\/containers\/|crio|lxc/;

/**
 * Reads the mount table, the locks, sysfs and, where `beside` is given (the number of this process), which processes of the
 * machine have it open for writing, as far as this user may see them.
 */
export function findUse(fs: ReadFs, raw: RawFile, beside: number | null = null): Use {
  const use = raw.isDevice ? deviceUse(fs, raw) : fileUse(fs, raw);
  const writer = use.by === null && beside !== null ? writerOf(fs, raw, beside) : null;
  return writer === null ? use : { ...use, by: writer };
}

function fileUse(fs: ReadFs, raw: RawFile): Use {
  const mounts = mountTable(fs);
  const mounted = mounts.find(({ source }) => source === raw.path);
  const loop = loopOf(fs, raw);
  const by =
    (mounted && `is mounted at ${printable(mounted.mountPoint)}`) ??
    (loop && `is attached to /dev/${loop}`) ??
    (isLocked(readText(fs, '/proc/locks') ?? '', raw.stat)
      ? 'is in use by a running machine (QEMU holds its lock)'
      : null) ??
    (statOf(fs, `${raw.path}.lck`) ? `is in use by VMware (${printable(raw.path)}.lck)` : null);
  const home = mountOf(mounts, raw.path);
  const isRemote = home !== null && NETWORK.test(home.driver);
  return {
    by,
    unseen: isRemote ? `lies on a shared or network file system (${home.driver})` : hiddenBy(fs, mounts),
  };
}

function deviceUse(fs: ReadFs, raw: RawFile): Use {
  const mounts = mountTable(fs);
  const sysfs = sysfsOf(fs, raw.path);
  if (sysfs === null) return { by: raw.isHeld ? 'is held by another program' : null, unseen: hiddenBy(fs, mounts) };
  const parts = entriesOf(fs, sysfs).filter((name) => readText(fs, `${sysfs}/${name}/partition`) !== null);
  const holders: string[] = [];
  for (const place of [sysfs, ...parts.map((name) => `${sysfs}/${name}`)]) {
    const device = `/dev/${nameOfHost(place, 'posix').replaceAll('!', '/')}`;
    const number = readText(fs, `${place}/dev`)?.trim();
    for (const { deviceNumber, source, mountPoint } of mounts) {
      if (deviceNumber === number || source === device)
        holders.push(`${device} is mounted at ${printable(mountPoint)}`);
    }
    for (const holder of entriesOf(fs, `${place}/holders`)) holders.push(`${device} is part of /dev/${holder}`);
  }
  const held = holders.length > 0 ? `is in use: ${[...new Set(holders)].join(', ')}` : 'is held by another program';
  const locked = isLocked(readText(fs, '/proc/locks') ?? '', raw.stat);
  return {
    by:
      raw.isHeld || holders.length > 0 ? held : locked ? 'is in use by a running machine (QEMU holds its lock)' : null,
    unseen: sharedDevice(fs, sysfs) ?? hiddenBy(fs, mounts),
  };
}

/** Devices that another machine can have too, or that a manager of machines gives out. */
function sharedDevice(fs: ReadFs, sysfs: string): string | null {
  const name = nameOfHost(sysfs, 'posix');
  if (/^zd\d/.test(sysfs.replace(/.*\/block\//, ''))) return 'is a ZFS volume';
  if (/\/(session\d+|rport-[\d:-]+)\//.test(sysfs)) return 'is a disk of a storage network';
  if (/^(rbd|nbd|drbd)\d/.test(sysfs.replace(/.*\/block\//, ''))) return 'is a network block device';
  if (!/^dm-\d/.test(name)) return null;
  const uuid = readText(fs, `${sysfs}/dm/uuid`) ?? '';
  if (!uuid.startsWith('CRYPT-')) return 'is a device-mapper volume (LVM or multipath)';
  // What decrypts is used where what lies below is.
  for (const below of entriesOf(fs, `${sysfs}/slaves`)) {
    const place = sysfsOf(fs, `/dev/${below}`);
    const shared = place === null ? 'lies on a device that is not seen here' : sharedDevice(fs, place);
    if (shared !== null) return shared;
  }
  return null;
}

function loopOf(fs: ReadFs, raw: RawFile): string | null {
  for (const name of entriesOf(fs, '/sys/block')) {
    const backing = name.startsWith('loop')
      ? readText(fs, `/sys/block/${name}/loop/backing_file`)?.trimEnd()
      : undefined;
    if (backing === undefined || backing === '') continue;
    const stat = statOf(fs, backing);
    if (backing === raw.path || (stat?.ino === raw.stat.ino && stat.dev === raw.stat.dev)) return name;
  }
  return null;
}

/** Lines such as `1: OFDLCK ADVISORY READ -1 fe:00:1234 100 101`; the range ends inclusively, or in EOF. */
function isLocked(locks: string, { dev, ino }: FileStat): boolean {
  const major = Math.floor(dev / 256) & 0xfff;
  const minor = (dev & 0xff) | (Math.floor(dev / 2 ** 12) & 0xfff00);
  return locks.split('\n').some((line) => {
    const [, majorHex, minorHex, inode, first, last] =
      / ([0-9a-f]+):([0-9a-f]+):(\d+) (\d+) (\d+|EOF)\s*$/i.exec(line) ?? [];
    if (Number(inode) !== ino) return false;
    // Some file systems give files another device number than their locks have: then the inode has to do.
    const isSame = Number.parseInt(majorHex!, 16) === major && Number.parseInt(minorHex!, 16) === minor;
    if (!isSame && major !== 0) return false;
    return QEMU_LOCKS.some((byte) => byte >= Number(first) && (last === 'EOF' || byte <= Number(last)));
  });
}

/** What takes no lock that is seen elsewhere: VirtualBox, a FUSE driver, an editor of disks. */
function writerOf(fs: ReadFs, raw: RawFile, beside: number): string | null {
  for (const process of entriesOf(fs, '/proc')) {
    if (!/^\d+$/.test(process) || Number(process) === beside) continue;
    for (const fd of entriesOf(fs, `/proc/${process}/fd`)) {
      const link = linkOf(fs, `/proc/${process}/fd/${fd}`);
      if (link === null || !link.startsWith('/')) continue;
      const info = readText(fs, `/proc/${process}/fdinfo/${fd}`) ?? '';
      const flags = /^flags:\s*([0-7]+)/m.exec(info)?.[1];
      if (flags === undefined || (Number.parseInt(flags, 8) & O_ACCESS) === 0) continue;
      if (link !== raw.path && !isSameFile(fs, raw, info, `/proc/${process}/root${link}`)) continue;
      const name = readText(fs, `/proc/${process}/comm`)?.trim() ?? 'unknown';
      return `is open for writing in process ${process} (${printable(name)})`;
    }
  }
  return null;
}

/**
 * Under another name: a hard link, or a path of a process that sees other mounts. The number that the kernel gives (since
 * 5.14) comes first, so that nothing is looked up on file systems that may not answer.
 */
function isSameFile(fs: ReadFs, { stat }: RawFile, info: string, path: string): boolean {
  if (Number(/^ino:\s*(\d+)/m.exec(info)?.[1]) !== stat.ino) return false;
  const other = linkStat(fs, path);
  return other?.ino === stat.ino && other.dev === stat.dev;
}

function linkStat(fs: ReadFs, path: string): FileStat | null {
  try {
    return fs.lstatSync(path);
  } catch {
    return null;
  }
}

function linkOf(fs: ReadFs, path: string): string | null {
  try {
    return fs.readlinkSync(path);
  } catch {
    return null;
  }
}

/** A container sees neither the locks nor the mounts of its host, and some hosts show none at all. */
function hiddenBy(fs: ReadFs, mounts: readonly Mount[]): string | null {
  // The last of them lies on top.
  const root = mounts.findLast(({ mountPoint }) => mountPoint === '/');
  // Machines are made from images of containers too: they keep the mark, and have a disk of their own.
  const hasOwnDisk = root !== undefined && /^\/dev\/(?!mapper\/|dm-)/.test(root.source);
  const isMarked = ['/.dockerenv', '/run/.containerenv'].some((path) => statOf(fs, path) !== null);
  const isContainer =
    (isMarked && !hasOwnDisk) ||
    statOf(fs, '/run/systemd/container') !== null ||
    CONTAINERS.test(readText(fs, '/proc/self/cgroup') ?? '') ||
    (root?.driver === 'overlay' && CONTAINERS.test(root.superOptions.join(',')));
  if (isContainer) return 'is looked at from inside a container';
  return readText(fs, '/proc/locks') === null ? 'is on a host that does not show who has it open' : null;
}

function sysfsOf(fs: ReadFs, device: string): string | null {
  try {
    return fs.realpathSync(`/sys/class/block/${device.replace(/^\/dev\//, '').replaceAll('/', '!')}`);
  } catch {
    return null;
  }
}
