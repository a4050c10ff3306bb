// Commits into images that the real qemu-nbd serves: what changes and what comes back, sector by sector; and a server that
// is killed or stopped at any write or flush, which is an error in time, after which undo gives the original.

import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { commitTargets } from '../../../src/commit/commit.ts';
import { findJournals } from '../../../src/commit/journal/journals.ts';
import { undo } from '../../../src/commit/undo.ts';
import type { BlockSource } from '../../../src/disk/image/blocks.ts';
import { type OpenDisk, type OpenOptions, openDisk } from '../../../src/disk/image/open.ts';
import { nodeHost } from '../../../src/host.ts';
import type { Row } from '../../commit/rows.ts';
import { isDeep } from '../../deep.ts';
import { describeNtfs, sh } from '../ntfs-image.ts';
import { imageRequestOf, withImage } from './image-cuts.ts';
import { filesOfRow, ntfsOfRow, roomy, rowNamed } from './image-rows.ts';

const host = nodeHost(() => new Uint8Array(0));
const LIMITS = { connectMs: 20_000, readMs: 300, writeMs: 300, flushMs: 300, endMs: 300 };
const open = (path: string, limits?: OpenOptions['limits']): OpenDisk =>
  openDisk(host.disks, path, { mode: 'write', vmIsOff: true, ...(limits ? { limits } : {}) });
const contentOf = (path: string): Buffer => {
  const disk = openDisk(host.disks, path, { mode: 'read' });
  const bytes = Buffer.alloc(disk.blocks.sizeBytes);
  disk.blocks.read(0, bytes);
  disk.close();
  return bytes;
};

function commitRow(row: Row, path: string, blocks: BlockSource): void {
  commitTargets(withImage(host.writing, blocks, path).host, imageRequestOf(row, path, 'ntfs'));
}

function undoRow(row: Row, path: string, blocks: BlockSource): void {
  const { host: joined } = withImage(host.writing, blocks, path);
  const { journalRoot, volumes } = imageRequestOf(row, path, 'ntfs');
  const [journal] = findJournals(joined, [journalRoot]);
  if (journal) undo(joined, journal, volumes);
}

/** Process number of the server of `path`: the only one whose command line names it. */
const serverOf = (path: string): number =>
  Number(
    fs
      .readdirSync('/proc')
      .filter((name) => /^\d+$/.test(name))
      .find((name) => {
        try {
          const line = fs.readFileSync(`/proc/${name}/cmdline`, 'utf8');
          return line.startsWith('qemu-nbd') && line.includes(JSON.stringify(path));
        } catch {
          return false;
        }
      }),
  );

describeNtfs('a commit into an image', (images) => {
  const hasQemu = ['qemu-img', 'qemu-nbd'].every((name) => spawnSync(name, ['--version']).status === 0);
  const row = roomy(rowNamed('HvLE, dirty, two logs'));
  const raw = join(images.folder, 'original.img');
  fs.writeFileSync(raw, ntfsOfRow(images, row));
  const original = fs.readFileSync(raw);
  const made = (name: string, format: string, ...options: string[]): string => {
    const path = join(fs.realpathSync(images.folder), name);
    fs.rmSync(`${path}.hivemend`, { recursive: true, force: true });
    sh('qemu-img', 'convert', '-O', format, ...options, raw, path);
    return path;
  };

  const formats: readonly [string, string, readonly string[]][] = [
    ['raw', 'a.img', []],
    ['vhdx', 'a.vhdx', []],
    ['qcow2', 'a.qcow2', []],
    ['vpc', 'a.vhd', ['-o', 'subformat=fixed,force_size']],
    ['vpc', 'b.vhd', ['-o', 'force_size']],
    ['vmdk', 'a.vmdk', []],
  ];
  it.skipIf(!hasQemu).each(isDeep ? formats : formats.slice(0, 3))(
    '%s %s: only the sectors of hive and logs change, and undo gives them back',
    (format, name, options) => {
      const path = made(name, format, ...options);
      const disk = open(path);
      const { image } = withImage(host.writing, disk.blocks, path);
      const extents = filesOfRow(row).flatMap(([file]) => image.place(`${path}/volume/${file}`).extents);
      commitRow(row, path, disk.blocks);
      disk.close();
      const committed = contentOf(path);
      const changed: number[] = [];
      for (let at = 0; at < original.length; at += 512) {
        if (!original.subarray(at, at + 512).equals(committed.subarray(at, at + 512))) changed.push(at);
      }
      expect(changed.length).toBeGreaterThan(3);
      const isOwned = (at: number): boolean =>
        extents.some(({ offsetBytes, sizeBytes }) => at >= offsetBytes && at < offsetBytes + sizeBytes);
      expect(changed.filter((at) => !isOwned(at))).toEqual([]);
      const again = open(path);
      undoRow(row, path, again.blocks);
      again.close();
      expect(contentOf(path).equals(original)).toBe(true);
      if (format === 'raw') expect(fs.readFileSync(path).equals(original)).toBe(true);
    },
  );

  it.skipIf(!hasQemu).each([
    ['SIGKILL', isDeep ? [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12] : [2, 8]],
    ['SIGSTOP', isDeep ? [1, 2, 4, 9, 12] : [9]],
  ] as const)('a server that is met by %s at one of its calls', (signal, calls) => {
    for (const call of calls) {
      const path = made(`${signal}-${call}.qcow2`, 'qcow2');
      const disk = open(path, LIMITS);
      let count = 0;
      const meet = (): void => {
        count += 1;
        if (count === call) process.kill(serverOf(path), signal);
      };
      const dying: BlockSource = {
        ...disk.blocks,
        write: (at, bytes) => {
          meet();
          disk.blocks.write(at, bytes);
        },
        flush: () => {
          meet();
          disk.blocks.flush();
        },
      };
      expect(() => commitRow(row, path, dying)).toThrow(
        expect.objectContaining({ code: expect.stringMatching(/^(WRITE_FAILED|RESTORE_NEEDED|BACKUP_FAILED)$/) }),
      );
      expect(count).toBeGreaterThanOrEqual(call);
      disk.close();
      const again = open(path);
      undoRow(row, path, again.blocks);
      again.close();
      expect([call, contentOf(path).equals(original)]).toEqual([call, true]);
    }
  });
});
