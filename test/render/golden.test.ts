// The screens as they are printed, beside them as text files (HIVEMEND_GOLDEN=1 writes them anew): no line but a command is
// wider than the terminal, and no screen is longer than thirty lines.

import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { FINDING_GROUPS } from '../../src/base/codes/codes.ts';
import { DEFECTS } from '../../src/base/codes/defects.ts';
import { ERROR_NOTES } from '../../src/base/codes/error-notes.ts';
import { COMMANDS } from '../../src/cli/commands.ts';
import { buildProgram } from '../../src/cli/program.ts';
import type { DiskListing, VolumeListing } from '../../src/commands/disks.ts';
import { writeState } from '../../src/commit/journal/journal.ts';
import { thisHost } from '../../src/host.ts';
import { diagnoseText } from '../../src/render/diagnosis.ts';
import { disksText } from '../../src/render/disks.ts';
import { columnsOf } from '../../src/render/style.ts';
import type { DiagnoseReport } from '../../src/repairs/diagnose.ts';
import { REPAIRS } from '../../src/repairs/fixes/index.ts';
import { STOP_CODES, stopCodeText } from '../../src/repairs/start/stop-codes.ts';
import type { SummaryCause } from '../../src/report.ts';
import { LINT_RULES } from '../../src/runbook.ts';
import {
  BCD_PATH,
  type DiskFiles,
  hivemend,
  makeDisk,
  put,
  SOFTWARE_PATH,
  SYSTEM_PATH,
  scratch,
} from '../cli/process.ts';
import { windowsHost } from '../cli/windows-host.ts';
import { buildFixture } from '../fixture-hives.ts';

const folder = fileURLToPath(new URL('golden/', import.meta.url));

const UTF8 = { LC_ALL: '', LC_CTYPE: '', LANG: 'en_US.UTF-8', NO_COLOR: '1', HIVEMEND_READ_ONLY: '' };
const C = { ...UTF8, LANG: 'C' };

interface Screen {
  readonly name: string;
  readonly args: readonly string[];
  /** The whole call, where it is not `args` with the disk after the command. */
  readonly call?: (disk: string) => readonly string[];
  readonly files?: DiskFiles;
  /** What is done to the disk first. */
  readonly before?: (disk: string) => Promise<void> | void;
  readonly env: Readonly<Record<string, string>>;
  readonly columns?: number;
  /** Of what is asked for approval, nothing is shortened. */
  readonly isPlan?: boolean;
  /** The screen is what is said on standard error. */
  readonly isError?: boolean;
  readonly answers?: readonly boolean[];
}

const HEALTHY: DiskFiles = { SYSTEM: 'SYSTEM-healthy' };
const must = async (args: readonly string[]): Promise<void> => {
  const run = await hivemend(args);
  expect(run.status, run.stdout + run.stderr).toBe(0);
};
/** The certificate of the fixtures has expired. */
const renewed = (disk: string): Promise<void> => must(['repair', disk, '--only', 'rdp-certificate', '--yes']);
const repaired = (disk: string): Promise<void> => must(['repair', disk, '--skip', 'machine-keys', '--yes']);

function hibernated(disk: string): void {
  put(disk, 'hiberfil.sys', new Uint8Array(Buffer.from(`hibr${'\0'.repeat(4092)}`)));
}

/** A hive whose records cannot be read from some point on. */
function damaged(): Uint8Array {
  return buildFixture('SYSTEM-broken').fill(0xee, 16_384, 40_960);
}

/** The loader names no partition to start from. */
const withoutDevice = (disk: string): Promise<void> =>
  must(['bcdedit', '--volume', disk, '/deletevalue', '{default}', 'device']);

/** As a power cut leaves it: the journal says that the commit is at work. */
async function cutOff(disk: string): Promise<void> {
  await repaired(disk);
  const [id = ''] = readdirSync(join(disk, 'hivemend')).filter((name) => /^\d{8}T/.test(name));
  writeState(thisHost().writing, join(disk, 'hivemend', id), 'committing');
}

/** Everything that a Remote Desktop can lack at once, and the longest names that a disk can have. */
async function worst(disk: string): Promise<void> {
  const file = join(scratch(), 'worst.reg');
  const set = 'HKEY_LOCAL_MACHINE\\SYSTEM\\ControlSet001';
  const start = (name: string): string => `[${set}\\Services\\${name}]\r\n"Start"=dword:00000004\r\n`;
  const text = [
    'Windows Registry Editor Version 5.00\r\n',
    ...['RpcSs', 'RpcEptMapper', 'DcomLaunch', 'LSM', 'SessionEnv', 'UmRdpService', 'TermService', 'CryptSvc'].map(
      start,
    ),
    `[${set}\\Control\\Terminal Server]\r\n"TSEnabled"=dword:00000000\r\n"fDenyTSConnections"=dword:00000001\r\n`,
    `[${set}\\Control\\Terminal Server\\WinStations\\RDP-Tcp]\r\n"fEnableWinStation"=dword:00000000\r\n"PortNumber"=dword:00000000\r\n`,
    `[${set}\\Control\\Lsa\\FipsAlgorithmPolicy]\r\n"Enabled"=dword:00000001\r\n`,
    `[${set}\\Control\\ComputerName\\ComputerName]\r\n"ComputerName"="W2022-AZ-EDITION"\r\n`,
    `[${set}\\Services\\Tcpip\\Parameters]\r\n"Domain"="corp.department.example-of-a-long-company-name.example"\r\n`,
    '[HKEY_LOCAL_MACHINE\\SOFTWARE\\Microsoft\\Windows NT\\CurrentVersion]\r\n"ProductName"="Windows Server 2022 Datacenter: Azure Edition Hotpatch (Evaluation)"\r\n',
  ].join('\r\n');
  writeFileSync(file, text);
  await must(['reg', 'import', file, '--volume', disk]);
}

/** The file that the call of a screen names beside the disk: a plan, a script. */
let besideFile = '';

const applied =
  (...options: string[]) =>
  (disk: string): string[] => ['apply', besideFile, disk, ...options];

function planned(disk: string): Promise<void> {
  besideFile = join(scratch(), 'plan.json');
  return must(['repair', disk, '--needed', '--plan', besideFile]);
}

const scripted =
  (...options: string[]) =>
  (disk: string): string[] => ['run', besideFile, '--drive', `F:=${disk}`, '--skip-unresolved', ...options];

/** A line of each kind: done, no change, on Windows, skipped, failed, not understood. */
function script(): void {
  besideFile = join(scratch(), 'fix.cmd');
  const lines = [
    'reg load HKLM\\BROKENSYSTEM F:\\Windows\\System32\\config\\SYSTEM',
    'reg add "HKLM\\BROKENSYSTEM\\ControlSet001\\Control\\Terminal Server" /v fDenyTSConnections /t REG_DWORD /d 0 /f',
    'reg add "HKLM\\BROKENSYSTEM\\ControlSet001\\Services\\RpcSs" /v Start /t REG_DWORD /d 2 /f',
    'reg delete "HKLM\\BROKENSYSTEM\\ControlSet001\\Control\\NotThere" /f',
    'dism /image:F:\\ /cleanup-image /restorehealth',
    'netsh advfirewall firewall set rule group="remote desktop" new enable=yes',
    'frobnicate F:\\Windows',
    'reg unload HKLM\\BROKENSYSTEM',
  ];
  writeFileSync(besideFile, lines.map((line) => `${line}\r\n`).join(''));
}

const both = (screen: Omit<Screen, 'env' | 'columns'>): Screen[] => [
  { ...screen, name: `${screen.name}-80`, env: UTF8, columns: 80 },
  { ...screen, name: `${screen.name}-120`, env: UTF8, columns: 120 },
  { ...screen, name: `${screen.name}-pipe`, env: C },
];

const SCREENS: readonly Screen[] = [
  ...both({ name: 'diagnose-broken', args: ['diagnose'] }),
  { name: 'diagnose-broken-c', args: ['diagnose'], env: C, columns: 80 },
  { name: 'diagnose-quiet', args: ['diagnose', '-q'], env: UTF8, columns: 80 },
  ...both({ name: 'diagnose-healthy', args: ['diagnose'], files: HEALTHY, before: renewed }),
  ...both({ name: 'diagnose-incomplete', args: ['diagnose'], files: { ...HEALTHY, BCD: null }, before: renewed }),
  ...both({ name: 'diagnose-blocked', args: ['diagnose'], before: hibernated }),
  ...both({ name: 'diagnose-damaged', args: ['diagnose'], files: { SYSTEM: damaged() } }),
  ...both({ name: 'diagnose-many-causes', args: ['diagnose'], before: worst }),
  ...both({ name: 'diagnose-unfinished', args: ['diagnose'], before: cutOff, isError: true }),
  ...both({ name: 'diagnose-no-start', args: ['diagnose', '--symptom', '0x7B'], before: withoutDevice }),
  ...both({ name: 'repair-plan', args: ['repair', '--dry-run'], isPlan: true }),
  ...both({ name: 'repair-many-causes', args: ['repair', '--dry-run'], before: worst, isPlan: true }),
  { name: 'repair-needed-120', args: ['repair', '--dry-run', '--needed'], env: UTF8, columns: 120, isPlan: true },
  ...both({ name: 'repair-blocked', args: ['repair', '--yes'], before: hibernated, isError: true }),
  ...both({ name: 'repair-result', args: ['repair'], answers: [true] }),
  ...both({ name: 'apply-plan', args: [], call: applied('--dry-run'), before: planned, isPlan: true }),
  ...both({ name: 'apply-result', args: [], call: applied(), before: planned, answers: [true] }),
  ...both({ name: 'run-plan', args: [], call: scripted('--dry-run'), before: script, isPlan: true }),
  ...both({ name: 'run-result', args: [], call: scripted(), before: script, answers: [true] }),
  ...both({ name: 'undo-plan', args: ['undo', '--dry-run'], before: repaired, isPlan: true }),
  ...both({ name: 'undo-result', args: ['undo'], before: repaired, answers: [true] }),
];

async function shown({
  args,
  call,
  files,
  before,
  env,
  columns,
  isError,
  answers,
}: Screen): Promise<{ text: string; disk: string }> {
  const disk = makeDisk(files);
  await before?.(disk);
  const [command = '', ...options] = args;
  const run = await hivemend(call?.(disk) ?? [command, disk, ...options], {
    env,
    ...(columns === undefined ? {} : { columns }),
    ...(answers === undefined ? (isError && columns !== undefined ? { answers: [] } : {}) : { answers }),
  });
  if (!isError && answers === undefined) expect(run.stderr).toBe('');
  return { text: isError ? run.stderr : run.stdout, disk };
}

/** What is of this machine: where the disk lies. The paths of both are of one length, so that lines break alike. */
function neutral(text: string, disk: string): string {
  return text
    .replaceAll(disk, '/mnt/windows')
    .replace(/^( {2})\/dev\/\S+(?: \([^)]*\))? at /m, '$1')
    .replace(/, \/dev\/\S+(?: \([^)]*\))?: /, ', <device>: ')
    .replaceAll(/\d{8}T\d{6}-\d{3}Z-[0-9a-f]{8}/g, '<id>')
    .replaceAll(/\d{4}-\d\d-\d\d \d\d:\d\d UTC\)/g, '<time>)');
}

/** A command stands alone, as long as it is; and so does a line that says nothing but where something lies. */
const isCommand = (line: string): boolean =>
  /^\s+(?:next: )?(?:hivemend|umount|mount|mkdir|rm|shutdown|ntfs\S*) |\/tmp\//.test(line);

it.each(SCREENS)('$name', async (screen) => {
  const { text, disk } = await shown(screen);
  const lines = text.trimEnd().split('\n');
  const width = screen.columns ?? 80;
  // An error in a pipe is read by programs: a sentence stays on its line.
  const isFree = screen.isError === true && screen.columns === undefined;
  if (!isFree) expect(lines.filter((line) => columnsOf(line) > width && !isCommand(line))).toEqual([]);
  if (!screen.isPlan) expect(lines.length).toBeLessThanOrEqual(30);
  // Where this disk lies takes lines that no disk of a person needs.
  const paths = lines.filter((line) => line.trim().startsWith('/tmp/') || /^\S+Z-[0-9a-f]{8}$/.test(line)).length;
  if (screen.answers) expect(lines.length - paths).toBeLessThanOrEqual(10);
  if (screen.env === C) expect(text).toMatch(/^[\n -~]*$/);
  const file = join(folder, `${screen.name}.txt`);
  if (process.env.HIVEMEND_GOLDEN) {
    mkdirSync(folder, { recursive: true });
    writeFileSync(file, neutral(text, disk));
  }
  expect(existsSync(file), `${file} is missing: run this test once with HIVEMEND_GOLDEN=1`).toBe(true);
  const words = (all: string): string => all.replace(/\s+/g, ' ');
  expect(words(neutral(text, disk))).toBe(words(readFileSync(file, 'utf8')));
});

/** A store whose loader names no partition to start from. */
async function bcdWithoutDevice(): Promise<Uint8Array> {
  const disk = makeDisk();
  await withoutDevice(disk);
  return new Uint8Array(readFileSync(join(disk, BCD_PATH)));
}

it.each([
  ['diagnose-windows', ['diagnose', 'F:'], null],
  ['diagnose-no-start-windows', ['diagnose', 'F:'], bcdWithoutDevice],
  ['repair-plan-windows', ['repair', 'F:', '--dry-run'], null],
] as const)('%s', async (name, args, store) => {
  const files = { [SYSTEM_PATH]: 'SYSTEM-broken', [SOFTWARE_PATH]: 'SOFTWARE' } as const;
  const host = windowsHost({ ...files, [BCD_PATH]: (await store?.()) ?? 'BCD-bios' });
  for (const columns of [80, 120]) {
    const run = await hivemend(args, { host, platform: 'win32', columns, env: UTF8 });
    expect(run.stderr).toBe('');
    expect(run.stdout.split('\n').filter((line) => columnsOf(line) > columns && !isCommand(line))).toEqual([]);
    const file = join(folder, `${name}-${columns}.txt`);
    if (process.env.HIVEMEND_GOLDEN) writeFileSync(file, run.stdout);
    expect(run.stdout).toBe(readFileSync(file, 'utf8'));
  }
});

/** What a screen of many disks has to show: the longest names, and everything that can be wrong with one. */
const DISKS: readonly DiskListing[] = [
  {
    ...{
      name: '/dev/sdb',
      format: 'block device',
      problem: null,
      sizeBytes: 127 * 2 ** 30,
      table: 'gpt',
      gptState: 'backup',
    },
    ...{ identity: '5f1d7b0e-6a3c-4f0e-9d4b-2c8a1e7f9b30', usedBy: null },
    volumes: [
      volume(1, 'FAT32', 100, 'EFI system', { label: 'SYSTEM', mountedAt: '/mnt/esp', state: 'clean' }),
      volume(2, 'unknown', 16, 'Microsoft reserved', { state: 'not read' }),
      volume(3, 'NTFS', 127_000, 'Microsoft basic data', {
        ...{ label: 'Windows', mountedAt: '/mnt/windows', state: 'clean' },
        windows: { computerName: 'APP-SRV-07', product: 'Windows Server 2022 Datacenter: Azure Edition Hotpatch' },
      }),
      volume(4, 'NTFS', 990, 'Windows recovery', { state: 'clean' }),
    ],
  },
  {
    ...{ name: '/var/lib/libvirt/images/customer-of-a-long-name/disk.vhdx', format: 'vhdx', problem: null },
    ...{
      sizeBytes: 40 * 2 ** 30,
      table: 'mbr',
      gptState: null,
      identity: 'a45b3e8d',
      usedBy: 'a running machine holds its lock',
    },
    volumes: [
      volume(1, 'NTFS', 40_000, 'NTFS or exFAT', {
        ...{ label: 'A label of as many as 32 characters', state: 'hibernated or fast-started: not written' },
        windows: { computerName: null, product: null },
      }),
    ],
  },
  {
    ...{
      name: '/dev/sdc',
      format: null,
      problem: '/dev/sdc may not be read by this user',
      sizeBytes: 0,
      table: 'none',
      gptState: null,
    },
    ...{ identity: null, usedBy: null, volumes: [] },
  },
];

function volume(
  number: number,
  fileSystem: string,
  sizeMib: number,
  typeName: string,
  rest: Partial<VolumeListing> & Pick<VolumeListing, 'state'>,
): VolumeListing {
  const partition = { number, typeName } as VolumeListing['partition'];
  const nothing = { root: null, label: null, mountedAt: null, windows: null };
  return { partition, fileSystem, sizeBytes: sizeMib * 2 ** 20, ...nothing, ...rest };
}

it.each([80, 120])('disks-%i', (width) => {
  const next = [
    { why: 'Find out why Remote Desktop or Windows fails on it:', commands: ['hivemend diagnose /dev/sdb'] },
  ];
  const text = disksText(DISKS, next, { colour: false, width });
  expect(text.split('\n').filter((line) => columnsOf(line) > width && !isCommand(line))).toEqual([]);
  const file = join(folder, `disks-${width}.txt`);
  if (process.env.HIVEMEND_GOLDEN) writeFileSync(file, text);
  expect(text).toBe(readFileSync(file, 'utf8'));
});

it('shows a cause within the first twelve lines', async () => {
  const { text } = await shown(SCREENS[0]!);
  expect(text.split('\n').findIndex((line) => line.includes('✗'))).toBeLessThan(12);
});

/** Commands that write are tried with --dry-run; those that only read as they are. */
const tried = (words: readonly string[]): string[] =>
  /^(?:repair|undo|rebuild)$/.test(words[0]!) && !words.includes('--dry-run') ? [...words, '--dry-run'] : [...words];

it.each([
  'diagnose-broken-80',
  'diagnose-healthy-80',
  'diagnose-incomplete-80',
  'diagnose-blocked-80',
  'diagnose-damaged-80',
  'diagnose-many-causes-80',
  'diagnose-unfinished-80',
  'diagnose-no-start-80',
  'repair-plan-80',
  'repair-blocked-80',
  'repair-result-80',
  'apply-plan-80',
  'apply-result-80',
  'run-plan-80',
  'run-result-80',
])('every command of %s can be pasted and does what is said', async (name) => {
  const { text, disk } = await shown(SCREENS.find((screen) => screen.name === name)!);
  const lines = text.split('\n');
  if (name.endsWith('-plan-80')) await must(['repair', disk, '--yes']);
  const commands = lines.filter((line) => isCommand(line) && /^\s+(?:next: )?[a-z]+ /.test(line));
  if (name !== 'diagnose-incomplete-80') expect(commands).not.toEqual([]);
  for (const line of commands) {
    const [program = '', ...words] = line.replace('next: ', '').trim().split(' ');
    // The one that is for the machine itself.
    if (program === 'shutdown') continue;
    if (program !== 'hivemend') {
      expect(spawnSync(program, words).status).toBe(0);
      continue;
    }
    const run = await hivemend(tried(words));
    // A diagnosis and a validation end with 1 where they find what they are for, and a rebuild where something is lost.
    expect(run.status, `${line}\n${run.stderr}`).toBeLessThanOrEqual(
      /^(?:diagnose|inspect|rebuild)$/.test(words[0]!) ? 1 : 0,
    );
    const [, count] = /\((\d+) changes?[;)]/.exec(lines[lines.indexOf(line) - 1] ?? '') ?? [];
    if (count !== undefined) expect(run.stdout).toContain(`: ${count} change`);
  }
});

it('says of how many causes the repair is, where one is not in the profile', async () => {
  const { text } = await shown(SCREENS.find(({ name }) => name === 'diagnose-many-causes-80')!);
  const [, found] = /(\d+) causes found/.exec(text) ?? [];
  expect(text).toContain(`Fix ${Number(found) - 1} causes and 5 warnings (`);
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
  /\b(?:mends?|mended|take back|put back|BROKEN|originals|remnants|by comma|beforehand|not to be told|in order:|the chain(?! of (?:bins|clusters)\b)|settles?|left out|nobody can be asked|(?:has|have) no (?!transaction log))\b|(?<![Tt]here )\bis no (?!longer|t\b)/;

/** What stands in quotes in a source file, comments left out. */
function* literals(source: string): Generator<string> {
  const code = source.replaceAll(/\/\*[\s\S]*?\*\//g, '').replaceAll(/^\s*\/\/.*$/gm, '');
  for (const match of code.matchAll(/'((?:[^'\\\n]|\\.)*)'|"((?:[^"\\\n]|\\.)*)"|`((?:[^`\\]|\\.)*)`/g)) {
    yield (match[1] ?? match[2] ?? match[3] ?? '').replaceAll(/\$\{[^}]*\}/g, '');
  }
}

it('keeps to the words, in screens, help, tables and in every sentence of the source', async () => {
  const goldens = readdirSync(folder).map((name) => readFileSync(join(folder, name), 'utf8'));
  const notes = [
    ...FINDING_GROUPS.flatMap((group) => Object.values(group.notes).map(({ means }) => means)),
    ...Object.values(ERROR_NOTES).flatMap(({ means, next }) => [means, next]),
    ...Object.values(DEFECTS).flatMap(({ what, windows }) => [what, windows]),
    ...REPAIRS.map(({ about }) => about),
  ];
  const help = [(await hivemend(['--help'])).stdout];
  for (const name of COMMANDS.map((command) => command.name)) help.push((await hivemend([name, '--help'])).stdout);
  expect([...goldens, ...help, ...notes].filter((text) => BAD_WORDS.test(text))).toEqual([]);
  const root = fileURLToPath(new URL('../../src/', import.meta.url));
  const sentences = readdirSync(root, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts'))
    .flatMap((name) => [...literals(readFileSync(join(root, name), 'utf8'))])
    // What is left of an expression is code; the chain of clusters is what a FAT volume calls it.
    .filter((text) => text.includes(' ') && !text.includes('${') && !text.startsWith('the chain from cluster '));
  expect(sentences.length).toBeGreaterThan(2000);
  expect(sentences.filter((text) => BAD_WORDS.test(text))).toEqual([]);
  const pages = readdirSync(join(root, '../docs'))
    .filter((name) => name.endsWith('.md'))
    .map((name) => `docs/${name}`);
  for (const page of [...pages, 'README.md', 'CHANGELOG.md', 'CONTRIBUTING.md', 'SECURITY.md', 'wasm/README.md']) {
    const prose = readFileSync(join(root, '..', page), 'utf8').replaceAll(/^```[\s\S]*?^```$|^ {4}.*$|`[^`\n]*`/gm, '');
    expect(
      prose.split('\n').filter((line) => BAD_WORDS.test(line)),
      page,
    ).toEqual([]);
  }
});

it('explains every code, repair and stop code in at most fifteen lines of 80 columns', async () => {
  const words = [
    ...FINDING_GROUPS.flatMap(({ notes }) => Object.keys(notes)),
    ...Object.keys(DEFECTS),
    ...Object.keys(ERROR_NOTES),
    ...REPAIRS.map(({ name }) => name),
    ...STOP_CODES.map(({ code }) => stopCodeText(code)),
    ...LINT_RULES.map(({ id }) => id),
  ];
  expect(words.length).toBeGreaterThan(200);
  const wrong: string[] = [];
  for (const word of words) {
    const { status, stdout } = await hivemend(['explain', word], { env: UTF8, columns: 80 });
    const lines = stdout.trimEnd().split('\n');
    const isWide = lines.some((line) => columnsOf(line) > 80 && !line.includes('hivemend '));
    if (status !== 0 || lines.length > 15 || isWide || BAD_WORDS.test(stdout)) wrong.push(`${word}: ${lines.length}`);
  }
  expect(wrong).toEqual([]);
});

/** Options whose value nobody can take from anywhere: without them there is nothing of the kind. */
const WITHOUT_DEFAULT = /^--(?:report|html|output|plan|note|volume|hive|drive|partition|set|command|forget|partial)$/;

describe('help', () => {
  it('shows the default of every option that takes a value', () => {
    const program = buildProgram(
      () => {},
      async () => {},
    );
    const bare = program.commands.flatMap((command) =>
      command.options
        .filter(({ required, optional, mandatory }) => (required || optional) && !mandatory)
        .filter(
          ({ long, description, defaultValue }) =>
            !WITHOUT_DEFAULT.test(long ?? '') && defaultValue === undefined && !/\(default: /.test(description),
        )
        .map(({ long }) => `${command.name()} ${long}`),
    );
    expect(bare).toEqual([]);
  });

  it.each(COMMANDS.map(({ name, examples }) => [name, examples] as const))(
    'of %s has three examples of its own, and keeps to 80 columns',
    async (name, examples) => {
      const { stdout } = await hivemend([name, '--help']);
      expect(stdout).toContain(`\nExamples:\n${examples.map((line) => `  ${line}\n`).join('')}`);
      expect(new Set(examples).size).toBe(3);
      expect(examples.some((line) => line.startsWith(`hivemend ${name}`))).toBe(true);
      const lines = stdout.split('\n').filter((line) => !line.startsWith('  hivemend '));
      expect(lines.filter((line) => line.length > 80)).toEqual([]);
    },
  );
});

it('keeps to the width and to thirty lines with every finding, check and repair that there is', async () => {
  const report = (await hivemend(['diagnose', makeDisk(), '--json'])).report() as DiagnoseReport;
  const longest = (names: readonly string[]): string => names.toSorted((a, b) => b.length - a.length)[0]!;
  const repair = longest(REPAIRS.map(({ name }) => name));
  const check = longest(report.checks.map(({ link }) => link));
  const notes = FINDING_GROUPS.flatMap((group) => Object.entries(group.notes));
  const controlSets = report.machine!.controlSets.map(({ name }) => name);
  const causes = notes.map(([code, { means }]) => ({
    ...{ code: code as SummaryCause['code'], check, text: means, repair, controlSets },
    where: { file: 'SYSTEM' },
  }));
  const notChecked = causes.map(({ text }) => ({ check, why: text }));
  const each = [...causes.map((cause) => [cause]), causes];
  for (const columns of [80, 120]) {
    for (const some of each) {
      const summary = { ...report.summary, causes: some, warnings: some, notChecked: notChecked.slice(0, some.length) };
      const text = diagnoseText({ shown: { ...report, summary } }, { colour: false, isUtf8: true, width: columns });
      const lines = text.trimEnd().split('\n');
      expect(lines.filter((line) => columnsOf(line) > columns && !isCommand(line))).toEqual([]);
      // All causes at once name a check for each in the headline, which no disk does.
      if (some.length === 1) expect(lines.length, text).toBeLessThanOrEqual(30);
    }
  }
});
