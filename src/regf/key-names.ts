// Names read where they lie, unit by unit: the gate looks at every one and makes a string only for a finding.

import { upcaseUnit } from '../base/text.ts';
import type { Cells } from './cells.ts';
import { NK, NK_FLAG } from './layout.ts';

const BACKSLASH = 0x5c;

/** Most names are stored as bytes, and the table for those stays in the processor's nearest cache. */
const UPCASE_OF_BYTES = Uint16Array.from({ length: 256 }, (_, unit) => upcaseUnit(unit));

function isCompressed(cells: Cells, cellOffset: number): boolean {
  return (cells.u16(cellOffset, NK.flags) & NK_FLAG.compressedName) !== 0;
}

/** UTF-16 units of a key's name. */
function nameUnits(cells: Cells, cellOffset: number): number {
  const sizeBytes = cells.u16(cellOffset, NK.nameLength);
  return isCompressed(cells, cellOffset) ? sizeBytes : sizeBytes >> 1;
}

function unitAt(cells: Cells, cellOffset: number, index: number): number {
  if (isCompressed(cells, cellOffset)) return cells.bytes[cellOffset + 4 + NK.name + index]!;
  return cells.u16(cellOffset, NK.name + 2 * index);
}

/** As Windows orders the names of two keys: negative, zero (the same name) or positive. */
export function compareKeyNames(cells: Cells, a: number, b: number): number {
  const unitsOfA = nameUnits(cells, a);
  const unitsOfB = nameUnits(cells, b);
  for (let i = 0; i < unitsOfA && i < unitsOfB; i += 1) {
    const difference = upcaseUnit(unitAt(cells, a, i)) - upcaseUnit(unitAt(cells, b, i));
    if (difference !== 0) return difference;
  }
  return unitsOfA - unitsOfB;
}

/** As compareKeyNames, of names that are both stored as bytes; places are from the first bin. */
export function compareByteNames(bytes: Uint8Array, a: number, unitsOfA: number, b: number, unitsOfB: number): number {
  for (let i = 0; i < unitsOfA && i < unitsOfB; i += 1) {
    const difference = UPCASE_OF_BYTES[bytes[a + i]!]! - UPCASE_OF_BYTES[bytes[b + i]!]!;
    if (difference !== 0) return difference;
  }
  return unitsOfA - unitsOfB;
}

/** Whether a name, whose bytes begin at `start` (from the first bin), has a unit that parts keys in a path. */
export function holdsBackslash(bytes: Uint8Array, start: number, sizeBytes: number, isByte: boolean): boolean {
  const end = start + sizeBytes;
  if (isByte) {
    for (let at = start; at < end; at += 1) if (bytes[at] === BACKSLASH) return true;
    return false;
  }
  for (let at = start; at + 1 < end; at += 2) if (bytes[at] === BACKSLASH && bytes[at + 1] === 0) return true;
  return false;
}

/** The name of a key. */
export function nameOf(cells: Cells, cellOffset: number): string {
  let name = '';
  for (let i = 0; i < nameUnits(cells, cellOffset); i += 1) name += String.fromCharCode(unitAt(cells, cellOffset, i));
  return name;
}

/**
 * The hash of an upper-cased name as an lh list keeps it, as a signed number; `start` is where the name's bytes begin,
 * from the first bin.
 */
export function nameHash(bytes: Uint8Array, start: number, sizeBytes: number, isByte: boolean): number {
  let hash = 0;
  const end = start + sizeBytes;
  if (isByte) {
    for (let at = start; at < end; at += 1) hash = (Math.imul(hash, 37) + UPCASE_OF_BYTES[bytes[at]!]!) | 0;
  } else {
    for (let at = start; at + 1 < end; at += 2) {
      hash = (Math.imul(hash, 37) + upcaseUnit(bytes[at]! | (bytes[at + 1]! << 8))) | 0;
    }
  }
  return hash;
}

/** What an lf list keeps of a name: the first four characters, zero-padded; all zero where one is above 255. */
export function nameHint(cells: Cells, cellOffset: number): Uint8Array {
  const count = Math.min(4, nameUnits(cells, cellOffset));
  const units = Array.from({ length: count }, (_, i) => unitAt(cells, cellOffset, i));
  const hint = new Uint8Array(4);
  if (units.every((unit) => unit <= 0xff)) hint.set(units);
  return hint;
}

/** Whether `hint` is nameHint's; of the zeros for a character above 255 the first one is enough. */
export function isHintOf(cells: Cells, cellOffset: number, hint: Uint8Array): boolean {
  const units = nameUnits(cells, cellOffset);
  for (let i = 0; i < Math.min(4, units); i += 1) if (unitAt(cells, cellOffset, i) > 0xff) return hint[0] === 0;
  for (let i = 0; i < 4; i += 1) if (hint[i] !== (i < units ? unitAt(cells, cellOffset, i) : 0)) return false;
  return true;
}
