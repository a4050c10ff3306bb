// Subkeys that keys say they have and their lists do not lead to: some are found elsewhere, the others are lost.

import { NK } from '../../regf/layout.ts';
import type { CellMap } from './cell-map.ts';
import type { Ledger } from './ledger.ts';
import { pathOf, type ReadKey } from './read-key.ts';

/** Of a key with a name of one character. */
const SMALLEST_KEY_CELL_SIZE_BYTES = 88;

export class MissingSubkeys {
  private readonly map: CellMap;
  private readonly ledger: Ledger;
  private readonly missing = new Map<ReadKey, { readonly count: number; readonly unreadable: readonly number[] }>();

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

  /** `unreadable` are the elements of the key's lists that lead to no key at all; `count` may be 0 or less. */
  note(key: ReadKey, count: number, unreadable: readonly number[]): void {
    if (count > 0) this.missing.set(key, { count, unreadable });
    else for (const cell of unreadable) this.loseElement(key, cell);
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
    for (const [key, { count, unreadable }] of this.missing) {
      for (const cell of unreadable.slice(0, count)) this.loseElement(key, cell);
      if (count > unreadable.length) this.loseCount(key, count - unreadable.length);
    }
  }

  private loseElement(key: ReadKey, cellOffset: number): void {
    this.ledger.lose({ what: 'key', cellOffset, path: pathOf(key), why: `no key can be read at ${cellOffset}` });
  }

  private loseCount(key: ReadKey, missing: number): void {
    const { cells } = this.map;
    // So many would not fit into the hive: the number itself was damaged.
    const isPossible = missing * SMALLEST_KEY_CELL_SIZE_BYTES <= cells.binsSizeBytes;
    const why = `it says ${missing} more subkeys than can be found${isPossible ? '' : ', which cannot be right'}`;
    const count = isPossible ? missing : null;
    const cellOffset = cells.u32(key.cellOffset, NK.subkeyList);
    this.ledger.lose({ what: 'subkeys', cellOffset, path: pathOf(key), count, hex: '', why });
  }
}
