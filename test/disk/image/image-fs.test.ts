// The files of a disk image through the calls of node:fs, and locate and diagnose on them as they are.

import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import fs from 'node:fs';
import { join } from 'node:path';
import { wasmBytes } from 'hivex-wasm';
import { describe, expect, it } from 'vitest';
import { readWholeFile } from '../../../src/base/read-file.ts';
import { diagnose } from '../../../src/commands/diagnose.ts';
import type { RepairRequest } from '../../../src/commands/repair.ts';
import { openDiskImage } from '../../../src/disk/image/disk-image.ts';
import { imageFs } from '../../../src/disk/image/image-fs.ts';
import { locateStores, locateWindows } from '../../../src/disk/locate.ts';
import { resolveWindowsPath } from '../../../src/disk/windows-path.ts';
import { type Host, nodeHost } from '../../../src/host.ts';
import { planOptions } from '../../../src/repairs/plan.ts';
import { profileNamed } from '../../../src/repairs/profiles.ts';
import { buildFixture } from '../../fixture-hives.ts';
import { bitLockerVolume, gptDisk, MIB, mbrDisk, ntfsVolume } from '../disk-image.ts';
import { describeNtfs } from '../ntfs-image.ts';
import { madeDisk } from './made-disk.ts';
import { memoryBlocks } from './memory-blocks.ts';
import { junctionTo, setReparsePoint, WOF_DATA } from './reparse-data.ts';

const NAME = '/evidence/disk.raw';
const hasMtools = spawnSync('sh', ['-c', 'command -v mkfs.vfat mmd mcopy']).status === 0;

function code(name: string): unknown {
  return expect.objectContaining({ code: name });
}

describeNtfs('the files of a disk image', (images) => {
  if (!hasMtools) return it.skipIf(true)('skipped: mkfs.vfat or mtools is not installed', () => {});

  const bytes = madeDisk(images, (place) => {
    fs.symlinkSync('/etc', join(place, 'unix link'));
    fs.mkdirSync(join(place, 'Junction'));
    setReparsePoint(join(place, 'Junction'), 0xa0000003, junctionTo('\\??\\C:\\Windows'));
    fs.writeFileSync(join(place, 'Wof'), 'x'.repeat(9000));
    setReparsePoint(join(place, 'Wof'), 0x80000017, WOF_DATA);
  });
  const before = createHash('sha256').update(bytes).digest('hex');
  const source = memoryBlocks(bytes);
  const disk = openDiskImage(source, NAME);
  const image = imageFs(disk);
  const esp = `${NAME}/partition1`;
  const windows = `${NAME}/partition3`;
  const system = `${windows}/Windows/System32/config/SYSTEM`;

  it('has a root for each volume', () => {
    expect(image.readdirSync(NAME)).toEqual(['partition1', 'partition3']);
    expect(disk.volumes.map(({ root, partition, fileSystem }) => [root, partition?.number, fileSystem.kind])).toEqual([
      [esp, 1, 'fat'],
      [windows, 3, 'ntfs'],
    ]);
    expect(disk.unread).toEqual([]);
    expect(image.readdirSync(windows).sort()).toEqual(['Boot', 'Junction', 'Windows', 'Wof', 'unix link']);
  });

  it('answers as node:fs does', () => {
    expect(Buffer.from(readWholeFile(image, system)).equals(buildFixture('SYSTEM-broken'))).toBe(true);
    expect(image.realpathSync(`${windows}/WINDOWS/system32/./CONFIG/system`)).toBe(system);
    const fd = image.openSync(system, 'r');
    const stat = image.fstatSync(fd);
    expect([stat.isFile(), stat.isDirectory(), stat.size]).toEqual([
      true,
      false,
      buildFixture('SYSTEM-broken').byteLength,
    ]);
    expect(stat.ino).toBe(image.lstatSync(system).ino);
    expect(stat.dev).not.toBe(image.lstatSync(`${esp}/EFI`).dev);
    const into = new Uint8Array(8).fill(1);
    expect(image.readSync(fd, into, 2, 4, 0)).toBe(4);
    expect(Buffer.from(into).toString('latin1')).toBe('\x01\x01regf\x01\x01');
    expect(image.readSync(fd, into, 0, 8, stat.size)).toBe(0);
    image.closeSync(fd);
    expect(() => image.readSync(fd, into, 0, 1, 0)).toThrow(code('EBADF'));
    expect(image.lstatSync(`${windows}/Windows`).isDirectory()).toBe(true);
    for (const path of [`${windows}/nothing`, '/etc/passwd', `${NAME}x`, `${NAME}/partition2`, `${windows}/..`]) {
      expect(() => image.lstatSync(path)).toThrow(code('ENOENT'));
    }
    expect(() => image.readdirSync(system)).toThrow(code('ENOTDIR'));
    expect(() => image.lstatSync(`${system}/x`)).toThrow(code('ENOTDIR'));
    for (const flags of ['r+', 'w', 'a', fs.constants.O_RDWR, fs.constants.O_WRONLY | fs.constants.O_CREAT]) {
      expect(() => image.openSync(system, flags as 'r')).toThrow(code('EROFS'));
    }
    const folder = image.openSync(windows, 'r');
    expect(image.fstatSync(folder).isDirectory()).toBe(true);
    expect(() => image.readSync(folder, into, 0, 1, 0)).toThrow(code('EISDIR'));
    image.closeSync(folder);
  });

  it('links are shown and not followed, and data that is kept elsewhere is refused', () => {
    expect(image.lstatSync(`${windows}/Junction`).isSymbolicLink()).toBe(true);
    expect(image.readlinkSync(`${windows}/junction`)).toBe('\\??\\C:\\Windows');
    expect(() => image.lstatSync(`${windows}/Junction/System32`)).toThrow(code('ELOOP'));
    expect(() => image.readlinkSync(`${windows}/Windows`)).toThrow(code('EINVAL'));
    expect(() => resolveWindowsPath(image, windows, '\\Junction\\System32')).toThrow(code('OUTSIDE_VOLUME'));
    expect(() => readWholeFile(image, `${windows}/Wof`)).toThrow(code('UNREADABLE_STORAGE'));
  });

  it('says where the bytes of a file lie on the disk', () => {
    for (const path of [system, `${esp}/EFI/Microsoft/Boot/BCD`]) {
      const { extents, storage, sizeBytes } = image.place(path);
      expect(storage).toBe('plain');
      const joined = Buffer.concat(
        extents.map((extent) => bytes.subarray(extent.offsetBytes, extent.offsetBytes + extent.sizeBytes)),
      );
      expect(joined.equals(readWholeFile(image, path))).toBe(true);
      expect(joined.byteLength).toBe(sizeBytes);
    }
    expect(() => image.place(windows)).toThrow(code('EISDIR'));
  });

  it('reads descriptors, and none on FAT', () => {
    expect(image.descriptors.read(system)?.byteLength).toBeGreaterThan(20);
    expect(image.descriptors.read(`${esp}/EFI`)).toBeNull();
  });

  it('Windows and its stores are located', () => {
    const found = locateWindows(image, [windows, esp]);
    expect(found).toMatchObject({ windowsFolder: `${windows}/Windows`, volume: windows, hives: { SYSTEM: system } });
    expect(found.bcdStores.map(({ path, kind }) => [path, kind])).toEqual(
      [
        [`${esp}/EFI/Microsoft/Boot/BCD`, 'uefi'],
        [`${windows}/Boot/BCD`, 'bios'],
      ].sort((a, b) => Number(a[1] === 'uefi') - Number(b[1] === 'uefi')),
    );
    expect(locateStores(image, [esp])).toHaveLength(1);
    expect(() => locateWindows(image, [esp])).toThrow(code('WINDOWS_NOT_FOUND'));
  });

  it('diagnose says of an image what it says of the folder where it is mounted', () => {
    const place = images.mount(join(images.folder, 'windows.img'), '-o', 'ro');
    const host = nodeHost(wasmBytes);
    const request = (volume: string): RepairRequest => ({
      ...{ volumes: [volume], controlSets: 'existing', create: [] },
      plan: planOptions(profileNamed('rdp-internal-error'), {}),
    });
    const told = (root: string, host: Host): string => {
      const { status, report } = diagnose(host, request(root));
      const { findings, plan, targets, machine, checks } = report;
      return JSON.stringify(
        { status, findings, plan, targets, machine: { ...machine, device: null, mountPoint: undefined }, checks },
        null,
        1,
      ).replaceAll(root, '<volume>');
    };
    const { engine, descriptors } = host;
    const { freeBytes } = image;
    const onFolder = told(place, { ...host, engine, descriptors });
    const onImage = told(windows, { ...host, engine, fs: image, descriptors: image.descriptors, freeBytes });
    images.unmount(place);
    expect(onImage.split('\n').filter((line) => !onFolder.includes(line))).toEqual([]);
    expect(onFolder.split('\n').filter((line) => !onImage.includes(line))).toEqual([]);
    expect(onImage === onFolder).toBe(true);
  });

  it('nothing was written', () => {
    expect(new Set(source.calls.map(({ what }) => what))).toEqual(new Set(['read']));
    expect(createHash('sha256').update(bytes).digest('hex')).toBe(before);
  });
});

describe('what a disk image holds', () => {
  it('volumes that cannot be read are listed with the reason', () => {
    const torn = ntfsVolume();
    torn[4 * 4096 + 510]! ^= 1;
    const damaged = openDiskImage(memoryBlocks(gptDisk(torn)), NAME);
    expect(damaged.volumes).toEqual([]);
    expect(damaged.unread.map(({ partition, boot, error }) => [partition?.number, boot.kind, error?.code])).toEqual([
      [1, 'fat', 'BAD_FILE_SYSTEM'],
      [3, 'ntfs', 'BAD_FILE_SYSTEM'],
    ]);
    const locked = openDiskImage(memoryBlocks(gptDisk(bitLockerVolume())), NAME);
    expect(locked.unread.at(-1)).toMatchObject({ boot: { kind: 'bitlocker' }, error: null });
    const bare = openDiskImage(memoryBlocks(torn), NAME);
    expect(bare.unread).toMatchObject([
      { partition: null, boot: { kind: 'ntfs' }, error: { code: 'BAD_FILE_SYSTEM' } },
    ]);
    expect(openDiskImage(memoryBlocks(new Uint8Array(0)), NAME)).toMatchObject({
      volumes: [],
      unread: [{ error: null }],
    });
  });
  it('a partition that reaches past the end of the image is not opened', () => {
    const disk = mbrDisk().subarray(0, 6 * MIB);
    const { unread } = openDiskImage(memoryBlocks(disk), NAME);
    expect(unread.at(-1)).toMatchObject({ partition: { number: 6 }, error: { code: 'TRUNCATED' } });
  });
});
