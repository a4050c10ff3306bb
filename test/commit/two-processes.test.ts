// Two processes that write to one disk at the same time: one of them is refused, or they come one after the other.

import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { validate } from '../../src/regf/gate/validate.ts';
import { hivemendProcess, MAIN, makeDisk, SYSTEM_PATH, snapshot } from '../cli/process.ts';

/** The exit status and the report of `reg add` of one key, run beside others. */
function add(disk: string, name: string): Promise<{ status: number | null; code: string | undefined }> {
  const child = spawn(process.execPath, [
    MAIN,
    'reg',
    '--volume',
    disk,
    '--json',
    'add',
    `HKLM\\SYSTEM\\${name}`,
    '/f',
  ]);
  let text = '';
  child.stdout.on('data', (chunk: Buffer) => {
    text += chunk.toString();
  });
  return new Promise((resolve) => {
    child.on('close', (status) => resolve({ status, code: JSON.parse(text).error?.code }));
  });
}

it('one is refused, or the other comes after it; nothing is lost and undo takes back what was done', {
  timeout: 60_000,
}, async () => {
  const disk = makeDisk();
  const before = snapshot(disk);
  const names = ['One', 'Two', 'Three'];
  const ends = await Promise.all(names.map((name) => add(disk, name)));
  const done = names.filter((_, index) => ends[index]!.status === 0);
  expect(done.length).toBeGreaterThan(0);
  for (const { status, code } of ends) {
    if (status === 0) continue;
    expect(status).toBe(5);
    expect(['LOCKED', 'CHANGED_ON_DISK', 'UNFINISHED_JOURNAL']).toContain(code);
  }
  const image = new Uint8Array(readFileSync(join(disk, SYSTEM_PATH)));
  expect(validate(image, 'SYSTEM')).toEqual([]);
  for (const name of names) {
    const { status } = hivemendProcess(['reg', '--volume', disk, 'query', `HKLM\\SYSTEM\\${name}`]);
    expect([name, status]).toEqual([name, done.includes(name) ? 0 : 1]);
  }
  for (const _ of done) expect(hivemendProcess(['undo', disk, '--yes']).status).toBe(0);
  expect(snapshot(disk)).toEqual(before);
});
