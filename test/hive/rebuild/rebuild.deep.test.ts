// As rebuild.test.ts: 10,000 cases, of which 300 on the SYSTEM of the fixtures alone.

import { describe } from 'vitest';
import { seedOr } from '../../deep.ts';
import { DAMAGES } from './damage.ts';
import { itRebuilds, soundHives } from './rounds.ts';

const KINDS = Object.keys(DAMAGES).length;
const SEED = seedOr(20_261_128);
const hives = soundHives();

describe('a rebuild, of any hive', { timeout: 600_000 }, () => {
  itRebuilds(hives, SEED, Math.ceil(9_700 / KINDS), 10);
});

describe('a rebuild, of SYSTEM', { timeout: 600_000 }, () => {
  itRebuilds(
    hives.filter(({ name }) => name.startsWith('SYSTEM')),
    SEED + 1_000,
    Math.ceil(300 / KINDS),
    10,
  );
});
