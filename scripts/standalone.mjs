// `npm run build:standalone`: build/hivemend.mjs, one file that needs only Node, and executables that need nothing, for
// Linux and Windows on x64. Makes the same bytes from the same sources. `--mjs` makes the one file alone.

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
import { join, sep } from 'node:path';
import { makeExecutable, NODES, nodeFolder } from './executable.mjs';
import { dependencies, engine, root, run } from './setup.mjs';

const build = join(root, 'build');
const scratch = join(build, 'parts');

// A source tarball brings what the program consists of, and no builder; a packager has that (0.18.7 or later).
if (!existsSync(join(root, 'node_modules/commander'))) dependencies();
engine();
const ownEsbuild = join(root, 'node_modules/esbuild/bin/esbuild');
const esbuild = process.env.ESBUILD ?? (existsSync(ownEsbuild) ? ownEsbuild : 'esbuild');
const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));

const BUNDLE = [
  '--bundle',
  '--platform=node',
  '--target=node20',
  // CommonJS, because it loads Node's own modules only where they are needed, which a short command notices.
  '--format=cjs',
  '--external:fs-xattr',
  // Names stay, so that a stack that somebody sends in can be read.
  '--minify-syntax',
  '--minify-whitespace',
  '--charset=utf8',
  '--legal-comments=none',
  '--log-level=warning',
  '--loader:.wasm=binary',
  `--define:HIVEMEND_VERSION=${JSON.stringify(version)}`,
  '--define:import.meta.url=hivemendUrl',
  // The module lies in the one file instead of beside it.
  '--alias:hivex-wasm=./build/parts/engine.js',
];

function bundle(entry, ...options) {
  const [output, meta] = [join(scratch, 'out.cjs'), join(scratch, 'meta.json')];
  run(esbuild, [...BUNDLE, ...options, `--outfile=${output}`, `--metafile=${meta}`, `src/cli/${entry}`]);
  const text = readFileSync(output, 'utf8').replace(/^#!.*\n/, '');
  return { text, inputs: Object.keys(JSON.parse(readFileSync(meta, 'utf8')).inputs) };
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

mkdirSync(scratch, { recursive: true });
writeFileSync(
  join(scratch, 'engine.js'),
  "import bytes from '../../wasm/dist/hivex.wasm';\nexport const wasmBytes = () => bytes;\n",
);
const worker = bundle('export-worker.ts');
// So does the code of the threads.
writeFileSync(
  join(scratch, 'worker-code.js'),
  `export const HIVEMEND_WORKER = ${JSON.stringify(withoutPlace(worker.text))};\n`,
);
const inside = ['--inject:./build/parts/worker-code.js'];
// And the browser page, where what it is made of is at hand.
if (existsSync(join(root, 'node_modules/preact'))) {
  run(process.execPath, ['scripts/page.mjs']);
  const page = readFileSync(join(root, 'dist/cli/hivemend.html'), 'utf8');
  writeFileSync(join(scratch, 'page.js'), `export const HIVEMEND_PAGE = ${JSON.stringify(page)};\n`);
  inside.push('--inject:./build/parts/page.js');
}
const program = bundle('main.ts', ...inside);
const licences = licencesOf(program.inputs.map((input) => input.split(sep).join('/')));
writeFileSync(join(build, 'LICENSES.txt'), licences);
writeFileSync(join(build, 'hivemend.mjs'), `${asModule(program.text)}/*\n${licences.replaceAll('*/', '* /')}*/\n`);
chmodSync(join(build, 'hivemend.mjs'), 0o755);
rmSync(scratch, { recursive: true });
say('hivemend.mjs');
if (!process.argv.includes('--mjs')) await executables(withoutPlace(program.text));
