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

/** ASCII is the same in all of them. */
const ascii = new TextDecoder();

/**
 * Stands on one record at a time: a key, then its values, then its subkeys, depth first; `next` goes to the following one.
 * What it says of a record, and the places in `bytes`, are valid until the next `next`, and until the hive is edited, which
 * ends the walk.
 */
export class WalkCursor implements Disposable {
  isKey = false;
  private readonly heap: Heap;
  private readonly batches: Batches;
  private views: MemoryViews;
  /** Index of the record among `words`, of the one after it, and of the end of the batch. */
  private record = 0;
  private after = 0;
  private end = 0;
  /** The names of the batch; null: not made yet. */
  private batchText: string | null = null;
  private isOpen = true;

  constructor(heap: Heap, batches: Batches) {
    this.heap = heap;
    this.batches = batches;
    this.views = heap.views();
  }

  get cellOffset(): number {
    return this.word(1);
  }

  /** The nk or vk flags. */
  get flags(): number {
    return this.word(2);
  }

  /** The name as stored, Latin-1 or UTF-16LE. */
  get nameAt(): number {
    return this.word(3);
  }

  get nameSizeBytes(): number {
    return this.word(4) & ~LATIN1;
  }

  get isLatin1(): boolean {
    return this.word(4) >= LATIN1;
  }

  /** Of a key, below the key that the walk began with, which has 0. */
  get depth(): number {
    return this.word(0) >>> 16;
  }

  /** Of a key: the parent as the tree has it; of the key that the walk began with, as its nk has it. */
  get parent(): number {
    return this.word(5);
  }

  /** The halves of a key's last-written FILETIME. */
  get timeLow(): number {
    return this.word(6);
  }

  get timeHigh(): number {
    return this.word(7);
  }

  /** Of a value. */
  get type(): number {
    return this.word(5);
  }

  /** Of a value: in the engine's memory; 0 where they cannot be read whole. */
  get dataAt(): number {
    return this.word(6);
  }

  get dataSizeBytes(): number {
    return this.word(7);
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
    const start = nameAt - this.textAt;
    if (start >= 0) {
      const text = this.batchText ?? this.readText();
      if (start < text.length) return text.substring(start, start + nameSizeBytes);
    }
    const { bytes } = this;
    const end = nameAt + nameSizeBytes;
    return this.isLatin1 ? decodeLatin1(bytes, nameAt, end) : decodeUtf16le(bytes.subarray(nameAt, end));
  }

  /** Of a key: a copy of its class name, as stored; null: it has none. */
  get classBytes(): Uint8Array | null {
    const at = this.word(8);
    return at === 0 ? null : this.bytes.slice(at, at + this.word(9));
  }

  /** Of a value: a copy of the data. Where they are unreadable there are none. */
  get data(): Uint8Array {
    const { dataAt } = this;
    return this.bytes.slice(dataAt, this.isUnreadable ? dataAt : dataAt + this.dataSizeBytes);
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
    if (this.after === this.end && !this.fill()) return false;
    this.record = this.after;
    this.isKey = (this.word(0) & 0xffff) === KIND_KEY;
    this.after = this.record + (this.isKey ? KEY_WORDS : VALUE_WORDS);
    return true;
  }

  /** Frees what the engine keeps for the walk, as its end does; a walk that is left before its end wants it. */
  close(): void {
    if (!this.isOpen) return;
    this.isOpen = false;
    this.end = this.after;
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
    this.after = this.batches.at / 4;
    this.end = this.after + count;
    this.batchText = null;
    return true;
  }

  private get textAt(): number {
    return this.batches.at + 4 * TEXT_SIZE_WORD + 4;
  }

  private readText(): string {
    const { bytes, textAt } = this;
    this.batchText = ascii.decode(bytes.subarray(textAt, textAt + this.views.words[textAt / 4 - 1]!));
    return this.batchText;
  }

  private word(index: number): number {
    if (this.views.words.length === 0) this.views = this.heap.views();
    return this.views.words[this.record + index]!;
  }
}
