// A hive with changes laid over it, so that a real one can be broken in one place without writing it anew.

import { compareNames } from '../../../src/base/text.ts';
import type { RegValue } from '../../../src/registry/edit.ts';
import type { Hive, Key, Value } from '../../../src/registry/hive.ts';
import { dword, sz, valueBytes } from '../../../src/registry/value.ts';

/** `value` null: absent; `name` null: the whole key is gone. */
export interface Change {
  readonly path: readonly string[];
  readonly name: string | null;
  readonly value: RegValue | null;
}

const isSame = (a: readonly string[], b: readonly string[]): boolean =>
  a.length === b.length && a.every((name, i) => compareNames(name, b[i]!) === 0);

/** A hive with changes laid over it. */
export function laidOver(hive: Hive, changes: readonly Change[]): Hive {
  const wrap = (key: Key): Key => ({
    name: key.name,
    path: key.path,
    cellOffset: key.cellOffset,
    lastWritten: key.lastWritten,
    flags: key.flags,
    classBytes: key.classBytes,
    subkeys: () =>
      key
        .subkeys()
        .filter((child) => !isGone(child))
        .map(wrap),
    subkey: (name) => {
      const child = key.subkey(name);
      return child && !isGone(child) ? wrap(child) : null;
    },
    values: () => valuesOf(key),
    value: (name) => valuesOf(key).find((value) => compareNames(value.name, name) === 0) ?? null,
    security: () => key.security(),
  });
  const isGone = (key: Key): boolean => changes.some(({ path, name }) => name === null && isSame(path, key.path));
  const valuesOf = (key: Key): readonly Value[] => {
    const mine = changes.filter(({ path, name }) => name !== null && isSame(path, key.path));
    if (mine.length === 0) return key.values();
    const kept = key.values().filter((value) => !mine.some(({ name }) => compareNames(name!, value.name) === 0));
    const set = mine.flatMap(({ name, value }): Value[] =>
      value ? [{ name: name!, type: value.type, cellOffset: 0, flags: 1, data: () => valueBytes(value) }] : [],
    );
    return [...kept, ...set];
  };
  const root = wrap(hive.root);
  const find = (path: readonly string[]): Key | null =>
    path.reduce<Key | null>((key, name) => key?.subkey(name) ?? null, root);
  return {
    ...hive,
    name: hive.name,
    minorVersion: 5,
    view: 'primary',
    reader: 'engine',
    root,
    key: find,
    value: (path, name) => find(path)?.value(name) ?? null,
    walk: () => [root],
  };
}

/** A value of another type than `value`. */
export const ofOtherType = (value: RegValue): RegValue => (value.type === 4 ? sz('text') : dword(7));

/** The items that a seed chooses, in their order; all where there are no more. */
export function sample<T>(items: readonly T[], count: number, seed: number): T[] {
  let state = seed >>> 0;
  const left = items.map((item, i) => ({ item, i }));
  const chosen: { readonly item: T; readonly i: number }[] = [];
  while (chosen.length < count && left.length > 0) {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    chosen.push(...left.splice(state % left.length, 1));
  }
  return chosen.sort((one, other) => one.i - other.i).map(({ item }) => item);
}
