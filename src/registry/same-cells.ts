// What two images have in the same bytes at the same place: an edited hive is its original but for a few pages, and a
// key whose cells all lie in equal pages needs no closer look.

import { BIN_HEADER_SIZE_BYTES, type Cells, NIL } from '../regf/cells.ts';
import { LIST, MAX_DEPTH, NK, NK_FLAG, RESIDENT, SIGNATURE, VK } from '../regf/layout.ts';
import { RegfKey } from '../regf/tree.ts';
import type { Hive, Key } from './hive.ts';
import { VerifierHive } from './verifier-hive.ts';

const PAGE_BYTES = 4096;
/** Of a list that cannot be read whole: no key begins at NIL, so that what names it is not the same. */
const NO_KEY: readonly number[] = [NIL];

/** The equal pages of two images that the verifier reads. */
export class SameCells {
  private readonly before: Cells;
  private readonly after: Cells;
  private readonly isEqualPage: Uint8Array;
  private sameTrees: Uint8Array | null = null;

  private constructor(before: Cells, after: Cells) {
    this.before = before;
    this.after = after;
    const pages = Math.min(before.binsSizeBytes, after.binsSizeBytes) / PAGE_BYTES;
    this.isEqualPage = new Uint8Array(Math.ceil(pages));
    for (let page = 0; page + 1 <= pages; page += 1) this.isEqualPage[page] = this.comparePage(page) ? 1 : 0;
  }

  /** Null where one of the hives has no image to compare. */
  static of(before: Hive, after: Hive): SameCells | null {
    if (!(before instanceof VerifierHive && after instanceof VerifierHive)) return null;
    return before.minorVersion === after.minorVersion ? new SameCells(before.tree.cells, after.tree.cells) : null;
  }

  /**
   * The keys are one key in the same bytes, with all that is below it: whoever reads the one reads the other. False where
   * that is not certain.
   */
  isSameTree(before: Key, after: Key): boolean {
    if (!this.isOnePlace(before, after)) return false;
    this.sameTrees ??= this.findSameTrees(before.tree.root.cellOffset);
    return this.sameTrees[before.cellOffset >>> 3] === 1;
  }

  /**
   * The keys are one key in the same bytes, with its class, its security and its values (subkeys are another matter);
   * false where that is not certain.
   */
  isSameKey(before: Key, after: Key): boolean {
    return this.isOnePlace(before, after) && this.isSameAt(before.cellOffset);
  }

  private isOnePlace(before: Key, after: Key): before is RegfKey {
    return (
      before instanceof RegfKey &&
      after instanceof RegfKey &&
      before.cellOffset === after.cellOffset &&
      before.tree.cells === this.before &&
      after.tree.cells === this.after
    );
  }

  /** For each 8 bytes of the bins: 1 where a key begins that is the same with all below it. */
  private findSameTrees(root: number): Uint8Array {
    const same = new Uint8Array(this.before.binsSizeBytes >> 3);
    const seen = new Uint8Array(same.length);
    const { before: cells } = this;
    const visit = (nk: number, depth: number): boolean => {
      if (!cells.isRecord(nk, SIGNATURE.nk, NK.name) || depth > MAX_DEPTH || seen[nk >>> 3] === 1) return false;
      seen[nk >>> 3] = 1;
      let isSame = this.isSameAt(nk);
      if (cells.u32(nk, NK.subkeyCount) > 0) {
        const leaves = this.leavesOf(cells.u32(nk, NK.subkeyList));
        if (leaves === null) return false;
        for (const leaf of leaves) {
          if (!this.isSame(leaf)) isSame = false;
          // What lies below a key that differs may still be the same.
          for (const subkey of this.elementsOf(leaf)) if (!visit(subkey, depth + 1)) isSame = false;
        }
      }
      if (isSame) same[nk >>> 3] = 1;
      return isSame;
    };
    visit(root, 1);
    return same;
  }

  /** The leaves of a list of subkeys; null where the list itself is not the same, or not a list. */
  private leavesOf(list: number): readonly number[] | null {
    const { before: cells } = this;
    if (!cells.isRecord(list, SIGNATURE.ri, LIST.elements)) return [list];
    if (!this.isSame(list)) return null;
    const count = cells.u16(list, LIST.count);
    if (cells.contentSizeBytes(list) < LIST.elements + 4 * count) return null;
    return Array.from({ length: count }, (_, i) => cells.u32(list, LIST.elements + 4 * i));
  }

  private elementsOf(leaf: number): readonly number[] {
    const { before: cells } = this;
    const sizeBytes = cells.contentSizeBytes(leaf);
    if (sizeBytes < LIST.elements) return NO_KEY;
    const signature = cells.u16(leaf, 0);
    const isHashed = signature === SIGNATURE.lf || signature === SIGNATURE.lh;
    if (!isHashed && signature !== SIGNATURE.li) return NO_KEY;
    const step = isHashed ? 8 : 4;
    const count = cells.u16(leaf, LIST.count);
    if (sizeBytes < LIST.elements + step * count) return NO_KEY;
    const elements: number[] = [];
    for (let i = 0; i < count; i += 1) elements.push(cells.u32(leaf, LIST.elements + step * i));
    return elements;
  }

  private isSameAt(nk: number): boolean {
    const { before: cells } = this;
    if (!this.isSame(nk) || !this.isSameOrNone(cells.u32(nk, NK.security))) return false;
    if (cells.u16(nk, NK.classLength) > 0 && !this.isSameOrNone(cells.u32(nk, NK.class))) return false;
    const valueCount = cells.u32(nk, NK.valueCount);
    if (valueCount === 0 || cells.u16(nk, NK.flags) & NK_FLAG.predefinedHandle) return true;
    const list = cells.u32(nk, NK.valueList);
    if (!this.isSame(list) || cells.contentSizeBytes(list) < 4 * valueCount) return false;
    for (let i = 0; i < valueCount; i += 1) if (!this.isSameValue(cells.u32(list, 4 * i))) return false;
    return true;
  }

  /** Big data, which lie in many cells, are looked at more closely. */
  private isSameValue(vk: number): boolean {
    const { before: cells } = this;
    if (!this.isSame(vk) || cells.contentSizeBytes(vk) < VK.name) return false;
    const size = cells.u32(vk, VK.dataSize);
    if (size >= RESIDENT || size === 0) return true;
    const data = cells.u32(vk, VK.dataOffset);
    return this.isSame(data) && cells.contentSizeBytes(data) >= size;
  }

  private isSameOrNone(cellOffset: number): boolean {
    return cellOffset === NIL || this.isSame(cellOffset);
  }

  /** An allocated cell that lies in equal pages. */
  private isSame(cellOffset: number): boolean {
    const sizeBytes = this.before.contentSizeBytes(cellOffset);
    if (sizeBytes < 0 || cellOffset < BIN_HEADER_SIZE_BYTES) return false;
    const last = Math.floor((cellOffset + 3 + sizeBytes) / PAGE_BYTES);
    for (let page = Math.floor(cellOffset / PAGE_BYTES); page <= last; page += 1) {
      if (this.isEqualPage[page] !== 1) return false;
    }
    return true;
  }

  private comparePage(page: number): boolean {
    const { view: before } = this.before;
    const { view: after } = this.after;
    const end = (page + 1) * PAGE_BYTES;
    for (let at = page * PAGE_BYTES; at < end; at += 4) {
      if (before.getInt32(at, true) !== after.getInt32(at, true)) return false;
    }
    return true;
  }
}
