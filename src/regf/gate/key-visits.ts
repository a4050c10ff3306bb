// The keys that a walk has reached, as rows of numbers: an object for each key of a hive would cost more than what is
// judged of it.

import type { Cells } from '../cells.ts';
import { nameOf } from '../key-names.ts';

/** What the root is visited as; its path is empty. */
export const ROOT_VISIT = 0;

/** Visits by their number, parents before children. */
export class KeyVisits {
  private readonly cellOffsets: number[] = [];
  private readonly parents: number[] = [];
  private readonly depths: number[] = [];

  /** @returns the number of the visit; the root, whose parent is itself, comes first and lies at depth 1. */
  add(cellOffset: number, parent: number): number {
    this.cellOffsets.push(cellOffset);
    this.depths.push(this.parents.length === 0 ? 1 : this.depths[parent]! + 1);
    return this.parents.push(parent) - 1;
  }

  cellOffset(visit: number): number {
    return this.cellOffsets[visit]!;
  }

  parent(visit: number): number {
    return this.parents[visit]!;
  }

  depth(visit: number): number {
    return this.depths[visit]!;
  }

  /** Names from below the root, with backslashes between them. */
  path(cells: Cells, visit: number): string {
    const names: string[] = [];
    for (let at = visit; at !== ROOT_VISIT; at = this.parents[at]!) names.push(nameOf(cells, this.cellOffsets[at]!));
    return names.reverse().join('\\');
  }
}
