// Device elements: which disk, partition, file or image something is on. They are decoded for reading; what is stored is
// kept byte for byte, and only boot, partition and ramdisk devices are ever written.

import { toHex } from '../base/bytes.ts';
import { guidFromBytes, guidToBytes } from '../base/guid.ts';
import { decodeUtf16le, encodeUtf16le } from '../base/text.ts';

/**
 * What a device element calls a partition by; the shape that disk/ finds on an attached disk. GUIDs are in braces and
 * lower case, the offset is the partition's first byte on the disk.
 */
export type DeviceIdentity =
  | { readonly style: 'gpt'; readonly diskGuid: string; readonly partitionGuid: string }
  | { readonly style: 'mbr'; readonly diskSignature: number; readonly offsetBytes: number };

export type Device =
  | { readonly kind: 'boot' }
  | { readonly kind: 'partition'; readonly partition: DeviceIdentity }
  /** The partition on which the path in element `element` exists (or `path`, where it is given). */
  | { readonly kind: 'locate'; readonly element: number | null; readonly path: string | null }
  | { readonly kind: 'file' | 'ramdisk' | 'vhd'; readonly parent: Device; readonly path: string }
  /** `deviceType` null: too short to say. */
  | { readonly kind: 'other'; readonly deviceType: number | null };

export interface DeviceElement {
  readonly device: Device;
  /** The object with additional options ({ramdiskoptions} and the like); null where there is none. */
  readonly optionsId: string | null;
}

/** Size of a boot or a partition device element. */
const PLAIN_SIZE_BYTES = 0x58;
const HEADER_SIZE_BYTES = 0x10;
const NO_OPTIONS = '{00000000-0000-0000-0000-000000000000}';

const TYPE_LOCAL = 0;
const TYPE_BOOT = 5;
const TYPE_PARTITION = 6;
const TYPE_LOCATE = 8;

const LOCAL_RAMDISK = 3;
const LOCAL_FILE = 5;
const LOCAL_VIRTUAL_DISK = 6;

const STYLE_GPT = 0;
const STYLE_MBR = 1;

/**
 * A device element's bytes read: 16 bytes GUID of the options object, then a descriptor. What is too short or unknown is
 * kind 'other'; nothing throws. Sources: boot, partition and ramdisk are as 88-, 176- and 200-byte elements of real
 * stores have them; locate, file and vhd are from memory, no store with one was at hand.
 */
export function decodeDevice(bytes: Uint8Array): DeviceElement {
  if (bytes.byteLength < 16) return { device: { kind: 'other', deviceType: null }, optionsId: null };
  const optionsId = guidFromBytes(bytes.subarray(0, 16));
  return {
    device: decodeDescriptor(bytes.subarray(16), 0),
    optionsId: optionsId === NO_OPTIONS ? null : optionsId,
  };
}

const MOST_PARENTS = 4;

/** A descriptor: 0x00 type, 0x04 flags, 0x08 size with this header, 0x0c zero, 0x10 what the type says. */
function decodeDescriptor(bytes: Uint8Array, parents: number): Device {
  const unknown: Device = { kind: 'other', deviceType: bytes.byteLength >= 4 ? u32(bytes, 0) : null };
  if (bytes.byteLength < HEADER_SIZE_BYTES || parents > MOST_PARENTS) return unknown;
  const body = bytes.subarray(
    HEADER_SIZE_BYTES,
    Math.min(bytes.byteLength, Math.max(u32(bytes, 8), HEADER_SIZE_BYTES)),
  );
  switch (u32(bytes, 0)) {
    case TYPE_BOOT:
      return { kind: 'boot' };
    case TYPE_PARTITION:
      return decodePartition(body, parents) ?? unknown;
    case TYPE_LOCAL:
      return decodeLocal(body, parents) ?? unknown;
    case TYPE_LOCATE:
      return decodeLocate(body) ?? unknown;
    default:
      return unknown;
  }
}

/** 0x00 partition (GUID, or 64-bit offset), 0x10 kind of disk, 0x14 style 0 GPT 1 MBR, 0x18 disk (GUID, or signature). */
function decodePartition(body: Uint8Array, parents: number): Device | null {
  if (body.byteLength < 0x28) return null;
  if (u32(body, 0x10) === LOCAL_VIRTUAL_DISK) return decodeBacking('vhd', body.subarray(0x28), parents);
  if (u32(body, 0x10) !== 0) return null;
  if (u32(body, 0x14) === STYLE_GPT) {
    const partitionGuid = guidFromBytes(body.subarray(0, 16));
    const diskGuid = guidFromBytes(body.subarray(0x18, 0x28));
    return { kind: 'partition', partition: { style: 'gpt', diskGuid, partitionGuid } };
  }
  if (u32(body, 0x14) === STYLE_MBR) {
    const offsetBytes = Number(new DataView(body.buffer, body.byteOffset).getBigUint64(0, true));
    return { kind: 'partition', partition: { style: 'mbr', diskSignature: u32(body, 0x18), offsetBytes } };
  }
  return null;
}

function decodeLocal(body: Uint8Array, parents: number): Device | null {
  if (body.byteLength < 4) return null;
  const local = u32(body, 0);
  if (local === LOCAL_RAMDISK) return decodeBacking('ramdisk', body.subarray(4), parents);
  if (local === LOCAL_FILE) return decodeBacking('file', body.subarray(4), parents);
  return local === LOCAL_VIRTUAL_DISK ? decodeBacking('vhd', body.subarray(4), parents) : null;
}

/** How far into a ramdisk's or disk's own fields its file descriptor may begin. */
const BACKING_SEARCH_BYTES = 0x40;

/**
 * The file that an image or virtual disk lies in: version 1, length, path type 5, the parent's descriptor, then the path
 * as UTF-16 with its terminator. It is looked for, since the fields before it differ by kind.
 */
function decodeBacking(kind: 'file' | 'ramdisk' | 'vhd', body: Uint8Array, parents: number): Device | null {
  for (let offset = 0; offset <= BACKING_SEARCH_BYTES && offset + 28 <= body.byteLength; offset += 4) {
    if (u32(body, offset) !== 1 || u32(body, offset + 8) !== 5) continue;
    const inner = body.subarray(offset + 12);
    const sizeBytes = u32(inner, 8);
    if (sizeBytes < HEADER_SIZE_BYTES || sizeBytes > inner.byteLength) continue;
    const path = untilNul(decodeUtf16le(inner.subarray(sizeBytes)));
    return { kind, parent: decodeDescriptor(inner.subarray(0, sizeBytes), parents + 1), path };
  }
  return null;
}

/** 0x00 kind 0 by element 1 by path, 0x04 element, 0x08 parent, 0x0c path. */
function decodeLocate(body: Uint8Array): Device | null {
  if (body.byteLength < 12) return null;
  const path = untilNul(decodeUtf16le(body.subarray(12)));
  return u32(body, 0) === 0
    ? { kind: 'locate', element: u32(body, 4), path: null }
    : { kind: 'locate', element: null, path };
}

/**
 * The 88 bytes of a boot or partition device element, as bcdedit writes them without an options object.
 * Null for a partition whose GUIDs are not GUIDs.
 */
export function encodeDevice(device: Device & { readonly kind: 'boot' | 'partition' }): Uint8Array | null {
  const bytes = new Uint8Array(PLAIN_SIZE_BYTES);
  const view = new DataView(bytes.buffer);
  view.setUint32(0x10, device.kind === 'boot' ? TYPE_BOOT : TYPE_PARTITION, true);
  view.setUint32(0x18, PLAIN_SIZE_BYTES - 16, true);
  if (device.kind === 'boot') return bytes;
  const { partition } = device;
  if (partition.style === 'mbr') {
    view.setBigUint64(0x20, BigInt(partition.offsetBytes), true);
    view.setUint32(0x34, STYLE_MBR, true);
    view.setUint32(0x38, partition.diskSignature, true);
    return bytes;
  }
  const partitionGuid = guidToBytes(partition.partitionGuid);
  const diskGuid = guidToBytes(partition.diskGuid);
  if (!partitionGuid || !diskGuid) return null;
  bytes.set(partitionGuid, 0x20);
  bytes.set(diskGuid, 0x38);
  return bytes;
}

/**
 * The bytes of a ramdisk device element: the image at `path` on a boot or partition device, with the object of its
 * options. As the 176- and 200-byte elements of real stores have it. Null where a GUID is none.
 */
export function encodeRamdisk(
  parent: Device & { readonly kind: 'boot' | 'partition' },
  path: string,
  optionsId: string | null,
): Uint8Array | null {
  const inner = encodeDevice(parent)?.subarray(16);
  const options = guidToBytes(optionsId ?? NO_OPTIONS);
  if (!inner || !options) return null;
  const name = encodeUtf16le(`${path}\0`);
  const bytes = new Uint8Array(RAMDISK_FILE_OFFSET + 12 + inner.byteLength + name.byteLength);
  const view = new DataView(bytes.buffer);
  bytes.set(options, 0);
  view.setUint32(0x10, TYPE_LOCAL, true);
  view.setUint32(0x14, 1, true);
  view.setUint32(0x18, bytes.byteLength - 16, true);
  view.setUint32(0x20, LOCAL_RAMDISK, true);
  view.setUint32(RAMDISK_FILE_OFFSET, 1, true);
  view.setUint32(RAMDISK_FILE_OFFSET + 4, bytes.byteLength - RAMDISK_FILE_OFFSET, true);
  view.setUint32(RAMDISK_FILE_OFFSET + 8, LOCAL_FILE, true);
  bytes.set(inner, RAMDISK_FILE_OFFSET + 12);
  bytes.set(name, RAMDISK_FILE_OFFSET + 12 + inner.byteLength);
  return bytes;
}

/** Where the descriptor of the image's file begins. */
const RAMDISK_FILE_OFFSET = 0x38;

/** Both name the same partition; GUIDs are compared without regard to braces and case. */
export function isSamePartition(a: DeviceIdentity, b: DeviceIdentity): boolean {
  if (a.style === 'mbr') {
    return b.style === 'mbr' && a.diskSignature >>> 0 === b.diskSignature >>> 0 && a.offsetBytes === b.offsetBytes;
  }
  return b.style === 'gpt' && isSameGuid(a.diskGuid, b.diskGuid) && isSameGuid(a.partitionGuid, b.partitionGuid);
}

function isSameGuid(a: string, b: string): boolean {
  const left = guidToBytes(a);
  const right = guidToBytes(b);
  return left !== null && right !== null && toHex(left) === toHex(right);
}

/** The partition that a device lies on in the end; null for boot, locate and what is unknown. */
export function partitionOf(device: Device): DeviceIdentity | null {
  if (device.kind === 'partition') return device.partition;
  return 'parent' in device ? partitionOf(device.parent) : null;
}

/** `gpt:<disk>/<partition>` or `mbr:<signature>@<offset>`: what --partition takes, GUIDs without braces. */
export function identityText(identity: DeviceIdentity): string {
  if (identity.style === 'mbr') {
    return `mbr:${identity.diskSignature.toString(16).padStart(8, '0')}@${identity.offsetBytes}`;
  }
  return `gpt:${bare(identity.diskGuid)}/${bare(identity.partitionGuid)}`;
}

/** The identity that `identityText` wrote; GUIDs may have braces. Null where the text is none. */
export function parseIdentity(text: string): DeviceIdentity | null {
  const mbr = /^mbr:(?:0x)?([0-9a-f]{1,8})@(\d{1,15})$/i.exec(text);
  if (mbr) return { style: 'mbr', diskSignature: Number.parseInt(mbr[1]!, 16), offsetBytes: Number(mbr[2]) };
  const gpt = /^gpt:([^/]+)\/([^/]+)$/i.exec(text);
  const disk = gpt ? guidToBytes(gpt[1]!) : null;
  const partition = gpt ? guidToBytes(gpt[2]!) : null;
  if (!disk || !partition) return null;
  return { style: 'gpt', diskGuid: guidFromBytes(disk), partitionGuid: guidFromBytes(partition) };
}

function bare(guid: string): string {
  return guid.replace(/[{}]/g, '').toLowerCase();
}

function untilNul(text: string): string {
  const end = text.indexOf('\0');
  return end < 0 ? text : text.slice(0, end);
}

function u32(bytes: Uint8Array, offset: number): number {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength).getUint32(offset, true);
}
