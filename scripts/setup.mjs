// Makes a fresh clone ready: dependencies, the wasm engine, the compiled CLI. Each step is left out when its inputs are
// the ones it was last made from. Plain JavaScript without dependencies, because it runs before there are any.

import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';

export const root = dirname(dirname(fileURLToPath(import.meta.url)));

/** Runs a command in the checkout with its output shown; stops this process with its status when it fails. */
export function run(command, args, options = {}) {
  const isWindows = process.platform === 'win32';
  const result = spawnSync(command, args, { cwd: root, stdio: 'inherit', shell: isWindows, ...options });
  if (result.error) {
    process.stderr.write(`setup: ${command} could not be started: ${result.error.message}\n`);
    process.exit(1);
  }
  if (result.status !== 0) process.exit(result.status ?? 1);
}

function* files(path) {
  if (!existsSync(path)) return;
  if (statSync(path).isFile()) {
    yield path;
    return;
  }
  for (const name of readdirSync(path).sort()) {
    if (name !== 'node_modules' && name !== 'dist') yield* files(join(path, name));
  }
}

function hashOf(paths) {
  const hash = createHash('sha256');
  for (const path of paths) {
    for (const file of files(join(root, path)))
      hash.update(relative(root, file)).update('\0').update(readFileSync(file));
  }
  return hash.digest('hex');
}

/** Does `work` unless `output` is there and was made from inputs of the same hash. */
function step(title, inputs, output, work) {
  const stampFile = join(root, 'node_modules', '.hivemend', `${title.replaceAll(' ', '-')}.sha256`);
  const hash = hashOf(inputs);
  if (existsSync(join(root, output)) && existsSync(stampFile) && readFileSync(stampFile, 'utf8') === hash) return;
  process.stdout.write(`setup: ${title}\n`);
  work();
  mkdirSync(dirname(stampFile), { recursive: true });
  writeFileSync(stampFile, hash);
}

// Not `npm ci`: it refuses a lock file that lacks packages for other platforms, which a registry may not carry.
export const INSTALL = ['install', '--no-save', '--no-audit', '--no-fund'];

export function dependencies() {
  step('dependencies', ['package-lock.json'], 'node_modules/typescript', () => run('npm', INSTALL));
}

export function engine() {
  // The wasm build keeps its own record of inputs, so asking it costs little.
  run('bash', ['wasm/build.sh']);
}

export function setup() {
  dependencies();
  engine();
  const builders = ['scripts/bundle.mjs', 'scripts/page.mjs'];
  const settings = ['tsconfig.json', 'tsconfig.build.json', 'package.json'];
  const sources = ['src', ...settings, 'wasm/dist/hivex.wasm', ...builders];
  step('command line', sources, 'dist/cli/main.js', () => {
    // What was made from sources that are gone would else stay, and be packed.
    rmSync(join(root, 'dist'), { recursive: true, force: true });
    run('npm', ['run', '--silent', 'build:ts']);
    run(process.execPath, ['scripts/bundle.mjs']);
    run(process.execPath, ['scripts/page.mjs']);
  });
}

if (process.argv[1] === fileURLToPath(import.meta.url)) setup();
