// JSON lines of a hive: one record a line, the manifest first, counts and findings last, nothing kept in memory.

import { bytesEqual, toHex } from '../../base/bytes.ts';
import { FormatError, HivemendError } from '../../base/errors.ts';
import type { Finding } from '../../base/finding.ts';
import { pour } from '../../base/lists.ts';
import { orNull } from '../../base/or-null.ts';
import { decodeUtf16le, printableJson } from '../../base/text.ts';
import { filetimeToIso } from '../../base/time.ts';
import type { Hive, Key, Value } from '../../registry/hive.ts';
import { filteredKeys, type KeyFilter } from '../../registry/key-filter.ts';
import { formatKeyPath } from '../../registry/path.ts';
import { decodeValue, readData, typeText } from '../../registry/value.ts';
import { SddlTexts } from '../../security/index.ts';
import type {
  EndRecord,
  HiveRecord,
  JsonRecord,
  KeyRecordLine,
  RemnantRecord,
  TimeRecord,
  ValueRecordLine,
} from './json-records.ts';

export interface JsonLinesOptions extends KeyFilter {
  readonly manifest: Omit<HiveRecord, 'record' | 'schema'>;
  /** Records of remnants, after all that is in the hive. */
  readonly remnants?: Iterable<KeyRecordLine | ValueRecordLine>;
  /** Asked at the end: what was remarked of the hive, damage met on the way included. */
  readonly findings: () => readonly Finding[];
  /** Checked between keys. */
  readonly signal?: AbortSignal;
}

export interface JsonLinesCounts {
  readonly keys: number;
  readonly values: number;
  readonly remnants: number;
}

/** Writes the records of one hive to `sink`, whole lines at a time, in pieces of some 64 KB. */
export function writeJsonLines(hive: Hive, sink: (chunk: string) => void, options: JsonLinesOptions): JsonLinesCounts {
  return pour(jsonLines(hive, options), sink);
}

/** The same pieces for who wants to take them at his own pace; nothing is read ahead of them. */
export function* jsonLines(hive: Hive, options: JsonLinesOptions): Generator<string, JsonLinesCounts> {
  const lines = new LineBuffer();
  const { source } = options.manifest;
  lines.put(hiveLine(options.manifest));
  const security = new SddlCache();
  let keys = 0;
  let values = 0;
  let remnants = 0;
  for (const key of filteredKeys(hive, options)) {
    options.signal?.throwIfAborted();
    const ofKey = key.values();
    const path = formatKeyPath(key.path);
    const context = { source, path, lastWritten: timeRecord(key.lastWritten), remnant: null };
    lines.put(recordLine(keyRecord(key, context, ofKey.length, security.textOf(key))));
    for (const value of ofKey) {
      lines.put(recordLine(valueRecord(value, context)));
      if (lines.isFull) yield lines.take();
    }
    keys += 1;
    values += ofKey.length;
  }
  for (const remnant of options.remnants ?? []) {
    options.signal?.throwIfAborted();
    lines.put(recordLine(remnant));
    if (lines.isFull) yield lines.take();
    remnants += 1;
  }
  lines.put(endLine({ source, keys, values, remnants, findings: options.findings() }));
  yield lines.take();
  return { keys, values, remnants };
}

/** The first line of a hive. */
export function hiveLine(manifest: JsonLinesOptions['manifest']): string {
  return recordLine({ record: 'hive', schema: 1, ...manifest });
}

/** The last line of a hive that was read. */
export function endLine(members: Omit<EndRecord, 'record'>): string {
  return recordLine({ record: 'end', ...members });
}

/** The line that stands for a hive that cannot be read. */
export function errorLine(source: string, error: HivemendError): string {
  return recordLine({ record: 'error', source, error: error.toJSON() });
}

function recordLine(record: JsonRecord): string {
  return `${printableJson(JSON.stringify(record))}\n`;
}

export function timeRecord(filetime: bigint): TimeRecord {
  return { iso: filetimeToIso(filetime), filetime: filetime.toString() };
}

function keyRecord(key: Key, context: KeyContext, values: number, sddl: string | null): KeyRecordLine {
  const { classBytes } = key;
  return {
    record: 'key',
    source: context.source,
    path: context.path,
    name: key.name,
    lastWritten: context.lastWritten,
    className: classBytes === null ? null : decodeUtf16le(classBytes),
    sddl,
    flags: key.flags,
    subkeys: key.subkeys().length,
    values,
    cellOffset: key.cellOffset,
    remnant: context.remnant,
  };
}

interface ValueContext {
  readonly source: string;
  readonly path: string | null;
  readonly lastWritten: TimeRecord | null;
  readonly remnant: RemnantRecord;
}

interface KeyContext extends ValueContext {
  readonly path: string;
  readonly lastWritten: TimeRecord;
}

/** The record of a value; `value` may be a remnant. */
export function valueRecord(
  value: Pick<Value, 'name' | 'type' | 'cellOffset' | 'data'>,
  context: ValueContext,
): ValueRecordLine {
  const data = readData(value as Value);
  return {
    record: 'value',
    source: context.source,
    path: context.path,
    name: value.name,
    type: typeText(value.type),
    typeNumber: value.type >>> 0,
    data: data === null ? null : meaning(value.type, data),
    hex: data === null ? null : toHex(data),
    lastWritten: context.lastWritten,
    cellOffset: value.cellOffset,
    remnant: context.remnant,
  };
}

function meaning(type: number, data: Uint8Array): ValueRecordLine['data'] {
  const decoded = decodeValue(type, data);
  switch (decoded.kind) {
    case 'string':
      return decoded.text;
    case 'strings':
      return decoded.texts;
    case 'number':
      return decoded.number;
    case 'qword':
      return decoded.number.toString();
    case 'bytes':
      return null;
  }
}

/** Few descriptors are shared by many keys: each is read once. */
class SddlCache {
  private readonly texts = new SddlTexts();
  /** By hash. */
  private readonly known = new Map<number, { readonly bytes: Uint8Array; readonly text: string | null }[]>();

  textOf(key: Key): string | null {
    const bytes = descriptorOf(key);
    if (bytes === null) return null;
    const hash = hashOf(bytes);
    const sameHash = this.known.get(hash) ?? [];
    const known = sameHash.find((entry) => bytesEqual(entry.bytes, bytes));
    if (known) return known.text;
    const text = sddlText(bytes, this.texts);
    this.known.set(hash, [...sameHash, { bytes, text }]);
    return text;
  }
}

/** FNV-1a. */
function hashOf(bytes: Uint8Array): number {
  let hash = 0x811c_9dc5;
  for (let i = 0; i < bytes.byteLength; i += 1) hash = Math.imul(hash ^ bytes[i]!, 0x0100_0193);
  return hash;
}

function descriptorOf(key: Key): Uint8Array | null {
  try {
    return key.security();
  } catch (error) {
    if (error instanceof FormatError) return null;
    throw error;
  }
}

/** The SDDL of a descriptor, null where its bytes are none; `texts` is for many of them. */
export function sddlText(descriptor: Uint8Array, texts = new SddlTexts()): string | null {
  return orNull(HivemendError, () => texts.textOf(descriptor));
}

const CHUNK_LENGTH = 65_536;

class LineBuffer {
  private text = '';

  put(line: string): void {
    this.text += line;
  }

  get isFull(): boolean {
    return this.text.length >= CHUNK_LENGTH;
  }

  take(): string {
    const { text } = this;
    this.text = '';
    return text;
  }
}
