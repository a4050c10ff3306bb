// The library as a program would find it: a folder with node_modules/hivemend, made of src/ as it is.

import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { buildSync } from 'esbuild';

const root = fileURLToPath(new URL('../..', import.meta.url));

/** Puts hivemend and hivex-wasm into `place`/node_modules. */
export function installLibrary(place: string): void {
  const installed = join(place, 'node_modules', 'hivemend');
  mkdirSync(installed, { recursive: true });
  buildSync({
    entryPoints: [join(root, 'src/index.ts')],
    outfile: join(installed, 'index.js'),
    bundle: true,
    format: 'esm',
    platform: 'node',
    target: 'node20',
    external: ['hivex-wasm', 'fs-xattr'],
    logLevel: 'error',
  });
  writeFileSync(join(installed, 'package.json'), '{"name":"hivemend","type":"module","exports":"./index.js"}');
  symlinkSync(join(root, 'wasm'), join(place, 'node_modules', 'hivex-wasm'), 'dir');
}
