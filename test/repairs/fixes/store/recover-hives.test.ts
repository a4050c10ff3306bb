// A hive that was not closed is written as its logs complete it, by name only: as Windows would load it, and nothing else.

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { PROFILES } from '../../../../src/repairs/profiles.ts';
import { hivemend, makeDisk, put, SYSTEM_PATH, scratch, snapshot } from '../../../cli/process.ts';
import { dirtySystem } from '../../../commit/dirty-system.ts';
import { judge } from '../../../judge/judge.ts';

const dirty = dirtySystem();
const SAM_PATH = SYSTEM_PATH.replace(/SYSTEM$/, 'SAM');

/** SYSTEM is dirty, and so is SAM, which no other repair reads. */
function dirtyDisk(): string {
  const disk = makeDisk({ SYSTEM: dirty.primary });
  for (const path of [SYSTEM_PATH, SAM_PATH]) {
    put(disk, path, dirty.primary);
    put(disk, `${path}.LOG1`, dirty.log1);
    put(disk, `${path}.LOG2`, dirty.log2);
  }
  return disk;
}

const fileOf = (disk: string, path: string): Uint8Array => new Uint8Array(readFileSync(join(disk, path)));

it('writes every dirty hive clean with what its logs hold, and undo gives the dirty ones back', async () => {
  const disk = dirtyDisk();
  const before = snapshot(disk);
  const dry = await hivemend(['repair', disk, '--only', 'recover-hives', '--dry-run']);
  expect(dry.stdout).toMatch(/SYSTEM.*not replayed -> replayed into the hive/);
  expect(snapshot(disk)).toEqual(before);
  const run = await hivemend(['repair', disk, '--only', 'recover-hives', '--yes', '--json']);
  expect(run.stderr).toBe('');
  expect(run.report().changes.map(({ edit }) => 'key' in edit && edit.key.hive)).toEqual(['SYSTEM', 'SAM']);
  for (const path of [SYSTEM_PATH, SAM_PATH]) {
    const bytes = fileOf(disk, path);
    // With and without its logs it is the recovered hive.
    for (const logs of [[], ['.LOG1', '.LOG2']]) {
      const images = logs.map((ending) => ({ name: `HIVE${ending}`, bytes: fileOf(disk, path + ending) }));
      expect(judge(bytes, images).kind).toBe('clean');
    }
    expect(bytes.subarray(4096)).toEqual(dirty.recovered.subarray(4096));
  }
  const again = await hivemend(['repair', disk, '--only', 'recover-hives', '--yes', '--json']);
  expect(again.report().status).toBe('unchanged');
  expect((await hivemend(['undo', disk, '--yes'])).stderr).toBe('');
  expect(snapshot(disk)).toEqual(before);
});

it('is planned and applied, and is in no profile', async () => {
  const disk = dirtyDisk();
  const plan = join(scratch(), 'plan.json');
  await hivemend(['repair', disk, '--only', 'recover-hives', '--plan', plan]);
  expect((await hivemend(['apply', plan, disk, '--yes'])).stderr).toBe('');
  expect(judge(fileOf(disk, SAM_PATH), []).kind).toBe('clean');
  for (const { sets, fixes } of Object.values(PROFILES)) expect([...sets, ...fixes]).not.toContain('recover-hives');
});

it('leaves a hive that no log completes', async () => {
  const disk = makeDisk();
  put(disk, SAM_PATH, dirty.primary);
  const before = snapshot(disk);
  const run = await hivemend(['repair', disk, '--only', 'recover-hives', '--yes', '--json']);
  expect(snapshot(disk)).toEqual(before);
  expect(run.status).not.toBe(0);
});
