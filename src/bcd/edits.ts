// What changes a store, as edits of its hive. Each function gives [] where the store is as it is asked to be.

import { append } from '../base/lists.ts';
import type { HiveEdit, KeyPath } from '../registry/edit.ts';
import type { Key } from '../registry/hive.ts';
import { dword, readRegValue } from '../registry/value.ts';
import type { ElementData } from './data.ts';
import { elementData, encodeElement, meansSame } from './data.ts';
import { ELEMENT } from './elements/element-numbers.ts';
import { elementKeyName } from './elements/elements.ts';
import { BOOTMGR } from './objects.ts';
import type { BcdObject, BcdStore } from './store.ts';
import { elementOf, guidsOf } from './store.ts';

function keyPath(store: BcdStore, ...names: readonly string[]): KeyPath {
  return { hive: store.hive.name, path: ['Objects', ...names] };
}

/** The element's key as it is stored, or as Windows would name it. */
function elementPath(store: BcdStore, object: BcdObject, id: number): KeyPath {
  const name = elementKeyName(id);
  const stored = store.hive.key(['Objects', object.keyName, 'Elements', name]);
  return keyPath(store, object.keyName, 'Elements', stored?.name ?? name);
}

/** Sets an element; one that means the same already, in whatever length it is stored, stays. */
export function setElement(store: BcdStore, object: BcdObject, id: number, data: ElementData): HiveEdit[] {
  const present = elementOf(object, id);
  if (present && meansSame(present.data, data)) return [];
  const key = elementPath(store, object, id);
  const write: HiveEdit = { op: 'set-value', key, name: 'Element', value: encodeElement(data) };
  return store.hive.key(key.path) ? [write] : [{ op: 'create-key', key }, write];
}

export function deleteElement(store: BcdStore, object: BcdObject, id: number): HiveEdit[] {
  const key = elementPath(store, object, id);
  return store.hive.key(key.path) ? [{ op: 'delete-key', key }] : [];
}

/** Creates an empty object; `id` in lower case and braces. [] where it exists. */
export function createObject(store: BcdStore, id: string, type: number): HiveEdit[] {
  if (store.hive.key(['Objects', id])) return [];
  const description = keyPath(store, id, 'Description');
  return [
    { op: 'create-key', key: description },
    { op: 'set-value', key: description, name: 'Type', value: dword(type) },
    { op: 'create-key', key: keyPath(store, id, 'Elements') },
  ];
}

/** The object as it will be after createObject, so that its elements can be planned in the same breath. */
export function emptyObject(id: string, type: number): BcdObject {
  return { id, keyName: id, alias: null, type, elements: [] };
}

/** A new object `id` with everything that `from` has, and `description` in place of its own. */
export function copyObject(store: BcdStore, from: BcdObject, id: string, description: string): HiveEdit[] {
  const source = store.hive.key(['Objects', from.keyName]);
  if (!source) return [];
  const edits = [...copyTree(store, source, keyPath(store, id))];
  const key = keyPath(store, id, 'Elements', elementKeyName(ELEMENT.description));
  edits.push({ op: 'create-key', key });
  edits.push({ op: 'set-value', key, name: 'Element', value: encodeElement(elementData.string(description)) });
  return edits;
}

function* copyTree(store: BcdStore, from: Key, to: KeyPath): Generator<HiveEdit> {
  yield { op: 'create-key', key: to };
  for (const value of from.values()) yield { op: 'set-value', key: to, name: value.name, value: readRegValue(value) };
  for (const subkey of from.subkeys()) yield* copyTree(store, subkey, { ...to, path: [...to.path, subkey.name] });
}

/** Deletes an object; with `cleanup` also what refers to it in every other object. */
export function deleteObject(store: BcdStore, object: BcdObject, cleanup: boolean): HiveEdit[] {
  const edits: HiveEdit[] = [];
  for (const other of cleanup ? store.objects() : []) {
    if (other.id === object.id) continue;
    for (const { id, data } of other.elements) {
      if (data.format === 'guid' && data.value.toLowerCase() === object.id)
        append(edits, deleteElement(store, other, id));
      if (data.format === 'guid-list') append(edits, listEdits(store, other, id, 'remove', [object.id]));
    }
  }
  return [...edits, { op: 'delete-key', key: keyPath(store, object.keyName) }];
}

/** How a list of entries is changed; 'replace' gives the whole list. */
export type ListChange = 'replace' | 'first' | 'last' | 'remove';

/** Changes a GUID list element; entries that move keep one place, and a list that becomes empty is deleted. */
export function listEdits(
  store: BcdStore,
  object: BcdObject,
  id: number,
  change: ListChange,
  entries: readonly string[],
): HiveEdit[] {
  const present = guidsOf(object, id);
  const rest = present.filter((guid) => !entries.includes(guid));
  const wanted = {
    replace: () => [...entries],
    first: () => [...entries, ...rest],
    last: () => [...rest, ...entries],
    remove: () => rest,
  }[change]();
  if (change === 'remove' && wanted.length === present.length) return [];
  return wanted.length === 0
    ? deleteElement(store, object, id)
    : setElement(store, object, id, elementData.guids(wanted));
}

/** Lets {bootmgr}'s default name `id`; the boot manager must exist. */
export function setDefault(store: BcdStore, id: string): HiveEdit[] {
  const bootManager = store.object(BOOTMGR);
  return bootManager ? setElement(store, bootManager, ELEMENT.default, elementData.guid(id)) : [];
}

/**
 * Edits that give the store everything that `other` has and nothing else, for /import: keys and values below the root,
 * and not class names or security.
 */
export function replaceStore(store: BcdStore, other: BcdStore): HiveEdit[] {
  return [...replaceTree(store.hive.name, store.hive.root, other.hive.root, [])];
}

function* replaceTree(hive: string, present: Key | null, wanted: Key, path: readonly string[]): Generator<HiveEdit> {
  const key = { hive, path };
  if (!present) yield { op: 'create-key', key };
  for (const value of present?.values() ?? []) {
    if (!wanted.value(value.name)) yield { op: 'delete-value', key, name: value.name };
  }
  for (const value of wanted.values()) {
    const before = present?.value(value.name);
    const after = readRegValue(value);
    if (before && readRegValue(before).hex === after.hex && before.type === after.type) continue;
    yield { op: 'set-value', key, name: value.name, value: after };
  }
  for (const subkey of present?.subkeys() ?? []) {
    if (!wanted.subkey(subkey.name)) yield { op: 'delete-key', key: { hive, path: [...path, subkey.name] } };
  }
  for (const subkey of wanted.subkeys()) {
    yield* replaceTree(hive, present?.subkey(subkey.name) ?? null, subkey, [...path, subkey.name]);
  }
}
