// A key of a damaged hive that is kept, with what could be read of it.

import type { ReadValue } from './records.ts';

/** A key that is kept. */
export interface ReadKey {
  readonly cellOffset: number;
  readonly name: string;
  /** FILETIME, of a key that stands in no cell; left out: it is made now. */
  readonly lastWritten?: bigint;
  readonly parent: ReadKey | null;
  /** The root is at depth 1. */
  readonly depth: number;
  /** In Windows' order once the survey is made. */
  subkeys: ReadKey[];
  values: ReadValue[];
  readonly classBytes: Uint8Array | null;
  /** Of its own sk record; null where that is lost. */
  readonly descriptor: Uint8Array | null;
  /** The cells of its list of subkeys that are its own. */
  listCells: readonly number[];
  /** Of its list of values, where that is its own. */
  valueListCell: number | null;
  /** Whether its class lies in a cell that another key has too. */
  readonly isClassShared: boolean;
}

export function pathOf(key: ReadKey): string[] {
  const names: string[] = [];
  for (let at = key; at.parent !== null; at = at.parent) names.push(at.name);
  return names.reverse();
}

/** In the place of a cell: of a root that is lost, and of the key that orphans are put below. */
export const NO_CELL = -1;

/** A key that stands in no cell. */
export function emptyKey(parent: ReadKey | null): ReadKey {
  return {
    cellOffset: NO_CELL,
    name: '',
    parent,
    depth: parent === null ? 1 : parent.depth + 1,
    subkeys: [],
    values: [],
    classBytes: null,
    descriptor: null,
    listCells: [],
    valueListCell: null,
    isClassShared: false,
  };
}
