// Where hundreds of keys name one large list, or values one large cell of data, what they share is not read for each of
// them: a hive of a megabyte would take hours, and become one of gigabytes.

import { expect, it } from 'vitest';
import { rebuildImage } from '../../../src/hive/rebuild/rebuild.ts';
import { LIST, NK, SIGNATURE, VK } from '../../../src/regf/layout.ts';
import { RegfTree } from '../../../src/regf/tree.ts';
import { newHive, pattern, T0 } from '../../engine/engines.ts';
import { Patch } from '../../engine/patch.ts';
import { fixtureEngine } from '../../fixture-hives.ts';

const OPTIONS = { file: 'HIVE', orphans: false, isSecret: false, filetime: 133_537_680_000_000_000n };
const KEYS = 200;
const ELEMENTS = 20_000;

/** Keys with a value each, and a cell that has room for a list of many elements; `share` makes them name it. */
function rebuilt(share: (patch: Patch, keys: readonly number[], large: number, first: number) => void) {
  using hive = newHive(3);
  const many = hive.createKey(hive.root(), 'Many', T0);
  const keys = Array.from({ length: KEYS }, (_, i) => hive.createKey(many, `Key ${i}`, T0));
  for (const key of keys) hive.setValue(key, 'value', 3, pattern(8), T0);
  hive.setValue(keys[0]!, 'n'.repeat(16_000), 3, pattern(8), T0);
  const large = hive.setValue(hive.root(), 'large', 3, new Uint8Array(LIST.elements + 4 * ELEMENTS), T0);
  hive.createKey(keys[0]!, 'below', T0);
  const patch = new Patch(hive.image().slice());
  share(patch, keys, patch.u32(large, VK.dataOffset), keys[0]!);
  return rebuildImage(fixtureEngine(), patch.image, OPTIONS);
}

it('a list of lists', () => {
  const { losses, image } = rebuilt((patch, keys, large, first) => {
    patch.setU16(large, 0, SIGNATURE.ri).setU16(large, LIST.count, ELEMENTS);
    const leaf = patch.u32(first, NK.subkeyList);
    for (let i = 0; i < ELEMENTS; i += 1) patch.setU32(large, LIST.elements + 4 * i, leaf);
    for (const key of keys.slice(1)) patch.setU32(key, NK.subkeyCount, 1).setU32(key, NK.subkeyList, large);
  });
  expect(losses.filter(({ why }) => / is another's/.test(why)).length).toBeGreaterThan(KEYS - 10);
  expect(image.byteLength).toBeLessThan(1 << 20);
});

it('a list of values', () => {
  const { losses, image } = rebuilt((patch, keys, large, first) => {
    const value = patch.u32(patch.u32(first, NK.valueList), 0);
    for (let i = 0; i < ELEMENTS; i += 1) patch.setU32(large, 4 * i, value);
    for (const key of keys.slice(1)) patch.setU32(key, NK.valueCount, ELEMENTS).setU32(key, NK.valueList, large);
  });
  expect(losses.filter(({ what, why }) => what === 'values' && / is another's/.test(why)).length).toBeGreaterThan(
    KEYS - 10,
  );
  expect(image.byteLength).toBeLessThan(1 << 20);
});

it('data', () => {
  const { losses, image } = rebuilt((patch, keys, large) => {
    for (const key of keys) {
      const value = patch.u32(patch.u32(key, NK.valueList), 0);
      patch.setU32(value, VK.dataSize, 4 * ELEMENTS).setU32(value, VK.dataOffset, large);
    }
  });
  expect(losses.filter(({ what, why }) => what === 'values' && / is another's/.test(why)).length).toBeGreaterThan(
    KEYS - 10,
  );
  expect(image.byteLength).toBeLessThan(2 << 20);
});

it('a class name', () => {
  const { losses, image } = rebuilt((patch, keys, large) => {
    for (const key of keys) patch.setU16(key, NK.classLength, 60_000).setU32(key, NK.class, large);
  });
  expect(losses.filter(({ what, why }) => what === 'class' && / is another's/.test(why)).length).toBeGreaterThan(
    KEYS - 20,
  );
  expect(image.byteLength).toBeLessThan(2 << 20);
});

it('a value with a long name', () => {
  const { losses, image } = rebuilt((patch, keys, _, first) => {
    const value = patch.u32(patch.u32(first, NK.valueList), 1 * 4);
    for (const key of keys.slice(1)) patch.setU32(patch.u32(key, NK.valueList), 0, value);
  });
  expect(losses.filter(({ what, why }) => what === 'values' && / is another's/.test(why)).length).toBeGreaterThan(
    KEYS - 50,
  );
  expect(image.byteLength).toBeLessThan(2 << 20);
});

it.each([
  [
    'data',
    (patch: Patch, key: number, cell: number) =>
      patch.setU32(patch.u32(patch.u32(key, NK.valueList), 0), VK.dataOffset, cell),
  ],
  [
    'a class',
    (patch: Patch, key: number, cell: number) => patch.setU16(key, NK.classLength, 8).setU32(key, NK.class, cell),
  ],
  ['a list of values', (patch: Patch, key: number, cell: number) => patch.setU32(key, NK.valueList, cell)],
] as const)('the security record of all keys, named as %s, stays theirs', (_, name) => {
  const { image } = rebuilt((patch, keys) => {
    name(patch, keys[5]!, patch.u32(keys[5]!, NK.security));
    // Something to rebuild for.
    patch.setU32(keys[9]!, NK.parent, 8);
  });
  const many = new RegfTree(image, 'HIVE').root.subkey('Many')!;
  expect(many.subkeys().filter((key) => key.security() === null)).toEqual([]);
});

it('data that two values have are both their own afterwards', () => {
  const { losses, image } = rebuilt((patch, keys, large) => {
    for (const key of keys.slice(0, 2)) {
      const value = patch.u32(patch.u32(key, NK.valueList), 0);
      patch.setU32(value, VK.dataSize, 4 * ELEMENTS).setU32(value, VK.dataOffset, large);
    }
  });
  expect(losses).toEqual([]);
  const many = new RegfTree(image, 'HIVE').root.subkey('Many')!;
  for (const name of ['Key 0', 'Key 1']) {
    expect(many.subkey(name)!.value('value')!.data()).toEqual(new Uint8Array(4 * ELEMENTS));
  }
});
