// The screens as they are printed, beside them as text files (HIVEMEND_GOLDEN=1 writes them anew): no line but a command is
// wider than the terminal, and no screen is longer than thirty lines.

import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { FINDING_GROUPS } from '../../src/base/codes/codes.ts';
import { ERROR_NOTES } from '../../src/base/error-notes.ts';
import { columnsOf } from '../../src/render/style.ts';
import { type DiskFiles, hivemend, makeDisk, put } from '../cli/process.ts';

const folder = fileURLToPath(new URL('golden/', import.meta.url));

const UTF8 = { LC_ALL: '', LC_CTYPE: '', LANG: 'en_US.UTF-8', NO_COLOR: '1', HIVEMEND_READ_ONLY: '' };
const C = { ...UTF8, LANG: 'C' };

interface Screen {
  readonly name: string;
  readonly args: readonly string[];
  readonly files?: DiskFiles;
  /** The certificate of the fixtures has expired: this repair is made first. */
  readonly isRepaired?: boolean;
  readonly env: Readonly<Record<string, string>>;
  readonly columns?: number;
  /** Of what is asked for approval, nothing is shortened. */
  readonly isPlan?: boolean;
}

const HEALTHY: DiskFiles = { SYSTEM: 'SYSTEM-healthy' };
const SCREENS: readonly Screen[] = [
  { name: 'diagnose-broken-80', args: ['diagnose'], env: UTF8, columns: 80 },
  { name: 'diagnose-broken-120', args: ['diagnose'], env: UTF8, columns: 120 },
  { name: 'diagnose-broken-c', args: ['diagnose'], env: C, columns: 80 },
  { name: 'diagnose-broken-pipe', args: ['diagnose'], env: UTF8 },
  { name: 'diagnose-quiet', args: ['diagnose', '-q'], env: UTF8, columns: 80 },
  { name: 'diagnose-healthy', args: ['diagnose'], env: UTF8, columns: 80, files: HEALTHY, isRepaired: true },
  {
    name: 'diagnose-incomplete',
    args: ['diagnose'],
    env: UTF8,
    columns: 80,
    files: { ...HEALTHY, BCD: null },
    isRepaired: true,
  },
  { name: 'repair-plan-80', args: ['repair', '--dry-run'], env: UTF8, columns: 80, isPlan: true },
  { name: 'repair-plan-pipe', args: ['repair', '--dry-run'], env: C, isPlan: true },
  { name: 'repair-needed-120', args: ['repair', '--dry-run', '--needed'], env: UTF8, columns: 120, isPlan: true },
];

async function shown({ args, files, isRepaired, env, columns }: Screen): Promise<{ text: string; disk: string }> {
  const disk = makeDisk(files);
  if (isRepaired) expect((await hivemend(['repair', disk, '--only', 'rdp-certificate', '--yes'])).status).toBe(0);
  const [command = '', ...options] = args;
  const run = await hivemend([command, disk, ...options], { env, ...(columns === undefined ? {} : { columns }) });
  expect(run.stderr).toBe('');
  return { text: run.stdout, disk };
}

/** What is of this machine: where the disk lies. The paths of both are of one length, so that lines break alike. */
function neutral(text: string, disk: string): string {
  return text
    .replaceAll(disk, '/mnt/windows')
    .replace(/^( {2})\/dev\/\S+ at /m, '$1')
    .replace(/, \/dev\/\S+: /, ', <device>: ');
}

it.each(SCREENS)('$name', async (screen) => {
  const { text, disk } = await shown(screen);
  const lines = text.trimEnd().split('\n');
  const width = screen.columns ?? 80;
  const wide = lines.filter(
    (line) => columnsOf(line) > width && !/^\s+(?:hivemend|umount|mount|mkdir) |\/tmp\//.test(line),
  );
  expect(wide).toEqual([]);
  if (!screen.isPlan) expect(lines.length).toBeLessThanOrEqual(30);
  const file = join(folder, `${screen.name}.txt`);
  if (process.env.HIVEMEND_GOLDEN) {
    mkdirSync(folder, { recursive: true });
    writeFileSync(file, neutral(text, disk));
  }
  expect(existsSync(file), `${file} is missing: run this test once with HIVEMEND_GOLDEN=1`).toBe(true);
  const words = (all: string): string => all.replace(/\s+/g, ' ');
  expect(words(neutral(text, disk))).toBe(words(readFileSync(file, 'utf8')));
});

it('shows a cause within the first twelve lines', async () => {
  const { text } = await shown(SCREENS[0]!);
  expect(text.split('\n').findIndex((line) => line.includes('✗'))).toBeLessThan(12);
});

it('every command under NEXT can be pasted and does what is said', async () => {
  const disk = makeDisk();
  const { next } = (await hivemend(['diagnose', disk, '--json'])).report();
  const commands = next.flatMap(({ commands: some }) => some);
  expect(commands.length).toBeGreaterThan(1);
  for (const command of commands) {
    const [program, ...words] = command.split(' ');
    expect(program).toBe('hivemend');
    const run = await hivemend([...words, '--dry-run']);
    expect(run.status, run.stderr).toBe(0);
    const [, count] = /\((\d+) changes/.exec(next.find(({ commands: some }) => some.includes(command))!.why)!;
    expect(run.stdout).toContain(`: ${count} changes to `);
  }
});

it('a dry run of a disk that would be refused ends with 5, says so first, and still prints the plan', async () => {
  const disk = makeDisk();
  put(disk, 'hiberfil.sys', new Uint8Array(Buffer.from(`hibr${'\0'.repeat(4092)}`)));
  const run = await hivemend(['repair', disk, '--dry-run']);
  expect(run.status).toBe(5);
  expect(run.stdout).toMatch(/^Blocked: /);
  expect(run.stdout).toContain('fDenyTSConnections');
  const report = (await hivemend(['repair', disk, '--dry-run', '--json'])).report();
  expect(report).toMatchObject({ status: 'blocked', exitCode: 5, dryRun: true, error: { code: 'HIBERNATED' } });
  expect(report.summary.repairBlocked).toBe(report.error?.message);
  expect(report.changes.length).toBeGreaterThan(0);
  const diagnosis = await hivemend(['diagnose', disk]);
  expect(diagnosis.status).toBe(1);
  expect(diagnosis.stdout).toMatch(/^Repair is blocked: /m);
  const readOnly = await hivemend(['diagnose', disk], { env: { HIVEMEND_READ_ONLY: '1' } });
  expect(readOnly.stdout).not.toContain('Repair is blocked');
});

/** Words that no text of the product has; data from a disk is not in these. */
const BAD_WORDS =
  /\b(?:mends?|mended|take back|put back|BROKEN|originals|remnants|by comma|beforehand|not to be told|in order:|the chain|settles?|left out|nobody can be asked)\b|(?<![Tt]here )\bis no (?!longer|t\b)/;

it('keeps to the words', async () => {
  const goldens = readdirSync(folder).map((name) => readFileSync(join(folder, name), 'utf8'));
  const notes = [
    ...FINDING_GROUPS.flatMap((group) => Object.values(group.notes).map(({ means }) => means)),
    ...Object.values(ERROR_NOTES).flatMap(({ means, next }) => [means, next]),
  ];
  const help = (await hivemend(['--help'])).stdout;
  expect([...goldens, help].filter((text) => BAD_WORDS.test(text))).toEqual([]);
  expect(notes.filter((text) => BAD_WORDS.test(text))).toEqual([]);
});
