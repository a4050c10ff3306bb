// The gate's judgement of security records: the descriptors, the ring, the reference counts.

import { SIGNATURE, SK } from '../layout.ts';
import type { Gate } from './gate.ts';
import type { SecurityUses } from './validate-keys.ts';

const SELF_RELATIVE = 0x8000;
const DACL_PRESENT = 0x0004;
const SACL_PRESENT = 0x0010;
const DESCRIPTOR_HEADER_SIZE_BYTES = 20;

/** Judges every sk cell that a key uses, and that they and no others form one ring. */
export function validateSecurity(gate: Gate, uses: SecurityUses): void {
  const whole: number[] = [];
  for (const [cellOffset, count] of uses) {
    const { cells } = gate;
    gate.claimForAll(cellOffset, 'a security record');
    const sizeBytes = cells.u32(cellOffset, SK.size);
    if (cells.contentSizeBytes(cellOffset) < SK.descriptor + sizeBytes) {
      gate.reportCell('SK_CELL', cellOffset, `the descriptor of ${sizeBytes} bytes reaches past its cell`);
      continue;
    }
    whole.push(cellOffset);
    const problem = descriptorProblem(cells.field(cellOffset, SK.descriptor, sizeBytes));
    if (problem) gate.reportCell('SK_DESCRIPTOR', cellOffset, problem);
    const stored = cells.u32(cellOffset, SK.referenceCount);
    if (stored !== count)
      gate.reportCell('SK_COUNT', cellOffset, `it is said to be used ${stored} times, and ${count} keys use it`);
  }
  const [first] = whole;
  if (first !== undefined) validateRing(gate, first, uses);
}

function validateRing(gate: Gate, first: number, uses: SecurityUses): void {
  const { cells } = gate;
  const seen = new Set<number>();
  let at = first;
  for (;;) {
    seen.add(at);
    const next = cells.u32(at, SK.forward);
    if (!gate.isAllocated(next) || !cells.isRecord(next, SIGNATURE.sk, SK.descriptor)) {
      gate.reportCell('SK_RING', at, `the next security record is said to be at ${next}, where none can be read`);
      return;
    }
    if (cells.u32(next, SK.backward) !== at) {
      gate.reportCell('SK_RING', next, `it says that ${cells.u32(next, SK.backward)} stands before it, expected ${at}`);
      return;
    }
    if (next === first) break;
    if (seen.has(next)) {
      gate.reportCell('SK_RING', at, `the ring comes back to ${next} before its beginning`);
      return;
    }
    // A record in the ring that no key uses is kept by Windows until its count is looked at; it is no leak.
    if (!uses.has(next)) {
      gate.claimForAll(next, 'a security record');
      const stored = cells.u32(next, SK.referenceCount);
      if (stored !== 0) gate.reportCell('SK_COUNT', next, `it is said to be used ${stored} times, and no key uses it`);
    }
    at = next;
  }
  for (const cellOffset of uses.keys()) {
    if (!seen.has(cellOffset)) gate.reportCell('SK_RING', cellOffset, 'a key uses it, but it is not in the ring');
  }
}

/** What is wrong with a self-relative descriptor, or null. */
export function descriptorProblem(bytes: Uint8Array): string | null {
  if (bytes.byteLength < DESCRIPTOR_HEADER_SIZE_BYTES) return `the descriptor has ${bytes.byteLength} bytes, too few`;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (bytes[0] !== 1) return `the descriptor has revision ${bytes[0]}, expected 1`;
  const control = view.getUint16(2, true);
  if ((control & SELF_RELATIVE) === 0) return 'the descriptor is not self-relative';
  for (const [name, field] of [
    ['owner', 4],
    ['group', 8],
  ] as const) {
    const offset = view.getUint32(field, true);
    if (offset !== 0 && !isSid(bytes, offset)) return `the ${name} of the descriptor is no SID`;
  }
  for (const [name, field, flag] of [
    ['SACL', 12, SACL_PRESENT],
    ['DACL', 16, DACL_PRESENT],
  ] as const) {
    const offset = view.getUint32(field, true);
    if (offset === 0 || (control & flag) === 0) continue;
    const problem = aclProblem(view, offset);
    if (problem) return `the ${name} of the descriptor ${problem}`;
  }
  return null;
}

function isSid(bytes: Uint8Array, offset: number): boolean {
  if (offset + 8 > bytes.byteLength) return false;
  return bytes[offset] === 1 && bytes[offset + 1]! <= 15 && offset + 8 + 4 * bytes[offset + 1]! <= bytes.byteLength;
}

function aclProblem(view: DataView, offset: number): string | null {
  if (offset + 8 > view.byteLength) return 'is cut off';
  const end = offset + view.getUint16(offset + 2, true);
  const count = view.getUint16(offset + 4, true);
  if (end > view.byteLength) return 'reaches past the descriptor';
  let at = offset + 8;
  for (let i = 0; i < count; i += 1) {
    if (at + 4 > end) return `ends before entry ${i} of ${count}`;
    const sizeBytes = view.getUint16(at + 2, true);
    if (sizeBytes < 4 || at + sizeBytes > end) return `has an entry ${i} of ${sizeBytes} bytes`;
    at += sizeBytes;
  }
  return null;
}
