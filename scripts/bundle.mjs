// The command line in few files: Node loads a handful of modules where there were more than a hundred, which is most of
// what a short command takes. The library stays one file for each source, as the compiler makes it.

import { readdirSync, rmSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { build } from 'esbuild';
import { root } from './setup.mjs';

const output = join(root, 'dist/cli');
const { outputFiles } = await build({
  entryPoints: ['main.ts', 'export-worker.ts'].map((name) => join(root, 'src/cli', name)),
  outdir: output,
  write: false,
  bundle: true,
  // Actions are loaded when they are asked for, and so are the files that they are in.
  splitting: true,
  format: 'esm',
  platform: 'node',
  target: 'node20',
  charset: 'utf8',
  legalComments: 'none',
  // The wasm module lies beside its own loader; fs-xattr is native code.
  external: ['hivex-wasm', 'fs-xattr'],
  // commander is CommonJS and asks for Node's modules that way.
  banner: {
    js: "import { createRequire as requirerOf } from 'node:module'; const require = requirerOf(import.meta.url);",
  },
  logLevel: 'warning',
});

// They take the place of the compiled files, which nothing else imports.
for (const name of readdirSync(output)) rmSync(join(output, name), { recursive: true });
for (const { path, contents } of outputFiles) {
  writeFileSync(path, contents, { mode: basename(path) === 'main.js' ? 0o755 : 0o644 });
}
