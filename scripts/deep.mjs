// `npm run test:deep`: every *.deep.test.ts, once for each seed. Arguments name files, as for vitest; --seeds says how many
// seeds (3). HIVEMEND_SEED repeats one seed.

import { randomInt } from 'node:crypto';
import { parseArgs } from 'node:util';
import { run, setup } from './setup.mjs';

const { values, positionals } = parseArgs({
  options: { seeds: { type: 'string', default: '3' } },
  allowPositionals: true,
});
const { HIVEMEND_SEED: given } = process.env;
const seeds = given ? [given] : Array.from({ length: Number(values.seeds) }, () => String(randomInt(2 ** 31)));

setup();
// What only tests call has no job.
run('npx', ['knip', '--production']);
process.env.HIVEMEND_DEEP = '1';
for (const [index, seed] of seeds.entries()) {
  process.stdout.write(`\nSeed ${seed} (${index + 1} of ${seeds.length}; HIVEMEND_SEED=${seed} repeats it)\n`);
  process.env.HIVEMEND_SEED = seed;
  run('npx', ['vitest', 'run', '--config', 'vitest.deep.config.ts', ...positionals]);
}
