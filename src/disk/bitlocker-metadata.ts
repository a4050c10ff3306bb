// The clear metadata of a BitLocker volume: by what it can be unlocked, and under which ID a directory keeps its recovery
// key. Source: the description of the format that libbde publishes; no volume of Windows' own was at hand.

import { ByteReader } from '../base/bytes.ts';
import { guidFromBytes } from '../base/guid.ts';
import type { BlockReader } from './blocks.ts';

/** What a volume can be unlocked with; 'clear key': protection is suspended, and the key lies on the disk. */
export type ProtectorKind =
  | 'clear key'
  | 'TPM'
  | 'startup key'
  | 'TPM and PIN'
  | 'recovery password'
  | 'password'
  | 'unknown';

export interface Protector {
  readonly kind: ProtectorKind;
  /** `{…}` in lower case; of a recovery password the ID that AD and Entra keep it under. */
  readonly id: string;
}

export interface BitLockerMetadata {
  readonly protectors: readonly Protector[];
}

const SIGNATURE = '-FVE-FS-';
const TO_GO_SIGNATURE = 'MSWIN4.1';
const SECTOR_BYTES = 512;
const BLOCK_HEADER_BYTES = 64;
const METADATA_HEADER_BYTES = 48;
/** Of real volumes a few KiB. */
const MAX_METADATA_BYTES = 65_536;
const ENTRY_HEADER_BYTES = 8;
const VOLUME_MASTER_KEY = 0x0002;
const VOLUME_MASTER_KEY_BYTES = 28;

const KINDS: Readonly<Record<number, ProtectorKind>> = {
  0: 'clear key',
  256: 'TPM',
  512: 'startup key',
  1280: 'TPM and PIN',
  2048: 'recovery password',
  8192: 'password',
};

/** Reads the volume that begins at `offsetBytes`; null where none of its three blocks of metadata can be read. */
export function readBitLockerMetadata(blocks: BlockReader, offsetBytes: number): BitLockerMetadata | null {
  const sector = blocks.read(offsetBytes, SECTOR_BYTES);
  if (!sector) return null;
  for (const at of blockOffsets(new ByteReader(sector, 'the boot sector'))) {
    const metadata = readBlock(blocks, offsetBytes + at);
    if (metadata) return metadata;
  }
  return null;
}

/** From the start of the volume: of Windows 7 and later, of a volume To Go, or of Vista, which names one by its cluster. */
function blockOffsets(sector: ByteReader): number[] {
  const signature = sector.tag(3, 8);
  const three = (field: number): number[] =>
    [0, 8, 16].map((step) => Number(sector.u64(field + step))).filter((at) => Number.isSafeInteger(at) && at > 0);
  if (signature === TO_GO_SIGNATURE) return three(440);
  if (signature !== SIGNATURE) return [];
  const isVista = sector.u8(1) === 0x52;
  if (!isVista) return three(176);
  const cluster = Number(sector.u64(56)) * sector.u16(11) * sector.u8(13);
  return Number.isSafeInteger(cluster) && cluster > 0 ? [cluster] : [];
}

function readBlock(blocks: BlockReader, at: number): BitLockerMetadata | null {
  const header = blocks.read(at, BLOCK_HEADER_BYTES + METADATA_HEADER_BYTES);
  if (!header) return null;
  const head = new ByteReader(header, 'BitLocker metadata');
  if (head.tag(0, 8) !== SIGNATURE) return null;
  const sizeBytes = head.u32(BLOCK_HEADER_BYTES);
  const isPlausible =
    head.u32(BLOCK_HEADER_BYTES + 8) === METADATA_HEADER_BYTES &&
    sizeBytes >= METADATA_HEADER_BYTES &&
    sizeBytes <= MAX_METADATA_BYTES;
  const bytes = isPlausible ? blocks.read(at + BLOCK_HEADER_BYTES, sizeBytes) : null;
  return bytes ? { protectors: protectorsOf(new ByteReader(bytes, 'BitLocker metadata'), sizeBytes) } : null;
}

function protectorsOf(metadata: ByteReader, sizeBytes: number): Protector[] {
  const protectors: Protector[] = [];
  for (let at = METADATA_HEADER_BYTES; at + ENTRY_HEADER_BYTES <= sizeBytes; ) {
    const entryBytes = metadata.u16(at);
    if (entryBytes < ENTRY_HEADER_BYTES || at + entryBytes > sizeBytes) break;
    const isKey = metadata.u16(at + 2) === VOLUME_MASTER_KEY;
    if (isKey && entryBytes >= ENTRY_HEADER_BYTES + VOLUME_MASTER_KEY_BYTES) {
      const id = guidFromBytes(metadata.slice(at + ENTRY_HEADER_BYTES, 16));
      protectors.push({ kind: KINDS[metadata.u16(at + ENTRY_HEADER_BYTES + 26)] ?? 'unknown', id });
    }
    at += entryBytes;
  }
  return protectors;
}

/** What the metadata says, as the end of a sentence: 'opens with TPM, recovery password (ID {…})'. */
export function protectorsText({ protectors }: BitLockerMetadata): string {
  if (protectors.some(({ kind }) => kind === 'clear key')) return 'suspended, its key lies on the disk';
  const texts = protectors.map(({ kind, id }) =>
    kind === 'recovery password' ? `recovery password (ID ${id})` : kind,
  );
  return texts.length === 0 ? 'nothing that unlocks it is named' : `opens with ${texts.join(', ')}`;
}
