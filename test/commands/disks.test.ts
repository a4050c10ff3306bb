// The disks of the machine itself, without an argument: on Windows as its raw devices behave, on Linux by sysfs.

import { memfs } from 'memfs';
import { expect, it } from 'vitest';
import type { WriteFs } from '../../src/base/write-fs.ts';
import { listDisks } from '../../src/commands/disks.ts';
import { openDisk } from '../../src/disk/image/open.ts';
import { type Host, thisHost } from '../../src/host.ts';
import { disksText } from '../../src/render/disks.ts';
import { DISK_GUID, ESP_GUID, gptDisk, WINDOWS_GUID, withBackup } from '../disk/disk-image.ts';
import { onWindows } from '../disk/windows-fs.ts';

const failure = (code: string): Error => Object.assign(new Error(code), { code });
const hostOver = (fs: WriteFs, style: 'posix' | 'win32'): Host => {
  const host = thisHost();
  const writing = { ...host.writing, fs };
  return { ...host, fs, style, writing, disks: { ...host.disks, fs, style } };
};

/**
 * Raw devices as Windows has them: no entry that could be looked at, whole sectors at whole sectors, an error past the end.
 * PhysicalDrive0 has sectors of 512 bytes and is mounted in part, 1 has 4,096, 2 may not be opened; there is no other.
 */
function windowsHost(): { readonly host: Host; readonly open: () => number } {
  const { fs: memory } = memfs({ '/C:/': null }, '/');
  for (const name of [ESP_GUID, WINDOWS_GUID]) memory.mkdirSync(`/?/Volume${name}`, { recursive: true });
  memory.mkdirSync('/raw');
  memory.writeFileSync('/raw/PhysicalDrive0', withBackup(gptDisk()));
  memory.writeFileSync('/raw/PhysicalDrive1', withBackup(gptDisk(undefined, 4096), 4096));
  const base = onWindows(memory as unknown as WriteFs);
  const sectors = new Map<number, { readonly bytes: number; readonly size: number }>();
  const look = (path: string): void => {
    if (path.startsWith('\\\\.\\')) throw failure('EINVAL');
  };
  const fs: WriteFs = {
    ...base,
    openSync: (path, flags, mode) => {
      if (path === '\\\\.\\PhysicalDrive2') throw failure('EPERM');
      const fd = base.openSync(path, flags, mode);
      const size = (memory.fstatSync(fd) as { size: number }).size;
      if (path.startsWith('\\\\.\\')) sectors.set(fd, { bytes: path.endsWith('1') ? 4096 : 512, size });
      return fd;
    },
    closeSync: (fd) => {
      sectors.delete(fd);
      base.closeSync(fd);
    },
    fstatSync: (fd) => {
      if (sectors.has(fd)) throw failure('EINVAL');
      return base.fstatSync(fd);
    },
    readSync: (fd, buffer, offset, lengthBytes, position) => {
      const sector = sectors.get(fd);
      if (sector && (position % sector.bytes !== 0 || lengthBytes % sector.bytes !== 0)) throw failure('EINVAL');
      if (sector && position >= sector.size) throw failure('EIO');
      return base.readSync(fd, buffer, offset, lengthBytes, position);
    },
    lstatSync: (path) => {
      look(path);
      // The same folder by both names.
      return base.lstatSync(path === 'C:\\' ? `\\\\?\\Volume${WINDOWS_GUID}` : path.replace(/(?<=\})\\$/, ''));
    },
    realpathSync: (path) => {
      look(path);
      return base.realpathSync(path);
    },
  };
  return { host: hostOver(fs, 'win32'), open: () => sectors.size };
}

it('on Windows: its physical drives, where their volumes are mounted, and the EFI system partition by its name', () => {
  const { host, open } = windowsHost();
  const disks = listDisks(host, []);
  expect(
    disks.map(({ name, format, table, identity, sizeBytes }) => [name, format, table, identity, sizeBytes]),
  ).toEqual([
    ['\\\\.\\PhysicalDrive0', 'block device', 'gpt', DISK_GUID, 8 * 2 ** 20],
    ['\\\\.\\PhysicalDrive1', 'block device', 'gpt', DISK_GUID, 8 * 2 ** 20],
    ['\\\\.\\PhysicalDrive2', null, 'none', null, 0],
  ]);
  expect(disks[0]!.volumes.map(({ partition, mountedAt }) => [partition?.number, mountedAt])).toEqual([
    [1, `\\\\?\\Volume${ESP_GUID}\\`],
    [3, 'C:'],
  ]);
  const text = disksText(disks, [], { colour: false }).replaceAll(/\s+/g, ' ');
  expect(text).toContain('mounted at C:');
  expect(text).toContain(`mounted at \\\\?\\Volume${ESP_GUID}\\`);
  expect(text).toMatch(/PhysicalDrive2: not readable\. .*may not be read by this user/);
  expect(text).not.toContain('mountvol');
  expect(open()).toBe(0);
});

it('on Windows: a physical drive is read at any place and not written', () => {
  const { host } = windowsHost();
  for (const [drive, sectorBytes] of [
    [0, 512],
    [1, 4096],
  ] as const) {
    const expected = withBackup(gptDisk(undefined, sectorBytes), sectorBytes);
    const disk = openDisk(host.disks, `\\\\.\\PhysicalDrive${drive}`, { mode: 'read' });
    expect([disk.blocks.sizeBytes, disk.blocks.blockSizeBytes]).toEqual([expected.byteLength, sectorBytes]);
    for (const [at, sizeBytes] of [
      [0, 1],
      [511, 4098],
      [sectorBytes, 92],
      [expected.byteLength - 3, 3],
      [1, 2 ** 21],
    ] as const) {
      const into = new Uint8Array(sizeBytes);
      disk.blocks.read(at, into);
      expect(Buffer.from(into).equals(expected.subarray(at, at + sizeBytes))).toBe(true);
    }
    disk.close();
    disk.close();
  }
  expect(() => openDisk(host.disks, '\\\\.\\PhysicalDrive0', { mode: 'write' })).toThrow(
    expect.objectContaining({ code: 'READ_ONLY' }),
  );
});

it('on Linux: whole disks but no loop devices, and where their partitions are mounted', () => {
  const { fs: memory } = memfs({
    '/sys/block/sda/size': '16384\n',
    '/sys/block/loop0/size': '1\n',
    '/sys/block/zram0/size': '1\n',
    '/sys/class/block/sda1/dev': '8:1\n',
    '/proc/self/mountinfo': '30 1 8:1 / /boot/efi rw - vfat /dev/sda1 rw\n',
    '/proc/locks': '',
  });
  memory.mkdirSync('/dev');
  memory.writeFileSync('/dev/sda', withBackup(gptDisk()));
  const disks = listDisks(hostOver(memory as unknown as WriteFs, 'posix'), []);
  expect(disks.map(({ name, problem }) => [name, problem])).toEqual([['/dev/sda', null]]);
  expect(disks[0]!.volumes.map(({ partition, mountedAt }) => [partition?.number, mountedAt])).toEqual([
    [1, '/boot/efi'],
    [3, null],
  ]);
});
