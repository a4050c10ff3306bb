// Whether what a reader finds depends on the order in which it reads: it does where two owners name one cell.

import { BIN_HEADER_SIZE_BYTES, type Cells } from './cells.ts';
import {
  DB,
  LIST,
  MAX_DEPTH,
  MAX_SHARED_NAME_SIZE_BYTES,
  MAX_SHARED_SIZE_BYTES,
  NK,
  NK_FLAG,
  SIGNATURE,
  VK,
} from './layout.ts';
import { WORDS } from './words.ts';

const { key: KEY_WORD, value: VALUE_WORD, list: LIST_WORD, content: CONTENT } = WORDS;
/** What is asked of every cell, had once: what another file exports may stand behind a getter. */
const FIRST_CELL = BIN_HEADER_SIZE_BYTES;
const KEY = SIGNATURE.nk;
const KEY_NAME = NK.name;
const LI = SIGNATURE.li;
const LF = SIGNATURE.lf;
const LH = SIGNATURE.lh;
const RI = SIGNATURE.ri;
const ELEMENTS = LIST.elements;
const DEEPEST = MAX_DEPTH;
const LONG_NAME = MAX_SHARED_NAME_SIZE_BYTES;
const LARGE_DATA = MAX_SHARED_SIZE_BYTES;
const PREDEFINED = NK_FLAG.predefinedHandle;

/**
 * Every key, list and cell of large names and data below `root` is named once. Where one is named twice, RegfTree has to
 * settle whose it is before anything is read: else the first that is read would keep it, and a reader that passes parts by
 * would find other keys than one that reads all. Whoever looks up one key pays for this walk, so that it goes over words.
 */
export function isEachOwnedOnce(cells: Cells, root: number): boolean {
  return new Owners(cells).walk(root);
}

class Owners {
  private readonly cells: Cells;
  private readonly words: Int32Array;
  private readonly binsSizeBytes: number;
  /** For each 8 bytes of the bins: 1 where the cell that begins there was named. */
  private readonly named: Uint8Array;
  private isOwnedOnce = true;

  constructor(cells: Cells) {
    this.cells = cells;
    this.words = cells.words;
    this.binsSizeBytes = cells.binsSizeBytes;
    this.named = new Uint8Array(cells.binsSizeBytes >> 3);
  }

  walk(root: number): boolean {
    this.name(root);
    this.key(root, 1);
    return this.isOwnedOnce;
  }

  /** @returns whether the cell is named for the first time. */
  private name(cell: number): boolean {
    const isFirst = this.named[cell >>> 3] === 0;
    this.named[cell >>> 3] = 1;
    if (!isFirst) this.isOwnedOnce = false;
    return isFirst;
  }

  private key(nk: number, depth: number): void {
    const { words } = this;
    const word = nk >> 2;
    if (words[word + KEY_WORD.nameAndClassLength]! >>> 16 > LONG_NAME) {
      const cell = words[word + KEY_WORD.class]!;
      if (this.contentSizeBytes(cell) >= 0) this.name(cell);
    }
    if (words[word + KEY_WORD.valueCount] !== 0) this.values(nk);
    if (depth >= DEEPEST || words[word + KEY_WORD.subkeyCount] === 0) return;
    const list = words[word + KEY_WORD.subkeyList]!;
    if (this.listSignature(list) !== RI) {
      this.leaf(list, depth);
      return;
    }
    if (!this.name(list)) return;
    const first = (list >> 2) + LIST_WORD.elements;
    const end = first + this.count(list, 4);
    for (let at = first; at < end && this.isOwnedOnce; at += 1) this.leaf(words[at]!, depth);
  }

  private leaf(leaf: number, depth: number): void {
    const { words } = this;
    const signature = this.listSignature(leaf);
    const isHashed = signature === LF || signature === LH;
    if ((!isHashed && signature !== LI) || !this.name(leaf)) return;
    const step = isHashed ? 2 : 1;
    const first = (leaf >> 2) + LIST_WORD.elements;
    const end = first + step * this.count(leaf, 4 * step);
    for (let at = first; at < end && this.isOwnedOnce; at += step) {
      const subkey = words[at]!;
      if (this.isKey(subkey) && this.name(subkey)) this.key(subkey, depth + 1);
    }
  }

  private isKey(nk: number): boolean {
    const { words } = this;
    const sizeBytes = this.contentSizeBytes(nk);
    if (sizeBytes < KEY_NAME || (words[(nk >> 2) + CONTENT]! & 0xffff) !== KEY) return false;
    return KEY_NAME + (words[(nk >> 2) + KEY_WORD.nameAndClassLength]! & 0xffff) <= sizeBytes;
  }

  private values(nk: number): void {
    const { cells, words } = this;
    if ((words[(nk >> 2) + KEY_WORD.signatureAndFlags]! >>> 16) & PREDEFINED) return;
    const list = words[(nk >> 2) + KEY_WORD.valueList]!;
    const room = this.contentSizeBytes(list) >> 2;
    const count = Math.min(words[(nk >> 2) + KEY_WORD.valueCount]! >>> 0, room);
    if (count <= 0) return;
    if (!this.name(list)) return;
    const first = (list >> 2) + CONTENT;
    for (let at = first; at < first + count && this.isOwnedOnce; at += 1) {
      const vk = words[at]!;
      const isLongNamed = words[(vk >> 2) + VALUE_WORD.signatureAndNameLength]! >>> 16 > LONG_NAME;
      // A size with the top bit set, which makes it negative here, says that the data are resident.
      const isLarge = words[(vk >> 2) + VALUE_WORD.dataSize]! > LARGE_DATA;
      if ((!isLongNamed && !isLarge) || !cells.isRecord(vk, SIGNATURE.vk, VK.name)) continue;
      if (isLongNamed) this.name(vk);
      if (!isLarge) continue;
      const data = words[(vk >> 2) + VALUE_WORD.dataOffset]!;
      if (cells.contentSizeBytes(data) < 0 || !this.name(data)) continue;
      if (cells.isRecord(data, SIGNATURE.db, 8))
        this.segments(cells.u32(data, DB.segmentList), cells.u16(data, DB.segmentCount));
    }
  }

  private segments(list: number, count: number): void {
    const { cells } = this;
    const whole = Math.min(count, cells.contentSizeBytes(list) >> 2);
    for (let i = 0; i < whole && this.isOwnedOnce; i += 1) {
      const segment = cells.u32(list, 4 * i);
      if (cells.contentSizeBytes(segment) >= 0) this.name(segment);
    }
  }

  /** The elements that a list holds, at most as many as it has room for. */
  private count(list: number, elementSizeBytes: number): number {
    const room = Math.floor((this.contentSizeBytes(list) - ELEMENTS) / elementSizeBytes);
    return Math.min(this.words[(list >> 2) + LIST_WORD.signatureAndCount]! >>> 16, room);
  }

  /** 0 where there is no list. */
  private listSignature(list: number): number {
    if (this.contentSizeBytes(list) < ELEMENTS) return 0;
    return this.words[(list >> 2) + LIST_WORD.signatureAndCount]! & 0xffff;
  }

  /** As of Cells. */
  private contentSizeBytes(cell: number): number {
    if (cell < FIRST_CELL || (cell & 7) !== 0 || cell + 8 > this.binsSizeBytes) return -1;
    const sizeBytes = -this.words[cell >> 2]!;
    return sizeBytes < 8 || (sizeBytes & 7) !== 0 || cell + sizeBytes > this.binsSizeBytes ? -1 : sizeBytes - 4;
  }
}
