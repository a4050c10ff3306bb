// Processes that commit, take back, drop journals and read on one disk at once, round after round: each ends with a code
// that says what was in its way, and none takes another's work for its own or for one that was cut off.

import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import type { Report } from '../../src/report.ts';
import { hivemendProcess, MAIN, makeDisk, SYSTEM_PATH } from '../cli/process.ts';
import { isDeep } from '../deep.ts';
import { type Image, judge } from '../judge/judge.ts';

const rounds = isDeep ? 30 : 3;

/** The code of the error, or 'done'; what was found of other processes stands behind it. */
function run(args: readonly string[]): Promise<string> {
  const child = spawn(process.execPath, [MAIN, ...args, '--json']);
  let text = '';
  child.stdout.on('data', (chunk: Buffer) => {
    text += chunk.toString();
  });
  return new Promise((resolve) => {
    child.on('close', () => {
      const report = JSON.parse(text) as Report;
      const seen = report.findings.filter(({ code }) => code === 'UNFINISHED_JOURNAL').map(({ code }) => ` ${code}`);
      resolve(`${report.error?.code ?? 'done'}${seen.join('')}${report.error ? ` (${report.error.message})` : ''}`);
    });
  });
}

it('each says what was in its way', { timeout: isDeep ? 3_600_000 : 60_000 }, async () => {
  const disk = makeDisk();
  const add = (name: string) => (round: number) => [
    ...['reg', '--volume', disk, 'add', `HKLM\\SYSTEM\\${name}`, '/v', `${round}`, '/t', 'REG_DWORD', '/d', '1', '/f'],
  ];
  const actors: readonly ((round: number) => readonly string[])[] = [
    add('One'),
    add('Two'),
    () => ['undo', disk, '--yes'],
    () => ['undo', disk, '--forget', '--all', '--yes'],
    () => ['diagnose', disk],
    () => ['repair', disk, '--dry-run'],
  ];
  const ends = await Promise.all(
    actors.map(async (actor) => {
      const codes: string[] = [];
      for (let round = 0; round < rounds; round += 1) codes.push(await run(actor(round)));
      return codes;
    }),
  );
  const allowed = /^(done|LOCKED|CHANGED_ON_DISK|JOURNAL_NOT_FOUND|STALE_JOURNAL)( \(|$)/;
  expect(ends.flat().filter((end) => !allowed.test(end))).toEqual([]);
  expect(ends.flat().filter((end) => end === 'done').length).toBeGreaterThan(rounds);
  // Nothing is said of a disk that lies between two states: diagnose and a dry run end as a commit would at that moment.
  expect([...ends[4]!, ...ends[5]!].filter((end) => !/^(done|LOCKED \()/.test(end))).toEqual([]);
  const image: Image = { name: 'SYSTEM', bytes: new Uint8Array(readFileSync(join(disk, SYSTEM_PATH))) };
  expect(judge(image.bytes, []).kind).not.toBe('refused');
  expect(hivemendProcess(['reg', '--volume', disk, 'add', 'HKLM\\SYSTEM\\Last', '/f']).status).toBe(0);
});
