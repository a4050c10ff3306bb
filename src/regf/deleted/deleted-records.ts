// Deleted keys and values: records that still lie in free cells, in the slack of cells in use, and in allocated cells
// that nothing names. What they say is a trace, not a fact, so each has a grade of confidence.

import { decodeLatin1, decodeUtf16le } from '../../base/text.ts';
import { parseBaseBlock } from '../base-block.ts';
import { BIG_DATA_SEGMENT_SIZE_BYTES, Cells, NIL } from '../cells.ts';
import {
  DB,
  MAX_DEPTH,
  MAX_KEY_NAME_UNITS,
  MAX_VALUE_NAME_UNITS,
  NK,
  NK_FLAG,
  RESIDENT,
  SIGNATURE,
  VK,
  VK_FLAG,
} from '../layout.ts';
import { Occupied } from './occupied.ts';

/** FILETIME of 1990 and 2100: a key stamped outside is hardly one. */
const EARLIEST = 122_756_256_000_000_000n;
const LATEST = 157_469_184_000_000_000n;

/**
 * 'high': every field is plausible, its place is untouched, and another record ties it to its key. 'medium': plausible
 * and whole, but nothing ties it. 'low': its name is odd, or part of it (a value's data, say) has been overwritten.
 */
export type Confidence = 'high' | 'medium' | 'low';

/** A deleted key; `values` are those that its own value list still names. */
export interface DeletedKey {
  readonly kind: 'key';
  /** Of the nk record's cell, from the first bin; the cell may since have been joined to another. */
  readonly cellOffset: number;
  readonly confidence: Confidence;
  readonly name: string;
  /** Names from below the root, as far up as its parents can be followed. */
  readonly path: readonly string[];
  /** Whether `path` begins at the root of the hive. */
  readonly isPathWhole: boolean;
  /** FILETIME. */
  readonly lastWritten: bigint;
  readonly values: readonly DeletedValue[];
}

export interface DeletedValue {
  readonly kind: 'value';
  readonly cellOffset: number;
  readonly confidence: Confidence;
  readonly name: string;
  /** The REG_* number. */
  readonly type: number;
  readonly sizeBytes: number;
  /** A copy, or null where something else has been written over them. */
  readonly data: Uint8Array | null;
  /** The key that it was a value of, living or deleted; null where that is not known. */
  readonly key: readonly string[] | null;
}

export type DeletedRecord = DeletedKey | DeletedValue;

/**
 * Every deleted key (with its values) and every deleted value that belongs to none of these, in the order of their places.
 * Work and memory are bounded by the size of the image.
 * @throws FormatError NOT_A_HIVE, TRUNCATED for the base block.
 */
export function deletedRecords(image: Uint8Array, file: string): DeletedRecord[] {
  return new DeletedScan(image, file).records();
}

class DeletedScan {
  private readonly cells: Cells;
  private readonly root: number;
  private readonly minorVersion: number;
  private readonly occupied: Occupied;
  private readonly keys = new Set<number>();
  private readonly values = new Set<number>();
  /** From a value's cell to the key's whose list names it. */
  private readonly owners = new Map<number, number>();
  private readonly paths = new Map<number, { readonly path: readonly string[]; readonly isWhole: boolean }>();
  /** Elements of value lists that may still be looked at: damaged counts shall not make the work quadratic. */
  private budget: number;

  constructor(image: Uint8Array, file: string) {
    const base = parseBaseBlock(image, file);
    this.cells = new Cells(image);
    this.root = base.rootCellOffset;
    this.minorVersion = base.minorVersion;
    this.occupied = new Occupied(this.cells, base.rootCellOffset, base.minorVersion);
    this.budget = this.cells.binsSizeBytes;
  }

  records(): DeletedRecord[] {
    for (let cell = 0; cell + 24 <= this.cells.binsSizeBytes; cell += 8) {
      if (this.occupied.has(cell, 8)) continue;
      const signature = this.cells.u16(cell, 0);
      if (signature === SIGNATURE.nk && this.isKey(cell)) this.keys.add(cell);
      else if (signature === SIGNATURE.vk && this.isValue(cell)) this.values.add(cell);
    }
    for (const key of this.keys) this.ownValues(key);
    for (const key of this.occupied.keys) this.ownValues(key);
    const lists = new Map<number, DeletedValue[]>();
    const records: DeletedRecord[] = [];
    for (const cell of this.values) {
      const value = this.value(cell);
      const owner = this.owners.get(cell);
      if (owner === undefined || !this.keys.has(owner)) records.push(value);
      else if (lists.has(owner)) lists.get(owner)!.push(value);
      else lists.set(owner, [value]);
    }
    for (const cell of this.keys) records.push(this.key(cell, lists.get(cell) ?? []));
    return records.sort((a, b) => a.cellOffset - b.cellOffset);
  }

  private isKey(cell: number): boolean {
    const { cells } = this;
    if (cell + 4 + NK.name > cells.binsSizeBytes || this.occupied.has(cell, 4 + NK.name)) return false;
    const nameLength = cells.u16(cell, NK.nameLength);
    const isCompressed = (cells.u16(cell, NK.flags) & NK_FLAG.compressedName) !== 0;
    const units = isCompressed ? nameLength : nameLength / 2;
    if (nameLength === 0 || !Number.isInteger(units) || units > MAX_KEY_NAME_UNITS) return false;
    if (cell + 4 + NK.name + nameLength > cells.binsSizeBytes) return false;
    const lastWritten = cells.u64(cell, NK.lastWritten);
    return lastWritten >= EARLIEST && lastWritten <= LATEST;
  }

  private isValue(cell: number): boolean {
    const { cells } = this;
    if (cell + 4 + VK.name > cells.binsSizeBytes || this.occupied.has(cell, 4 + VK.name)) return false;
    const nameLength = cells.u16(cell, VK.nameLength);
    const flags = cells.u16(cell, VK.flags);
    const units = flags & VK_FLAG.compressedName ? nameLength : nameLength / 2;
    if (!Number.isInteger(units) || units > MAX_VALUE_NAME_UNITS || flags > 3) return false;
    if (cell + 4 + VK.name + nameLength > cells.binsSizeBytes) return false;
    const sizeBytes = cells.u32(cell, VK.dataSize);
    if (sizeBytes >= RESIDENT) return sizeBytes - RESIDENT <= 4;
    const data = cells.u32(cell, VK.dataOffset);
    return sizeBytes === 0
      ? data === NIL
      : data % 8 === 0 && data < cells.binsSizeBytes && sizeBytes < cells.binsSizeBytes;
  }

  /**
   * Notes which deleted values a key's value list names: a deleted key's within its count, a living key's in the slack
   * behind it, where Windows leaves the last elements of a list that became shorter.
   */
  private ownValues(key: number): void {
    const { cells } = this;
    const list = cells.u32(key, NK.valueList);
    const isDeleted = this.keys.has(key);
    if ((cells.u16(key, NK.flags) & NK_FLAG.predefinedHandle) !== 0 || list % 8 !== 0 || list + 8 > cells.binsSizeBytes)
      return;
    if (isDeleted && this.occupied.has(list, 8)) return;
    const count = cells.u32(key, NK.valueCount);
    const last = isDeleted ? count : cells.contentSizeBytes(list) >> 2;
    for (let i = isDeleted ? 0 : count; i < last && this.budget > 0; i += 1, this.budget -= 1) {
      if (list + 8 + 4 * i > cells.binsSizeBytes) return;
      const value = cells.u32(list, 4 * i);
      if (this.values.has(value) && !this.owners.has(value)) this.owners.set(value, key);
    }
  }

  private key(cell: number, values: readonly DeletedValue[]): DeletedKey {
    const { cells } = this;
    const { path, isWhole } = this.pathOf(cell, MAX_DEPTH);
    const name = this.nameOf(cell);
    const isIntact = !this.occupied.has(cell, 4 + NK.name + cells.u16(cell, NK.nameLength)) && isPlausible(name);
    return {
      kind: 'key',
      cellOffset: cell,
      confidence: isIntact ? (isWhole ? 'high' : 'medium') : 'low',
      name,
      path,
      isPathWhole: isWhole,
      lastWritten: cells.u64(cell, NK.lastWritten),
      values,
    };
  }

  private value(cell: number): DeletedValue {
    const { cells } = this;
    const nameLength = cells.u16(cell, VK.nameLength);
    const bytes = cells.field(cell, VK.name, nameLength);
    const name = cells.u16(cell, VK.flags) & VK_FLAG.compressedName ? decodeLatin1(bytes) : decodeUtf16le(bytes);
    const data = this.data(cell);
    const owner = this.owners.get(cell);
    const isIntact = !this.occupied.has(cell, 4 + VK.name + nameLength) && isPlausible(name) && data !== null;
    return {
      kind: 'value',
      cellOffset: cell,
      confidence: isIntact ? (owner === undefined ? 'medium' : 'high') : 'low',
      name,
      type: cells.u32(cell, VK.type),
      sizeBytes: cells.u32(cell, VK.dataSize) % RESIDENT,
      data,
      key: owner === undefined ? null : this.pathOf(owner, MAX_DEPTH).path,
    };
  }

  private data(cell: number): Uint8Array | null {
    const { cells } = this;
    const sizeBytes = cells.u32(cell, VK.dataSize);
    if (sizeBytes >= RESIDENT) return cells.field(cell, VK.dataOffset, sizeBytes - RESIDENT).slice();
    if (sizeBytes === 0) return new Uint8Array();
    const offset = cells.u32(cell, VK.dataOffset);
    if (this.minorVersion >= 4 && sizeBytes > BIG_DATA_SEGMENT_SIZE_BYTES) return this.bigData(offset, sizeBytes);
    return this.untouched(offset, sizeBytes)?.slice() ?? null;
  }

  private bigData(record: number, sizeBytes: number): Uint8Array | null {
    const { cells } = this;
    const count = Math.ceil(sizeBytes / BIG_DATA_SEGMENT_SIZE_BYTES);
    if (
      !this.untouched(record, 8) ||
      cells.u16(record, 0) !== SIGNATURE.db ||
      cells.u16(record, DB.segmentCount) !== count
    )
      return null;
    const list = cells.u32(record, DB.segmentList);
    if (!this.untouched(list, 4 * count)) return null;
    this.budget -= sizeBytes >> 2;
    if (this.budget < 0) return null;
    const data = new Uint8Array(sizeBytes);
    for (let i = 0; i < count; i += 1) {
      const start = i * BIG_DATA_SEGMENT_SIZE_BYTES;
      const segment = this.untouched(cells.u32(list, 4 * i), Math.min(BIG_DATA_SEGMENT_SIZE_BYTES, sizeBytes - start));
      if (!segment) return null;
      data.set(segment, start);
    }
    return data;
  }

  /** The first bytes of what was a cell's content, or null where the living tree has taken any of them. */
  private untouched(cell: number, sizeBytes: number): Uint8Array | null {
    if (cell % 8 !== 0 || cell + 4 + sizeBytes > this.cells.binsSizeBytes) return null;
    if (this.occupied.has(cell, 4 + sizeBytes)) return null;
    return this.cells.field(cell, 0, sizeBytes);
  }

  private nameOf(cell: number): string {
    const bytes = this.cells.field(cell, NK.name, this.cells.u16(cell, NK.nameLength));
    return this.cells.u16(cell, NK.flags) & NK_FLAG.compressedName ? decodeLatin1(bytes) : decodeUtf16le(bytes);
  }

  /** Follows parent pointers over living and deleted keys, at most `depth` levels up. */
  private pathOf(cell: number, depth: number): { readonly path: readonly string[]; readonly isWhole: boolean } {
    if (cell === this.root) return { path: [], isWhole: true };
    const known = this.paths.get(cell);
    if (known) return known;
    const parent = this.cells.u32(cell, NK.parent);
    const isKnown = this.keys.has(parent) || this.occupied.keys.has(parent);
    const above = isKnown && depth > 0 ? this.pathOf(parent, depth - 1) : { path: [], isWhole: false };
    const found = { path: [...above.path, this.nameOf(cell)], isWhole: above.isWhole };
    this.paths.set(cell, found);
    return found;
  }
}

/** Whether a name looks like one that somebody gave: no control characters, no U+FFFF. */
function isPlausible(name: string): boolean {
  return !/[\u0000-\u001f\ufffe\uffff]/.test(name);
}
