// How hivexml shows a value, and where it must be shown otherwise.

import * as reg from '../../registry/value.ts';
import { literal, type Output } from './output.ts';
import { ATTRIBUTE } from './types-in-words.ts';

/** Bytes from `start` to before `end`. */
export interface ByteRange {
  readonly bytes: Uint8Array;
  readonly start: number;
  readonly end: number;
}

/** What a reader says of a value; names are UTF-16LE. */
export interface ValueFacts {
  readonly name: ByteRange;
  readonly type: number;
  readonly flags: number;
  readonly cellOffset: number;
  readonly data: ByteRange;
}

const FIRST_BIN_OFFSET = 4096;
/** From the start of the vk cell to the size and the place of the data, and to the name. */
const VK_DATA_SIZE_OFFSET = 8;
const VK_DATA_OFFSET = 12;
const VK_NAME_OFFSET = 24;
const RESIDENT = 0x8000_0000;
const VALUE_COMP_NAME = 0x1;

/** hivexml's names of the types by number. */
const TYPES: readonly string[] = [
  'none',
  'string',
  'expand',
  'binary',
  'int32',
  'int32',
  'link',
  'string-list',
  'resource-list',
  'resource-description',
  'resource-requirements',
  'int64',
];
const PLAIN = TYPES.map((type) => literal(`<value type="${type}"`));
const BASE64 = TYPES.map((type) => literal(`<value type="${type}" encoding="base64"`));
const BAD = TYPES.map((type) => literal(`<value type="bad-${type}" encoding="base64"`));
const UNKNOWN = literal('<value type="unknown" encoding="base64"');
const KEY = literal(' key="');
const DEFAULT = literal(' default="1"');
const DATA = literal(' value="');
const QUOTE = literal('"');
const STRING = literal('<string>');
const STRING_END = literal('</string>');
const RUNS = literal('<byte_runs><byte_run file_offset="');
const NEXT_RUN = literal('"/><byte_run file_offset="');
const LENGTH = literal('" len="');
const RUNS_END = literal('"/></byte_runs></value>');
const EMPTY_END = literal('/>');
const END = literal('>');

const NUMBER_BYTES: Readonly<Record<number, number>> = {
  [reg.REG_DWORD]: 4,
  [reg.REG_DWORD_BIG_ENDIAN]: 4,
  [reg.REG_QWORD]: 8,
};

/** Whether reading the plain form gives the type's number and the bytes again. */
interface PlainForm {
  readonly type: boolean;
  readonly data: boolean;
}

const ALL: PlainForm = { type: true, data: true };
const NOT_TYPE: PlainForm = { type: false, data: true };
const NOT_DATA: PlainForm = { type: true, data: false };

/**
 * Writes values as hivexml does, but for what it gets wrong: text that XML cannot hold is base64 (as it does for unpaired
 * surrogates), and a number of another size than its type's is unknown, not -1 and not cut off.
 */
export class ValueWriter {
  private readonly output: Output;
  private readonly image: DataView;
  private readonly isLossless: boolean;

  constructor(output: Output, image: DataView, isLossless: boolean) {
    this.output = output;
    this.image = image;
    this.isLossless = isLossless;
  }

  value(value: ValueFacts): void {
    const { type } = value;
    const sizeBytes = value.data.end - value.data.start;
    if (type === reg.REG_SZ || type === reg.REG_EXPAND_SZ || type === reg.REG_LINK) this.text(value);
    else if (type === reg.REG_MULTI_SZ) this.list(value);
    else if (sizeBytes === NUMBER_BYTES[type]) this.number(value);
    else {
      const name = NUMBER_BYTES[type] === undefined ? BASE64[type] : undefined;
      const plain = name === undefined ? NOT_TYPE : ALL;
      if (sizeBytes === 0 && type !== reg.REG_BINARY) this.bare(value, name ?? UNKNOWN, plain);
      else this.base64(value, name ?? UNKNOWN, plain);
    }
  }

  /** Up to the first NUL, whatever follows it. */
  private text(value: ValueFacts): void {
    const { output } = this;
    const { bytes, start, end } = value.data;
    const mark = output.mark;
    const textEnd = nulOrEnd(bytes, start, end);
    this.head(value, PLAIN[value.type]!);
    output.put(DATA);
    if (!output.utf16(bytes, start, textEnd)) {
      output.takeBack(mark);
      this.base64(value, BAD[value.type]!, ALL);
      return;
    }
    output.put(QUOTE);
    const readEnd = value.type === reg.REG_LINK ? textEnd : textEnd + 2;
    this.close(value, readEnd === end ? ALL : NOT_DATA);
  }

  /** Every text with a NUL after it, the empty one that ends the list too; a last one may do without. */
  private list(value: ValueFacts): void {
    const { output } = this;
    const { bytes, start, end } = value.data;
    const mark = output.mark;
    const isEnded = start === end || (bytes[end - 1] === 0 && bytes[end - 2] === 0);
    this.head(value, PLAIN[value.type]!);
    this.lossless(value, isEnded && (end - start) % 2 === 0 ? ALL : NOT_DATA);
    output.put(END);
    for (let at = start; at < end; ) {
      const textEnd = nulOrEnd(bytes, at, end);
      output.put(STRING);
      if (!output.utf16(bytes, at, textEnd, true)) {
        output.takeBack(mark);
        this.base64(value, BAD[value.type]!, ALL);
        return;
      }
      output.put(STRING_END);
      at = textEnd + 2;
    }
    this.byteRuns(value);
  }

  private number(value: ValueFacts): void {
    const { bytes, start } = value.data;
    this.head(value, PLAIN[value.type]!);
    this.output.put(DATA);
    const low = bytes[start]! | (bytes[start + 1]! << 8) | (bytes[start + 2]! << 16) | (bytes[start + 3]! << 24);
    if (value.type === reg.REG_QWORD) {
      const high = new DataView(bytes.buffer, bytes.byteOffset + start + 4, 4).getInt32(0, true);
      this.output.ascii(((BigInt(high) << 32n) | BigInt(low >>> 0)).toString());
    } else this.output.integer(value.type === reg.REG_DWORD ? low : reversed(low));
    this.output.put(QUOTE);
    this.close(value, value.type === reg.REG_DWORD_BIG_ENDIAN ? NOT_TYPE : ALL);
  }

  private base64(value: ValueFacts, tag: Uint8Array, plain: PlainForm): void {
    this.head(value, tag);
    this.output.put(DATA);
    this.output.base64(value.data.bytes, value.data.start, value.data.end);
    this.output.put(QUOTE);
    this.close(value, plain);
  }

  /** No data, no value attribute, and no byte runs, as hivexml has it for some types. */
  private bare(value: ValueFacts, tag: Uint8Array, plain: PlainForm): void {
    this.head(value, tag);
    this.lossless(value, plain);
    this.output.put(EMPTY_END);
  }

  private head({ name }: ValueFacts, tag: Uint8Array): void {
    const { output } = this;
    output.put(tag);
    if (name.start === name.end) output.put(DEFAULT);
    else {
      output.put(KEY);
      output.utf16(name.bytes, name.start, name.end);
      output.put(QUOTE);
    }
  }

  private close(value: ValueFacts, plain: PlainForm): void {
    this.lossless(value, plain);
    this.output.put(END);
    this.byteRuns(value);
  }

  private byteRuns({ name, flags, cellOffset }: ValueFacts): void {
    const { output, image } = this;
    const start = FIRST_BIN_OFFSET + cellOffset;
    const nameSizeBytes = name.end - name.start;
    const dataSizeBytes = image.getUint32(start + VK_DATA_SIZE_OFFSET, true);
    output.put(RUNS);
    output.decimal(start);
    output.put(LENGTH);
    output.decimal(VK_NAME_OFFSET + (flags & VALUE_COMP_NAME ? nameSizeBytes / 2 : nameSizeBytes));
    if (dataSizeBytes > 0 && dataSizeBytes < RESIDENT) {
      output.put(NEXT_RUN);
      output.decimal(FIRST_BIN_OFFSET + image.getUint32(start + VK_DATA_OFFSET, true));
      output.put(LENGTH);
      output.decimal(dataSizeBytes + 4);
    }
    output.put(RUNS_END);
  }

  private lossless(value: ValueFacts, plain: PlainForm): void {
    if (!this.isLossless) return;
    const { output } = this;
    const { name, data } = value;
    exactName(output, name);
    if (!plain.type) output.ascii(` ${ATTRIBUTE.type}="${value.type}"`);
    if (!plain.data) hexAttribute(output, ATTRIBUTE.hex, data);
    const usual = isLatin1(name) ? VALUE_COMP_NAME : 0;
    if (value.flags !== usual) output.ascii(` ${ATTRIBUTE.flags}="0x${value.flags.toString(16)}"`);
  }
}

/** The signed number of the same four bytes the other way round. */
function reversed(number: number): number {
  return ((number & 0xff) << 24) | ((number & 0xff00) << 8) | ((number >>> 8) & 0xff00) | (number >>> 24);
}

/** Where the first NUL stands, or the end of the last whole unit. */
function nulOrEnd(bytes: Uint8Array, start: number, end: number): number {
  let at = start;
  for (; at + 1 < end; at += 2) if (bytes[at] === 0 && bytes[at + 1] === 0) return at;
  return at;
}

/** The name in full where XML cannot hold it, and where it has a U+FFFD of its own. */
export function exactName(output: Output, name: ByteRange): void {
  const mark = output.mark;
  const isWhole = output.utf16(name.bytes, name.start, name.end);
  output.takeBack(mark);
  if (!isWhole || hasReplacement(name)) hexAttribute(output, ATTRIBUTE.name, name);
}

export function hexAttribute(output: Output, attribute: string, { bytes, start, end }: ByteRange): void {
  output.ascii(` ${attribute}="`);
  output.hex(bytes.subarray(start, end));
  output.put(QUOTE);
}

/** Whether a name of UTF-16LE can be stored in one byte a unit. */
export function isLatin1({ bytes, start, end }: ByteRange): boolean {
  for (let at = start + 1; at < end; at += 2) if (bytes[at] !== 0) return false;
  return true;
}

function hasReplacement({ bytes, start, end }: ByteRange): boolean {
  for (let at = start; at < end; at += 2) if (bytes[at] === 0xfd && bytes[at + 1] === 0xff) return true;
  return false;
}
