// Folders of a FAT volume: entries of 32 bytes, long names in front of the short ones that they belong to.

import { ByteReader } from '../../../base/bytes.ts';
import { decodeLatin1, decodeUtf16le } from '../../../base/text.ts';

export interface FatEntry {
  readonly name: string;
  /** 'SYSTE~1'; the same as `name` where there is no long one. */
  readonly shortName: string;
  readonly isFolder: boolean;
  readonly cluster: number;
  readonly sizeBytes: number;
  readonly modifiedMs: number;
  /** Of the entry within the bytes of the folder. */
  readonly offset: number;
}

interface FatFolder {
  readonly entries: readonly FatEntry[];
  /** What the root calls the volume. */
  readonly label: string | null;
}

const ENTRY_BYTES = 32;
const END = 0;
const DELETED = 0xe5;
/** Stands for a first byte 0xe5 of a name. */
const ESCAPED = 0x05;
const ATTRIBUTES = { label: 0x08, folder: 0x10, longName: 0x0f } as const;
const LAST_PIECE = 0x40;
const PIECES = [1, 0x0e, 0x1c] as const;
const PIECE_BYTES = [10, 12, 4] as const;
const MOST_PIECES = 20;
const BASE_IS_LOWER = 0x08;
const EXTENSION_IS_LOWER = 0x10;

/** Parses the bytes of a folder; entries for which nothing stands (deleted, '.', '..') are left out. */
export function parseFolder(bytes: Uint8Array, bits: 12 | 16 | 32): FatFolder {
  const reader = new ByteReader(bytes, 'a folder');
  const entries: FatEntry[] = [];
  let label: string | null = null;
  let long = new LongName();
  for (let at = 0; at + ENTRY_BYTES <= bytes.byteLength && reader.u8(at) !== END; at += ENTRY_BYTES) {
    const attributes = reader.u8(at + 0x0b);
    if (reader.u8(at) === DELETED) long = new LongName();
    else if ((attributes & 0x3f) === ATTRIBUTES.longName) long.add(reader, at);
    else {
      const name = long.of(reader, at);
      long = new LongName();
      if (attributes & ATTRIBUTES.label) label ??= decodeLatin1(reader.slice(at, 11)).trimEnd();
      else if (reader.u8(at) !== 0x2e) entries.push(entryOf(reader, at, name, bits));
    }
  }
  return { entries, label };
}

function entryOf(reader: ByteReader, at: number, longName: string | null, bits: number): FatEntry {
  const isLower = reader.u8(at + 0x0c);
  const part = (offset: number, sizeBytes: number, lowerBit: number): string => {
    const bytes = reader.slice(at + offset, sizeBytes).slice();
    if (offset === 0 && bytes[0] === ESCAPED) bytes[0] = DELETED;
    const isUpper = (byte: number): boolean => byte >= 0x41 && byte <= 0x5a;
    const shown = isLower & lowerBit ? bytes.map((byte) => (isUpper(byte) ? byte + 0x20 : byte)) : bytes;
    return decodeLatin1(shown).trimEnd();
  };
  const base = part(0, 8, BASE_IS_LOWER);
  const extension = part(8, 3, EXTENSION_IS_LOWER);
  const shortName = extension === '' ? base : `${base}.${extension}`;
  const high = bits === 32 ? reader.u16(at + 0x14) : 0;
  return {
    name: longName ?? shortName,
    shortName,
    isFolder: (reader.u8(at + 0x0b) & ATTRIBUTES.folder) !== 0,
    cluster: high * 2 ** 16 + reader.u16(at + 0x1a),
    sizeBytes: reader.u32(at + 0x1c),
    modifiedMs: timeOf(reader.u16(at + 0x18), reader.u16(at + 0x16)),
    offset: at,
  };
}

function timeOf(date: number, time: number): number {
  return Date.UTC(1980 + (date >> 9), ((date >> 5) & 15) - 1, date & 31, time >> 11, (time >> 5) & 63, 2 * (time & 31));
}

/** The pieces of a long name, the last of which comes first. */
class LongName {
  private text = '';
  private expected = 0;
  private checksum = -1;

  add(reader: ByteReader, at: number): void {
    const order = reader.u8(at);
    const checksum = reader.u8(at + 0x0d);
    if (order & LAST_PIECE) {
      this.text = '';
      this.expected = order & ~LAST_PIECE;
      this.checksum = checksum;
    } else if (order !== this.expected || checksum !== this.checksum) {
      this.expected = -1;
    }
    if (this.expected < 1 || this.expected > MOST_PIECES) {
      this.expected = -1;
      return;
    }
    const piece = PIECES.map((offset, i) => decodeUtf16le(reader.slice(at + offset, PIECE_BYTES[i]!))).join('');
    this.text = piece + this.text;
    this.expected -= 1;
  }

  /** The name if it is whole and belongs to the short entry at `at`. */
  of(reader: ByteReader, at: number): string | null {
    if (this.expected !== 0 || this.text === '') return null;
    const short = reader.slice(at, 11);
    const checksum = short.reduce((sum, byte) => (((sum & 1) << 7) + (sum >> 1) + byte) & 0xff, 0);
    return checksum === this.checksum ? this.text.split('\0')[0]! : null;
  }
}
