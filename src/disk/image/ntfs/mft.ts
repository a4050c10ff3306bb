// The master file table: records by number, and the attributes of a file wherever an attribute list puts them.

import { ByteReader } from '../../../base/bytes.ts';
import { FormatError } from '../../../base/errors.ts';
import { decodeUtf16le } from '../../../base/text.ts';
import type { BlockSource } from '../blocks.ts';
import { bad } from './bad.ts';
import type { NtfsGeometry } from './boot.ts';
import {
  ATTRIBUTE,
  type AttributePart,
  type FileReference,
  type MftRecord,
  parseRecord,
  readReference,
} from './record.ts';
import type { Run } from './runs.ts';
import { joinParts, type Stream, StreamReader } from './stream.ts';

/** What Windows allows an attribute list to be. */
const MAX_LIST_BYTES = 256 * 1024;
const CACHED_RECORDS = 512;

interface ListEntry {
  readonly type: number;
  readonly name: string;
  readonly lowestVcn: number;
  readonly reference: FileReference;
  readonly instance: number;
}

export class Mft {
  readonly source: BlockSource;
  readonly geometry: NtfsGeometry;
  /** Its first record is damaged: what $MFTMirr holds of it was gone by. */
  readonly isOfMirror: boolean;
  private data: StreamReader;
  private readonly records = new Map<number, MftRecord>();
  private readonly lists = new WeakMap<MftRecord, readonly ListEntry[]>();

  /** @throws FormatError BAD_FILE_SYSTEM, TRUNCATED where $MFT cannot be followed; what `source` throws */
  constructor(source: BlockSource, geometry: NtfsGeometry) {
    this.source = source;
    this.geometry = geometry;
    const { first, isOfMirror } = this.firstRecord();
    this.isOfMirror = isOfMirror;
    this.records.set(0, first);
    const subject = `$MFT of ${source.identity}`;
    const own = first.attributes.find((part) => isStream(part, ATTRIBUTE.data, '') && part.lowestVcn === 0);
    if (!own) throw bad(subject, 'does not have data in its first record');
    const parts = [own];
    const runs = own.runs();
    this.data = this.dataSoFar(own, runs, subject);
    // Each further part is named by a record that lies in the parts before it.
    const others = this.listOf(first)?.filter((entry) => isStream(entry, ATTRIBUTE.data, '') && entry.lowestVcn > 0);
    for (const entry of (others ?? []).sort((a, b) => a.lowestVcn - b.lowestVcn)) {
      const part = this.listed(first, entry);
      if (part.lowestVcn !== endOf(runs)) {
        throw bad(subject, `has a part from cluster ${part.lowestVcn} on, expected one from ${endOf(runs)}`);
      }
      parts.push(part);
      for (const run of part.runs()) runs.push(run);
      this.data = this.dataSoFar(own, runs, subject);
    }
    this.data = new StreamReader(source, geometry, joinParts(parts, geometry, subject));
  }

  /** How many records there are, used or not. */
  get count(): number {
    return Math.floor(this.data.stream.sizeBytes / this.geometry.recordBytes);
  }

  /** @throws FormatError BAD_FILE_SYSTEM, TRUNCATED */
  record(number: number): MftRecord {
    const known = this.records.get(number);
    if (known) return known;
    const record = this.parse(this.recordBytes(number), number);
    if (this.records.size >= CACHED_RECORDS) this.records.delete(this.records.keys().next().value!);
    this.records.set(number, record);
    return record;
  }

  /** The record as it lies on the disk. @throws FormatError BAD_FILE_SYSTEM */
  recordBytes(number: number): Uint8Array {
    const { recordBytes } = this.geometry;
    const bytes = new Uint8Array(recordBytes);
    if (number >= this.count || this.data.read(number * recordBytes, bytes) !== recordBytes) {
      throw bad(`record ${number} of ${this.source.identity}`, `was named, but $MFT has ${this.count} records`);
    }
    return bytes;
  }

  /** The base record of a file that something refers to. @throws FormatError BAD_FILE_SYSTEM where it is another file's */
  file(reference: FileReference): MftRecord {
    const record = this.record(reference.record);
    if (!record.isInUse || record.base || record.sequence !== reference.sequence) {
      throw bad(
        `record ${record.number} of ${this.source.identity}`,
        `was named with the sequence ${reference.sequence}, but it has ${record.sequence}${record.isInUse ? '' : ' and is free'}${record.base ? ' and extends another' : ''}`,
      );
    }
    return record;
  }

  /** The parts of the attributes of one type and name, in the base record and its extensions. */
  parts(base: MftRecord, type: number, name: string): AttributePart[] {
    const list = this.listOf(base);
    if (!list) return base.attributes.filter((part) => isStream(part, type, name));
    return list.filter((entry) => isStream(entry, type, name)).map((entry) => this.listed(base, entry));
  }

  /** Numbers of all records that a file uses: its base and what its attribute list names. */
  recordsOf(base: MftRecord): number[] {
    return [...new Set([base.number, ...(this.listOf(base) ?? []).map(({ reference }) => reference.record)])];
  }

  /** Names of the streams of a type, in the order of the records. */
  names(base: MftRecord, type: number): string[] {
    const all: readonly { readonly type: number; readonly name: string }[] = this.listOf(base) ?? base.attributes;
    return [...new Set(all.filter((each) => each.type === type).map((each) => each.name))];
  }

  /** One attribute; null where the file does not have it. @throws FormatError BAD_FILE_SYSTEM */
  stream(base: MftRecord, type: number, name = ''): StreamReader | null {
    const parts = this.parts(base, type, name);
    if (parts.length === 0) return null;
    const subject = `attribute 0x${type.toString(16)} of record ${base.number} of ${this.source.identity}`;
    return new StreamReader(this.source, this.geometry, joinParts(parts, this.geometry, subject));
  }

  private parse(bytes: Uint8Array, number: number): MftRecord {
    return parseRecord(bytes, number, this.geometry, this.source.identity);
  }

  /** From where the boot sector says, or from the mirror. */
  private firstRecord(): { readonly first: MftRecord; readonly isOfMirror: boolean } {
    const { mftCluster, mirrorCluster, clusterBytes, recordBytes } = this.geometry;
    const at = (cluster: number): MftRecord => {
      const bytes = new Uint8Array(recordBytes);
      this.source.read(cluster * clusterBytes, bytes);
      return this.parse(bytes, 0);
    };
    try {
      return { first: at(mftCluster), isOfMirror: false };
    } catch (error) {
      if (!(error instanceof FormatError)) throw error;
      try {
        return { first: at(mirrorCluster), isOfMirror: true };
      } catch {
        throw error;
      }
    }
  }

  /** $MFT as far as `runs` cover it. */
  private dataSoFar(own: AttributePart, runs: readonly Run[], subject: string): StreamReader {
    const sizeBytes = Math.min(own.realBytes, endOf(runs) * this.geometry.clusterBytes);
    const initialisedBytes = Math.min(own.initialisedBytes, sizeBytes);
    const stream: Stream = { subject, flags: 0, sizeBytes, initialisedBytes, value: null, runs, unitClusters: 0 };
    return new StreamReader(this.source, this.geometry, stream);
  }

  /** The part that an entry of the list of `base` names. */
  private listed(base: MftRecord, entry: ListEntry): AttributePart {
    const { record: number, sequence } = entry.reference;
    const record = number === base.number ? base : this.record(number);
    const isExtension = record.base?.record === base.number && record.base.sequence === base.sequence;
    const part = record.attributes.find(
      ({ type, name, instance }) => type === entry.type && name === entry.name && instance === entry.instance,
    );
    if (!record.isInUse || record.sequence !== sequence || !(isExtension || record === base) || !part) {
      throw bad(
        `the attribute list of record ${base.number} of ${this.source.identity}`,
        `names attribute 0x${entry.type.toString(16)} (instance ${entry.instance}) in record ${number}, which does not hold it`,
      );
    }
    return part;
  }

  private listOf(base: MftRecord): readonly ListEntry[] | null {
    const known = this.lists.get(base);
    if (known) return known;
    const parts = base.attributes.filter(({ type }) => type === ATTRIBUTE.list);
    if (parts.length === 0) return null;
    const subject = `the attribute list of record ${base.number} of ${this.source.identity}`;
    const stream = new StreamReader(this.source, this.geometry, joinParts(parts, this.geometry, subject));
    const list = parseList(new ByteReader(stream.readAll(MAX_LIST_BYTES), subject), subject);
    this.lists.set(base, list);
    return list;
  }
}

function parseList(reader: ByteReader, subject: string): ListEntry[] {
  const entries: ListEntry[] = [];
  for (let at = 0; at + 0x1a <= reader.sizeBytes; ) {
    const sizeBytes = reader.u16(at + 4);
    if (sizeBytes < 0x1a) throw bad(subject, `has an entry of ${sizeBytes} bytes at ${at}`);
    entries.push({
      type: reader.u32(at),
      name: decodeUtf16le(reader.slice(at + reader.u8(at + 7), 2 * reader.u8(at + 6))),
      lowestVcn: reader.u64Number(at + 8),
      reference: readReference(reader, at + 0x10),
      instance: reader.u16(at + 0x18),
    });
    at += sizeBytes;
  }
  return entries;
}

function endOf(runs: readonly Run[]): number {
  const last = runs.at(-1);
  return last ? last.vcn + last.clusters : 0;
}

function isStream(each: { readonly type: number; readonly name: string }, type: number, name: string): boolean {
  return each.type === type && each.name === name;
}
