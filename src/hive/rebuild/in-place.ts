// Repair in place: the smallest change that makes a hive sound whose base block, root and chain of bins are. Everything is
// written into a copy in memory; whether it may take the original's place is the proof's to say (prove-rebuild.ts).

import { BASE_BLOCK, encodeBaseBlock, FILE_TYPE, HEADER_SIZE_BYTES } from '../../regf/base-block.ts';
import { BIG_DATA_SEGMENT_SIZE_BYTES, NIL } from '../../regf/cells.ts';
import { DB, NK, NK_FLAG, NOT_STORED_NK_FLAGS, RESIDENT, SIGNATURE, VK } from '../../regf/layout.ts';
import type { CellMap } from '../survey/cell-map.ts';
import type { Fix } from '../survey/losses.ts';
import { NO_CELL, type ReadKey } from '../survey/read-key.ts';
import type { ReadValue } from '../survey/records.ts';
import type { Survey } from '../survey/survey.ts';
import { Draft } from './draft.ts';
import { type LostDescriptors, SecurityRing } from './security-ring.ts';
import { isListSound, rewriteLeaf, writeList } from './subkey-lists.ts';

export interface InPlaceOptions {
  readonly minorVersion: number;
  readonly lostDescriptors: LostDescriptors;
}

export interface InPlaceResult {
  readonly image: Uint8Array;
  readonly fixes: readonly Fix[];
}

/** Makes `image` say what `survey` read of it; cells that nothing refers to become free. */
export function repairInPlace(image: Uint8Array, map: CellMap, survey: Survey, options: InPlaceOptions): InPlaceResult {
  return new InPlaceRepair(image, map, options).run(survey.root!);
}

class InPlaceRepair {
  private readonly map: CellMap;
  private readonly draft: Draft;
  private readonly minorVersion: number;
  private readonly fixes: Fix[] = [];
  /** Allocated cells of the damaged image that the result refers to. */
  private readonly used = new Set<number>();
  private readonly security: SecurityRing;

  constructor(image: Uint8Array, map: CellMap, options: InPlaceOptions) {
    this.map = map;
    this.draft = new Draft(image, map);
    this.minorVersion = options.minorVersion;
    this.security = new SecurityRing(map, this.draft, options.lostDescriptors);
  }

  run(root: ReadKey): InPlaceResult {
    const waiting = [root];
    for (let key = waiting.pop(); key !== undefined; key = waiting.pop()) {
      this.repairKey(key);
      for (const subkey of key.subkeys.toReversed()) waiting.push(subkey);
    }
    for (const fix of this.security.close(this.used)) this.fixes.push(fix);
    this.releaseUnused();
    return { image: this.withBaseBlock(), fixes: this.fixes };
  }

  private note(what: Fix['what'], cellOffset: number, isChanged: boolean): void {
    if (isChanged) this.fixes.push({ what, cellOffset });
  }

  private repairKey(key: ReadKey): void {
    const { draft } = this;
    const cell = key.cellOffset;
    this.used.add(cell);
    const flags = draft.u16(cell + 4 + NK.flags) & ~NOT_STORED_NK_FLAGS;
    const marked = key.parent === null ? flags | NK_FLAG.hiveEntry : flags & ~NK_FLAG.hiveEntry;
    this.note('key flags', cell, draft.set16(cell + 4 + NK.flags, marked));
    if (key.parent !== null) {
      this.note('parent pointer', cell, draft.set32(cell + 4 + NK.parent, key.parent.cellOffset));
    }
    this.repairClass(key);
    this.repairValues(key);
    this.repairSubkeys(key);
    this.repairMaxima(key);
    this.note('security ring', cell, draft.set32(cell + 4 + NK.security, this.security.cellFor(key)));
  }

  private repairClass(key: ReadKey): void {
    const { draft } = this;
    const at = key.cellOffset + 4;
    const stored = draft.u32(at + NK.class);
    if (key.classBytes === null) {
      const isChanged = draft.set16(at + NK.classLength, 0);
      this.note('class name', key.cellOffset, draft.set32(at + NK.class, NIL) || isChanged);
    } else if (key.isClassShared) {
      const copy = draft.allocate(key.classBytes.byteLength);
      draft.setBytes(copy + 4, key.classBytes);
      this.note('class name', key.cellOffset, draft.set32(at + NK.class, copy));
    } else this.used.add(stored);
  }

  private repairValues(key: ReadKey): void {
    const { draft } = this;
    const at = key.cellOffset + 4;
    if (draft.u16(at + NK.flags) & NK_FLAG.predefinedHandle) return;
    const cells = key.values.map((value) => this.repairValue(value));
    if (cells.length === 0) {
      const isChanged = draft.set32(at + NK.valueCount, 0);
      this.note('value list', key.cellOffset, draft.set32(at + NK.valueList, NIL) || isChanged);
      return;
    }
    // No more values were read than their list has room for.
    const list = key.valueListCell ?? draft.allocate(4 * cells.length);
    this.used.add(list);
    const isMoved = draft.set32(at + NK.valueList, list);
    let isChanged = draft.set32(at + NK.valueCount, cells.length) || isMoved;
    for (const [i, cell] of cells.entries()) isChanged = draft.set32(list + 4 + 4 * i, cell) || isChanged;
    this.note('value list', key.cellOffset, isChanged);
  }

  private repairValue(value: ReadValue): number {
    const cell = value.isShared ? this.copyRecord(value.cellOffset) : value.cellOffset;
    this.used.add(cell);
    for (const dataCell of value.dataCells) if (!value.isMisplaced) this.used.add(dataCell);
    const isResident = this.draft.u32(cell + 4 + VK.dataSize) >= RESIDENT;
    if (!value.isMisplaced || isResident) return cell;
    const place = value.data.byteLength === 0 ? NIL : this.writeData(value.data);
    this.note('value data', value.cellOffset, this.draft.set32(cell + 4 + VK.dataOffset, place));
    return cell;
  }

  private copyRecord(cell: number): number {
    const content = this.map.cells.content(cell)!;
    const copy = this.draft.allocate(content.byteLength);
    this.draft.setBytes(copy + 4, content);
    return copy;
  }

  /** Data in cells of their own, as big data where this version has them. */
  private writeData(data: Uint8Array): number {
    const { draft } = this;
    if (this.minorVersion < 4 || data.byteLength <= BIG_DATA_SEGMENT_SIZE_BYTES) {
      const cell = draft.allocate(data.byteLength);
      draft.setBytes(cell + 4, data);
      return cell;
    }
    const count = Math.ceil(data.byteLength / BIG_DATA_SEGMENT_SIZE_BYTES);
    const record = draft.allocate(8);
    const list = draft.allocate(4 * count);
    draft.set16(record + 4, SIGNATURE.db);
    draft.set16(record + 4 + DB.segmentCount, count);
    draft.set32(record + 4 + DB.segmentList, list);
    for (let i = 0; i < count; i += 1) {
      // Windows gives the last segment its full size too.
      const segment = draft.allocate(BIG_DATA_SEGMENT_SIZE_BYTES);
      const start = i * BIG_DATA_SEGMENT_SIZE_BYTES;
      draft.setBytes(segment + 4, data.subarray(start, start + BIG_DATA_SEGMENT_SIZE_BYTES));
      draft.set32(list + 4 + 4 * i, segment);
    }
    return record;
  }

  private repairSubkeys(key: ReadKey): void {
    const { draft, map, minorVersion } = this;
    const at = key.cellOffset + 4;
    const subkeys = key.subkeys.map((subkey) => subkey.cellOffset);
    const isCountChanged = draft.set32(at + NK.subkeyCount, subkeys.length);
    this.note('subkey count', key.cellOffset, isCountChanged);
    if (subkeys.length === 0) {
      this.note('subkey list', key.cellOffset, draft.set32(at + NK.subkeyList, NIL));
      return;
    }
    const stored = draft.u32(at + NK.subkeyList);
    const isOwn = key.listCells[0] === stored;
    if (isOwn && isListSound(map, stored, subkeys, minorVersion) && this.hasAllLeaves(key, stored)) {
      for (const cell of key.listCells) this.used.add(cell);
      return;
    }
    if (isOwn && key.listCells.length === 1 && rewriteLeaf(draft, map.cells, stored, subkeys, minorVersion)) {
      this.used.add(stored);
      this.fixes.push({ what: 'subkey list', cellOffset: stored });
      return;
    }
    draft.set32(at + NK.subkeyList, writeList(draft, map.cells, subkeys, minorVersion));
    this.fixes.push({ what: 'subkey list', cellOffset: key.cellOffset });
  }

  /** Whether no leaf of the list at `list` belongs to another key. */
  private hasAllLeaves(key: ReadKey, list: number): boolean {
    const { cells } = this.map;
    if (cells.u16(list, 0) !== SIGNATURE.ri) return key.listCells.length === 1;
    return key.listCells.length === 1 + cells.u16(list, 2);
  }

  private repairMaxima(key: ReadKey): void {
    const { draft } = this;
    const at = key.cellOffset + 4;
    const longest = (sizes: readonly number[]): number => sizes.reduce((most, size) => Math.max(most, size), 0);
    const isName = this.raise16(at + NK.maxNameLength, longest(key.subkeys.map(({ name }) => 2 * name.length)));
    const classes = key.subkeys.map(({ classBytes }) => classBytes?.byteLength ?? 0);
    const isClass = this.raise32(at + NK.maxClassLength, longest(classes));
    if (draft.u16(at + NK.flags) & NK_FLAG.predefinedHandle) return;
    const names = key.values.map(({ name }) => 2 * name.length);
    const isValueName = this.raise32(at + NK.maxValueNameLength, longest(names));
    const sizes = key.values.map(({ data }) => data.byteLength);
    const isData = this.raise32(at + NK.maxValueDataLength, longest(sizes));
    this.note('longest names', key.cellOffset, isName || isClass || isValueName || isData);
  }

  private raise16(at: number, needed: number): boolean {
    return this.draft.u16(at) < needed && this.draft.set16(at, needed);
  }

  private raise32(at: number, needed: number): boolean {
    return this.draft.u32(at) < needed && this.draft.set32(at, needed);
  }

  private releaseUnused(): void {
    for (const cell of this.map.allocated()) {
      if (this.used.has(cell)) continue;
      this.draft.release(cell);
      this.fixes.push({ what: 'unused cell', cellOffset: cell });
    }
    this.draft.joinFree();
  }

  /** Clean, of the right kind and length, its checksum right. */
  private withBaseBlock(): Uint8Array {
    const { draft } = this;
    const image = draft.image();
    const view = new DataView(image.buffer, image.byteOffset);
    const before = image.slice(0, HEADER_SIZE_BYTES);
    view.setUint32(BASE_BLOCK.minorVersion, this.minorVersion, true);
    view.setUint32(BASE_BLOCK.fileFormat, 1, true);
    view.setUint32(BASE_BLOCK.clusteringFactor, 1, true);
    const sequence = Math.max(view.getUint32(BASE_BLOCK.primarySequence, true), 1);
    const changes = { primarySequence: sequence, secondarySequence: sequence, fileType: FILE_TYPE.primary };
    const header = encodeBaseBlock(image.subarray(0, HEADER_SIZE_BYTES), {
      ...changes,
      binsSizeBytes: draft.binsSizeBytes,
    });
    image.set(header);
    if (before.some((byte, i) => byte !== header[i])) this.fixes.push({ what: 'base block', cellOffset: NO_CELL });
    return image;
  }
}

/** Whether every key of a survey lies in a cell: only then can it be repaired where it is. */
export function canRepairInPlace({ root, topLevel }: Survey): boolean {
  return root !== null && !topLevel.some(({ cellOffset }) => cellOffset === NO_CELL);
}
