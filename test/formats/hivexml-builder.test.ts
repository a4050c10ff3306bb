import { expect, it } from 'vitest';
import { buildFixture, FIXTURES } from '../fixture-hives.ts';

it.each(FIXTURES)('builds %s', (name) => {
  expect(buildFixture(name).byteLength % 4096).toBe(0);
});
