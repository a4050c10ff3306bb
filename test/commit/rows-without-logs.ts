// Rows of the order that no log covers: logs that are taken away, hives that take another's place, files that cannot grow.

import { makeBins, makeDirtLog, makeHeader, makeHive, makeHvleLog, PAGE } from '../judge/synthetic-hive.ts';
import { type HiveCase, type Row, SYSTEM } from './rows.ts';

const STAMP = 132_000_000_000_000_000n;
const OLD = makeBins([1, 2, 3, 4], STAMP);
const NEW = makeBins([1, 20, 3, 40], STAMP);
const STALE = makeBins([7, 8, 9, 10], STAMP);
const CRASHED = makeBins([1, 6, 5, 4], STAMP);
/** Another hive altogether: every page is another, the first too. */
const OTHER = makeBins([31, 32, 33, 34], STAMP + 9n);
const LONGER = makeBins([31, 32, 33, 34, 35, 36], STAMP + 9n);
const clean = { first: 7, second: 7, stamp: STAMP };
const dirty = { first: 8, second: 7, stamp: STAMP };
const bad = { ...dirty, badChecksum: true };

const hvle = (sequence: number, pages: readonly number[], bins = STALE): Uint8Array =>
  makeHvleLog(sequence, [{ bins, pages }]);
const dirt = (sequence: number, pages: readonly number[], bins = STALE, stamp = STAMP): Uint8Array =>
  makeDirtLog(sequence, stamp, bins, pages);
/** A log whose base is right and whose first entry is not whole: nothing of it applies. */
const torn = (sequence: number): Uint8Array => {
  const log = hvle(sequence, [1, 2]);
  log.fill(0, PAGE, PAGE + 512);
  return log;
};

/** An image with a header of its own, and bytes behind the first 512 of its base block. */
function imageOf(bins: Uint8Array, fields: { first?: number; root?: number } = {}): Uint8Array {
  const { first = 3, root = 32 } = fields;
  const image = new Uint8Array(PAGE + bins.byteLength).fill(0x5a, 512, PAGE);
  image.set(makeHeader({ first, second: first, stamp: STAMP + 9n, binsSize: bins.byteLength, root }));
  image.set(bins, PAGE);
  return image;
}

function headless(bins: Uint8Array): Uint8Array {
  return makeHive(clean, bins).fill(0x58, 0, 512);
}

const edited = (primary: Uint8Array, logs: HiveCase['logs'], more: Partial<HiveCase> = {}): HiveCase => ({
  path: SYSTEM,
  primary,
  logs,
  oldBins: OLD,
  newBins: NEW,
  ...more,
});
const replaced = (
  primary: Uint8Array,
  logs: HiveCase['logs'],
  newBins: Uint8Array,
  more: Partial<HiveCase> = {},
): HiveCase => edited(primary, logs, { newBins, image: imageOf(newBins), isReplacement: true, ...more });
const accepted = { acceptDirty: true, oldBins: CRASHED };
const row = (name: string, hive: HiveCase, more: Partial<Row> = {}): Row => ({
  name,
  isLoud: true,
  hives: [hive],
  ...more,
});

const WHOLE = { '.LOG2': hvle(7, [1], makeBins([1, 2, 5, 4], STAMP)), '.LOG1': hvle(8, [2], OLD) };
const TWO = { '.LOG1': hvle(5, [1]), '.LOG2': hvle(6, [2]) };
const BOTH_KINDS = { '.LOG': dirt(7, [1, 2]), '.LOG1': hvle(5, [1]), '.LOG2': hvle(6, [2]) };

export const ROWS_WITHOUT_LOGS: readonly Row[] = [
  row(
    'accepted, two logs that do not apply',
    edited(makeHive(dirty, CRASHED), { '.LOG1': torn(7), '.LOG2': hvle(8, [1]) }, accepted),
  ),
  row(
    'accepted, bad checksum, two torn logs',
    edited(makeHive(bad, CRASHED), { '.LOG1': torn(7), '.LOG2': torn(8) }, accepted),
  ),
  row(
    'accepted, DIRT of another stamp',
    edited(makeHive(dirty, CRASHED), { '.LOG1': dirt(8, [1], STALE, STAMP - 5n) }, accepted),
  ),
  row(
    'accepted, DIRT and HvLE, none applies',
    edited(makeHive(dirty, CRASHED), { '.LOG': dirt(8, [1], STALE, STAMP - 5n), '.LOG1': torn(7) }, accepted),
  ),
  row('replaced, clean, two logs', replaced(makeHive(clean, OLD), TWO, OTHER)),
  row('replaced, clean, no log', replaced(makeHive(clean, OLD), {}, OTHER)),
  row('replaced, clean, DIRT', replaced(makeHive(clean, OLD), { '.LOG1': dirt(7, [1]), '.LOG2': dirt(6, [2]) }, OTHER)),
  row('replaced, clean, DIRT and HvLE', replaced(makeHive(clean, OLD), BOTH_KINDS, OTHER)),
  row('replaced, clean, growth', replaced(makeHive(clean, OLD), { '.LOG1': hvle(5, [1]) }, LONGER)),
  row('replaced, clean, growth over trailing data', replaced(makeHive(clean, OLD, 6000), {}, LONGER)),
  row('replaced, dirty, two logs', replaced(makeHive(dirty, CRASHED), WHOLE, OTHER)),
  row('replaced, dirty, DIRT', replaced(makeHive(dirty, CRASHED), { '.LOG1': dirt(8, [1, 2], OLD) }, OTHER)),
  row('replaced, bad checksum, one log', replaced(makeHive(bad, CRASHED), { '.LOG1': hvle(7, [1, 2], OLD) }, OTHER)),
  row(
    'replaced, accepted, a log too old',
    replaced(makeHive(dirty, CRASHED), { '.LOG1': hvle(5, [1]) }, OTHER, accepted),
  ),
  row(
    'replaced, another root',
    replaced(makeHive({ ...clean, root: 96 }, makeBins([1, 2, 3, 4], STAMP, 96)), {}, OTHER, {
      oldBins: makeBins([1, 2, 3, 4], STAMP, 96),
    }),
  ),
  row(
    'replaced, a root in the second page',
    replaced(makeHive(clean, OLD), { '.LOG1': hvle(5, [1]) }, makeBins([31, 32, 33, 34], STAMP, PAGE + 32), {
      image: imageOf(makeBins([31, 32, 33, 34], STAMP, PAGE + 32), { root: PAGE + 32 }),
    }),
  ),
  row(
    'replaced by one with higher numbers',
    replaced(makeHive(clean, OLD), { '.LOG1': hvle(5, [1]) }, OTHER, { image: imageOf(OTHER, { first: 900 }) }),
  ),
  row('replaced, sectors of 4,096 bytes', replaced(makeHive(clean, OLD), TWO, LONGER), { sectorSizeBytes: 4096 }),
  row('replaced, what lies there is no hive', replaced(headless(OLD), {}, OTHER, { acceptDirty: true })),
  row('replaced, zeros beside logs', replaced(new Uint8Array(PAGE * 5), TWO, OTHER, { acceptDirty: true })),
  row('replaced, 0 bytes, growth', replaced(new Uint8Array(0), {}, LONGER, { acceptDirty: true })),
  row('replaced, 0 bytes beside logs, growth', replaced(new Uint8Array(0), TWO, LONGER, { acceptDirty: true })),
  row(
    'replaced, 0 bytes beside DIRT and HvLE, growth',
    replaced(new Uint8Array(0), BOTH_KINDS, LONGER, { acceptDirty: true }),
  ),
  row('no logs, sectors of 4,096 bytes', edited(makeHive(clean, OLD), {}), { sectorSizeBytes: 4096 }),
  row(
    'cannot grow, the log is too small',
    edited(makeHive(clean, OLD), { '.LOG1': hvle(5, [1]) }, { isFixedSize: true }),
  ),
  row(
    'cannot grow, dirty, the log is too small',
    edited(
      makeHive(dirty, CRASHED),
      { '.LOG1': hvle(7, [1, 2], OLD) },
      { isFixedSize: true, newBins: makeBins([1, 21, 31, 41], STAMP) },
    ),
  ),
];

/** Covered by logs, on disks and beside logs that the other rows do not have. */
export const ODD_ROWS: readonly Row[] = [
  {
    name: 'HvLE, dirty, a later log behind a gap',
    hives: [edited(makeHive(dirty, CRASHED), { '.LOG1': hvle(7, [1, 2], OLD), '.LOG2': hvle(30, [0, 3]) })],
  },
  { name: 'DIRT and HvLE, clean', hives: [edited(makeHive(clean, OLD), BOTH_KINDS)] },
  {
    name: 'DIRT and HvLE, dirty by HvLE',
    hives: [edited(makeHive(dirty, CRASHED), { ...WHOLE, '.LOG': dirt(9, [0], STALE, STAMP - 5n) })],
  },
  { name: 'HvLE, sectors of 4,096 bytes', sectorSizeBytes: 4096, hives: [edited(makeHive(dirty, CRASHED), WHOLE)] },
  {
    name: 'DIRT, sectors of 4,096 bytes',
    sectorSizeBytes: 4096,
    hives: [edited(makeHive(clean, OLD), { '.LOG1': dirt(7, [1]) })],
  },
  {
    name: 'HvLE, the last number that may be',
    hives: [edited(makeHive({ ...clean, first: 2 ** 31 - 2, second: 2 ** 31 - 2 }, OLD), { '.LOG1': hvle(5, [1]) })],
  },
  {
    name: 'cannot grow, the log has room',
    hives: [
      edited(
        makeHive(clean, OLD),
        { '.LOG1': makeHvleLog(5, [{ bins: STALE, pages: [1] }], 1 << 16) },
        { isFixedSize: true },
      ),
    ],
  },
];
