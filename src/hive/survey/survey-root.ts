// The root of a damaged hive, where its base block may not be believed.

import { MAX_DEPTH, NK, NK_FLAG } from '../../regf/layout.ts';
import type { CellMap } from './cell-map.ts';
import { keyName, readSubkeyList } from './records.ts';

/** Where the root of nearly every hive lies: the first cell of the first bin. */
export const USUAL_ROOT = 32;

interface RootHint {
  readonly rootCellOffset: number | null;
  readonly isRootKnown: boolean;
}

/** The key that the base block names, or the one that is marked as the root where that one is not. */
export function findRoot(map: CellMap, options: RootHint): number | null {
  const stated = options.rootCellOffset ?? USUAL_ROOT;
  const isKey = keyName(map, stated) !== null;
  if (isKey && (options.isRootKnown || isMarked(map, stated))) return stated;
  for (const cell of map.allocated()) if (keyName(map, cell) !== null && isMarked(map, cell)) return cell;
  return isKey ? topOf(map, stated) : null;
}

/** Up from a key for as long as its parent has it in its list. */
function topOf(map: CellMap, cell: number): number {
  const { cells } = map;
  let top = cell;
  for (let depth = 0; depth < MAX_DEPTH && listsSubkey(map, cells.u32(top, NK.parent), top); depth += 1) {
    top = cells.u32(top, NK.parent);
  }
  return top;
}

function isMarked(map: CellMap, cell: number): boolean {
  return (map.cells.u16(cell, NK.flags) & NK_FLAG.hiveEntry) !== 0;
}

/** Whether the key at `parentCell` has `cell` in its list. */
function listsSubkey(map: CellMap, parentCell: number, cell: number): boolean {
  return keyName(map, parentCell) !== null && new ListedSubkeys(map, () => true).has(parentCell, cell);
}

/** What the lists of keys hold, each read once. */
export class ListedSubkeys {
  private readonly map: CellMap;
  private readonly mayRead: (sizeBytes: number) => boolean;
  private readonly byList = new Map<number, ReadonlySet<number>>();

  /** `mayRead` says whether so many bytes more may be read; where not, a key counts as one without a list. */
  constructor(map: CellMap, mayRead: (sizeBytes: number) => boolean) {
    this.map = map;
    this.mayRead = mayRead;
  }

  has(parentCell: number, cell: number): boolean {
    if (keyName(this.map, parentCell) === null) return false;
    const list = this.map.cells.u32(parentCell, NK.subkeyList);
    let listed = this.byList.get(list);
    if (listed === undefined) {
      const mayRead = (each: number): boolean => this.mayRead(this.map.cells.contentSizeBytes(each));
      listed = new Set(readSubkeyList(this.map, list, mayRead).elements);
      this.byList.set(list, listed);
    }
    return listed.has(cell);
  }
}
