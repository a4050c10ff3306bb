// Value data around every threshold, the odd forms that others write, and what stays of the neighbours.

import { describe, expect, it } from 'vitest';
import { HiveHandle, type NodeId } from '../../src/engine/handle.ts';
import { validate } from '../../src/regf/gate/validate.ts';
import { RegfTree } from '../../src/regf/tree.ts';
import { account } from './account.ts';
import { BOTH_BUILDS, engine, expectBytes, newHive, pattern, T0 } from './engines.ts';
import { Patch } from './patch.ts';

const SIZES = [0, 1, 4, 5, 8, 16_343, 16_344, 16_345, 32_688, 32_689, 100_000, 1_500_000];

function keyOf(hive: HiveHandle): NodeId {
  return hive.createKey(hive.root(), 'key', T0);
}

describe.each(BOTH_BUILDS)('in the %s build', (_, build) => {
  it.each([3, 4, 5])('every size is stored as version 1.%i stores it, and read back by both readers', (minor) => {
    using hive = newHive(minor, build);
    const key = keyOf(hive);
    for (const size of SIZES) hive.setValue(key, `v${size}`, 3, pattern(size), T0);
    const image = hive.image();
    expect(account(image).faults).toEqual([]);
    expect(validate(image, 'hive')).toEqual([]);
    const patch = new Patch(image);
    const tree = new RegfTree(image, 'hive');
    for (const size of SIZES) {
      const id = hive.value(key, `v${size}`)!;
      expectBytes(hive.data(id), pattern(size));
      expectBytes(tree.root.subkey('key')!.value(`v${size}`)!.data(), pattern(size));
      expect(patch.u32(id, 4)).toBe(size <= 4 ? (0x8000_0000 | size) >>> 0 : size);
      const isBig = minor > 3 && size > 16_344;
      if (size > 4) expect(String.fromCharCode(...patch.bytes(patch.u32(id, 8), 0, 2)) === 'db').toBe(isBig);
      if (isBig) {
        const list = patch.u32(patch.u32(id, 8), 4);
        const count = patch.u16(patch.u32(id, 8), 2);
        expect(count).toBe(Math.ceil(size / 16_344));
        // The last segment's cell is as large as the others', however little it holds.
        for (let i = 0; i < count; i += 1) expect(patch.cellSize(patch.u32(list, 4 * i))).toBe(-16_352);
      }
    }
  });

  it('from any size to any other nothing leaks', () => {
    for (const minor of [3, 5]) {
      using hive = newHive(minor, build);
      const key = keyOf(hive);
      hive.setValue(key, 'neighbour', 3, pattern(20_000), T0);
      const before = account(hive.image()).allocatedCells;
      for (const from of SIZES.slice(0, -2)) {
        for (const to of SIZES.slice(0, -2)) {
          hive.setValue(key, 'v', 3, pattern(from, 2), T0);
          hive.setValue(key, 'v', 3, pattern(to, 3), T0);
          expectBytes(hive.data(hive.value(key, 'v')!), pattern(to, 3));
        }
      }
      hive.deleteValue(key, 'v', T0);
      const after = account(hive.image());
      expect(after.faults).toEqual([]);
      expect(after.allocatedCells).toBe(before);
      expectBytes(hive.data(hive.value(key, 'neighbour')!), pattern(20_000));
    }
  });
});

it('data of the same size stay in their cell', () => {
  using hive = newHive(5);
  const key = keyOf(hive);
  for (const size of [4, 100, 16_344, 20_000]) {
    hive.setValue(key, `v${size}`, 3, pattern(size), T0);
    const before = new Patch(hive.image());
    hive.setValue(key, `v${size}`, 3, pattern(size, 9), T0 + 1n);
    const after = new Patch(hive.image());
    const id = hive.value(key, `v${size}`)!;
    if (size > 4) expect(after.u32(id, 8)).toBe(before.u32(id, 8));
    expect(after.image.byteLength).toBe(before.image.byteLength);
    expectBytes(hive.data(id), pattern(size, 9));
  }
});

it('the same data again change no byte, not even the time stamp', () => {
  using hive = newHive(5);
  const key = keyOf(hive);
  hive.setValue(key, 'v', 3, pattern(40_000), T0);
  const before = hive.image();
  hive.setValue(key, 'V', 3, pattern(40_000), T0 + 1n);
  expectBytes(hive.image(), before);
  hive.setValue(key, 'v', 1, pattern(40_000), T0 + 1n);
  expect(hive.valueInfo(hive.value(key, 'v')!)).toMatchObject({ name: 'v', type: 1 });
  expect(hive.node(key).lastWritten).toBe(T0 + 1n);
});

describe('what other writers leave', () => {
  it('big data with a tight last segment is read whole, and kept beside an edit', () => {
    using made = newHive(5);
    const key = keyOf(made);
    made.setValue(key, 'v', 3, pattern(16_344 + 13), T0);
    const patch = new Patch(made.image());
    const value = made.value(key, 'v')!;
    const segment = patch.u32(patch.u32(patch.u32(value, 8), 4), 4);
    patch.setCellSize(segment, -24).setCellSize(segment + 24, 16_352 - 24);
    using hive = HiveHandle.open(engine, patch.image);
    expectBytes(hive.data(value), pattern(16_344 + 13));
    hive.setValue(key, 'beside', 4, new Uint8Array(4), T0);
    expectBytes(hive.data(value), pattern(16_344 + 13));
    // The same number of segments, but the last has no room: it is allotted anew, nothing is cut.
    hive.setValue(key, 'v', 3, pattern(16_344 + 900), T0);
    expectBytes(hive.data(hive.value(key, 'v')!), pattern(16_344 + 900));
    expect(account(hive.image()).faults).toEqual([]);
  });

  it('big data past 8 MB are read', () => {
    using hive = newHive(5);
    const key = keyOf(hive);
    const data = pattern(9_000_000);
    hive.setValue(key, 'v', 3, data, T0);
    expectBytes(hive.data(hive.value(key, 'v')!), data);
  });

  it('data in one plain cell past 16,344 bytes, as hivex writes them in 1.5, are read; set anew they become big data', () => {
    using old = newHive(3);
    const key = keyOf(old);
    old.setValue(key, 'v', 3, pattern(20_000), T0);
    const patch = new Patch(old.image()).setBase(0x18, 5);
    using hive = HiveHandle.open(engine, patch.image);
    expectBytes(hive.data(hive.value(key, 'v')!), pattern(20_000));
    hive.setValue(key, 'v', 3, pattern(20_001), T0);
    const after = hive.image();
    expect(account(after).faults).toEqual([]);
    expectBytes(hive.data(hive.value(key, 'v')!), pattern(20_001));
  });

  it('zero length with and without a pointer, resident and not, is a value of no bytes and outlives an edit beside it', () => {
    using made = newHive(5);
    const key = keyOf(made);
    for (const name of ['resident', 'nil', 'tombstone']) made.setValue(key, name, 0, new Uint8Array(), T0);
    const patch = new Patch(made.image());
    for (const name of ['nil', 'tombstone']) {
      patch.setU32(made.value(key, name)!, 4, 0).setU32(made.value(key, name)!, 8, 0xffff_ffff);
    }
    patch.setU16(made.value(key, 'tombstone')!, 16, 3);
    using hive = HiveHandle.open(engine, patch.image);
    const cells = hive.valueRecords(key).map(({ id }) => patch.bytes(id, 0, 20).slice());
    hive.setValue(key, 'beside', 1, pattern(30), T0);
    hive.setValue(key, 'beside', 1, pattern(3), T0);
    hive.deleteValue(key, 'beside', T0);
    const after = new Patch(hive.image());
    expect(hive.valueRecords(key).map(({ id }) => after.bytes(id, 0, 20))).toEqual(cells);
    expect(
      hive.valueRecords(key, { data: true }).map((value) => [value.name, value.data?.byteLength, value.flags]),
    ).toEqual([
      ['resident', 0, 1],
      ['nil', 0, 1],
      ['tombstone', 0, 3],
    ]);
    hive.setValue(key, 'nil', 3, pattern(5), T0);
    expectBytes(hive.data(hive.value(key, 'nil')!), pattern(5));
  });

  it('any 32-bit type is kept', () => {
    using hive = newHive(5);
    for (const type of [0, 11, 0x0001_0000, 0x8000_0000, 0xffff_0012, 0xffff_ffff]) {
      const id = hive.setValue(hive.root(), `t${type}`, type, pattern(6), T0);
      expect(hive.valueInfo(id).type).toBe(type);
    }
  });

  it.each([
    ['of at most 16,344 bytes in 1.5', 5, 5, 2000],
    ['of any size in 1.3', 5, 3, 20_000],
  ])('data %s are one cell for both readers, whatever it begins with', (_, minor, shown, sizeBytes) => {
    using made = newHive(minor);
    const key = keyOf(made);
    made.setValue(key, 'v', 3, pattern(20_000), T0);
    const value = made.value(key, 'v')!;
    const patch = new Patch(made.image()).setU32(value, 4, sizeBytes).setBase(0x18, shown);
    using hive = HiveHandle.open(engine, patch.image);
    const isBad = expect.objectContaining({ code: 'BAD_CELL' });
    expect(() => hive.data(value)).toThrow(isBad);
    expect(() => new RegfTree(patch.image, 'X').root.subkeys()[0]!.values()[0]!.data()).toThrow(isBad);
  });

  it('data that lie outside their cell are an error of that value alone', () => {
    using made = newHive(5);
    const key = keyOf(made);
    const bad = made.setValue(key, 'bad', 3, pattern(50), T0);
    made.setValue(key, 'good', 3, pattern(50), T0);
    const patch = new Patch(made.image()).setU32(bad, 4, 5000);
    using hive = HiveHandle.open(engine, patch.image);
    expect(() => hive.data(bad)).toThrow(expect.objectContaining({ code: 'BAD_CELL' }));
    const [first, second] = hive.valueRecords(key, { data: true });
    expect(() => first!.data).toThrow(expect.objectContaining({ code: 'BAD_CELL' }));
    expectBytes(second!.data!, pattern(50));
    // It cannot be replaced either: what its cells are is not known.
    expect(() => hive.setValue(key, 'bad', 3, pattern(5), T0)).toThrow(expect.objectContaining({ code: 'BAD_CELL' }));
    expectBytes(hive.image(), patch.image);
  });
});
