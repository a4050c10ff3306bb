// `npm run docs`: writes the pages that are made from the code. The makers are TypeScript beside this file; esbuild puts
// them and what they read of src/ into one module, so that nothing else need be built first.

import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { buildSync } from 'esbuild';
import { root } from './setup.mjs';

const bundle = join(root, 'node_modules', '.hivemend', 'docs', 'pages.mjs');
buildSync({
  entryPoints: [join(root, 'scripts/docs/pages.ts')],
  outfile: bundle,
  bundle: true,
  format: 'esm',
  platform: 'node',
  target: 'node20',
  packages: 'external',
  logLevel: 'error',
});
const { pages } = await import(pathToFileURL(bundle).href);
for (const [path, text] of Object.entries(pages())) {
  mkdirSync(dirname(join(root, path)), { recursive: true });
  writeFileSync(join(root, path), text);
  process.stdout.write(`${path}\n`);
}
