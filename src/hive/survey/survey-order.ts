// The tree of a survey brought into Windows' order, and counted.

import { compareNames } from '../../base/text.ts';
import { isNameRight } from '../rebuild/subkey-lists.ts';
import type { CellMap } from './cell-map.ts';
import type { Ledger } from './ledger.ts';
import { NO_CELL, pathOf, type ReadKey } from './read-key.ts';

/** Brings subkeys into Windows' order; of two with one name the one stays whose list keeps the right hash of it. */
export function orderTree(map: CellMap, ledger: Ledger, root: ReadKey): void {
  const waiting = [root];
  for (let key = waiting.pop(); key !== undefined; key = waiting.pop()) {
    const kept: ReadKey[] = [];
    for (const subkey of key.subkeys.toSorted((a, b) => compareNames(a.name, b.name))) {
      const last = kept.at(-1);
      if (last === undefined || compareNames(last.name, subkey.name) !== 0) kept.push(subkey);
      else if (isNameRightIn(map, key, last) || !isNameRightIn(map, key, subkey)) drop(ledger, subkey);
      else {
        drop(ledger, last);
        kept[kept.length - 1] = subkey;
      }
    }
    key.subkeys = kept;
    for (const subkey of kept) waiting.push(subkey);
  }
}

function isNameRightIn(map: CellMap, parent: ReadKey, { cellOffset }: ReadKey): boolean {
  return parent.listCells.some((leaf) => isNameRight(map, leaf, cellOffset));
}

function drop(ledger: Ledger, dropped: ReadKey): void {
  const { name, cellOffset } = dropped;
  ledger.lose({ what: 'key', cellOffset, path: pathOf(dropped), name, why: 'another subkey has the same name' });
  ledger.forget(dropped);
}

/** The keys and values of a tree; a root that is lost does not count. */
export function countTree(root: ReadKey): { readonly keyCount: number; readonly valueCount: number } {
  let keyCount = root.cellOffset === NO_CELL ? -1 : 0;
  let valueCount = 0;
  const waiting = [root];
  for (let key = waiting.pop(); key !== undefined; key = waiting.pop()) {
    keyCount += 1;
    valueCount += key.values.length;
    for (const subkey of key.subkeys) waiting.push(subkey);
  }
  return { keyCount, valueCount };
}
