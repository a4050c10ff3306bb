// A whole tree, record by record, where the engine has it: nothing is copied, and there is no object for each record. For
// whoever goes through a whole hive.

import { decodeLatin1, decodeUtf16le } from '../base/text.ts';
import type { Heap, MemoryViews } from './heap.ts';

/** Where a cursor gets its records from: the engine fills one place with batch after batch. */
export interface Batches {
  /** Address of every batch. */
  readonly at: number;
  /** Puts the next batch there and gives its size in 32-bit words; 0: there is none. */
  fill(): number;
  close(): void;
}

/*
 * The records of a batch, in 32-bit words; the same layout is written by wasm/reading/walk.c.
 *
 *      key                                     value
 *   0  1, depth in the upper 16 bits           2
 *   1  cell                                    cell
 *   2  flags                                   flags
 *   3  address of the name                     address of the name
 *   4  bytes of it, top bit: Latin-1           bytes of it, top bit: Latin-1
 *   5  cell of the parent                      type
 *   6  last written, low half                  address of the data; 0: they cannot be read whole
 *   7  last written, high half                 bytes of them, or what the value states
 *   8  address of the class name; 0: none
 *   9  bytes of it
 */
const KIND_KEY = 1;
const KEY_WORDS = 10;
const VALUE_WORDS = 8;
const LATIN1 = 0x8000_0000;
/** Behind the records of a batch: how many bytes of names follow, and these, in ASCII. */
const TEXT_SIZE_WORD = 8192;
const TEXT_AT = 4 * TEXT_SIZE_WORD + 4;

/** ASCII is the same in all of them. */
const ascii = new TextDecoder();

/**
 * Stands on one record at a time: a key, then its values, then its subkeys, depth first; `next` goes to the following one.
 * Names and data are places in `bytes`, valid until the next `next`, and until the hive is edited, which ends the walk.
 */
export class WalkCursor implements Disposable {
  isKey = false;
  cellOffset = 0;
  /** The nk or vk flags. */
  flags = 0;
  /** The name as stored: Latin-1 or UTF-16LE. */
  nameAt = 0;
  nameSizeBytes = 0;
  isLatin1 = false;
  /** Of a key, below the key that the walk began with, which has 0. */
  depth = 0;
  /** Of a key: the parent as the tree has it; of the key that the walk began with, as its nk has it. */
  parent = 0;
  /** Of a key, as stored; 0: no class. */
  classAt = 0;
  classSizeBytes = 0;
  /** The halves of a key's last-written FILETIME. */
  timeLow = 0;
  timeHigh = 0;
  /** Of a value. */
  type = 0;
  /** Of a value: in the engine's memory; 0 where they cannot be read whole. */
  dataAt = 0;
  dataSizeBytes = 0;
  private readonly heap: Heap;
  private readonly batches: Batches;
  private views: MemoryViews;
  /** Index of the next record among `words`, and of the end of the batch. */
  private at = 0;
  private end = 0;
  /** The names of the batch; null: not made yet. */
  private batchText: string | null = null;
  private isOpen = true;

  constructor(heap: Heap, batches: Batches) {
    this.heap = heap;
    this.batches = batches;
    this.views = heap.views();
  }

  /** What the places are in. Ask for it anew after any other call of the engine: its memory may have grown. */
  get bytes(): Uint8Array {
    if (this.views.bytes.length === 0) this.views = this.heap.views();
    return this.views.bytes;
  }

  /** The last-written FILETIME of a key. */
  get lastWritten(): bigint {
    return (BigInt(this.timeHigh) << 32n) | BigInt(this.timeLow);
  }

  /** The name as text. */
  get name(): string {
    const { nameAt, nameSizeBytes } = this;
    const text = this.batchText ?? this.readText();
    const start = nameAt - this.batches.at - TEXT_AT;
    if (start >= 0 && start < text.length) return text.substring(start, start + nameSizeBytes);
    const { bytes } = this;
    const end = nameAt + nameSizeBytes;
    return this.isLatin1 ? decodeLatin1(bytes, nameAt, end) : decodeUtf16le(bytes.subarray(nameAt, end));
  }

  /** Of a key: a copy of its class name, as stored; null: it has none. */
  get classBytes(): Uint8Array | null {
    if (this.classAt === 0) return null;
    return this.bytes.slice(this.classAt, this.classAt + this.classSizeBytes);
  }

  /** Of a value: a copy of the data. Where they are unreadable there are none. */
  get data(): Uint8Array {
    return this.bytes.slice(this.dataAt, this.isUnreadable ? this.dataAt : this.dataAt + this.dataSizeBytes);
  }

  /** Of a value: the data are damaged and not there. */
  get isUnreadable(): boolean {
    return this.dataAt === 0;
  }

  /**
   * Goes to the next record; false at the end.
   * @throws FormatError BAD_CELL when a list is damaged or a key is its own ancestor (damaged data mark that value only);
   *   EngineError; InternalError when the hive was edited. The walk is over then.
   */
  next(): boolean {
    if (this.at === this.end && !this.fill()) return false;
    if (this.views.words.length === 0) this.views = this.heap.views();
    const { at } = this;
    const { words } = this.views;
    const head = words[at]!;
    this.cellOffset = words[at + 1]!;
    this.flags = words[at + 2]!;
    this.nameAt = words[at + 3]!;
    const name = words[at + 4]!;
    this.nameSizeBytes = name & ~LATIN1;
    this.isLatin1 = name >= LATIN1;
    this.isKey = (head & 0xffff) === KIND_KEY;
    if (this.isKey) {
      this.depth = head >>> 16;
      this.parent = words[at + 5]!;
      this.timeLow = words[at + 6]!;
      this.timeHigh = words[at + 7]!;
      this.classAt = words[at + 8]!;
      this.classSizeBytes = words[at + 9]!;
      this.at = at + KEY_WORDS;
    } else {
      this.type = words[at + 5]!;
      this.dataAt = words[at + 6]!;
      this.dataSizeBytes = words[at + 7]!;
      this.at = at + VALUE_WORDS;
    }
    return true;
  }

  /** Frees what the engine keeps for the walk, as its end does; a walk that is left before its end wants it. */
  close(): void {
    if (!this.isOpen) return;
    this.isOpen = false;
    this.end = this.at;
    this.batches.close();
  }

  [Symbol.dispose](): void {
    this.close();
  }

  private fill(): boolean {
    if (!this.isOpen) return false;
    let count = 0;
    try {
      count = this.batches.fill();
    } finally {
      if (count === 0) this.close();
    }
    if (count === 0) return false;
    this.at = this.batches.at / 4;
    this.end = this.at + count;
    this.batchText = null;
    return true;
  }

  private readText(): string {
    const { bytes } = this;
    const at = this.batches.at + TEXT_AT;
    this.batchText = ascii.decode(bytes.subarray(at, at + this.views.words[at / 4 - 1]!));
    return this.batchText;
  }
}
