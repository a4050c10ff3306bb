// What the parts of the gate share: the cells, which of them are claimed, and the findings.

import { DEFECTS, type DefectCode } from '../../base/codes/defects.ts';
import type { Finding, Measure } from '../../base/finding.ts';
import { BASE_BLOCK_SIZE_BYTES } from '../base-block.ts';
import { BIN_HEADER_SIZE_BYTES, Cells } from '../cells.ts';
import { BIN_SIGNATURE, HBIN, PAGE_SIZE_BYTES } from '../layout.ts';
import { KeyVisits, ROOT_VISIT } from './key-visits.ts';

/** One finding of each code and place is enough; a hive of garbage shall not make a list as long as itself. */
export const MAX_FINDINGS = 5000;

const FREE = 1;
export const ALLOCATED = 2;
export const CLAIMED = 3;

/** One run over one image. Cells are known by one byte for each 8 bytes of the bins. */
export class Gate {
  readonly cells: Cells;
  readonly file: string;
  readonly minorVersion: number;
  readonly findings: Finding[] = [];
  /** The keys that were reached. */
  readonly visits = new KeyVisits();
  /** Of `cells`; read where a cell is known to be allocated. */
  readonly words: Int32Array;
  /** For each unit of 8 bytes: 0 no cell begins here, else FREE, ALLOCATED or CLAIMED. */
  readonly states: Uint8Array;

  constructor(image: Uint8Array, file: string, minorVersion: number) {
    this.cells = new Cells(image);
    this.words = this.cells.words;
    this.file = file;
    this.minorVersion = minorVersion;
    this.states = new Uint8Array(this.cells.binsSizeBytes >> 3);
  }

  /** `fileOffset` from the start of the file; `key` is the path of the key that it is about. */
  report(code: DefectCode, fileOffset: number, text: string, key?: string, measure?: Measure): void {
    if (this.findings.length >= MAX_FINDINGS) return;
    const where = { file: this.file, offset: fileOffset, ...(key === undefined ? {} : { key }) };
    const { severity } = DEFECTS[code];
    this.findings.push({ code, severity, ...(measure === undefined ? {} : { measure }), where, text });
  }

  /** As report, for a place that is given from the first bin. */
  reportCell(code: DefectCode, cellOffset: number, text: string, key?: string, measure?: Measure): void {
    this.report(code, cellOffset + BASE_BLOCK_SIZE_BYTES, text, key, measure);
  }

  /** As reportCell, about the key of a visit. */
  reportKey(code: DefectCode, cellOffset: number, text: string, visit: number, measure?: Measure): void {
    this.reportCell(code, cellOffset, text, this.visits.path(this.cells, visit), measure);
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
    if (stated !== bin) {
      const measure = { stated, needed: bin };
      this.reportCell('BIN_OFFSET', bin, `the bin at ${bin} says that it lies at ${stated}`, undefined, measure);
    }
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
    const { words, states } = this;
    let at = start + BIN_HEADER_SIZE_BYTES;
    while (at < end) {
      const stored = words[at >> 2]!;
      const sizeBytes = stored < 0 ? -stored : stored;
      if (sizeBytes < 8 || sizeBytes % 8 !== 0 || at + sizeBytes > end) {
        this.reportCell('CELL_SIZE', at, `the cell at ${at} has size ${stored}, in a bin that ends at ${end}`);
        return;
      }
      states[at >> 3] = stored < 0 ? ALLOCATED : FREE;
      at += sizeBytes;
    }
  }

  /** Whether an allocated cell begins at `cellOffset`, which may be signed: no hive is larger than 2 GiB. */
  isAllocated(cellOffset: number): boolean {
    return cellOffset > 0 && (cellOffset & 7) === 0 && this.states[cellOffset >>> 3]! >= ALLOCATED;
  }

  /** The content of an allocated cell in bytes. */
  contentSizeBytes(cellOffset: number): number {
    return -this.words[cellOffset >> 2]! - 4;
  }

  /**
   * Takes a cell for one structure of the key of a visit: true when an allocated cell begins there that nothing else has
   * claimed. A second claim is reported; a place that is no allocated cell is the caller's to report.
   */
  claim(cellOffset: number, what: string, visit: number): boolean {
    if (cellOffset <= 0 || (cellOffset & 7) !== 0) return false;
    const unit = cellOffset >>> 3;
    const state = this.states[unit];
    if (state === ALLOCATED) {
      this.states[unit] = CLAIMED;
      return true;
    }
    if (state === CLAIMED) {
      const text = `${what} claims the cell at ${cellOffset}, which another structure has`;
      this.reportKey('CELL_SHARED', cellOffset, text, visit);
    }
    return false;
  }

  /** As claim, for what belongs to no one key. */
  claimForAll(cellOffset: number, what: string): void {
    this.claim(cellOffset, what, ROOT_VISIT);
  }

  isClaimed(cellOffset: number): boolean {
    return cellOffset > 0 && (cellOffset & 7) === 0 && this.states[cellOffset >>> 3] === CLAIMED;
  }

  /** Reports what is allocated and was not claimed. */
  reportLeaks(): void {
    // Below a damaged list or key everything seems to leak: then one finding stands for all.
    if (this.findings.some((finding) => finding.severity === 'error')) this.reportLost();
    else this.reportEach();
  }

  private reportEach(): void {
    for (let at = this.nextLeak(0); at >= 0; at = this.nextLeak(at + 8)) {
      const size = this.contentSizeBytes(at) + 4;
      this.reportCell('CELL_LEAKED', at, `the cell of ${size} bytes at ${at} is allocated, but nothing refers to it`);
    }
  }

  private reportLost(): void {
    const first = this.nextLeak(0);
    if (first < 0) return;
    let count = 0;
    let sizeBytes = 0;
    for (let at = first; at >= 0; at = this.nextLeak(at + 8)) {
      count += 1;
      sizeBytes += this.contentSizeBytes(at) + 4;
    }
    const text = `${count} cells of ${sizeBytes} bytes are allocated and nothing that can be read refers to them`;
    this.reportCell('CELL_LEAKED', first, text);
  }

  /** The first cell from `cellOffset` on that is allocated and was not claimed, or a negative number. */
  private nextLeak(cellOffset: number): number {
    return this.states.indexOf(ALLOCATED, cellOffset >>> 3) * 8;
  }
}
