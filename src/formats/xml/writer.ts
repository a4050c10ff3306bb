// Writes a hive as hivexml does: the same document, byte for byte, where hivexml's is right (docs/hivexml.md).

import { bytesEqual } from '../../base/bytes.ts';
import type { Finding } from '../../base/finding.ts';
import { printable } from '../../base/text.ts';
import type { Hive, Key } from '../../registry/hive.ts';
import { readData } from '../../registry/value.ts';
import { literal, Output } from './output.ts';
import { ATTRIBUTE, NAMESPACE } from './types-in-words.ts';
import { type ByteRange, exactName, hexAttribute, isLatin1, ValueWriter } from './value.ts';

export interface HivexmlOptions {
  /** The image that the hive is read from: offsets of data and the base block's time stand in the document. */
  readonly image: Uint8Array;
  /** What findings name. */
  readonly file: string;
  /** Adds the attributes that make a document which can be imported without loss. */
  readonly lossless?: boolean;
  /** Checked between keys; its reason is thrown. */
  readonly signal?: AbortSignal;
}

const FIRST_BIN_OFFSET = 4096;
const BASE_LAST_WRITTEN_OFFSET = 12;
/** From the start of the nk cell to the name. */
const NK_NAME_OFFSET = 80;
const KEY_COMP_NAME = 0x20;
/** What the root's flags are but for the name's. */
const ROOT_FLAGS = 0x0c;

const NODE = literal('<node name="');
const ROOT = literal(' root="1"');
const END = literal('>');
const MTIME = literal('<mtime>');
const MTIME_END = literal('</mtime>');
const RUN = literal('<byte_runs><byte_run file_offset="');
const LENGTH = literal('" len="');
const RUN_END = literal('"/></byte_runs>');
const NODE_END = literal('</node>');
const QUOTE = literal('"');

const INTERVALS_PER_SECOND = 10_000_000n;
const UNIX_EPOCH_SECONDS = 11_644_473_600;

/**
 * Writes the document to `sink` in pieces of some 64 KB, and keeps nothing of it. A value whose data cannot be read whole
 * is left out and returned as a finding, VALUE_UNREADABLE. FormatError BAD_CELL where the
 * reader finds a damaged list, after what came before it was written.
 */
export function writeHivexml(hive: Hive, sink: (chunk: string) => void, options: HivexmlOptions): Finding[] {
  // A piece ends between characters.
  const decoder = new TextDecoder('utf-8', { ignoreBOM: true });
  return writeHivexmlBytes(hive, (chunk) => sink(decoder.decode(chunk)), options);
}

/** As writeHivexml, in UTF-8. */
export function writeHivexmlBytes(hive: Hive, sink: (chunk: Uint8Array) => void, options: HivexmlOptions): Finding[] {
  const writer = new Writer(sink, options);
  writer.hive(hive);
  return writer.findings;
}

/** What a reader says of a key; the name is UTF-16LE. */
interface KeyFacts {
  readonly name: ByteRange;
  readonly flags: number;
  readonly cellOffset: number;
  readonly lastWritten: bigint;
  readonly isRoot: boolean;
  /** Asked for in lossless documents only. */
  classBytes(): Uint8Array | null;
  security(): Uint8Array | null;
}

class Writer {
  readonly findings: Finding[] = [];
  private readonly output: Output;
  private readonly values: ValueWriter;
  private readonly options: HivexmlOptions;
  private readonly isLossless: boolean;
  private readonly image: DataView;
  private lastFiletime = -1n;
  private lastTime = '';
  private readonly clock = new Clock();
  /** The descriptors of the keys that are open, outermost first. */
  private readonly securities: (Uint8Array | null)[] = [];
  private readonly scratch = new NameBuffer();

  constructor(sink: (chunk: Uint8Array) => void, options: HivexmlOptions) {
    this.options = options;
    this.isLossless = options.lossless === true;
    this.image = new DataView(options.image.buffer, options.image.byteOffset, options.image.byteLength);
    this.output = new Output(sink);
    this.values = new ValueWriter(this.output, this.image, this.isLossless);
  }

  hive(hive: Hive): void {
    const lastWritten = this.image.getBigUint64(BASE_LAST_WRITTEN_OFFSET, true);
    const ours = ` xmlns:hm="${NAMESPACE}" ${ATTRIBUTE.minor}="${hive.minorVersion}" ${ATTRIBUTE.time}="${lastWritten}"`;
    this.output.ascii(`<?xml version="1.0" encoding="UTF-8"?>\n<hive${this.isLossless ? ours : ''}>`);
    this.time(lastWritten);
    this.tree(hive.root, true);
    this.output.ascii('</hive>\n');
    this.output.endPiece(true);
  }

  private tree(key: Key, isRoot: boolean): void {
    const { flags, cellOffset, lastWritten } = key;
    const name = this.scratch.place(key.name);
    const classBytes = () => key.classBytes;
    this.openKey({ name, flags, cellOffset, lastWritten, isRoot, classBytes, security: () => key.security() });
    for (const value of key.values()) {
      const data = readData(value);
      if (data === null) this.unreadable(value.name, value.cellOffset, key.path);
      else {
        const { type, flags, cellOffset } = value;
        this.values.value({ name: this.scratch.place(value.name), type, flags, cellOffset, data: placeOf(data) });
      }
    }
    for (const subkey of key.subkeys()) this.tree(subkey, false);
    this.closeKey();
  }

  private openKey(key: KeyFacts): void {
    this.options.signal?.throwIfAborted();
    const { output } = this;
    const { bytes, start, end } = key.name;
    output.put(NODE);
    output.utf16(bytes, start, end);
    output.put(QUOTE);
    if (key.isRoot) output.put(ROOT);
    if (this.isLossless) this.keyAttributes(key);
    output.put(END);
    this.time(key.lastWritten);
    output.put(RUN);
    output.decimal(FIRST_BIN_OFFSET + key.cellOffset);
    output.put(LENGTH);
    output.decimal(NK_NAME_OFFSET + (key.flags & KEY_COMP_NAME ? (end - start) / 2 : end - start));
    output.put(RUN_END);
  }

  private closeKey(): void {
    this.securities.pop();
    this.output.put(NODE_END);
    this.output.endPiece();
  }

  private keyAttributes(key: KeyFacts): void {
    const { output } = this;
    exactName(output, key.name);
    output.ascii(` ${ATTRIBUTE.time}="${key.lastWritten}"`);
    const classBytes = key.classBytes();
    if (classBytes !== null) this.classAttribute(placeOf(classBytes));
    const security = key.security();
    const parents = this.securities.at(-1) ?? null;
    const isParents = security !== null && parents !== null && bytesEqual(security, parents);
    if (!isParents) hexAttribute(output, ATTRIBUTE.security, placeOf(security ?? new Uint8Array()));
    this.securities.push(security);
    const usual = (key.isRoot ? ROOT_FLAGS : 0) | (isLatin1(key.name) ? KEY_COMP_NAME : 0);
    if (key.flags !== usual) output.ascii(` ${ATTRIBUTE.flags}="0x${key.flags.toString(16)}"`);
  }

  private classAttribute(name: ByteRange): void {
    const { output } = this;
    const mark = output.mark;
    output.ascii(` ${ATTRIBUTE.className}="`);
    const isWhole = name.end % 2 === 0 && output.utf16(name.bytes, name.start, name.end);
    output.put(QUOTE);
    if (isWhole) return;
    output.takeBack(mark);
    hexAttribute(output, ATTRIBUTE.classHex, name);
  }

  /** Whole seconds, as hivexml has them; nothing for 0 and for what has the highest bit set. */
  private time(filetime: bigint): void {
    if (filetime !== this.lastFiletime) {
      this.lastFiletime = filetime;
      const isShown = filetime !== 0n && filetime >> 63n === 0n;
      this.lastTime = isShown ? this.clock.text(Number(filetime / INTERVALS_PER_SECOND) - UNIX_EPOCH_SECONDS) : '';
    }
    if (this.lastTime === '') return;
    this.output.put(MTIME);
    this.output.ascii(this.lastTime);
    this.output.put(MTIME_END);
  }

  private unreadable(name: string, cellOffset: number, path: readonly string[]): void {
    this.findings.push({
      code: 'VALUE_UNREADABLE',
      severity: 'error',
      where: { file: this.options.file, offset: FIRST_BIN_OFFSET + cellOffset, key: path.join('\\') },
      text: `The data of the value "${printable(name)}" cannot be read whole, and the value is skipped.`,
    });
  }
}

/** One buffer for all names: each is written before the next is asked for. */
class NameBuffer {
  private bytes = new Uint8Array(1024);
  private readonly last = { bytes: this.bytes, start: 0, end: 0 };

  /** `text` as UTF-16LE, valid until the next call. */
  place(text: string): ByteRange {
    const bytes = this.room(2 * text.length);
    for (let i = 0; i < text.length; i += 1) {
      const unit = text.charCodeAt(i);
      bytes[2 * i] = unit & 0xff;
      bytes[2 * i + 1] = unit >> 8;
    }
    return this.last;
  }

  private room(sizeBytes: number): Uint8Array {
    if (sizeBytes > this.bytes.byteLength) this.bytes = new Uint8Array(2 * sizeBytes);
    this.last.bytes = this.bytes;
    this.last.end = sizeBytes;
    return this.bytes;
  }
}

function placeOf(bytes: Uint8Array): ByteRange {
  return { bytes, start: 0, end: bytes.byteLength };
}

const SECONDS_PER_DAY = 86_400;
const TWO_DIGITS = Array.from({ length: 60 }, (_, number) => number.toString().padStart(2, '0'));

/** ISO times of whole seconds; the date is worked out once for each day that follows another. */
class Clock {
  private day = Number.NaN;
  private date = '';

  /** `seconds` since 1970. Years of five digits have no sign, as hivexml writes them. */
  text(seconds: number): string {
    const day = Math.floor(seconds / SECONDS_PER_DAY);
    if (day !== this.day) {
      this.day = day;
      this.date = new Date(day * SECONDS_PER_DAY * 1000).toISOString().split('T')[0]!.replace(/^\+0?/, '');
    }
    const rest = seconds - day * SECONDS_PER_DAY;
    const hour = TWO_DIGITS[Math.floor(rest / 3600)]!;
    const minute = TWO_DIGITS[Math.floor(rest / 60) % 60]!;
    return `${this.date}T${hour}:${minute}:${TWO_DIGITS[rest % 60]!}Z`;
  }
}
