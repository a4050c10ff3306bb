// All or nothing: a batch rolled back, an edit that fails half-way, and memory that runs out at any point.

import { describe, expect, it } from 'vitest';
import { EngineError } from '../../src/base/errors.ts';
import { HiveHandle } from '../../src/engine/handle.ts';
import { account } from './account.ts';
import { BOTH_BUILDS, debugEngine, descriptor, engine, expectBytes, newHive, pattern, T0 } from './engines.ts';
import { nodeAt } from './model.ts';
import { Patch } from './patch.ts';
import { walked } from './walked.ts';

const failsWith = (code: string): unknown => expect.objectContaining({ code });

/** One of each edit, many of them growing the hive. */
function editEverything(hive: HiveHandle): void {
  const key = nodeAt(hive, ['a']);
  hive.setValue(key, 'large', 3, pattern(70_000), T0 + 1n);
  hive.setValue(key, 'small', 4, pattern(4), T0 + 1n);
  hive.setValue(key, 'old', 3, pattern(900), T0 + 1n);
  hive.deleteValue(key, 'other', T0 + 1n);
  for (let i = 0; i < 30; i += 1) hive.createKey(key, `new ${i}`, T0 + 1n);
  hive.setSecurity(
    hive.renameKey(nodeAt(hive, ['a', 'b']), 'a longer name than it had', T0 + 1n),
    descriptor(2),
    T0 + 1n,
  );
  hive.setClass(nodeAt(hive, ['a']), pattern(40), T0 + 1n);
  hive.deleteKey(nodeAt(hive, ['tree']), T0 + 1n);
}

function startImage(): Uint8Array {
  using hive = newHive(5);
  const key = hive.createKey(hive.root(), 'a', T0);
  hive.createKey(hive.createKey(key, 'b', T0), 'c', T0);
  hive.setValue(key, 'old', 3, pattern(100), T0);
  hive.setValue(key, 'other', 3, pattern(40_000), T0);
  const tree = hive.createKey(hive.root(), 'tree', T0);
  for (let i = 0; i < 20; i += 1) hive.setValue(hive.createKey(tree, `${i}`, T0), 'v', 3, pattern(50 * i), T0);
  return hive.image();
}

describe.each(BOTH_BUILDS)('a batch in the %s build', (_, build) => {
  it('rolled back leaves every byte and the length as they were, and the hive is editable on', () => {
    using hive = HiveHandle.open(build, startImage());
    const before = hive.image();
    for (let round = 0; round < 3; round += 1) {
      hive.begin();
      editEverything(hive);
      expect(hive.image().byteLength).toBeGreaterThan(before.byteLength);
      hive.rollback();
      expectBytes(hive.image(), before);
    }
    editEverything(hive);
    const once = hive.image();
    expect(account(once).faults).toEqual([]);
    using other = HiveHandle.open(build, before);
    other.begin();
    editEverything(other);
    other.keep();
    expectBytes(other.image(), once);
  });

  it('goes on after an edit in it has failed, without that edit', () => {
    using hive = HiveHandle.open(build, startImage());
    const key = nodeAt(hive, ['a']);
    hive.begin();
    hive.setValue(key, 'one', 3, pattern(5000), T0);
    const one = hive.image();
    expect(() => hive.createKey(key, 'back\\slash', T0)).toThrow(failsWith('BAD_VALUE'));
    expect(() => hive.deleteValue(key, 'none', T0)).toThrow(failsWith('VALUE_NOT_FOUND'));
    expectBytes(hive.image(), one);
    hive.keep();
    expectBytes(hive.image(), one);
  });

  it('is begun once and ended once', () => {
    using hive = newHive(5, build);
    expect(() => hive.rollback()).toThrow(failsWith('INVARIANT'));
    expect(() => hive.keep()).toThrow(failsWith('INVARIANT'));
    hive.begin();
    expect(() => hive.begin()).toThrow(failsWith('INVARIANT'));
    hive.keep();
    hive.begin();
    hive.rollback();
  });
});

it('an edit that meets damage half-way takes back what it has done', () => {
  const start = startImage();
  using sound = HiveHandle.open(engine, start);
  // The last of the tree's keys to be freed has a value list that points to a key.
  const first = nodeAt(sound, ['tree', '0']);
  const patch = new Patch(start.slice());
  patch.setU32(patch.u32(first, 40), 0, first);
  using hive = HiveHandle.open(engine, patch.image);
  const before = hive.image();
  expect(() => hive.deleteKey(nodeAt(hive, ['tree']), T0)).toThrow(failsWith('BAD_CELL'));
  expectBytes(hive.image(), before);
  hive.deleteKey(nodeAt(hive, ['tree', '1']), T0);
});

describe('memory that runs out', () => {
  const heapOf = (hive: HiveHandle): { call(name: string, ...args: number[]): number } =>
    (hive as unknown as { heap: { call(name: string, ...args: number[]): number } }).heap;

  it('at the n-th allocation of any edit is an error, for every n, and leaves the hive as it was', () => {
    using hive = HiveHandle.open(debugEngine, startImage());
    const before = hive.image();
    const heap = heapOf(hive);
    let failures = 0;
    for (let allowed = 0; ; allowed += 1) {
      hive.begin();
      heap.call('hx_test_fail_after', allowed);
      let failed: unknown = null;
      try {
        editEverything(hive);
      } catch (error) {
        failed = error;
      }
      heap.call('hx_test_fail_after', -1);
      hive.rollback();
      expectBytes(hive.image(), before);
      if (failed === null) break;
      failures += 1;
      expect(failed).toBeInstanceOf(EngineError);
      expect(failed).toEqual(failsWith('OUT_OF_MEMORY'));
    }
    expect(failures).toBeGreaterThan(100);
    editEverything(hive);
    expect(account(hive.image()).faults).toEqual([]);
  });

  it('in reading, opening or creating is an error too, and nothing leaks', () => {
    const image = startImage();
    const probe = newHive(5, debugEngine);
    const heap = heapOf(probe);
    const readAll = (): void => {
      using hive = HiveHandle.open(debugEngine, image);
      for (const record of walked(hive)) void record;
      for (const { id } of hive.subkeyRecords(hive.root())) hive.valueRecords(id, { data: true });
      hive.subkeyRecords(hive.root());
      hive.security(hive.root());
      newHive(5, debugEngine).close();
    };
    probe.close();
    readAll();
    // One instance at a time is used, so the heap that fails is the one that is measured.
    const bytesBefore = heap.call('hx_test_heap_bytes');
    let failures = 0;
    for (let allowed = 0; ; allowed += 1) {
      heap.call('hx_test_fail_after', allowed);
      let failed: unknown = null;
      try {
        readAll();
      } catch (error) {
        failed = error;
      }
      heap.call('hx_test_fail_after', -1);
      expect(heap.call('hx_test_heap_bytes')).toBe(bytesBefore);
      if (failed === null) break;
      failures += 1;
      expect(failed).toEqual(failsWith('OUT_OF_MEMORY'));
    }
    expect(failures).toBeGreaterThan(10);
  });
});
