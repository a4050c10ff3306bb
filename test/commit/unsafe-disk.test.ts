// Disks that must not be written, from the command line: reading works on them, a dry run and a plan show and save what
// would be done and end as the commit would, and a commit is refused with the cause, the command that fixes it, its cost.

import { spawnSync } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  renameSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { BCD_PATH, hivemend, makeDisk, put, SOFTWARE_PATH, SYSTEM_PATH, scratch, snapshot } from '../cli/process.ts';

const ok = (program: string, ...args: string[]): boolean => spawnSync(program, args).status === 0;
const canMount = process.platform === 'linux' && process.getuid?.() === 0 && existsSync('/dev/fuse');

/** Everything that reads works; whoever would write gives `code`, with `hint`, and a plan is made all the same. */
async function expectUnsafe(disk: string, code: string, hint: RegExp): Promise<void> {
  const before = snapshot(disk);
  const plan = join(scratch(), 'plan.json');
  expect((await hivemend(['diagnose', disk])).status).toBe(1);
  expect((await hivemend(['reg', '--volume', disk, 'query', 'HKLM\\SYSTEM\\Select'])).status).toBe(0);
  for (const args of [['--dry-run'], ['--plan', plan]]) {
    const run = await hivemend(['repair', disk, '--only', 'tls', ...args, '--json']);
    expect([run.status, run.report().error?.code], args[0]).toEqual([5, code]);
    expect(run.report().changes.length, args[0]).toBeGreaterThan(0);
  }
  for (const args of [
    ['repair', disk, '--only', 'tls', '--yes', '--json'],
    ['apply', plan, disk, '--yes', '--json'],
    ['reg', '--volume', disk, '--json', 'add', 'HKLM\\SYSTEM\\Another', '/f'],
  ]) {
    const run = await hivemend(args);
    expect([run.status, run.report().error?.code], args.join(' ')).toEqual([5, code]);
    expect(run.report().error?.hint).toMatch(hint);
  }
  for (const more of [[], ['--dry-run']]) {
    const run = await hivemend(['reg', '--volume', disk, 'add', 'HKLM\\SYSTEM\\Another', '/f', ...more]);
    expect([run.status, run.stdout.includes('success')], more.join()).toEqual([5, false]);
    expect(run.stderr).toContain(`[${code}]`);
  }
  expect(snapshot(disk)).toEqual(before);
  expect(existsSync(join(disk, 'hivemend'))).toBe(false);
}

describe('a disk that must not be written', () => {
  it('holds a saved session', async () => {
    const disk = makeDisk();
    writeFileSync(join(disk, 'hiberfil.sys'), 'hibr'.padEnd(4096, '\0'));
    await expectUnsafe(
      disk,
      'HIBERNATED',
      /Loses nothing: [\s\S]*Loses unsaved work of the programs that were open: delete the session:\n {2}rm /,
    );
  });

  it('leads out of itself through a link', async () => {
    const disk = makeDisk();
    const outside = join(scratch(), 'config');
    renameSync(join(disk, 'Windows/System32/config'), outside);
    symlinkSync(outside, join(disk, 'Windows/System32/config'));
    const run = await hivemend(['repair', disk, '--yes', '--json']);
    expect([run.status, run.report().error?.code]).toEqual([5, 'OUTSIDE_VOLUME']);
  });

  it.skipIf(!canMount)('is mounted read-only (skipped without root and /dev/fuse)', async () => {
    const base = mkdtempSync(join(tmpdir(), 'hivemend-unsafe-'));
    const [image, disk] = [join(base, 'disk.img'), join(base, 'mnt')];
    onTestFinished(() => {
      ok('umount', disk);
      rmSync(base, { recursive: true, force: true });
    });
    mkdirSync(disk);
    writeFileSync(image, '');
    truncateSync(image, 24 << 20);
    expect(ok('mkntfs', '-F', '-Q', image) && ok('ntfs-3g', image, disk)).toBe(true);
    put(disk, SYSTEM_PATH, 'SYSTEM-broken');
    put(disk, SOFTWARE_PATH, 'SOFTWARE');
    put(disk, BCD_PATH, 'BCD-bios');
    expect(ok('umount', disk) && ok('ntfs-3g', '-o', 'ro', image, disk)).toBe(true);
    await expectUnsafe(disk, 'READ_ONLY', /^Mount it for writing .*:\n {2}umount .*\n {2}mount -t ntfs-3g .*$/);
  });
});
