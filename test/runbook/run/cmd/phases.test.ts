// Lines for cmd.exe against a second reading of them; a hundred thousand in the deep tier.

import { expect, it } from 'vitest';
import { seedOr } from '../../../deep.ts';
import { differences } from './random-lines.ts';

it('five thousand random lines come to the same arguments as in a second reading', () => {
  const seed = seedOr(20_240_301);
  expect(differences(seed, 5000), `seed ${seed}`).toEqual([]);
});
