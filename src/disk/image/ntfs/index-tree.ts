// Indexes of NTFS: B+trees whose root stands in the record and whose nodes stand in blocks of a stream. Folders are such
// indexes over names, $Secure over numbers.

import { ByteReader } from '../../../base/bytes.ts';
import { bad } from './bad.ts';
import { isPowerOfTwo } from './boot.ts';
import { restoreWords } from './fix-up.ts';
import type { Mft } from './mft.ts';
import { ATTRIBUTE, type MftRecord } from './record.ts';
import type { StreamReader } from './stream.ts';

const HAS_CHILD = 1;
const IS_LAST = 2;
const MAX_DEPTH = 20;
const MIN_BLOCK_BYTES = 512;
const MAX_BLOCK_BYTES = 65_536;
const CACHED_NODES = 64;

/** An entry with a key; `reader` holds it whole, its head at byte 0 and its key at byte 16. */
export interface IndexEntry {
  readonly reader: ByteReader;
  readonly keyBytes: number;
}

interface Slot {
  /** Null: the end of the node, which has no key. */
  readonly entry: IndexEntry | null;
  readonly child: number | null;
}

export class IndexTree {
  private readonly subject: string;
  private readonly root: readonly Slot[];
  private readonly blockBytes: number;
  /** Bytes that the number of a child counts: clusters, or 512 where a cluster is larger than a block. */
  private readonly unitBytes: number;
  private readonly blocks: StreamReader | null;
  private readonly nodes = new Map<number, readonly Slot[]>();

  /** @throws FormatError BAD_FILE_SYSTEM, TRUNCATED where the record does not hold this index */
  constructor(mft: Mft, base: MftRecord, name: string) {
    this.subject = `index ${name} of record ${base.number} of ${mft.source.identity}`;
    const [part] = mft.parts(base, ATTRIBUTE.indexRoot, name);
    if (!part?.value) throw bad(this.subject, 'does not exist');
    const reader = new ByteReader(part.value, this.subject);
    this.blockBytes = reader.u32(8);
    if (!isPowerOfTwo(this.blockBytes) || this.blockBytes < MIN_BLOCK_BYTES || this.blockBytes > MAX_BLOCK_BYTES) {
      throw bad(this.subject, `has blocks of ${this.blockBytes} bytes`);
    }
    const { clusterBytes } = mft.geometry;
    this.unitBytes = clusterBytes <= this.blockBytes ? clusterBytes : 512;
    this.root = this.parseNode(reader, 0x10);
    this.blocks = mft.stream(base, ATTRIBUTE.indexAllocation, name);
  }

  /**
   * The entries that compare as equal, in their order: `compare` gives less than, equal to or more than 0 where what is
   * looked for stands before, at or behind the entry.
   * @throws FormatError BAD_FILE_SYSTEM, TRUNCATED
   */
  find(compare: (entry: IndexEntry) => number): IndexEntry[] {
    const found: IndexEntry[] = [];
    this.descend(this.root, compare, found, new Set(), 0);
    return found;
  }

  /** All entries in their order. @throws as find */
  all(): IndexEntry[] {
    return this.find(() => 0);
  }

  private descend(
    node: readonly Slot[],
    compare: (entry: IndexEntry) => number,
    found: IndexEntry[],
    visited: Set<number>,
    depth: number,
  ): void {
    if (depth > MAX_DEPTH) throw bad(this.subject, `is more than ${MAX_DEPTH} levels deep`);
    for (const { entry, child } of node) {
      const order = entry ? compare(entry) : -1;
      if (order > 0) continue;
      if (child !== null) {
        if (visited.has(child)) throw bad(this.subject, `comes twice to its block ${child}`);
        visited.add(child);
        this.descend(this.node(child), compare, found, visited, depth + 1);
      }
      if (order < 0) return;
      found.push(entry!);
    }
  }

  private node(vcn: number): readonly Slot[] {
    const known = this.nodes.get(vcn);
    if (known) return known;
    const bytes = new Uint8Array(this.blockBytes);
    const at = vcn * this.unitBytes;
    if (!this.blocks || !Number.isSafeInteger(at) || this.blocks.read(at, bytes) !== this.blockBytes) {
      throw bad(this.subject, `names the block ${vcn}, which it does not have`);
    }
    const reader = restoreWords(bytes, 'INDX', `block ${vcn} of ${this.subject}`);
    if (reader.u64Number(0x10) !== vcn) throw bad(this.subject, `has the block ${reader.u64(0x10)} in place of ${vcn}`);
    const node = this.parseNode(reader, 0x18);
    if (this.nodes.size >= CACHED_NODES) this.nodes.delete(this.nodes.keys().next().value!);
    this.nodes.set(vcn, node);
    return node;
  }

  /** The slots of the node whose header stands at `headerAt`; the last one has no key. */
  private parseNode(reader: ByteReader, headerAt: number): Slot[] {
    const end = headerAt + reader.u32(headerAt + 4);
    const slots: Slot[] = [];
    let at = headerAt + reader.u32(headerAt);
    while (at + 0x10 <= end) {
      const sizeBytes = reader.u16(at + 8);
      const keyBytes = reader.u16(at + 0x0a);
      const flags = reader.u16(at + 0x0c);
      const childBytes = flags & HAS_CHILD ? 8 : 0;
      const isLast = (flags & IS_LAST) !== 0;
      if (at + sizeBytes > end || 0x10 + (isLast ? 0 : keyBytes) + childBytes > sizeBytes) {
        throw bad(this.subject, `has an entry of ${sizeBytes} bytes with a key of ${keyBytes} at ${at} of a node`);
      }
      const child = childBytes > 0 ? reader.u64Number(at + sizeBytes - 8) : null;
      if (isLast) {
        slots.push({ entry: null, child });
        return slots;
      }
      slots.push({ entry: { reader: new ByteReader(reader.slice(at, sizeBytes), this.subject), keyBytes }, child });
      at += sizeBytes;
    }
    throw bad(this.subject, 'has a node without an end');
  }
}
