// Values as reg.exe prints them, and the data that people type as values.

import { fromHex, toHex } from '../../base/bytes.ts';
import { decodeUtf16le, encodeUtf16le, printable } from '../../base/text.ts';
import type { RegValue } from '../../registry/edit.ts';
import type { Value } from '../../registry/hive.ts';
import {
  binary,
  dword,
  expandSz,
  multiSz,
  qword,
  REG_BINARY,
  REG_DWORD,
  REG_DWORD_BIG_ENDIAN,
  REG_EXPAND_SZ,
  REG_LINK,
  REG_MULTI_SZ,
  REG_NONE,
  REG_QWORD,
  REG_SZ,
  readData,
  regValue,
  sz,
  typeText,
} from '../../registry/value.ts';

/** What reg.exe writes between the texts of a list, and takes when no /s is given: a backslash and a zero. */
export const LIST_SEPARATOR = '\\0';

/** What becomes of names and data before they are printed: escaped for a terminal, or left as they are for a script. */
export type Shown = (text: string) => string;

/** '(Default)' for the value without a name. */
export function shownName(name: string, shown: Shown = printable): string {
  return name === '' ? '(Default)' : shown(name);
}

/** `    Name    REG_SZ    data` without its line's end; `isVerbose` adds the type's number (/z). */
export function valueLine(
  value: Value,
  separator: string = LIST_SEPARATOR,
  isVerbose = false,
  shown: Shown = printable,
): string {
  const type = isVerbose ? `${typeText(value.type)} (${value.type >>> 0})` : typeText(value.type);
  return `    ${shownName(value.name, shown)}    ${type}    ${dataText(value, separator, shown)}`;
}

/** A value's data as reg.exe prints them: text up to its NUL, numbers and bytes in hex; what is damaged says so. */
export function dataText(value: Value, separator: string = LIST_SEPARATOR, shown: Shown = printable): string {
  const data = readData(value);
  return data === null ? '(data damaged)' : shown(bytesText(value.type, data, separator));
}

function bytesText(type: number, data: Uint8Array, separator: string): string {
  switch (type) {
    case REG_SZ:
    case REG_EXPAND_SZ:
    case REG_LINK:
      return decodeUtf16le(data).split('\0', 1)[0] ?? '';
    case REG_MULTI_SZ:
      return decodeUtf16le(data).replace(/\0+$/, '').replaceAll('\0', separator);
    case REG_DWORD:
      if (data.byteLength === 4) return `0x${littleEndian(data).toString(16)}`;
      break;
    case REG_DWORD_BIG_ENDIAN:
      if (data.byteLength === 4) return `0x${littleEndian(data.toReversed()).toString(16)}`;
      break;
    case REG_QWORD:
      if (data.byteLength === 8) return `0x${littleEndian(data).toString(16)}`;
      break;
  }
  return toHex(data).toUpperCase();
}

function littleEndian(data: Uint8Array): bigint {
  return data.reduceRight((number, byte) => number * 256n + BigInt(byte), 0n);
}

/**
 * The value that `/t type /d data /s separator` means, or null where the data do not fit the type: numbers are decimal
 * or 0x hex, REG_BINARY hex digits (an odd number is led by a zero), lists texts between separators. Without `/d`, texts
 * and lists and bytes are empty; a number needs its data.
 */
export function typedValue(type: number, data: string | null, separator: string = LIST_SEPARATOR): RegValue | null {
  switch (type) {
    case REG_SZ:
      return sz(data ?? '');
    case REG_EXPAND_SZ:
      return expandSz(data ?? '');
    case REG_MULTI_SZ:
      return typedList(data ?? '', separator);
    case REG_DWORD:
    case REG_DWORD_BIG_ENDIAN: {
      const number = typedNumber(data, 0xffff_ffffn);
      // reg.exe stores the big-endian type in the machine's own order as well.
      return number === null ? null : regValue(type, fromHex(dword(Number(number)).hex)!);
    }
    case REG_QWORD: {
      const number = typedNumber(data, 0xffff_ffff_ffff_ffffn);
      return number === null ? null : qword(number);
    }
    case REG_NONE:
      return regValue(REG_NONE, encodeUtf16le(`${data ?? ''}\0`));
    case REG_LINK:
      return regValue(REG_LINK, encodeUtf16le(data ?? ''));
    default: {
      const bytes = typedBytes(data ?? '');
      if (bytes === null) return null;
      return type === REG_BINARY ? binary(bytes) : regValue(type, bytes);
    }
  }
}

function typedList(data: string, separator: string): RegValue | null {
  const bare = data.endsWith(separator) ? data.slice(0, -separator.length) : data;
  const texts = bare === '' ? [] : bare.split(separator);
  return texts.includes('') ? null : multiSz(texts);
}

function typedNumber(data: string | null, largest: bigint): bigint | null {
  if (data === null || !/^(?:0x[0-9a-f]+|[0-9]+)$/i.test(data)) return null;
  const number = BigInt(data);
  return number <= largest ? number : null;
}

function typedBytes(data: string): Uint8Array | null {
  return fromHex(data.length % 2 === 0 ? data : `0${data}`);
}
