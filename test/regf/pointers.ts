// Where a hive names its cells, and ways to make it name one twice.

import { append } from '../../src/base/lists.ts';
import { LIST, NK, VK } from '../../src/regf/layout.ts';
import type { RegfKey } from '../../src/regf/tree.ts';
import { type Below, pick } from '../fuzz/random.ts';

const BINS_AT = 4096;

/** Four bytes of the hive that name a cell: a key's list of subkeys or values, an element of one, or a value's data. */
export interface Pointer {
  readonly kind: 'subkeys' | 'subkey' | 'values' | 'value' | 'data';
  readonly fileOffset: number;
  /** The key that it is in, or names. */
  readonly path: readonly string[];
}

/** Those of a key and of all below it; lists of subkeys are lists of hashes, without a list of lists. */
export function pointersOf(key: RegfKey): Pointer[] {
  const { cells } = key.tree;
  const pointers: Pointer[] = [];
  const add = (kind: Pointer['kind'], cell: number, field: number, path: readonly string[]): void => {
    pointers.push({ kind, fileOffset: BINS_AT + cell + 4 + field, path });
  };
  const values = key.values();
  if (values.length > 0) add('values', key.cellOffset, NK.valueList, key.path);
  for (const [i, value] of values.entries()) {
    add('value', cells.u32(key.cellOffset, NK.valueList), 4 * i, key.path);
    if (value.sizeBytes > 4) add('data', value.cellOffset, VK.dataOffset, key.path);
  }
  const subkeys = key.subkeys();
  if (subkeys.length > 0) add('subkeys', key.cellOffset, NK.subkeyList, key.path);
  for (const [i, subkey] of subkeys.entries()) {
    add('subkey', cells.u32(key.cellOffset, NK.subkeyList), LIST.elements + 8 * i, subkey.path);
    append(pointers, pointersOf(subkey));
  }
  return pointers;
}

/** The image with one or two pointers set to what another of their kind names; that one may get theirs in exchange. */
export function redirected(image: Uint8Array, pointers: readonly Pointer[], below: Below): Uint8Array {
  const changed = image.slice();
  const view = new DataView(changed.buffer);
  for (let times = 1 + below(2); times > 0; times -= 1) {
    const one = pick(below, pointers);
    const alike = pointers.filter(({ kind }) => kind === one.kind);
    const other = pick(below, alike);
    const cell = view.getUint32(one.fileOffset, true);
    view.setUint32(one.fileOffset, view.getUint32(other.fileOffset, true), true);
    if (below(2) === 0) view.setUint32(other.fileOffset, cell, true);
  }
  return changed;
}
