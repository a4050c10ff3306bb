// The bytes of a .reg file as text: UTF-16 as regedit writes it, UTF-8 as other tools do, or an ANSI code page that is
// named. Nothing is guessed: bytes that fit none of these are refused where they stand.

import { UsageError } from '../../base/errors.ts';
import { decodeLatin1, decodeUtf16le } from '../../base/text.ts';

export type RegFileEncoding = 'utf-16le' | 'utf-16be' | 'utf-8' | 'ansi';

export interface RegFileText {
  readonly text: string;
  readonly encoding: RegFileEncoding;
}

/**
 * Decodes a .reg file; unpaired surrogates of UTF-16 are kept. `codePage` is a label that TextDecoder knows
 * ('windows-1252', 'windows-1251', 'shift_jis'): what bears no mark and is no UTF-8 is read in it. Text of an ANSI code
 * page that is UTF-8 by chance does not occur outside of made-up examples.
 * UsageError BAD_ARGUMENT for an unknown code page, BAD_SYNTAX for bytes that are neither UTF-8 nor given a code page.
 */
export function decodeRegFile(bytes: Uint8Array, codePage?: string): RegFileText {
  refuseWrongMark(bytes);
  if (bytes[0] === 0xff && bytes[1] === 0xfe) return { text: decodeUtf16le(bytes.subarray(2)), encoding: 'utf-16le' };
  if (bytes[0] === 0xfe && bytes[1] === 0xff) return { text: decodeUtf16be(bytes.subarray(2)), encoding: 'utf-16be' };
  const isMarked = bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf;
  if (!isMarked && bytes.byteLength >= 2 && bytes[0] !== 0 && bytes[1] === 0) {
    return { text: decodeUtf16le(bytes), encoding: 'utf-16le' };
  }
  const text = decodeUtf8(isMarked ? bytes.subarray(3) : bytes);
  if (text !== null) return { text, encoding: 'utf-8' };
  if (codePage !== undefined && !isMarked) return { text: decodeAnsi(bytes, codePage), encoding: 'ansi' };
  const plain = withPlainComments(bytes);
  const withoutThem = decodeUtf8(plain);
  if (withoutThem !== null) return { text: withoutThem, encoding: 'ansi' };
  throw notUtf8(plain);
}

const MARKS: readonly (readonly [name: string, mark: readonly number[]])[] = [
  ['UTF-16LE', [0xff, 0xfe]],
  ['UTF-16BE', [0xfe, 0xff]],
  ['UTF-8', [0xef, 0xbb, 0xbf]],
];

/** A mark that says another encoding than the one in which the file's first words stand. */
function refuseWrongMark(bytes: Uint8Array): void {
  const found = MARKS.find(([, mark]) => mark.every((byte, i) => bytes[i] === byte));
  if (!found) return;
  const [said, mark] = found;
  const start = bytes.subarray(mark.length, mark.length + 64);
  const readings = { 'UTF-8': decodeLatin1(start), 'UTF-16LE': decodeUtf16le(start), 'UTF-16BE': decodeUtf16be(start) };
  const meant = Object.entries(readings).find(([, text]) => /^\s*(?:windows registry|regedit4)/i.test(text))?.[0];
  if (meant === undefined || meant === said) return;
  throw new UsageError(
    'BAD_SYNTAX',
    `the .reg file begins with the byte order mark of ${said}, but its text is ${meant === 'UTF-8' ? 'not UTF-16' : meant}`,
    { hint: 'save the file again as "Unicode" in a text editor', data: { line: 1, column: 1 } },
  );
}

/**
 * Units 0x80 to 0x9f of windows-1252. Node 20's decoder gives Latin-1 for that code page, so this one is our own.
 */
const WINDOWS_1252 =
  '\u20ac\u0081\u201a\u0192\u201e\u2026\u2020\u2021\u02c6\u2030\u0160\u2039\u0152\u008d\u017d\u008f' +
  '\u0090\u2018\u2019\u201c\u201d\u2022\u2013\u2014\u02dc\u2122\u0161\u203a\u0153\u009d\u017e\u0178';

/** The text of bytes in an ANSI code page. UsageError BAD_ARGUMENT for a label that is none. */
export function decodeAnsi(bytes: Uint8Array, codePage: string): string {
  const decoder = decoderOf(codePage);
  if (decoder.encoding !== 'windows-1252') return decoder.decode(bytes);
  return decodeLatin1(bytes).replaceAll(/[\u0080-\u009f]/g, (unit) => WINDOWS_1252[unit.charCodeAt(0) - 0x80]!);
}

function decoderOf(codePage: string): InstanceType<typeof TextDecoder> {
  try {
    return new TextDecoder(codePage);
  } catch {
    throw new UsageError(
      'BAD_ARGUMENT',
      `${codePage} is not a code page that is known here, expected one like windows-1252`,
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

/** Null for what is no UTF-8. */
function decodeUtf8(bytes: Uint8Array): string | null {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return null;
  }
}

/** With ? for what is no ASCII in comments, whose text matters to nobody; as it is where a text may go over lines. */
function withPlainComments(bytes: Uint8Array): Uint8Array {
  const lines = decodeLatin1(bytes).split('\n');
  const isComment = (line: string): boolean => /^\s*;/.test(line);
  if (lines.some((line) => !isComment(line) && (line.replace(/\\./g, '').split('"').length - 1) % 2 === 1))
    return bytes;
  const text = lines.map((line) => (isComment(line) ? line.replace(/[\x80-\xff]/g, '?') : line)).join('\n');
  return Uint8Array.from(text, (character) => character.charCodeAt(0));
}

function notUtf8(bytes: Uint8Array): UsageError {
  const { line, column } = firstBadUtf8(bytes);
  return new UsageError(
    'BAD_SYNTAX',
    `the .reg file is neither UTF-16 nor UTF-8: line ${line}, column ${column} is not UTF-8`,
    { hint: 'name the code page that it was written in: --code-page windows-1252', data: { line, column } },
  );
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
