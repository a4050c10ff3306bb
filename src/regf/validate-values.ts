// The gate's judgement of a key's values: list, names, data, big data.

import { upcase, upcaseUnit } from '../base/text.ts';
import { BIG_DATA_SEGMENT_SIZE_BYTES, NIL } from './cells.ts';
import type { Gate } from './gate.ts';
import { DB, MAX_VALUE_NAME_UNITS, NK, NK_FLAG, RESIDENT, SIGNATURE, VK, VK_FLAG } from './layout.ts';

/** What the values of a key amount to, for its Max* fields; names in bytes as UTF-16. */
export interface ValueMaxima {
  readonly nameSizeBytes: number;
  readonly dataSizeBytes: number;
}

/** Judges the values of the key at `keyCell`; `path` gives its path when a defect is met. */
export function validateValues(gate: Gate, keyCell: number, path: () => string): ValueMaxima {
  const { cells } = gate;
  const none = { nameSizeBytes: 0, dataSizeBytes: 0 };
  // The count of a predefined handle is a handle.
  if (cells.u16(keyCell, NK.flags) & NK_FLAG.predefinedHandle) return none;
  const count = cells.u32(keyCell, NK.valueCount);
  const list = cells.u32(keyCell, NK.valueList);
  if (count === 0) {
    if (list !== NIL && gate.isAllocated(list)) gate.claim(list, 'a value list', path);
    return none;
  }
  if (!gate.isAllocated(list)) {
    gate.reportCell(
      'VALUE_LIST',
      keyCell,
      `${count} values, with their list said to be at ${list}, which is no allocated cell`,
      path(),
    );
    return none;
  }
  if (!gate.claim(list, 'a value list', path)) return none;
  const room = cells.contentSizeBytes(list) >> 2;
  if (room < count)
    gate.reportCell(
      'VALUE_LIST',
      list,
      `${count} values are said to be there, and the list has room for ${room}`,
      path(),
    );
  const whole: number[] = [];
  let nameSizeBytes = 0;
  let dataSizeBytes = 0;
  for (let i = 0; i < Math.min(count, room); i += 1) {
    const value = cells.u32(list, 4 * i);
    if (!isWholeValue(gate, value, list, path)) continue;
    nameSizeBytes = Math.max(nameSizeBytes, nameSize(gate, value));
    dataSizeBytes = Math.max(dataSizeBytes, (cells.u32(value, VK.dataSize) & ~RESIDENT) >>> 0);
    validateData(gate, value, path);
    whole.push(value);
  }
  if (whole.length > 1 && mayHaveSameNames(gate, whole)) reportSameNames(gate, whole, path);
  return { nameSizeBytes, dataSizeBytes };
}

/** Names of different hashes differ: a string for each name of a hive would take longer than all else that is judged. */
function mayHaveSameNames(gate: Gate, values: readonly number[]): boolean {
  const hashes = new Set<number>();
  for (const value of values) hashes.add(nameHash(gate, value));
  return hashes.size < values.length;
}

function reportSameNames(gate: Gate, values: readonly number[], path: () => string): void {
  const names = new Set<string>();
  for (const value of values) {
    const name = rawName(gate, value);
    if (names.has(name)) gate.reportCell('VALUE_DUPLICATE', value, 'two values have the same name', path());
    names.add(name);
  }
}

function isWholeValue(gate: Gate, value: number, list: number, path: () => string): boolean {
  const { cells } = gate;
  if (!gate.isAllocated(value)) {
    gate.reportCell('VALUE_CELL', list, `the list names ${value} as a value, which is no allocated cell`, path());
    return false;
  }
  if (!gate.claim(value, 'a value', path)) return false;
  if (cells.contentSizeBytes(value) < VK.name) {
    gate.reportCell('VALUE_CELL', value, `the value at ${value} is cut off`, path());
    return false;
  }
  if (cells.u16(value, 0) !== SIGNATURE.vk) {
    gate.reportCell('VALUE_SIGNATURE', value, `the value at ${value} does not begin with 'vk'`, path());
    return false;
  }
  const sizeBytes = cells.u16(value, VK.nameLength);
  const isOdd = !isCompressed(gate, value) && sizeBytes % 2 !== 0;
  if (
    isOdd ||
    VK.name + sizeBytes > cells.contentSizeBytes(value) ||
    nameSize(gate, value) > 2 * MAX_VALUE_NAME_UNITS
  ) {
    gate.reportCell('VALUE_NAME', value, `the name of the value at ${value} has ${sizeBytes} bytes`, path());
    return false;
  }
  return true;
}

function validateData(gate: Gate, value: number, path: () => string): void {
  const { cells } = gate;
  const stored = cells.u32(value, VK.dataSize);
  const sizeBytes = (stored & ~RESIDENT) >>> 0;
  const offset = cells.u32(value, VK.dataOffset);
  if (stored >= RESIDENT) {
    if (sizeBytes > 4) gate.reportCell('VALUE_SIZE', value, `${sizeBytes} resident bytes, expected at most 4`, path());
    return;
  }
  if (sizeBytes === 0) {
    if (offset !== NIL) gate.reportCell('VALUE_SIZE', value, `no bytes, but a data cell at ${offset}`, path());
    return;
  }
  if (!gate.isAllocated(offset)) {
    gate.reportCell('VALUE_DATA', value, `the data are said to be at ${offset}, which is no allocated cell`, path());
    return;
  }
  if (!gate.claim(offset, 'the data of a value', path)) return;
  if (gate.minorVersion >= 4 && sizeBytes > BIG_DATA_SEGMENT_SIZE_BYTES) {
    validateBigData(gate, offset, sizeBytes, path);
  } else if (cells.contentSizeBytes(offset) < sizeBytes) {
    gate.reportCell(
      'VALUE_DATA',
      offset,
      `${sizeBytes} bytes of data, in a cell for ${cells.contentSizeBytes(offset)}`,
      path(),
    );
  }
}

function validateBigData(gate: Gate, record: number, sizeBytes: number, path: () => string): void {
  const { cells } = gate;
  if (!cells.isRecord(record, SIGNATURE.db, 8)) {
    gate.reportCell('BIG_DATA', record, `${sizeBytes} bytes of data without a db record`, path());
    return;
  }
  const count = cells.u16(record, DB.segmentCount);
  const needed = Math.ceil(sizeBytes / BIG_DATA_SEGMENT_SIZE_BYTES);
  const list = cells.u32(record, DB.segmentList);
  if (count !== needed)
    gate.reportCell('BIG_DATA', record, `${count} segments for ${sizeBytes} bytes, expected ${needed}`, path());
  if (!gate.isAllocated(list) || cells.contentSizeBytes(list) < 4 * count) {
    gate.reportCell('BIG_DATA', record, `the list of ${count} segments at ${list} is not whole`, path());
    return;
  }
  if (!gate.claim(list, 'a list of segments', path)) return;
  for (let i = 0; i < count; i += 1) {
    const segment = cells.u32(list, 4 * i);
    const want = Math.max(0, Math.min(BIG_DATA_SEGMENT_SIZE_BYTES, sizeBytes - i * BIG_DATA_SEGMENT_SIZE_BYTES));
    if (!gate.isAllocated(segment)) {
      gate.reportCell(
        'BIG_DATA_SEGMENT',
        list,
        `segment ${i} is said to be at ${segment}, which is no allocated cell`,
        path(),
      );
    } else if (gate.claim(segment, 'a segment', path) && cells.contentSizeBytes(segment) < want) {
      gate.reportCell('BIG_DATA_SEGMENT', segment, `segment ${i} holds fewer than ${want} bytes`, path());
    }
  }
}

function isCompressed(gate: Gate, value: number): boolean {
  return (gate.cells.u16(value, VK.flags) & VK_FLAG.compressedName) !== 0;
}

/** In bytes as UTF-16. */
function nameSize(gate: Gate, value: number): number {
  const sizeBytes = gate.cells.u16(value, VK.nameLength);
  return isCompressed(gate, value) ? sizeBytes * 2 : sizeBytes;
}

/** Of the upper-cased name. */
function nameHash(gate: Gate, value: number): number {
  const { cells } = gate;
  const { bytes } = cells;
  const start = value + 4 + VK.name;
  const end = start + cells.u16(value, VK.nameLength);
  let hash = 0;
  if (isCompressed(gate, value)) {
    for (let at = start; at < end; at += 1) hash = (Math.imul(hash, 37) + upcaseUnit(bytes[at]!)) | 0;
  } else {
    for (let at = start; at < end; at += 2) {
      hash = (Math.imul(hash, 37) + upcaseUnit(bytes[at]! | (bytes[at + 1]! << 8))) | 0;
    }
  }
  return hash;
}

/** The name as Windows compares it. */
function rawName(gate: Gate, value: number): string {
  const { cells } = gate;
  const bytes = cells.field(value, VK.name, cells.u16(value, VK.nameLength));
  let name = '';
  const step = isCompressed(gate, value) ? 1 : 2;
  for (let i = 0; i < bytes.byteLength; i += step) {
    name += String.fromCharCode(step === 1 ? bytes[i]! : bytes[i]! | (bytes[i + 1]! << 8));
  }
  return upcase(name);
}
