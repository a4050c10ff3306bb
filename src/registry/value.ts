// Values: the REG_* types by number and by name, what their bytes mean, and the bytes of what is to be written. The type
// is any 32 bits; data that does not have its type's form stays bytes.

import { fromHex, joinBytes, toHex, u32Bytes, u64Bytes } from '../base/bytes.ts';
import { FormatError, UsageError } from '../base/errors.ts';
import { orNull } from '../base/or-null.ts';
import { decodeUtf16le, encodeUtf16le, upcase } from '../base/text.ts';
import type { RegValue } from './edit.ts';
import type { Value } from './hive.ts';

export const REG_NONE = 0;
export const REG_SZ = 1;
export const REG_EXPAND_SZ = 2;
export const REG_BINARY = 3;
export const REG_DWORD = 4;
export const REG_DWORD_BIG_ENDIAN = 5;
export const REG_LINK = 6;
export const REG_MULTI_SZ = 7;
export const REG_RESOURCE_LIST = 8;
export const REG_FULL_RESOURCE_DESCRIPTOR = 9;
export const REG_RESOURCE_REQUIREMENTS_LIST = 10;
export const REG_QWORD = 11;

const TYPE_NAMES: readonly string[] = [
  'REG_NONE',
  'REG_SZ',
  'REG_EXPAND_SZ',
  'REG_BINARY',
  'REG_DWORD',
  'REG_DWORD_BIG_ENDIAN',
  'REG_LINK',
  'REG_MULTI_SZ',
  'REG_RESOURCE_LIST',
  'REG_FULL_RESOURCE_DESCRIPTOR',
  'REG_RESOURCE_REQUIREMENTS_LIST',
  'REG_QWORD',
];

const OTHER_NAMES: Readonly<Record<string, number>> = {
  REG_DWORD_LITTLE_ENDIAN: REG_DWORD,
  REG_QWORD_LITTLE_ENDIAN: REG_QWORD,
};

/** 'REG_SZ' of 1; null for a number that Windows gives no name. */
export function typeName(type: number): string | null {
  return TYPE_NAMES[type] ?? null;
}

/** As typeName, and '0xffff0012' for a number without a name. */
export function typeText(type: number): string {
  return typeName(type) ?? `0x${(type >>> 0).toString(16).padStart(8, '0')}`;
}

/** The number of a type's name, in any letter case; null where it is none. */
export function typeNumber(name: string): number | null {
  const upper = upcase(name);
  const found = TYPE_NAMES.indexOf(upper);
  return found >= 0 ? found : (OTHER_NAMES[upper] ?? null);
}

/** What data mean by their type. 'bytes': the type is not text or number, or the data have not its form. */
export type Decoded =
  | { readonly kind: 'string'; readonly text: string }
  | { readonly kind: 'strings'; readonly texts: readonly string[] }
  | { readonly kind: 'number'; readonly number: number }
  | { readonly kind: 'qword'; readonly number: bigint }
  | { readonly kind: 'bytes'; readonly bytes: Uint8Array };

/**
 * Decodes data by their type: text is an even number of bytes with nothing but NULs after the first NUL (none is also
 * text), a list is an even number of bytes, a DWORD is four bytes and a QWORD eight. Anything else comes back as bytes.
 * Never throws.
 */
export function decodeValue(type: number, data: Uint8Array): Decoded {
  switch (type) {
    case REG_SZ:
    case REG_EXPAND_SZ:
    case REG_LINK: {
      const text = decodeText(data);
      if (text !== null) return { kind: 'string', text };
      break;
    }
    case REG_MULTI_SZ: {
      const texts = decodeList(data);
      if (texts !== null) return { kind: 'strings', texts };
      break;
    }
    case REG_DWORD:
      if (data.byteLength === 4) return { kind: 'number', number: viewOf(data).getUint32(0, true) };
      break;
    case REG_DWORD_BIG_ENDIAN:
      if (data.byteLength === 4) return { kind: 'number', number: viewOf(data).getUint32(0, false) };
      break;
    case REG_QWORD:
      if (data.byteLength === 8) return { kind: 'qword', number: viewOf(data).getBigUint64(0, true) };
      break;
  }
  return { kind: 'bytes', bytes: data };
}

function viewOf(data: Uint8Array): DataView {
  return new DataView(data.buffer, data.byteOffset, data.byteLength);
}

function decodeText(data: Uint8Array): string | null {
  if (data.byteLength % 2 !== 0) return null;
  const whole = decodeUtf16le(data);
  const end = whole.indexOf('\0');
  if (end < 0) return whole;
  return isNuls(whole, end) ? whole.slice(0, end) : null;
}

/** The NULs that end the list are no texts of it; empty texts between others are (Windows itself stores such lists). */
function decodeList(data: Uint8Array): readonly string[] | null {
  if (data.byteLength % 2 !== 0) return null;
  const whole = decodeUtf16le(data).replace(/\0+$/, '');
  return whole === '' ? [] : whole.split('\0');
}

function isNuls(text: string, start: number): boolean {
  for (let i = start; i < text.length; i += 1) if (text.charCodeAt(i) !== 0) return false;
  return true;
}

/** The bytes of `value.hex`; UsageError BAD_VALUE where it is not hex. */
export function valueBytes(value: RegValue): Uint8Array {
  const bytes = fromHex(value.hex);
  if (bytes) return bytes;
  throw new UsageError('BAD_VALUE', `the data of a value are not pairs of hex digits: ${value.hex.slice(0, 40)}`);
}

/** Data of any type, as they are. */
export function regValue(type: number, data: Uint8Array): RegValue {
  return { type, hex: toHex(data) };
}

/** REG_DWORD; negative numbers are taken as two's complement. UsageError BAD_VALUE for a number that it does not hold. */
export function dword(number: number): RegValue {
  if (!Number.isInteger(number) || number < -0x8000_0000 || number > 0xffff_ffff) {
    throw new UsageError('BAD_VALUE', `a REG_DWORD does not hold ${number}, expected a whole number of 32 bits`, {
      hint: 'a bigint is a REG_QWORD',
    });
  }
  return regValue(REG_DWORD, u32Bytes(number));
}

/** REG_QWORD; negative numbers are taken as two's complement. UsageError BAD_VALUE for a number that it does not hold. */
export function qword(number: bigint): RegValue {
  if (number < -(1n << 63n) || number >= 1n << 64n) {
    throw new UsageError('BAD_VALUE', `a REG_QWORD does not hold ${number}, expected 64 bits`);
  }
  return regValue(REG_QWORD, u64Bytes(number));
}

/** REG_SZ with its NUL. */
export function sz(text: string): RegValue {
  return regValue(REG_SZ, encodeUtf16le(`${text}\0`));
}

/** REG_EXPAND_SZ with its NUL. */
export function expandSz(text: string): RegValue {
  return regValue(REG_EXPAND_SZ, encodeUtf16le(`${text}\0`));
}

/** REG_MULTI_SZ: each text with its NUL, and one NUL more. An empty text would end the list: UsageError BAD_VALUE. */
export function multiSz(texts: readonly string[]): RegValue {
  if (texts.includes('')) {
    throw new UsageError('BAD_VALUE', 'a list of texts (REG_MULTI_SZ) cannot hold an empty text, which would end it');
  }
  return regValue(REG_MULTI_SZ, joinBytes([...texts.map((text) => encodeUtf16le(`${text}\0`)), new Uint8Array(2)]));
}

/** REG_BINARY. */
export function binary(bytes: Uint8Array): RegValue {
  return regValue(REG_BINARY, bytes);
}

/** The data of `value`, or null where they cannot be read whole. */
export function readData(value: Value): Uint8Array | null {
  return orNull(FormatError, () => value.data());
}

/** Type and data of a value that was read; FormatError BAD_CELL where the data cannot be read whole. */
export function readRegValue(value: Value): RegValue {
  return regValue(value.type, value.data());
}

/** The number of a REG_DWORD of exactly four bytes; null for any other value, for none and for unreadable data. */
export function readDword(value: Value | null): number | null {
  if (value === null || value.type !== REG_DWORD) return null;
  const data = readData(value);
  return data !== null && data.byteLength === 4 ? viewOf(data).getUint32(0, true) : null;
}

/** REG_SZ or REG_EXPAND_SZ as a program sees it: up to the first NUL, whatever follows; null for any other value. */
export function readString(value: Value | null): string | null {
  if (value === null || (value.type !== REG_SZ && value.type !== REG_EXPAND_SZ)) return null;
  const data = readData(value);
  return data === null ? null : (decodeUtf16le(data).split('\0', 1)[0] ?? '');
}

/** REG_MULTI_SZ as a program sees it: the texts before the first empty one; null for any other value. */
export function readStrings(value: Value | null): readonly string[] | null {
  if (value === null || value.type !== REG_MULTI_SZ) return null;
  const data = readData(value);
  if (data === null) return null;
  const texts = decodeUtf16le(data).split('\0');
  const end = texts.indexOf('');
  return end < 0 ? texts : texts.slice(0, end);
}

/** The bytes of a REG_BINARY, else null. */
export function readBinary(value: Value | null): Uint8Array | null {
  return value !== null && value.type === REG_BINARY ? readData(value) : null;
}

/** The same type and the same bytes. */
export function isSameValue(value: Value | null, wanted: RegValue): boolean {
  if (value === null || value.type !== wanted.type) return false;
  const data = readData(value);
  return data !== null && toHex(data) === wanted.hex.toLowerCase();
}
