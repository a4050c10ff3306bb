// What two images have in the same bytes at the same place: an edited hive is its original but for a few cells, and a
// key whose cells are all equal needs no closer look.

import { bytesEqual } from '../../base/bytes.ts';
import { BIN_HEADER_SIZE_BYTES, type Cells, NIL } from '../../regf/cells.ts';
import { LIST, MAX_DEPTH, NK, NK_FLAG, SIGNATURE, SK, VK } from '../../regf/layout.ts';
import { RegfKey } from '../../regf/tree.ts';
import { WORDS } from '../../regf/words.ts';
import type { Hive, Key } from '../hive.ts';
import { VerifierHive } from '../readers/verifier-hive.ts';

/** A page has 4,096 bytes. */
const PAGE_BITS = 12;

const { key: KEY_WORD, value: VALUE_WORD, list: LIST_WORD, content: CONTENT } = WORDS;
/** What is asked of every cell, had once: what another file exports may stand behind a getter. */
const KEY = SIGNATURE.nk;
const LI = SIGNATURE.li;
const LF = SIGNATURE.lf;
const LH = SIGNATURE.lh;
const RI = SIGNATURE.ri;
const KEY_NAME = NK.name;
const VALUE_NAME = VK.name;
const ELEMENTS = LIST.elements;
const PREDEFINED = NK_FLAG.predefinedHandle;
const DEEPEST = MAX_DEPTH;
const FIRST_CELL = BIN_HEADER_SIZE_BYTES;

/** NIL as it is read from the words of the bins. */
const NO_CELL = NIL | 0;

/** The equal cells of two images that the verifier reads. */
export class SameCells {
  private readonly before: Cells;
  private readonly after: Cells;
  /** The bins before, and their size in bytes. */
  private readonly words: Int32Array;
  private readonly endOfBins: number;
  /** For each page: 0 where it is equal in both; for each 8 bytes of a page that is not: 1 where they differ. */
  private readonly changedPages: Uint8Array;
  private readonly changedUnits: Uint8Array;
  /** By cell: whether the descriptors of two security records are equal, whatever their places and counts. */
  private readonly securities = new Map<number, boolean>();
  private sameTrees: Uint8Array | null = null;

  private constructor(before: Cells, after: Cells) {
    this.before = before;
    this.after = after;
    this.words = before.words;
    this.endOfBins = before.binsSizeBytes;
    this.changedPages = new Uint8Array(Math.ceil(before.binsSizeBytes / 2 ** PAGE_BITS));
    this.changedUnits = new Uint8Array(before.binsSizeBytes >> 3);
    this.findChanges(before.words, after.words);
  }

  /** Null where one of the hives has no image to compare, or cells with two owners: such hives are read whole. */
  static of(before: Hive, after: Hive): SameCells | null {
    if (!(before instanceof VerifierHive && after instanceof VerifierHive)) return null;
    if (before.minorVersion !== after.minorVersion) return null;
    const isSimple = before.tree.isEachOwnedOnce && after.tree.isEachOwnedOnce;
    return isSimple ? new SameCells(before.tree.cells, after.tree.cells) : null;
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

  /** Pages that only one of the two has count as changed. */
  private findChanges(before: Int32Array, after: Int32Array): void {
    const { changedPages, changedUnits } = this;
    const shared = Math.min(before.length, after.length);
    for (let at = 0; at < shared; at += 1) {
      if (before[at] === after[at]) continue;
      changedUnits[at >> 1] = 1;
      changedPages[at >>> (PAGE_BITS - 2)] = 1;
    }
    changedUnits.fill(1, shared >> 1);
    changedPages.fill(1, shared >>> (PAGE_BITS - 2));
  }

  /** For each 8 bytes of the bins: 1 where a key begins that is the same with all below it. */
  private findSameTrees(root: number): Uint8Array {
    const same = new Uint8Array(this.before.binsSizeBytes >> 3);
    this.visit(root, 1, same);
    return same;
  }

  /** Comes to each key once, since none has two owners. @returns whether the key at `nk` is the same with all below it. */
  private visit(nk: number, depth: number, same: Uint8Array): boolean {
    if (depth > DEEPEST || !this.before.isRecord(nk, KEY, KEY_NAME)) return false;
    let isSame = this.isSameAt(nk);
    if (this.words[(nk >> 2) + KEY_WORD.subkeyCount] !== 0) {
      const list = this.words[(nk >> 2) + KEY_WORD.subkeyList]!;
      // What lies below a key that differs may still be the same.
      if (!this.visitList(list, depth + 1, same)) isSame = false;
    }
    if (isSame) same[nk >>> 3] = 1;
    return isSame;
  }

  private visitList(list: number, depth: number, same: Uint8Array): boolean {
    const { before, words } = this;
    if (!before.isRecord(list, RI, ELEMENTS)) return this.visitLeaf(list, depth, same);
    const count = words[(list >> 2) + LIST_WORD.signatureAndCount]! >>> 16;
    if (this.sameSizeBytes(list) < ELEMENTS + 4 * count) return false;
    const first = (list >> 2) + LIST_WORD.elements;
    let isSame = true;
    for (let i = 0; i < count; i += 1) if (!this.visitLeaf(words[first + i]!, depth, same)) isSame = false;
    return isSame;
  }

  private visitLeaf(leaf: number, depth: number, same: Uint8Array): boolean {
    const { words } = this;
    const sizeBytes = this.before.contentSizeBytes(leaf);
    if (sizeBytes < ELEMENTS) return false;
    const head = words[(leaf >> 2) + LIST_WORD.signatureAndCount]!;
    const signature = head & 0xffff;
    const isHashed = signature === LF || signature === LH;
    if (!isHashed && signature !== LI) return false;
    const step = isHashed ? 2 : 1;
    const count = head >>> 16;
    if (sizeBytes < ELEMENTS + 4 * step * count) return false;
    let isSame = this.sameSizeBytes(leaf) >= 0;
    const first = (leaf >> 2) + LIST_WORD.elements;
    for (let i = 0; i < count; i += 1) {
      if (!this.visit(words[first + step * i]!, depth, same)) isSame = false;
    }
    return isSame;
  }

  private isSameAt(nk: number): boolean {
    const { words } = this;
    const word = nk >> 2;
    if (this.sameSizeBytes(nk) < 0 || !this.isSameSecurity(words[word + KEY_WORD.security]!)) return false;
    const isClassed = words[word + KEY_WORD.nameAndClassLength]! >>> 16 > 0;
    const classCell = words[word + KEY_WORD.class]!;
    if (isClassed && classCell !== NO_CELL && this.sameSizeBytes(classCell) < 0) return false;
    const valueCount = words[word + KEY_WORD.valueCount]! >>> 0;
    if (valueCount === 0) return true;
    if ((words[word + KEY_WORD.signatureAndFlags]! >>> 16) & PREDEFINED) return true;
    const list = words[word + KEY_WORD.valueList]!;
    if (this.sameSizeBytes(list) < 4 * valueCount) return false;
    const end = (list >> 2) + CONTENT + valueCount;
    for (let at = (list >> 2) + CONTENT; at < end; at += 1) if (!this.isSameValue(words[at]!)) return false;
    return true;
  }

  /** Big data, which lie in many cells, are looked at more closely. */
  private isSameValue(vk: number): boolean {
    if (this.sameSizeBytes(vk) < VALUE_NAME) return false;
    const size = this.words[(vk >> 2) + VALUE_WORD.dataSize]!;
    // The top bit says that the data are resident.
    return size <= 0 || this.sameSizeBytes(this.words[(vk >> 2) + VALUE_WORD.dataOffset]!) >= size;
  }

  /** The descriptor alone: every key that is made or deleted counts in a record that thousands of others share. */
  private isSameSecurity(sk: number): boolean {
    if (sk === NO_CELL) return true;
    let isSame = this.securities.get(sk);
    if (isSame === undefined) {
      isSame = this.sameSizeBytes(sk) >= 0 || this.isSameDescriptor(sk);
      this.securities.set(sk, isSame);
    }
    return isSame;
  }

  private isSameDescriptor(sk: number): boolean {
    const { before, after } = this;
    if (!before.isRecord(sk, SIGNATURE.sk, SK.descriptor) || !after.isRecord(sk, SIGNATURE.sk, SK.descriptor)) {
      return false;
    }
    const sizeBytes = before.u32(sk, SK.size);
    if (after.u32(sk, SK.size) !== sizeBytes) return false;
    const end = SK.descriptor + sizeBytes;
    if (before.contentSizeBytes(sk) < end || after.contentSizeBytes(sk) < end) return false;
    return bytesEqual(before.field(sk, SK.descriptor, sizeBytes), after.field(sk, SK.descriptor, sizeBytes));
  }

  /** The content of an allocated cell in bytes, where none of it differs; else -1. */
  private sameSizeBytes(cell: number): number {
    if (cell < FIRST_CELL || (cell & 7) !== 0 || cell >= this.endOfBins) return -1;
    const sizeBytes = -this.words[cell >> 2]!;
    if (sizeBytes < 8 || (sizeBytes & 7) !== 0 || cell + sizeBytes > this.endOfBins) return -1;
    const firstPage = cell >>> PAGE_BITS;
    const lastPage = (cell + sizeBytes - 1) >>> PAGE_BITS;
    for (let page = firstPage; page <= lastPage; page += 1) {
      if (this.changedPages[page] !== 0 && this.isChangedWithin(cell, cell + sizeBytes)) return -1;
    }
    return sizeBytes - 4;
  }

  private isChangedWithin(start: number, end: number): boolean {
    for (let unit = start >>> 3; unit < end >>> 3; unit += 1) if (this.changedUnits[unit] === 1) return true;
    return false;
  }
}
