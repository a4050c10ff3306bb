// The bytes of a document on their way out. A hive has hundreds of thousands of names and data: they go from UTF-16LE to
// UTF-8 unit by unit, without a string for each, and leave in pieces of some 64 KB.

const PIECE_BYTES = 65_536;
/** What one unit of text takes at most, as a reference ('&quot;'). */
const MAX_UNIT_BYTES = 6;
const REPLACEMENT = 0xfffd;

const ALPHABET = new TextEncoder().encode('ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/');
const HEX = new TextEncoder().encode('0123456789abcdef');
/** libxml2 breaks base64 after 72 characters. */
const LINE_BYTES = 54;
const PADDING = 0x3d;
const MINUS = Uint8Array.of(0x2d);

/** Units that are not simply themselves: 0 themselves, 1 by a reference, 2 not in XML. */
const CLASS = new Uint8Array(128);
CLASS.fill(2, 0, 32);
const REFERENCES: readonly Uint8Array[] = (() => {
  const references: Uint8Array[] = [];
  const named: readonly (readonly [string, string])[] = [
    ['<', '&lt;'],
    ['>', '&gt;'],
    ['&', '&amp;'],
    ['"', '&quot;'],
    ['\t', '&#9;'],
    ['\n', '&#10;'],
    ['\r', '&#13;'],
  ];
  for (const [character, reference] of named) {
    references[character.charCodeAt(0)] = new TextEncoder().encode(reference);
    CLASS[character.charCodeAt(0)] = 1;
  }
  return references;
})();

/** Fixed text, encoded once. */
export function literal(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}

/** Collects bytes and gives them to `sink`, to keep; a piece ends only where `endPiece` is called. */
export class Output {
  private readonly sink: (chunk: Uint8Array) => void;
  private bytes = new Uint8Array(2 * PIECE_BYTES);
  private size = 0;

  constructor(sink: (chunk: Uint8Array) => void) {
    this.sink = sink;
  }

  /** Gives out what has been collected, when that is enough or `isLast`. */
  endPiece(isLast = false): void {
    if (this.size < PIECE_BYTES && !isLast) return;
    this.sink(this.bytes.slice(0, this.size));
    this.size = 0;
  }

  /** Where we are, for `takeBack`; valid within a piece. */
  get mark(): number {
    return this.size;
  }

  takeBack(mark: number): void {
    this.size = mark;
  }

  /** Fixed text; a loop, for `set` costs more than it saves on some twenty bytes. */
  put(text: Uint8Array): void {
    this.room(text.length);
    const { bytes, size } = this;
    for (let i = 0; i < text.length; i += 1) bytes[size + i] = text[i]!;
    this.size = size + text.length;
  }

  /** Text of ASCII characters. */
  ascii(text: string): void {
    this.room(text.length);
    const { bytes } = this;
    for (let i = 0; i < text.length; i += 1) bytes[this.size + i] = text.charCodeAt(i);
    this.size += text.length;
  }

  /** A whole number below 2^32. */
  decimal(number: number): void {
    this.room(10);
    let digits = 1;
    for (let limit = 10; number >= limit; limit *= 10) digits += 1;
    let rest = number;
    for (let at = this.size + digits - 1; at >= this.size; at -= 1) {
      const tenth = Math.floor(rest / 10);
      this.bytes[at] = 0x30 + rest - 10 * tenth;
      rest = tenth;
    }
    this.size += digits;
  }

  /** A whole number of 32 bits with its sign. */
  integer(number: number): void {
    if (number < 0) this.put(MINUS);
    this.decimal(Math.abs(number));
  }

  hex(data: Uint8Array): void {
    this.room(2 * data.byteLength);
    for (const byte of data) {
      this.bytes[this.size] = HEX[byte >> 4]!;
      this.bytes[this.size + 1] = HEX[byte & 15]!;
      this.size += 2;
    }
  }

  /** Base64 in lines, a carriage return and a line feed between them. */
  base64(data: Uint8Array, start: number, end: number): void {
    const groups = Math.ceil((end - start) / 3);
    this.room(4 * groups + 2 * Math.floor((end - start) / LINE_BYTES));
    const { bytes } = this;
    let size = this.size;
    for (let at = start; at < end; at += 3) {
      if (at > start && (at - start) % LINE_BYTES === 0) {
        bytes[size] = 0x0d;
        bytes[size + 1] = 0x0a;
        size += 2;
      }
      const second = at + 1 < end ? data[at + 1]! : 0;
      const third = at + 2 < end ? data[at + 2]! : 0;
      const bits = (data[at]! << 16) | (second << 8) | third;
      bytes[size] = ALPHABET[bits >> 18]!;
      bytes[size + 1] = ALPHABET[(bits >> 12) & 63]!;
      bytes[size + 2] = at + 1 < end ? ALPHABET[(bits >> 6) & 63]! : PADDING;
      bytes[size + 3] = at + 2 < end ? ALPHABET[bits & 63]! : PADDING;
      size += 4;
    }
    this.size = size;
  }

  /**
   * UTF-16LE from `start` to before `end` as the text of an attribute, or of an element's content, where tabs and line
   * feeds stay. Gives false when it holds what XML cannot, which becomes U+FFFD.
   */
  utf16(data: Uint8Array, start: number, end: number, isContent = false): boolean {
    this.room(((end - start) / 2) * MAX_UNIT_BYTES);
    const { bytes } = this;
    let size = this.size;
    let isWhole = true;
    for (let at = start; at < end; at += 2) {
      let unit = data[at]! | (data[at + 1]! << 8);
      if (unit < 0x80 && CLASS[unit] === 0) {
        bytes[size] = unit;
        size += 1;
        continue;
      }
      if (unit < 0x80 && CLASS[unit] === 1 && !(isContent && (unit === 9 || unit === 10))) {
        const reference = REFERENCES[unit]!;
        for (let i = 0; i < reference.length; i += 1) bytes[size + i] = reference[i]!;
        size += reference.length;
        continue;
      }
      if ((unit & 0xfc00) === 0xd800 && at + 2 < end) {
        const low = data[at + 2]! | (data[at + 3]! << 8);
        if ((low & 0xfc00) === 0xdc00) {
          unit = 0x1_0000 + ((unit & 0x3ff) << 10) + (low & 0x3ff);
          at += 2;
        }
      }
      if (isForbidden(unit)) {
        unit = REPLACEMENT;
        isWhole = false;
      }
      size = putPoint(bytes, size, unit);
    }
    this.size = size;
    return isWhole;
  }

  private room(wanted: number): void {
    if (this.size + wanted <= this.bytes.byteLength) return;
    const larger = new Uint8Array(Math.max(2 * this.bytes.byteLength, this.size + wanted));
    larger.set(this.bytes.subarray(0, this.size));
    this.bytes = larger;
  }
}

function isForbidden(point: number): boolean {
  if (point < 32) return CLASS[point] === 2;
  return (point >= 0xd800 && point < 0xe000) || point === 0xfffe || point === 0xffff;
}

/** UTF-8; gives the place after it. */
function putPoint(bytes: Uint8Array, at: number, point: number): number {
  if (point < 0x80) {
    bytes[at] = point;
    return at + 1;
  }
  if (point < 0x800) {
    bytes[at] = 0xc0 | (point >> 6);
    bytes[at + 1] = 0x80 | (point & 63);
    return at + 2;
  }
  if (point < 0x1_0000) {
    bytes[at] = 0xe0 | (point >> 12);
    bytes[at + 1] = 0x80 | ((point >> 6) & 63);
    bytes[at + 2] = 0x80 | (point & 63);
    return at + 3;
  }
  bytes[at] = 0xf0 | (point >> 18);
  bytes[at + 1] = 0x80 | ((point >> 12) & 63);
  bytes[at + 2] = 0x80 | ((point >> 6) & 63);
  bytes[at + 3] = 0x80 | (point & 63);
  return at + 4;
}
