// The packed records that the engine returns for keys and values, decoded only as far as they are looked at.

import { FormatError } from '../base/errors.ts';
import { decodeUtf16le } from '../base/text.ts';

/** Offset of a key's nk cell from the first bin. Valid until the next edit that deletes or renames that key. */
export type NodeId = number & { readonly node: unique symbol };
/** Offset of a value's vk cell from the first bin. Valid until that value is set or deleted. */
export type ValueId = number & { readonly value: unique symbol };

/** What a key says of itself. */
export interface NodeInfo {
  readonly name: string;
  /** The nk flags as stored. */
  readonly flags: number;
  /** FILETIME. */
  readonly lastWritten: bigint;
  /** UTF-16LE as stored, null where there is none. */
  readonly classBytes: Uint8Array | null;
  readonly subkeyCount: number;
  readonly valueCount: number;
}

/** What a value says of itself, without its data. */
export interface ValueInfo {
  readonly name: string;
  /** The REG_* number; any 32 bits. */
  readonly type: number;
  /** The vk flags as stored (1: compressed name, 2: tombstone). */
  readonly flags: number;
  readonly sizeBytes: number;
}

/*
 * One record, little-endian, padded to 4 bytes; the same layout is written by wasm/record.c.
 *
 * key (kind 1):                            value (kind 2):
 *   0 u32 size of the record in bytes        0 u32 size of the record in bytes
 *   4 u32 kind, depth in the upper 16 bits   4 u32 kind; bit 16: data follow; bit 17: data cannot be read
 *   8 u32 cell offset                        8 u32 cell offset
 *  12 u32 cell offset of the parent         12 u32 type
 *  16 u64 last written                      16 u32 size of the data in bytes
 *  24 u32 flags                             20 u32 flags
 *  28 u32 subkeys                           24 u32 name length in bytes
 *  32 u32 values                            28 name as UTF-16LE, padded to 4 bytes, then the data if they follow
 *  36 u32 name length in bytes
 *  40 u32 class length in bytes, NIL: none
 *  44 name as UTF-16LE, padded to 4 bytes, then the class
 */
const KIND_KEY = 1;
const KIND_VALUE = 2;
const DATA_FOLLOW = 0x1_0000;
const DATA_UNREADABLE = 0x2_0000;
const KEY_NAME_AT = 44;
const VALUE_NAME_AT = 28;
const NIL = 0xffff_ffff;

const padded = (sizeBytes: number): number => (sizeBytes + 3) & ~3;

/** A key in a packed answer. */
export class KeyRecord implements NodeInfo {
  readonly kind = 'key';
  private readonly view: DataView;

  constructor(view: DataView) {
    this.view = view;
  }

  get id(): NodeId {
    return this.view.getUint32(8, true) as NodeId;
  }
  /** The parent as the tree has it; for the key that a walk began with, as its nk has it. */
  get parent(): NodeId {
    return this.view.getUint32(12, true) as NodeId;
  }
  /** Below the key that the walk began with, which has 0. */
  get depth(): number {
    return this.view.getUint16(6, true);
  }
  get lastWritten(): bigint {
    return this.view.getBigUint64(16, true);
  }
  get flags(): number {
    return this.view.getUint32(24, true);
  }
  get subkeyCount(): number {
    return this.view.getUint32(28, true);
  }
  get valueCount(): number {
    return this.view.getUint32(32, true);
  }
  get name(): string {
    return decodeUtf16le(bytesAt(this.view, KEY_NAME_AT, this.view.getUint32(36, true)));
  }
  get classBytes(): Uint8Array | null {
    const sizeBytes = this.view.getUint32(40, true);
    if (sizeBytes === NIL) return null;
    return bytesAt(this.view, KEY_NAME_AT + padded(this.view.getUint32(36, true)), sizeBytes).slice();
  }
}

/** A value in a packed answer. */
export class ValueRecord implements ValueInfo {
  readonly kind = 'value';
  private readonly view: DataView;

  constructor(view: DataView) {
    this.view = view;
  }

  get id(): ValueId {
    return this.view.getUint32(8, true) as ValueId;
  }
  get type(): number {
    return this.view.getUint32(12, true);
  }
  get sizeBytes(): number {
    return this.view.getUint32(16, true);
  }
  get flags(): number {
    return this.view.getUint32(20, true);
  }
  get name(): string {
    return decodeUtf16le(bytesAt(this.view, VALUE_NAME_AT, this.view.getUint32(24, true)));
  }

  /** A view of the data, or null where the answer was asked for without; FormatError BAD_CELL when they are damaged. */
  get data(): Uint8Array | null {
    const kind = this.view.getUint32(4, true);
    if (kind & DATA_UNREADABLE) {
      throw new FormatError('BAD_CELL', `the data of the value at cell ${this.id} cannot be read whole`, {
        data: { cellOffset: this.id },
      });
    }
    if (!(kind & DATA_FOLLOW)) return null;
    return bytesAt(this.view, VALUE_NAME_AT + padded(this.view.getUint32(24, true)), this.sizeBytes);
  }
}

function bytesAt(view: DataView, offset: number, sizeBytes: number): Uint8Array {
  return new Uint8Array(view.buffer, view.byteOffset + offset, sizeBytes);
}

/**
 * The records of a packed answer, in order: in a walk each key comes before its values, then its subkeys, depth first.
 * The records are views of `bytes`.
 */
export function* walkRecords(bytes: Uint8Array): Generator<KeyRecord | ValueRecord> {
  for (let at = 0; at < bytes.byteLength; ) {
    const head = new DataView(bytes.buffer, bytes.byteOffset + at, 8);
    const sizeBytes = head.getUint32(0, true);
    const view = new DataView(bytes.buffer, bytes.byteOffset + at, sizeBytes);
    const kind = head.getUint16(4, true);
    if (kind === KIND_KEY) yield new KeyRecord(view);
    else if (kind === KIND_VALUE) yield new ValueRecord(view);
    at += sizeBytes;
  }
}
