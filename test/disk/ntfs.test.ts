import fc from 'fast-check';
import { expect, it } from 'vitest';
import { readNtfsState } from '../../src/disk/ntfs.ts';
import { blocksOf, fatVolume, ntfsVolume } from './disk-image.ts';

it.each([
  [
    { isDirty: false, log: 'clean' },
    { isDirty: false, isLogClean: true },
  ],
  [
    { isDirty: true, log: 'clean' },
    { isDirty: true, isLogClean: true },
  ],
  [
    { isDirty: false, log: 'open' },
    { isDirty: false, isLogClean: false },
  ],
  [
    { isDirty: false, log: 'empty' },
    { isDirty: false, isLogClean: true },
  ],
  [
    { isDirty: false, log: 'none' },
    { isDirty: false, isLogClean: null },
  ],
] as const)('%j reads as %j', (choices, state) => {
  expect(readNtfsState(blocksOf(ntfsVolume(choices)))).toEqual({ ...state, version: '3.1' });
});

it('is null for what is no NTFS, and for a record that is torn', () => {
  expect(readNtfsState(blocksOf(fatVolume()))).toBeNull();
  expect(readNtfsState(blocksOf(new Uint8Array(0)))).toBeNull();
  const torn = ntfsVolume();
  torn[4 * 4096 + 3 * 1024 + 510] = 99;
  expect(readNtfsState(blocksOf(torn))).toBeNull();
});

it('survives damage anywhere', () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(fc.nat(40 * 1024), fc.nat(255)), { minLength: 1, maxLength: 12 }), (hits) => {
      const volume = ntfsVolume();
      for (const [at, value] of hits) volume[at] = value;
      readNtfsState(blocksOf(volume));
    }),
    { numRuns: 2000 },
  );
});
