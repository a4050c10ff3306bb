// The little of a VHDX that has to be known before anybody else opens it: whether its log is pending, and whether it is the
// difference to a parent. Source: MS-VHDX 2.2 (headers), 2.2.3 (region table), 2.6 (metadata).

import { ByteReader } from '../../../base/bytes.ts';
import { guidFromBytes } from '../../../base/guid.ts';
import type { BlockSource } from '../blocks.ts';

export interface VhdxState {
  /** The log has entries that whoever opens it for writing replays. */
  readonly hasPendingLog: boolean;
  /** avhdx: most of the disk is in another file. */
  readonly hasParent: boolean;
}

const HEADERS_AT = [65_536, 131_072] as const;
const REGIONS_AT = [196_608, 262_144] as const;
const HEADER_BYTES = 4096;
const REGION_BYTES = 65_536;
const METADATA_REGION = '{8b7ca206-4790-4b9a-b8fe-575f050f886e}';
const FILE_PARAMETERS = '{caa16737-fa36-4d43-b3b6-33f0aa44e76b}';
const NO_LOG = '{00000000-0000-0000-0000-000000000000}';
const MAX_ENTRIES = 2047;
const HAS_PARENT = 2;

/** Null where neither header, or no region table or file parameters, can be read: the file is damaged. */
export function readVhdxState(file: BlockSource): VhdxState | null {
  const headers = HEADERS_AT.map((at) => checkedBlock(file, at, HEADER_BYTES, 'head')).filter(
    (block) => block !== null,
  );
  headers.sort((a, b) => (a.u64(8) < b.u64(8) ? 1 : -1));
  const newest = headers[0];
  const hasParent = readHasParent(file);
  if (!newest || hasParent === null) return null;
  return { hasPendingLog: guidFromBytes(newest.slice(0x30, 16)) !== NO_LOG, hasParent };
}

function readHasParent(file: BlockSource): boolean | null {
  for (const at of REGIONS_AT) {
    const table = checkedBlock(file, at, REGION_BYTES, 'regi');
    if (!table) continue;
    for (let entry = 0; entry < Math.min(table.u32(8), MAX_ENTRIES); entry += 1) {
      const entryAt = 16 + 32 * entry;
      if (guidFromBytes(table.slice(entryAt, 16)) !== METADATA_REGION) continue;
      return parentFlag(file, table.u64(entryAt + 16));
    }
  }
  return null;
}

function parentFlag(file: BlockSource, metadataAt: bigint): boolean | null {
  const table = block(file, metadataAt, REGION_BYTES);
  if (table?.tag(0, 8) !== 'metadata') return null;
  for (let entry = 0; entry < Math.min(table.u16(10), MAX_ENTRIES); entry += 1) {
    const entryAt = 32 + 32 * entry;
    if (guidFromBytes(table.slice(entryAt, 16)) !== FILE_PARAMETERS) continue;
    const item = block(file, metadataAt + BigInt(table.u32(entryAt + 16)), 8);
    return item && (item.u32(4) & HAS_PARENT) !== 0;
  }
  return null;
}

function block(file: BlockSource, at: number | bigint, sizeBytes: number): ByteReader | null {
  if (BigInt(at) + BigInt(sizeBytes) > BigInt(file.sizeBytes)) return null;
  const bytes = new Uint8Array(sizeBytes);
  file.read(Number(at), bytes);
  return new ByteReader(bytes, file.identity);
}

/** A block with its signature and CRC-32C, which stands at byte 4 and is counted as zero. */
function checkedBlock(file: BlockSource, at: number, sizeBytes: number, signature: string): ByteReader | null {
  const found = block(file, at, sizeBytes);
  if (found?.tag(0, 4) !== signature) return null;
  return crc32c(found.bytes, 4) === found.u32(4) ? found : null;
}

const CRC_TABLE = Uint32Array.from({ length: 256 }, (_, byte) => {
  let crc = byte;
  for (let bit = 0; bit < 8; bit += 1) crc = (crc & 1) === 0 ? crc >>> 1 : (crc >>> 1) ^ 0x82f63b78;
  return crc;
});

function crc32c(bytes: Uint8Array, zeroAt: number): number {
  let crc = 0xffffffff;
  for (const [at, byte] of bytes.entries()) {
    crc = CRC_TABLE[(crc ^ (at >= zeroAt && at < zeroAt + 4 ? 0 : byte)) & 0xff]! ^ (crc >>> 8);
  }
  return ~crc >>> 0;
}
