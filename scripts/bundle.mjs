// The command line and the library in few files: Node loads a handful where there were hundreds, which is most of what a
// short command takes, or a program that imports the library.
//
// The files of the command line are CommonJS, and each loads another, or a module of Node's, when something of it is first used: as modules of
// ECMAScript they would all be loaded before the first line runs, by a loader that costs as much as a small command.

import { copyFileSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { build, transform } from 'esbuild';
import { root } from './setup.mjs';

const dist = join(root, 'dist');
const output = join(dist, 'cli');
const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
const PROGRAMS = ['cli/main.ts', 'cli/export-worker.ts'];
/** The entries of the package: ECMAScript modules, of which a browser takes hive.js; what they share lies in shared/. */
const LIBRARY = ['index.ts', 'hive.ts', 'runbook.ts'];
/** What only some commands or some disks need: each has a file of its own for what it does not share. */
const APART = [
  'bcd/elements/element-numbers.ts',
  'security/index.ts',
  'commit/commit.ts',
  'commit/host-file.ts',
  'commit/undo.ts',
  'disk/image/disk-image.ts',
  'disk/image/open.ts',
  'disk/image/write-gate.ts',
  'hive/prove.ts',
];
/** V8 reads white space too. Names stay, so that a stack that somebody sends in can be read. */
const SMALL = {
  minifySyntax: true,
  minifyWhitespace: true,
  charset: 'utf8',
  legalComments: 'none',
  platform: 'node',
  target: 'node20',
};
/** In each file: what it loads. No source has this name, and it stands wherever one file uses another: a fifth of all bytes. */
const MODULES = '$M';

/** hivex-wasm is an ECMAScript module; its compiled module stays where it is, so that another can take its place. */
const engineInItsPackage = {
  name: 'engine in its package',
  setup(bundler) {
    bundler.onResolve({ filter: /^hivex-wasm$/ }, () => ({ path: 'hivex-wasm', namespace: 'package' }));
    bundler.onLoad({ filter: /.*/, namespace: 'package' }, () => ({
      // Where npm puts it, since the package carries it; asking Node first takes longer than reading it.
      contents: `import { existsSync, readFileSync } from 'node:fs';
const place = __dirname + '/../../node_modules/hivex-wasm/dist/hivex.wasm';
export const wasmBytes = () => readFileSync(existsSync(place) ? place : require.resolve('hivex-wasm/hivex.wasm'));`,
      resolveDir: root,
    }));
  },
};

/** commander loads what it would start programs of subcommands with, of which there are none. */
const noSubprograms = {
  name: 'no subprograms',
  setup(bundler) {
    bundler.onResolve({ filter: /^node:child_process$/ }, ({ importer }) =>
      /[\\/]commander[\\/]/.test(importer) ? { path: 'nothing', namespace: 'nothing' } : null,
    );
    bundler.onLoad({ filter: /.*/, namespace: 'nothing' }, () => ({ contents: 'module.exports = {};' }));
  },
};

const { outputFiles } = await build({
  ...SMALL,
  entryPoints: [
    ...PROGRAMS.map((path) => ({ in: join(root, 'src', path), out: basename(path, '.ts') })),
    ...APART.map((path) => ({ in: join(root, 'src', path), out: `apart/${path.replaceAll('/', '-')}` })),
  ],
  outdir: output,
  write: false,
  bundle: true,
  splitting: true,
  format: 'esm',
  // fs-xattr is native code.
  external: ['fs-xattr', 'hivex-wasm/hivex.wasm'],
  define: { HIVEMEND_VERSION: JSON.stringify(version), 'import.meta.url': `${MODULES}.fileUrl` },
  plugins: [engineInItsPackage, noSubprograms],
  logLevel: 'warning',
});

/** A file of the bundle as CommonJS that loads what it imports when it is used. */
async function asLazyCommonJs(text) {
  const { code } = await transform(text, { ...SMALL, format: 'cjs', supported: { 'dynamic-import': false } });
  const imports = new Map();
  const declaration = /\b(import_[\w$]+)=((?:__toESM\()?require\("[^"]+"\)\)?)(?=[,;\n])/g;
  for (const [, name, load] of code.matchAll(declaration)) imports.set(name, { short: `m${imports.size}`, load });
  // A declaration without its value is where the module is kept; every use goes through the getter.
  const body = withoutPrelude(code)
    .replace(declaration, '$1')
    .replaceAll(/\b(import_[\w$]+)\./g, (found, name) =>
      imports.has(name) ? `${MODULES}.${imports.get(name).short}.` : found,
    );
  const getters = [...imports].map(([name, { short, load }]) => `get ${short}(){return ${name}??=${load}}`);
  if (body.includes(`${MODULES}.fileUrl`)) {
    getters.push(`get fileUrl(){return require("node:url").pathToFileURL(__filename).href}`);
  }
  const [, shebang, rest] = /^(#![^\n]*\n)?(.*)$/s.exec(body);
  return `${shebang ?? ''}const ${MODULES}={${getters.join(',')}};${rest}`;
}

/** Without what esbuild puts around the exports for importers that there are none of. */
function withoutPrelude(code) {
  const exported =
    /^var __defProp=.*?;var stdin_exports=\{\};__export\(stdin_exports,(\{[^}]*\})\);module\.exports=__toCommonJS\(stdin_exports\);/s;
  const define = 'for(const[n,get]of Object.entries($1))Object.defineProperty(exports,n,{get,enumerable:!0});';
  const body = code.replace(/0&&\(module\.exports=\{[^}]*\}\);?\s*$/, '');
  return body.includes('__toESM(') ? body : body.replace(exported, define);
}

// They take the place of the compiled files, which nothing else imports.
for (const name of readdirSync(output)) rmSync(join(output, name), { recursive: true });
for (const { path, text } of outputFiles) {
  // What makes the pieces apart is of no use itself.
  if (basename(dirname(path)) === 'apart') continue;
  const mode = basename(path) === 'main.js' ? 0o755 : 0o644;
  writeFileSync(path, await asLazyCommonJs(text), { mode });
}
// The package is of ECMAScript modules; this folder is not.
writeFileSync(join(output, 'package.json'), '{ "type": "commonjs" }\n');

const library = await build({
  ...SMALL,
  entryPoints: LIBRARY.map((path) => join(root, 'src', path)),
  outdir: dist,
  chunkNames: 'shared/[name]-[hash]',
  write: false,
  bundle: true,
  splitting: true,
  format: 'esm',
  external: ['hivex-wasm'],
  logLevel: 'warning',
});
rmSync(join(dist, 'shared'), { recursive: true, force: true });
mkdirSync(join(dist, 'shared'));
for (const { path, text } of library.outputFiles) writeFileSync(path, text);
// For pages, which bring the engine's bytes themselves: npm puts hivex-wasm where only this package finds it.
copyFileSync(join(root, 'wasm/dist/hivex.wasm'), join(dist, 'hivex.wasm'));
