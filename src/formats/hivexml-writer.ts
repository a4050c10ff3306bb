// Writes a hive as hivexml does: the same document, byte for byte, where hivexml's is right (docs/hivexml.md).

import { bytesEqual, toHex } from '../base/bytes.ts';
import { FormatError } from '../base/errors.ts';
import type { Finding } from '../base/finding.ts';
import { decodeUtf16le, encodeUtf16le } from '../base/text.ts';
import type { Hive, Key, Value } from '../registry/hive.ts';
import { attributeText, contentText, isXmlText, xmlName } from './hivexml-text.ts';
import { ATTRIBUTE, NAMESPACE } from './hivexml-types.ts';
import { formOf, type PlainForm } from './hivexml-value.ts';

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

const CHUNK_CHARACTERS = 65_536;
const FIRST_BIN_OFFSET = 4096;
const BASE_LAST_WRITTEN_OFFSET = 12;
/** From the start of the cell to the name, and, in a vk, to the size and the place of the data. */
const NK_NAME_OFFSET = 80;
const VK_NAME_OFFSET = 24;
const VK_DATA_SIZE_OFFSET = 8;
const VK_DATA_OFFSET = 12;
const RESIDENT = 0x8000_0000;
const KEY_COMP_NAME = 0x20;
const KEY_ROOT = 0x0c;
const VALUE_COMP_NAME = 0x1;

const INTERVALS_PER_SECOND = 10_000_000n;
const UNIX_EPOCH_SECONDS = 11_644_473_600;

/**
 * Writes the document to `sink` in pieces of some 64 KB, and keeps nothing. What cannot be read is left out and returned
 * as a finding (VALUE_UNREADABLE).
 */
export function writeHivexml(hive: Hive, sink: (chunk: string) => void, options: HivexmlOptions): Finding[] {
  const writer = new Writer(sink, options);
  writer.hive(hive);
  return writer.findings;
}

class Writer {
  readonly findings: Finding[] = [];
  private readonly sink: (chunk: string) => void;
  private readonly options: HivexmlOptions;
  private readonly isLossless: boolean;
  private readonly image: DataView;
  private chunk = '';
  private lastFiletime = 0n;
  private lastTime = '';

  constructor(sink: (chunk: string) => void, options: HivexmlOptions) {
    this.sink = sink;
    this.options = options;
    this.isLossless = options.lossless === true;
    this.image = new DataView(options.image.buffer, options.image.byteOffset, options.image.byteLength);
  }

  hive(hive: Hive): void {
    const lastWritten = this.image.getBigUint64(BASE_LAST_WRITTEN_OFFSET, true);
    const ours = ` xmlns:hm="${NAMESPACE}" ${ATTRIBUTE.minor}="${hive.minorVersion}" ${ATTRIBUTE.time}="${lastWritten}"`;
    this.chunk = `<?xml version="1.0" encoding="UTF-8"?>\n<hive${this.isLossless ? ours : ''}>${this.time(lastWritten)}`;
    this.key(hive.root, true, null);
    this.chunk += '</hive>\n';
    this.sink(this.chunk);
  }

  private key(key: Key, isRoot: boolean, parentSecurity: Uint8Array | null): void {
    this.options.signal?.throwIfAborted();
    const { name } = key;
    const security = this.isLossless ? key.security() : null;
    const nameBytes = key.flags & KEY_COMP_NAME ? name.length : 2 * name.length;
    this.chunk += `<node name="${xmlName(name)}"${isRoot ? ' root="1"' : ''}`;
    if (this.isLossless) this.chunk += keyAttributes(key, isRoot, security, parentSecurity);
    this.chunk += `>${this.time(key.lastWritten)}<byte_runs><byte_run file_offset="${
      FIRST_BIN_OFFSET + key.cellOffset
    }" len="${NK_NAME_OFFSET + nameBytes}"/></byte_runs>`;
    for (const value of key.values()) this.value(value, key);
    for (const subkey of key.subkeys()) this.key(subkey, false, security);
    this.chunk += '</node>';
    if (this.chunk.length >= CHUNK_CHARACTERS) {
      this.sink(this.chunk);
      this.chunk = '';
    }
  }

  private value(value: Value, key: Key): void {
    let data: Uint8Array;
    try {
      data = value.data();
    } catch (error) {
      if (!(error instanceof FormatError)) throw error;
      this.unreadable(value, key, error);
      return;
    }
    const { name } = value;
    const form = formOf(value.type, data);
    this.chunk += `<value type="${form.type}"${form.encoding} ${name === '' ? 'default="1"' : `key="${xmlName(name)}"`}`;
    if (form.text !== null) this.chunk += ` value="${form.text}"`;
    if (this.isLossless) this.chunk += valueAttributes(value, data, form);
    if (form.strings.length === 0 && form.isBare) this.chunk += '/>';
    else {
      this.chunk += '>';
      for (const string of form.strings) this.chunk += `<string>${contentText(string)}</string>`;
      this.chunk += `${form.isBare ? '' : this.byteRuns(value)}</value>`;
    }
  }

  private byteRuns({ cellOffset, name, flags }: Value): string {
    const start = FIRST_BIN_OFFSET + cellOffset;
    const structBytes = VK_NAME_OFFSET + (flags & VALUE_COMP_NAME ? name.length : 2 * name.length);
    const dataBytes = this.image.getUint32(start + VK_DATA_SIZE_OFFSET, true);
    const own = `<byte_runs><byte_run file_offset="${start}" len="${structBytes}"/>`;
    if (dataBytes >= RESIDENT || dataBytes === 0) return `${own}</byte_runs>`;
    const dataStart = FIRST_BIN_OFFSET + this.image.getUint32(start + VK_DATA_OFFSET, true);
    return `${own}<byte_run file_offset="${dataStart}" len="${dataBytes + 4}"/></byte_runs>`;
  }

  /** Whole seconds, as hivexml has them; nothing for 0 and for what has the highest bit set. */
  private time(filetime: bigint): string {
    if (filetime !== this.lastFiletime) {
      this.lastFiletime = filetime;
      this.lastTime = filetime >> 63n ? '' : `<mtime>${isoSeconds(filetime)}</mtime>`;
    }
    return filetime === 0n ? '' : this.lastTime;
  }

  private unreadable(value: Value, key: Key, error: FormatError): void {
    this.findings.push({
      code: 'VALUE_UNREADABLE',
      severity: 'error',
      where: { file: this.options.file, offset: FIRST_BIN_OFFSET + value.cellOffset, key: key.path.join('\\') },
      text: `The value "${value.name}" is left out: ${error.message}.`,
    });
  }
}

function isoSeconds(filetime: bigint): string {
  const date = new Date((Number(filetime / INTERVALS_PER_SECOND) - UNIX_EPOCH_SECONDS) * 1000);
  const text = date.toISOString();
  // Years of five digits: JavaScript writes +030828, hivexml 30828.
  return `${text.startsWith('+') ? text.slice(2, 21) : text.slice(0, 19)}Z`.replace(/^0/, '');
}

function keyAttributes(
  key: Key,
  isRoot: boolean,
  security: Uint8Array | null,
  parentSecurity: Uint8Array | null,
): string {
  let text = `${exactName(key.name)} ${ATTRIBUTE.time}="${key.lastWritten}"`;
  const { classBytes } = key;
  if (classBytes !== null) {
    const className = decodeUtf16le(classBytes);
    const isText = classBytes.byteLength % 2 === 0 && isXmlText(className);
    text += isText
      ? ` ${ATTRIBUTE.className}="${attributeText(className)}"`
      : ` ${ATTRIBUTE.classHex}="${toHex(classBytes)}"`;
  }
  const isInherited = security !== null && parentSecurity !== null && bytesEqual(security, parentSecurity);
  if (!isInherited) text += ` ${ATTRIBUTE.security}="${security === null ? '' : toHex(security)}"`;
  const usual = (isRoot ? KEY_ROOT : 0) | (isLatin1(key.name) ? KEY_COMP_NAME : 0);
  return key.flags === usual ? text : `${text} ${ATTRIBUTE.flags}="0x${key.flags.toString(16)}"`;
}

function valueAttributes(value: Value, data: Uint8Array, form: PlainForm): string {
  let text = exactName(value.name);
  if (form.needsType) text += ` ${ATTRIBUTE.type}="${value.type}"`;
  if (!form.isExact(data)) text += ` ${ATTRIBUTE.hex}="${toHex(data)}"`;
  const usual = isLatin1(value.name) ? VALUE_COMP_NAME : 0;
  return value.flags === usual ? text : `${text} ${ATTRIBUTE.flags}="0x${value.flags.toString(16)}"`;
}

/** What XML cannot hold stands as U+FFFD, and so a name with a U+FFFD of its own is told in full too. */
function exactName(name: string): string {
  return isXmlText(name) && !name.includes('\ufffd') ? '' : ` ${ATTRIBUTE.name}="${toHex(encodeUtf16le(name))}"`;
}

function isLatin1(name: string): boolean {
  return !/[^\u0000-\u00ff]/.test(name);
}
