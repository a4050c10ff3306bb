// Whether what a reader finds depends on the order in which it reads: it does where two owners name one cell.

import { type Cells, wordOf } from '../../regf/cells.ts';
import { LIST, MAX_DEPTH, MAX_SHARED_SIZE_BYTES, NK, NK_FLAG, SIGNATURE, VK } from '../../regf/layout.ts';

const KEY_WORD = {
  flags: wordOf(0),
  subkeyCount: wordOf(NK.subkeyCount),
  subkeyList: wordOf(NK.subkeyList),
  valueCount: wordOf(NK.valueCount),
  valueList: wordOf(NK.valueList),
} as const;
const VALUE_WORD = { dataSize: wordOf(VK.dataSize), dataOffset: wordOf(VK.dataOffset) } as const;
const LIST_WORD = { signatureAndCount: wordOf(0), elements: wordOf(LIST.elements) } as const;
/** The first word of a cell's content. */
const CONTENT = wordOf(0);

/**
 * Every key, list and cell of large data below `root` has one owner, as RegfTree's `claim` counts them. Where one has two,
 * the first that is read keeps it: a reader that passes parts by finds other keys than one that reads all.
 */
export function isEachOwnedOnce(cells: Cells, root: number): boolean {
  return new Owners(cells).walk(root);
}

class Owners {
  private readonly cells: Cells;
  private readonly words: Int32Array;
  /** For each 8 bytes of the bins: 1 + the owner of the cell that begins there. */
  private readonly owners: Uint32Array;
  private isOwnedOnce = true;

  constructor(cells: Cells) {
    this.cells = cells;
    this.words = cells.words;
    this.owners = new Uint32Array(cells.binsSizeBytes >> 3);
  }

  walk(root: number): boolean {
    this.claim(root, root);
    this.key(root, 1);
    return this.isOwnedOnce;
  }

  /** @returns whether the cell is read for this owner for the first time. */
  private claim(cell: number, owner: number): boolean {
    const known = this.owners[cell >>> 3];
    if (known === 0) this.owners[cell >>> 3] = owner + 1;
    else if (known !== owner + 1) this.isOwnedOnce = false;
    return known === 0;
  }

  private key(nk: number, depth: number): void {
    const { words } = this;
    const word = nk >> 2;
    if (words[word + KEY_WORD.valueCount] !== 0) this.values(nk);
    if (depth >= MAX_DEPTH || words[word + KEY_WORD.subkeyCount] === 0) return;
    const list = words[word + KEY_WORD.subkeyList]!;
    if (!this.cells.isRecord(list, SIGNATURE.ri, LIST.elements)) {
      this.leaf(list, nk, depth);
      return;
    }
    const first = (list >> 2) + LIST_WORD.elements;
    const end = first + this.count(list, 4);
    for (let at = first; at < end; at += 1) this.leaf(words[at]!, nk, depth);
  }

  private leaf(leaf: number, nk: number, depth: number): void {
    const { cells, words } = this;
    const isHashed =
      cells.isRecord(leaf, SIGNATURE.lf, LIST.elements) || cells.isRecord(leaf, SIGNATURE.lh, LIST.elements);
    if (!isHashed && !cells.isRecord(leaf, SIGNATURE.li, LIST.elements)) return;
    if (!this.claim(leaf, nk)) return;
    const step = isHashed ? 2 : 1;
    const first = (leaf >> 2) + LIST_WORD.elements;
    const end = first + step * this.count(leaf, 4 * step);
    for (let at = first; at < end && this.isOwnedOnce; at += step) {
      const subkey = words[at]!;
      if (this.isKey(subkey) && this.claim(subkey, nk)) this.key(subkey, depth + 1);
    }
  }

  private isKey(nk: number): boolean {
    const { cells } = this;
    if (!cells.isRecord(nk, SIGNATURE.nk, NK.name)) return false;
    return NK.name + cells.u16(nk, NK.nameLength) <= cells.contentSizeBytes(nk);
  }

  private values(nk: number): void {
    const { cells, words } = this;
    if ((words[(nk >> 2) + KEY_WORD.flags]! >>> 16) & NK_FLAG.predefinedHandle) return;
    const list = words[(nk >> 2) + KEY_WORD.valueList]!;
    const room = cells.contentSizeBytes(list) >> 2;
    const count = Math.min(words[(nk >> 2) + KEY_WORD.valueCount]! >>> 0, room);
    if (count <= 0) return;
    this.claim(list, nk);
    const first = (list >> 2) + CONTENT;
    for (let at = first; at < first + count; at += 1) {
      const vk = words[at]!;
      if (!cells.isRecord(vk, SIGNATURE.vk, VK.name)) continue;
      // A size with the top bit set says that the data are resident.
      if (words[(vk >> 2) + VALUE_WORD.dataSize]! <= MAX_SHARED_SIZE_BYTES) continue;
      const data = words[(vk >> 2) + VALUE_WORD.dataOffset]!;
      if (cells.contentSizeBytes(data) >= 0) this.claim(data, vk);
    }
  }

  /** The elements that a list holds, at most as many as it has room for. */
  private count(list: number, elementSizeBytes: number): number {
    const room = Math.floor((this.cells.contentSizeBytes(list) - LIST.elements) / elementSizeBytes);
    return Math.min(this.words[(list >> 2) + LIST_WORD.signatureAndCount]! >>> 16, room);
  }
}
