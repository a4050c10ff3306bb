// The gate's judgement of security records: the descriptors, the ring, the reference counts.

import { SIGNATURE, SK } from '../layout.ts';
import type { Gate } from './gate.ts';
import type { SecurityUses } from './validate-keys.ts';

const SELF_RELATIVE = 0x8000;
const DESCRIPTOR_HEADER_SIZE_BYTES = 20;
const OWNER_AT = 4;
/** Each part: its name, where the header says where it lies, and whether it is a SID. */
const PARTS = [
  ['owner', OWNER_AT, true],
  ['group', 8, true],
  ['SACL', 12, false],
  ['DACL', 16, false],
] as const;
/** Of a SID before its sub-authorities, and of an ACL before its entries. */
const PART_HEADER_SIZE_BYTES = 8;
const MAX_SUB_AUTHORITIES = 15;
const MIN_ACL_REVISION = 2;
const MAX_ACL_REVISION = 4;

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
    reportCount(gate, cellOffset, stored, count);
  }
  const [first] = whole;
  if (first !== undefined) validateRing(gate, first, uses);
}

function reportCount(gate: Gate, cellOffset: number, stated: number, needed: number): void {
  if (stated === needed) return;
  const text = `it is said to be used ${stated} times, and ${needed === 0 ? 'no key uses' : `${needed} keys use`} it`;
  gate.reportCell('SK_COUNT', cellOffset, text, undefined, { stated, needed });
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
      reportCount(gate, next, stored, 0);
    }
    at = next;
  }
  for (const cellOffset of uses.keys()) {
    if (!seen.has(cellOffset)) gate.reportCell('SK_RING', cellOffset, 'a key uses it, but it is not in the ring');
  }
}

/**
 * Why Windows would not take these bytes for a descriptor, or null: what RtlValidRelativeSecurityDescriptor and, when a
 * hive is loaded, SeValidSecurityDescriptor demand. An ACL is judged whether or not its present bit is set.
 */
export function descriptorProblem(bytes: Uint8Array): string | null {
  if (bytes.byteLength < DESCRIPTOR_HEADER_SIZE_BYTES) return `the descriptor has ${bytes.byteLength} bytes, too few`;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (bytes[0] !== 1) return `the descriptor has revision ${bytes[0]}, expected 1`;
  if ((view.getUint16(2, true) & SELF_RELATIVE) === 0) return 'the descriptor is not self-relative';
  if (view.getUint32(OWNER_AT, true) === 0) return 'the descriptor does not have an owner';
  let needed = DESCRIPTOR_HEADER_SIZE_BYTES;
  for (const [name, field, isSid] of PARTS) {
    const offset = view.getUint32(field, true);
    if (offset === 0) continue;
    const problem = placeProblem(view, offset) ?? (isSid ? sidProblem(view, offset) : aclProblem(view, offset));
    if (problem) return `the ${name} of the descriptor ${problem}`;
    needed += isSid ? PART_HEADER_SIZE_BYTES + 4 * bytes[offset + 1]! : view.getUint16(offset + 2, true);
  }
  if (needed > bytes.byteLength)
    return `the parts of the descriptor have ${needed} bytes, and it has ${bytes.byteLength}`;
  return null;
}

/** Where a part may begin; each begins with at least 8 bytes. */
function placeProblem(view: DataView, offset: number): string | null {
  if (offset % 4 !== 0) return `lies at ${offset}, expected a multiple of 4`;
  if (offset < DESCRIPTOR_HEADER_SIZE_BYTES) return `lies at ${offset}, within the header`;
  return offset + PART_HEADER_SIZE_BYTES > view.byteLength ? `lies at ${offset}, past the end` : null;
}

function sidProblem(view: DataView, offset: number): string | null {
  const revision = view.getUint8(offset);
  const count = view.getUint8(offset + 1);
  if (revision !== 1) return `is a SID of revision ${revision}, expected 1`;
  if (count > MAX_SUB_AUTHORITIES) return `has ${count} sub-authorities, expected at most ${MAX_SUB_AUTHORITIES}`;
  return offset + PART_HEADER_SIZE_BYTES + 4 * count > view.byteLength ? 'reaches past the descriptor' : null;
}

function aclProblem(view: DataView, offset: number): string | null {
  const revision = view.getUint8(offset);
  const sizeBytes = view.getUint16(offset + 2, true);
  const count = view.getUint16(offset + 4, true);
  if (revision < MIN_ACL_REVISION || revision > MAX_ACL_REVISION) {
    return `has revision ${revision}, expected ${MIN_ACL_REVISION} to ${MAX_ACL_REVISION}`;
  }
  if (sizeBytes < PART_HEADER_SIZE_BYTES || sizeBytes % 4 !== 0) {
    return `has ${sizeBytes} bytes, expected a multiple of 4 from ${PART_HEADER_SIZE_BYTES} on`;
  }
  const end = offset + sizeBytes;
  if (end > view.byteLength) return 'reaches past the descriptor';
  let at = offset + PART_HEADER_SIZE_BYTES;
  for (let i = 0; i < count; i += 1) {
    if (at + 4 > end) return `ends before entry ${i} of ${count}`;
    const entrySizeBytes = view.getUint16(at + 2, true);
    if (entrySizeBytes < 4 || entrySizeBytes % 4 !== 0 || at + entrySizeBytes > end) {
      return `has an entry ${i} of ${entrySizeBytes} bytes`;
    }
    at += entrySizeBytes;
  }
  return null;
}
