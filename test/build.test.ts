// The build of the engine on a machine without a compiler or without the tarball: what it does with apt, with every program
// that it may start a stub.

import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { scratch } from './cli/process.ts';

const WASM = fileURLToPath(new URL('../wasm', import.meta.url));
const TOOLS = ['bash', 'sh', 'cat', 'cp', 'cut', 'dirname', 'basename', 'flock', 'grep', 'ls', 'mkdir', 'mktemp', 'mv'];
const MORE_TOOLS = ['paste', 'rm', 'sed', 'sha256sum', 'sort', 'tail', 'tar', 'touch', 'tr'];

interface Build {
  readonly status: number | null;
  readonly stderr: string;
  /** The calls of apt-get, each with what stood on standard error before it and in the list of sources that it was given. */
  readonly calls: readonly string[];
}

/** `stubs` are programs by their name, with what they do. */
function build(stubs: Readonly<Record<string, string>>, env: Readonly<Record<string, string>> = {}): Build {
  const folder = scratch();
  const bin = join(folder, 'bin');
  cpSync(WASM, join(folder, 'wasm'), {
    recursive: true,
    filter: (path) => !/[\\/](dist|build|node_modules)$/.test(path),
  });
  mkdirSync(bin);
  for (const tool of [...TOOLS, ...MORE_TOOLS]) {
    const found = spawnSync('sh', ['-c', `command -v ${tool}`], { encoding: 'utf8' }).stdout.trim();
    if (found !== '') symlinkSync(found, join(bin, tool));
  }
  const [log, said] = [join(folder, 'log'), join(folder, 'stderr')];
  const apt = `echo "$* || $(cat '${said}' | tr '\\n' ' ') || $(cat "$PWD/sources.list" 2>/dev/null)" >>'${log}'\n`;
  const all = { 'apt-get': `${apt}[ "$1" = indextargets ] && echo http://mirror.invalid/debian\nexit 1`, ...stubs };
  for (const [name, text] of Object.entries(all)) {
    writeFileSync(join(bin, name), `#!${join(bin, 'sh')}\n${text}\n`);
    chmodSync(join(bin, name), 0o755);
  }
  writeFileSync(said, '');
  const { status } = spawnSync(join(bin, 'bash'), [join(folder, 'wasm', 'build.sh')], {
    env: { PATH: bin, HOME: folder, ...env },
    stdio: ['ignore', 'ignore', openSync(said, 'a')],
    timeout: 60_000,
  });
  const calls = existsSync(log) ? readFileSync(log, 'utf8').trimEnd().split('\n') : [];
  return { status, stderr: readFileSync(said, 'utf8'), calls };
}

const isLinux = process.platform === 'linux';
const ROOT = { id: 'echo 0' };

it.skipIf(!isLinux)('as root it says that it installs the compiler, before it does', () => {
  const { status, calls } = build(ROOT);
  expect(status).toBe(1);
  const [first] = calls;
  expect(first).toMatch(/^update\b.*\|\| build: emscripten is missing and is installed now .* HIVEMEND_NO_APT=1/);
  expect(calls.some((call) => /^install\b.*\bemscripten \|\|/.test(call))).toBe(true);
});

it.skipIf(!isLinux).each([
  ['with HIVEMEND_NO_APT=1', ROOT, { HIVEMEND_NO_APT: '1' }],
  ['as another user', { id: 'echo 1000' }, {}],
] as const)('%s it installs nothing', (_how, stubs, env) => {
  const { status, stderr, calls } = build(stubs, env);
  expect([status, calls]).toEqual([1, []]);
  expect(stderr).toContain('emcc was not found');
});

const KEYS = ['/etc/apt/trusted.gpg.d', '/usr/share/keyrings'];
const hasKeys = KEYS.some(
  (folder) => existsSync(folder) && readdirSync(folder).some((name) => /\.(asc|gpg)$/.test(name)),
);

it.skipIf(!isLinux || !hasKeys)('the source package is fetched with its signatures verified', () => {
  const { status, stderr, calls } = build({ emcc: 'exit 0', curl: 'exit 1', wget: 'exit 1', id: 'echo 1000' });
  expect([status, stderr]).toEqual([1, expect.stringContaining('could not be fetched')]);
  const sources = calls.filter((call) => call.includes(' source --download-only '));
  expect(sources.length).toBeGreaterThan(0);
  for (const call of sources) {
    expect(call).toMatch(/Dir::Etc::TrustedParts=\S+\/keys\b/);
    expect(call).toMatch(/\|\| deb-src http:\/\/mirror\.invalid\/debian \w+ main$/);
    expect(call).not.toMatch(/AllowUnauthenticated|trusted=yes/);
  }
});

it.skipIf(!isLinux).each([
  ['ends well', undefined, 0],
  ['fails where it is to be green', '1', 1],
] as const)('npm test without its packages and without a network %s', (_how, ci, expected) => {
  const folder = scratch();
  const root = join(WASM, '..');
  for (const name of ['package.json', 'package-lock.json', 'scripts', 'wasm/package.json'])
    cpSync(join(root, name), join(folder, name), { recursive: true });
  const { CI: _, ...env } = process.env;
  const offline = { npm_config_offline: 'true', npm_config_cache: join(folder, 'cache') };
  const { status, stdout } = spawnSync(process.execPath, [join(folder, 'scripts/test.mjs')], {
    env: { ...env, ...offline, ...(ci === undefined ? {} : { CI: ci }) },
    encoding: 'utf8',
  });
  expect(status).toBe(expected);
  expect(stdout.endsWith('0 passed, 0 failed, all skipped\n')).toBe(expected === 0);
});
