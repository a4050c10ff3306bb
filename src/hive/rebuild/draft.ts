// An image that is being repaired in place: bytes that do not differ are not written, and room comes from its free cells
// before it grows by a bin.

import { BASE_BLOCK_SIZE_BYTES } from '../../regf/base-block.ts';
import { BIN_HEADER_SIZE_BYTES } from '../../regf/cells.ts';
import { BIN_SIGNATURE, HBIN, PAGE_SIZE_BYTES } from '../../regf/layout.ts';
import type { CellMap } from '../survey/cell-map.ts';

/** A free cell that is left of a larger one has at least so many bytes. */
const SMALLEST_CELL_SIZE_BYTES = 8;

/** Offsets count from the first bin; the draft owns its bytes. */
export class Draft {
  private bytes: Uint8Array;
  private view: DataView;
  private length: number;
  private readonly free = new Map<number, number>();
  /** No free cell is joined to one of the bin behind it. */
  private readonly binStarts: number[];

  constructor(image: Uint8Array, map: CellMap) {
    this.bytes = image.slice();
    this.length = this.bytes.byteLength;
    this.view = new DataView(this.bytes.buffer);
    for (const { cellOffset, sizeBytes } of map.free()) this.free.set(cellOffset, sizeBytes);
    this.binStarts = map.bins.map(({ start }) => start);
  }

  /** The image as it is now; the draft is not used after that. */
  image(): Uint8Array {
    return this.bytes.subarray(0, this.length);
  }

  get binsSizeBytes(): number {
    return this.length - BASE_BLOCK_SIZE_BYTES;
  }

  u16(at: number): number {
    return this.view.getUint16(BASE_BLOCK_SIZE_BYTES + at, true);
  }

  u32(at: number): number {
    return this.view.getUint32(BASE_BLOCK_SIZE_BYTES + at, true);
  }

  /** Each of these says whether anything changed. */
  set16(at: number, value: number): boolean {
    if (this.u16(at) === value) return false;
    this.view.setUint16(BASE_BLOCK_SIZE_BYTES + at, value, true);
    return true;
  }

  set32(at: number, value: number): boolean {
    if (this.u32(at) === value >>> 0) return false;
    this.view.setUint32(BASE_BLOCK_SIZE_BYTES + at, value, true);
    return true;
  }

  setBytes(at: number, bytes: Uint8Array): boolean {
    const place = this.bytes.subarray(BASE_BLOCK_SIZE_BYTES + at, BASE_BLOCK_SIZE_BYTES + at + bytes.byteLength);
    if (bytes.every((byte, i) => place[i] === byte)) return false;
    place.set(bytes);
    return true;
  }

  /** Content size of an allocated cell in bytes. */
  contentSizeBytes(cellOffset: number): number {
    return -this.view.getInt32(BASE_BLOCK_SIZE_BYTES + cellOffset, true) - 4;
  }

  /** A cell for content of `sizeBytes`, filled with zeros. */
  allocate(sizeBytes: number): number {
    const needed = (sizeBytes + 4 + 7) & ~7;
    let best = -1;
    for (const [cellOffset, size] of this.free) {
      if (size < needed) continue;
      if (best < 0 || size < this.free.get(best)! || (size === this.free.get(best)! && cellOffset < best)) {
        best = cellOffset;
      }
    }
    if (best < 0) best = this.grow(needed);
    const size = this.free.get(best)!;
    this.free.delete(best);
    const left = size - needed >= SMALLEST_CELL_SIZE_BYTES ? size - needed : 0;
    if (left > 0) this.setFree(best + needed, left);
    const start = BASE_BLOCK_SIZE_BYTES + best;
    this.view.setInt32(start, -(size - left), true);
    this.bytes.fill(0, start + 4, start + size - left);
    return best;
  }

  /** Gives up an allocated cell. What it holds stays where it is. */
  release(cellOffset: number): void {
    this.setFree(cellOffset, this.contentSizeBytes(cellOffset) + 4);
  }

  /** Joins free cells that follow one another in a bin. */
  joinFree(): void {
    const starts = new Set(this.binStarts);
    const offsets = [...this.free.keys()].sort((a, b) => a - b);
    let previous = -1;
    for (const at of offsets) {
      const size = this.free.get(at)!;
      if (previous >= 0 && previous + this.free.get(previous)! === at && !starts.has(at - BIN_HEADER_SIZE_BYTES)) {
        this.free.delete(at);
        this.setFree(previous, this.free.get(previous)! + size);
      } else previous = at;
    }
  }

  private setFree(cellOffset: number, sizeBytes: number): void {
    this.free.set(cellOffset, sizeBytes);
    this.view.setInt32(BASE_BLOCK_SIZE_BYTES + cellOffset, sizeBytes, true);
  }

  /** Appends a bin with one free cell of at least `sizeBytes`, whose offset is returned. */
  private grow(sizeBytes: number): number {
    const start = this.binsSizeBytes;
    const binSizeBytes = Math.ceil((sizeBytes + BIN_HEADER_SIZE_BYTES) / PAGE_SIZE_BYTES) * PAGE_SIZE_BYTES;
    const grown = new Uint8Array(this.length + binSizeBytes);
    grown.set(this.image());
    this.bytes = grown;
    this.length = grown.byteLength;
    this.view = new DataView(grown.buffer);
    const header = BASE_BLOCK_SIZE_BYTES + start;
    this.view.setUint32(header + HBIN.signature, BIN_SIGNATURE, true);
    this.view.setUint32(header + HBIN.offset, start, true);
    this.view.setUint32(header + HBIN.size, binSizeBytes, true);
    this.binStarts.push(start);
    this.setFree(start + BIN_HEADER_SIZE_BYTES, binSizeBytes - BIN_HEADER_SIZE_BYTES);
    return start + BIN_HEADER_SIZE_BYTES;
  }
}
