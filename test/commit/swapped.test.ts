// Somebody on the machine swaps the folder of the journal for a link, again and again, while a repair runs in a process of
// its own: either nothing of the hive is written, or its journal lies on the disk and takes it back.

import { type ChildProcess, spawn } from 'node:child_process';
import { lstatSync, mkdirSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { hivemendProcess, MAIN, makeDisk, scratch, snapshot } from '../cli/process.ts';
import { isDeep, seedOr } from '../deep.ts';
import { randomFrom } from './cuts.ts';

/** Waits for the folder, and so many spins; then swaps it once, or to and fro until it is ended. */
const SWAPPER = `
const fs = require('node:fs');
const [disk, outside, spins, isForth] = process.argv.slice(1);
const [folder, kept, link] = [disk + '/hivemend', disk + '/kept', disk + '/link'];
fs.symlinkSync(outside, link);
process.stdout.write('ready');
const tryTo = (work) => { try { work(); return true; } catch { return false; } };
while (!tryTo(() => fs.lstatSync(folder)));
for (let i = 0; i < Number(spins); i += 1) tryTo(() => fs.lstatSync(folder));
do {
  if (tryTo(() => fs.renameSync(folder, kept))) tryTo(() => fs.renameSync(link, folder));
  if (isForth !== 'true') break;
  for (let i = 0; i < 50; i += 1) tryTo(() => fs.lstatSync(folder));
  if (tryTo(() => fs.renameSync(folder, link))) tryTo(() => fs.renameSync(kept, folder));
} while (true);`;

async function ended(child: ChildProcess): Promise<number | null> {
  return child.exitCode ?? new Promise((resolve) => child.once('close', (status) => resolve(status)));
}

async function repairWhileSwapped(spins: number, isForth: boolean): Promise<string> {
  const disk = makeDisk();
  const outside = scratch();
  mkdirSync(join(outside, 'theirs'));
  const before = windowsOf(disk);
  const swapper = spawn(process.execPath, ['-e', SWAPPER, disk, outside, String(spins), String(isForth)]);
  await new Promise((resolve) => swapper.stdout.once('data', resolve));
  const repair = spawn(process.execPath, [MAIN, 'repair', disk, '--only', 'tls', '--yes', '--json']);
  let text = '';
  repair.stdout.on('data', (chunk: Buffer) => {
    text += chunk.toString();
  });
  const status = await ended(repair);
  const end = ended(swapper);
  swapper.kill('SIGKILL');
  await end;
  // The folder is put back where it was, as the operator would.
  const folder = join(disk, 'hivemend');
  if (isLink(folder)) rmSync(folder);
  rmSync(join(disk, 'link'), { force: true });
  const isKept = readdirSync(disk).includes('kept');
  if (isKept && !readdirSync(disk).includes('hivemend')) renameSync(join(disk, 'kept'), folder);
  const { error } = JSON.parse(text) as { error: { code: string } | null };
  const told = `status ${status}, ${error?.code ?? 'done'}, ${spins} spins, ${isForth ? 'to and fro' : 'once'}`;
  expect(status, told).not.toBe(70);
  const left = Object.keys(snapshot(outside)).filter((path) => path.endsWith('data.bin'));
  // Linux has paths that go on leading to a folder that was opened.
  if (process.platform === 'linux') expect(left, told).toEqual([]);
  if (windowsOf(disk) === before) return `refused: ${error?.code}${left.length > 0 ? ' LEFT' : ''}`;
  const undone = hivemendProcess(['undo', disk, '--yes', '--json']);
  expect([undone.status, windowsOf(disk) === before], `${told}: ${undone.stdout}`).toEqual([0, true]);
  return status === 0 ? 'done' : `unfinished: ${error?.code}`;
}

const isLink = (path: string): boolean => lstatSync(path, { throwIfNoEntry: false })?.isSymbolicLink() === true;

/** What Windows has there. */
const windowsOf = (disk: string): string =>
  JSON.stringify(Object.entries(snapshot(disk)).filter(([path]) => /^(Windows|Boot)\b/.test(path)));

it.skipIf(process.platform === 'win32')(
  'the hive is as it was, or its journal on the disk takes it back',
  { timeout: 600_000 },
  async () => {
    const seed = seedOr(Date.now() % 2 ** 31);
    const random = randomFrom(seed);
    const ends = new Map<string, number>();
    for (let round = 0; round < (isDeep ? 48 : 4); round += 1) {
      const end = await repairWhileSwapped(Math.floor(random() ** 3 * 20_000), round % 2 === 1);
      ends.set(end, (ends.get(end) ?? 0) + 1);
    }
    process.stdout.write(`swapped, seed ${seed}: ${[...ends].map(([end, count]) => `${count} ${end}`).join(', ')}\n`);
  },
);
