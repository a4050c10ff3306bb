import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { toHex } from '../../src/base/bytes.ts';
import { elementData, encodeElement } from '../../src/bcd/data.ts';
import {
  copyObject,
  createObject,
  deleteElement,
  deleteObject,
  listEdits,
  replaceStore,
  setElement,
} from '../../src/bcd/edits.ts';
import { ELEMENT } from '../../src/bcd/elements/element-numbers.ts';
import { elementKeyName, elementNamed } from '../../src/bcd/elements/elements.ts';
import { BOOTMGR, OBJECT_TYPE } from '../../src/bcd/objects.ts';
import { elementOf, guidsOf, integerOf } from '../../src/bcd/store.ts';
import type { Hive } from '../../src/registry/hive.ts';
import { NOW, openFixture, openReal, openRecovery, REAL_STORES, storeOf } from './stores.ts';

/** Everything in a hive: path and value name to type and bytes; keys alone too. */
function contents(hive: Hive): Map<string, string> {
  const all = new Map<string, string>();
  for (const key of hive.walk()) {
    const path = key.path.join('\\').toLowerCase();
    all.set(path, 'key');
    for (const value of key.values()) all.set(`${path}\\${value.name}`, `${value.type}:${toHex(value.data())}`);
  }
  return all;
}

const LOADER = '{8f1c0e21-7a44-11ea-9b52-000d3a4c9e10}';

describe('setting an element', () => {
  it('writes one value in the bytes that Windows writes', () => {
    const store = storeOf(openFixture('BCD-bios'));
    const edits = setElement(store, store.object(LOADER)!, ELEMENT.ems, elementData.boolean(true));
    const key = { hive: 'BCD', path: ['Objects', LOADER, 'Elements', '260000b0'] };
    expect(edits).toEqual([
      { op: 'create-key', key },
      { op: 'set-value', key, name: 'Element', value: { type: 3, hex: '01' } },
    ]);
  });

  it('leaves a value alone that is right in another stored length', () => {
    const store = storeOf(openRecovery());
    const settings = store.object('{dbgsettings}')!;
    expect(setElement(store, settings, ELEMENT.baudRate, elementData.integer(115_200))).toEqual([]);
    expect(setElement(store, settings, ELEMENT.baudRate, elementData.integer(9600))).toMatchObject([
      { op: 'set-value', value: { type: 3, hex: '8025000000000000' } },
    ]);
  });
});

describe('lists', () => {
  it('are added to, moved within, taken from, and deleted when empty', () => {
    const working = openFixture('BCD-bios');
    const store = storeOf(working);
    const order = (): string[] => guidsOf(store.object(BOOTMGR), ELEMENT.displayOrder);
    const change = (how: 'replace' | 'first' | 'last' | 'remove', ...ids: string[]): number =>
      working.apply(listEdits(store, store.object(BOOTMGR)!, ELEMENT.displayOrder, how, ids), NOW).length;
    const [a, b] = ['{00000000-0000-0000-0000-00000000000a}', '{00000000-0000-0000-0000-00000000000b}'];
    change('last', a);
    change('first', b);
    expect(order()).toEqual([b, LOADER, a]);
    change('first', a);
    expect(order()).toEqual([a, b, LOADER]);
    expect(change('first', a)).toBe(0);
    change('remove', LOADER);
    expect(change('remove', LOADER)).toBe(0);
    change('replace', b);
    expect(order()).toEqual([b]);
    change('remove', b);
    expect(elementOf(store.object(BOOTMGR), ELEMENT.displayOrder)).toBeNull();
  });
});

describe('objects', () => {
  it('are created, copied with all they hold, and deleted with what names them', () => {
    const working = openFixture('BCD-bios');
    const store = storeOf(working);
    const before = contents(working.hive);
    const id = '{11111111-2222-4333-8444-555555555555}';
    working.apply(copyObject(store, store.object(LOADER)!, id, 'A copy'), NOW);
    const copy = store.object(id)!;
    expect(copy.type).toBe(OBJECT_TYPE.osLoader);
    for (const { id: element, data } of store.object(LOADER)!.elements) {
      if (element === ELEMENT.description) continue;
      expect(encodeElement(elementOf(copy, element)!.data)).toEqual(encodeElement(data));
    }
    working.apply(listEdits(store, store.object(BOOTMGR)!, ELEMENT.displayOrder, 'last', [id]), NOW);
    working.apply(deleteObject(store, store.object(id)!, true), NOW);
    expect(contents(working.hive)).toEqual(before);
    working.apply(createObject(store, id, OBJECT_TYPE.osLoader), NOW);
    expect(store.object(id)).toMatchObject({ type: OBJECT_TYPE.osLoader, elements: [] });
    expect(createObject(store, id, OBJECT_TYPE.osLoader)).toEqual([]);
  });
});

describe('deleting', () => {
  it('takes an object’s own references with it, in one edit', () => {
    const working = openFixture('BCD-bios');
    const store = storeOf(working);
    const resume = store.object('{8f1c0e22-7a44-11ea-9b52-000d3a4c9e10}')!;
    working.apply(setElement(store, resume, ELEMENT.recoverySequence, elementData.guids([resume.id])), NOW);
    const edits = deleteObject(store, store.object(resume.id)!, true);
    expect(edits.filter(({ key }) => key.path[1] === resume.id)).toHaveLength(1);
    expect(deleteObject(store, store.object(resume.id)!, false)).toHaveLength(1);
  });
});

describe('importing', () => {
  it('gives one store what the other holds', () => {
    const working = openFixture('BCD-bios');
    const other = openRecovery();
    working.apply(replaceStore(storeOf(working), storeOf(other)), NOW);
    expect(contents(working.hive)).toEqual(contents(other.hive));
    expect(replaceStore(storeOf(working), storeOf(other))).toEqual([]);
  });
});

/** A step of the model: an element of the loader or of the boot manager set to a number, or deleted. */
const NAMES = [
  'timeout',
  'displaybootmenu',
  'bootems',
  'nx',
  'ems',
  'safeboot',
  'description',
  'custom:25000fff',
] as const;
const step = fc.record({
  object: fc.constantFrom(BOOTMGR, LOADER),
  name: fc.constantFrom(...NAMES),
  number: fc.option(fc.bigInt({ min: 0n, max: (1n << 64n) - 1n })),
});

describe('random sets and deletions', () => {
  it('leave what a model says, and everything else byte for byte', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 25 }), (steps) => {
        const working = openFixture('BCD-bios');
        const store = storeOf(working);
        const model = contents(working.hive);
        for (const { object: id, name, number } of steps) {
          const object = store.object(id)!;
          const info = elementNamed(object.type ?? 0, name);
          if (!info) continue;
          const path = `objects\\${id}\\elements\\${elementKeyName(info.id)}`;
          if (number === null) {
            working.apply(deleteElement(store, object, info.id), NOW);
            model.delete(path);
            model.delete(`${path}\\Element`);
            continue;
          }
          const data = {
            boolean: elementData.boolean(number > 5n),
            integer: elementData.integer(number),
            string: elementData.string(`${number}`),
          }[info.format as 'boolean' | 'integer' | 'string'];
          working.apply(setElement(store, object, info.id, data), NOW);
          const { type, hex } = encodeElement(data);
          model.set(path, 'key');
          model.set(`${path}\\Element`, `${type}:${hex}`);
        }
        expect(contents(working.hive)).toEqual(model);
        working.close();
      }),
      { numRuns: 60 },
    );
  });
});

describe.each(REAL_STORES)('the real store %s', (name) => {
  it('keeps every foreign element when one is set and deleted again', () => {
    const working = openReal(name);
    const store = storeOf(working);
    const before = contents(working.hive);
    const lists = [...working.hive.walk()].length;
    for (const object of store.objects()) {
      const data = elementData.integer(77);
      if (elementOf(object, 0x15000fff)) continue;
      working.apply(setElement(store, object, 0x15000fff, data), NOW);
      expect(integerOf(store.object(object.id), 0x15000fff)).toBe(77n);
      working.apply(deleteElement(store, store.object(object.id)!, 0x15000fff), NOW);
    }
    expect(contents(working.hive)).toEqual(before);
    expect([...working.hive.walk()].length).toBe(lists);
  });
});
