// Processes that are ended in the middle of a commit, by kill, Ctrl-C, a closed terminal: whatever moment it was, the hive
// loads as it was before or as it is after, and the next start takes it back or finishes it. On NTFS (ntfs-3g on an
// image) where that can be mounted, else in a folder. The deep tier ends many more.

import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { encodeBaseBlock, HEADER_SIZE_BYTES } from '../../src/regf/base-block.ts';
import { hivemend, MAIN, SYSTEM_PATH, snapshot } from '../cli/process.ts';
import { isDeep, seedOr } from '../deep.ts';
import { buildFixture } from '../fixture-hives.ts';
import { type Image, judge } from '../judge/judge.ts';
import { randomFrom } from './cuts.ts';
import { dirtySystem } from './dirty-system.ts';

const seed = seedOr(Date.now() % 1_000_000);
const rounds = isDeep ? 60 : 4;
const SIGNALS = ['SIGKILL', 'SIGTERM', 'SIGINT', 'SIGHUP'] as const;

const base = mkdtempSync(join(tmpdir(), 'hivemend-killed-'));
const disk = join(base, 'mnt');
const regFile = join(base, 'large.reg');
let isMounted = false;

const LOGS = ['.LOG1', '.LOG2'];
const dirty = dirtySystem();
const original = clean(dirty.recovered);

/** With a clean header above the logs' numbers: a hive that Windows has written out. */
function clean(image: Uint8Array): Uint8Array {
  const bytes = image.slice();
  bytes.set(encodeBaseBlock(bytes.subarray(0, HEADER_SIZE_BYTES), { primarySequence: 8, secondarySequence: 8 }));
  return bytes;
}

/** Some megabytes of values, so that there is time to be ended in. */
function largeReg(): string {
  const hex = Array.from({ length: 4000 }, (_, index) => (index % 256).toString(16).padStart(2, '0')).join(',');
  const lines = Array.from({ length: 300 }, (_, index) => `"Value${index}"=hex:${hex}`);
  return `Windows Registry Editor Version 5.00\r\n\r\n[HKEY_LOCAL_MACHINE\\SYSTEM\\Large]\r\n${lines.join('\r\n')}\r\n`;
}

function mount(): boolean {
  const run = (program: string, ...args: string[]): boolean => spawnSync(program, args).status === 0;
  if (process.platform !== 'linux' || process.getuid?.() !== 0 || !existsSync('/dev/fuse')) return false;
  const image = join(base, 'disk.img');
  writeFileSync(image, '');
  truncateSync(image, 64 << 20);
  return run('mkntfs', '-F', '-Q', image) && run('ntfs-3g', image, disk);
}

function layOut(): void {
  rmSync(join(disk, 'hivemend'), { recursive: true, force: true });
  mkdirSync(join(disk, 'Windows/System32/config'), { recursive: true });
  writeFileSync(join(disk, SYSTEM_PATH), original);
  writeFileSync(join(disk, `${SYSTEM_PATH}.LOG1`), dirty.log1);
  writeFileSync(join(disk, `${SYSTEM_PATH}.LOG2`), dirty.log2);
  writeFileSync(join(disk, 'Windows/System32/config/SOFTWARE'), buildFixture('SOFTWARE'));
}

const read = (suffix = ''): Image => ({
  name: `SYSTEM${suffix}`,
  bytes: new Uint8Array(readFileSync(join(disk, SYSTEM_PATH + suffix))),
});

/** Whether the hive would load as it was, or with the values; anything else fails. */
function loadsAs(): 'old' | 'new' {
  const verdict = judge(read().bytes, LOGS.map(read));
  if (verdict.kind === 'refused') return expect.fail(`Windows would refuse the hive: ${verdict.why}`);
  if (Buffer.compare(verdict.bins, original.subarray(4096)) === 0) return 'old';
  expect(Buffer.from(verdict.bins).includes('Value299')).toBe(true);
  return 'new';
}

const journals = (): string[] =>
  existsSync(join(disk, 'hivemend')) ? readdirSync(join(disk, 'hivemend')).filter((name) => name !== 'lock') : [];

/** Whether the journal is whole and the first target may have changed. */
function isCommitting(): boolean {
  const [id] = journals();
  const manifest = id === undefined ? '' : join(disk, 'hivemend', id, 'manifest.json');
  return existsSync(manifest) && readFileSync(manifest).subarray(0, 512).includes('committing');
}

/** Whether the header is dirty: from here on the log brings the new state. */
function isPastCommitPoint(): boolean {
  const header = new DataView(read().bytes.buffer);
  return header.getUint32(4, true) !== header.getUint32(8, true);
}

/** Starts the import and ends it some time after `hasBegun`; gives how it ended. */
async function endInTheMiddle(signal: NodeJS.Signals, hasBegun: () => boolean, delayMs: number): Promise<string> {
  const args = [MAIN, 'reg', '--volume', disk, 'import', regFile];
  const child: ChildProcess = spawn(process.execPath, args, { stdio: 'ignore' });
  const ended = new Promise<string>((resolve) => {
    child.on('exit', (code, by) => resolve(by ?? `exit ${code}`));
  });
  const poll = setInterval(() => {
    if (!hasBegun()) return;
    clearInterval(poll);
    setTimeout(() => child.kill(signal), delayMs);
  }, 1);
  const how = await ended;
  clearInterval(poll);
  return how;
}

describe('a process that is ended in the middle of a commit', () => {
  beforeAll(() => {
    mkdirSync(disk);
    isMounted = mount();
    writeFileSync(regFile, largeReg());
  });

  afterAll(() => {
    if (isMounted) isMounted = spawnSync('umount', [disk]).status !== 0;
    if (!isMounted) rmSync(base, { recursive: true, force: true });
  });

  it(
    'leaves the old or the new hive, and the next start ends it',
    async () => {
      const random = randomFrom(seed);
      const tally: Record<string, number> = {};
      const count = (what: string): void => {
        tally[what] = (tally[what] ?? 0) + 1;
      };
      for (let round = 0; round < rounds; round += 1) {
        layOut();
        const before = snapshot(disk);
        const hasBegun = [isCommitting, isPastCommitPoint, isPastCommitPoint, () => journals().length > 0][round % 4]!;
        const delayMs = random() * (hasBegun === isCommitting && isMounted ? 250 : 60);
        const how = await endInTheMiddle(SIGNALS[(round + (round >> 2)) % 4]!, hasBegun, delayMs);
        const state = loadsAs();
        count(how);
        count(`loads as ${state}`);
        const listed = await hivemend(['undo', disk, '--list', '--json']);
        expect(listed.status, listed.stderr).toBe(0);
        const isUnfinished = /: (prepared|committing|undoing), files/.test(listed.stdout);
        count(isUnfinished ? 'unfinished' : 'finished or not begun');
        if (isUnfinished) {
          const next = await hivemend(['reg', '--volume', disk, '--json', 'add', 'HKLM\\SYSTEM\\Another', '/f']);
          expect([next.status, next.report().error?.code]).toEqual([5, 'UNFINISHED_JOURNAL']);
          expect(loadsAs()).toBe(state);
          if (random() < 0.5) {
            expect((await hivemend(['undo', disk, '--finish', '--yes'])).status).toBe(0);
            expect([loadsAs(), judge(read().bytes, []).kind]).toEqual(['new', 'clean']);
            count('finished');
          }
        }
        if (journals().length > 0 && (isUnfinished || state === 'new')) {
          const undone = await hivemend(['undo', disk, '--yes', '--json']);
          expect([undone.status, undone.stderr], undone.stdout.slice(0, 1000)).toEqual([0, '']);
          count('undone');
        }
        expect(snapshot(disk)).toEqual(before);
      }
      const where = isMounted ? 'on NTFS' : 'in a folder';
      process.stdout.write(`\n${rounds} processes ended ${where}, seed ${seed}: ${JSON.stringify(tally)}\n`);
    },
    isDeep ? 3_600_000 : 120_000,
  );
});
