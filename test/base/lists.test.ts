import { expect, it } from 'vitest';
import { append } from '../../src/base/lists.ts';

it('appends more than a call could take', () => {
  const list = [0];
  append(list, new Array<number>(1_000_000).fill(1));
  expect(list.length).toBe(1_000_001);
});
