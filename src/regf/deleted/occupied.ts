// Which bytes of an image the living tree uses. What is left (free cells, the slack behind what a cell holds, allocated
// cells that nothing names) is where deleted keys and values lie.

import { BIG_DATA_SEGMENT_SIZE_BYTES, BIN_HEADER_SIZE_BYTES, type Cells, NIL } from '../cells.ts';
import { BIN_SIGNATURE, DB, LIST, NK, NK_FLAG, RESIDENT, SIGNATURE, SK, VK } from '../layout.ts';

const UNIT_SIZE_BYTES = 8;

/** Units of 8 bytes that the tree below `rootCellOffset` uses, bin headers among them. Offsets from the first bin. */
export class Occupied {
  /** The nk cells of the living tree. */
  readonly keys = new Set<number>();
  private readonly cells: Cells;
  private readonly minorVersion: number;
  private readonly units: Uint8Array;

  constructor(cells: Cells, rootCellOffset: number, minorVersion: number) {
    this.cells = cells;
    this.minorVersion = minorVersion;
    this.units = new Uint8Array(Math.ceil(cells.binsSizeBytes / UNIT_SIZE_BYTES));
    this.markBins();
    this.markTree(rootCellOffset);
  }

  /** Whether the living tree uses any of the bytes. */
  has(offset: number, sizeBytes: number): boolean {
    const last = (offset + Math.max(sizeBytes, 1) - 1) >>> 3;
    for (let unit = offset >>> 3; unit <= last; unit += 1) if (this.units[unit] !== 0) return true;
    return false;
  }

  private mark(offset: number, sizeBytes: number): void {
    this.units.fill(1, offset >>> 3, (offset + sizeBytes + UNIT_SIZE_BYTES - 1) >>> 3);
  }

  /** Marks a cell's size field and the first bytes of its content, where it is an allocated cell. */
  private markCell(cellOffset: number, contentSizeBytes: number): void {
    const room = this.cells.contentSizeBytes(cellOffset);
    if (room >= 0) this.mark(cellOffset, 4 + Math.min(room, contentSizeBytes));
  }

  private markBins(): void {
    for (let offset = 0; offset + BIN_HEADER_SIZE_BYTES <= this.cells.binsSizeBytes; offset += 4096) {
      const isBin = this.cells.view.getUint32(offset, true) === BIN_SIGNATURE;
      if (isBin && this.cells.view.getUint32(offset + 4, true) === offset) this.mark(offset, BIN_HEADER_SIZE_BYTES);
    }
  }

  private markTree(rootCellOffset: number): void {
    const { cells } = this;
    const stack = [rootCellOffset];
    for (let key = stack.pop(); key !== undefined; key = stack.pop()) {
      if (this.keys.has(key) || !cells.isRecord(key, SIGNATURE.nk, NK.name)) continue;
      this.keys.add(key);
      this.markCell(key, NK.name + cells.u16(key, NK.nameLength));
      this.markCell(cells.u32(key, NK.class), cells.u16(key, NK.classLength));
      this.markSecurity(cells.u32(key, NK.security));
      if ((cells.u16(key, NK.flags) & NK_FLAG.predefinedHandle) === 0) this.markValues(key);
      if (cells.u32(key, NK.subkeyCount) > 0) this.markList(cells.u32(key, NK.subkeyList), stack, true);
    }
  }

  private markSecurity(security: number): void {
    if (!this.cells.isRecord(security, SIGNATURE.sk, SK.descriptor)) return;
    this.markCell(security, SK.descriptor + this.cells.u32(security, SK.size));
  }

  private markList(list: number, stack: number[], mayNest: boolean): void {
    const { cells } = this;
    const room = cells.contentSizeBytes(list);
    if (room < LIST.elements || this.has(list, 4)) return;
    const signature = cells.u16(list, 0);
    const isWide = signature === SIGNATURE.lf || signature === SIGNATURE.lh;
    if (!isWide && signature !== SIGNATURE.li && signature !== SIGNATURE.ri) return;
    const elementSizeBytes = isWide ? 8 : 4;
    const count = Math.min(cells.u16(list, LIST.count), Math.floor((room - LIST.elements) / elementSizeBytes));
    this.markCell(list, LIST.elements + count * elementSizeBytes);
    for (let i = 0; i < count; i += 1) {
      const element = cells.u32(list, LIST.elements + i * elementSizeBytes);
      if (signature !== SIGNATURE.ri) stack.push(element);
      else if (mayNest) this.markList(element, stack, false);
    }
  }

  private markValues(key: number): void {
    const { cells } = this;
    const list = cells.u32(key, NK.valueList);
    const room = cells.contentSizeBytes(list);
    if (cells.u32(key, NK.valueCount) === 0 || room < 4 || this.has(list, 4)) return;
    const count = Math.min(cells.u32(key, NK.valueCount), room >> 2);
    this.markCell(list, 4 * count);
    for (let i = 0; i < count; i += 1) {
      const value = cells.u32(list, 4 * i);
      if (!cells.isRecord(value, SIGNATURE.vk, VK.name)) continue;
      this.markCell(value, VK.name + cells.u16(value, VK.nameLength));
      this.markData(cells.u32(value, VK.dataSize), cells.u32(value, VK.dataOffset));
    }
  }

  private markData(sizeBytes: number, data: number): void {
    if (sizeBytes === 0 || sizeBytes >= RESIDENT || data === NIL) return;
    const { cells } = this;
    const isBig =
      this.minorVersion >= 4 && sizeBytes > BIG_DATA_SEGMENT_SIZE_BYTES && cells.isRecord(data, SIGNATURE.db, 8);
    this.markCell(data, isBig ? 8 : sizeBytes);
    if (!isBig) return;
    const list = cells.u32(data, DB.segmentList);
    const room = cells.contentSizeBytes(list);
    const count = Math.min(cells.u16(data, DB.segmentCount), room < 0 ? 0 : room >> 2);
    this.markCell(list, 4 * count);
    for (let i = 0; i < count; i += 1) this.markCell(cells.u32(list, 4 * i), BIG_DATA_SEGMENT_SIZE_BYTES);
  }
}
