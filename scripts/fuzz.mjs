#!/usr/bin/env node
// Hostile input without end: npm run fuzz -- --cases 1000000 --seconds 3600 --seed 1 --only journals

import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

const { values } = parseArgs({
  options: {
    cases: { type: 'string', default: '1000000' },
    seconds: { type: 'string' },
    seed: { type: 'string' },
    only: { type: 'string' },
  },
});
const env = { ...process.env };
for (const [name, value] of Object.entries(values)) {
  if (value !== undefined) env[`HIVEMEND_FUZZ_${name.toUpperCase()}`] = value;
}
const vitest = fileURLToPath(new URL('../node_modules/vitest/vitest.mjs', import.meta.url));
const run = spawnSync(process.execPath, [vitest, 'run', 'test/fuzz/fuzz.test.ts'], {
  cwd: fileURLToPath(new URL('..', import.meta.url)),
  env,
  stdio: 'inherit',
});
process.exit(run.status ?? 1);
