// Keys: the fields that Windows keeps beside the tree, security, and the keys that must not be touched.

import { describe, expect, it } from 'vitest';
import { HiveHandle, type NodeId } from '../../src/engine/handle.ts';
import { validate } from '../../src/regf/gate/validate.ts';
import { account } from './account.ts';
import { descriptor, engine, expectBytes, newHive, pattern, T0 } from './engines.ts';
import { Patch } from './patch.ts';
import { walked } from './walked.ts';

const failsWith = (code: string): unknown => expect.objectContaining({ code });

describe('fields', () => {
  it('creating and deleting stamp the parent, values and class the key, reading nothing', () => {
    using hive = newHive(5);
    const root = hive.root();
    const key = hive.createKey(root, 'key', T0 + 1n);
    expect([hive.node(root).lastWritten, hive.node(key).lastWritten]).toEqual([T0 + 1n, T0 + 1n]);
    expect(hive.createKey(root, 'KEY', T0 + 2n)).toBe(key);
    hive.setValue(key, 'v', 4, new Uint8Array(4), T0 + 3n);
    expect([hive.node(root).lastWritten, hive.node(key).lastWritten]).toEqual([T0 + 1n, T0 + 3n]);
    hive.deleteValue(key, 'V', T0 + 4n);
    expect(hive.node(key).lastWritten).toBe(T0 + 4n);
    hive.setClass(key, new Uint8Array([65, 0]), T0 + 5n);
    expect(hive.node(key).lastWritten).toBe(T0 + 5n);
    hive.setSecurity(key, descriptor(1), T0 + 6n);
    hive.setTime(key, 7n);
    expect(hive.node(key).lastWritten).toBe(7n);
    hive.deleteKey(key, T0 + 8n);
    expect(hive.node(root).lastWritten).toBe(T0 + 8n);
    expect(() => hive.node(key)).toThrow(failsWith('KEY_NOT_FOUND'));
  });

  it('the largest lengths grow with names, classes and data, and are zero again when nothing is left', () => {
    using hive = newHive(5);
    const root = hive.root();
    const key = hive.createKey(root, 'абв', T0);
    hive.setClass(key, new Uint8Array(10), T0);
    hive.setValue(key, 'four', 3, pattern(33), T0);
    hive.setValue(key, 'x', 3, pattern(3), T0);
    const maxima = (): number[] => {
      const patch = new Patch(hive.image());
      return [patch.u16(root, 52), patch.u32(root, 56), patch.u32(key, 60), patch.u32(key, 64)];
    };
    expect(maxima()).toEqual([6, 10, 8, 33]);
    hive.deleteValue(key, 'four', T0);
    expect(maxima()).toEqual([6, 10, 8, 33]);
    hive.deleteValue(key, 'x', T0);
    expect(maxima()).toEqual([6, 10, 0, 0]);
    hive.deleteKey(key, T0);
    expect(maxima().slice(0, 2)).toEqual([0, 0]);
  });

  it('access bits, layer bits, virtualisation and user flags stay through every edit of the key', () => {
    using made = newHive(5);
    const key = made.createKey(made.root(), 'key', T0);
    const patch = new Patch(made.image());
    patch
      .setU16(key, 2, 0x20 | 0x280)
      .setU32(key, 12, 0x0003_0042)
      .setU16(key, 54, 0x5a21)
      .setU32(key, 68, 77);
    using hive = HiveHandle.open(engine, patch.image);
    hive.createKey(key, 'child', T0);
    hive.setValue(key, 'v', 3, pattern(100), T0);
    hive.setClass(key, new Uint8Array([65, 0]), T0);
    const renamed = hive.renameKey(key, 'a much longer name than before, so that the cell moves', T0);
    expect(renamed).not.toBe(key);
    const after = new Patch(hive.image());
    expect([after.u16(renamed, 2), after.u32(renamed, 12), after.u16(renamed, 54), after.u32(renamed, 68)]).toEqual([
      0x2a0, 0x0003_0042, 0x5a21, 77,
    ]);
    expect(after.u32(hive.subkey(renamed, 'child')!, 16)).toBe(renamed);
    expect(account(hive.image()).faults).toEqual([]);
  });

  it('sequence numbers and the stamps of header and first bin are not the engine’s business', () => {
    using hive = newHive(5);
    const before = hive.image();
    for (let i = 0; i < 200; i += 1) hive.setValue(hive.root(), `v${i}`, 3, pattern(100), T0 + 99n);
    const after = hive.image();
    expect(after.subarray(4, 20)).toEqual(before.subarray(4, 20));
    expect(after.subarray(4096 + 20, 4096 + 28)).toEqual(before.subarray(4096 + 20, 4096 + 28));
  });
});

describe('class names', () => {
  it('are set, replaced, removed, and freed with their key', () => {
    using hive = newHive(5);
    const key = hive.createKey(hive.root(), 'key', T0);
    const cells = account(hive.image()).allocatedCells;
    expect(hive.node(key).classBytes).toBeNull();
    hive.setClass(key, pattern(65_534), T0);
    expectBytes(hive.node(key).classBytes!, pattern(65_534));
    hive.setClass(key, pattern(8), T0);
    hive.setClass(key, null, T0);
    expect(account(hive.image()).allocatedCells).toBe(cells);
    hive.setClass(key, pattern(8), T0);
    hive.deleteKey(key, T0);
    expect(account(hive.image()).faults).toEqual([]);
    expect(() => hive.setClass(hive.root(), pattern(3), T0)).toThrow(failsWith('BAD_VALUE'));
    expect(() => hive.setClass(hive.root(), pattern(65_536), T0)).toThrow(failsWith('BAD_VALUE'));
  });
});

describe('security', () => {
  it('is shared by content, counted, and leaves the ring with its last user', () => {
    using hive = newHive(5);
    const keys = ['a', 'b', 'c', 'd'].map((name) => hive.createKey(hive.root(), name, T0));
    const cellOf = (key: number): number => new Patch(hive.image()).u32(key, 44);
    const counts = (key: number): number => new Patch(hive.image()).u32(cellOf(key), 12);
    expect(counts(hive.root())).toBe(5);
    for (const key of keys.slice(0, 3)) hive.setSecurity(key, descriptor(3), T0);
    expect(new Set(keys.slice(0, 3).map(cellOf)).size).toBe(1);
    expect([counts(keys[0]!), counts(hive.root())]).toEqual([3, 2]);
    hive.setSecurity(keys[1]!, descriptor(4), T0);
    expect(hive.security(keys[1]!)).toEqual(descriptor(4));
    expect(account(hive.image()).faults).toEqual([]);
    for (const key of keys) hive.setSecurity(key, descriptor(), T0);
    expect([...new Set(keys.map(cellOf))]).toEqual([cellOf(hive.root())]);
    expect(counts(hive.root())).toBe(5);
    const image = hive.image();
    expect(account(image).faults).toEqual([]);
    expect(validate(image, 'hive')).toEqual([]);
    hive.setSecurity(keys[0]!, descriptor(), T0 + 1n);
    expectBytes(hive.image(), image);
  });

  it('is refused when it is no self-relative descriptor', () => {
    using hive = newHive(5);
    const absolute = descriptor();
    absolute[3] = 0;
    const outside = descriptor();
    outside[4] = 200;
    for (const bytes of [new Uint8Array(), new Uint8Array(19), pattern(40), absolute, outside]) {
      expect(() => hive.setSecurity(hive.root(), bytes, T0)).toThrow(failsWith('BAD_VALUE'));
    }
  });

  it('a broken ring is an error and nothing is written (hivex wrote outside the image)', () => {
    using made = newHive(5);
    const key = made.createKey(made.root(), 'key', T0);
    made.setSecurity(key, descriptor(2), T0);
    const cell = new Patch(made.image()).u32(key, 44);
    for (const offset of [4, 8]) {
      for (const pointer of [0, 0x7fff_fff0, 0xffff_ffff, key]) {
        const patch = new Patch(made.image()).setU32(cell, offset, pointer);
        using hive = HiveHandle.open(engine, patch.image);
        expect(() => hive.deleteKey(key, T0)).toThrow(failsWith('BAD_CELL'));
        expectBytes(hive.image(), patch.image);
      }
    }
    const uncounted = new Patch(made.image()).setU32(cell, 12, 0);
    using hive = HiveHandle.open(engine, uncounted.image);
    expect(() => hive.deleteKey(key, T0)).toThrow(failsWith('BAD_CELL'));
  });
});

describe('renaming', () => {
  it('moves the key to its place, keeps what is below it, and may change only the case', () => {
    for (const minor of [3, 5]) {
      using hive = newHive(minor);
      for (const name of ['b', 'd', 'f']) hive.createKey(hive.root(), name, T0);
      const key = hive.subkey(hive.root(), 'b')!;
      hive.createKey(hive.createKey(key, 'child', T0), 'grandchild', T0);
      hive.setValue(key, 'v', 3, pattern(500), T0);
      const renamed = hive.renameKey(key, 'Ещё длиннее', T0);
      expect(hive.subkeyRecords(hive.root()).map((record) => record.name)).toEqual(['d', 'f', 'Ещё длиннее']);
      expect(hive.subkey(hive.subkey(renamed, 'CHILD')!, 'Grandchild')).not.toBeNull();
      expectBytes(hive.data(hive.value(renamed, 'v')!), pattern(500));
      hive.renameKey(renamed, 'ЕЩЁ ДЛИННЕЕ', T0);
      expect(hive.node(hive.subkey(hive.root(), 'ещё длиннее')!).name).toBe('ЕЩЁ ДЛИННЕЕ');
      expect(() => hive.renameKey(hive.subkey(hive.root(), 'd')!, 'F', T0)).toThrow(failsWith('BAD_VALUE'));
      expect(account(hive.image()).faults).toEqual([]);
    }
  });
});

describe('keys that are not to be touched', () => {
  function withFlag(flag: number): { hive: HiveHandle; key: ReturnType<HiveHandle['root']>; image: Uint8Array } {
    using made = newHive(5);
    const key = made.createKey(made.createKey(made.root(), 'parent', T0), 'key', T0);
    made.setValue(key, 'SymbolicLinkValue', 6, pattern(20), T0);
    const patch = new Patch(made.image()).setU16(key, 2, 0x20 | flag);
    return { hive: HiveHandle.open(engine, patch.image), key, image: patch.image };
  }

  it('no-delete: neither it nor a tree that holds it goes, everything else works', () => {
    const { hive, key, image } = withFlag(0x08);
    expect(() => hive.deleteKey(key, T0)).toThrow(failsWith('PROTECTED_KEY'));
    expect(() => hive.deleteKey(new Patch(image).u32(key, 16) as NodeId, T0)).toThrow(failsWith('PROTECTED_KEY'));
    expect(() => hive.renameKey(key, 'other', T0)).toThrow(failsWith('PROTECTED_KEY'));
    expectBytes(hive.image(), image);
    hive.setValue(key, 'v', 3, pattern(8), T0);
    hive.createKey(key, 'child', T0);
    expect(hive.node(key).flags & 0x08).toBe(0x08);
    hive.close();
  });

  it('symbolic link: what Windows would do to the target is refused, the link itself can be deleted', () => {
    const { hive, key, image } = withFlag(0x10);
    for (const edit of [
      () => hive.setValue(key, 'v', 3, pattern(8), T0),
      () => hive.deleteValue(key, 'SymbolicLinkValue', T0),
      () => hive.createKey(key, 'child', T0),
      () => hive.renameKey(key, 'other', T0),
      () => hive.setClass(key, null, T0),
    ]) {
      expect(edit).toThrow(failsWith('PROTECTED_KEY'));
    }
    expectBytes(hive.image(), image);
    hive.setSecurity(key, descriptor(3), T0);
    hive.setTime(key, T0 + 1n);
    expect(hive.node(key).lastWritten).toBe(T0 + 1n);
    hive.deleteKey(key, T0);
    expect(account(hive.image()).faults).toEqual([]);
    hive.close();
  });

  it('predefined handle: the handle is not a number of values, and it is kept', () => {
    const { hive: plain, key, image } = withFlag(0x40);
    plain.close();
    // As on disk: the count field holds HKEY_LOCAL_MACHINE, and there is no list.
    const patch = new Patch(image.slice()).setU32(key, 36, 0x8000_0002).setU32(key, 40, 0xffff_ffff);
    using hive = HiveHandle.open(engine, patch.image);
    expect(hive.valueRecords(key)).toEqual([]);
    expect(hive.node(key).valueCount).toBe(0);
    expect([...walked(hive)].length).toBeGreaterThan(0);
    for (const edit of [
      () => hive.setValue(key, 'v', 3, pattern(8), T0),
      () => hive.createKey(key, 'child', T0),
      () => hive.deleteKey(key, T0),
      () => hive.renameKey(key, 'other', T0),
    ]) {
      expect(edit).toThrow(failsWith('PROTECTED_KEY'));
    }
    hive.createKey(patch.u32(key, 16) as NodeId, 'beside', T0);
    expect(new Patch(hive.image()).u32(key, 36)).toBe(0x8000_0002);
  });

  it('the root is neither deleted nor renamed', () => {
    using hive = newHive(5);
    expect(() => hive.deleteKey(hive.root(), T0)).toThrow(failsWith('PROTECTED_KEY'));
    expect(() => hive.renameKey(hive.root(), 'other', T0)).toThrow(failsWith('PROTECTED_KEY'));
  });

  it('a layered hive (1.6) is read and not edited', () => {
    using made = newHive(5);
    const key = made.createKey(made.root(), 'key', T0);
    made.setValue(key, 'gone', 0, new Uint8Array(), T0);
    const patch = new Patch(made.image()).setBase(0x18, 6);
    patch.setU16(made.value(key, 'gone')!, 16, 3);
    using hive = HiveHandle.open(engine, patch.image);
    expect(hive.minorVersion).toBe(6);
    expect(hive.valueRecords(key)[0]).toMatchObject({ name: 'gone', flags: 3, sizeBytes: 0 });
    for (const edit of [
      () => hive.setValue(key, 'v', 3, pattern(8), T0),
      () => hive.createKey(key, 'child', T0),
      () => hive.deleteKey(key, T0),
      () => hive.setTime(key, T0),
    ]) {
      expect(edit).toThrow(failsWith('UNSUPPORTED_VERSION'));
    }
    expectBytes(hive.image(), patch.image);
  });

  it('a tree as deep as Windows allows can be made, and no deeper', () => {
    using hive = newHive(5);
    let key = hive.root();
    let depth = 1;
    const deeper = (): void => {
      key = hive.createKey(key, 'd', T0);
      depth += 1;
    };
    while (depth < 600) {
      try {
        deeper();
      } catch (error) {
        expect(error).toEqual(failsWith('LIMIT'));
        break;
      }
    }
    expect(depth).toBe(512);
    expect(validate(hive.image(), 'hive')).toEqual([]);
    expect([...walked(hive)].length).toBeGreaterThan(0);
  });
});
