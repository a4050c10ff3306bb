// The bytes of a .reg file as text: UTF-16 as regedit writes it, UTF-8 as other tools do, or an ANSI code page that is
// named. Nothing is guessed: bytes that fit none of these are refused where they stand.

import { UsageError } from '../base/errors.ts';
import { decodeUtf16le } from '../base/text.ts';

export type RegFileEncoding = 'utf-16le' | 'utf-16be' | 'utf-8' | 'ansi';

export interface RegFileText {
  readonly text: string;
  readonly encoding: RegFileEncoding;
}

/**
 * Decodes a .reg file; unpaired surrogates of UTF-16 are kept. `codePage` is a label that TextDecoder knows
 * ('windows-1252', 'windows-1251', 'shift_jis') and is used where no byte order mark says otherwise.
 * UsageError BAD_ARGUMENT for an unknown code page, BAD_SYNTAX for bytes that are neither UTF-8 nor given a code page.
 */
export function decodeRegFile(bytes: Uint8Array, codePage?: string): RegFileText {
  if (bytes[0] === 0xff && bytes[1] === 0xfe) return { text: decodeUtf16le(bytes.subarray(2)), encoding: 'utf-16le' };
  if (bytes[0] === 0xfe && bytes[1] === 0xff) return { text: decodeUtf16be(bytes.subarray(2)), encoding: 'utf-16be' };
  if (bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf) {
    return { text: decodeUtf8(bytes.subarray(3)), encoding: 'utf-8' };
  }
  if (bytes.byteLength >= 2 && bytes[0] !== 0 && bytes[1] === 0)
    return { text: decodeUtf16le(bytes), encoding: 'utf-16le' };
  if (codePage !== undefined) return { text: decodeAnsi(bytes, codePage), encoding: 'ansi' };
  return { text: decodeUtf8(bytes), encoding: 'utf-8' };
}

/** The text of bytes in an ANSI code page. UsageError BAD_ARGUMENT for a label that is none. */
export function decodeAnsi(bytes: Uint8Array, codePage: string): string {
  try {
    return new TextDecoder(codePage).decode(bytes);
  } catch {
    throw new UsageError(
      'BAD_ARGUMENT',
      `${codePage} is no code page that is known here, expected one like windows-1252`,
    );
  }
}

function decodeUtf16be(bytes: Uint8Array): string {
  const swapped = new Uint8Array(bytes.byteLength & ~1);
  for (let i = 0; i < swapped.byteLength; i += 2) {
    swapped[i] = bytes[i + 1]!;
    swapped[i + 1] = bytes[i]!;
  }
  return decodeUtf16le(swapped);
}

function decodeUtf8(bytes: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    const { line, column } = firstBadUtf8(bytes);
    throw new UsageError(
      'BAD_SYNTAX',
      `the .reg file is neither UTF-16 nor UTF-8: line ${line}, column ${column} is no UTF-8`,
      { hint: 'name the code page that it was written in: --code-page windows-1252', data: { line, column } },
    );
  }
}

/** Where strict decoding stops: the first line that does not decode, and the first byte of it that does not. */
function firstBadUtf8(bytes: Uint8Array): { line: number; column: number } {
  const decoder = new TextDecoder('utf-8', { fatal: true });
  const isText = (part: Uint8Array): boolean => {
    try {
      decoder.decode(part);
      return true;
    } catch {
      return false;
    }
  };
  let line = 1;
  let start = 0;
  for (; start < bytes.byteLength; line += 1) {
    const newline = bytes.indexOf(0x0a, start);
    const end = newline < 0 ? bytes.byteLength : newline;
    if (!isText(bytes.subarray(start, end))) break;
    start = end + 1;
  }
  let column = 1;
  for (let at = start; at < bytes.byteLength; column += 1) {
    const size = [1, 2, 3, 4].find((length) => isText(bytes.subarray(at, Math.min(bytes.byteLength, at + length))));
    if (size === undefined) break;
    at += size;
  }
  return { line, column };
}
