// Key names read where they lie, unit by unit: the gate looks at every one and makes a string only for a finding.

import { upcaseUnit } from '../base/text.ts';
import type { Gate } from './gate.ts';
import { NK, NK_FLAG } from './layout.ts';

function isCompressed(gate: Gate, cellOffset: number): boolean {
  return (gate.cells.u16(cellOffset, NK.flags) & NK_FLAG.compressedName) !== 0;
}

export function nameUnits(gate: Gate, cellOffset: number): number {
  const sizeBytes = gate.cells.u16(cellOffset, NK.nameLength);
  return isCompressed(gate, cellOffset) ? sizeBytes : sizeBytes >> 1;
}

export function unitAt(gate: Gate, cellOffset: number, index: number): number {
  if (isCompressed(gate, cellOffset)) return gate.cells.bytes[cellOffset + 4 + NK.name + index]!;
  return gate.cells.u16(cellOffset, NK.name + 2 * index);
}

export function compareKeyNames(gate: Gate, a: number, b: number): number {
  const unitsA = nameUnits(gate, a);
  const unitsB = nameUnits(gate, b);
  for (let i = 0; i < Math.min(unitsA, unitsB); i += 1) {
    const difference = upcaseUnit(unitAt(gate, a, i)) - upcaseUnit(unitAt(gate, b, i));
    if (difference !== 0) return difference;
  }
  return unitsA - unitsB;
}

export function nameOf(gate: Gate, cellOffset: number): string {
  let name = '';
  for (let i = 0; i < nameUnits(gate, cellOffset); i += 1) name += String.fromCharCode(unitAt(gate, cellOffset, i));
  return name;
}

/** The hash of the upper-cased name that an lh list keeps. */
export function nameHash(gate: Gate, cellOffset: number): number {
  let hash = 0;
  const units = nameUnits(gate, cellOffset);
  for (let i = 0; i < units; i += 1) hash = (Math.imul(hash, 37) + upcaseUnit(unitAt(gate, cellOffset, i))) >>> 0;
  return hash;
}

/** Whether `hint` is what an lf list keeps: the first four characters, zero-padded, or zero where one is above 255. */
export function isHintOf(gate: Gate, cellOffset: number, hint: Uint8Array): boolean {
  const units = nameUnits(gate, cellOffset);
  for (let i = 0; i < Math.min(4, units); i += 1) if (unitAt(gate, cellOffset, i) > 0xff) return hint[0] === 0;
  for (let i = 0; i < 4; i += 1) if (hint[i] !== (i < units ? unitAt(gate, cellOffset, i) : 0)) return false;
  return true;
}
