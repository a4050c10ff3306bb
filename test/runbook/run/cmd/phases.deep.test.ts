// The same for a hundred thousand lines.

import { expect, it } from 'vitest';
import { seedOr } from '../../../deep.ts';
import { differences } from './random-lines.ts';

it('a hundred thousand random lines come to the same arguments as in a second reading', () => {
  const seed = seedOr(20_240_301);
  expect(differences(seed, 100_000), `seed ${seed}`).toEqual([]);
});
