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
  // CommonJS, because it loads Node's own modules only where they are needed, which a short command notices.
  format: 'cjs',
  external: ['fs-xattr'],
  // Names stay, so that a stack that somebody sends in can be read.
  minifySyntax: true,
  minifyWhitespace: true,
  charset: 'utf8',
  legalComments: 'none',
  logLevel: 'warning',
  loader: { '.wasm': 'binary' },
  define: { HIVEMEND_VERSION: JSON.stringify(version), 'import.meta.url': 'hivemendUrl' },
};

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

async function bundle(entry, plugins) {
  const result = await esbuild({ ...BUNDLE, plugins, entryPoints: [join(root, 'src/cli', entry)], metafile: true });
  const text = result.outputFiles[0].text.replace(/^#!.*\n/, '');
  return { text, inputs: Object.keys(result.metafile.inputs) };
}

/** The program as a module: what CommonJS takes for granted is put around it. */
function asModule(code) {
  return `#!/usr/bin/env node
import { createRequire } from 'node:module';
const hivemendUrl = import.meta.url, require = createRequire(hivemendUrl), module = {};
${code}`;
}

/** For executables and threads, which have no place of their own that fs-xattr could be found from. */
function withoutPlace(code) {
  return `const hivemendUrl = undefined;\n${code}`;
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
const worker = await bundle('export-worker.ts', []);
const program = await bundle('main.ts', [embedded(withoutPlace(worker.text))]);
const licences = licencesOf(program.inputs.map((input) => input.split(sep).join('/')));
writeFileSync(join(build, 'LICENSES.txt'), licences);
writeFileSync(join(build, 'hivemend.mjs'), `${asModule(program.text)}/*\n${licences.replaceAll('*/', '* /')}*/\n`);
chmodSync(join(build, 'hivemend.mjs'), 0o755);
say('hivemend.mjs');
if (!process.argv.includes('--mjs')) await executables(withoutPlace(program.text));
