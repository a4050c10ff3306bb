// Who has a disk, as the kernel of a host in memory tells it: mounts, holders, loop devices, locks, and the places where
// others would not be seen.

import { expect, it } from 'vitest';
import { findUse } from '../../../src/disk/image/in-use.ts';
import type { RawFile } from '../../../src/disk/image/raw.ts';
import { type HostMount, linuxHost, sysfsDisk } from '../linux-fs.ts';

const IMAGE = '/images/disk.img';
type Files = Readonly<Record<string, string | null>>;

function useOf(
  path: string,
  files: Files = {},
  mounts: readonly HostMount[] = [],
  links: Readonly<Record<string, string>> = {},
  raw: Partial<RawFile> = {},
) {
  const { fs } = linuxHost({ [path]: 'disk', '/proc/locks': '', ...files }, mounts, links);
  const stat = fs.lstatSync(path);
  const isDevice = path.startsWith('/dev/');
  return findUse(fs, { path, isDevice, isHeld: false, stat, ...raw } as RawFile);
}

/** Device 0xfe:0x12 as glibc packs it, inode 77. */
const stat = { dev: 0xfe12, ino: 77 } as RawFile['stat'];
const lock = (text: string): Files => ({ '/proc/locks': `1: POSIX  ADVISORY  WRITE 9 00:01:5 0 EOF\n${text}\n` });

it('a file that nobody has', () => {
  expect(useOf(IMAGE)).toEqual({ by: null, unseen: null });
});

it.each<[string, Files, readonly HostMount[], RegExp]>([
  ['mounted by FUSE', {}, [{ at: '/mnt/w', driver: 'fuseblk', source: IMAGE, number: '0:50' }], /mounted at \/mnt\/w/],
  ['a loop device', { '/sys/block/loop3/loop/backing_file': `${IMAGE}\n` }, [], /attached to \/dev\/loop3/],
  ['VMware', { [`${IMAGE}.lck/M1.lck`]: '' }, [], /VMware/],
])('a file that is in use: %s', (_, files, mounts, by) => {
  expect(useOf(IMAGE, files, mounts).by).toMatch(by);
});

it.each<[string, boolean]>([
  ['2: OFDLCK ADVISORY  READ -1 fe:12:77 101 101', true],
  ['2: OFDLCK ADVISORY  READ -1 fe:12:77 100 101', true],
  ['2: OFDLCK ADVISORY  READ -1 fe:12:77 103 103', true],
  ['2: OFDLCK ADVISORY  READ -1 fe:12:77 201 201', true],
  ['2: POSIX  ADVISORY  WRITE 812 fe:12:77 0 EOF', true],
  // Reading alone, and sharing all but a change of size.
  ['2: OFDLCK ADVISORY  READ -1 fe:12:77 100 100', false],
  ['2: OFDLCK ADVISORY  READ -1 fe:12:77 203 203', false],
  ['2: OFDLCK ADVISORY  READ -1 fe:12:78 100 101', false],
  ['2: OFDLCK ADVISORY  READ -1 fe:13:77 100 101', false],
  ['2: nonsense', false],
])('the lock %s', (line, isUsed) => {
  expect(useOf(IMAGE, lock(line), [], {}, { stat }).by !== null).toBe(isUsed);
});

it('a process that has it open for writing, and is not this one', () => {
  const files = {
    '/proc/41/fdinfo/3': 'pos:\t0\nflags:\t0100000\n',
    '/proc/41/fdinfo/4': 'pos:\t0\nflags:\t0100002\n',
    '/proc/41/comm': 'VBoxHeadless\n',
    '/proc/50/comm': 'other\n',
  };
  const links = { '/proc/41/fd/3': IMAGE, '/proc/41/fd/4': '/elsewhere' };
  const use = (more: Readonly<Record<string, string>>, beside: number | null) => {
    const { fs } = linuxHost({ [IMAGE]: 'disk', '/proc/locks': '', ...files }, [], { ...links, ...more });
    return findUse(fs, { path: IMAGE, isDevice: false, isHeld: false, stat: fs.lstatSync(IMAGE) } as RawFile, beside)
      .by;
  };
  expect(use({}, 1)).toBeNull();
  expect(use({ '/proc/41/fd/4': IMAGE }, 1)).toBe('is open for writing in process 41 (VBoxHeadless)');
  expect(use({ '/proc/41/fd/4': IMAGE }, 41)).toBeNull();
  expect(use({ '/proc/41/fd/4': IMAGE }, null)).toBeNull();
});

it('a process that has it open under another name, or where other mounts are', () => {
  const use = (ino: number, other: Readonly<Record<string, string>>) => {
    const { fs } = linuxHost(
      {
        [IMAGE]: 'disk',
        '/proc/locks': '',
        '/proc/41/comm': 'vm\n',
        '/proc/41/fdinfo/4': `flags:\t02\nino:\t${ino}\n`,
        ...other,
      },
      [],
      { '/proc/41/fd/4': '/host/same.img' },
    );
    const stat = fs.lstatSync('/proc/41/root/host/same.img');
    return findUse(fs, { path: IMAGE, isDevice: false, isHeld: false, stat } as RawFile, 1).by;
  };
  const { ino } = linuxHost({ [IMAGE]: 'disk' }).fs.lstatSync(IMAGE);
  const other = { '/proc/41/root/host/same.img': 'disk' };
  const own = Array.from({ length: 40 }, (_, i) => ino + i).find((each) => use(each, other) !== null);
  expect(own).toBeDefined();
  expect(use(own!, other)).toBe('is open for writing in process 41 (vm)');
  expect(use(own! + 1000, other)).toBeNull();
});

it('a host that shows no locks', () => {
  const { fs } = linuxHost({ [IMAGE]: 'disk' });
  const raw = { path: IMAGE, isDevice: false, isHeld: false, stat: fs.lstatSync(IMAGE) } as RawFile;
  expect(findUse(fs, raw).unseen).toMatch(/does not show/);
});

it('on a file system whose files have a number of their own, the inode of a lock has to do', () => {
  const anonymous = { dev: 0x2b, ino: 77 } as RawFile['stat'];
  const line = '2: OFDLCK ADVISORY  READ -1 fe:12:77 100 101';
  expect(useOf(IMAGE, lock(line), [], {}, { stat: anonymous }).by).toMatch(/running machine/);
});

it.each(['nfs4', 'cifs', 'smb3', '9p', 'virtiofs', 'ceph', 'fuse.sshfs', 'gfs2', 'ocfs2'])('a file on %s', (driver) => {
  const mounts = [{ at: '/images', driver, source: 'server:/x', number: '0:60' }];
  expect(useOf(IMAGE, {}, mounts).unseen).toContain(driver);
});

it('a local mount below a remote one counts', () => {
  const mounts = [
    { at: '/images', driver: 'nfs', source: 'server:/x', number: '0:60' },
    { at: '/images/local', driver: 'ext4', source: '/dev/sdz1', number: '8:201' },
  ];
  expect(useOf('/images/local/disk.img', {}, mounts).unseen).toBeNull();
});

const OVERLAY = [{ at: '/', driver: 'overlay', source: 'overlay', number: '0:40' }];
it.each<[string, Files, readonly HostMount[]]>([
  ['docker', { '/.dockerenv': '' }, OVERLAY],
  ['podman', { '/run/.containerenv': '' }, OVERLAY],
  ['nspawn', { '/run/systemd/container': 'systemd-nspawn' }, []],
  ['kubernetes', { '/proc/self/cgroup': '0::/kubepods.slice/pod1/cri-containerd-1.scope\n' }, []],
])('inside a container: %s', (_, files, mounts) => {
  expect(useOf(IMAGE, files, mounts).unseen).toMatch(/container/);
  expect(useOf('/dev/sdb', files, mounts).unseen).toMatch(/container/);
});

it('a machine that was made from an image of a container is none', () => {
  expect(useOf(IMAGE, { '/.dockerenv': '' }).unseen).toBeNull();
});

const sdb = sysfsDisk('sdb', '8:16', [
  { name: 'sdb1', number: '8:17', startSector: 2048 },
  { name: 'sdb2', number: '8:18', startSector: 4096 },
]);

it('a device that nobody has', () => {
  expect(useOf('/dev/sdb', sdb.files, [], sdb.links)).toEqual({ by: null, unseen: null });
});

it('a device with a mounted partition, or one that is part of another device', () => {
  const mounts = [{ at: '/mnt/win', driver: 'ntfs3', source: '/dev/sdb2', number: '8:18' }];
  expect(useOf('/dev/sdb', sdb.files, mounts, sdb.links).by).toBe('is in use: /dev/sdb2 is mounted at /mnt/win');
  const files = { ...sdb.files, '/sys/devices/pci/block/sdb/sdb1/holders/dm-0': '' };
  expect(useOf('/dev/sdb', files, [], sdb.links).by).toBe('is in use: /dev/sdb1 is part of /dev/dm-0');
  expect(useOf('/dev/sdb', sdb.files, [], sdb.links, { isHeld: true }).by).toBe('is held by another program');
  expect(useOf('/dev/sdb', {}, [], {}, { isHeld: true }).by).toBe('is held by another program');
  // A partition alone is not used by its neighbour's mount.
  expect(useOf('/dev/sdb1', sdb.files, mounts, sdb.links).by).toBeNull();
});

it.each<[string, string, Files, RegExp]>([
  ['/dev/dm-3', '/sys/devices/virtual/block/dm-3', { '/sys/devices/virtual/block/dm-3/dm/uuid': 'LVM-abc\n' }, /LVM/],
  [
    '/dev/dm-4',
    '/sys/devices/virtual/block/dm-4',
    { '/sys/devices/virtual/block/dm-4/dm/uuid': 'mpath-3600\n' },
    /multipath/,
  ],
  ['/dev/zd16', '/sys/devices/virtual/block/zd16', {}, /ZFS/],
  ['/dev/rbd0', '/sys/devices/virtual/block/rbd0', {}, /network block device/],
  ['/dev/nbd0', '/sys/devices/virtual/block/nbd0', {}, /network block device/],
  ['/dev/sdc', '/sys/devices/platform/host3/session1/target3:0:0/block/sdc', {}, /storage network/],
  ['/dev/sdd', '/sys/devices/pci/host4/rport-4:0-1/target4:0:0/block/sdd', {}, /storage network/],
])('a device that others can have: %s', (path, place, files, unseen) => {
  const name = path.slice('/dev/'.length);
  const use = useOf(path, { [`${place}/dev`]: '1:1\n', ...files }, [], { [`/sys/class/block/${name}`]: place });
  expect(use.unseen).toMatch(unseen);
});

it('what decrypts a disk is judged by that disk', () => {
  const dm = '/sys/devices/virtual/block/dm-5';
  const links = { ...sdb.links, '/sys/class/block/dm-5': dm };
  const files = {
    ...sdb.files,
    [`${dm}/dev`]: '253:5\n',
    [`${dm}/dm/uuid`]: 'CRYPT-BITLK-1\n',
    [`${dm}/slaves/sdb2`]: '',
  };
  expect(useOf('/dev/dm-5', files, [], links).unseen).toBeNull();
  const lvm = { '/sys/class/block/dm-3': '/sys/devices/virtual/block/dm-3', '/sys/class/block/dm-5': dm };
  const below = {
    [`${dm}/dev`]: '253:5\n',
    [`${dm}/dm/uuid`]: 'CRYPT-BITLK-1\n',
    [`${dm}/slaves/dm-3`]: '',
    '/sys/devices/virtual/block/dm-3/dm/uuid': 'LVM-abc\n',
  };
  expect(useOf('/dev/dm-5', below, [], lvm).unseen).toMatch(/LVM/);
});
