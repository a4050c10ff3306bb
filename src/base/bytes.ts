// Little-endian reading and writing with bounds checked: an out-of-range read is a FormatError, never a wrong number.

import { FormatError } from './errors.ts';
import { decodeLatin1 } from './text.ts';

/** A view over `bytes` whose accessors throw FormatError TRUNCATED (with the file offset) instead of RangeError. */
export class ByteReader {
  readonly bytes: Uint8Array;
  private readonly view: DataView;
  /** What the bytes are, for messages ("the base block", "SYSTEM.LOG1"). */
  private readonly subject: string;

  constructor(bytes: Uint8Array, subject: string) {
    this.bytes = bytes;
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.subject = subject;
  }

  get sizeBytes(): number {
    return this.bytes.byteLength;
  }

  u8(offset: number): number {
    this.check(offset, 1);
    return this.view.getUint8(offset);
  }

  u16(offset: number): number {
    this.check(offset, 2);
    return this.view.getUint16(offset, true);
  }

  u32(offset: number): number {
    this.check(offset, 4);
    return this.view.getUint32(offset, true);
  }

  u64(offset: number): bigint {
    this.check(offset, 8);
    return this.view.getBigUint64(offset, true);
  }

  /** A 64-bit size or offset as a number. @throws FormatError TRUNCATED also where it is 2^53 or more */
  u64Number(offset: number): number {
    this.check(offset, 8);
    const high = this.view.getUint32(offset + 4, true);
    if (high >= 2 ** 21) {
      throw new FormatError(
        'TRUNCATED',
        `${this.subject} has ${this.u64(offset)} at byte ${offset}, expected less than 2^53`,
      );
    }
    return high * 2 ** 32 + this.view.getUint32(offset, true);
  }

  /** A view (not a copy) of `sizeBytes` bytes at `offset`. */
  slice(offset: number, sizeBytes: number): Uint8Array {
    this.check(offset, sizeBytes);
    return this.bytes.subarray(offset, offset + sizeBytes);
  }

  /** The bytes at `offset` read as Latin-1, for signatures. */
  tag(offset: number, sizeBytes: number): string {
    return decodeLatin1(this.slice(offset, sizeBytes));
  }

  private check(offset: number, sizeBytes: number): void {
    if (!(offset >= 0 && sizeBytes >= 0 && offset + sizeBytes <= this.bytes.byteLength)) {
      throw new FormatError(
        'TRUNCATED',
        `${this.subject} ends at byte ${this.bytes.byteLength}, but ${sizeBytes} bytes at ${offset} were expected`,
        { data: { offset, sizeBytes, availableBytes: this.bytes.byteLength } },
      );
    }
  }
}

const HEX_PAIRS = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, '0'));

const HEX_DIGITS = '0123456789abcdef';
/** From here on digits are put together as bytes: a string that grows pair by pair costs more. */
const DECODED_FROM_BYTES = 32;
const ascii = new TextDecoder('latin1');

/** Lower-case hex without separators. */
export function toHex(bytes: Uint8Array): string {
  const { byteLength } = bytes;
  if (byteLength >= DECODED_FROM_BYTES) {
    const digits = new Uint8Array(2 * byteLength);
    for (let i = 0; i < byteLength; i += 1) {
      const byte = bytes[i]!;
      digits[2 * i] = HEX_DIGITS.charCodeAt(byte >> 4);
      digits[2 * i + 1] = HEX_DIGITS.charCodeAt(byte & 15);
    }
    return ascii.decode(digits);
  }
  let hex = '';
  for (let i = 0; i < byteLength; i += 1) hex += HEX_PAIRS[bytes[i]!];
  return hex;
}

/** The bytes of lower- or upper-case hex without separators; FormatError-free: returns null where it is not hex. */
export function fromHex(hex: string): Uint8Array | null {
  if (hex.length % 2 !== 0 || !/^[0-9a-fA-F]*$/.test(hex)) return null;
  const bytes = new Uint8Array(hex.length / 2);
  for (let i = 0; i < bytes.length; i += 1) {
    bytes[i] = (digitOf(hex.charCodeAt(2 * i)) << 4) | digitOf(hex.charCodeAt(2 * i + 1));
  }
  return bytes;
}

/** The number that a hex digit stands for: letters differ from digits by bit 6. */
function digitOf(code: number): number {
  return (code & 15) + (code & 0x40 ? 9 : 0);
}

/** Below this a view of words costs more than it saves. */
const WORDS_FROM_BYTES = 64;

export function bytesEqual(a: Uint8Array, b: Uint8Array): boolean {
  const { byteLength } = a;
  if (byteLength !== b.byteLength) return false;
  let start = 0;
  // Whole images are compared several times on the way to a commit: word by word takes a quarter of the time.
  if (byteLength >= WORDS_FROM_BYTES && ((a.byteOffset | b.byteOffset) & 3) === 0) {
    const words = byteLength >>> 2;
    const wordsOfA = new Int32Array(a.buffer, a.byteOffset, words);
    const wordsOfB = new Int32Array(b.buffer, b.byteOffset, words);
    for (let i = 0; i < words; i += 1) if (wordsOfA[i] !== wordsOfB[i]) return false;
    start = 4 * words;
  }
  for (let i = start; i < byteLength; i += 1) if (a[i] !== b[i]) return false;
  return true;
}

/** A new array with the parts one after the other. */
/** The same bytes, or none on either side. */
export function sameBytes(a: Uint8Array | null, b: Uint8Array | null): boolean {
  return a === null || b === null ? a === b : bytesEqual(a, b);
}

export function concatBytes(...parts: readonly Uint8Array[]): Uint8Array {
  return joinBytes(parts);
}

/** As concatBytes, of as many parts as there are. */
export function joinBytes(parts: readonly Uint8Array[]): Uint8Array {
  const joined = new Uint8Array(parts.reduce((sum, part) => sum + part.byteLength, 0));
  let offset = 0;
  for (const part of parts) {
    joined.set(part, offset);
    offset += part.byteLength;
  }
  return joined;
}

export function u32Bytes(value: number): Uint8Array {
  const bytes = new Uint8Array(4);
  new DataView(bytes.buffer).setUint32(0, value >>> 0, true);
  return bytes;
}

export function u64Bytes(value: bigint): Uint8Array {
  const bytes = new Uint8Array(8);
  new DataView(bytes.buffer).setBigUint64(0, BigInt.asUintN(64, value), true);
  return bytes;
}
