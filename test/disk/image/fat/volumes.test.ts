// FAT volumes that mtools filled: every file as we read it equals what mtools reads.

import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { FatVolume } from '../../../../src/disk/image/fat/volume.ts';
import { whyNotOverwritable } from '../../../../src/disk/image/write-gate.ts';
import { withFileBlocks } from '../file-blocks.ts';
import { memoryBlocks } from '../memory-blocks.ts';
import { compareTree, contentOf } from '../same-tree.ts';

const missing = ['mkfs.vfat', 'mcopy', 'mmd', 'fsck.vfat'].filter(
  (program) => spawnSync('sh', ['-c', `command -v ${program}`]).status !== 0,
);

function run(program: string, ...args: string[]): void {
  const env = { ...process.env, MTOOLS_SKIP_CHECK: '1', LC_ALL: 'C.UTF-8', TZ: 'UTC' };
  const result = spawnSync(program, args, { encoding: 'utf8', env });
  if (result.status !== 0) throw new Error(`${program} ${args.join(' ')}: ${result.error?.message ?? result.stderr}`);
}

describe.skipIf(missing.length > 0)(
  `FAT volumes${missing.length > 0 ? ` (${missing.join()} not installed)` : ''}`,
  () => {
    const folder = fs.mkdtempSync(join(tmpdir(), 'hivemend-fat-'));
    afterAll(() => fs.rmSync(folder, { recursive: true, force: true }));

    const tree = join(folder, 'tree');
    fs.mkdirSync(join(tree, 'EFI/Microsoft/Boot'), { recursive: true });
    fs.mkdirSync(join(tree, 'many'));
    for (let i = 0; i < 300; i += 1) fs.writeFileSync(join(tree, `many/a file with a long name ${i}.text`), `${i}`);
    fs.writeFileSync(join(tree, 'EFI/Microsoft/Boot/BCD'), Buffer.alloc(100_000, 'BCD store'));
    for (const name of [
      'lower.txt',
      'MiXed.Txt',
      'grüße und 漢字.txt',
      'UPPER.TXT',
      'empty',
      `${'x'.repeat(250)}.txt`,
    ]) {
      fs.writeFileSync(join(tree, name), name === 'empty' ? '' : name.repeat(100));
    }

    const make = (name: string, sizeMib: number, ...options: string[]): string => {
      const image = join(folder, name);
      fs.writeFileSync(image, '');
      fs.truncateSync(image, sizeMib * 2 ** 20);
      run('mkfs.vfat', '-n', 'ESP LABEL', '-i', '1234abcd', ...options, image);
      for (const entry of fs.readdirSync(tree)) run('mcopy', '-s', '-i', image, join(tree, entry), '::/');
      return image;
    };

    it.each([
      ['fat12.img', 12, 4, ['-F', '12', '-s', '4']],
      ['fat16.img', 16, 64, ['-F', '16', '-s', '4']],
      ['fat32.img', 32, 64, ['-F', '32', '-s', '1']],
      ['sectors.img', 32, 300, ['-F', '32', '-S', '4096', '-s', '1']],
    ] as const)('%s', (name, bits, sizeMib, options) => {
      const image = make(name, sizeMib, ...options);
      const theirs = join(folder, `${name} as mtools reads it`);
      fs.mkdirSync(theirs);
      run('mcopy', '-s', '-m', '-n', '-i', image, '::/', theirs);
      withFileBlocks(image, (source) => {
        const volume = new FatVolume(source);
        expect(volume.geometry.bits).toBe(bits);
        expect(volume).toMatchObject({ serial: '1234abcd', label: 'ESP LABEL', isDirty: false });
        // mcopy writes the folder itself.
        const place = fs.existsSync(join(theirs, 'EFI')) ? theirs : join(theirs, fs.readdirSync(theirs)[0]!);
        expect(compareTree(place, volume.root, { times: false })).toMatchObject({ files: 307, folders: 4 });
        const store = ['efi', 'MICROSOFT', 'boot', 'bcd'].reduce((node, part) => node.child(part)!.node, volume.root);
        expect(Buffer.compare(contentOf(store), Buffer.alloc(100_000, 'BCD store'))).toBe(0);
        const { extents, storage, record } = store.open().place();
        const joined = extents.map(({ offsetBytes, sizeBytes }) => {
          const bytes = Buffer.alloc(sizeBytes);
          source.read(offsetBytes, bytes);
          return bytes;
        });
        expect(Buffer.concat(joined).equals(Buffer.alloc(100_000, 'BCD store'))).toBe(true);
        expect(storage).toBe('plain');
        const entry = Buffer.alloc(11);
        source.read(record, entry);
        expect(entry.toString()).toBe('BCD        ');
        expect(volume.root.child('lower.txt')?.name).toBe('lower.txt');
        expect(volume.root.child('GRÜßE UND 漢字.TXT')?.name).toBe('grüße und 漢字.txt');
        expect(volume.root.child('xxxxxx~1.txt')?.name).toBe(`${'x'.repeat(250)}.txt`);
        expect(volume.root.child('nothing')).toBeNull();
      });
    });

    it('a volume that was not taken down: the byte in the boot sector, or the bits of the table', () => {
      const image = fs.readFileSync(make('dirty.img', 64, '-F', '16', '-s', '4'));
      const volume = new FatVolume(memoryBlocks(image));
      const { tableOffset } = volume.geometry;
      expect(volume.isDirty).toBe(false);
      image[0x25] = 1;
      expect(new FatVolume(memoryBlocks(image)).isDirty).toBe(true);
      image[0x25] = 0;
      for (const mask of [0x80, 0x40]) {
        image[tableOffset + 3] = 0xff & ~mask;
        expect(new FatVolume(memoryBlocks(image)).isDirty).toBe(true);
      }
      image[tableOffset + 3] = 0xff;
      expect(new FatVolume(memoryBlocks(image)).isDirty).toBe(false);
    });

    it('tables that are not kept alike: the one in use is read; a volume that was cut off says so', () => {
      const image = fs.readFileSync(make('active.img', 64, '-F', '32', '-s', '1'));
      const { tableOffset } = new FatVolume(memoryBlocks(image)).geometry;
      image.fill(0, tableOffset + 8, tableOffset + 512 * image.readUInt32LE(0x24));
      const names = (): string[] => new FatVolume(memoryBlocks(image)).root.child('many')!.node.names();
      expect(names).toThrow(expect.objectContaining({ code: 'BAD_FILE_SYSTEM' }));
      image.writeUInt16LE(0x81, 0x28);
      expect(names()).toHaveLength(300);
      // Without the mark the number means nothing.
      image.writeUInt16LE(0x01, 0x28);
      expect(names).toThrow();
      image.writeUInt16LE(0x82, 0x28);
      expect(names).toThrow(/sound FAT boot sector/);
      image.writeUInt16LE(0x81, 0x28);
      const cut = new FatVolume(memoryBlocks(image.subarray(0, image.byteLength - 2 ** 20)));
      expect([new FatVolume(memoryBlocks(image)).geometry.isCutOff, cut.geometry.isCutOff]).toEqual([false, true]);
      expect(whyNotOverwritable(cut, true)?.message).toMatch(/was cut off/);
    });

    it('a chain that ends early, leaves the volume, or comes back to itself is an error and no endless loop', () => {
      const image = fs.readFileSync(make('chains.img', 4, '-F', '12', '-s', '4'));
      const broken = (next: number): (() => unknown) => {
        const bytes = Buffer.from(image);
        const volume = new FatVolume(memoryBlocks(bytes));
        const store = (from: FatVolume): ReturnType<FatVolume['root']['child']> =>
          from.root.child('EFI')!.node.child('Microsoft')!.node.child('Boot')!.node.child('BCD');
        const { offsetBytes } = store(volume)!.node.open().place().extents[0]!;
        const { tableOffset, dataOffset, clusterBytes } = volume.geometry;
        const cluster = (offsetBytes - dataOffset) / clusterBytes + 2;
        const at = tableOffset + cluster + (cluster >> 1);
        const value = next < 0 ? cluster : next;
        const pair = bytes.readUInt16LE(at);
        bytes.writeUInt16LE(cluster & 1 ? (pair & 0xf) | (value << 4) : (pair & 0xf000) | value, at);
        return () => store(new FatVolume(memoryBlocks(bytes)))!.node.open();
      };
      for (const next of [0, 1, 0xff7, 0xfff, 0xff0, -1]) {
        expect(broken(next)).toThrow(expect.objectContaining({ code: 'BAD_FILE_SYSTEM' }));
      }
    });

    it('what is no FAT volume is refused', () => {
      const image = fs.readFileSync(make('boot.img', 4, '-F', '12', '-s', '4'));
      for (const [offset, value] of [
        [0x0b, 3],
        [0x0d, 0],
        [0x0d, 3],
        [0x0e, 0],
        [0x10, 0],
        [0x16, 0],
      ] as const) {
        const bytes = Buffer.from(image);
        bytes[offset] = value;
        bytes[offset + 1] = offset === 0x0b || offset === 0x0e || offset === 0x16 ? 0 : bytes[offset + 1]!;
        expect(() => new FatVolume(memoryBlocks(bytes))).toThrow(expect.objectContaining({ code: 'BAD_FILE_SYSTEM' }));
      }
      expect(() => new FatVolume(memoryBlocks(new Uint8Array(512)))).toThrow();
      expect(() => new FatVolume(memoryBlocks(new Uint8Array(100)))).toThrow(
        expect.objectContaining({ code: 'TRUNCATED' }),
      );
    });
  },
);
