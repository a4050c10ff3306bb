// Writes .reg files as regedit does: UTF-16LE with its mark, CRLF, hexadecimal data wrapped at its column. Where regedit
// would lose data (text without its NUL, line breaks in text), the same bytes are written as hex of the same type.

import type { Finding } from '../../base/finding.ts';
import { pour } from '../../base/lists.ts';
import { encodeUtf16le, printable } from '../../base/text.ts';
import type { RegValue } from '../../registry/edit.ts';
import type { Key } from '../../registry/hive.ts';
import { formatKeyPath } from '../../registry/path.ts';
import { decodeValue, REG_BINARY, REG_DWORD, REG_SZ, readData, valueBytes } from '../../registry/value.ts';

export interface RegFileWriterOptions {
  /** What stands for the hive's root in the file: 'HKEY_LOCAL_MACHINE\SYSTEM'. '' gives '\' as hivexregedit does. */
  readonly prefix: string;
  /** How many names of each path the prefix stands for besides the root; 0 unless a part of a hive is written. */
  readonly prefixDepth?: number;
  /** Named in findings. */
  readonly file: string;
  /** Checked between keys. */
  readonly signal?: AbortSignal;
}

const CRLF = '\r\n';
/** regedit starts the next line when a comma has been written at or past this column. */
const WRAP_COLUMN = 76;
/** In UTF-16 units: a piece of 64 KB. */
const CHUNK_LENGTH = 32_768;

const PAIRS = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, '0'));
const COMMA_PAIRS = PAIRS.map((pair) => `${pair},`);

export const REG_FILE_HEADER = `Windows Registry Editor Version 5.00${CRLF}${CRLF}`;

/** The bytes of a piece of a .reg file; the first piece begins with the byte order mark. */
export function encodeRegFile(text: string, isFirst: boolean): Uint8Array {
  return encodeUtf16le(isFirst ? `\ufeff${text}` : text);
}

/**
 * Writes `keys` (parents before children) with their values to `sink` in pieces of some 64 KB, as UTF-16LE bytes.
 * Findings: NOT_IN_REG_FILE for a name that no .reg file can hold (a NUL, a line break, a backslash) and data that
 * cannot be read; a comment stands in the file at its place.
 */
export function writeRegFile(
  keys: Iterable<Key>,
  sink: (chunk: Uint8Array) => void,
  options: RegFileWriterOptions,
): readonly Finding[] {
  return pour(regFileChunks(keys, options), sink);
}

/** The same pieces for who wants to take them at his own pace; nothing is read ahead of them. */
export function* regFileChunks(
  keys: Iterable<Key>,
  options: RegFileWriterOptions,
): Generator<Uint8Array, readonly Finding[]> {
  const findings: Finding[] = [];
  let text = REG_FILE_HEADER;
  let isFirst = true;
  const leaveOut = (what: string, key: string): void => {
    findings.push({
      code: 'NOT_IN_REG_FILE',
      severity: 'warning',
      where: { file: options.file, key },
      text: `${what} cannot be written in a .reg file and was skipped`,
    });
    text += `; ${printable(what)} is skipped: a .reg file cannot hold it${CRLF}`;
  };
  for (const key of keys) {
    options.signal?.throwIfAborted();
    const path = key.path.slice(options.prefixDepth ?? 0);
    const shown = printable(formatKeyPath(path));
    if (path.some((name) => !canBeKeyName(name))) {
      leaveOut(`the key ${shown}`, shown);
      continue;
    }
    text += `[${prefixed(options.prefix, path)}]${CRLF}`;
    for (const value of key.values()) {
      const data = readData(value);
      if (/[\0\r\n]/.test(value.name)) leaveOut(`the value ${printable(value.name)} of ${shown}`, shown);
      else if (data === null)
        leaveOut(`the value ${printable(value.name)} of ${shown}, whose data are damaged,`, shown);
      else text += lineOf(value.name, value.type, data);
      if (text.length < CHUNK_LENGTH) continue;
      yield encodeRegFile(text, isFirst);
      isFirst = false;
      text = '';
    }
    text += CRLF;
  }
  yield encodeRegFile(text, isFirst);
  return findings;
}

/** A key's name that brackets can hold and a reader takes back as one name. */
export function canBeKeyName(name: string): boolean {
  return name !== '' && !/[\0\r\n\\]/.test(name);
}

/** What stands between the brackets. */
export function prefixed(prefix: string, path: readonly string[]): string {
  if (path.length === 0) return prefix === '' ? '\\' : prefix;
  return `${prefix}\\${formatKeyPath(path)}`;
}

/** `"name"=data` with its CRLF. */
export function formatRegLine(name: string, value: RegValue): string {
  return lineOf(name, value.type, valueBytes(value));
}

function lineOf(name: string, type: number, data: Uint8Array): string {
  const start = `${formatRegName(name)}=`;
  if (type === REG_SZ) {
    const text = plainText(data);
    if (text !== null) return `${start}"${escaped(text)}"${CRLF}`;
  }
  if (type === REG_DWORD && data.byteLength === 4) {
    return `${start}dword:${PAIRS[data[3]!]}${PAIRS[data[2]!]}${PAIRS[data[1]!]}${PAIRS[data[0]!]}${CRLF}`;
  }
  const kind = type === REG_BINARY ? 'hex:' : `hex(${(type >>> 0).toString(16)}):`;
  return start + kind + wrapped(data, start.length + kind.length) + CRLF;
}

/** `"name"`, or `@` for the default value. */
export function formatRegName(name: string): string {
  return name === '' ? '@' : `"${escaped(name)}"`;
}

function escaped(text: string): string {
  return text.includes('\\') || text.includes('"') ? text.replaceAll(/["\\]/g, '\\$&') : text;
}

/** The text of data that "text" gives back byte for byte: ended by its one NUL, without line breaks. */
function plainText(data: Uint8Array): string | null {
  const decoded = decodeValue(REG_SZ, data);
  if (decoded.kind !== 'string' || data.byteLength !== decoded.text.length * 2 + 2) return null;
  return /[\r\n]/.test(decoded.text) ? null : decoded.text;
}

/** A line's worth of pairs at a time: a string that grows by each pair costs more than what is in it. */
function wrapped(data: Uint8Array, startColumn: number): string {
  const last = data.byteLength - 1;
  let text = '';
  let column = startColumn;
  for (let i = 0; i <= last; ) {
    // The comma that brings the line to its column ends it.
    const room = Math.max(1, Math.ceil((WRAP_COLUMN - column) / 3));
    const end = Math.min(last, i + room);
    const line = data.subarray(i, end);
    let pairs = '';
    for (let j = 0; j < line.length; j += 1) pairs += COMMA_PAIRS[line[j]!];
    if (end < i + room) return text + pairs + PAIRS[data[last]!];
    i = end;
    text += `${pairs}\\${CRLF}  `;
    column = 2;
  }
  return text;
}
