// Twice the work takes twice the steps, whatever there is of: values in a key, keys in a key, free cells in a hive. Steps
// are reads of the image, which the build for tests counts, so that no clock is asked.

import { expect, it } from 'vitest';
import { HiveHandle } from '../../src/engine/handle.ts';
import { debugEngine, engine, expectBytes, newHive, pattern, T0 } from './engines.ts';

const FEW = 800;
/** Of twice as much. What is searched by halves takes one step more each time. */
const MOST = 2.35;

interface Counting {
  readonly heap: { call(name: string): number };
}

function stepsOf(hive: HiveHandle, work: () => void): number {
  const { heap } = hive as unknown as Counting;
  heap.call('hx_test_steps');
  work();
  return heap.call('hx_test_steps') >>> 0;
}

type Work = (hive: HiveHandle, count: number) => void;
/** What is counted, the work, and what is there before it. */
type Row = readonly [string, Work, Work];

const nothing: Work = () => {};

const data = pattern(20);

function setValues(hive: HiveHandle, count: number): void {
  for (let i = 0; i < count; i += 1) hive.setValue(hive.root(), `value ${i}`, 3, data, T0);
}

function makeKeys(hive: HiveHandle, count: number): void {
  for (let i = 0; i < count; i += 1) hive.createKey(hive.root(), `key ${(i * 7919) % count}`, T0);
}

/** Free cells of many sizes, none of which takes more than a few bytes. */
function makeHoles(hive: HiveHandle, count: number): void {
  setValues(hive, count);
  for (let i = 0; i < count; i += 2) hive.deleteValue(hive.root(), `value ${i}`, T0);
}

/** Big data, in segments of 16,344 bytes, which are what a step is here. */
const long = (count: number): Uint8Array => pattern(1000 * count);

const ROWS: readonly Row[] = [
  ['a long value', (hive, count) => hive.setValue(hive.root(), 'long', 3, long(count), T0), nothing],
  [
    'a long value, read',
    (hive, count) => expect(hive.data(hive.value(hive.root(), 'long')!).byteLength).toBe(long(count).byteLength),
    (hive, count) => hive.setValue(hive.root(), 'long', 3, long(count), T0),
  ],
  ['values set in one key', setValues, nothing],
  [
    'values set again with other data',
    (hive, count) => {
      for (let i = 0; i < count; i += 1) hive.setValue(hive.root(), `VALUE ${i}`, 3, pattern(20, 9), T0);
    },
    setValues,
  ],
  [
    'values looked for in one key',
    (hive, count) => {
      for (let i = 0; i < count; i += 1) hive.value(hive.root(), `Value ${2 * i}`);
    },
    setValues,
  ],
  ['keys made in one key', makeKeys, nothing],
  [
    'keys made in one key, each with a key and a value of its own',
    (hive, count) => {
      for (let i = 0; i < count; i += 1) {
        const key = hive.createKey(hive.root(), `key ${i}`, T0);
        hive.setValue(key, 'value', 3, data, T0);
        hive.createKey(key, 'below', T0);
      }
    },
    nothing,
  ],
  [
    'keys looked for in one key',
    (hive, count) => {
      for (let i = 0; i < count; i += 1) hive.subkey(hive.root(), `KEY ${2 * i}`);
    },
    makeKeys,
  ],
  [
    'large values where only small cells are free',
    (hive, count) => {
      const key = hive.createKey(hive.root(), 'large', T0);
      for (let i = 0; i < count; i += 1) hive.setValue(key, `large ${i}`, 3, pattern(700), T0);
    },
    makeHoles,
  ],
];

it.each(ROWS)('%s', (_name, work, prepare) => {
  const steps = [FEW, 2 * FEW].map((count) => {
    using hive = newHive(5, debugEngine);
    prepare(hive, count);
    return stepsOf(hive, () => work(hive, count));
  });
  expect(steps[0]).toBeGreaterThan(FEW / 8);
  expect(steps[1]! / steps[0]!).toBeLessThan(MOST);
});

it('a hive that was closed in between grows as one that was not', () => {
  using open = newHive(5);
  makeHoles(open, 300);
  using again = HiveHandle.open(engine, open.image());
  for (const hive of [open, again]) {
    makeKeys(hive, 300);
    for (let i = 0; i < 300; i += 1) hive.setValue(hive.root(), `other ${i}`, 3, pattern(i * 5), T0);
  }
  expectBytes(again.image(), open.image());
});
