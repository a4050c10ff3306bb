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
 * One record, little-endian, padded to 4 bytes; the same layout is written by wasm/reading/record.c.
 *
 * key:                                     value:
 *   0 u32 size of the record in bytes        0 u32 size of the record in bytes
 *   4 u32 cell offset                        4 u32 cell offset
 *   8 u64 last written                       8 u32 type
 *  16 u32 flags                             12 u32 flags
 *  20 u32 subkeys                           16 u32 size of the data in bytes
 *  24 u32 values                            20 u32 0: no data follow, 1: they do, 2: they cannot be read
 *  28 u32 name length in bytes              24 u32 name length in bytes
 *  32 u32 class length in bytes, NIL: none  28 name as UTF-16LE, padded to 4 bytes, then the data if they follow
 *  36 name as UTF-16LE, padded to 4 bytes, then the class
 */
const KEY_NAME_AT = 36;
const VALUE_NAME_AT = 28;
const DATA_FOLLOW = 1;
const DATA_UNREADABLE = 2;
const NIL = 0xffff_ffff;

const padded = (sizeBytes: number): number => (sizeBytes + 3) & ~3;

/** A key in a packed answer. */
export class KeyRecord implements NodeInfo {
  private readonly view: DataView;

  constructor(view: DataView) {
    this.view = view;
  }

  get id(): NodeId {
    return this.view.getUint32(4, true) as NodeId;
  }
  get lastWritten(): bigint {
    return this.view.getBigUint64(8, true);
  }
  get flags(): number {
    return this.view.getUint32(16, true);
  }
  get subkeyCount(): number {
    return this.view.getUint32(20, true);
  }
  get valueCount(): number {
    return this.view.getUint32(24, true);
  }
  get name(): string {
    return decodeUtf16le(bytesAt(this.view, KEY_NAME_AT, this.view.getUint32(28, true)));
  }
  get classBytes(): Uint8Array | null {
    const sizeBytes = this.view.getUint32(32, true);
    if (sizeBytes === NIL) return null;
    return bytesAt(this.view, KEY_NAME_AT + padded(this.view.getUint32(28, true)), sizeBytes).slice();
  }
}

/** A value in a packed answer. */
export class ValueRecord implements ValueInfo {
  private readonly view: DataView;

  constructor(view: DataView) {
    this.view = view;
  }

  get id(): ValueId {
    return this.view.getUint32(4, true) as ValueId;
  }
  get type(): number {
    return this.view.getUint32(8, true);
  }
  get flags(): number {
    return this.view.getUint32(12, true);
  }
  get sizeBytes(): number {
    return this.view.getUint32(16, true);
  }
  get name(): string {
    return decodeUtf16le(bytesAt(this.view, VALUE_NAME_AT, this.view.getUint32(24, true)));
  }

  /** A view of the data, or null where the answer was asked for without; FormatError BAD_CELL when they are damaged. */
  get data(): Uint8Array | null {
    const state = this.view.getUint32(20, true);
    if (state === DATA_UNREADABLE) {
      throw new FormatError('BAD_CELL', `the data of the value at cell ${this.id} cannot be read whole`, {
        data: { cellOffset: this.id },
      });
    }
    if (state !== DATA_FOLLOW) return null;
    return bytesAt(this.view, VALUE_NAME_AT + padded(this.view.getUint32(24, true)), this.sizeBytes);
  }
}

function bytesAt(view: DataView, offset: number, sizeBytes: number): Uint8Array {
  return new Uint8Array(view.buffer, view.byteOffset + offset, sizeBytes);
}

/** The records of a packed answer, in order, as views of `bytes`. */
export function records<T>(bytes: Uint8Array, Kind: new (view: DataView) => T): T[] {
  const found: T[] = [];
  const sizes = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  for (let at = 0; at < bytes.byteLength; ) {
    const sizeBytes = sizes.getUint32(at, true);
    found.push(new Kind(new DataView(bytes.buffer, bytes.byteOffset + at, sizeBytes)));
    at += sizeBytes;
  }
  return found;
}
