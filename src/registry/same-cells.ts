// What two images have in the same bytes at the same place: an edited hive is its original but for a few pages, and a
// key whose cells all lie in equal pages needs no closer look.

import { BIN_HEADER_SIZE_BYTES, type Cells, NIL } from '../regf/cells.ts';
import { NK, NK_FLAG, RESIDENT, VK } from '../regf/layout.ts';
import { RegfKey } from '../regf/tree.ts';
import type { Hive, Key } from './hive.ts';
import { VerifierHive } from './verifier-hive.ts';

const PAGE_BYTES = 4096;

/** The equal pages of two images that the verifier reads. */
export class SameCells {
  private readonly before: Cells;
  private readonly after: Cells;
  private readonly isEqualPage: Uint8Array;

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
   * The keys are one key in the same bytes, with its class, its security and its values (subkeys are another matter);
   * false where that is not certain.
   */
  isSameKey(before: Key, after: Key): boolean {
    if (!(before instanceof RegfKey && after instanceof RegfKey) || before.cellOffset !== after.cellOffset)
      return false;
    if (before.tree.cells !== this.before || after.tree.cells !== this.after) return false;
    const { before: cells } = this;
    const nk = before.cellOffset;
    if (!this.isSame(nk) || !this.isSameOrNone(cells.u32(nk, NK.security))) return false;
    if (cells.u16(nk, NK.classLength) > 0 && !this.isSameOrNone(cells.u32(nk, NK.class))) return false;
    const valueCount = cells.u32(nk, NK.valueCount);
    if (valueCount === 0 || before.flags & NK_FLAG.predefinedHandle) return true;
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
