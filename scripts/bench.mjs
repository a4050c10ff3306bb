// `npm run bench`: what hivemend takes in time and memory beside what a user would take instead, as far as that is
// installed. Whole processes run side by side, pair by pair; in-process figures and growth with the size of the hive
// follow. Prints tables; --write also puts them in docs/performance.md. Options: --help.

import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { checkoutOf, outputHash, sizesOf } from './bench/before.mjs';
import { generatedHive } from './bench/generate.mjs';
import { imageRows, whyNoImages } from './bench/images.mjs';
import { compare, hasCpuTimes, isInstalled, median, runOnce } from './bench/measure.mjs';
import { commandsOf, NOTHING, PEAK_TARGET, rowsOf } from './bench/rows.mjs';
import { root, setup } from './setup.mjs';

const HELP = `npm run bench -- [options]
  --runs <n>        counted runs of each pair (5)
  --only <words>    only rows whose name holds one of these words, by comma
  --hive <file>     compare on this SYSTEM hive; without it the 15 MB hive of ../shared/hives, or a generated one
  --sizes <MiB>     sizes for growth, by comma (1,16,64,256); none to leave it out
  --compare <ref>   beside another commit of this repository instead, built for it
  --write           put the tables in docs/performance.md
`;
const REAL_HIVE = join(root, '../shared/hives/system/win10-1903-dirty-without-logs/SYSTEM');
const PAGE = join(root, 'docs/performance.md');
const BEGIN = '<!-- begin: npm run bench -- --write -->';
const END = '<!-- end -->';

const { values: options } = parseArgs({
  options: {
    runs: { type: 'string', default: '5' },
    only: { type: 'string' },
    hive: { type: 'string' },
    sizes: { type: 'string', default: '1,16,64,256' },
    compare: { type: 'string' },
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
mkdirSync(join(scratch, 'before'));
mkdirSync(join(scratch, 'now'));
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
  if (options.compare === undefined) compareProcesses(hive, runs);
  else compareCommits(hive, runs, options.compare);
  if (options.compare !== undefined) return;
  if (isWanted('image')) await images(hive, runs);
  if (isWanted('in process')) inProcess(hive);
  const sizes = options.sizes === 'none' ? [] : options.sizes.split(',').map(wholeNumber);
  if (sizes.length > 0 && isWanted('growth')) await growth(sizes);
  if (options.write) writePage();
}

/** Beside the same volume where ntfs-3g shows it. */
async function images(hive, runs) {
  const why = whyNoImages();
  if (why !== null) return say(`No images: ${why}.\n`);
  say(`### Images

An image beside the folder where ntfs-3g shows the same volume: milliseconds on the clock more, of the fastest of ${runs} runs
each and as the median of the pairs, milliseconds of processor time more (without that of qemu-nbd and ntfs-3g, as the
median), and MiB read of the disk. The target is held against the fastest; that of a served image has the bytes read at
150 MiB/s in it.
`);
  say('| command, image | ms more, fastest | median | processor | MiB read | target |');
  say('|---|---|---|---|---|---|');
  for (const { name, fastest, median: middle, cpu, readMib, target } of await imageRows(hive, runs, scratch)) {
    const kept = target === null ? '' : `${target.toFixed(0)} ${fastest <= target ? 'met' : 'missed'}`;
    const times = [fastest, middle, cpu].map((each) => each.toFixed(0)).join(' | ');
    say(`| ${name} | ${times} | ${readMib.toFixed(1)} | ${kept} |`);
  }
  say('');
}

function machine() {
  const model = os.cpus()[0]?.model ?? 'an unknown processor';
  const memory = `${Math.round(os.totalmem() / 2 ** 30)} GiB`;
  return `${os.cpus().length} x ${model}, ${memory}, ${os.type()} ${os.release().split('-')[0]}, Node ${process.version}`;
}

function compareProcesses(hive, runs) {
  const rows = rowsOf(hive, scratch).filter((row) => isWanted(row.ours.name) && isInstalled(row.theirs.command[0]));
  if (rows.length === 0) return;
  const unit = hasCpuTimes ? 'processor time (user and system)' : 'time on the clock';
  say(`### Whole processes

${runs} pairs of each, after one that is not counted; ratios pair by pair, the first of ${unit}. Memory is the peak
over what \`node -e 0\` takes, in sizes of the hive.
`);
  say(
    '| hivemend | beside | ratio: median (least to most) | target | on the clock | target | seconds | beside | memory |',
  );
  say('|---|---|---|---|---|---|---|---|---|');
  const bare = runOnce(NOTHING, scratch).peakMb;
  const hiveMb = readFileSync(hive).byteLength / 1e6;
  for (const { ours, theirs, target, wallTarget } of rows) {
    const found = compare(ours, theirs, runs, scratch);
    const peak = bare === null ? '' : number(((found.ours.peakMb - bare) * 1.048576) / hiveMb);
    say(
      `| ${ours.name} | ${theirs.name} | ${spread(found.cpu)} | ${verdict(found.cpu.ratio, target)} | ${number(found.wall.ratio)} | ${verdict(found.wall.ratio, wallTarget)} | ${found.ours.cpu.toFixed(2)} | ${found.theirs.cpu.toFixed(2)} | ${peak} |`,
    );
  }
  say('');
  if (bare === null) return;
  say(`Of the memory, repair and the exports are to keep to ${PEAK_TARGET}.`);
  say('');
}

function verdict(ratio, target) {
  return target === undefined ? '' : `${target} ${ratio <= target ? 'met' : 'missed'}`;
}

function spread({ ratio, least, most }) {
  return `${number(ratio)} (${number(least)} to ${number(most)})`;
}

/** The same commands of another commit, in pairs; what they export; and how much there is of it. */
function compareCommits(hive, runs, ref) {
  const before = checkoutOf(ref, cache);
  const pairs = (folder, name) => commandsOf(folder, hive, join(scratch, name));
  const [old, now] = [pairs(before.folder, 'before'), pairs(root, 'now')];
  say(`### Beside commit ${before.name}

${runs} pairs of each, after one that is not counted; this commit's to that one's, processor time and time on the clock.
`);
  say('| command | ratio: median (least to most) | on the clock | seconds | before | peak MB | before |');
  say('|---|---|---|---|---|---|---|');
  for (const [key, ours] of Object.entries(now)) {
    if (!isWanted(ours.name)) continue;
    const found = compare(ours, old[key], runs, scratch);
    const peaks = [found.ours, found.theirs].map(({ peakMb }) => (peakMb === null ? '' : peakMb.toFixed(0)));
    say(
      `| ${ours.name} | ${spread(found.cpu)} | ${number(found.wall.ratio)} | ${found.ours.cpu.toFixed(2)} | ${found.theirs.cpu.toFixed(2)} | ${peaks.join(' | ')} |`,
    );
  }
  say('');
  for (const key of ['xml', 'reg', 'jsonl']) {
    const same = outputHash(now[key].command) === outputHash(old[key].command);
    say(`- ${now[key].name}: ${same ? 'the same bytes' : 'OTHER BYTES'}`);
  }
  const [is, was] = [sizesOf(root), sizesOf(before.folder)];
  for (const part of ['src', 'wasm', 'test']) {
    say(
      `- ${part}: ${is[part].files} files, ${is[part].lines} lines; before ${was[part].files} and ${was[part].lines}`,
    );
  }
  say(
    `- package: ${is.packageMb.toFixed(2)} MB packed, ${is.unpackedMb.toFixed(2)} MB unpacked; before ${was.packageMb.toFixed(2)} and ${was.unpackedMb.toFixed(2)}`,
  );
  say('');
}

/** What bench-in-process prints of one hive. */
function measureInProcess(hive, rounds) {
  const program = join(root, 'scripts/bench-in-process.mjs');
  const result = spawnSync(process.execPath, [program, hive, scratch, String(rounds)], {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'inherit'],
  });
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
  return { open, walk };
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
