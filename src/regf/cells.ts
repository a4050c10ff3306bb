// Bins and cells: where the cells of an image lie, and safe access to their contents.

import { BASE_BLOCK_SIZE_BYTES } from './base-block.ts';

export const NIL = 0xffff_ffff;
export const BIN_HEADER_SIZE_BYTES = 32;
/** Data of more bytes than this are big data from version 1.4 on; each segment but the last holds so many. */
export const BIG_DATA_SEGMENT_SIZE_BYTES = 16_344;

/** How many words behind the word of its size a cell keeps the field at this offset of its content. */
export function wordOf(field: number): number {
  return (4 + field) >> 2;
}

const IS_LITTLE_ENDIAN_HOST = new Uint8Array(Uint16Array.of(1).buffer)[0] === 1;

/** `bytes` as the format's numbers: a view where this host stores numbers as the format does, else a copy. */
export function wordsOf(bytes: Uint8Array, isSameOrder: boolean = IS_LITTLE_ENDIAN_HOST): Int32Array {
  const count = bytes.byteLength >> 2;
  if (isSameOrder && bytes.byteOffset % 4 === 0) return new Int32Array(bytes.buffer, bytes.byteOffset, count);
  const view = new DataView(bytes.buffer, bytes.byteOffset);
  return Int32Array.from({ length: count }, (_, i) => view.getInt32(4 * i, true));
}

/**
 * The cells of an image, read with every offset checked. Cell offsets count from the first bin, as the format's do; the
 * content of a cell begins 4 bytes after it.
 */
export class Cells {
  readonly bytes: Uint8Array;
  readonly view: DataView;
  /** The image without its base block. */
  readonly binsSizeBytes: number;
  private numbers: Int32Array | null = null;

  constructor(image: Uint8Array) {
    this.bytes = image.subarray(BASE_BLOCK_SIZE_BYTES);
    this.view = new DataView(this.bytes.buffer, this.bytes.byteOffset, this.bytes.byteLength);
    this.binsSizeBytes = this.bytes.byteLength;
  }

  /**
   * The bins as signed numbers of 32 bits, for loops over all of them: a number is found at its cell's offset / 4 +
   * wordOf(field), and nothing is checked. Two fields of 16 bits stand in one, the first in its lower half.
   */
  get words(): Int32Array {
    this.numbers ??= wordsOf(this.bytes);
    return this.numbers;
  }

  /** Size of an allocated cell's content in bytes, or -1 where `cellOffset` is not one. */
  contentSizeBytes(cellOffset: number): number {
    if (cellOffset % 8 !== 0 || cellOffset < BIN_HEADER_SIZE_BYTES || cellOffset + 8 > this.binsSizeBytes) return -1;
    const size = -this.view.getInt32(cellOffset, true);
    if (size < 8 || size % 8 !== 0 || cellOffset + size > this.binsSizeBytes) return -1;
    return size - 4;
  }

  /** The content of an allocated cell as a view, or null where `cellOffset` is not one. */
  content(cellOffset: number): Uint8Array | null {
    const size = this.contentSizeBytes(cellOffset);
    return size < 0 ? null : this.bytes.subarray(cellOffset + 4, cellOffset + 4 + size);
  }

  /** Whether an allocated cell of at least `sizeBytes` begins with `signature` (two ASCII characters, little-endian). */
  isRecord(cellOffset: number, signature: number, sizeBytes: number): boolean {
    return this.contentSizeBytes(cellOffset) >= sizeBytes && this.view.getUint16(cellOffset + 4, true) === signature;
  }

  u16(cellOffset: number, field: number): number {
    return this.view.getUint16(cellOffset + 4 + field, true);
  }

  u32(cellOffset: number, field: number): number {
    return this.view.getUint32(cellOffset + 4 + field, true);
  }

  u64(cellOffset: number, field: number): bigint {
    return this.view.getBigUint64(cellOffset + 4 + field, true);
  }

  /** A view of bytes in a cell's content. The caller has checked that they lie in it. */
  field(cellOffset: number, field: number, sizeBytes: number): Uint8Array {
    return this.bytes.subarray(cellOffset + 4 + field, cellOffset + 4 + field + sizeBytes);
  }
}
