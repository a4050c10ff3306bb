// Where the cells of a damaged image lie: by the chain of cells where a bin is sound, by the pointer alone where it is not.

import { BASE_BLOCK_SIZE_BYTES } from '../../regf/base-block.ts';
import { BIN_HEADER_SIZE_BYTES, Cells } from '../../regf/cells.ts';
import { BIN_SIGNATURE, HBIN, PAGE_SIZE_BYTES } from '../../regf/layout.ts';

const FREE = 1;
const ALLOCATED = 2;

/** A bin whose header and chain of cells are sound; both from the first bin, the end exclusive. */
export interface Bin {
  readonly start: number;
  readonly end: number;
}

/** The cells of one image. Offsets count from the first bin. */
export class CellMap {
  readonly cells: Cells;
  readonly bins: Bin[] = [];
  /** What is wrong with the first bin that is not sound, or null: then every byte belongs to a known cell. */
  readonly chainProblem: string | null;
  /** For each unit of 8 bytes of a sound bin: 0 no cell begins here, else FREE or ALLOCATED. */
  private readonly states: Uint8Array;
  private readonly distrusted: ReadonlySet<number>;
  /** For each page: 1 where it lies in a sound bin. */
  private readonly soundPages: Uint8Array;

  /** Of the bins, what the file has; what stands behind that in the image is none of its bytes. */
  private readonly knownSizeBytes: number;

  /**
   * `image` is a base block of 4096 bytes, whatever it says, and whole pages behind it, of which the file has the first
   * `fileSizeBytes`; the chain of cells of a bin that starts at one of `distrusted` is not believed.
   */
  constructor(image: Uint8Array, fileSizeBytes: number, distrusted: ReadonlySet<number> = new Set()) {
    this.distrusted = distrusted;
    this.knownSizeBytes = fileSizeBytes - BASE_BLOCK_SIZE_BYTES;
    const whole = image.byteLength - (image.byteLength % PAGE_SIZE_BYTES);
    this.cells = new Cells(image.subarray(0, Math.max(whole, BASE_BLOCK_SIZE_BYTES)));
    const { binsSizeBytes } = this.cells;
    this.states = new Uint8Array(binsSizeBytes >> 3);
    this.soundPages = new Uint8Array(binsSizeBytes / PAGE_SIZE_BYTES);
    this.chainProblem = this.readBins();
  }

  /** Whether an allocated cell of at least `sizeBytes` of content begins at `cellOffset`. */
  isAllocated(cellOffset: number, sizeBytes = 0): boolean {
    const contentSizeBytes = this.cells.contentSizeBytes(cellOffset);
    if (contentSizeBytes < sizeBytes || cellOffset + 4 + contentSizeBytes > this.knownSizeBytes) return false;
    if (this.isSound(cellOffset)) return this.states[cellOffset >>> 3] === ALLOCATED;
    return this.isOutsideSoundBins(cellOffset);
  }

  /** Whether an allocated cell of at least `sizeBytes` begins with `signature`. */
  isRecord(cellOffset: number, signature: number, sizeBytes: number): boolean {
    return this.isAllocated(cellOffset, sizeBytes) && this.cells.isRecord(cellOffset, signature, sizeBytes);
  }

  /** Every place where an allocated cell may begin: each cell of a sound bin, each multiple of 8 elsewhere. */
  *allocated(): Iterable<number> {
    for (let at = BIN_HEADER_SIZE_BYTES; at < this.cells.binsSizeBytes; at += 8) {
      if (this.isAllocated(at)) yield at;
    }
  }

  /** The free cells of the sound bins with their sizes in bytes, header of the cell included. */
  *free(): Iterable<{ readonly cellOffset: number; readonly sizeBytes: number }> {
    for (let unit = this.states.indexOf(FREE); unit >= 0; unit = this.states.indexOf(FREE, unit + 1)) {
      yield { cellOffset: unit * 8, sizeBytes: this.cells.view.getInt32(unit * 8, true) };
    }
  }

  /**
   * The start of the sound bin in which `cellOffset` lies inside another cell, although what is there could be an allocated
   * cell: the size of the one around it may be what is wrong. Null elsewhere.
   */
  hidingBin(cellOffset: number): number | null {
    if (cellOffset % 8 !== 0 || !this.isSound(cellOffset) || this.states[cellOffset >>> 3] !== 0) return null;
    const bin = this.bins.find(({ start, end }) => start < cellOffset && cellOffset < end)!;
    const sizeBytes = -this.cells.view.getInt32(cellOffset, true);
    return sizeBytes >= 8 && cellOffset + sizeBytes <= bin.end ? bin.start : null;
  }

  private isSound(cellOffset: number): boolean {
    return this.soundPages[Math.floor(cellOffset / PAGE_SIZE_BYTES)] === 1;
  }

  /** A cell of a damaged bin does not reach into one that is sound. */
  private isOutsideSoundBins(cellOffset: number): boolean {
    const last = cellOffset + this.cells.contentSizeBytes(cellOffset) + 3;
    for (let at = cellOffset; at <= last; at += PAGE_SIZE_BYTES) if (this.isSound(at)) return false;
    return !this.isSound(last);
  }

  private readBins(): string | null {
    const { view, binsSizeBytes } = this.cells;
    let problem: string | null = binsSizeBytes === 0 ? 'it does not have any bins' : null;
    for (let start = 0; start < binsSizeBytes; ) {
      const sizeBytes = this.binSizeBytes(start);
      const bad =
        sizeBytes === 0
          ? `where a bin should begin, at ${start}, ${this.pageIs(start)}`
          : this.binProblem(start, start + sizeBytes);
      problem ??= bad;
      if (bad === null) {
        this.bins.push({ start, end: start + sizeBytes });
        this.soundPages.fill(1, start / PAGE_SIZE_BYTES, (start + sizeBytes) / PAGE_SIZE_BYTES);
        start += sizeBytes;
        continue;
      }
      // Behind a damaged bin the next header that says its own place is believed, also one inside what it claimed.
      start += PAGE_SIZE_BYTES;
      while (start < binsSizeBytes && view.getUint32(start + HBIN.signature, true) !== BIN_SIGNATURE) {
        start += PAGE_SIZE_BYTES;
      }
    }
    return problem;
  }

  /** Size of the bin at `start`, or 0 where there is none. */
  private binSizeBytes(start: number): number {
    const { view, binsSizeBytes } = this.cells;
    if (view.getUint32(start + HBIN.signature, true) !== BIN_SIGNATURE) return 0;
    if (view.getUint32(start + HBIN.offset, true) !== start) return 0;
    const sizeBytes = view.getUint32(start + HBIN.size, true);
    const isWhole = sizeBytes > 0 && sizeBytes % PAGE_SIZE_BYTES === 0 && start + sizeBytes <= binsSizeBytes;
    return isWhole ? sizeBytes : 0;
  }

  /** What a page holds that is not what should be there. */
  private pageIs(at: number): string {
    const { view, bytes } = this.cells;
    const page = bytes.subarray(at, at + PAGE_SIZE_BYTES);
    if (page.every((byte) => byte === 0)) return 'there are only zeros';
    if (view.getUint32(at + HBIN.signature, true) !== BIN_SIGNATURE) return 'there are data of something else';
    const place = view.getUint32(at + HBIN.offset, true);
    if (place !== at) return `there is a bin that belongs at ${place}, of this hive or of another`;
    return `there is a bin of ${view.getUint32(at + HBIN.size, true)} bytes, which cannot be right`;
  }

  private binProblem(start: number, end: number): string | null {
    return this.distrusted.has(start)
      ? `a cell of the bin at ${start} reaches over cells that others name`
      : this.readCells(start, end);
  }

  /** Notes the cells of a bin; what is wrong with them, or null. */
  private readCells(start: number, end: number): string | null {
    const { view } = this.cells;
    for (let at = start + BIN_HEADER_SIZE_BYTES; at < end; ) {
      const stored = view.getInt32(at, true);
      const sizeBytes = Math.abs(stored);
      if (sizeBytes < 8 || sizeBytes % 8 !== 0 || at + sizeBytes > end) {
        this.states.fill(0, start >> 3, end >> 3);
        const page = at - (at % PAGE_SIZE_BYTES);
        const isForeign = page > start && view.getUint32(page, true) === BIN_SIGNATURE;
        const told = `the cell at ${at} has size ${stored}, in a bin that ends at ${end}`;
        return isForeign ? `${told}; in the page at ${page}, inside that bin, ${this.pageIs(page)}` : told;
      }
      if (stored < 0 && at + sizeBytes > this.knownSizeBytes) {
        this.states.fill(0, start >> 3, end >> 3);
        return `the file ends in the cell at ${at}`;
      }
      this.states[at >> 3] = stored < 0 ? ALLOCATED : FREE;
      at += sizeBytes;
    }
    return null;
  }
}
