// The header of a crash dump: why Windows stopped, and when.

import { decodeLatin1 } from '../../base/text.ts';

export interface DumpHeader {
  readonly code: number;
  readonly parameters: readonly bigint[];
  /** FILETIME; null where the dump has none. */
  readonly time: bigint | null;
}

/** What is read of a dump for decodeDumpHeader. */
export const DUMP_HEADER_SIZE_BYTES = 0x1000;

/**
 * 'PAGEDU64' { u32 code at 0x38, four u64 from 0x40, FILETIME at 0xfa8 }; 'PAGEDUMP' (32 bits) { u32 code at 0x28, four u32
 * from 0x2c, FILETIME at 0xfc0 }. Null for what is no dump. Layout from Microsoft's wdbgexts headers, of kernel dumps and
 * minidumps alike.
 */
export function decodeDumpHeader(bytes: Uint8Array): DumpHeader | null {
  if (bytes.byteLength < DUMP_HEADER_SIZE_BYTES) return null;
  const signature = decodeLatin1(bytes.subarray(0, 8));
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const time = (offset: number): bigint | null => {
    const filetime = view.getBigUint64(offset, true);
    return filetime === 0n ? null : filetime;
  };
  if (signature === 'PAGEDU64') {
    const parameters = [0x40, 0x48, 0x50, 0x58].map((offset) => view.getBigUint64(offset, true));
    return { code: view.getUint32(0x38, true), parameters, time: time(0xfa8) };
  }
  if (signature !== 'PAGEDUMP') return null;
  const parameters = [0x2c, 0x30, 0x34, 0x38].map((offset) => BigInt(view.getUint32(offset, true)));
  return { code: view.getUint32(0x28, true), parameters, time: time(0xfc0) };
}
