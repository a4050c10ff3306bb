// The independent reader: keys and values of an image, every pointer checked, damaged parts left out with a finding.

import type { FindingCode } from '../base/codes/codes.ts';
import { FormatError } from '../base/errors.ts';
import type { Finding } from '../base/finding.ts';
import { append } from '../base/lists.ts';
import { compareNames, decodeLatin1, decodeUtf16le } from '../base/text.ts';
import { parseBaseBlock } from './base-block.ts';
import { BIG_DATA_SEGMENT_SIZE_BYTES, Cells, NIL } from './cells.ts';
import {
  DB,
  LIST,
  MAX_DEPTH,
  MAX_SHARED_NAME_SIZE_BYTES,
  MAX_SHARED_SIZE_BYTES,
  NK,
  NK_FLAG,
  RESIDENT,
  SIGNATURE,
  SK,
  VK,
  VK_FLAG,
} from './layout.ts';
import { isEachOwnedOnce } from './owners.ts';

/** More findings than this say nothing new about a hive. */
const MAX_FINDINGS = 1000;
/** The owner of the root: no list's. */
const NOBODY = 0xffff_ffff;

/** An image open for reading. Keys and values are made when they are asked for and keep no state but their place. */
export class RegfTree {
  readonly cells: Cells;
  readonly file: string;
  readonly minorVersion: number;
  readonly root: RegfKey;
  /** What was damaged in the parts read so far. */
  readonly findings: Finding[] = [];
  /** For each 8 bytes of the bins: 1 + the owner of the cell that begins there; null where none has two, or not yet needed. */
  private owners: Uint32Array | null = null;
  private isOwnedOnce: boolean | null = null;

  /** @throws FormatError NOT_A_HIVE, TRUNCATED; BAD_CELL when the root key cannot be read. */
  constructor(image: Uint8Array, file: string) {
    const base = parseBaseBlock(image, file);
    this.cells = new Cells(image);
    this.file = file;
    this.minorVersion = base.minorVersion;
    const root = this.keyAt(base.rootCellOffset, null);
    if (!root) {
      throw new FormatError('BAD_CELL', `${file}: there is no key at ${base.rootCellOffset}, where its root should be`);
    }
    this.root = root;
  }

  /** Whether no cell has two owners. */
  get isEachOwnedOnce(): boolean {
    this.isOwnedOnce ??= isEachOwnedOnce(this.cells, this.root.cellOffset);
    return this.isOwnedOnce;
  }

  /** The key at a cell, or null where none can be read. */
  keyAt(cellOffset: number, parent: RegfKey | null): RegfKey | null {
    const { cells } = this;
    if (!cells.isRecord(cellOffset, SIGNATURE.nk, NK.name)) return null;
    if (NK.name + cells.u16(cellOffset, NK.nameLength) > cells.contentSizeBytes(cellOffset)) return null;
    return new RegfKey(this, cellOffset, parent);
  }

  /** A copy of the security descriptor in the cell of an sk record; null where none can be read. */
  descriptorAt(cellOffset: number): Uint8Array | null {
    const { cells } = this;
    if (cellOffset === NIL || !cells.isRecord(cellOffset, SIGNATURE.sk, SK.descriptor)) return null;
    const sizeBytes = cells.u32(cellOffset, SK.size);
    if (SK.descriptor + sizeBytes > cells.contentSizeBytes(cellOffset)) return null;
    return cells.field(cellOffset, SK.descriptor, sizeBytes).slice();
  }

  /**
   * Whether a cell is `owner`'s: that of the first that names it when all is read from the root. Each cell is read for one
   * owner only, so that lists which share their elements cannot make a walk longer than the hive; and whose it is does not
   * depend on what is read, so that a part of the hive is found as all of it is.
   */
  claim(cellOffset: number, owner: number): boolean {
    if (this.isEachOwnedOnce) return true;
    const owners = this.owners ?? this.settleOwners();
    const known = owners[cellOffset >>> 3];
    if (known === 0) owners[cellOffset >>> 3] = owner + 1;
    return known === 0 || known === owner + 1;
  }

  /** Reads all, in the order of a walk. */
  private settleOwners(): Uint32Array {
    const owners = new Uint32Array(this.cells.binsSizeBytes >> 3);
    owners[this.root.cellOffset >>> 3] = NOBODY;
    this.owners = owners;
    const remarked = this.findings.length;
    const waiting = [this.root];
    for (let key = waiting.pop(); key; key = waiting.pop()) {
      void key.classBytes;
      for (const value of key.values()) value.claimData();
      append(waiting, key.subkeys().toReversed());
    }
    // What is damaged is remarked when it is asked for.
    this.findings.length = remarked;
    return owners;
  }

  damage(code: FindingCode, cellOffset: number, key: RegfKey, text: string): void {
    if (this.findings.length >= MAX_FINDINGS) return;
    this.findings.push({
      code,
      severity: 'error',
      where: { file: this.file, offset: cellOffset === NIL ? 0 : cellOffset + 4096, key: key.path.join('\\') },
      text,
    });
  }
}

/** A key; `parent` null is the root. */
export class RegfKey {
  readonly tree: RegfTree;
  readonly cellOffset: number;
  readonly name: string;
  readonly depth: number;
  private readonly parent: RegfKey | null;

  constructor(tree: RegfTree, cellOffset: number, parent: RegfKey | null) {
    this.tree = tree;
    this.cellOffset = cellOffset;
    this.parent = parent;
    this.depth = parent ? parent.depth + 1 : 1;
    const bytes = tree.cells.field(cellOffset, NK.name, tree.cells.u16(cellOffset, NK.nameLength));
    this.name = this.flags & NK_FLAG.compressedName ? decodeLatin1(bytes) : decodeUtf16le(bytes);
  }

  get path(): readonly string[] {
    const names: string[] = [];
    for (let key: RegfKey = this; key.parent; key = key.parent) names.push(key.name);
    return names.reverse();
  }

  get flags(): number {
    return this.tree.cells.u16(this.cellOffset, NK.flags);
  }

  get lastWritten(): bigint {
    return this.tree.cells.u64(this.cellOffset, NK.lastWritten);
  }

  get classBytes(): Uint8Array | null {
    const { cells } = this.tree;
    const sizeBytes = cells.u16(this.cellOffset, NK.classLength);
    const offset = cells.u32(this.cellOffset, NK.class);
    if (sizeBytes === 0 || offset === NIL) return null;
    const content = cells.content(offset);
    if (!content || content.byteLength < sizeBytes) {
      this.tree.damage('BAD_CLASS', offset, this, `its class name of ${sizeBytes} bytes is not whole`);
      return null;
    }
    if (sizeBytes > MAX_SHARED_NAME_SIZE_BYTES && !this.tree.claim(offset, this.cellOffset)) {
      this.tree.damage('BAD_CLASS', offset, this, `its class name of ${sizeBytes} bytes belongs to another`);
      return null;
    }
    return content.slice(0, sizeBytes);
  }

  subkeys(): readonly RegfKey[] {
    if (this.depth >= MAX_DEPTH) {
      if (this.tree.cells.u32(this.cellOffset, NK.subkeyCount) > 0) {
        this.tree.damage('TOO_DEEP', this.cellOffset, this, `keys lie deeper than ${MAX_DEPTH} levels`);
      }
      return [];
    }
    const keys: RegfKey[] = [];
    const seen = new Set<number>();
    for (const offset of this.subkeyOffsets()) {
      const key = this.tree.keyAt(offset, this);
      if (!key) this.tree.damage('BAD_SUBKEY', offset, this, `its list names ${offset}, where no key can be read`);
      else if (seen.has(offset) || !this.tree.claim(offset, this.cellOffset)) {
        this.tree.damage(
          'BAD_SUBKEY',
          offset,
          this,
          `its list names the key at ${offset}, which is listed elsewhere too`,
        );
      } else keys.push(key);
      seen.add(offset);
    }
    return keys;
  }

  subkey(name: string): RegfKey | null {
    return this.subkeys().find((key) => compareNames(key.name, name) === 0) ?? null;
  }

  values(): readonly RegfValue[] {
    const { cells } = this.tree;
    if (this.flags & NK_FLAG.predefinedHandle) return [];
    const count = cells.u32(this.cellOffset, NK.valueCount);
    if (count === 0) return [];
    const listOffset = cells.u32(this.cellOffset, NK.valueList);
    const sizeBytes = cells.contentSizeBytes(listOffset);
    const present = sizeBytes < 0 ? 0 : Math.min(count, sizeBytes >> 2);
    if (present < count) {
      this.tree.damage('BAD_VALUE_LIST', listOffset, this, `it says ${count} values, but its list holds ${present}`);
    }
    if (present > 0 && !this.tree.claim(listOffset, this.cellOffset)) {
      this.tree.damage('BAD_VALUE_LIST', listOffset, this, `its value list at ${listOffset} belongs to another`);
      return [];
    }
    const values: RegfValue[] = [];
    const seen = new Set<number>();
    for (let i = 0; i < present; i += 1) {
      const offset = cells.u32(listOffset, 4 * i);
      const isValue =
        cells.isRecord(offset, SIGNATURE.vk, VK.name) &&
        VK.name + cells.u16(offset, VK.nameLength) <= cells.contentSizeBytes(offset);
      if (isValue && !seen.has(offset) && this.ownsValue(offset)) values.push(new RegfValue(this.tree, offset));
      else this.tree.damage('BAD_VALUE', offset, this, `its value list names ${offset}, where no value of its own is`);
      seen.add(offset);
    }
    return values;
  }

  private ownsValue(offset: number): boolean {
    const { cells } = this.tree;
    return cells.u16(offset, VK.nameLength) <= MAX_SHARED_NAME_SIZE_BYTES || this.tree.claim(offset, this.cellOffset);
  }

  value(name: string): RegfValue | null {
    return this.values().find((value) => compareNames(value.name, name) === 0) ?? null;
  }

  security(): Uint8Array | null {
    return this.tree.descriptorAt(this.tree.cells.u32(this.cellOffset, NK.security));
  }

  /** Offsets in the key's list, through one level of ri; lists that cannot be read are left out with a finding. */
  private subkeyOffsets(): number[] {
    const { cells } = this.tree;
    const count = cells.u32(this.cellOffset, NK.subkeyCount);
    if (count === 0) return [];
    const listOffset = cells.u32(this.cellOffset, NK.subkeyList);
    const offsets: number[] = [];
    if (cells.isRecord(listOffset, SIGNATURE.ri, LIST.elements)) {
      if (!this.tree.claim(listOffset, this.cellOffset)) this.reportForeignList(listOffset);
      // A set, since a leaf that is named a thousand times is still one leaf.
      else
        for (const leaf of new Set(listElements(cells, listOffset, 4))) {
          for (const offset of this.leafOffsets(leaf)) offsets.push(offset);
        }
    } else append(offsets, this.leafOffsets(listOffset));
    if (offsets.length !== count) {
      this.tree.damage(
        'BAD_SUBKEY_COUNT',
        listOffset,
        this,
        `it says ${count} subkeys, but its lists hold ${offsets.length}`,
      );
    }
    return offsets;
  }

  private leafOffsets(leaf: number): number[] {
    const { cells } = this.tree;
    const hasHashes =
      cells.isRecord(leaf, SIGNATURE.lf, LIST.elements) || cells.isRecord(leaf, SIGNATURE.lh, LIST.elements);
    if (!hasHashes && !cells.isRecord(leaf, SIGNATURE.li, LIST.elements)) {
      this.tree.damage('BAD_SUBKEY_LIST', leaf, this, `there is no list of subkeys at ${leaf}`);
      return [];
    }
    // Claimed only now: a damaged pointer to what is no list shall not take it from whom it belongs to.
    if (!this.tree.claim(leaf, this.cellOffset)) {
      this.reportForeignList(leaf);
      return [];
    }
    return listElements(cells, leaf, hasHashes ? 8 : 4);
  }

  private reportForeignList(list: number): void {
    this.tree.damage('BAD_SUBKEY_LIST', list, this, `its list at ${list} belongs to another`);
  }
}

function listElements(cells: Cells, listOffset: number, elementSizeBytes: number): number[] {
  const room = Math.floor((cells.contentSizeBytes(listOffset) - LIST.elements) / elementSizeBytes);
  const count = Math.min(cells.u16(listOffset, LIST.count), room);
  const offsets: number[] = [];
  for (let i = 0; i < count; i += 1) offsets.push(cells.u32(listOffset, LIST.elements + i * elementSizeBytes));
  return offsets;
}

/** Small data may be shared (a defect, but they can be read); large data many times over would take for ever. */
const isLarge = (sizeBytes: number): boolean => sizeBytes > MAX_SHARED_SIZE_BYTES;

export class RegfValue {
  readonly tree: RegfTree;
  readonly cellOffset: number;
  readonly name: string;

  constructor(tree: RegfTree, cellOffset: number) {
    this.tree = tree;
    this.cellOffset = cellOffset;
    const bytes = tree.cells.field(cellOffset, VK.name, tree.cells.u16(cellOffset, VK.nameLength));
    this.name = this.flags & VK_FLAG.compressedName ? decodeLatin1(bytes) : decodeUtf16le(bytes);
  }

  get type(): number {
    return this.tree.cells.u32(this.cellOffset, VK.type);
  }

  get flags(): number {
    return this.tree.cells.u16(this.cellOffset, VK.flags);
  }

  get sizeBytes(): number {
    return this.tree.cells.u32(this.cellOffset, VK.dataSize) & ~RESIDENT;
  }

  /** A copy of the data. @throws FormatError BAD_CELL when they cannot be read whole. */
  data(): Uint8Array {
    const { cells } = this.tree;
    const stored = cells.u32(this.cellOffset, VK.dataSize);
    const { sizeBytes } = this;
    if (stored >= RESIDENT) {
      if (sizeBytes > 4) throw this.bad(`it says ${sizeBytes} resident bytes, expected at most 4`);
      return cells.field(this.cellOffset, VK.dataOffset, sizeBytes).slice();
    }
    if (sizeBytes === 0) return new Uint8Array();
    const offset = cells.u32(this.cellOffset, VK.dataOffset);
    const content = cells.content(offset);
    if (!content) throw this.bad(`its data at ${offset} are no allocated cell`);
    if (isLarge(sizeBytes) && !this.tree.claim(offset, this.cellOffset)) {
      throw this.bad(`its data at ${offset} belong to another value`);
    }
    if (this.isBig(offset, sizeBytes, content)) return this.bigData(offset, sizeBytes);
    if (content.byteLength < sizeBytes)
      throw this.bad(`its data cell holds ${content.byteLength} of ${sizeBytes} bytes`);
    return content.slice(0, sizeBytes);
  }

  /** Takes the cells of large data, as `data` does. */
  claimData(): void {
    if (!isLarge(this.sizeBytes)) return;
    try {
      this.data();
    } catch (error) {
      if (!(error instanceof FormatError)) throw error;
    }
  }

  private isBig(offset: number, sizeBytes: number, content: Uint8Array): boolean {
    if (this.tree.minorVersion < 4 || sizeBytes <= BIG_DATA_SEGMENT_SIZE_BYTES) return false;
    return content.byteLength < sizeBytes && this.tree.cells.isRecord(offset, SIGNATURE.db, 8);
  }

  private bigData(offset: number, sizeBytes: number): Uint8Array {
    const { cells } = this.tree;
    const count = cells.u16(offset, DB.segmentCount);
    const list = cells.u32(offset, DB.segmentList);
    if (cells.contentSizeBytes(list) < 4 * count) throw this.bad(`its list of ${count} segments is not whole`);
    if (Math.ceil(sizeBytes / BIG_DATA_SEGMENT_SIZE_BYTES) > count) throw this.bad(`${count} segments cannot hold it`);
    if (sizeBytes > cells.binsSizeBytes) throw this.bad(`it says ${sizeBytes} bytes, more than the hive has`);
    const data = new Uint8Array(sizeBytes);
    const segments = new Set<number>();
    for (let done = 0, i = 0; done < sizeBytes; i += 1) {
      const segment = cells.u32(list, 4 * i);
      const want = Math.min(BIG_DATA_SEGMENT_SIZE_BYTES, sizeBytes - done);
      if (cells.contentSizeBytes(segment) < want) throw this.bad(`its segment ${i} at ${segment} is not whole`);
      if (segments.has(segment) || (isLarge(sizeBytes) && !this.tree.claim(segment, this.cellOffset))) {
        throw this.bad(`its segment ${i} at ${segment} belongs to another`);
      }
      segments.add(segment);
      data.set(cells.field(segment, 0, want), done);
      done += want;
    }
    return data;
  }

  private bad(what: string): FormatError {
    return new FormatError('BAD_CELL', `${this.tree.file}: value ${this.name || '(Default)'} cannot be read: ${what}`, {
      data: { cellOffset: this.cellOffset },
    });
  }
}
