// Hostile bytes: whatever a hive holds, the engine answers or throws one of its errors. It does not trap, does not loop,
// and (the build with checked memory says so) touches nothing outside its heap; writes outside the image fail in pages.c.

import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { FormatError, HivemendError } from '../../src/base/errors.ts';
import { HiveHandle, type NodeId, type ValueId } from '../../src/engine/handle.ts';
import type { Engine } from '../../src/engine/module.ts';
import { isDeep, seedOr } from '../deep.ts';
import { describeShared } from '../shared-hives.ts';
import { BOTH_BUILDS, debugEngine, descriptor, engine, newHive, pattern, T0 } from './engines.ts';
import { Patch } from './patch.ts';
import { walked } from './walked.ts';

const seed = seedOr(20_261_122);

function victim(minor: number): Uint8Array {
  using hive = newHive(minor);
  const key = hive.createKey(hive.root(), 'key', T0);
  for (let i = 0; i < 12; i += 1) {
    const child = hive.createKey(key, `child ${i}`, T0);
    hive.setValue(child, 'v', 3, pattern(i * 7), T0);
    hive.setSecurity(child, descriptor(i % 3), T0);
  }
  hive.setClass(key, pattern(12), T0);
  hive.setValue(key, 'big', 3, pattern(33_000), T0);
  hive.setValue(key, '', 1, pattern(60), T0);
  const many = hive.createKey(hive.root(), 'many', T0);
  for (let i = 0; i < 1100; i += 1) hive.createKey(many, `k${i}`, T0);
  return hive.image();
}

function isThrown(use: () => void): boolean {
  try {
    use();
    return false;
  } catch (error) {
    if (!(error instanceof HivemendError) || error.code === 'ENGINE_TRAP') throw error;
    return true;
  }
}

function readWhole(hive: HiveHandle): void {
  for (const record of walked(hive)) {
    if ('data' in record && record.data === null && record.sizeBytes !== 0) throw new FormatError('BAD_CELL', 'data');
  }
}

/** Whatever it says of itself is used for every call there is. */
function useEverything(on: Engine, image: Uint8Array): void {
  const attempt = (use: () => unknown): void => {
    try {
      use();
    } catch (error) {
      if (!(error instanceof HivemendError) || error.code === 'ENGINE_TRAP') throw error;
    }
  };
  attempt(() => {
    using hive = HiveHandle.open(on, image);
    // The check says what a walk finds: a record that cannot be read, or nothing.
    expect(isThrown(() => hive.checkRecords())).toBe(isThrown(() => readWhole(hive)));
    const keys: NodeId[] = [];
    attempt(() => keys.push(hive.root()));
    for (let i = 0; i < keys.length && i < 40; i += 1) {
      const key = keys[i]!;
      attempt(() =>
        keys.push(
          ...hive
            .subkeyRecords(key)
            .slice(0, 30)
            .map(({ id }) => id),
        ),
      );
      attempt(() => hive.node(key));
      attempt(() => hive.security(key));
      attempt(() => hive.subkey(key, 'child 3'));
      let values: ValueId[] = [];
      attempt(() => {
        values = hive
          .valueRecords(key)
          .slice(0, 10)
          .map(({ id }) => id);
      });
      for (const value of values) attempt(() => hive.data(value));
    }
    for (const key of keys.slice(0, 6)) {
      attempt(() => hive.createKey(key, 'child 5x', T0));
      attempt(() => hive.setValue(key, 'big', 3, pattern(17_000), T0));
      attempt(() => hive.setValue(key, 'new', 3, pattern(40), T0));
      attempt(() => hive.deleteValue(key, '', T0));
      attempt(() => hive.setClass(key, pattern(20), T0));
      attempt(() => hive.setSecurity(key, descriptor(4), T0));
      attempt(() => hive.renameKey(key, 'renamed to something longer', T0));
    }
    for (const key of keys.slice(1, 10).reverse()) attempt(() => hive.deleteKey(key, T0));
    hive.image();
  });
}

describe.each(BOTH_BUILDS)('in the %s build', (name, build) => {
  it.each([3, 5])(
    'any damage to a hive of 1.%i is answered or refused',
    { timeout: isDeep ? 3_600_000 : 60_000 },
    (minor) => {
      const image = victim(minor);
      const interesting = fc.constantFrom(
        0,
        1,
        4,
        0x20,
        0x1000,
        0x7fff_ffff,
        0x8000_0000,
        0xffff_ffff,
        0xffff_f000,
        0xffff_e000,
      );
      const damage = fc.record({
        at: fc.oneof(
          { weight: 5, arbitrary: fc.nat(image.byteLength / 4 - 1) },
          { weight: 3, arbitrary: fc.nat(2047) },
        ),
        value: fc.oneof(
          interesting,
          fc.nat(image.byteLength).map((n) => n & ~7),
          fc.nat(0xffff),
        ),
        half: fc.boolean(),
      });
      fc.assert(
        fc.property(fc.array(damage, { minLength: 1, maxLength: 12 }), (places) => {
          const bytes = image.slice();
          const view = new DataView(bytes.buffer);
          for (const { at, value, half } of places) {
            // The header is damaged seldom enough: most of it is judged before anything else is looked at.
            const place = at * 4 < 4096 && !half ? 4096 + at * 4 : at * 4;
            if (half) view.setUint16(place, value & 0xffff, true);
            else view.setUint32(place, value >>> 0, true);
          }
          useEverything(build, new Patch(bytes).setBase(0x2c, 1).image);
        }),
        { numRuns: isDeep ? 10_000 : name === 'debug' ? 120 : 500, seed },
      );
    },
  );

  it('a bin whose size sends a 32-bit sum round is refused (hivex alone would walk for ever)', () => {
    using made = newHive(5);
    for (let i = 0; i < 100; i += 1) made.createKey(made.root(), `k${i}`, T0);
    const patch = new Patch(made.image());
    for (let bin = 0; bin + 4096 < patch.image.byteLength; bin += 4096) {
      for (const size of [0, 0xffff_f000, 0xffff_e000, (0x1_0000_0000 - bin) >>> 0, 0x8000_0000, 4095]) {
        const damaged = new Patch(patch.image.slice()).setU32(bin + 4, 0, size);
        expect(() => HiveHandle.open(build, damaged.image)).toThrow(expect.objectContaining({ code: 'BAD_CELL' }));
      }
    }
  });

  it('keys that are their own ancestors, and lists that many share, end with an error', () => {
    using made = newHive(5);
    const outer = made.createKey(made.root(), 'outer', T0);
    const inner = made.createKey(outer, 'inner', T0);
    const patch = new Patch(made.image());
    patch.setU32(inner, 20, 1).setU32(inner, 28, patch.u32(made.root(), 28));
    using hive = HiveHandle.open(build, patch.image);
    expect(() => [...walked(hive)]).toThrow(expect.objectContaining({ code: 'BAD_CELL' }));
    expect(() => hive.deleteKey(outer, T0)).toThrow(expect.objectContaining({ code: 'BAD_CELL' }));
  });

  it('a root whose name runs past its cell, and past the image, is not exported', () => {
    const root = newHive(5).root();
    const { image } = new Patch(newHive(5).image()).setU16(root, 72, 0xffff);
    using hive = HiveHandle.open(build, image);
    expect(() => hive.root()).toThrow(expect.objectContaining({ code: 'BAD_CELL' }));
    for (const format of ['xml', 'reg', 'jsonl'] as const) {
      expect(() => hive.export(format, new Uint8Array())).toThrow(expect.objectContaining({ code: 'BAD_CELL' }));
    }
  });

  it('a cell number of any kind is no key and no value', () => {
    using hive = newHive(5, build);
    for (const cell of [
      0,
      1,
      0x20 + 1,
      0x24,
      4096,
      8192,
      0x7fff_ffff,
      0x8000_0000,
      0xffff_efff,
      0xffff_f000,
      0xffff_ffff,
      -1,
    ]) {
      const node = cell as NodeId;
      for (const use of [() => hive.node(node), () => hive.subkeyRecords(node), () => hive.createKey(node, 'x', T0)]) {
        expect(use).toThrow(expect.objectContaining({ code: 'KEY_NOT_FOUND' }));
      }
      expect(() => hive.data(cell as ValueId)).toThrow(expect.objectContaining({ code: 'VALUE_NOT_FOUND' }));
    }
  });
});

describe('what is not a hive', () => {
  it.each([
    ['NOT_A_HIVE', new Uint8Array(8192)],
    ['TRUNCATED', new Uint8Array()],
    [
      'TRUNCATED',
      newHive(5)
        .image()
        .subarray(0, 4096 + 100),
    ],
    ['UNSUPPORTED_VERSION', new Patch(newHive(5).image()).setBase(0x18, 2).image],
    ['UNSUPPORTED_VERSION', new Patch(newHive(5).image()).setBase(0x18, 7).image],
    ['UNSUPPORTED_VERSION', new Patch(newHive(5).image()).setBase(0x14, 2).image],
    ['NOT_A_HIVE', new Patch(newHive(5).image()).setBase(0x28, 5000).image],
    ['BAD_CELL', new Patch(newHive(5).image()).setBase(0x24, 0x28).image],
  ])('%s', (code, image) => {
    expect(() => HiveHandle.open(engine, image)).toThrow(expect.objectContaining({ code }));
  });

  it('BAD_CHECKSUM, but for the two sums that Windows stores as others', () => {
    const image = newHive(5).image();
    image[0x1fc] = image[0x1fc]! ^ 1;
    expect(() => HiveHandle.open(engine, image)).toThrow(expect.objectContaining({ code: 'BAD_CHECKSUM' }));
    // The file name is free text: it can bring the sum to 0 or to -1, which Windows stores as 1 and -2.
    for (const [sum, stored] of [
      [0, 1],
      [0xffff_ffff, 0xffff_fffe],
    ] as const) {
      const patch = new Patch(newHive(5).image());
      const view = new DataView(patch.image.buffer);
      view.setUint32(0x30, (view.getUint32(0x1fc, true) ^ sum) >>> 0, true);
      view.setUint32(0x1fc, stored, true);
      using hive = HiveHandle.open(engine, patch.image);
      for (let i = 0; i < 100; i += 1) hive.createKey(hive.root(), `k${i}`, T0);
      HiveHandle.open(engine, hive.image()).close();
    }
  });
});

describeShared('the corpus of real and damaged hives', (folder) => {
  const names = (readdirSync(folder, { recursive: true, encoding: 'utf8' }) as string[]).filter((name) => {
    const path = join(folder, name);
    return (
      statSync(path).isFile() && statSync(path).size < 2_000_000 && !name.endsWith('.tsv') && !name.endsWith('.md')
    );
  });

  it('is used in the build with checked memory, logs and all', { timeout: 120_000 }, () => {
    for (const name of names) useEverything(debugEngine, new Uint8Array(readFileSync(join(folder, name))));
  });
});

describe('handles', () => {
  it('10,000 opens are 10,000 closes, and neither the memory nor the heap in it grows', { timeout: 120_000 }, () => {
    const image = victim(3).slice();
    const heapOf = (hive: HiveHandle): { sizeBytes: number; call(name: string): number } =>
      (hive as unknown as { heap: { sizeBytes: number; call(name: string): number } }).heap;
    for (const build of [engine, debugEngine]) {
      const opens = build === engine ? 10_000 : 500;
      const before = build.counts;
      const first = HiveHandle.open(build, image);
      const heap = heapOf(first);
      first.close();
      const used = build === debugEngine ? heap.call('hx_test_heap_bytes') : 0;
      for (let i = 0; i < opens; i += 1) {
        const hive = HiveHandle.open(build, image);
        hive.subkey(hive.root(), 'many');
        if (i % 100 === 0) hive.setValue(hive.root(), 'v', 3, pattern(9000), T0);
        hive.close();
        hive.close();
      }
      const size = heap.sizeBytes;
      for (let i = 0; i < 20; i += 1) HiveHandle.open(build, image).close();
      expect(heap.sizeBytes).toBe(size);
      expect(size).toBeLessThan(32 * 1024 * 1024);
      if (build === debugEngine) expect(heap.call('hx_test_heap_bytes')).toBe(used);
      const after = build.counts;
      expect(after.opened - before.opened).toBe(opens + 21);
      expect(after.closed - before.closed).toBe(opens + 21);
    }
  });

  it('that are closed say so', () => {
    const hive = newHive(5);
    hive.close();
    for (const use of [() => hive.root(), () => hive.image(), () => hive.begin(), () => hive.minorVersion]) {
      expect(use).toThrow(expect.objectContaining({ kind: 'UsageError', code: 'BAD_ARGUMENT' }));
    }
  });
});
