// The self-relative SECURITY_DESCRIPTOR, taken apart and put together byte for byte: order of the parts, gaps, slack,
// revisions and entries of unknown types stay as they were. Layout: [MS-DTYP] 2.4.

import { FormatError } from '../base/errors.ts';
import { decodeLatin1 } from '../base/text.ts';
import { sidFromText, sidSizeBytes, sidToText } from './sid.ts';

/** Bits of `control`. */
export const CONTROL = {
  ownerDefaulted: 0x0001,
  groupDefaulted: 0x0002,
  daclPresent: 0x0004,
  daclDefaulted: 0x0008,
  saclPresent: 0x0010,
  saclDefaulted: 0x0020,
  daclAutoInheritRequired: 0x0100,
  saclAutoInheritRequired: 0x0200,
  daclAutoInherited: 0x0400,
  saclAutoInherited: 0x0800,
  daclProtected: 0x1000,
  saclProtected: 0x2000,
  resourceManagerValid: 0x4000,
  selfRelative: 0x8000,
} as const;

/** ACE types by number. */
export const ACE_TYPE = {
  allow: 0x00,
  deny: 0x01,
  audit: 0x02,
  alarm: 0x03,
  allowCompound: 0x04,
  allowObject: 0x05,
  denyObject: 0x06,
  auditObject: 0x07,
  alarmObject: 0x08,
  allowCallback: 0x09,
  denyCallback: 0x0a,
  allowCallbackObject: 0x0b,
  denyCallbackObject: 0x0c,
  auditCallback: 0x0d,
  alarmCallback: 0x0e,
  auditCallbackObject: 0x0f,
  alarmCallbackObject: 0x10,
  mandatoryLabel: 0x11,
  resourceAttribute: 0x12,
  scopedPolicy: 0x13,
  processTrust: 0x14,
  accessFilter: 0x15,
} as const;
/** Kinds of entries that allow, and that deny: plain, of an object, with a condition. */
export const ALLOW_TYPES: ReadonlySet<number> = new Set([
  ACE_TYPE.allow,
  ACE_TYPE.allowObject,
  ACE_TYPE.allowCallback,
  ACE_TYPE.allowCallbackObject,
]);
export const DENY_TYPES: ReadonlySet<number> = new Set([
  ACE_TYPE.deny,
  ACE_TYPE.denyObject,
  ACE_TYPE.denyCallback,
  ACE_TYPE.denyCallbackObject,
]);

/** Bits of an ACE's flags. */
export const ACE_FLAG = {
  objectInherit: 0x01,
  containerInherit: 0x02,
  noPropagate: 0x04,
  inheritOnly: 0x08,
  inherited: 0x10,
  critical: 0x20,
  success: 0x40,
  failure: 0x80,
} as const;

/** Access masks of files and folders. */
export const MASK = {
  full: 0x1f01ff,
  modify: 0x1301bf,
  readAndExecute: 0x1200a9,
  read: 0x120089,
  write: 0x120116,
  delete: 0x010000,
  readControl: 0x020000,
  writeDac: 0x040000,
  writeOwner: 0x080000,
} as const;

/** One entry. For types that are not known (and compound ones) `mask` and `sid` are null and `rest` is the whole body. */
export interface Ace {
  readonly type: number;
  readonly flags: number;
  /** 32 bits, unsigned. */
  readonly mask: number | null;
  readonly sid: string | null;
  /** Object ACEs only: which GUIDs follow, as stored (16 bytes each). */
  readonly object: {
    readonly flags: number;
    readonly type: Uint8Array | null;
    readonly inheritedType: Uint8Array | null;
  } | null;
  /** What follows the SID: a condition, a claim, slack; usually nothing. */
  readonly rest: Uint8Array;
}

export interface Acl {
  readonly revision: number;
  readonly sbz1: number;
  readonly sbz2: number;
  readonly aces: readonly Ace[];
  /** Bytes between the last entry and the list's end. */
  readonly slack: Uint8Array;
}

export interface SecurityDescriptor {
  readonly revision: number;
  /** sbz1: the resource manager's byte. */
  readonly resourceManagerControl: number;
  /** CONTROL bits. */
  readonly control: number;
  readonly owner: string | null;
  readonly group: string | null;
  /** Null with CONTROL.saclPresent is a list that is present and NULL, as for `dacl`. */
  readonly sacl: Acl | null;
  /** Null: everybody may do everything (whether flagged present or not). An empty list: nobody may do anything. */
  readonly dacl: Acl | null;
  /** How the bytes lay, so that the same parts are written as they were; absent for descriptors made here. */
  readonly layout?: Layout;
}

type PartName = 'owner' | 'group' | 'sacl' | 'dacl';

/** Offsets and sizes in bytes from the descriptor's start; `bytes` is the original, for what lies between the parts. */
export interface Layout {
  readonly bytes: Uint8Array;
  readonly parts: readonly { readonly name: PartName; readonly offset: number; readonly sizeBytes: number }[];
}

const HEADER_BYTES = 20;
/** Where the header keeps each part's offset. */
const OFFSET_FIELDS: readonly (readonly [PartName, number])[] = [
  ['owner', 4],
  ['group', 8],
  ['sacl', 12],
  ['dacl', 16],
];
/** The order in which Windows lays the parts out. */
const USUAL_ORDER: readonly PartName[] = ['sacl', 'dacl', 'owner', 'group'];
const PRESENT_AND_TYPE = 1;
const PRESENT_AND_INHERITED_TYPE = 2;

function bad(text: string, offset: number): never {
  throw new FormatError('BAD_DESCRIPTOR', `a security descriptor ${text}`, { data: { offset } });
}

/** Entries by their bytes, one character each. */
export type KnownAces = Map<string, Ace>;

/**
 * Takes a self-relative descriptor apart; `bytes` are copied. Entries are looked up in `known`, and put there.
 * @throws FormatError BAD_DESCRIPTOR
 */
export function parseDescriptor(bytes: Uint8Array, known?: KnownAces): SecurityDescriptor {
  // Not slice(): on a Buffer that is a view of the pool.
  const copy = new Uint8Array(bytes);
  const view = new DataView(copy.buffer);
  if (copy.byteLength < HEADER_BYTES) bad(`has ${copy.byteLength} bytes; expected at least ${HEADER_BYTES}`, 0);
  if (view.getUint8(0) !== 1) bad(`has revision ${view.getUint8(0)}; expected 1`, 0);
  const control = view.getUint16(2, true);
  if (!(control & CONTROL.selfRelative)) bad(`is not self-relative (control 0x${control.toString(16)})`, 2);
  const parts: { name: PartName; offset: number; sizeBytes: number }[] = [];
  const offsets = Object.fromEntries(OFFSET_FIELDS.map(([name, at]) => [name, view.getUint32(at, true)])) as Record<
    PartName,
    number
  >;
  for (const [name, offset] of Object.entries(offsets)) {
    if (offset !== 0 && (offset < HEADER_BYTES || offset >= copy.byteLength)) {
      bad(`of ${copy.byteLength} bytes has its ${name} at ${offset}`, offset);
    }
  }
  const sid = (name: 'owner' | 'group'): string | null => {
    const offset = offsets[name];
    if (offset === 0) return null;
    const sizeBytes = sidSizeBytes(copy, offset) ?? bad(`does not have a SID as its ${name} at ${offset}`, offset);
    parts.push({ name, offset, sizeBytes });
    return sidToText(copy.subarray(offset, offset + sizeBytes));
  };
  const acl = (name: 'sacl' | 'dacl', presentBit: number): Acl | null => {
    const offset = offsets[name];
    if (offset === 0 || !(control & presentBit)) return null;
    const { list, sizeBytes } = parseAcl(copy, offset, known);
    parts.push({ name, offset, sizeBytes });
    return list;
  };
  return {
    revision: 1,
    resourceManagerControl: view.getUint8(1),
    control,
    owner: sid('owner'),
    group: sid('group'),
    sacl: acl('sacl', CONTROL.saclPresent),
    dacl: acl('dacl', CONTROL.daclPresent),
    layout: { bytes: copy, parts },
  };
}

function parseAcl(bytes: Uint8Array, offset: number, known?: KnownAces): { list: Acl; sizeBytes: number } {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (offset + 8 > bytes.byteLength) bad(`ends inside the list at ${offset}`, offset);
  const sizeBytes = view.getUint16(offset + 2, true);
  const count = view.getUint16(offset + 4, true);
  const end = offset + sizeBytes;
  if (sizeBytes < 8 || end > bytes.byteLength) {
    bad(`of ${bytes.byteLength} bytes has a list of ${sizeBytes} bytes at ${offset}`, offset);
  }
  const aces: Ace[] = [];
  let at = offset + 8;
  for (let index = 0; index < count; index += 1) {
    if (at + 4 > end) bad(`has a list at ${offset} that ends before entry ${index} of ${count}`, at);
    const aceBytes = view.getUint16(at + 2, true);
    if (aceBytes < 4 || at + aceBytes > end) bad(`has an entry of ${aceBytes} bytes at ${at}`, at);
    aces.push(known ? knownAce(bytes, at, aceBytes, known) : parseAce(bytes, at, aceBytes));
    at += aceBytes;
  }
  const list: Acl = {
    revision: view.getUint8(offset),
    sbz1: view.getUint8(offset + 1),
    sbz2: view.getUint16(offset + 6, true),
    aces,
    slack: bytes.slice(at, end),
  };
  return { list, sizeBytes };
}

/** Mask, then SID, then the rest: every known type but the compound one and those with GUIDs. */
export function isPlainType(type: number): boolean {
  return type <= ACE_TYPE.accessFilter && type !== ACE_TYPE.allowCompound && !isObjectType(type);
}

/** Types with a flags field and up to two GUIDs before the SID. */
export function isObjectType(type: number): boolean {
  return (
    (type >= ACE_TYPE.allowObject && type <= ACE_TYPE.alarmObject) ||
    type === ACE_TYPE.allowCallbackObject ||
    type === ACE_TYPE.denyCallbackObject ||
    type === ACE_TYPE.auditCallbackObject ||
    type === ACE_TYPE.alarmCallbackObject
  );
}

function knownAce(bytes: Uint8Array, at: number, sizeBytes: number, known: KnownAces): Ace {
  const key = decodeLatin1(bytes.subarray(at, at + sizeBytes));
  let ace = known.get(key);
  if (ace === undefined) {
    ace = parseAce(bytes, at, sizeBytes);
    known.set(key, ace);
  }
  return ace;
}

function parseAce(bytes: Uint8Array, at: number, sizeBytes: number): Ace {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const type = view.getUint8(at);
  const flags = view.getUint8(at + 1);
  const end = at + sizeBytes;
  const withGuids = isObjectType(type);
  if (!withGuids && !isPlainType(type)) {
    return { type, flags, mask: null, sid: null, object: null, rest: bytes.slice(at + 4, end) };
  }
  const need = (offset: number, size: number): void => {
    if (offset + size > end) bad(`has an entry of type ${type} at ${at} with only ${sizeBytes} bytes`, at);
  };
  need(at + 4, 4);
  const mask = view.getUint32(at + 4, true);
  let next = at + 8;
  let object: Ace['object'] = null;
  if (withGuids) {
    need(next, 4);
    const objectFlags = view.getUint32(next, true);
    next += 4;
    const guid = (bit: number): Uint8Array | null => {
      if (!(objectFlags & bit)) return null;
      need(next, 16);
      next += 16;
      return bytes.slice(next - 16, next);
    };
    object = { flags: objectFlags, type: guid(PRESENT_AND_TYPE), inheritedType: guid(PRESENT_AND_INHERITED_TYPE) };
  }
  const sidBytes = sidSizeBytes(bytes.subarray(0, end), next) ?? bad(`does not have a SID in its entry at ${at}`, next);
  const sid = sidToText(bytes.subarray(next, next + sidBytes));
  return { type, flags, mask, sid, object, rest: bytes.slice(next + sidBytes, end) };
}

function sidBytesOf(sid: string): Uint8Array {
  return sidFromText(sid) ?? bad(`cannot hold '${sid}'; expected a SID`, 0);
}

/** The bytes of one entry. @throws FormatError BAD_DESCRIPTOR where it is longer than 65,535 bytes. */
export function encodeAce(ace: Ace): Uint8Array {
  const parts: Uint8Array[] = [];
  const u32 = (value: number): Uint8Array => {
    const four = new Uint8Array(4);
    new DataView(four.buffer).setUint32(0, value, true);
    return four;
  };
  if (ace.mask !== null) parts.push(u32(ace.mask));
  if (ace.object) {
    parts.push(u32(ace.object.flags));
    if (ace.object.type) parts.push(ace.object.type);
    if (ace.object.inheritedType) parts.push(ace.object.inheritedType);
  }
  if (ace.sid !== null) parts.push(sidBytesOf(ace.sid));
  parts.push(ace.rest);
  const sizeBytes = 4 + parts.reduce((sum, part) => sum + part.byteLength, 0);
  if (sizeBytes > 0xffff) bad(`cannot hold an entry of ${sizeBytes} bytes; at most 65,535`, 0);
  const bytes = new Uint8Array(sizeBytes);
  const view = new DataView(bytes.buffer);
  view.setUint8(0, ace.type);
  view.setUint8(1, ace.flags);
  view.setUint16(2, sizeBytes, true);
  let at = 4;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.byteLength;
  }
  return bytes;
}

function encodeAcl(acl: Acl): Uint8Array {
  const aces = acl.aces.map(encodeAce);
  const sizeBytes = 8 + aces.reduce((sum, ace) => sum + ace.byteLength, 0) + acl.slack.byteLength;
  if (sizeBytes > 0xffff) bad(`cannot hold a list of ${sizeBytes} bytes; at most 65,535`, 0);
  const bytes = new Uint8Array(sizeBytes);
  const view = new DataView(bytes.buffer);
  view.setUint8(0, acl.revision);
  view.setUint8(1, acl.sbz1);
  view.setUint16(2, sizeBytes, true);
  view.setUint16(4, acl.aces.length, true);
  view.setUint16(6, acl.sbz2, true);
  let at = 8;
  for (const ace of aces) {
    bytes.set(ace, at);
    at += ace.byteLength;
  }
  bytes.set(acl.slack, at);
  return bytes;
}

/**
 * The self-relative bytes: what parseDescriptor read comes back byte for byte. After an edit the parts keep their order,
 * one after the other, and what lay between them is dropped; new descriptors get Windows' order.
 * @throws FormatError BAD_DESCRIPTOR for a list over 65,535 bytes or a SID that is none.
 */
export function encodeDescriptor(sd: SecurityDescriptor): Uint8Array {
  const parts = new Map<PartName, Uint8Array>();
  if (sd.sacl) parts.set('sacl', encodeAcl(sd.sacl));
  if (sd.dacl) parts.set('dacl', encodeAcl(sd.dacl));
  if (sd.owner !== null) parts.set('owner', sidBytesOf(sd.owner));
  if (sd.group !== null) parts.set('group', sidBytesOf(sd.group));
  const { layout } = sd;
  const sameShape =
    layout !== undefined &&
    layout.parts.length === parts.size &&
    layout.parts.every(({ name, sizeBytes }) => parts.get(name)?.byteLength === sizeBytes) &&
    !sharesChangedBytes(layout, parts);
  const bytes = sameShape ? layout.bytes.slice() : new Uint8Array(compactSize(parts));
  const view = new DataView(bytes.buffer);
  view.setUint8(0, sd.revision);
  view.setUint8(1, sd.resourceManagerControl);
  view.setUint16(2, sd.control, true);
  if (sameShape) {
    for (const { name, offset } of layout.parts) bytes.set(parts.get(name)!, offset);
    return bytes;
  }
  let at = HEADER_BYTES;
  for (const name of partOrder(layout)) {
    const part = parts.get(name);
    if (!part) continue;
    bytes.set(part, at);
    view.setUint32(OFFSET_FIELDS.find(([field]) => field === name)![1], at, true);
    at += (part.byteLength + 3) & ~3;
  }
  return bytes;
}

function compactSize(parts: ReadonlyMap<PartName, Uint8Array>): number {
  let sizeBytes = HEADER_BYTES;
  for (const part of parts.values()) sizeBytes += (part.byteLength + 3) & ~3;
  return sizeBytes;
}

function partOrder(layout: Layout | undefined): PartName[] {
  const before = [...(layout?.parts ?? [])].sort((a, b) => a.offset - b.offset).map(({ name }) => name);
  return [...before, ...USUAL_ORDER.filter((name) => !before.includes(name))];
}

/** Parts may lie on the same bytes (one SID as owner and group); a change of one must not change the other. */
function sharesChangedBytes(layout: Layout, parts: ReadonlyMap<PartName, Uint8Array>): boolean {
  const bytes = layout.bytes.slice();
  for (const { name, offset } of layout.parts) bytes.set(parts.get(name)!, offset);
  return layout.parts.some(({ name, offset }) => parts.get(name)!.some((byte, i) => bytes[offset + i] !== byte));
}
