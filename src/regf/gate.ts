// What the parts of the gate share: the cells, which of them are claimed, and the findings.

import type { Finding } from '../base/finding.ts';
import { BASE_BLOCK_SIZE_BYTES } from './base-block.ts';
import { BIN_HEADER_SIZE_BYTES, Cells } from './cells.ts';
import { HBIN } from './layout.ts';
import { DEFECTS, type DefectCode } from './validation-codes.ts';

/** One finding of each code and place is enough; a hive of garbage shall not make a list as long as itself. */
export const MAX_FINDINGS = 5000;

const BIN_SIGNATURE = 0x6e69_6268;
const PAGE_SIZE_BYTES = 4096;

const FREE = 1;
const ALLOCATED = 2;
const CLAIMED = 3;

/** One run over one image. Cells are known by one byte for each 8 bytes of the bins. */
export class Gate {
  readonly cells: Cells;
  readonly file: string;
  readonly minorVersion: number;
  readonly findings: Finding[] = [];
  /** For each unit of 8 bytes: 0 no cell begins here, else FREE, ALLOCATED or CLAIMED. */
  private readonly states: Uint8Array;

  constructor(image: Uint8Array, file: string, minorVersion: number) {
    this.cells = new Cells(image);
    this.file = file;
    this.minorVersion = minorVersion;
    this.states = new Uint8Array(this.cells.binsSizeBytes >> 3);
  }

  /** `fileOffset` from the start of the file; `key` is the path of the key that it is about. */
  report(code: DefectCode, fileOffset: number, text: string, key?: string): void {
    if (this.findings.length >= MAX_FINDINGS) return;
    const where = { file: this.file, offset: fileOffset, ...(key === undefined ? {} : { key }) };
    this.findings.push({ code, severity: DEFECTS[code].severity, where, text });
  }

  /** As report, for a place that is given from the first bin. */
  reportCell(code: DefectCode, cellOffset: number, text: string, key?: string): void {
    this.report(code, cellOffset + BASE_BLOCK_SIZE_BYTES, text, key);
  }

  /** Walks bins and cells and notes where cells begin; behind a damaged bin it goes on at the next that is one. */
  readCells(): void {
    const { view, binsSizeBytes } = this.cells;
    let wasBin = true;
    for (let bin = 0; bin < binsSizeBytes; ) {
      const isBin = view.getUint32(bin + HBIN.signature, true) === BIN_SIGNATURE;
      if (!isBin && wasBin) this.reportCell('BIN_SIGNATURE', bin, `there is no bin at ${bin} from the first`);
      wasBin = isBin;
      bin += isBin ? this.readBinHeader(bin) : PAGE_SIZE_BYTES;
    }
  }

  /** @returns the bytes to go on by. */
  private readBinHeader(bin: number): number {
    const { view, binsSizeBytes } = this.cells;
    const stated = view.getUint32(bin + HBIN.offset, true);
    if (stated !== bin) this.reportCell('BIN_OFFSET', bin, `the bin at ${bin} says that it lies at ${stated}`);
    const sizeBytes = view.getUint32(bin + HBIN.size, true);
    if (sizeBytes === 0 || sizeBytes % PAGE_SIZE_BYTES !== 0 || bin + sizeBytes > binsSizeBytes) {
      const left = binsSizeBytes - bin;
      this.reportCell('BIN_SIZE', bin, `the bin at ${bin} says ${sizeBytes} bytes, of ${left} that are left`);
      return PAGE_SIZE_BYTES;
    }
    this.readBin(bin, bin + sizeBytes);
    return sizeBytes;
  }

  private readBin(start: number, end: number): void {
    const { view } = this.cells;
    let at = start + BIN_HEADER_SIZE_BYTES;
    while (at < end) {
      const stored = view.getInt32(at, true);
      const sizeBytes = Math.abs(stored);
      if (sizeBytes < 8 || sizeBytes % 8 !== 0 || at + sizeBytes > end) {
        this.reportCell('CELL_SIZE', at, `the cell at ${at} has size ${stored}, in a bin that ends at ${end}`);
        return;
      }
      this.states[at >> 3] = stored < 0 ? ALLOCATED : FREE;
      at += sizeBytes;
    }
  }

  /** Whether an allocated cell begins at `cellOffset`. */
  isAllocated(cellOffset: number): boolean {
    return cellOffset % 8 === 0 && (this.states[cellOffset >>> 3] ?? 0) >= ALLOCATED;
  }

  /**
   * Takes a cell for one structure: true when an allocated cell begins there that nothing else has claimed. A second
   * claim is reported; a place that is no allocated cell is the caller's to report.
   */
  claim(cellOffset: number, what: string, key: () => string): boolean {
    if (!this.isAllocated(cellOffset)) return false;
    const unit = cellOffset >>> 3;
    if (this.states[unit] === CLAIMED) {
      this.reportCell(
        'CELL_SHARED',
        cellOffset,
        `${what} claims the cell at ${cellOffset}, which another structure has`,
        key(),
      );
      return false;
    }
    this.states[unit] = CLAIMED;
    return true;
  }

  isClaimed(cellOffset: number): boolean {
    return cellOffset % 8 === 0 && this.states[cellOffset >>> 3] === CLAIMED;
  }

  /** Reports what is allocated and was not claimed. */
  reportLeaks(): void {
    // Below a damaged list or key everything seems to leak: then one finding stands for all.
    if (this.findings.some((finding) => finding.severity === 'error')) this.reportLost();
    else this.reportEach();
  }

  private reportEach(): void {
    for (let unit = 0; unit < this.states.length; unit += 1) {
      if (this.states[unit] !== ALLOCATED) continue;
      const size = this.cells.contentSizeBytes(unit * 8) + 4;
      this.reportCell(
        'CELL_LEAKED',
        unit * 8,
        `the cell of ${size} bytes at ${unit * 8} is allocated, but nothing refers to it`,
      );
    }
  }

  private reportLost(): void {
    let first = -1;
    let count = 0;
    let sizeBytes = 0;
    for (let unit = 0; unit < this.states.length; unit += 1) {
      if (this.states[unit] !== ALLOCATED) continue;
      if (first < 0) first = unit * 8;
      count += 1;
      sizeBytes += this.cells.contentSizeBytes(unit * 8) + 4;
    }
    if (count === 0) return;
    const text = `${count} cells of ${sizeBytes} bytes are allocated and nothing that can be read refers to them`;
    this.reportCell('CELL_LEAKED', first, text);
  }
}
