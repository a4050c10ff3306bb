// The footer of a VHD: which of its three kinds it is, and where the disk of a fixed one ends. Source: Microsoft, Virtual
// Hard Disk Image Format Specification; old Virtual PC wrote 511 bytes.

import { decodeLatin1 } from '../../../base/text.ts';
import { type BlockSource, checkRange } from '../blocks.ts';

export interface VhdFooter {
  readonly kind: 'fixed' | 'dynamic' | 'differencing' | 'unknown';
  /** Of the disk, as its guest sees it. */
  readonly sizeBytes: number;
  readonly hasValidChecksum: boolean;
}

const FOOTER_BYTES = 512;
const SHORT_FOOTER_BYTES = 511;
const CHECKSUM_AT = 0x40;
const KINDS: Readonly<Record<number, VhdFooter['kind']>> = { 2: 'fixed', 3: 'dynamic', 4: 'differencing' };

/** The footer at the end of `file`, or its copy at the start (of dynamic and differencing ones); null: it is no VHD. */
export function readVhdFooter(file: BlockSource): VhdFooter | null {
  for (const footerBytes of [FOOTER_BYTES, SHORT_FOOTER_BYTES]) {
    if (file.sizeBytes < footerBytes) continue;
    const bytes = new Uint8Array(footerBytes);
    file.read(file.sizeBytes - footerBytes, bytes);
    const footer = parseFooter(bytes);
    if (footer) return footer;
  }
  if (file.sizeBytes < FOOTER_BYTES) return null;
  const bytes = new Uint8Array(FOOTER_BYTES);
  file.read(0, bytes);
  return parseFooter(bytes);
}

function parseFooter(bytes: Uint8Array): VhdFooter | null {
  if (decodeLatin1(bytes.subarray(0, 8)) !== 'conectix') return null;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let sum = 0;
  for (const [at, byte] of bytes.entries()) if (at < CHECKSUM_AT || at >= CHECKSUM_AT + 4) sum += byte;
  const sizeBytes = view.getBigUint64(0x30);
  return {
    kind: KINDS[view.getUint32(0x3c)] ?? 'unknown',
    sizeBytes: sizeBytes > BigInt(Number.MAX_SAFE_INTEGER) ? Number.POSITIVE_INFINITY : Number(sizeBytes),
    hasValidChecksum: view.getUint32(CHECKSUM_AT) === ~sum >>> 0,
  };
}

/** Whether the disk that a fixed VHD states lies before its footer. */
export function fixedVhdFits(file: BlockSource, footer: VhdFooter): boolean {
  const { sizeBytes } = footer;
  return sizeBytes > 0 && sizeBytes % 512 === 0 && sizeBytes <= file.sizeBytes - SHORT_FOOTER_BYTES;
}

/** The disk of a fixed VHD: the file without its footer, which cannot be reached through it. */
export function fixedVhdBlocks(file: BlockSource, footer: VhdFooter): BlockSource {
  const disk: BlockSource = {
    sizeBytes: footer.sizeBytes,
    blockSizeBytes: file.blockSizeBytes,
    identity: file.identity,
    read: (at, into) => {
      checkRange(disk, at, into.byteLength);
      file.read(at, into);
    },
    write: (at, bytes) => {
      checkRange(disk, at, bytes.byteLength);
      file.write(at, bytes);
    },
    flush: () => file.flush(),
    close: () => file.close(),
  };
  return disk;
}
