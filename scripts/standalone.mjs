// `npm run build:standalone`: build/hivemend.mjs, one file that needs only Node, and executables that need nothing, for
// Linux and Windows on x64. Makes the same bytes from the same sources. `--mjs` makes the one file alone.

import { createHash } from 'node:crypto';
import { chmodSync, copyFileSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, sep } from 'node:path';
import { makeExecutable, NODES, nodeFolder } from './executable.mjs';
import { root, setup } from './setup.mjs';

const build = join(root, 'build');

setup();
const { build: esbuild } = await import('esbuild');
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

async function executables(code) {
  for (const [node, output] of [
    [NODES.linux, 'hivemend-linux-x64'],
    [NODES.windows, 'hivemend-win-x64.exe'],
  ]) {
    await makeExecutable(code, node, join(build, output));
    say(output);
  }
  copyFileSync(join(nodeFolder(NODES.linux), 'LICENSE'), join(build, 'LICENSE-node.txt'));
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
