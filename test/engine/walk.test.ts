// The walk in place: what it reads is compared with other readers elsewhere; here is what can happen to it on its way.

import { describe, expect, it } from 'vitest';
import { HiveHandle, type NodeId } from '../../src/engine/handle.ts';
import { BOTH_BUILDS, debugEngine, engine, newHive, pattern, T0 } from './engines.ts';
import { Patch } from './patch.ts';
import { walked } from './walked.ts';

const badCell = expect.objectContaining({ code: 'BAD_CELL' });

/** Enough records for several batches, with big data among them. */
function made(on = engine): HiveHandle {
  const hive = newHive(5, on);
  for (let i = 0; i < 2000; i += 1) {
    const key = hive.createKey(hive.root(), `key ${i}`, T0);
    hive.setValue(
      key,
      i % 2 === 0 ? `value ${i}` : `\u20ac${i}`,
      3,
      pattern(i % 500 === 0 ? 40_000 + i : i % 9, i),
      T0,
    );
  }
  return hive;
}

describe.each(BOTH_BUILDS)('in the %s build', (_name, build) => {
  it('names, data and big data are the ones that single calls give, whatever is called in between', () => {
    using hive = made(build);
    using cursor = hive.walk(hive.root());
    let values = 0;
    while (cursor.next()) {
      if (cursor.isKey) {
        // The answer of this call lies in memory that may have to grow for it.
        expect(hive.node(cursor.cellOffset as NodeId).name).toBe(cursor.name);
        continue;
      }
      const { bytes, dataAt, dataSizeBytes } = cursor;
      const number = Number(cursor.name.replace(/\D+/, ''));
      expect(cursor.isLatin1).toBe(number % 2 === 0);
      const expected = pattern(number % 500 === 0 ? 40_000 + number : number % 9, number);
      expect(Buffer.compare(bytes.subarray(dataAt, dataAt + dataSizeBytes), expected)).toBe(0);
      values += 1;
    }
    expect(values).toBe(2000);
    expect(cursor.next()).toBe(false);
  });

  it('its views are taken anew when the memory grows', () => {
    using hive = made(build);
    const sizes = (
      hive as unknown as { heap: { sizeBytes: number; withBytes(parts: Uint8Array[], use: () => void): void } }
    ).heap;
    const expected = [...walked(hive)];
    using cursor = hive.walk(hive.root());
    for (const [index, record] of expected.entries()) {
      expect(cursor.next()).toBe(true);
      if (index === 100) {
        const before = sizes.sizeBytes;
        sizes.withBytes([new Uint8Array(before)], () => {});
        expect(sizes.sizeBytes).toBeGreaterThan(before);
      }
      expect([cursor.cellOffset, cursor.name]).toEqual([record.id, record.name]);
    }
    expect(cursor.next()).toBe(false);
  });

  it('two walks do not disturb each other', () => {
    using hive = made(build);
    const [first, second] = [walked(hive), walked(hive)];
    for (const record of first) expect(second.next().value).toEqual(record);
    expect(second.next().done).toBe(true);
  });
});

it('ends with an error at the next batch when the hive is edited', () => {
  for (const edit of [
    (hive: HiveHandle) => hive.setValue(hive.root(), 'v', 3, pattern(9), T0),
    (hive: HiveHandle) => hive.rollback(),
  ]) {
    using hive = made();
    hive.begin();
    using cursor = hive.walk(hive.root());
    expect(cursor.next()).toBe(true);
    edit(hive);
    expect(() => {
      while (cursor.next());
    }).toThrow(expect.objectContaining({ kind: 'InternalError' }));
    expect(cursor.next()).toBe(false);
  }
});

it('frees what it took: at its end, when closed before, when failed, and with its hive', () => {
  const heapOf = (hive: HiveHandle): { call(name: string): number } =>
    (hive as unknown as { heap: { call(name: string): number } }).heap;
  using hive = made(debugEngine);
  const heap = heapOf(hive);
  const uses: (() => void)[] = [
    () => [...walked(hive)],
    () => {
      using cursor = hive.walk(hive.root());
      cursor.next();
      cursor.close();
      cursor.close();
    },
    () => expect(() => hive.walk(4096 as NodeId)).toThrow(expect.objectContaining({ code: 'KEY_NOT_FOUND' })),
  ];
  const before = heap.call('hx_test_heap_bytes');
  for (const use of uses) {
    use();
    expect(heap.call('hx_test_heap_bytes')).toBe(before);
  }
  const first = newHive(5, debugEngine);
  const idle = heapOf(first);
  first.close();
  const empty = idle.call('hx_test_heap_bytes');
  const left = newHive(5, debugEngine);
  expect(heapOf(left)).toBe(idle);
  const cursor = left.walk(left.root());
  cursor.next();
  left.close();
  expect(idle.call('hx_test_heap_bytes')).toBe(empty);
  cursor.close();
});

describe('damage', () => {
  it('data that cannot be read mark their value alone', () => {
    using hive = newHive(5);
    const value = hive.setValue(hive.root(), 'bad', 3, pattern(100), T0);
    hive.setValue(hive.root(), 'good', 3, pattern(10), T0);
    const patch = new Patch(hive.image());
    patch.setU32(value, 8, 0x0fff_fff0);
    using damaged = HiveHandle.open(engine, patch.image);
    const [, bad, good] = [...walked(damaged)];
    expect(bad).toMatchObject({ name: 'bad', data: null, sizeBytes: 100 });
    expect(good).toMatchObject({ name: 'good', data: pattern(10) });
    expect(() => damaged.checkRecords()).toThrow(badCell);
    expect(() => hive.checkRecords()).not.toThrow();
  });

  it('a list with more or fewer keys than stated, or one key twice, is refused', () => {
    using hive = newHive(5);
    for (const name of ['a', 'b', 'c']) hive.createKey(hive.root(), name, T0);
    const root = hive.root();
    const image = hive.image();
    const list = new Patch(image).u32(root, 28);
    const damages: ((patch: Patch) => Patch)[] = [
      (patch) => patch.setU32(root, 20, 2),
      (patch) => patch.setU32(root, 20, 4),
      (patch) => patch.setU16(list, 2, 0),
      (patch) => patch.setU16(list, 2, 0xffff),
      (patch) => patch.setU16(list, 0, 0x6b73),
      (patch) => patch.setU32(list, 4, patch.u32(list, 12)),
      (patch) => patch.setU32(list, 4, list),
      (patch) => patch.setU32(root, 28, root),
    ];
    expect([...walked(hive)].length).toBe(4);
    for (const damage of damages) {
      using damaged = HiveHandle.open(engine, damage(new Patch(image.slice())).image);
      expect(() => [...walked(damaged)]).toThrow(badCell);
      expect(() => damaged.checkRecords()).toThrow(badCell);
    }
  });

  it('an ri that names itself is refused, one under another is read', () => {
    using hive = newHive(5);
    for (let i = 0; i < 1100; i += 1) hive.createKey(hive.root(), `k${i}`, T0);
    const spare = hive.setValue(hive.root(), 'room for a list', 3, new Uint8Array(40), T0);
    const root = hive.root();
    const patch = new Patch(hive.image());
    const list = patch.u32(root, 28);
    const nested = patch.u32(spare, 8);
    patch.setU16(nested, 0, 0x6972).setU16(nested, 2, 1).setU32(nested, 4, list);
    patch.setU32(spare, 4, 0x8000_0000).setU32(root, 28, nested);
    using under = HiveHandle.open(engine, patch.image);
    expect([...walked(under)].length).toBe(1102);
    using itself = HiveHandle.open(engine, patch.setU32(nested, 4, nested).image);
    expect(() => [...walked(itself)]).toThrow(badCell);
  });

  it('data that many values share are not given out without end', () => {
    using hive = newHive(5);
    const big = hive.setValue(hive.root(), 'big', 3, pattern(1_000_000), T0);
    for (let i = 0; i < 1000; i += 1) hive.setValue(hive.root(), `v${i}`, 3, pattern(9), T0);
    const root = hive.root();
    const patch = new Patch(hive.image());
    const list = patch.u32(root, 40);
    for (let i = 0; i < 1001; i += 1) patch.setU32(list, 4 * i, big);
    using shared = HiveHandle.open(engine, patch.image);
    expect(() => [...walked(shared)]).toThrow(badCell);
  });
});
