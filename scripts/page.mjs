// `npm run build:page`: the browser page as one file, hivemend.html, with the engine inside. It asks for nothing: its
// policy allows its own script and style, by their hashes, a worker of
// its own text, and no connection.

import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { buildSync } from 'esbuild';
import { root } from './setup.mjs';

const output = join(root, 'dist/cli/hivemend.html');
const wasm = readFileSync(join(root, 'wasm/dist/hivex.wasm'));
const [script, worker, style] = ['main.ts', 'worker/main.ts', 'style.css'].map((name) => {
  const { outputFiles } = buildSync({
    entryPoints: [join(root, 'src/page', name)],
    bundle: true,
    minify: true,
    write: false,
    format: 'iife',
    platform: 'browser',
    target: 'es2022',
    charset: 'utf8',
    define: { ENGINE_BASE64: JSON.stringify(wasm.toString('base64')) },
    logLevel: 'warning',
  });
  // Nothing in a script may end its element.
  return outputFiles[0].text.replaceAll('</', '<\\/');
});
const hash = (text) => `'sha256-${createHash('sha256').update(text).digest('base64')}'`;
const policy = [
  "default-src 'none'",
  "connect-src 'none'",
  `script-src ${hash(script)} 'wasm-unsafe-eval'`,
  // The worker is made of what stands in the page.
  'worker-src blob:',
  `style-src ${hash(style)}`,
  "base-uri 'none'",
  "form-action 'none'",
].join('; ');
const page = `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>hivemend</title>
<style>${style}</style>
</head>
<body>
<div id="app"></div>
<script type="text/plain" id="worker">${worker}</script>
<script>${script}</script>
</body>
</html>
`;
mkdirSync(dirname(output), { recursive: true });
writeFileSync(output, page);
