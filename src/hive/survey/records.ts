// Single records of a damaged image, each read whole or not at all, with the reason.

import { decodeLatin1, decodeUtf16le } from '../../base/text.ts';
import { BIG_DATA_SEGMENT_SIZE_BYTES, NIL } from '../../regf/cells.ts';
import { descriptorProblem } from '../../regf/gate/validate-security.ts';
import {
  DB,
  LIST,
  MAX_KEY_NAME_UNITS,
  MAX_VALUE_NAME_UNITS,
  NK,
  NK_FLAG,
  RESIDENT,
  SIGNATURE,
  SK,
  VK,
  VK_FLAG,
} from '../../regf/layout.ts';
import type { CellMap } from './cell-map.ts';

/** The content of the largest key cell that Windows accepts. */
const MAX_KEY_CELL_SIZE_BYTES = 0x45c;

/** The name of the key in a cell, or null where no whole key lies there. */
export function keyName(map: CellMap, cellOffset: number): string | null {
  const { cells } = map;
  if (!map.isRecord(cellOffset, SIGNATURE.nk, NK.name)) return null;
  if (cells.contentSizeBytes(cellOffset) > MAX_KEY_CELL_SIZE_BYTES) return null;
  const sizeBytes = cells.u16(cellOffset, NK.nameLength);
  const isByte = (cells.u16(cellOffset, NK.flags) & NK_FLAG.compressedName) !== 0;
  const units = isByte ? sizeBytes : sizeBytes / 2;
  if (sizeBytes === 0 || !Number.isInteger(units) || units > MAX_KEY_NAME_UNITS) return null;
  if (NK.name + sizeBytes > cells.contentSizeBytes(cellOffset)) return null;
  const bytes = cells.field(cellOffset, NK.name, sizeBytes);
  const name = isByte ? decodeLatin1(bytes) : decodeUtf16le(bytes);
  return name.includes('\\') ? null : name;
}

/** The name of anything that begins as a key does, also one that Windows would not take; null where there is none. */
export function anyKeyName({ cells }: CellMap, cellOffset: number): string | null {
  if (!cells.isRecord(cellOffset, SIGNATURE.nk, NK.name)) return null;
  const sizeBytes = cells.u16(cellOffset, NK.nameLength);
  if (NK.name + sizeBytes > cells.contentSizeBytes(cellOffset)) return null;
  const bytes = cells.field(cellOffset, NK.name, sizeBytes);
  return cells.u16(cellOffset, NK.flags) & NK_FLAG.compressedName ? decodeLatin1(bytes) : decodeUtf16le(bytes);
}

/** What a key's list of subkeys holds. */
export interface ListRead {
  /** Cells in the order of the list; not looked at yet. */
  readonly elements: readonly number[];
  /** From the cell of each key to the hash that the list keeps of its name; lists before version 1.5 keep none. */
  readonly hashes: ReadonlyMap<number, number>;
  /** The cells of the list itself: the list, and the leaves below a list of lists. */
  readonly cells: readonly number[];
  /** Cells that should be lists and are none. */
  readonly unreadable: readonly number[];
}

/**
 * Reads the list of subkeys at `list`, through one level of ri; a leaf that is named twice counts once, and one that `mayRead`
 * is false for is unreadable.
 */
export function readSubkeyList(map: CellMap, list: number, mayRead: (cell: number) => boolean = () => true): ListRead {
  const { cells } = map;
  if (!mayRead(list)) return { elements: [], hashes: new Map(), cells: [], unreadable: [list] };
  if (!map.isRecord(list, SIGNATURE.ri, LIST.elements)) {
    const elements = leafElements(map, list);
    return elements === null
      ? { elements: [], hashes: new Map(), cells: [], unreadable: [list] }
      : { elements, hashes: leafHashes(map, list), cells: [list], unreadable: [] };
  }
  const hashes = new Map<number, number>();
  const read = { elements: [] as number[], hashes, cells: [list], unreadable: [] as number[] };
  for (const leaf of new Set(elementsOf(map, list, 4))) {
    const elements = mayRead(leaf) ? leafElements(map, leaf) : null;
    if (elements === null) read.unreadable.push(leaf);
    else {
      read.cells.push(leaf);
      for (const element of elements) read.elements.push(element);
      for (const [cell, hash] of leafHashes(map, leaf)) hashes.set(cell, hash);
    }
  }
  return cells.u16(list, LIST.count) === 0 ? { ...read, unreadable: [list] } : read;
}

function leafHashes(map: CellMap, leaf: number): Map<number, number> {
  if (!map.isRecord(leaf, SIGNATURE.lh, LIST.elements)) return new Map();
  const hashAt = (i: number): number => map.cells.u32(leaf, LIST.elements + 8 * i + 4);
  return new Map(elementsOf(map, leaf, 8).map((cell, i) => [cell, hashAt(i)]));
}

function leafElements(map: CellMap, leaf: number): readonly number[] | null {
  if (map.isRecord(leaf, SIGNATURE.lh, LIST.elements) || map.isRecord(leaf, SIGNATURE.lf, LIST.elements)) {
    return elementsOf(map, leaf, 8);
  }
  return map.isRecord(leaf, SIGNATURE.li, LIST.elements) ? elementsOf(map, leaf, 4) : null;
}

function elementsOf({ cells }: CellMap, list: number, elementSizeBytes: number): number[] {
  const room = Math.floor((cells.contentSizeBytes(list) - LIST.elements) / elementSizeBytes);
  const count = Math.min(cells.u16(list, LIST.count), room);
  return Array.from({ length: count }, (_, i) => cells.u32(list, LIST.elements + i * elementSizeBytes));
}

/** A value as it can be read; the data are a view of the image. */
export interface ReadValue {
  readonly cellOffset: number;
  readonly name: string;
  /** The REG_* number. */
  readonly type: number;
  readonly flags: number;
  readonly data: Uint8Array;
  /** The cells of the data: one cell, or the db record, its list and its segments; [] for resident data. */
  readonly dataCells: readonly number[];
  /** 'plain' data in one cell where this version wants big data are written anew. */
  readonly isMisplaced: boolean;
  /** Another list names the record too. */
  readonly isShared: boolean;
}

/** A value, or why none can be read; `name` where at least that can. */
export function readValue(
  map: CellMap,
  cellOffset: number,
  minorVersion: number,
): ReadValue | { readonly problem: string; readonly name: string | null } {
  const { cells } = map;
  if (!map.isRecord(cellOffset, SIGNATURE.vk, VK.name)) return { problem: 'there is no value there', name: null };
  const nameSizeBytes = cells.u16(cellOffset, VK.nameLength);
  const flags = cells.u16(cellOffset, VK.flags);
  const isByte = (flags & VK_FLAG.compressedName) !== 0;
  const units = isByte ? nameSizeBytes : nameSizeBytes / 2;
  if (
    VK.name + nameSizeBytes > cells.contentSizeBytes(cellOffset) ||
    !Number.isInteger(units) ||
    units > MAX_VALUE_NAME_UNITS
  ) {
    return { problem: `its name of ${nameSizeBytes} bytes is not whole`, name: null };
  }
  const nameBytes = cells.field(cellOffset, VK.name, nameSizeBytes);
  const name = isByte ? decodeLatin1(nameBytes) : decodeUtf16le(nameBytes);
  const found = readData(map, cellOffset, minorVersion);
  if (typeof found === 'string') return { problem: found, name };
  return { cellOffset, name, type: cells.u32(cellOffset, VK.type), flags, isShared: false, ...found };
}

type DataRead = Pick<ReadValue, 'data' | 'dataCells' | 'isMisplaced'>;

function readData(map: CellMap, cellOffset: number, minorVersion: number): DataRead | string {
  const { cells } = map;
  const stored = cells.u32(cellOffset, VK.dataSize);
  const sizeBytes = stored & ~RESIDENT;
  if (stored >= RESIDENT) {
    if (stored - RESIDENT > 4) return `it says ${stored - RESIDENT} resident bytes, expected at most 4`;
    const data = cells.field(cellOffset, VK.dataOffset, stored - RESIDENT);
    return { data, dataCells: [], isMisplaced: false };
  }
  const offset = cells.u32(cellOffset, VK.dataOffset);
  // Windows takes such a value for damaged, and drops it.
  if (sizeBytes === 0 && offset !== NIL)
    return `it says that its data are 0 bytes, and names a cell at ${offset} for them`;
  if (sizeBytes === 0) return { data: new Uint8Array(), dataCells: [], isMisplaced: false };
  if (!map.isAllocated(offset)) return `its data at ${offset} are no allocated cell`;
  const content = cells.content(offset)!;
  const isLarge = minorVersion >= 4 && sizeBytes > BIG_DATA_SEGMENT_SIZE_BYTES;
  if (isLarge && content.byteLength < sizeBytes && map.isRecord(offset, SIGNATURE.db, 8)) {
    return readBigData(map, offset, sizeBytes);
  }
  if (content.byteLength < sizeBytes) return `its data cell holds ${content.byteLength} of ${sizeBytes} bytes`;
  return { data: content.subarray(0, sizeBytes), dataCells: [offset], isMisplaced: isLarge };
}

function readBigData(map: CellMap, record: number, sizeBytes: number): DataRead | string {
  const { cells } = map;
  const count = cells.u16(record, DB.segmentCount);
  const list = cells.u32(record, DB.segmentList);
  if (count !== Math.ceil(sizeBytes / BIG_DATA_SEGMENT_SIZE_BYTES)) return `${count} segments do not fit its size`;
  if (sizeBytes > cells.binsSizeBytes) return `it says ${sizeBytes} bytes, more than the hive has`;
  if (!map.isAllocated(list, 4 * count)) return `its list of ${count} segments is not whole`;
  const data = new Uint8Array(sizeBytes);
  const segments = new Set<number>();
  for (let i = 0; i < count; i += 1) {
    const segment = cells.u32(list, 4 * i);
    const start = i * BIG_DATA_SEGMENT_SIZE_BYTES;
    const wanted = Math.min(BIG_DATA_SEGMENT_SIZE_BYTES, sizeBytes - start);
    if (!map.isAllocated(segment, wanted)) return `its segment ${i} at ${segment} is not whole`;
    if (segments.has(segment)) return `its segment ${i} at ${segment} stands twice`;
    segments.add(segment);
    data.set(cells.field(segment, 0, wanted), start);
  }
  return { data, dataCells: [record, list, ...segments], isMisplaced: false };
}

/** The descriptor in the sk record at `cellOffset`, or null where no well-formed one can be read. */
export function readDescriptor(map: CellMap, cellOffset: number): Uint8Array | null {
  const { cells } = map;
  if (!map.isRecord(cellOffset, SIGNATURE.sk, SK.descriptor)) return null;
  const sizeBytes = cells.u32(cellOffset, SK.size);
  if (SK.descriptor + sizeBytes > cells.contentSizeBytes(cellOffset)) return null;
  const descriptor = cells.field(cellOffset, SK.descriptor, sizeBytes);
  return descriptorProblem(descriptor) === null ? descriptor : null;
}

/** A key's class name: its bytes, null where it has none, or 'bad' where it says one that is not whole. */
export function readClass(map: CellMap, cellOffset: number): Uint8Array | null | 'bad' {
  const { cells } = map;
  const sizeBytes = cells.u16(cellOffset, NK.classLength);
  if (sizeBytes === 0) return null;
  const offset = cells.u32(cellOffset, NK.class);
  if (sizeBytes % 2 !== 0 || !map.isAllocated(offset, sizeBytes)) return 'bad';
  return cells.field(offset, 0, sizeBytes);
}
