// The data of an element: decoded by its format, with what is needed to build the very same bytes again.

import { toHex } from '../base/bytes.ts';
import { normalGuid } from '../base/guid.ts';
import { decodeUtf16le, encodeUtf16le } from '../base/text.ts';
import type { RegValue } from '../registry/edit.ts';
import { REG_BINARY, REG_MULTI_SZ, REG_SZ } from '../registry/value.ts';
import type { Device, DeviceElement } from './device.ts';
import { decodeDevice } from './device.ts';
import type { ElementFormat } from './elements/elements.ts';

/**
 * `tail` is what a string's bytes hold after the first terminator (as text), `sizeBytes` the stored length of integers,
 * which real stores keep in 1, 3 or 8 bytes. 'malformed': type or length do not fit the format; the bytes alone count.
 */
export type ElementData =
  | { readonly format: 'device'; readonly value: DeviceElement; readonly bytes: Uint8Array }
  | { readonly format: 'string'; readonly value: string; readonly tail: string }
  | { readonly format: 'guid'; readonly value: string; readonly tail: string }
  | { readonly format: 'guid-list'; readonly value: readonly string[]; readonly tail: string }
  | { readonly format: 'integer'; readonly value: bigint; readonly sizeBytes: number }
  | { readonly format: 'boolean'; readonly value: boolean; readonly byte: number }
  | { readonly format: 'integer-list'; readonly value: readonly bigint[] }
  | { readonly format: 'malformed'; readonly type: number; readonly bytes: Uint8Array };

/** Reads stored data by the format that the element's number states; never throws. */
export function decodeElement(format: ElementFormat, type: number, bytes: Uint8Array): ElementData {
  const malformed: ElementData = { format: 'malformed', type, bytes };
  switch (format) {
    case 'device':
      return type === REG_BINARY ? { format, value: decodeDevice(bytes), bytes } : malformed;
    case 'string':
    case 'guid':
      return type === REG_SZ ? (decodeText(format, bytes) ?? malformed) : malformed;
    case 'guid-list':
      return type === REG_MULTI_SZ ? (decodeList(bytes) ?? malformed) : malformed;
    case 'integer':
      return type === REG_BINARY && bytes.byteLength >= 1 && bytes.byteLength <= 8
        ? { format, value: integerOf(bytes), sizeBytes: bytes.byteLength }
        : malformed;
    case 'boolean':
      return type === REG_BINARY && bytes.byteLength === 1
        ? { format, value: bytes[0] !== 0, byte: bytes[0]! }
        : malformed;
    case 'integer-list':
      return type === REG_BINARY && bytes.byteLength % 8 === 0 ? { format, value: integersOf(bytes) } : malformed;
    default:
      return malformed;
  }
}

function decodeText(format: 'string' | 'guid', bytes: Uint8Array): ElementData | null {
  if (bytes.byteLength % 2 !== 0) return null;
  const text = decodeUtf16le(bytes);
  const end = text.indexOf('\0');
  const value = end < 0 ? text : text.slice(0, end);
  const tail = end < 0 ? '' : text.slice(end);
  if (format === 'string') return { format, value, tail };
  return normalGuid(value) === null ? null : { format, value, tail };
}

/** Strings one after the other, each with its terminator; the list ends at an empty one. */
function decodeList(bytes: Uint8Array): ElementData | null {
  if (bytes.byteLength % 2 !== 0) return null;
  const text = decodeUtf16le(bytes);
  const value: string[] = [];
  let start = 0;
  for (let end = text.indexOf('\0'); end > start; end = text.indexOf('\0', start)) {
    const guid = text.slice(start, end);
    if (normalGuid(guid) === null) return null;
    value.push(guid);
    start = end + 1;
  }
  return { format: 'guid-list', value, tail: text.slice(start) };
}

function integerOf(bytes: Uint8Array): bigint {
  let value = 0n;
  for (let i = bytes.byteLength - 1; i >= 0; i -= 1) value = (value << 8n) | BigInt(bytes[i]!);
  return value;
}

function integersOf(bytes: Uint8Array): bigint[] {
  const values: bigint[] = [];
  for (let offset = 0; offset < bytes.byteLength; offset += 8)
    values.push(integerOf(bytes.subarray(offset, offset + 8)));
  return values;
}

/** The stored form of decoded data: byte for byte what it was decoded from. */
export function encodeElement(data: ElementData): RegValue {
  switch (data.format) {
    case 'device':
      return { type: REG_BINARY, hex: toHex(data.bytes) };
    case 'string':
    case 'guid':
      return { type: REG_SZ, hex: toHex(encodeUtf16le(data.value + data.tail)) };
    case 'guid-list':
      return { type: REG_MULTI_SZ, hex: toHex(encodeUtf16le(data.value.map((id) => `${id}\0`).join('') + data.tail)) };
    case 'integer':
      return { type: REG_BINARY, hex: integerHex(data.value, data.sizeBytes) };
    case 'boolean':
      return { type: REG_BINARY, hex: data.byte.toString(16).padStart(2, '0') };
    case 'integer-list':
      return { type: REG_BINARY, hex: data.value.map((value) => integerHex(value, 8)).join('') };
    case 'malformed':
      return { type: data.type, hex: toHex(data.bytes) };
  }
}

function integerHex(value: bigint, sizeBytes: number): string {
  let hex = '';
  for (let i = 0; i < sizeBytes; i += 1) hex += ((value >> BigInt(8 * i)) & 0xffn).toString(16).padStart(2, '0');
  return hex;
}

/** Data as Windows writes them: integers in 8 bytes, one terminator a string, GUIDs in lower case and braces. */
export const elementData = {
  boolean: (value: boolean): ElementData => ({ format: 'boolean', value, byte: value ? 1 : 0 }),
  integer: (value: bigint | number): ElementData => ({ format: 'integer', value: BigInt(value), sizeBytes: 8 }),
  integers: (value: readonly bigint[]): ElementData => ({ format: 'integer-list', value }),
  string: (value: string): ElementData => ({ format: 'string', value, tail: '\0' }),
  guid: (value: string): ElementData => ({ format: 'guid', value: value.toLowerCase(), tail: '\0' }),
  guids: (value: readonly string[]): ElementData => ({
    format: 'guid-list',
    value: value.map((id) => id.toLowerCase()),
    tail: '\0',
  }),
  device: (bytes: Uint8Array): ElementData => ({ format: 'device', value: decodeDevice(bytes), bytes }),
};

/** Both mean the same to Windows: lengths, letter case of GUIDs and what follows a terminator do not count. */
export function meansSame(a: ElementData, b: ElementData): boolean {
  switch (a.format) {
    case 'integer':
    case 'boolean':
    case 'string':
      return b.format === a.format && a.value === b.value;
    case 'guid':
      return b.format === 'guid' && normalGuid(a.value) === normalGuid(b.value);
    case 'guid-list':
      return b.format === 'guid-list' && sameList(a.value.map(normalGuid), b.value.map(normalGuid));
    case 'integer-list':
      return b.format === 'integer-list' && sameList(a.value, b.value);
    case 'device':
      return b.format === 'device' && toHex(a.bytes) === toHex(b.bytes);
    case 'malformed':
      return b.format === 'malformed' && a.type === b.type && toHex(a.bytes) === toHex(b.bytes);
  }
}

function sameList<T>(a: readonly T[], b: readonly T[]): boolean {
  return a.length === b.length && a.every((item, i) => item === b[i]);
}

/** The device of decoded data; null where it is none. */
export function deviceIn(data: ElementData | null): Device | null {
  return data?.format === 'device' ? data.value.device : null;
}
