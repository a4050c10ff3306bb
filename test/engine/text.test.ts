// The engine's upper-case table is its own; it must be the verifier's unit for unit.

import { createHash } from 'node:crypto';
import { wasmBytes } from 'hivex-wasm';
import { expect, it } from 'vitest';
import { upcaseUnit } from '../../src/base/text.ts';
import { HiveHandle } from '../../src/engine/handle.ts';
import { Heap } from '../../src/engine/heap.ts';
import { hostWasm } from '../../src/engine/webassembly.ts';
import { validate } from '../../src/regf/gate/validate.ts';
import { engine, newHive, T0 } from './engines.ts';
import { NAMES } from './sequences.ts';

it('upper-cases each of the 65,536 units as the independent table does', () => {
  const heap = Heap.instantiate(new hostWasm.Module(wasmBytes()));
  const wrong: string[] = [];
  const table = new DataView(new ArrayBuffer(2 * 65_536));
  for (let unit = 0; unit < 65_536; unit += 1) {
    const upper = heap.call('hx_read_upcase', unit);
    table.setUint16(2 * unit, upper, true);
    if (upper !== upcaseUnit(unit)) wrong.push(`${unit.toString(16)}: ${upper.toString(16)}`);
  }
  expect(wrong).toEqual([]);
  expect(createHash('sha256').update(new Uint8Array(table.buffer)).digest('hex')).toBe(
    '41c26bc7a12bdaeb26025c93118697c7e3ef81ee048b00fe5cce2a472e0e0742',
  );
});

it('gives a Georgian name the hash and the place that Windows looks for', () => {
  using hive = newHive(5);
  // Mtavruli letters are not the upper case of these for Windows, so both names stand side by side, in this order.
  for (const name of ['\u1c90', '\u10d0', '\u10d1a']) hive.createKey(hive.root(), name, T0);
  const names = hive.subkeyRecords(hive.root()).map(({ id }) => hive.node(id).name);
  expect(names).toEqual(['\u10d0', '\u10d1a', '\u1c90']);
  const image = hive.image();
  const list = new DataView(image.buffer).getUint32(0x1000 + hive.root() + 4 + 0x1c, true);
  const entries = new DataView(image.buffer, 0x1000 + list + 4);
  expect(String.fromCharCode(entries.getUint8(0), entries.getUint8(1))).toBe('lh');
  const hashes = [0, 1, 2].map((i) => entries.getUint32(8 + 8 * i, true));
  expect(hashes).toEqual([0x10d0, 37 * 0x10d1 + 0x41, 0x1c90]);
  expect(validate(image, 'made')).toEqual([]);
});

it('stores names of Latin-1 in one byte a unit and all others in two, and gives them back unit for unit', () => {
  using hive = newHive(5);
  for (const name of NAMES) {
    const key = hive.createKey(hive.root(), name, T0);
    if (hive.node(key).name !== name) continue; // the other case of a name that is there
    hive.setValue(key, name, 1, new Uint8Array([65, 0]), T0);
    const isLatin1 = [...Array(name.length).keys()].every((i) => name.charCodeAt(i) < 256);
    expect([name, (hive.node(key).flags & 0x20) !== 0]).toEqual([name, isLatin1]);
    const value = hive.valueInfo(hive.value(key, name)!);
    expect(value).toMatchObject({ name, flags: isLatin1 ? 1 : 0 });
  }
});

it('keeps and finds names that hold a NUL, and refuses to make one', () => {
  using made = newHive(5);
  const key = made.createKey(made.root(), 'key', T0);
  made.setValue(key, 'axb', 1, new Uint8Array([65, 0]), T0);
  const image = made.image();
  // A NUL where the x is: no program can write it, but there are hives that have it.
  const text = Array.from(image, (byte) => String.fromCharCode(byte)).join('');
  image[text.indexOf('axb') + 1] = 0;
  using hive = HiveHandle.open(engine, image);
  const there = hive.subkey(hive.root(), 'key')!;
  const value = hive.value(there, 'a\0b')!;
  expect(hive.valueInfo(value).name).toBe('a\0b');
  expect(hive.value(there, 'a')).toBeNull();
  hive.setValue(there, 'beside', 4, new Uint8Array(4), T0);
  expect(hive.valueRecords(there).map((record) => record.name)).toEqual(['a\0b', 'beside']);
  hive.setValue(there, 'A\0B', 1, new Uint8Array([66, 0, 66, 0, 0, 0]), T0);
  expect(hive.data(hive.value(there, 'a\0b')!)).toEqual(new Uint8Array([66, 0, 66, 0, 0, 0]));
  expect(() => hive.setValue(there, 'c\0d', 1, new Uint8Array(2), T0)).toThrow(
    expect.objectContaining({ code: 'BAD_VALUE' }),
  );
  hive.deleteValue(there, 'a\0b', T0);
  expect(hive.valueRecords(there).map((record) => record.name)).toEqual(['beside']);
});

it('refuses names that Windows cannot have', () => {
  using hive = newHive(5);
  for (const name of ['', 'a\\b', 'a\0', 'x'.repeat(256)]) {
    expect(() => hive.createKey(hive.root(), name, T0)).toThrow(expect.objectContaining({ code: 'BAD_VALUE' }));
  }
  hive.createKey(hive.root(), 'й'.repeat(255), T0);
  const long = 'ж'.repeat(16_383);
  hive.setValue(hive.root(), long, 4, new Uint8Array(4), T0);
  expect(hive.valueInfo(hive.value(hive.root(), long)!).name).toBe(long);
  expect(() => hive.setValue(hive.root(), `${long}x`, 4, new Uint8Array(4), T0)).toThrow(
    expect.objectContaining({ code: 'BAD_VALUE' }),
  );
});
