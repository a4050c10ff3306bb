// Subkey lists: their kinds by version and length, halves under ri, hashes and order for every script, and nothing empty.

import { describe, expect, it } from 'vitest';
import { HiveHandle } from '../../src/engine/handle.ts';
import { account } from './account.ts';
import { engine, expectBytes, newHive, T0 } from './engines.ts';
import { Patch } from './patch.ts';
import { NAMES } from './sequences.ts';

const number = (i: number): string => `k${String(i).padStart(6, '0')}`;

function listOf(hive: HiveHandle): readonly string[] {
  const { faults, lists } = account(hive.image());
  expect(faults).toEqual([]);
  return lists.get('') ?? [];
}

describe('a list that grows', () => {
  it('is lf up to 506 entries in 1.3, li from the 507th, and splits in halves when it would pass 1,012', () => {
    for (const minor of [3, 4]) {
      using hive = newHive(minor);
      const seen: Record<number, readonly string[]> = {};
      for (let i = 1; i <= 1600; i += 1) {
        hive.createKey(hive.root(), number(i), T0);
        if ([1, 506, 507, 1012, 1013, 1518, 1519].includes(i)) seen[i] = listOf(hive);
      }
      expect(seen).toEqual({
        1: ['lf1'],
        506: ['lf506'],
        507: ['li507'],
        1012: ['li1012'],
        1013: ['li506', 'li507'],
        1518: ['li506', 'li1012'],
        1519: ['li506', 'li506', 'li507'],
      });
    }
  });

  it('is lh in 1.5 and splits in halves when it would pass 1,012', () => {
    using hive = newHive(5);
    const seen: Record<number, readonly string[]> = {};
    for (let i = 1; i <= 1013; i += 1) {
      hive.createKey(hive.root(), number(i), T0);
      if ([1, 507, 1012, 1013].includes(i)) seen[i] = listOf(hive);
    }
    expect(seen).toEqual({ 1: ['lh1'], 507: ['lh507'], 1012: ['lh1012'], 1013: ['lh506', 'lh507'] });
  });

  it('has hints of what follows the last character above 255, as Windows has', () => {
    const hintOf = (name: string): readonly number[] => {
      using hive = newHive(3);
      hive.createKey(hive.root(), name, T0);
      const image = Buffer.from(hive.image());
      const leaf = 0x1000 + image.readUInt32LE(0x1000 + hive.root() + 32);
      return [...image.subarray(leaf + 12, leaf + 16)];
    };
    expect(hintOf('abcde')).toEqual([0x61, 0x62, 0x63, 0x64]);
    expect(hintOf('ab')).toEqual([0x61, 0x62, 0, 0]);
    expect(hintOf('abcd\u0100')).toEqual([0x61, 0x62, 0x63, 0x64]);
    // NTUSER.DAT of a Windows 7 has this name and this hint.
    expect(hintOf('txt\uf00d')).toEqual([0, 0, 0, 0]);
    expect(hintOf('a\uf00dbc')).toEqual([0, 0, 0x62, 0x63]);
  });

  it('keeps order and hashes whichever way names arrive', () => {
    for (const minor of [3, 5]) {
      using hive = newHive(minor);
      for (let i = 0; i < 2500; i += 1) hive.createKey(hive.root(), number((i * 1237) % 2500), T0);
      expect(listOf(hive).length).toBeGreaterThan(2);
      expect(hive.subkeyRecords(hive.root()).map((key) => key.name)).toEqual(
        Array.from({ length: 2500 }, (_, i) => number(i)),
      );
    }
  });
});

describe('a list that shrinks', () => {
  it.each([3, 5])('loses its empty leaves and at last itself (1.%i)', (minor) => {
    using hive = newHive(minor);
    for (let i = 0; i < 1600; i += 1) hive.createKey(hive.root(), number(i), T0);
    const full = listOf(hive);
    expect(full.length).toBe(3);
    // The first leaf's entries go, then the last's, then the rest: each leaf disappears with its last entry.
    for (let i = 0; i < 506; i += 1) hive.deleteKey(hive.subkey(hive.root(), number(i))!, T0);
    expect(listOf(hive)).toEqual(full.slice(1));
    for (let i = 1599; i >= 1012; i -= 1) hive.deleteKey(hive.subkey(hive.root(), number(i))!, T0);
    expect(listOf(hive)).toEqual([full[1]]);
    for (let i = 506; i < 1012; i += 1) hive.deleteKey(hive.subkey(hive.root(), number(i))!, T0);
    expect(listOf(hive)).toEqual([]);
    const root = hive.node(hive.root());
    expect(root.subkeyCount).toBe(0);
    hive.createKey(hive.root(), 'again', T0);
    expect(listOf(hive)).toEqual([minor === 5 ? 'lh1' : 'lf1']);
  });
});

it('finds every name in any spelling of its case, and only that', () => {
  for (const minor of [3, 5]) {
    using hive = newHive(minor);
    const ids = new Map(NAMES.map((name) => [name, hive.createKey(hive.root(), name, T0)]));
    for (const [name, id] of ids) expect(hive.subkey(hive.root(), name)).toBe(id);
    // JavaScript would take each of these pairs for one name, or miss that it is one.
    expect(ids.get('é')).toBe(ids.get('É'));
    expect(ids.get('кир')).toBe(ids.get('КИР'));
    expect(ids.get('ᾳ')).toBe(ids.get('ᾼ'));
    expect(ids.get('σ')).toBe(ids.get('Σ'));
    expect(ids.get('ς')).not.toBe(ids.get('Σ'));
    expect(ids.get('ß')).not.toBe(ids.get('ss'));
    expect(ids.get('ı')).not.toBe(ids.get('I'));
    expect(ids.get('ſ')).not.toBe(ids.get('s'));
    expect(ids.get('ß')).not.toBe(ids.get('ẞ'));
    expect(hive.subkey(hive.root(), 'SS3')).toBeNull();
    expect(account(hive.image()).faults).toEqual([]);
  }
});

it('uses an empty leaf that another writer left, and deletes under it', () => {
  using hive = newHive(5);
  hive.createKey(hive.root(), 'only', T0);
  const image = hive.image();
  const view = new DataView(image.buffer);
  const root = 4100 + view.getUint32(0x24, true);
  const leaf = 4100 + view.getUint32(root + 28, true);
  // As hivex deletes an only child: the key freed, the count 0, the list still there with no entry.
  const child = 4096 + view.getUint32(leaf + 4, true);
  view.setInt32(child, -view.getInt32(child, true), true);
  view.setUint16(leaf + 2, 0, true);
  view.setUint32(root + 20, 0, true);
  const security = 4100 + view.getUint32(root + 44, true);
  view.setUint32(security + 12, 1, true);
  using damaged = HiveHandle.open(engine, image);
  expect(damaged.subkeyRecords(damaged.root())).toEqual([]);
  damaged.createKey(damaged.root(), 'new', T0);
  expect(listOf(damaged)).toEqual(['lh1']);
  damaged.deleteKey(damaged.subkey(damaged.root(), 'new')!, T0);
  expect(listOf(damaged)).toEqual([]);
});

it('an ri under an ri, which Windows never writes, is read and not edited', () => {
  using made = newHive(5);
  for (let i = 0; i < 1100; i += 1) made.createKey(made.root(), number(i), T0);
  const spare = made.setValue(made.root(), 'room for a list', 3, new Uint8Array(40), T0);
  const patch = new Patch(made.image());
  const list = patch.u32(made.root(), 28);
  const nested = patch.u32(spare, 8);
  // The key's list is now an ri of one entry, the old ri; the value that lent its cell has no data.
  patch.setU16(nested, 0, 0x6972).setU16(nested, 2, 1).setU32(nested, 4, list);
  patch.setU32(spare, 4, 0x8000_0000).setU32(made.root(), 28, nested);
  using hive = HiveHandle.open(engine, patch.image);
  expect(hive.subkeyRecords(hive.root()).length).toBe(1100);
  expect(() => hive.createKey(hive.root(), 'new', T0)).toThrow(expect.objectContaining({ code: 'BAD_CELL' }));
  expect(() => hive.deleteKey(hive.subkeyRecords(hive.root())[0]!.id, T0)).toThrow(
    expect.objectContaining({ code: 'BAD_CELL' }),
  );
  expectBytes(hive.image(), patch.image);
});

it('a cell whose size is not a multiple of 8 leaves the hive readable and not editable', () => {
  using made = newHive(5);
  const key = made.createKey(made.root(), 'key', T0);
  const patch = new Patch(made.image());
  let free = 32;
  while (patch.cellSize(free) < 0) free -= patch.cellSize(free);
  // The free cell is made two, the first of 12 bytes.
  const size = patch.cellSize(free);
  patch.setCellSize(free, 12).setCellSize(free + 12, size - 12);
  using hive = HiveHandle.open(engine, patch.image);
  expect(hive.node(key).name).toBe('key');
  expect(() => hive.createKey(key, 'new', T0)).toThrow(expect.objectContaining({ code: 'BAD_CELL' }));
});
