// Reparse points: links, and files whose bytes are not in their unnamed data.

import { ByteReader } from '../../../base/bytes.ts';
import { decodeUtf16le } from '../../../base/text.ts';
import type { Mft } from './mft.ts';
import { ATTRIBUTE, type MftRecord } from './record.ts';

const MOUNT_POINT = 0xa0000003;
const SYMBOLIC_LINK = 0xa000000c;
/** Set in the tags of all points that stand for another name. */
const STANDS_FOR_A_NAME = 0x20000000;
const MAX_POINT_BYTES = 16_384 + 8;

export interface ReparsePoint {
  readonly tag: number;
  /** Where a link leads, as Windows keeps it (`\??\C:\Users`); '' for a kind that is not known; null: not a link. */
  readonly target: string | null;
  /** What keeps the data of a file that is not a link: 'WOF (CompactOS)', ...; null for links. */
  readonly storage: string | null;
}

/** @throws FormatError BAD_FILE_SYSTEM, TRUNCATED */
export function readReparsePoint(mft: Mft, base: MftRecord): ReparsePoint | null {
  const stream = mft.stream(base, ATTRIBUTE.reparsePoint);
  if (!stream) return null;
  const point = new ByteReader(stream.readAll(MAX_POINT_BYTES), stream.stream.subject);
  const tag = point.u32(0);
  const storage = storageOf(tag);
  if (storage !== null) return { tag, target: null, storage };
  if (tag !== MOUNT_POINT && tag !== SYMBOLIC_LINK) return { tag, target: '', storage: null };
  const names = tag === SYMBOLIC_LINK ? 20 : 16;
  return { tag, target: decodeUtf16le(point.slice(names + point.u16(8), point.u16(10))), storage: null };
}

function storageOf(tag: number): string | null {
  if (tag === 0x80000017) return 'WOF (CompactOS)';
  if (tag === 0x80000013) return 'data deduplication';
  // One tag for each kind of cloud folder.
  if ((tag & 0xffff0fff) >>> 0 === 0x9000001a || tag === 0xa000001a) return 'a cloud provider (OneDrive and the like)';
  return tag & STANDS_FOR_A_NAME ? null : `a reparse point of the tag 0x${tag.toString(16)}`;
}
