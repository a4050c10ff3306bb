// Folders: names to records, compared by the volume's own table of upper case.

import { FormatError } from '../../../base/errors.ts';
import { decodeUtf16le } from '../../../base/text.ts';
import { type IndexEntry, IndexTree } from './index-tree.ts';
import type { Mft } from './mft.ts';
import { ATTRIBUTE, type FileReference, type MftRecord, readReference } from './record.ts';

export const ROOT_RECORD = 5;
const UPCASE_RECORD = 10;
const UPCASE_BYTES = 131_072;
/** Records of the file system itself; the root lists them, and no driver shows them. */
const FIRST_FREE_RECORD = 16;
const DOS_NAME = 2;
const CACHED_FOLDERS = 32;

/** Where the parts of a key stand in an index entry, whose key begins at byte 16. */
const NAME_LENGTH_AT = 0x10 + 0x40;
const NAMESPACE_AT = 0x10 + 0x41;
const NAME_AT = 0x10 + 0x42;

export interface FolderEntry {
  readonly name: string;
  readonly reference: FileReference;
}

export class Folders {
  private readonly mft: Mft;
  private table: Uint16Array | null = null;
  private readonly trees = new Map<MftRecord, IndexTree>();
  /** A path is found by the names of each folder on the way, again and again. */
  private readonly listings = new WeakMap<MftRecord, readonly string[]>();

  constructor(mft: Mft) {
    this.mft = mft;
  }

  /**
   * What Windows opens by `name`; the entry of just this spelling where names differ by case alone.
   * @throws FormatError BAD_FILE_SYSTEM, TRUNCATED
   */
  find(folder: MftRecord, name: string): FolderEntry | null {
    const table = this.upcase();
    const upper = Array.from({ length: name.length }, (_, i) => table[name.charCodeAt(i)]!);
    const matches = this.treeOf(folder)
      .find((entry) => compareUpper(upper, entry, table))
      .map(entryOf);
    return matches.find((entry) => entry.name === name) ?? matches[0] ?? null;
  }

  /** Names in the index's order, without short names that only stand beside a long one. @throws as find */
  names(folder: MftRecord): readonly string[] {
    const known = this.listings.get(folder);
    if (known) return known;
    const isRoot = folder.number === ROOT_RECORD;
    const names = this.treeOf(folder)
      .all()
      .filter(({ reader }) => reader.u8(NAMESPACE_AT) !== DOS_NAME)
      .map(entryOf)
      .filter(({ reference }) => !isRoot || reference.record >= FIRST_FREE_RECORD)
      .map(({ name }) => name);
    this.listings.set(folder, names);
    return names;
  }

  private treeOf(folder: MftRecord): IndexTree {
    const known = this.trees.get(folder);
    if (known) return known;
    const tree = new IndexTree(this.mft, folder, '$I30');
    if (this.trees.size >= CACHED_FOLDERS) this.trees.delete(this.trees.keys().next().value!);
    this.trees.set(folder, tree);
    return tree;
  }

  /** The upper-case unit of each UTF-16 unit. */
  private upcase(): Uint16Array {
    if (this.table) return this.table;
    const bytes = new Uint8Array(UPCASE_BYTES);
    if (this.mft.stream(this.mft.record(UPCASE_RECORD), ATTRIBUTE.data)?.read(0, bytes) !== UPCASE_BYTES) {
      throw new FormatError(
        'BAD_FILE_SYSTEM',
        `$UpCase of ${this.mft.source.identity} is not ${UPCASE_BYTES} bytes long`,
      );
    }
    const table = new Uint16Array(UPCASE_BYTES / 2);
    for (let unit = 0; unit < table.length; unit += 1) table[unit] = bytes[2 * unit]! | (bytes[2 * unit + 1]! << 8);
    this.table = table;
    return this.table;
  }
}

function compareUpper(wanted: readonly number[], { reader }: IndexEntry, table: Uint16Array): number {
  const units = reader.u8(NAME_LENGTH_AT);
  const shared = Math.min(wanted.length, units);
  for (let i = 0; i < shared; i += 1) {
    const difference = wanted[i]! - table[reader.u16(NAME_AT + 2 * i)]!;
    if (difference !== 0) return difference;
  }
  return wanted.length - units;
}

function entryOf({ reader }: IndexEntry): FolderEntry {
  return {
    name: decodeUtf16le(reader.slice(NAME_AT, 2 * reader.u8(NAME_LENGTH_AT))),
    reference: readReference(reader, 0),
  };
}
