// Damaged hives are rebuilt: at least 300 cases on hives of at most 600 KiB.

import { describe, expect, it } from 'vitest';
import { DAMAGES } from './damage.ts';
import { itRebuilds, soundHives } from './rounds.ts';

const ROUNDS = Number(process.env.HIVEMEND_ROUNDS ?? 3);
const SEED = Number(process.env.HIVEMEND_SEED ?? 20_261_128);

describe('a rebuild', () => {
  it('knows at least 60 kinds of damage, and is tried on at least 300', () => {
    expect(Object.keys(DAMAGES).length).toBeGreaterThanOrEqual(60);
    expect(Object.keys(DAMAGES).length * ROUNDS).toBeGreaterThanOrEqual(300);
  });
  itRebuilds(soundHives(), SEED, ROUNDS, 1);
});
