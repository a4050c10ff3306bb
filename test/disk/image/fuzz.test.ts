// Damaged volumes: no crash, no hang, nothing but errors with a code. HIVEMEND_SEED repeats a run, the deep tier runs many
// more cases.

import { execFileSync, spawnSync } from 'node:child_process';
import { randomFillSync } from 'node:crypto';
import fs from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { isDeep, seedOr } from '../../deep.ts';
import { random } from '../../fuzz/random.ts';
import { describeNtfs, type NtfsImages, sh } from '../ntfs-image.ts';
import { type Victim, victimOf, walkDamaged } from './mutated-volume.ts';
import { junctionTo, setReparsePoint } from './reparse-data.ts';

const SEED = seedOr(20_261_128);
const NTFS_CASES = isDeep ? 140_000 : 600;
const FAT_CASES = isDeep ? 60_000 : 1000;
/** Generous: a walk takes some milliseconds. */
const BUDGET_MILLISECONDS = 5000;
const TIMEOUT = isDeep ? 7_200_000 : 60_000;

function damageAll(victims: readonly Victim[], cases: number, seed: number): void {
  const below = random(seed);
  const codes = new Map<string, number>();
  for (let i = 0; i < cases; i += 1) {
    const victim = victims[i % victims.length]!;
    const start = performance.now();
    try {
      for (const [code, count] of walkDamaged(victim, below)) codes.set(code, (codes.get(code) ?? 0) + count);
    } catch (error) {
      throw new Error(`case ${i} of seed ${seed} (${victim.name}) failed`, { cause: error });
    }
    const took = performance.now() - start;
    if (took > BUDGET_MILLISECONDS) throw new Error(`case ${i} of seed ${seed} (${victim.name}) took ${took} ms`);
  }
  // The damage of one case is not in the next.
  for (const { name, kind, bytes } of victims) victimOf(name, kind, bytes);
  // Damage is seen: else the walk reads other bytes than those that are damaged.
  expect(codes.get('BAD_FILE_SYSTEM')).toBeGreaterThan(cases / 10);
}

function makeNtfs(images: NtfsImages, name: string, ...options: string[]): Victim {
  const image = images.make(name, 6, ...options);
  const place = images.mount(image, '-o', 'compression');
  fs.mkdirSync(join(place, 'Windows/System32/config'), { recursive: true });
  fs.writeFileSync(join(place, 'Windows/System32/config/SYSTEM'), randomFillSync(Buffer.alloc(100_000)));
  fs.mkdirSync(join(place, 'many'));
  for (let i = 0; i < 30; i += 1) fs.writeFileSync(join(place, `many/${'name '.repeat(20)}${i}`), `${i}`);
  const runs = fs.openSync(join(place, 'runs'), 'w');
  for (let i = 0; i < 250; i += 1) fs.writeSync(runs, Buffer.alloc(16, i), 0, 16, i * 16_384);
  fs.closeSync(runs);
  fs.mkdirSync(join(place, 'packed'));
  if (options.length === 0) {
    sh('setfattr', '-h', '-v', '0x00000800', '-n', 'system.ntfs_attrib_be', join(place, 'packed'));
  }
  fs.writeFileSync(join(place, 'packed/text'), 'text that can be packed '.repeat(8000));
  fs.linkSync(join(place, 'many', `${'name '.repeat(20)}7`), join(place, 'linked'));
  fs.mkdirSync(join(place, 'Junction'));
  setReparsePoint(join(place, 'Junction'), 0xa0000003, junctionTo('\\??\\C:\\Users'));
  fs.writeFileSync(join(place, 'hiberfil.sys'), Buffer.alloc(5000));
  images.unmount(place);
  return victimOf(name, 'ntfs', fs.readFileSync(image));
}

describeNtfs('damaged NTFS volumes', (images) => {
  it(`are read or refused (seed ${SEED}, ${NTFS_CASES} cases)`, { timeout: TIMEOUT }, () => {
    const victims = [
      makeNtfs(images, 'plain'),
      makeNtfs(images, 'small clusters', '-c', '512'),
      makeNtfs(images, '4k', '-s', '4096'),
    ];
    damageAll(victims, NTFS_CASES, SEED);
  });
});

const missing = ['mkfs.vfat', 'mcopy'].filter((each) => spawnSync('sh', ['-c', `command -v ${each}`]).status !== 0);

describe.skipIf(missing.length > 0)(
  `damaged FAT volumes${missing.length > 0 ? ` (${missing.join()} not installed)` : ''}`,
  () => {
    it(`are read or refused (seed ${SEED}, ${FAT_CASES} cases)`, { timeout: TIMEOUT }, () => {
      const folder = fs.mkdtempSync(join(tmpdir(), 'hivemend-fat-'));
      try {
        const tree = join(folder, 'EFI');
        fs.mkdirSync(join(tree, 'Microsoft/Boot'), { recursive: true });
        fs.writeFileSync(join(tree, 'Microsoft/Boot/BCD'), Buffer.alloc(30_000, 'store'));
        for (let i = 0; i < 30; i += 1) fs.writeFileSync(join(tree, `a long name of a file ${i}.text`), `${i}`);
        const victims = [
          ['FAT12', 2, '-F', '12', '-s', '1'],
          ['FAT16', 9, '-F', '16', '-s', '1'],
          ['FAT32', 34, '-F', '32', '-s', '1'],
        ].map(([name, sizeMib, ...options]) => {
          const image = join(folder, `${name}`);
          fs.writeFileSync(image, '');
          fs.truncateSync(image, Number(sizeMib) * 2 ** 20);
          const env = { ...process.env, MTOOLS_SKIP_CHECK: '1' };
          execFileSync('mkfs.vfat', [...options.map(String), image], { env });
          execFileSync('mcopy', ['-s', '-i', image, tree, '::/'], { env });
          return victimOf(`${name}`, 'fat', fs.readFileSync(image));
        });
        damageAll(victims, FAT_CASES, SEED);
      } finally {
        fs.rmSync(folder, { recursive: true, force: true });
      }
    });
  },
);
