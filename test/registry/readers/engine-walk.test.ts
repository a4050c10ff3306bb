// A walk of the engine gives what the verifier's does, whenever and in whatever order its keys are asked.

import { expect, it } from 'vitest';
import { toHex } from '../../../src/base/bytes.ts';
import { HiveHandle } from '../../../src/engine/handle.ts';
import type { Key } from '../../../src/registry/hive.ts';
import { openEngineHive } from '../../../src/registry/readers/engine-hive.ts';
import { openVerifierHive } from '../../../src/registry/readers/verifier-hive.ts';
import { descriptor, engine, pattern, T0 } from '../../engine/engines.ts';
import { buildFixture, FIXTURES } from '../../fixture-hives.ts';

/** Values of every size at which data are kept in another way, keys without values, class names, names of two kinds. */
function image(): Uint8Array {
  using hive = HiveHandle.create(engine, { minor: 5, rootName: 'ROOT', security: descriptor(), filetime: T0 });
  const root = hive.root();
  for (const sizeBytes of [0, 1, 4, 5, 48, 49, 1024, 1025, 16_344, 16_345, 40_000]) {
    hive.setValue(root, `of ${sizeBytes}`, 3, pattern(sizeBytes), T0);
  }
  for (const name of ['Alpha', 'Дом', 'Zwölf']) {
    const key = hive.createKey(root, name, T0);
    const below = hive.createKey(hive.createKey(key, 'nothing in it', T0), name, T0);
    hive.setValue(below, name, 1, pattern(12), T0);
    hive.setValue(below, '', 4, pattern(4), T0);
    hive.setClass(below, pattern(8), T0);
  }
  return hive.image();
}

function shown(key: Key): unknown {
  const { name, path, cellOffset, lastWritten, flags, classBytes } = key;
  return { name, path, cellOffset, lastWritten, flags, classBytes: classBytes === null ? null : toHex(classBytes) };
}

const IMAGES = [['made', image()] as const, ...FIXTURES.map((name) => [name, buildFixture(name)] as const)];

it.each(IMAGES)('%s: keys and values as the verifier has them', (_name, bytes) => {
  using handle = HiveHandle.open(engine, bytes);
  const hive = openEngineHive('H', handle, 'primary');
  const expected = [...openVerifierHive('H', bytes, 'H', 'primary').walk()].map((key) => [shown(key), valuesOf(key)]);
  // In the walk, after it, every second key, twice, and with other questions in between.
  const during: unknown[] = [];
  for (const key of hive.walk()) during.push([shown(key), valuesOf(key)]);
  expect(during).toEqual(expected);
  expect([...hive.walk()].map((key) => [shown(key), valuesOf(key)])).toEqual(expected);
  let count = 0;
  for (const key of hive.walk()) {
    if (count % 2 === 0) {
      key.subkeys();
      key.security();
      expect([shown(key), valuesOf(key)]).toEqual(expected[count]);
      expect(valuesOf(key)).toEqual(valuesOf(key));
    }
    count += 1;
  }
  expect(count).toBe(expected.length);
});

function valuesOf(key: Key): unknown[] {
  return key.values().map((value) => [value.name, value.type, value.flags, value.cellOffset, toHex(value.data())]);
}

it('gives each value data of its own', () => {
  using handle = HiveHandle.open(engine, image());
  const hive = openEngineHive('H', handle, 'primary');
  const walk = hive.walk()[Symbol.iterator]();
  const ofWalk = (walk.next().value as Key).values();
  walk.return?.();
  for (const values of [ofWalk, hive.root.values()]) {
    const expected = values.map((value) => toHex(value.data()));
    for (const copy of values.map((value) => value.data())) copy.fill(0xff);
    expect(values.map((value) => toHex(value.data()))).toEqual(expected);
  }
});

it('begins where it is told, ends when it is left, and does not outlive an edit', () => {
  using handle = HiveHandle.open(engine, image());
  const hive = openEngineHive('H', handle, 'primary');
  const from = hive.key(['Alpha'])!;
  expect([...hive.walk(from)].map((key) => key.path.join('\\'))).toEqual([
    'Alpha',
    'Alpha\\nothing in it',
    'Alpha\\nothing in it\\Alpha',
  ]);
  for (const key of hive.walk()) if (key.name === 'Alpha') break;
  const walk = hive.walk()[Symbol.iterator]();
  walk.next();
  handle.createKey(handle.root(), 'new', T0);
  hive.expire();
  expect(() => walk.next()).toThrow('edited');
});
