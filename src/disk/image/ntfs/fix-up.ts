// Fix-ups: the last two bytes of each 512-byte block of a protected structure are kept in an array at its head, and a
// number stands in their place. A number that differs means that the structure was torn while it was written.

import { ByteReader } from '../../../base/bytes.ts';
import { bad } from './bad.ts';

/** Not the sector size: also volumes with sectors of 4096 bytes are protected in blocks of 512. */
const STRIDE_BYTES = 512;

/**
 * Puts the true words back into `bytes` (changed in place) and returns a reader of them.
 * @throws FormatError BAD_FILE_SYSTEM where the signature, the array or one of the words does not fit.
 */
export function restoreWords(bytes: Uint8Array, signature: string, subject: string): ByteReader {
  const reader = new ByteReader(bytes, subject);
  const found = reader.tag(0, 4);
  if (found !== signature) {
    const meaning = found === 'BAAD' ? ' (marked as torn)' : '';
    throw bad(subject, `begins with ${JSON.stringify(found)}${meaning}, expected ${signature}`);
  }
  const arrayAt = reader.u16(4);
  const count = reader.u16(6);
  const blocks = bytes.byteLength / STRIDE_BYTES;
  if (count !== blocks + 1 || arrayAt % 2 !== 0 || arrayAt + 2 * count > STRIDE_BYTES - 2) {
    const isChecksum = arrayAt + 8 <= bytes.byteLength && reader.tag(arrayAt + 4, 4) === 'CRC4';
    throw bad(
      subject,
      isChecksum
        ? 'is protected by a checksum (a DAX volume), which is not supported'
        : `has ${count} fix-up words at ${arrayAt}, expected ${blocks + 1} in its first block`,
    );
  }
  const number = reader.u16(arrayAt);
  for (let block = 1; block <= blocks; block += 1) {
    const end = block * STRIDE_BYTES - 2;
    if (reader.u16(end) !== number) throw bad(subject, `was torn while it was written (block ${block} of ${blocks})`);
    bytes.copyWithin(end, arrayAt + 2 * block, arrayAt + 2 * block + 2);
  }
  return reader;
}
