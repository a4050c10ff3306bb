// Space: freed cells are used again, the hive grows only when it must, and one edit touches few pages.

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { HiveHandle } from '../../src/engine/handle.ts';
import { describeShared } from '../shared-hives.ts';
import { account } from './account.ts';
import { changedPages, engine, newHive, pattern, T0 } from './engines.ts';
import { nodeAt } from './model.ts';

it('2,000 sets over 50 values of changing sizes leave the hive within one bin of its start', () => {
  for (const minor of [3, 5]) {
    using hive = newHive(minor);
    const key = hive.createKey(hive.root(), 'key', T0);
    const sizeOf = (i: number): number => 8 + ((i * 7919) % 200);
    for (let i = 0; i < 50; i += 1) hive.setValue(key, `value ${i}`, 3, pattern(207, i), T0);
    const start = hive.image().byteLength;
    for (let i = 0; i < 2000; i += 1) hive.setValue(key, `value ${i % 50}`, 3, pattern(sizeOf(i), i), T0);
    for (let i = 0; i < 50; i += 1) hive.setValue(key, `value ${i}`, 3, pattern(207, i), T0);
    expect(hive.image().byteLength - start).toBeLessThanOrEqual(4096);
    expect(account(hive.image()).faults).toEqual([]);
  }
});

it('3,000 siblings added to a hive of 8 KB end under 600 KB', () => {
  for (const minor of [3, 5]) {
    using hive = newHive(minor);
    for (let i = 0; i < 3000; i += 1) hive.createKey(hive.root(), `sibling ${i}`, T0);
    const image = hive.image();
    expect(image.byteLength).toBeLessThan(600_000);
    expect(account(image).faults).toEqual([]);
  }
});

it('1,000 keys added and deleted return every cell', () => {
  for (const minor of [3, 5]) {
    using hive = newHive(minor);
    hive.createKey(hive.root(), 'stays', T0);
    const before = account(hive.image());
    for (let i = 0; i < 1000; i += 1) {
      const key = hive.createKey(hive.root(), `key ${i}`, T0);
      hive.setValue(key, 'a value', 3, pattern(i % 300), T0);
    }
    const grown = hive.image().byteLength;
    for (let i = 0; i < 1000; i += 1) hive.deleteKey(hive.subkey(hive.root(), `key ${(i * 7) % 1000}`)!, T0);
    const after = account(hive.image());
    expect(after.faults).toEqual([]);
    expect(after.allocatedCells).toBe(before.allocatedCells);
    expect(after.uncoalesced).toBe(0);
    // Each bin but the first is one free cell again.
    const bins = after.binSizes.reduce((sum, size) => sum + size - 32, 0);
    const used = before.binSizes.reduce((sum, size) => sum + size - 32, 0) - before.freeBytes;
    expect(bins - after.freeBytes).toBe(used);
    for (let i = 0; i < 1000; i += 1) {
      const key = hive.createKey(hive.root(), `key ${i}`, T0);
      hive.setValue(key, 'a value', 3, pattern(i % 300), T0);
    }
    // Laid out in another order, so a few bins more are allowed.
    expect(hive.image().byteLength - grown).toBeLessThanOrEqual(4 * 4096);
  }
});

it('uses the room of the last bin before it adds one, and adds bins as large as what they must hold', () => {
  using hive = newHive(5);
  const key = hive.createKey(hive.root(), 'key', T0);
  hive.setValue(key, 'fits', 3, pattern(3000), T0);
  expect(account(hive.image()).binSizes).toEqual([4096]);
  hive.setValue(key, 'does not', 3, pattern(3000), T0);
  expect(account(hive.image()).binSizes).toEqual([4096, 4096]);
  hive.setValue(key, 'larger', 3, pattern(9000), T0);
  const image = hive.image();
  expect(account(image).binSizes).toEqual([4096, 4096, 12_288]);
  const view = new DataView(image.buffer);
  // Only the first bin carries a time stamp (so do all real hives that were looked at).
  expect(view.getBigUint64(4096 + 20, true)).toBe(T0);
  expect(view.getBigUint64(4096 + 4096 + 20, true)).toBe(0n);
  expect(view.getBigUint64(12, true)).toBe(T0);
});

it('rounds cells past 16 KiB up to a power of two, as Windows does', () => {
  using hive = newHive(3);
  hive.setValue(hive.root(), 'large', 3, pattern(39_566), T0);
  expect(account(hive.image()).binSizes).toEqual([4096, 69_632]);
});

describeShared('in a real SYSTEM hive of 13 MB', (folder) => {
  const image = new Uint8Array(readFileSync(join(folder, 'system/win7-x64/SYSTEM')));
  const path = ['ControlSet001', 'Control', 'Terminal Server'];

  it('changing a DWORD touches two pages, adding one at most three, and the hive does not grow', () => {
    using hive = HiveHandle.open(engine, image);
    const key = nodeAt(hive, path);
    const start = hive.image();
    hive.setValue(key, 'fDenyTSConnections', 4, new Uint8Array([9, 0, 0, 0]), T0);
    const changed = hive.image();
    expect(changed.byteLength).toBe(start.byteLength);
    expect(changedPages(start, changed).length).toBeLessThanOrEqual(2);
    hive.setValue(key, 'A new one', 4, new Uint8Array([1, 0, 0, 0]), T0);
    const added = hive.image();
    expect(added.byteLength).toBe(start.byteLength);
    expect(changedPages(changed, added).length).toBeLessThanOrEqual(3);
  });

  it('so does a DWORD added to any of forty services', () => {
    using hive = HiveHandle.open(engine, image);
    const keys = hive.subkeyRecords(nodeAt(hive, ['ControlSet001', 'services']));
    let most = 0;
    let before = hive.image();
    for (const key of keys.slice(0, 40)) {
      hive.setValue(key.id, 'A new one', 4, new Uint8Array([1, 0, 0, 0]), T0);
      const after = hive.image();
      most = Math.max(most, changedPages(before, after).length);
      before = after;
    }
    expect(most).toBeLessThanOrEqual(3);
  });

  it('opens and walks in a moment', () => {
    const began = performance.now();
    using hive = HiveHandle.open(engine, image);
    const opened = performance.now();
    let count = 0;
    for (const cursor = hive.walk(hive.root()); cursor.next(); ) count += 1;
    const walked = performance.now();
    expect(count).toBeGreaterThan(10_000);
    // Generous: some milliseconds each on a quiet machine.
    expect(opened - began).toBeLessThan(500);
    expect(walked - opened).toBeLessThan(2000);
  });
});
