// What a survey notes as it goes: which cells have an owner, what is lost, what was found again.

import { NK, SIGNATURE, SK } from '../../regf/layout.ts';
import type { CellMap } from './cell-map.ts';
import { bytesLeft, type FoundAgain, type Loss } from './losses.ts';
import { pathOf, type ReadKey } from './read-key.ts';
import { keyName } from './records.ts';

export class Ledger {
  readonly losses: Loss[] = [];
  foundAgain: FoundAgain[] = [];
  /** Keys whose lists another key names too: which of the two is right is not known. */
  readonly contested = new Set<ReadKey>();
  private readonly map: CellMap;
  /** Bytes that may still be read for one owner more. */
  private bytesToShare: number;
  private securityCells: ReadonlySet<number> | null = null;
  private readonly claimed = new Set<number>();
  private readonly listOwners = new Map<number, ReadKey>();

  constructor(map: CellMap) {
    this.map = map;
    this.bytesToShare = 2 * map.cells.binsSizeBytes;
  }

  /** Whether a cell holds a key, or the security record of one: a pointer that was damaged must not take it for data. */
  isOfKeys(cell: number): boolean {
    if (keyName(this.map, cell) !== null) return true;
    if (!this.map.isRecord(cell, SIGNATURE.sk, SK.descriptor)) return false;
    this.securityCells ??= new Set(this.securitiesOfKeys());
    return this.securityCells.has(cell);
  }

  private *securitiesOfKeys(): Iterable<number> {
    for (const cell of this.map.allocated()) {
      if (keyName(this.map, cell) !== null) yield this.map.cells.u32(cell, NK.security);
    }
  }

  isClaimed(cell: number): boolean {
    return this.claimed.has(cell);
  }

  /** Takes a cell for one structure; false where another has it. */
  claim(cell: number): boolean {
    if (this.claimed.has(cell)) return false;
    this.claimed.add(cell);
    return true;
  }

  /**
   * Whether so many bytes that have an owner may be read for one more. What two owners share both may keep; without an end a
   * small hive, all of whose keys name one list, would take longer than anybody waits.
   */
  mayShare(sizeBytes: number): boolean {
    this.bytesToShare -= Math.max(0, sizeBytes);
    return this.bytesToShare >= 0;
  }

  /** As claim, of a list; a second claim makes the first one doubtful. */
  claimList(cell: number, key: ReadKey): boolean {
    if (this.claim(cell)) {
      this.listOwners.set(cell, key);
      return true;
    }
    const owner = this.listOwners.get(cell);
    if (owner !== undefined) this.contested.add(owner);
    return false;
  }

  /** `hex` is what the cell still holds, unless the loss says otherwise. */
  lose(loss: Partial<Loss> & Pick<Loss, 'what' | 'cellOffset' | 'path' | 'why'>): void {
    const bytes = loss.cellOffset === null ? null : this.map.cells.content(loss.cellOffset);
    this.losses.push({ how: 'dropped', name: null, count: null, hex: bytesLeft(bytes), ...loss });
  }

  again(cellOffset: number, path: readonly string[], why: string): void {
    this.foundAgain.push({ cellOffset, path, why });
  }

  /** Of a key that is dropped after all, with all below it, nothing was found again. */
  forget(dropped: ReadKey): void {
    const cells = new Set<number>();
    const waiting = [dropped];
    for (let key = waiting.pop(); key !== undefined; key = waiting.pop()) {
      this.contested.delete(key);
      cells.add(key.cellOffset).add(this.map.cells.u32(key.cellOffset, NK.valueList));
      for (const { cellOffset } of key.values) cells.add(cellOffset);
      for (const subkey of key.subkeys) waiting.push(subkey);
    }
    const path = pathOf(dropped);
    const isBelow = (other: readonly string[]): boolean => path.every((name, depth) => other[depth] === name);
    this.foundAgain = this.foundAgain.filter((found) => !cells.has(found.cellOffset) || !isBelow(found.path));
  }
}
