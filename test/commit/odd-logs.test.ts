// What bears a log's name beside a hive and is no file: told when the hive is read, refused before anything is written.

import { existsSync, mkdirSync, readFileSync, symlinkSync, unlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { hivemend, makeDisk, SYSTEM_PATH, scratch } from '../cli/process.ts';

const KINDS: readonly (readonly [string, (path: string) => void])[] = [
  ['a folder', (path) => mkdirSync(path)],
  ['a link that leads to a file elsewhere', (path) => linkTo(path, writeFileSync)],
  ['a link that leads nowhere', (path) => linkTo(path, () => {})],
];

function linkTo(path: string, fill: (target: string, text: string) => void): void {
  const target = join(scratch(), 'elsewhere');
  fill(target, '');
  symlinkSync(target, path);
}

describe.each(KINDS)('SYSTEM.LOG1 as %s', (_, make) => {
  const diskWithOddLog = (): { readonly disk: string; readonly log: string } => {
    const disk = makeDisk();
    const log = join(disk, `${SYSTEM_PATH}.LOG1`);
    make(log);
    return { disk, log };
  };

  it('is a finding of whoever reads', async () => {
    const { disk, log } = diskWithOddLog();
    const finding = expect.objectContaining({ code: 'BAD_LOG', severity: 'warning', where: { file: log } });
    expect((await hivemend(['diagnose', disk, '--json'])).report().findings).toContainEqual(finding);
    expect((await hivemend(['repair', disk, '--dry-run', '--json'])).report().findings).toContainEqual(finding);
    expect((await hivemend(['inspect', join(disk, SYSTEM_PATH)])).stdout).toContain('SYSTEM.LOG1 bears the name');
  });

  it('is refused by name, each time, and nothing is written until it is gone', async () => {
    const { disk, log } = diskWithOddLog();
    const before = readFileSync(join(disk, SYSTEM_PATH));
    for (const args of [
      ['repair', disk, '--yes', '--json'],
      ['repair', disk, '--yes', '--json', '--state-dir', scratch()],
    ]) {
      const run = await hivemend(args);
      expect(run.status).toBe(5);
      expect(run.report().error).toMatchObject({ code: 'BAD_LOG', data: { path: log } });
    }
    expect(readFileSync(join(disk, SYSTEM_PATH)).equals(before)).toBe(true);
    expect(existsSync(join(disk, 'hivemend'))).toBe(false);
  });
});

it('the same repair goes on once the name is free', async () => {
  const disk = makeDisk();
  const log = join(disk, `${SYSTEM_PATH}.log1`);
  linkTo(log, () => {});
  expect((await hivemend(['repair', disk, '--yes', '--json'])).report().error?.code).toBe('BAD_LOG');
  unlinkSync(log);
  expect((await hivemend(['repair', disk, '--yes', '--json'])).report().error).toBeNull();
});
