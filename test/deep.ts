// The deep tier. `npm run test:deep` sets HIVEMEND_DEEP=1 and runs every *.deep.test.ts, once for each of several seeds;
// most of these are the ordinary tests with larger numbers. `npm test` runs the small numbers from fixed seeds.

/** Whether the large numbers are wanted. */
export const isDeep = process.env.HIVEMEND_DEEP === '1';

/** Where random tests start: HIVEMEND_SEED, else a fresh one in the deep tier and `ordinary` in `npm test`. Print it. */
export function seedOr(ordinary: number): number {
  return Number(process.env.HIVEMEND_SEED ?? (isDeep ? Date.now() % 2 ** 31 : ordinary));
}
