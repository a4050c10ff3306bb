// Random sequences of edits against an in-memory model. After each sequence the engine's walk, the independent reader and
// the bookkeeper of cells must agree with the model, and what was not touched must be the same bytes at the same place.
// The deep tier runs 20,000 sequences from each seed.

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isDeep, seedOr } from '../deep.ts';
import { debugEngine } from './engines.ts';
import { runSequence } from './run-sequence.ts';
import { sequence, startingHives } from './sequences.ts';

const many = isDeep ? 20_000 : null;
const seed = seedOr(20_260_722);
const SEQUENCES = { short: 700, middle: 250, long: 120 };

describe('any sequence of edits', () => {
  it.each([
    ['1 to 25 operations', 25, SEQUENCES.short],
    ['26 to 100 operations', 100, SEQUENCES.middle],
    ['101 to 300 operations', 300, SEQUENCES.long],
  ])('leaves what the model says: %s', { timeout: isDeep ? 3_600_000 : 60_000 }, (_, most, share) => {
    const total = Object.values(SEQUENCES).reduce((sum, count) => sum + count);
    const numRuns = many === null ? share : Math.ceil((many * share) / total);
    if (many !== null) process.stdout.write(`${numRuns} sequences of up to ${most} operations, seed ${seed}\n`);
    let ran = 0;
    fc.assert(
      fc.property(sequence(most), (one) => {
        runSequence(one);
        ran += 1;
      }),
      { numRuns, seed, endOnFailure: false },
    );
    expect(ran).toBeGreaterThanOrEqual(numRuns);
  });

  it('does so in the build with assertions and checked memory too', { timeout: 120_000 }, () => {
    fc.assert(
      fc.property(sequence(100), (one) => runSequence(one, debugEngine)),
      { numRuns: 60, seed },
    );
  });

  it('starts from hives of every version and from real ones where they are', () => {
    expect(startingHives.map((start) => start.name)).toEqual(
      expect.arrayContaining(['empty 1.3', 'empty 1.4', 'empty 1.5']),
    );
  });
});
