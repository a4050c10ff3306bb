// LZNT1, the compression of NTFS: chunks of at most 4096 bytes, each on its own.

import { ByteReader } from '../../../base/bytes.ts';
import { FormatError } from '../../../base/errors.ts';

const CHUNK_BYTES = 4096;
const IS_COMPRESSED = 0x8000;
const SIGNATURE = 3;

/**
 * Decompresses `input` into `output`, whose rest keeps what it holds (zeros).
 * @throws FormatError BAD_FILE_SYSTEM, TRUNCATED where the stream refers to what is not there, or yields too much.
 */
export function decompressLznt1(input: Uint8Array, output: Uint8Array, subject: string): void {
  const reader = new ByteReader(input, subject);
  let at = 0;
  for (let chunkAt = 0; chunkAt < output.byteLength && at + 2 <= input.byteLength; chunkAt += CHUNK_BYTES) {
    const header = reader.u16(at);
    if (header === 0) return;
    if (((header >> 12) & 7) !== SIGNATURE) throw bad(subject, `a chunk with the header 0x${header.toString(16)}`);
    const data = reader.slice(at + 2, (header & 0xfff) + 1);
    const chunk = output.subarray(chunkAt, chunkAt + CHUNK_BYTES);
    if (header & IS_COMPRESSED) decompressChunk(data, chunk, subject);
    else if (data.byteLength <= chunk.byteLength) chunk.set(data);
    else throw bad(subject, `a chunk of ${data.byteLength} bytes, where ${chunk.byteLength} are left`);
    at += 2 + data.byteLength;
  }
}

function decompressChunk(data: Uint8Array, chunk: Uint8Array, subject: string): void {
  let from = 0;
  let to = 0;
  while (from < data.byteLength) {
    const flags = data[from]!;
    from += 1;
    for (let item = 0; item < 8 && from < data.byteLength; item += 1) {
      if ((flags & (1 << item)) === 0) {
        if (to >= chunk.byteLength) throw bad(subject, 'a chunk that yields more than 4096 bytes');
        chunk[to] = data[from]!;
        to += 1;
        from += 1;
        continue;
      }
      if (from + 2 > data.byteLength) throw bad(subject, 'a chunk that ends within a token');
      const token = data[from]! | (data[from + 1]! << 8);
      from += 2;
      const lengthBits = lengthBitsAt(to);
      const distance = (token >> lengthBits) + 1;
      const end = to + (token & ((1 << lengthBits) - 1)) + 3;
      if (distance > to) throw bad(subject, `a token that goes back ${distance} bytes from byte ${to}`);
      if (end > chunk.byteLength) throw bad(subject, 'a chunk that yields more than 4096 bytes');
      // Byte by byte: a token may reach into what it writes itself.
      for (; to < end; to += 1) chunk[to] = chunk[to - distance]!;
    }
  }
}

/** Of a token's 16 bits: 12 at the start of a chunk, one fewer for each doubling of the position beyond 16. */
function lengthBitsAt(position: number): number {
  let bits = 12;
  for (let rest = position - 1; rest >= 16; rest >>= 1) bits -= 1;
  return bits;
}

function bad(subject: string, found: string): FormatError {
  return new FormatError('BAD_FILE_SYSTEM', `${subject} has ${found} in its compressed data`);
}
