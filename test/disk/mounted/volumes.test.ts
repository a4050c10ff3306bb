import { memfs } from 'memfs';
import { describe, expect, it } from 'vitest';
import type { WriteFs } from '../../../src/base/write-fs.ts';
import { detectBitLocker } from '../../../src/disk/bitlocker.ts';
import { siblingVolumes } from '../../../src/disk/mounted/siblings.ts';
import { describeVolume, parseMountInfo } from '../../../src/disk/mounted/volumes.ts';
import {
  bitLockerVolume,
  DISK_GUID,
  DISK_SIGNATURE,
  ESP_GUID,
  fatVolume,
  gptDisk,
  MIB,
  mbrDisk,
  ntfsVolume,
  WINDOWS_GUID,
} from '../disk-image.ts';
import { linuxHost, sysfsDisk } from '../linux-fs.ts';
import { onWindows } from '../windows-fs.ts';

const WINDOWS_ON_GPT = { style: 'gpt', diskGuid: DISK_GUID, partitionGuid: WINDOWS_GUID };

function gptHost(windows = ntfsVolume(), options = 'rw', mountsEsp = true) {
  const sysfs = sysfsDisk('sdb', '8:16', [
    { name: 'sdb1', number: '8:17', startSector: MIB / 512 },
    { name: 'sdb2', number: '8:18', startSector: (3 * MIB) / 512 },
    { name: 'sdb3', number: '8:19', startSector: (2 * MIB) / 512 },
  ]);
  return linuxHost(
    {
      ...sysfs.files,
      '/mnt/my win/Windows': null,
      '/mnt/esp/EFI': null,
      '/dev/sdb': gptDisk(windows),
      '/dev/sdb3': windows,
      '/dev/sdb1': fatVolume(),
    },
    [
      { at: '/mnt/my win', driver: 'fuseblk', source: '/dev/sdb3', number: '8:19', options },
      ...(mountsEsp ? [{ at: '/mnt/esp', driver: 'vfat', source: '/dev/sdb1', number: '8:17' }] : []),
    ],
    sysfs.links,
  ).fs;
}

describe('a mounted partition', () => {
  it('is known by driver, device, serial, and the GUIDs of partition and disk', () => {
    expect(describeVolume(gptHost(), '/mnt/my win')).toEqual({
      root: '/mnt/my win',
      mountPoint: '/mnt/my win',
      driver: 'fuseblk',
      options: ['rw', 'relatime', 'rw'],
      isMountedReadOnly: false,
      device: '/dev/sdb3',
      isDeviceReadOnly: false,
      disk: '/dev/sdb',
      boot: { kind: 'ntfs', serial: '0123456789abcdef', label: null },
      serial: '0123456789abcdef',
      partition: WINDOWS_ON_GPT,
    });
  });
  it('is found from a folder inside it, by the longest mount point', () => {
    const fs = gptHost();
    expect(describeVolume(fs, '/mnt/my win/Windows').mountPoint).toBe('/mnt/my win');
    expect(describeVolume(fs, '/mnt').mountPoint).toBe('/');
  });
  it('has the size and the number of its disk, where sysfs knows them', () => {
    const sysfs = sysfsDisk('sdc', '8:32', [{ name: 'sdc1', number: '8:33', startSector: MIB / 512 }]);
    const files = {
      ...sysfs.files,
      '/sys/devices/pci/block/sdc/size': '266338304\n',
      '/sys/devices/pci/3:0:0:7/x': '',
    };
    const links = { ...sysfs.links, '/sys/devices/pci/block/sdc/device': '/sys/devices/pci/3:0:0:7' };
    const mounts = [{ at: '/mnt/w', driver: 'fuseblk', source: '/dev/sdc1', number: '8:33' }];
    const { fs } = linuxHost({ ...files, '/mnt/w/Windows': null, '/dev/sdc1': ntfsVolume() }, mounts, links);
    expect(describeVolume(fs, '/mnt/w')).toMatchObject({ device: '/dev/sdc1', lun: 7, diskSizeBytes: 127 * 2 ** 30 });
  });
  it('tells read-only mounts', () => {
    expect(describeVolume(gptHost(ntfsVolume(), 'ro'), '/mnt/my win').isMountedReadOnly).toBe(true);
  });
  it('has siblings: mounted ones with their place, others with the command', () => {
    const fs = gptHost();
    expect(siblingVolumes(fs, describeVolume(fs, '/mnt/my win'))).toMatchObject([
      { root: '/mnt/esp', commands: ['mount -t vfat /dev/sdb1 /mnt/esp'], partition: { number: 1 } },
    ]);
    const bare = gptHost(ntfsVolume(), 'rw', false);
    expect(siblingVolumes(bare, describeVolume(bare, '/mnt/my win'))).toMatchObject([{ root: null }]);
  });
});

describe('a loop device', () => {
  const host = (image: Uint8Array, offset: number, volume: Uint8Array) =>
    linuxHost(
      {
        '/mnt/win': null,
        '/images/disk.img': image,
        '/dev/loop0': volume,
        '/sys/devices/virtual/block/loop0/ro': '1\n',
        '/sys/devices/virtual/block/loop0/loop/backing_file': '/images/disk.img\n',
        '/sys/devices/virtual/block/loop0/loop/offset': `${offset}\n`,
      },
      [{ at: '/mnt/win', driver: 'ntfs3', source: '/dev/loop0', number: '7:0' }],
      { '/sys/dev/block/7:0': '/sys/devices/virtual/block/loop0' },
    ).fs;
  it('is a partition of its image, by its offset', () => {
    expect(describeVolume(host(mbrDisk(), MIB, ntfsVolume()), '/mnt/win')).toMatchObject({
      ...{ device: '/dev/loop0', disk: '/images/disk.img', isDeviceReadOnly: true },
      partition: { style: 'mbr', diskSignature: DISK_SIGNATURE, offsetBytes: MIB },
    });
  });
  it('of an image without a table is no partition', () => {
    expect(describeVolume(host(ntfsVolume(), 0, ntfsVolume()), '/mnt/win')).toMatchObject({
      ...{ disk: null, partition: null, serial: '0123456789abcdef' },
    });
  });
});

it('a mapped device is told by what lies below it', () => {
  const sysfs = sysfsDisk('sda', '8:0', [{ name: 'sda1', number: '8:1', startSector: (2 * MIB) / 512 }]);
  const dm = '/sys/devices/virtual/block/dm-0';
  const { fs } = linuxHost(
    {
      ...sysfs.files,
      ...{ '/mnt/win': null, '/dev/sda': gptDisk(bitLockerVolume()), '/dev/dm-0': ntfsVolume(), [`${dm}/ro`]: '0' },
      ...{ [`${dm}/dm/uuid`]: 'CRYPT-BITLK-0123-windows\n' },
    },
    [{ at: '/mnt/win', driver: 'fuseblk', source: '/dev/mapper/windows', number: '253:0' }],
    {
      ...sysfs.links,
      '/sys/dev/block/253:0': dm,
      [`${dm}/slaves/sda1`]: sysfs.links['/sys/class/block/sda1']!,
      '/sys/class/block/dm-0': dm,
    },
  );
  const volume = describeVolume(fs, '/mnt/win');
  expect(volume).toMatchObject({ device: '/dev/dm-0', disk: '/dev/sda', partition: WINDOWS_ON_GPT });
  expect(detectBitLocker(fs, [volume])).toEqual([{ device: '/dev/sda', partitionNumber: 3, isUnlockedHere: true }]);
});

it('an image that ntfs-3g opened itself is its own device', () => {
  const { fs } = linuxHost({ '/mnt/win': null, '/images/n.img': ntfsVolume() }, [
    { at: '/mnt/win', driver: 'fuse', source: '/images/n.img', number: '0:39' },
  ]);
  expect(describeVolume(fs, '/mnt/win')).toMatchObject({
    ...{ device: '/images/n.img', disk: null, partition: null, serial: '0123456789abcdef' },
  });
});

it('a plain folder with no mount table at hand is still a volume', () => {
  const { fs } = memfs({ '/disk/Windows': null }, '/');
  expect(describeVolume(fs as unknown as WriteFs, '/disk')).toMatchObject({
    root: '/disk',
    mountPoint: null,
    device: null,
  });
});

describe('what is no mounted folder', () => {
  const refusal = (files: Record<string, Uint8Array | string>, path: string): unknown => {
    try {
      describeVolume(linuxHost(files).fs, path);
    } catch (error) {
      return error;
    }
    return null;
  };
  it('a disk is refused with its partitions and the command for its Windows', () => {
    const nodes = { '/dev/sdb1': '', '/dev/sdb3': '' };
    expect(refusal({ '/dev/sdb': gptDisk(), ...nodes }, '/dev/sdb')).toMatchObject({
      code: 'NOT_MOUNTED',
      message:
        '/dev/sdb is a whole disk (GPT) with partition 1: FAT, EFI system, 1 MiB; partition 3: NTFS, Microsoft basic data, 5 MiB; none of them can be read without a mount',
      hint: 'mount -t ntfs-3g /dev/sdb3 /mnt/windows',
      data: { commands: ['mount -t vfat /dev/sdb1 /mnt/esp', 'mount -t ntfs-3g /dev/sdb3 /mnt/windows'] },
    });
    expect(refusal({ '/dev/nvme0n1': mbrDisk(), '/dev/nvme0n1p1': '' }, '/dev/nvme0n1')).toMatchObject({
      hint: 'mount -t ntfs-3g /dev/nvme0n1p1 /mnt/windows',
    });
  });
  it('a device whose partitions were not scanned has none to mount', () => {
    expect(refusal({ '/dev/loop0': gptDisk() }, '/dev/loop0')).toMatchObject({
      hint: `mount -t ntfs-3g -o loop,offset=${2 * MIB},sizelimit=${5 * MIB} /dev/loop0 /mnt/windows`,
    });
  });
  it('an image is mounted through a loop', () => {
    expect(refusal({ "/a b/it's.img": gptDisk() }, "/a b/it's.img")).toMatchObject({
      hint: `mount -t ntfs-3g -o loop,offset=${2 * MIB},sizelimit=${5 * MIB} '/a b/it'\\''s.img' /mnt/windows`,
    });
  });
  it('BitLocker is unlocked first', () => {
    expect(refusal({ '/dev/sdb': gptDisk(bitLockerVolume()), '/dev/sdb3': '' }, '/dev/sdb')).toMatchObject({
      hint: 'cryptsetup open --type bitlk /dev/sdb3 windows && mount -t ntfs-3g /dev/mapper/windows /mnt/windows',
    });
    expect(refusal({ '/images/d': gptDisk(bitLockerVolume()) }, '/images/d')).toMatchObject({
      hint: expect.stringContaining(`$(losetup -f --show --offset ${2 * MIB} /images/d)`),
    });
    expect(refusal({ '/dev/sdb3': bitLockerVolume() }, '/dev/sdb3')).toMatchObject({
      code: 'NOT_MOUNTED',
      message: expect.stringContaining('locked by BitLocker (its recovery key unlocks it)'),
    });
  });
  it('a partition is mounted as it is', () => {
    expect(refusal({ '/dev/sdb3': ntfsVolume() }, '/dev/sdb3')).toMatchObject({
      ...{ code: 'NOT_MOUNTED', hint: 'mount -t ntfs-3g /dev/sdb3 /mnt/windows' },
    });
  });
  it.each([
    ['QFI\u00fb', 'qcow2'],
    ['vhdxfile', 'VHDX'],
    ['conectix', 'dynamic VHD'],
    ['KDMV', 'VMDK'],
  ])('a container (%s) without a volume', (magic, name) => {
    const bytes = new Uint8Array(512);
    bytes.set(Uint8Array.from(magic, (unit) => unit.charCodeAt(0)));
    expect(refusal({ '/images/disk': bytes }, '/images/disk')).toMatchObject({
      ...{ code: 'NOT_MOUNTED', message: expect.stringContaining(`is a ${name} image`) },
      hint: 'hivemend disks /images/disk',
    });
  });
  it('a hive is one, any other file and nothing at all are said to be so', () => {
    const hive = new Uint8Array(4096);
    hive.set([0x72, 0x65, 0x67, 0x66]);
    expect(refusal({ '/a/SYSTEM': hive }, '/a/SYSTEM')).toMatchObject({
      code: 'BAD_PATH',
      hint: 'Look at this file alone:\n  hivemend inspect /a/SYSTEM',
    });
    expect(refusal({ '/a/notes.txt': 'hello' }, '/a/notes.txt')).toMatchObject({
      ...{ kind: 'FormatError', code: 'BAD_FILE_SYSTEM', hint: 'hivemend disks /a/notes.txt' },
      message: '/a/notes.txt holds no file system or partition table that hivemend knows',
    });
    expect(refusal({}, '/a/nothing')).toMatchObject({ code: 'FILE_NOT_FOUND', hint: 'check the name' });
    expect(refusal({}, '')).toMatchObject({ code: 'BAD_PATH' });
  });
});

describe('on Windows', () => {
  const host = (...disks: Uint8Array[]) => {
    const { fs } = memfs({ '/F:/Windows': null }, '/');
    fs.mkdirSync('/raw');
    fs.writeFileSync('/raw/F:', ntfsVolume());
    for (const [index, disk] of disks.entries()) fs.writeFileSync(`/raw/PhysicalDrive${index}`, disk);
    fs.mkdirSync(`/?/Volume${ESP_GUID}/EFI`, { recursive: true });
    return onWindows(fs as unknown as WriteFs);
  };
  it('the partition is found on the raw disks by its serial', () => {
    expect(describeVolume(host(mbrDisk(ntfsVolume({ serial: 9n })), gptDisk()), 'F:', 'win32')).toMatchObject({
      ...{ root: 'F:\\', device: '\\\\.\\F:', disk: '\\\\.\\PhysicalDrive1', partition: WINDOWS_ON_GPT },
    });
  });
  it('a clone beside it is not guessed about', () => {
    expect(describeVolume(host(gptDisk(), gptDisk()), 'F:\\"', 'win32')).toMatchObject({ disk: null, partition: null });
  });
  it('the ESP without a letter is reached by its GUID', () => {
    const fs = host(gptDisk());
    expect(siblingVolumes(fs, describeVolume(fs, 'F:', 'win32'), 'win32')).toMatchObject([
      { root: `\\\\?\\Volume${ESP_GUID}\\`, commands: [`mountvol S: \\\\?\\Volume${ESP_GUID}\\`] },
    ]);
  });
  it('a raw disk is refused with its partitions, a missing drive is not found', () => {
    expect(() => describeVolume(host(gptDisk()), '\\\\.\\PhysicalDrive0', 'win32')).toThrow(
      expect.objectContaining({ code: 'NOT_MOUNTED' }),
    );
    expect(() => describeVolume(host(), 'G:', 'win32')).toThrow(expect.objectContaining({ code: 'FILE_NOT_FOUND' }));
  });
});

it('reads the mount table, escapes and bad lines', () => {
  expect(
    parseMountInfo(
      '42 27 0:39 / /mnt/\\303\\274\\040x ro,noatime shared:1 master:2 - fuse /dev/a\\134b ro,user_id=0\nnonsense\n\n1 2 3:4 / / rw - x',
    ),
  ).toEqual([
    {
      ...{ deviceNumber: '0:39', mountPoint: '/mnt/ü x', options: ['ro', 'noatime'], driver: 'fuse' },
      ...{ source: '/dev/a\\b', superOptions: ['ro', 'user_id=0'] },
    },
  ]);
});
