// `npm run bench`: what hivemend takes in time and memory beside what a user would take instead, as far as that is
// installed. Whole processes run side by side, pair by pair; in-process figures and growth with the size of the hive
// follow. Prints tables; --write also puts them in docs/performance.md. Options: --help.

import { spawnSync } from 'node:child_process';
import { copyFileSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { generatedHive } from './bench/generate.mjs';
import { compare, hasCpuTimes, isInstalled, median } from './bench/measure.mjs';
import { root, setup } from './setup.mjs';

const HELP = `npm run bench -- [options]
  --runs <n>        counted runs of each pair (5)
  --only <words>    only rows whose name holds one of these words, by comma
  --hive <file>     compare on this SYSTEM hive; without it the 15 MB hive of ../shared/hives, or a generated one
  --sizes <MiB>     sizes for growth, by comma (1,16,64,256); none to leave it out
  --write           put the tables in docs/performance.md
`;
const REAL_HIVE = join(root, '../shared/hives/system/win10-1903-dirty-without-logs/SYSTEM');
const PAGE = join(root, 'docs/performance.md');
const BEGIN = '<!-- begin: npm run bench -- --write -->';
const END = '<!-- end -->';
const CLI = [process.execPath, join(root, 'dist/cli/main.js')];
const NOTHING = { name: 'node -e 0', command: [process.execPath, '-e', '0'] };

const { values: options } = parseArgs({
  options: {
    runs: { type: 'string', default: '5' },
    only: { type: 'string' },
    hive: { type: 'string' },
    sizes: { type: 'string', default: '1,16,64,256' },
    write: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
});
if (options.help) {
  process.stdout.write(HELP);
  process.exit(0);
}

setup();
const cache = join(root, 'node_modules/.hivemend/bench');
mkdirSync(cache, { recursive: true });
const scratch = mkdtempSync(join(os.tmpdir(), 'hivemend-bench-'));
const lines = [];
try {
  await main();
} finally {
  rmSync(scratch, { recursive: true });
}

async function main() {
  const runs = wholeNumber(options.runs);
  const hive = options.hive
    ? resolve(options.hive)
    : existsSync(REAL_HIVE)
      ? REAL_HIVE
      : await generatedHive(16, cache);
  const what = hive === REAL_HIVE ? 'system/win10-1903-dirty-without-logs of ../shared/hives' : hive.split('/').at(-1);
  say(`Measured on ${machine()}. Hive: ${what}, ${(readFileSync(hive).byteLength / 1e6).toFixed(1)} MB.`);
  compareProcesses(hive, runs);
  if (isWanted('in process')) inProcess(hive);
  const sizes = options.sizes === 'none' ? [] : options.sizes.split(',').map(wholeNumber);
  if (sizes.length > 0 && isWanted('growth')) await growth(sizes);
  if (options.write) writePage();
}

function machine() {
  const model = os.cpus()[0]?.model ?? 'an unknown processor';
  const memory = `${Math.round(os.totalmem() / 2 ** 30)} GiB`;
  return `${os.cpus().length} x ${model}, ${memory}, ${os.type()} ${os.release().split('-')[0]}, Node ${process.version}`;
}

/** Each row: ours, what it is compared with, and the ratio that it should keep to (null: for information). */
function rowsOf(hive) {
  const folder = join(scratch, 'disk/Windows/System32/config');
  mkdirSync(folder, { recursive: true });
  copyFileSync(hive, join(folder, 'SYSTEM'));
  const disk = join(scratch, 'disk');
  const xml = ours('export --format xml', ['export', hive, '--format', 'xml']);
  const reg = ours('export --format reg', ['export', hive, '--format', 'reg']);
  const jsonl = ours('export --format jsonl', ['export', hive, '--format', 'jsonl']);
  const diagnose = { ...ours('diagnose', ['diagnose', disk]), statuses: [0, 1] };
  return [
    { ours: ours('--version', ['--version']), theirs: NOTHING, target: 1.3 },
    { ours: diagnose, theirs: NOTHING, target: 3 },
    { ours: xml, theirs: theirs('hivexml', ['hivexml', hive]), target: 0.7 },
    { ours: reg, theirs: theirs('hivexregedit --export', ['hivexregedit', '--export', hive, '\\']), target: 0.2 },
    {
      ours: reg,
      theirs: theirs(
        'reged -x',
        ['reged', '-x', hive, 'HKEY_LOCAL_MACHINE\\SYSTEM', '\\', join(scratch, 'reged.reg')],
        [0, 1, 2],
      ),
      target: null,
    },
    { ours: jsonl, theirs: xml, target: 1 },
    { ours: jsonl, theirs: theirs('reglookup', ['reglookup', hive]), target: null },
    { ours: jsonl, theirs: theirs('regfexport', ['regfexport', hive]), target: null },
    repairRow(disk, hive),
  ];
}

function ours(name, words) {
  return { name, command: [...CLI, ...words] };
}

function theirs(name, command, statuses = [0]) {
  return { name, command, statuses };
}

/** repair beside a bare hivexsh that sets as many values in the same keys, without plan, journal, syncs or proof. */
function repairRow(disk, hive) {
  const target = join(scratch, 'repair');
  const hivexshCopy = join(scratch, 'hivexsh-copy');
  const planned = spawnSync(CLI[0], [CLI[1], 'repair', disk, '--dry-run', '--json', '--accept-dirty'], {
    encoding: 'utf8',
    maxBuffer: 2 ** 26,
  });
  const { changes } = JSON.parse(planned.stdout);
  const script = changes.flatMap(({ edit }) => hivexshLines(edit)).concat('commit', 'quit', '');
  return {
    ours: {
      name: `repair --yes (${changes.length} changes)`,
      command: [...CLI, 'repair', target, '--yes', '--accept-dirty'],
      statuses: [0, 1],
      prepare: () => {
        rmSync(target, { recursive: true, force: true });
        mkdirSync(join(target, 'Windows/System32/config'), { recursive: true });
        copyFileSync(hive, join(target, 'Windows/System32/config/SYSTEM'));
      },
    },
    theirs: {
      name: 'hivexsh -w, the same sets',
      command: ['hivexsh', '-w', hivexshCopy],
      script: script.join('\n'),
      prepare: () => {
        rmSync(hivexshCopy, { force: true });
        copyFileSync(hive, hivexshCopy);
      },
    },
    target: 4,
  };
}

function hivexshLines(edit) {
  const path = edit.key.path;
  if (edit.op === 'create-key') return [`cd \\${path.slice(0, -1).join('\\')}`, `add ${path.at(-1)}`];
  if (edit.op !== 'set-value') return [];
  const bytes = edit.value.hex.match(/../g)?.join(',') ?? '';
  return [`cd \\${path.join('\\')}`, 'setval 1', edit.name, `hex:${edit.value.type}:${bytes}`];
}

function compareProcesses(hive, runs) {
  const rows = rowsOf(hive).filter((row) => isWanted(row.ours.name) && isInstalled(row.theirs.command[0]));
  if (rows.length === 0) return;
  const unit = hasCpuTimes ? 'processor seconds (user and system)' : 'seconds on the clock';
  say(`### Whole processes

${runs} pairs of each, after one that is not counted; ratios of ${unit}, pair by pair.
`);
  say('| hivemend | beside | ratio: median (least to most) | target | seconds | beside | peak MB | beside |');
  say('|---|---|---|---|---|---|---|---|');
  for (const row of rows) {
    const found = compare(row.ours, row.theirs, runs, scratch);
    const verdict = row.target === null ? '' : `${row.target} ${found.ratio <= row.target ? 'met' : 'missed'}`;
    const spread = `${number(found.ratio)} (${number(found.least)} to ${number(found.most)})`;
    const peaks = [found.ours, found.theirs].map(({ peakMb }) => (peakMb === null ? '' : peakMb.toFixed(0)));
    say(
      `| ${row.ours.name} | ${row.theirs.name} | ${spread} | ${verdict} | ${found.ours.cpu.toFixed(2)} | ${found.theirs.cpu.toFixed(2)} | ${peaks.join(' | ')} |`,
    );
  }
  say('');
}

/** What bench-in-process prints of one hive. */
function measureInProcess(hive, rounds) {
  const result = spawnSync(
    process.execPath,
    [join(root, 'scripts/bench-in-process.mjs'), hive, scratch, String(rounds)],
    { encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'] },
  );
  if (result.status !== 0) throw new Error(`${hive} could not be measured`);
  return JSON.parse(result.stdout);
}

function inProcess(hive) {
  const { sizeMb, times } = measureInProcess(hive, 7);
  const native = nativeTimes(hive);
  say(`### In one process

Processor milliseconds, seven rounds in one process: the first, cold, then the least.
`);
  say('| step | cold | least | least per MB | libhivex through C, least |');
  say('|---|---|---|---|---|');
  for (const [name, all] of Object.entries(times)) {
    const least = Math.min(...all);
    const beside =
      native?.[name] === undefined ? '' : `${native[name].toFixed(1)} (ratio ${number(least / native[name])})`;
    say(`| ${name} | ${all[0].toFixed(0)} | ${least.toFixed(1)} | ${number(least / sizeMb)} | ${beside} |`);
  }
  say('');
}

/** Null where there is no C compiler or no libhivex. */
function nativeTimes(hive) {
  const program = join(scratch, 'native-walk');
  const source = join(root, 'scripts/bench/native-walk.c');
  if (!isInstalled('cc')) return null;
  if (spawnSync('cc', ['-O2', source, '-o', program, '-ldl'], { stdio: 'ignore' }).status !== 0) return null;
  const result = spawnSync(program, [hive, '7'], { encoding: 'utf8' });
  if (result.status !== 0) return null;
  const [open, walk] = result.stdout.trim().split(' ').map(Number);
  return { open, walk, 'openHive().walk()': walk };
}

async function growth(sizes) {
  say(`### Growth

Hives made through the engine, three rounds each or more: processor milliseconds per MB, median; peak memory of the
process that did all of it, over what Node takes, per MB.
`);
  let steps = null;
  for (const size of sizes) {
    const { sizeMb, times, startMb, peakMb } = measureInProcess(
      await generatedHive(size, cache),
      Math.max(3, Math.round(48 / size)),
    );
    if (steps === null) {
      steps = Object.keys(times);
      say(`| hive | ${steps.join(' | ')} | peak memory |`);
      say(`|---|${'---|'.repeat(steps.length + 1)}`);
    }
    const cells = steps.map((step) => number(median([...times[step]].sort((a, b) => a - b)) / sizeMb));
    say(`| ${sizeMb.toFixed(0)} MB | ${cells.join(' | ')} | ${((peakMb - startMb) / sizeMb).toFixed(1)} |`);
  }
  say('');
}

function writePage() {
  const page = readFileSync(PAGE, 'utf8');
  const begin = page.indexOf(BEGIN);
  const end = page.indexOf(END);
  if (begin < 0 || end < begin) throw new Error(`${PAGE} has no place for the tables (${BEGIN})`);
  const tables = lines.join('\n').trimEnd();
  writeFileSync(PAGE, `${page.slice(0, begin + BEGIN.length)}\n\n${tables}\n\n${page.slice(end)}`);
}

function isWanted(name) {
  return options.only === undefined || options.only.split(',').some((word) => name.includes(word));
}

function wholeNumber(text) {
  if (/^[1-9]\d*$/.test(text)) return Number(text);
  process.stderr.write(`bench: ${text} is no whole number above 0\n${HELP}`);
  process.exit(2);
}

/** Three digits that tell something. */
function number(value) {
  return value >= 100 ? value.toFixed(0) : value.toPrecision(value >= 1 ? 3 : 2);
}

function say(line) {
  lines.push(line);
  process.stdout.write(`${line}\n`);
}
