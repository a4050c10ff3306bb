// Reads .reg files as regedit does, but refuses what regedit skips in silence: every line is understood or none is applied.

import { toHex } from '../../base/bytes.ts';
import { UsageError } from '../../base/errors.ts';
import { encodeUtf16le, printable } from '../../base/text.ts';
import type { RegValue } from '../../registry/edit.ts';
import { REG_BINARY, REG_DWORD, REG_EXPAND_SZ, REG_MULTI_SZ, REG_SZ, sz } from '../../registry/value.ts';
import { readQuoted } from './quoted.ts';
import { decodeAnsi, decodeRegFile } from './text.ts';

/** One line's meaning, in the file's order. `key` is what stands in the brackets, without the '-'. */
export type RegFileAction =
  | { readonly kind: 'key' | 'delete-key'; readonly key: string; readonly line: number }
  | {
      readonly kind: 'value';
      readonly key: string;
      readonly name: string;
      readonly value: RegValue;
      readonly line: number;
    }
  | { readonly kind: 'delete-value'; readonly key: string; readonly name: string; readonly line: number };

export interface RegFile {
  readonly version: 'REGEDIT4' | '5.00';
  readonly actions: readonly RegFileAction[];
}

export interface RegFileOptions {
  /** The ANSI code page of files without a byte order mark, and of the text bytes in REGEDIT4's hex; a TextDecoder label. */
  readonly codePage?: string;
}

/**
 * Reads a .reg file whole. UsageError BAD_SYNTAX with line and column (from 1, also in `data`) for the first thing that
 * is not understood; BAD_ARGUMENT for an unknown code page.
 */
export function parseRegFile(bytes: Uint8Array, options: RegFileOptions = {}): RegFile {
  return new RegFileParser(decodeRegFile(bytes, options.codePage).text, options.codePage ?? null).parse();
}

const NO_BYTE = -1;

class RegFileParser {
  private readonly text: string;
  private readonly codePage: string | null;
  private readonly actions: RegFileAction[] = [];
  private isUnicode = true;
  /** Null before the first key and after a deleted one: values have no place there. */
  private key: string | null = null;
  private at = 0;
  private line = 1;
  private lineStart = 0;

  constructor(text: string, codePage: string | null) {
    this.text = text;
    this.codePage = codePage;
  }

  parse(): RegFile {
    const version = this.header();
    while (this.at < this.text.length) {
      this.blanks();
      const sign = this.text[this.at];
      if (sign === '[') this.keyLine();
      else if (sign === '"' || sign === '@') this.valueLine();
      else if (sign !== undefined && sign !== ';' && !this.isLineEnd()) {
        throw this.wrong(`'${printable(sign)}' begins no line of a .reg file, expected [key], "name"=, @= or ;`);
      } else this.skipToEnd();
      this.nextLine();
    }
    return { version, actions: this.actions };
  }

  private header(): RegFile['version'] {
    for (;;) {
      this.blanks();
      if (!this.isLineEnd() || this.at >= this.text.length) break;
      this.nextLine();
    }
    const start = this.at;
    this.skipToEnd();
    const found = this.text.slice(start, this.at).trimEnd();
    this.nextLine();
    if (/^windows registry editor version 5\.00$/i.test(found)) return '5.00';
    if (/^regedit4$/i.test(found)) {
      this.isUnicode = false;
      return 'REGEDIT4';
    }
    this.at = start;
    throw new UsageError(
      'BAD_SYNTAX',
      `the .reg file begins with '${printable(found.slice(0, 60))}', expected 'Windows Registry Editor Version 5.00' or 'REGEDIT4'`,
      { data: { line: 1, column: 1 } },
    );
  }

  private keyLine(): void {
    const open = this.at;
    this.skipToEnd();
    // A key's name may hold brackets: regedit ends it at the last one of the line.
    const close = this.text.lastIndexOf(']', this.at - 1);
    if (close <= open) throw this.wrong("the key's ] is missing", this.at);
    const rest = this.text.slice(close + 1, this.at).trimStart();
    if (rest !== '' && !rest.startsWith(';')) throw this.wrong('nothing but a comment may follow a key', close + 1);
    const isDeleted = this.text[open + 1] === '-';
    const key = this.text.slice(open + (isDeleted ? 2 : 1), close);
    if (key === '') throw this.wrong('the key between [ and ] is empty', open + 1);
    if (key.includes('\0')) throw this.wrong('a key holds a NUL, which no user may write', open + 1);
    this.actions.push({ kind: isDeleted ? 'delete-key' : 'key', key, line: this.line });
    this.key = isDeleted ? null : key;
  }

  private valueLine(): void {
    const start = this.at;
    const line = this.line;
    if (this.key === null) throw this.wrong('a value stands before any [key], or after a deleted one', start);
    const key = this.key;
    const name = this.text[this.at] === '@' ? this.defaultName() : this.quoted('name');
    this.blanks();
    if (this.text[this.at] !== '=') throw this.wrong("expected '=' after the value's name");
    this.at += 1;
    this.blanks();
    if (this.text[this.at] === '-') {
      this.at += 1;
      this.actions.push({ kind: 'delete-value', key, name, line });
    } else {
      this.actions.push({ kind: 'value', key, name, value: this.data(), line });
    }
    this.blanks();
    if (this.text[this.at] === ';') this.skipToEnd();
    if (!this.isLineEnd())
      throw this.wrong(`'${printable(this.text[this.at]!)}' after the data, expected the end of the line`);
  }

  private defaultName(): string {
    this.at += 1;
    return '';
  }

  private data(): RegValue {
    if (this.text[this.at] === '"') return sz(this.quoted('text'));
    const typed = /^str(?:\(([0-9a-f]{1,8})\))?:(?=")/i.exec(this.text.slice(this.at, this.at + 16));
    if (typed) return this.typedText(Number.parseInt(typed[1] ?? '1', 16), typed[0].length);
    if (this.takeWord('dword:')) return this.dword();
    if (this.takeWord('hex:')) return this.hex(REG_BINARY);
    const start = this.at;
    if (this.takeWord('hex(')) {
      const digits = /^(?:0x)?([0-9a-f]{1,8})\):/i.exec(this.text.slice(this.at, this.at + 12));
      if (!digits) throw this.wrong('the type in hex( ) is not a hexadecimal number of at most eight digits');
      this.at += digits[0].length;
      return this.hex(Number.parseInt(digits[1]!, 16));
    }
    throw this.wrong('the data are none of "text", dword:, hex:, hex(n): and -', start);
  }

  /** `str(2):"%SystemRoot%"`, as Wine's regedit writes texts of other types; `\\0` stands between the texts of a list. */
  private typedText(type: number, skipped: number): RegValue {
    if (type !== REG_SZ && type !== REG_EXPAND_SZ && type !== REG_MULTI_SZ)
      throw this.wrong('str( ) takes the types 1, 2 and 7');
    this.at += skipped;
    const text = this.quoted('text', 'escapes');
    const end = type === REG_MULTI_SZ && !text.endsWith('\0') ? '\0\0' : '\0';
    return { type, hex: toHex(encodeUtf16le(text + end)) };
  }

  private dword(): RegValue {
    this.blanks();
    const digits = /^[0-9a-f]{1,8}(?![0-9a-z])/i.exec(this.text.slice(this.at, this.at + 9));
    if (!digits) throw this.wrong('dword: is followed by no hexadecimal number of at most eight digits');
    this.at += digits[0].length;
    const number = Number.parseInt(digits[0], 16);
    const hex = [0, 8, 16, 24].map((shift) => ((number >>> shift) & 0xff).toString(16).padStart(2, '0')).join('');
    return { type: REG_DWORD, hex };
  }

  private hex(type: number): RegValue {
    const bytes: number[] = [];
    const start = this.at;
    for (let wantsByte = true; ; ) {
      this.blanksAndContinuations();
      const sign = this.text[this.at];
      if (sign === undefined || this.isLineEnd() || sign === ';') break;
      if (sign === ',' && !wantsByte) {
        wantsByte = true;
        this.at += 1;
      } else {
        const byte = wantsByte ? this.takeByte() : NO_BYTE;
        if (byte === NO_BYTE)
          throw this.wrong(`'${printable(sign)}' in hexadecimal data, expected ${wantsByte ? 'a byte' : 'a comma'}`);
        bytes.push(byte);
        wantsByte = false;
      }
    }
    return { type, hex: this.hexOf(type, bytes, start) };
  }

  /** REGEDIT4 keeps text of these types as ANSI bytes. */
  private hexOf(type: number, bytes: readonly number[], start: number): string {
    const data = Uint8Array.from(bytes);
    const isText = type === REG_SZ || type === REG_EXPAND_SZ || type === REG_MULTI_SZ;
    if (this.isUnicode || !isText) return toHex(data);
    if (this.codePage === null && bytes.some((byte) => byte > 0x7f)) {
      const { line, column } = this.position(start);
      throw new UsageError(
        'BAD_SYNTAX',
        `line ${line}, column ${column}: REGEDIT4 keeps this text in an ANSI code page that the file does not name`,
        { hint: 'name the code page: --code-page windows-1252', data: { line, column } },
      );
    }
    return toHex(encodeUtf16le(decodeAnsi(data, this.codePage ?? 'windows-1252')));
  }

  private takeByte(): number {
    let digits = 0;
    let byte = 0;
    for (; digits < 2; digits += 1) {
      const digit = hexDigit(this.text.charCodeAt(this.at + digits));
      if (digit < 0) break;
      byte = byte * 16 + digit;
    }
    if (digits === 0) return NO_BYTE;
    this.at += digits;
    return byte;
  }

  private quoted(what: 'name' | 'text', how: 'plain' | 'escapes' = 'plain'): string {
    const read = readQuoted(this.text, this.at, what, how);
    if ('fault' in read) throw this.wrong(read.fault, read.at);
    while (this.at < read.end) {
      if (this.isLineEnd()) this.nextLine();
      else this.at += 1;
    }
    return read.text;
  }

  private takeWord(word: string): boolean {
    if (this.text.slice(this.at, this.at + word.length).toLowerCase() !== word) return false;
    this.at += word.length;
    return true;
  }

  private blanks(): void {
    while (this.text[this.at] === ' ' || this.text[this.at] === '\t') this.at += 1;
  }

  /** Data go on where a line ends in a backslash; a comment may stand behind it. */
  private blanksAndContinuations(): void {
    for (;;) {
      this.blanks();
      if (this.text[this.at] !== '\\') return;
      const backslash = this.at;
      this.at += 1;
      this.blanks();
      if (this.text[this.at] === ';') this.skipToEnd();
      if (!this.isLineEnd()) throw this.wrong('a backslash inside data, expected it at the end of the line', backslash);
      if (this.at >= this.text.length)
        throw this.wrong('the data go on at the next line, but the file ends', backslash);
      this.nextLine();
    }
  }

  private isLineEnd(): boolean {
    const sign = this.text[this.at];
    return sign === undefined || sign === '\n' || sign === '\r';
  }

  private skipToEnd(): void {
    while (!this.isLineEnd()) this.at += 1;
  }

  /** Past a CRLF, LF or CR. */
  private nextLine(): void {
    if (this.at >= this.text.length) return;
    this.at += this.text[this.at] === '\r' && this.text[this.at + 1] === '\n' ? 2 : 1;
    this.line += 1;
    this.lineStart = this.at;
  }

  private position(at: number): { line: number; column: number } {
    return { line: this.line, column: at - this.lineStart + 1 };
  }

  private wrong(what: string, at: number = this.at): UsageError {
    const { line, column } = this.position(at);
    return new UsageError('BAD_SYNTAX', `line ${line}, column ${column} of the .reg file: ${what}`, {
      data: { line, column },
    });
  }
}

function hexDigit(unit: number): number {
  if (unit >= 0x30 && unit <= 0x39) return unit - 0x30;
  const lower = unit | 0x20;
  return lower >= 0x61 && lower <= 0x66 ? lower - 0x57 : -1;
}
