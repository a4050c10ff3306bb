// Subkeys that keys say they have and their lists do not lead to: some are found elsewhere, the others are lost.

import { NK } from '../../regf/layout.ts';
import type { CellMap } from './cell-map.ts';
import type { Ledger } from './ledger.ts';
import { pathOf, type ReadKey } from './read-key.ts';

/** Of a key with a name of one character. */
const SMALLEST_KEY_CELL_SIZE_BYTES = 88;

interface Missing {
  readonly count: number;
  /** Elements of the key's lists that lead to no key at all. */
  readonly unreadable: readonly number[];
  /** Cells that should be lists of the key and are none. */
  readonly lists: readonly number[];
}

export class MissingSubkeys {
  private readonly map: CellMap;
  private readonly ledger: Ledger;
  private readonly missing = new Map<ReadKey, Missing>();

  /** Keys with a list, or an element of one, that leads nowhere. */
  readonly shortLists: ReadKey[] = [];

  constructor(map: CellMap, ledger: Ledger) {
    this.map = map;
    this.ledger = ledger;
  }

  get isAny(): boolean {
    return this.missing.size > 0;
  }

  /** Also those that are noted while this is walked. */
  keys(): Iterable<ReadKey> {
    return this.missing.keys();
  }

  /** `count` may be 0 or less: then what cannot be read is lost at once. */
  note(key: ReadKey, missing: Missing): void {
    if (missing.unreadable.length > 0 || missing.lists.length > 0) this.shortLists.push(key);
    if (missing.count > 0) {
      this.missing.set(key, missing);
      return;
    }
    for (const cell of missing.unreadable) this.loseElement(key, cell);
    for (const cell of missing.lists) this.loseList(key, cell, null);
  }

  /** One of the subkeys that `parent` misses is there. */
  found(parent: ReadKey): void {
    const missing = this.missing.get(parent);
    if (missing === undefined) return;
    if (missing.count > 1) this.missing.set(parent, { ...missing, count: missing.count - 1 });
    else this.missing.delete(parent);
  }

  /** What is still missing is lost: elements that lead nowhere first, as far as the number goes. */
  report(): void {
    for (const [key, { count, unreadable, lists }] of this.missing) {
      for (const cell of unreadable.slice(0, count)) this.loseElement(key, cell);
      const left = count - unreadable.length;
      if (left <= 0) continue;
      const [list, ...others] = lists;
      if (list === undefined) this.loseCount(key, left);
      else this.loseList(key, list, left);
      for (const other of others) this.loseList(key, other, null);
    }
  }

  private loseElement(key: ReadKey, cellOffset: number): void {
    this.ledger.lose({ what: 'key', cellOffset, path: pathOf(key), why: `no key can be read at ${cellOffset}` });
  }

  /** `missing` subkeys of it cannot be found elsewhere; null: how many is told with another list. */
  private loseList(key: ReadKey, cellOffset: number, missing: number | null): void {
    const why = this.ledger.isClaimed(cellOffset)
      ? `its list of subkeys at ${cellOffset} is another's`
      : `there is no list of subkeys at ${cellOffset}`;
    const told = missing === null ? '' : `, and ${missing} more subkeys than can be found are said to be there`;
    const count = missing !== null && this.isPossible(missing) ? missing : null;
    this.ledger.lose({ what: 'subkeys', cellOffset, path: pathOf(key), count, why: `${why}${told}` });
  }

  /** More would not fit into the hive: the number itself was damaged. */
  private isPossible(missing: number): boolean {
    return missing * SMALLEST_KEY_CELL_SIZE_BYTES <= this.map.cells.binsSizeBytes;
  }

  private loseCount(key: ReadKey, missing: number): void {
    const { cells } = this.map;
    const isPossible = this.isPossible(missing);
    const why = `it says ${missing} more subkeys than can be found${isPossible ? '' : ', which cannot be right'}`;
    const count = isPossible ? missing : null;
    const cellOffset = cells.u32(key.cellOffset, NK.subkeyList);
    this.ledger.lose({ what: 'subkeys', cellOffset, path: pathOf(key), count, hex: '', why });
  }
}
