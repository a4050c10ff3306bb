// Security descriptors: kept once for all files in $Secure and named by a number, or in the record itself.

import { ByteReader } from '../../../base/bytes.ts';
import { FormatError } from '../../../base/errors.ts';
import { IndexTree } from './index-tree.ts';
import type { Mft } from './mft.ts';
import { ATTRIBUTE, type MftRecord } from './record.ts';
import type { StreamReader } from './stream.ts';

const SECURE_RECORD = 9;
const HEADER_BYTES = 20;
/** Each such area of $SDS is repeated right behind itself. */
const MIRROR_BYTES = 0x40000;
const MAX_DESCRIPTOR_BYTES = 0x20000;
/** Before NTFS 3.0, and in files that ntfs-3g makes, standard information ends without a number. */
const SECURITY_ID_AT = 0x34;

export class Descriptors {
  private readonly mft: Mft;
  private secure: { readonly ids: IndexTree; readonly data: StreamReader } | null = null;

  constructor(mft: Mft) {
    this.mft = mft;
  }

  /** The self-relative descriptor of a file; null where it has none. @throws FormatError BAD_FILE_SYSTEM, TRUNCATED */
  read(file: MftRecord): Uint8Array | null {
    const [information] = this.mft.parts(file, ATTRIBUTE.standardInformation, '');
    const id =
      information?.value && information.value.byteLength >= SECURITY_ID_AT + 4
        ? new ByteReader(information.value, 'standard information').u32(SECURITY_ID_AT)
        : 0;
    if (id !== 0) return this.shared(id);
    return this.mft.stream(file, ATTRIBUTE.securityDescriptor)?.readAll(MAX_DESCRIPTOR_BYTES) ?? null;
  }

  private shared(id: number): Uint8Array {
    const { ids, data } = this.open();
    const [entry] = ids.find(({ reader }) => id - reader.u32(0x10));
    if (!entry) throw bad(this.mft, `does not have a descriptor with the number ${id}`);
    // The data of an entry: hash, number, offset in $SDS, size with this header.
    const dataAt = entry.reader.u16(0);
    const header = entry.reader.slice(dataAt, HEADER_BYTES);
    const offset = entry.reader.u64Number(dataAt + 8);
    const sizeBytes = entry.reader.u32(dataAt + 16);
    if (sizeBytes < HEADER_BYTES || sizeBytes > MAX_DESCRIPTOR_BYTES) {
      throw bad(this.mft, `has a descriptor of ${sizeBytes} bytes with the number ${id}`);
    }
    const bytes = new Uint8Array(sizeBytes);
    for (const at of [offset, offset + MIRROR_BYTES]) {
      const isWhole = data.read(at, bytes) === sizeBytes && header.every((byte, i) => byte === bytes[i]);
      const descriptor = bytes.subarray(HEADER_BYTES);
      if (isWhole && hashOf(descriptor) === entry.reader.u32(dataAt)) return descriptor.slice();
    }
    throw bad(this.mft, `holds something else where the descriptor ${id} was expected`);
  }

  private open(): { readonly ids: IndexTree; readonly data: StreamReader } {
    if (this.secure) return this.secure;
    const record = this.mft.record(SECURE_RECORD);
    const data = this.mft.stream(record, ATTRIBUTE.data, '$SDS');
    if (!data) throw bad(this.mft, 'does not have $SDS');
    this.secure = { ids: new IndexTree(this.mft, record, '$SII'), data };
    return this.secure;
  }
}

/** Each 32-bit word is added to the sum turned left by three bits. */
function hashOf(descriptor: Uint8Array): number {
  const reader = new ByteReader(descriptor, 'a descriptor');
  let hash = 0;
  for (let at = 0; at + 4 <= descriptor.byteLength; at += 4) {
    hash = (((hash << 3) | (hash >>> 29)) + reader.u32(at)) >>> 0;
  }
  return hash;
}

function bad(mft: Mft, found: string): FormatError {
  return new FormatError('BAD_FILE_SYSTEM', `$Secure of ${mft.source.identity} ${found}`);
}
