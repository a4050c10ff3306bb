// Whole volumes that ntfs-3g filled: every file as we read it from the image equals what the driver shows.

import { randomFillSync } from 'node:crypto';
import fs from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { toHex } from '../../../../src/base/bytes.ts';
import type { FileNode } from '../../../../src/disk/image/file-system.ts';
import { NtfsVolume } from '../../../../src/disk/image/ntfs/volume.ts';
import { isDeep } from '../../../deep.ts';
import { describeNtfs, type NtfsImages, sh } from '../../ntfs-image.ts';
import { withFileBlocks } from '../file-blocks.ts';
import { memoryBlocks } from '../memory-blocks.ts';
import { junctionTo, setReparsePoint, WOF_DATA } from '../reparse-data.ts';
import { compareTree, contentOf, descriptorsBelow, type TreeCount } from '../same-tree.ts';

/** Under load these take a while, and the deep tier has larger ones. */
const SLOW = { timeout: isDeep ? 900_000 : 90_000 };
const FOLDER_FILES = isDeep ? 10_000 : 2500;
const RUNS = isDeep ? 4096 : 1024;
const FULL_MIB = isDeep ? 64 : 12;

const NAMES = [
  ...['SYSTEM', 'grüße.txt', 'Привет', 'Ελληνικά', '漢字仮名', 'עברית', 'العربية', 'ไทย', '𐐀𐐨', 'smile😀.txt'],
  ...[
    'x'.repeat(255),
    'dotless-\u0131',
    'dotted-\u0130',
    'kelvin-\u212a',
    'e\u0301 combining',
    '\u01c5 titlecase',
    '\u00b5 micro',
    ' leading blank',
  ],
];

function noise(sizeBytes: number): Buffer {
  return randomFillSync(Buffer.alloc(sizeBytes));
}

/** Writes `bytes` at each of the offsets and leaves holes between them. */
function writeAt(path: string, bytes: Uint8Array, offsets: readonly number[], sizeBytes: number): void {
  const fd = fs.openSync(path, 'w');
  for (const offset of offsets) fs.writeSync(fd, bytes, 0, bytes.byteLength, offset);
  fs.ftruncateSync(fd, sizeBytes);
  fs.closeSync(fd);
}

function fill(place: string, folderSize: number): void {
  fs.mkdirSync(join(place, 'Windows/System32/config'), { recursive: true });
  fs.writeFileSync(join(place, 'Windows/System32/config/SYSTEM'), noise(300_000));
  fs.mkdirSync(join(place, 'many'));
  for (let i = 0; i < folderSize; i += 1) fs.writeFileSync(join(place, `many/file number ${i}`), `${i}`);
  writeAt(join(place, 'holes'), noise(5000), [3, 1_000_000, 2_500_000], 4_000_000);
  fs.writeFileSync(join(place, 'empty'), '');
  fs.mkdirSync(join(place, 'names'));
  for (const name of NAMES) fs.writeFileSync(join(place, 'names', name), name);
}

/** Compares the whole volume; the mount stays as it is. */
function compare(image: string, place: string): TreeCount {
  return withFileBlocks(image, (source) => {
    const volume = new NtfsVolume(source);
    const { bavail, bsize } = fs.statfsSync(place);
    expect(volume.freeBytes()).toBe(bavail * bsize);
    return compareTree(place, volume.root);
  });
}

/** Mounts again, so that all is on the image, and compares. */
function remounted(images: NtfsImages, image: string, place: string, ...options: string[]): TreeCount {
  images.unmount(place);
  const again = images.mount(image, ...options);
  const count = compare(image, again);
  images.unmount(again);
  return count;
}

function at(root: FileNode, ...names: string[]): FileNode {
  return names.reduce((node, name) => node.child(name)!.node, root);
}

describeNtfs('NTFS volumes of ntfs-3g', (images) => {
  it.each([
    ['clusters of 512 bytes', 24, ['-c', '512']],
    ['sectors of 4096 bytes', 32, ['-s', '4096', '-c', '4096']],
    ['sectors of 1024 bytes', 24, ['-s', '1024', '-c', '4096']],
    ['clusters of 64 KiB', 128, ['-c', '65536']],
    ['sectors of 4096 bytes, clusters of 64 KiB', 128, ['-s', '4096', '-c', '65536']],
    ['clusters of 128 KiB', 256, ['-c', '131072']],
    ['clusters of 2 MiB', 4096, ['-c', '2097152']],
  ] as const)('%s', (name, sizeMib, options) => {
    const image = images.make(`${name}.img`, sizeMib, ...options);
    const place = images.mount(image);
    fill(place, 120);
    expect(remounted(images, image, place)).toMatchObject({ files: 123 + NAMES.length, folders: 5 });
    fs.unlinkSync(image);
  });

  it(
    'a large folder, whose tree has three levels; looked up in the other case and where there is nothing',
    SLOW,
    () => {
      const image = images.make('folder.img', isDeep ? 64 : 24);
      const place = images.mount(image);
      const folder = join(place, 'Large');
      fs.mkdirSync(folder);
      const long = 'a name that is long enough to fill the nodes of the tree, of file number ';
      for (let i = 0; i < FOLDER_FILES; i += 1) fs.writeFileSync(join(folder, `${long}${(i * 7919) % 100_003}`), '');
      for (const name of NAMES) fs.writeFileSync(join(folder, name), '');
      expect(remounted(images, image, place).files).toBe(FOLDER_FILES + NAMES.length);
      withFileBlocks(image, (source) => {
        const large = new NtfsVolume(source).root.child('LARGE')!.node;
        expect(large.child(`${long}7919`.toUpperCase())?.name).toBe(`${long}7919`);
        expect(large.child('GRÜSSE.TXT')).toBeNull();
        expect(large.child('GRÜßE.TXT')?.name).toBe('grüße.txt');
        expect(large.child('kelvin-k')).toBeNull();
        expect(large.child('привет')?.name).toBe('Привет');
        // The volume's own table and not JavaScript's: that of a dotless i is 'I'.
        expect(large.child('DOTLESS-I')).toBeNull();
        expect(large.child(`${long}7920`)).toBeNull();
        expect(large.child('')).toBeNull();
        expect(large.child('zzz')).toBeNull();
      });
    },
  );

  it('an attribute list: a sparse file of a thousand runs', SLOW, () => {
    const image = images.make('list.img', 64);
    const place = images.mount(image);
    const offsets = Array.from({ length: RUNS }, (_, i) => i * 32_768);
    writeAt(join(place, 'runs'), noise(4096), offsets, RUNS * 40_000);
    expect(remounted(images, image, place)).toMatchObject({ files: 1, bytes: RUNS * 40_000 });
    withFileBlocks(image, (source) => {
      const volume = new NtfsVolume(source);
      const { id } = volume.root.child('runs')!.node;
      expect(volume.mft.recordsOf(volume.mft.record(id)).length).toBeGreaterThan(3);
      expect(at(volume.root, 'runs').open().place().storage).toBe('sparse');
    });
  });

  it('a file in pieces: where its bytes lie on the disk is what the driver reads', SLOW, () => {
    const image = images.make('pieces.img', FULL_MIB);
    const place = images.mount(image);
    const small: string[] = [];
    try {
      for (let i = 0; ; i += 1) {
        const path = join(place, `filler ${i}`);
        fs.writeFileSync(path, noise(4096));
        small.push(path);
      }
    } catch (error) {
      expect(error).toMatchObject({ code: 'ENOSPC' });
    }
    for (let i = 0; i < small.length; i += 2) fs.unlinkSync(small[i]!);
    const hive = noise(Math.floor(small.length / 2 - 90) * 4096);
    fs.writeFileSync(join(place, 'hive'), hive);
    remounted(images, image, place);
    withFileBlocks(image, (source) => {
      const volume = new NtfsVolume(source);
      const found = volume.root.child('HIVE')!.node.open();
      const { storage, extents, initialisedBytes, record, sequence } = found.place();
      expect({ storage, initialisedBytes, record }).toEqual({
        ...{ storage: 'plain', initialisedBytes: hive.byteLength, record: volume.root.child('hive')!.node.id },
      });
      expect(sequence).toBe(volume.mft.record(record).sequence);
      expect(extents.length).toBeGreaterThan(50);
      const joined = extents.map(({ offsetBytes, sizeBytes }) => {
        const bytes = Buffer.alloc(sizeBytes);
        source.read(offsetBytes, bytes);
        return bytes;
      });
      expect(Buffer.concat(joined).equals(hive)).toBe(true);
    });
  });

  it('a master file table in pieces, whose own attribute list is needed to read it', SLOW, () => {
    const image = images.make('mft.img', isDeep ? 64 : 14, '-z', '1');
    const place = images.mount(image);
    const until = (what: (i: number) => void): void => {
      try {
        for (let i = 0; ; i += 1) what(i);
      } catch (error) {
        expect(error).toMatchObject({ code: 'ENOSPC' });
      }
    };
    let fillers = 0;
    until((i) => {
      fs.writeFileSync(join(place, `f${i}`), Buffer.alloc(4096, i));
      fillers = i;
    });
    for (let i = 0; i < fillers; i += 2) fs.unlinkSync(join(place, `f${i}`));
    images.unmount(place);
    const again = images.mount(image);
    until((i) => fs.writeFileSync(join(again, `r${i}`), Buffer.alloc(650, i)));
    expect(remounted(images, image, again).files).toBeGreaterThan(1500);
    withFileBlocks(image, (source) => {
      const { mft } = new NtfsVolume(source);
      expect(mft.recordsOf(mft.record(0)).length).toBeGreaterThan(1);
    });
  });

  it('compressed files', () => {
    const image = images.make('compressed.img', 24);
    const place = images.mount(image, '-o', 'compression');
    fs.mkdirSync(join(place, 'packed'));
    sh('setfattr', '-h', '-v', '0x00000800', '-n', 'system.ntfs_attrib_be', join(place, 'packed'));
    const text = Buffer.from('All work and no play makes a dull file. '.repeat(20_000));
    const mixed = Buffer.concat([
      text,
      noise(200_000),
      Buffer.alloc(300_000),
      text.subarray(0, 123_457),
      noise(70_000),
    ]);
    for (const [name, bytes] of Object.entries({ text, mixed, small: text.subarray(0, 5000), noise: noise(150_000) })) {
      fs.writeFileSync(join(place, 'packed', name), bytes);
    }
    expect(remounted(images, image, place, '-o', 'compression').files).toBe(4);
    withFileBlocks(image, (source) => {
      const packed = at(new NtfsVolume(source).root, 'packed', 'mixed').open();
      expect(packed.place()).toMatchObject({ storage: 'compressed', extents: [] });
      const part = new Uint8Array(70_000);
      for (const offset of [0, 65_535, 799_999, mixed.byteLength - 70_000]) {
        packed.read(offset, part);
        expect(Buffer.compare(part, mixed.subarray(offset, offset + 70_000))).toBe(0);
      }
    });
  });

  it('links are named and not followed, and data that is kept elsewhere is refused', () => {
    const image = images.make('reparse.img');
    const place = images.mount(image);
    const u16 = (...values: number[]): Buffer => Buffer.from(Uint16Array.from(values).buffer);
    const name = Buffer.from('\\??\\C:\\Users', 'utf16le');
    const symlink = Buffer.concat([u16(0, name.length, 0, 0, 0, 0), name]);
    fs.mkdirSync(join(place, 'Junction'));
    for (const file of ['Link', 'Wof', 'Dedup', 'Cloud', 'Odd']) fs.writeFileSync(join(place, file), noise(9000));
    const points: readonly (readonly [string, number, Uint8Array])[] = [
      ['Junction', 0xa0000003, junctionTo('\\??\\C:\\Users')],
      ['Link', 0xa000000c, symlink],
      ['Wof', 0x80000017, WOF_DATA],
      ['Dedup', 0x80000013, Buffer.alloc(16)],
      ['Cloud', 0x9000301a, Buffer.alloc(16)],
      ['Odd', 0x80001234, Buffer.alloc(16)],
    ];
    for (const [file, tag, data] of points) {
      setReparsePoint(join(place, file), tag, data);
    }
    images.unmount(place);
    withFileBlocks(image, (source) => {
      const { root } = new NtfsVolume(source);
      for (const link of ['Junction', 'Link']) {
        expect(at(root, link)).toMatchObject({ kind: 'link', target: '\\??\\C:\\Users' });
      }
      for (const [file, storage] of [
        ['Wof', 'WOF (CompactOS)'],
        ['Dedup', 'data deduplication'],
        ['Cloud', 'a cloud provider (OneDrive and the like)'],
        ['Odd', 'a reparse point of the tag 0x80001234'],
      ] as const) {
        expect(at(root, file)).toMatchObject({ kind: 'file', sizeBytes: 9000 });
        expect(() => at(root, file).open()).toThrow(
          expect.objectContaining({ code: 'UNREADABLE_STORAGE', data: expect.objectContaining({ storage }) }),
        );
      }
    });
  });

  it('short names, hard links, streams, descriptors, and names that differ by case alone', () => {
    const image = images.make('odd.img');
    const place = images.mount(image, '-o', 'streams_interface=xattr');
    fs.mkdirSync(join(place, 'deep/er'), { recursive: true });
    const long = join(place, 'a long name of a file.text');
    fs.writeFileSync(long, noise(10_000));
    sh('setfattr', '-h', '-n', 'system.ntfs_dos_name', '-v', 'ALONGN~1.TEX', long);
    fs.linkSync(long, join(place, 'deep/er/second name'));
    sh('setfattr', '-h', '-n', 'user.stream', '-v', 'of no interest', long);
    for (const name of ['Case', 'case', 'CASE']) fs.writeFileSync(join(place, name), name);
    fs.writeFileSync(join(place, 'moded'), '', { mode: 0o640 });
    const descriptors = descriptorsBelow(place);
    expect(descriptors.size).toBe(9);
    images.unmount(place);
    const again = images.mount(image);
    compare(image, again);
    images.unmount(again);
    withFileBlocks(image, (source) => {
      const { root } = new NtfsVolume(source);
      const file = root.child('alongn~1.tex')!;
      expect(file.name).toBe('ALONGN~1.TEX');
      expect(file.node.id).toBe(at(root, 'a long name of a file.text').id);
      expect(file.node.id).toBe(at(root, 'DEEP', 'ER', 'SECOND NAME').id);
      for (const name of ['Case', 'case', 'CASE']) expect(Buffer.from(contentOf(at(root, name))).toString()).toBe(name);
      expect(root.child('cASE')).not.toBeNull();
      for (const [path, hex] of descriptors) {
        const node = at(root, ...path.split('/').filter((name) => name !== ''));
        expect([path, toHex(node.descriptor()!)]).toEqual([path, hex]);
      }
    });
  });

  it('the state that a volume was left in', () => {
    const image = images.make('state.img', 12, '-L', 'Some label');
    const state = (): unknown => withFileBlocks(image, (source) => new NtfsVolume(source).state());
    const fresh = { version: '3.1', isDirty: false, isBeingChecked: false, log: { state: 'empty', version: null } };
    expect(state()).toEqual({ ...fresh, hibernation: 'none' });
    withFileBlocks(image, (source) => {
      const { label, serial } = new NtfsVolume(source);
      const bytes = fs.readFileSync(image).readBigUInt64LE(0x48);
      expect({ label, serial }).toEqual({ label: 'Some label', serial: bytes.toString(16).padStart(16, '0') });
    });
    // A boot sector that says much more than there is costs no memory, and its clusters end where the image does.
    const huge = fs.readFileSync(image);
    huge.writeBigUInt64LE(2n ** 50n, 0x28);
    const free = withFileBlocks(image, (source) => new NtfsVolume(source).freeBytes());
    expect(new NtfsVolume(memoryBlocks(huge)).freeBytes() - free).toBeLessThan(100_000);
    expect(free).toBeGreaterThan(2 ** 20);
    sh('ntfsfix', image);
    expect(state()).toEqual({ ...fresh, isDirty: true, hibernation: 'none' });
    const place = images.mount(image);
    const hibernation = (head: string, sizeBytes = 8192): unknown => {
      const bytes = Buffer.alloc(sizeBytes);
      bytes.write(head, 'latin1');
      fs.writeFileSync(join(place, 'hiberfil.sys'), bytes);
      sh('sync', '-f', place);
      return withFileBlocks(image, (source) => new NtfsVolume(source).state().hibernation);
    };
    expect(hibernation('hibr')).toBe('hibernated');
    expect(hibernation('HIBR')).toBe('hibernated');
    expect(hibernation('\0\0\0\0')).toBe('none');
    expect(hibernation('wake')).toBe('none');
    expect(hibernation('RSTR')).toBe('resuming');
    expect(hibernation('what')).toBe('unknown');
    expect(hibernation('\0\0\0\0', 100)).toBe('hibernated');
    images.unmount(place);
  });
});
