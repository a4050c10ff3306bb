// The library as a program would find it: a folder with node_modules/hivemend, made of src/ as it is.

import { copyFileSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { buildSync } from 'esbuild';

const root = fileURLToPath(new URL('../..', import.meta.url));

const MANIFEST = JSON.stringify({
  name: 'hivemend',
  type: 'module',
  exports: { '.': './index.js', './hive': './hive.js', './runbook': './runbook.js', './hivex.wasm': './hivex.wasm' },
});

/** Puts hivemend into `place`/node_modules, and below it hivex-wasm, as npm does with what a package carries. */
export function installLibrary(place: string): void {
  const installed = join(place, 'node_modules', 'hivemend');
  mkdirSync(installed, { recursive: true });
  buildSync({
    entryPoints: ['index', 'hive', 'runbook'].map((name) => join(root, `src/${name}.ts`)),
    outdir: installed,
    bundle: true,
    splitting: true,
    format: 'esm',
    platform: 'node',
    target: 'node20',
    external: ['hivex-wasm', 'fs-xattr'],
    logLevel: 'error',
  });
  writeFileSync(join(installed, 'package.json'), MANIFEST);
  copyFileSync(join(root, 'wasm/dist/hivex.wasm'), join(installed, 'hivex.wasm'));
  mkdirSync(join(installed, 'node_modules'));
  symlinkSync(join(root, 'wasm'), join(installed, 'node_modules', 'hivex-wasm'), 'dir');
}
