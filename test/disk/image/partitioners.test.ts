// Disks that other programs partitioned: each volume is found where it was put.

import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { openDiskImage } from '../../../src/disk/image/disk-image.ts';
import { MIB } from '../disk-image.ts';
import { memoryBlocks } from './memory-blocks.ts';

const missing = ['sgdisk', 'sfdisk', 'mkfs.vfat'].filter(
  (program) => spawnSync('sh', ['-c', `command -v ${program}`]).status !== 0,
);

describe.skipIf(missing.length > 0)(
  `partitioned disks${missing.length > 0 ? ` (${missing.join()} not installed)` : ''}`,
  () => {
    const folder = mkdtempSync(join(tmpdir(), 'hivemend-partitions-'));
    afterAll(() => rmSync(folder, { recursive: true, force: true }));

    const volume = (label: string): Buffer => {
      const path = join(folder, label);
      writeFileSync(path, '');
      truncateSync(path, 2 * MIB);
      execFileSync('mkfs.vfat', ['-F', '12', '-n', label, path]);
      return readFileSync(path);
    };
    /** A disk of 32 MiB with a volume at each of `offsets`. */
    const disk = (offsets: readonly number[], partition: (path: string) => void): Buffer => {
      const path = join(folder, 'disk');
      writeFileSync(path, '');
      truncateSync(path, 32 * MIB);
      partition(path);
      const bytes = readFileSync(path);
      for (const [i, offset] of offsets.entries()) volume(`VOLUME ${i + 1}`).copy(bytes, offset);
      return bytes;
    };
    const found = (bytes: Uint8Array) => {
      const { layout, volumes } = openDiskImage(memoryBlocks(bytes), 'disk');
      return {
        gptState: layout.gptState,
        volumes: volumes.map(({ root, offsetBytes, fileSystem }) => [root, offsetBytes / MIB, fileSystem.label]),
      };
    };

    it('by sgdisk, and by its backup header', () => {
      const bytes = disk([1 * MIB, 8 * MIB], (path) => {
        const partitions = [
          '-n',
          '1:1M:+2M',
          '-t',
          '1:ef00',
          '-n',
          '2:4M:+1M',
          '-t',
          '2:0c01',
          '-n',
          '3:8M:+2M',
          '-t',
          '3:0700',
        ];
        execFileSync('sgdisk', [...partitions, path]);
      });
      const volumes = [
        ['disk/partition1', 1, 'VOLUME 1'],
        ['disk/partition3', 8, 'VOLUME 2'],
      ];
      expect(found(bytes)).toEqual({ gptState: 'primary', volumes });
      bytes.fill(0, 512, 34 * 512);
      expect(found(bytes)).toEqual({ gptState: 'backup', volumes });
    });

    it('by sfdisk, with logical drives', () => {
      const bytes = disk([1 * MIB, 9 * MIB, 13 * MIB], (path) => {
        const table = 'label: dos\n2048,4096,7,*\n8192,8192,27\n16384,49152,5\n18432,4096,c\n26624,4096,7\n';
        execFileSync('sfdisk', ['-q', '--force', path], { input: table });
      });
      expect(found(bytes)).toEqual({
        gptState: null,
        volumes: [
          ['disk/partition1', 1, 'VOLUME 1'],
          ['disk/partition5', 9, 'VOLUME 2'],
          ['disk/partition6', 13, 'VOLUME 3'],
        ],
      });
    });
  },
);
