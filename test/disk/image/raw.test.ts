// Raw files and block devices: opened once and without following links, a device for one alone, reading that leaves no trace.

import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it, vi } from 'vitest';
import type { WriteFs } from '../../../src/base/write-fs.ts';
import { openRaw, openRawForWriting } from '../../../src/disk/image/raw.ts';
import { sh } from '../ntfs-image.ts';

const folder = fs.mkdtempSync(join(tmpdir(), 'hivemend-raw-'));
afterAll(() => fs.rmSync(folder, { recursive: true, force: true }));

const image = (name: string, sizeBytes: number): string => {
  const path = join(folder, name);
  fs.writeFileSync(path, Buffer.alloc(sizeBytes, 0x5a));
  return path;
};

describe('a file', () => {
  it('is read and written in place at any offset, and never past its end', () => {
    const path = image('plain', 10_000);
    const raw = openRawForWriting(fs, path);
    expect([raw.sizeBytes, raw.blockSizeBytes, raw.isDevice, raw.isHeld]).toEqual([10_000, 512, false, false]);
    raw.write(511, Buffer.from('abc'));
    raw.write(9_999, Buffer.from('z'));
    raw.flush();
    const into = new Uint8Array(5);
    raw.read(510, into);
    expect(Buffer.from(into).toString()).toBe('ZabcZ');
    for (const [at, sizeBytes] of [
      [10_000, 1],
      [9_999, 2],
      [-1, 1],
      [Number.NaN, 1],
    ]) {
      expect(() => raw.read(at!, new Uint8Array(sizeBytes!))).toThrow(expect.objectContaining({ code: 'TRUNCATED' }));
      expect(() => raw.write(at!, new Uint8Array(sizeBytes!))).toThrow(expect.objectContaining({ code: 'TRUNCATED' }));
    }
    raw.close();
    raw.close();
    expect(fs.statSync(path).size).toBe(10_000);
  });

  it('that is opened for reading is never opened for more, and keeps its access time', () => {
    const path = image('read', 4096);
    fs.utimesSync(path, 1, 2);
    const flags: number[] = [];
    const watched: WriteFs = {
      ...(fs as WriteFs),
      openSync: (given, flag) => {
        if (typeof flag === 'number') flags.push(flag);
        return fs.openSync(given, flag);
      },
    };
    const raw = openRaw(watched, path);
    raw.read(0, new Uint8Array(4096));
    expect(() => raw.write(0, new Uint8Array(1))).toThrow(expect.objectContaining({ code: 'EROFS' }));
    raw.flush();
    raw.close();
    expect(flags.map((flag) => flag & 3)).toEqual([fs.constants.O_RDONLY]);
    expect(fs.statSync(path).atimeMs).toBe(1000);
  });

  it('that ends while it is read is an error, not zeros', () => {
    const path = image('shrinks', 8192);
    const raw = openRaw(fs, path);
    fs.truncateSync(path, 4096);
    expect(() => raw.read(0, new Uint8Array(8192))).toThrow(expect.objectContaining({ code: 'EIO' }));
    raw.close();
  });

  it('is reached through a link only by its real path', () => {
    const path = image('target', 512);
    fs.symlinkSync(path, join(folder, 'link'));
    const raw = openRaw(fs, join(folder, 'link'));
    expect(raw.path).toBe(fs.realpathSync(path));
    raw.close();
    // A link that takes the file's place after its path was resolved.
    const swapped: WriteFs = { ...(fs as WriteFs), realpathSync: ((given: string) => given) as never };
    expect(() => openRaw(swapped, join(folder, 'link'))).toThrow(expect.objectContaining({ code: 'BAD_PATH' }));
  });

  it.each([
    ['a folder', () => folder, 'BAD_PATH'],
    ['nothing', () => join(folder, 'absent'), 'FILE_NOT_FOUND'],
    ['a character device', () => '/dev/null', 'BAD_PATH'],
    [
      'a pipe',
      () => {
        sh('mkfifo', join(folder, 'pipe'));
        return join(folder, 'pipe');
      },
      'BAD_PATH',
    ],
  ])('%s is refused, without waiting for it', (_, path, code) => {
    const given = path();
    expect(() => openRaw(fs, given)).toThrow(expect.objectContaining({ code }));
    expect(() => openRawForWriting(fs, given)).toThrow(expect.objectContaining({ code }));
  });

  it.each([
    ['EACCES', 'NO_RIGHTS'],
    ['EROFS', 'READ_ONLY'],
    ['EBUSY', 'IN_USE'],
  ])('the host says %s: %s', (code, expected) => {
    const failing: WriteFs = {
      ...(fs as WriteFs),
      openSync: () => {
        throw Object.assign(new Error(code), { code });
      },
    };
    expect(() => openRawForWriting(failing, image('fails', 512))).toThrow(expect.objectContaining({ code: expected }));
  });
});

function loopDevice(path: string): string | null {
  if (process.getuid?.() !== 0) return null;
  const result = spawnSync('losetup', ['-f', '--show', path], { encoding: 'utf8' });
  return result.status === 0 ? result.stdout.trim() : null;
}

const probe = loopDevice(image('probe', 1_048_576));
if (probe) sh('losetup', '-d', probe);
describe.skipIf(!probe)('a block device (skipped: loop devices cannot be made here)', () => {
  it('has its size, is held by one alone, and is flushed', async () => {
    const device = loopDevice(image('disk', 3 * 2 ** 20 + 512))!;
    try {
      const raw = openRawForWriting(fs, device);
      expect([raw.sizeBytes, raw.blockSizeBytes, raw.isDevice]).toEqual([3 * 2 ** 20 + 512, 512, true]);
      raw.write(1000, Buffer.from('written'));
      raw.flush();
      expect(() => openRawForWriting(fs, device)).toThrow(expect.objectContaining({ code: 'IN_USE' }));
      const reader = openRaw(fs, device);
      expect(reader.isHeld).toBe(true);
      const into = new Uint8Array(7);
      reader.read(1000, into);
      expect(Buffer.from(into).toString()).toBe('written');
      reader.close();
      raw.close();
      // A process that another test's thread starts holds what was open in this one until it runs its own program.
      await vi.waitFor(() => {
        const alone = openRaw(fs, device);
        const { isHeld } = alone;
        alone.close();
        expect(isHeld).toBe(false);
      }, 5000);
    } finally {
      sh('losetup', '-d', device);
    }
    expect(fs.readFileSync(join(folder, 'disk')).subarray(1000, 1007).toString()).toBe('written');
  });

  it('that is read-only is not opened for writing', () => {
    const device = loopDevice(image('readonly', 2 ** 20))!;
    try {
      sh('blockdev', '--setro', device);
      openRaw(fs, device).close();
      expect(() => openRawForWriting(fs, device)).toThrow(expect.objectContaining({ code: 'READ_ONLY' }));
    } finally {
      // The mark stays on the loop device when another file is attached to it.
      sh('blockdev', '--setrw', device);
      sh('losetup', '-d', device);
    }
  });

  it('without a word of the kernel, or a wrong one, its end is found', () => {
    const device = loopDevice(image('sized', 2 ** 20 + 1024))!;
    try {
      const node = join(folder, 'node');
      const { rdev } = fs.statSync(device);
      sh('mknod', node, 'b', String(rdev >> 8), String(rdev & 0xff));
      const raw = openRaw(fs, node);
      expect(raw.sizeBytes).toBe(2 ** 20 + 1024);
      raw.close();
    } finally {
      sh('losetup', '-d', device);
    }
  });
});
