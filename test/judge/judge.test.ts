// The judge itself: it must agree with Windows where Windows has spoken, or its word about our cuts is worth nothing.

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { describeShared } from '../shared-hives.ts';
import { judge, marvin } from './judge.ts';
import { makeBins, makeDirtLog, makeHive, makeHvleLog } from './synthetic-hive.ts';

const stamp = 132_000_000_000_000_000n;
const oldBins = makeBins([1, 2, 3], stamp);
const newBins = makeBins([1, 20, 30], stamp);

it('a clean hive is what it is, whatever its logs hold', () => {
  const hive = makeHive({ first: 7, second: 7, stamp }, oldBins);
  const log = makeHvleLog(9, [{ bins: newBins, pages: [1, 2] }]);
  expect(judge(hive, [{ name: 'h.LOG1', bytes: log }])).toMatchObject({ kind: 'clean', bins: oldBins });
});

it('a dirty hive takes its entries in order, and a log older than the hive never', () => {
  const hive = makeHive({ first: 8, second: 7, stamp }, oldBins);
  const middle = makeBins([1, 20, 3], stamp);
  const logs = [
    { name: 'h.LOG1', bytes: makeHvleLog(8, [{ bins: newBins, pages: [2] }]) },
    { name: 'h.LOG2', bytes: makeHvleLog(7, [{ bins: middle, pages: [1] }]) },
  ];
  expect(judge(hive, logs)).toMatchObject({ kind: 'replayed', bins: newBins, entries: 2, sequence: 9 });
  const stale = { name: 'h.LOG1', bytes: makeHvleLog(6, [{ bins: newBins, pages: [1, 2] }]) };
  expect(judge(hive, [stale])).toMatchObject({ kind: 'refused' });
});

it('a DIRT log counts only with the stamp of the header, or of the first bin where the header is broken', () => {
  const log = { name: 'h.LOG1', bytes: makeDirtLog(8, stamp, newBins, [1, 2]) };
  const dirty = makeHive({ first: 8, second: 7, stamp }, oldBins);
  expect(judge(dirty, [log])).toMatchObject({ kind: 'replayed', bins: newBins });
  const broken = makeHive({ first: 8, second: 7, stamp: 5n, badChecksum: true }, oldBins);
  expect(judge(broken, [log])).toMatchObject({ kind: 'replayed', bins: newBins });
  const other = makeHive({ first: 8, second: 7, stamp: stamp + 1n }, oldBins);
  expect(judge(other, [log])).toMatchObject({ kind: 'refused' });
});

it('Marvin32 is not the identity on its state', () => {
  expect(marvin(new Uint8Array(4))).not.toBe(marvin(new Uint8Array(8)));
});

describeShared('the judge and Windows', (folder) => {
  const read = (...names: string[]): Uint8Array => new Uint8Array(readFileSync(join(folder, 'replay', ...names)));

  it('replays the HvLE logs of a Windows 10 hive as Windows did, byte for byte', () => {
    const logs = ['hive.LOG1', 'hive.LOG2'].map((name) => ({ name, bytes: read('hvle-windows10', name) }));
    const verdict = judge(read('hvle-windows10', 'hive'), logs);
    expect(verdict.kind).toBe('replayed');
    const windows = read('hvle-windows10', 'recovered-by-windows').subarray(4096);
    expect(
      verdict.kind === 'replayed' && Buffer.from(verdict.bins).equals(windows.subarray(0, verdict.bins.length)),
    ).toBe(true);
  });

  it('replays a DIRT log as Windows 7 did, but for the first stamp and one byte of slack', () => {
    const logs = [{ name: 'hive.LOG1', bytes: read('dirt-windows7', 'hive.LOG1') }];
    const verdict = judge(read('dirt-windows7', 'hive'), logs);
    const windows = read('dirt-windows7', 'recovered-by-windows').subarray(4096);
    expect(verdict.kind).toBe('replayed');
    if (verdict.kind !== 'replayed') return;
    const differing = [...verdict.bins.keys()].filter((at) => verdict.bins[at] !== windows[at]);
    expect(differing.filter((at) => at < 20 || at >= 28).length).toBeLessThanOrEqual(1);
  });
});
