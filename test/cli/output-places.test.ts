// Where an output file is never put, whatever name leads there and although --force is given: on what is read.

import { linkSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { refuseOnVolume } from '../../src/cli/output.ts';
import { thisHost } from '../../src/host.ts';
import { buildFixture } from '../fixture-hives.ts';
import { hivemend, makeDisk, put, SYSTEM_PATH, scratch } from './process.ts';

it('a link, a second name and a link to what is to be made lead to what is read as well', async () => {
  const disk = makeDisk();
  const place = scratch();
  const system = join(disk, SYSTEM_PATH);
  const copy = join(place, 'SYSTEM');
  put(place, 'SYSTEM', 'SYSTEM-healthy');
  symlinkSync(system, join(place, 'to hive'));
  symlinkSync(join(disk, 'new'), join(place, 'to nothing'));
  symlinkSync(disk, join(place, 'to disk'));
  symlinkSync(copy, join(place, 'to copy'));
  linkSync(copy, join(place, 'second name'));
  const before = [readFileSync(system), readFileSync(copy)];
  for (const [source, name, code] of [
    [system, 'to hive', 'OUTSIDE_VOLUME'],
    [system, 'to nothing', 'BAD_PATH'],
    [system, 'to disk/new', 'OUTSIDE_VOLUME'],
    [copy, 'to copy', 'OUTSIDE_VOLUME'],
    [copy, 'second name', 'OUTSIDE_VOLUME'],
  ] as const) {
    for (const args of [
      ['recover', source, '-o', join(place, name), '--force'],
      ['export', source, '-o', join(place, name), '--force'],
      ['inspect', source, '--report', join(place, name), '--force'],
    ]) {
      const { stderr } = await hivemend(args);
      expect([args[0], name, stderr]).toEqual([args[0], name, expect.stringContaining(`[${code}]`)]);
    }
  }
  expect([readFileSync(system), readFileSync(copy)]).toEqual(before);
  // A link to another place is one way to name it.
  writeFileSync(join(place, 'other'), '');
  symlinkSync(join(place, 'other'), join(place, 'to other'));
  expect((await hivemend(['recover', copy, '-o', join(place, 'to other'), '--force'])).status).toBe(0);
  expect(readFileSync(join(place, 'other')).equals(Buffer.from(buildFixture('SYSTEM-healthy')))).toBe(true);
});

it('a place is one whatever way its separators lean', () => {
  const fs = {
    ...thisHost().fs,
    realpathSync: (path: string) => path,
    lstatSync: () => {
      throw Object.assign(new Error('ENOENT'), { code: 'ENOENT' });
    },
  };
  expect(() => refuseOnVolume(fs, 'D:\\images\\disk.raw', ['D:\\images\\disk.raw'])).toThrow(
    /on the disk that is read/,
  );
  expect(() => refuseOnVolume(fs, 'F:\\new', ['F:\\'])).toThrow(/on the disk that is read/);
  expect(() => refuseOnVolume(fs, 'D:\\images\\disk.raw.json', ['D:\\images\\disk.raw'])).not.toThrow();
});
