import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { HivemendError } from '../../src/base/errors.ts';
import { DB, NK, VK } from '../../src/regf/layout.ts';
import { recover } from '../../src/regf/logs/recover.ts';
import { type RegfKey, RegfTree } from '../../src/regf/tree.ts';
import { readData } from '../../src/registry/value.ts';
import { isDeep, seedOr } from '../deep.ts';
import { random } from '../fuzz/random.ts';
import { describeShared } from '../shared-hives.ts';
import { NIL, Patient, smallHive, soundHive } from './patient.ts';
import { pointersOf, redirected } from './pointers.ts';

/** Keys, values, and values whose data cannot be read. */
function count(tree: RegfTree): [number, number, number] {
  const counts: [number, number, number] = [0, 0, 0];
  const stack = [tree.root];
  for (let key = stack.pop(); key; key = stack.pop()) {
    counts[0] += 1;
    for (const value of key.values()) {
      counts[1] += 1;
      try {
        value.data();
      } catch (error) {
        expect(error).toBeInstanceOf(HivemendError);
        counts[2] += 1;
      }
    }
    stack.push(...key.subkeys());
  }
  return counts;
}

describe('a sound hive', () => {
  const tree = new RegfTree(soundHive(5), 'X');

  it('is read whole: keys, values, class names, descriptors, big data', () => {
    expect(count(tree)).toEqual([1 + 6 + 5 + 1300 + 600, 5, 0]);
    expect(tree.findings).toEqual([]);
    const alpha = tree.root.subkey('ALPHA')!;
    expect(alpha.path).toEqual(['Alpha']);
    expect(alpha.classBytes).toHaveLength(28);
    expect(alpha.security()).toHaveLength(72);
    expect(tree.root.subkey('big')!.value('DATA')!.data()).toEqual(new Uint8Array(40_000).fill(7));
    expect(tree.root.subkey('Beta')!.subkey('дом')!.name).toBe('Дом');
    expect(tree.root.subkey('none')).toBeNull();
  });
});

describe('a damaged hive', () => {
  it.each([
    ['a subkey list that is gone', (p: Patient) => p.set32(p.key('Key 3'), NK.subkeyList, NIL), 24, 'BAD_SUBKEY_LIST'],
    ['a key that is none', (p: Patient) => p.set16(p.key('Key 3'), 0, 0), 23, 'BAD_SUBKEY'],
    ['a value list past the end', (p: Patient) => p.set32(p.key(), NK.valueList, p.pastTheEnd()), 25, 'BAD_VALUE_LIST'],
    ['a count that is too large', (p: Patient) => p.set32(p.key(), NK.subkeyCount, 99), 25, 'BAD_SUBKEY_COUNT'],
  ])('with %s gives all that is whole, and a finding', (_, cut, keys, code) => {
    const patient = new Patient(smallHive(5));
    cut(patient);
    const tree = new RegfTree(patient.image, 'X');
    expect(count(tree)[0]).toBe(keys);
    expect(tree.findings.map((finding) => finding.code)).toContain(code);
  });

  it('without a root is refused', () => {
    const patient = new Patient(smallHive(5));
    patient.set16(patient.key(), 0, 0);
    expect(() => new RegfTree(patient.image, 'X')).toThrow(expect.objectContaining({ code: 'BAD_CELL' }));
  });
});

describe('a hive in which cells are named twice', () => {
  const image = smallHive(5);
  const pointers = pointersOf(new RegfTree(image, 'X').root);

  function shapeOf(key: RegfKey): string {
    const values = key.values().map((value) => `${value.name} ${value.cellOffset} ${readData(value)?.join(' ')}`);
    return [key.cellOffset, ...values, ...key.subkeys().map(({ cellOffset }) => cellOffset)].join('\n');
  }

  it('shows at each path the same, whatever else was read before', () => {
    let shared = 0;
    const seed = seedOr(Date.now() & 0x7fff_ffff);
    for (let index = 0; index < (isDeep ? 20_000 : 60); index += 1) {
      const changed = redirected(image, pointers, random(seed + index));
      const whole = new RegfTree(changed, 'X');
      if (!whole.isEachOwnedOnce) shared += 1;
      const shapes = new Map<string, string[]>();
      const stack = [whole.root];
      for (let key = stack.pop(); key; key = stack.pop()) {
        const path = key.path.join('\\');
        shapes.set(path, [...(shapes.get(path) ?? []), shapeOf(key)]);
        stack.push(...key.subkeys().toReversed());
      }
      for (const [path, [shape]] of shapes) {
        let key: RegfKey | null = new RegfTree(changed, 'X').root;
        for (const name of path === '' ? [] : path.split('\\')) key = key?.subkey(name) ?? null;
        expect(key && shapeOf(key), `${path}, HIVEMEND_SEED=${seed + index} repeats it as the first`).toBe(shape);
      }
    }
    expect(shared).toBeGreaterThan(10);
  });

  it('is walked once, also where the root stands in a list of its own', () => {
    for (const pointer of pointers.filter(({ kind }) => kind === 'subkey')) {
      const patient = new Patient(image);
      new DataView(patient.image.buffer).setUint32(pointer.fileOffset, patient.key(), true);
      expect(count(new RegfTree(patient.image, 'X'))[0]).toBeLessThan(25);
    }
  });

  it('reads a long class name for one key, and a value with a long name for one', () => {
    const patient = new Patient(smallHive(5));
    const big = patient.u32(patient.u32(patient.u32(patient.value([], 'big'), VK.dataOffset), DB.segmentList), 0);
    for (const name of ['Key 2', 'Key 5']) {
      const key = patient.key(name);
      patient.set16(key, NK.classLength, 2000);
      patient.set32(key, NK.class, big);
      patient.set32(key, NK.valueCount, 1);
      patient.set32(key, NK.valueList, patient.u32(patient.key(name, 'Below'), NK.valueList));
      patient.set32(patient.u32(key, NK.valueList), 0, big + 16);
    }
    const view = patient.cells.view;
    view.setInt32(big + 16, -8000, true);
    patient.set16(big + 16, 0, 0x6b76);
    patient.set16(big + 16, VK.nameLength, 2000);
    for (const names of [
      ['Key 2', 'Key 5'],
      ['Key 5', 'Key 2'],
    ]) {
      const { root } = new RegfTree(patient.image, 'X');
      const keys = new Map(names.map((name) => [name, root.subkey(name)!]));
      const of = (what: (key: RegfKey) => unknown) => ['Key 2', 'Key 5'].map((name) => what(keys.get(name)!));
      expect(of(({ classBytes }) => classBytes?.byteLength)).toEqual([2000, undefined]);
      expect(of((key) => key.values().filter(({ name }) => name.length === 2000).length)).toEqual([1, 0]);
    }
  });

  it('reads a segment for one value, once', () => {
    const patient = new Patient(smallHive(5));
    const list = patient.u32(patient.u32(patient.value([], 'big'), VK.dataOffset), DB.segmentList);
    patient.set32(list, 4, patient.u32(list, 0));
    const { root } = new RegfTree(patient.image, 'X');
    expect(() => root.value('big')!.data()).toThrow(expect.objectContaining({ code: 'BAD_CELL' }));
  });

  it('does not take more memory for a value than the hive has bytes', () => {
    const patient = new Patient(smallHive(5));
    const value = patient.value([], 'big');
    patient.set16(patient.u32(value, VK.dataOffset), DB.segmentCount, 0xffff);
    patient.set32(value, VK.dataSize, 0x3fff_0000);
    const { root } = new RegfTree(patient.image, 'X');
    expect(() => root.value('big')!.data()).toThrow(expect.objectContaining({ code: 'BAD_CELL' }));
  });
});

describeShared('real hives', (folder) => {
  function read(path: string): RegfTree {
    return new RegfTree(recover(path, new Uint8Array(readFileSync(join(folder, path))), []).image, path);
  }

  // Keys as reglookup and regfexport count them; values as our own engine does.
  it.each([
    ['system/win7-x64/SYSTEM', 30_869],
    ['system/win7-x86/SYSTEM', 30_756],
    ['system/xp/SYSTEM', 9629],
    ['odd/ManySubkeysHive', 5003],
    ['odd/nt-hive-testhive', 528],
    ['odd/ez-SECURITYNoRoot', 8],
  ])('%s has %i keys, all whole', (path, keys) => {
    const tree = read(path);
    const [found, , unreadable] = count(tree);
    expect([found, unreadable]).toEqual([keys, 0]);
    expect(tree.findings).toEqual([]);
  });

  // What is lost: the list that two keys share is read for one of them; of the hive that is cut off two keys are left;
  // one of a hundred keys lies in no cell.
  it.each([
    ['BadListHive', 6, ['BAD_SUBKEY_COUNT', 'BAD_SUBKEY_LIST']],
    ['TruncatedHive', 2, ['BAD_SUBKEY_COUNT', 'BAD_SUBKEY_LIST']],
    ['plaso-corrupt-subkey-list', 100, ['BAD_SUBKEY']],
  ])('odd/%s gives %i keys and findings for the rest', (name, keys, codes) => {
    const tree = read(`odd/${name}`);
    expect(count(tree)[0]).toBe(keys);
    expect([...new Set(tree.findings.map((finding) => finding.code))].sort()).toEqual(codes);
  });

  it('every hive of odd/ is read', () => {
    for (const name of readdirSync(join(folder, 'odd'))) expect(count(read(`odd/${name}`))[0], name).toBeGreaterThan(0);
  });
});
