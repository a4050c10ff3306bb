// Writes a hive as hivexml does: the same document, byte for byte, where hivexml's is right (docs/hivexml.md).

import { bytesEqual, toHex } from '../../base/bytes.ts';
import type { Finding } from '../../base/finding.ts';
import { pour } from '../../base/lists.ts';
import { decodeUtf16le, printable } from '../../base/text.ts';
import type { Hive, Key, Value } from '../../registry/hive.ts';
import { filteredKeys } from '../../registry/key-filter.ts';
import { readData } from '../../registry/value.ts';
import { attribute, attributeText, isXmlText } from './escape.ts';
import { ATTRIBUTE, NAMESPACE } from './types-in-words.ts';
import { exactName, isLatin1, valueElement } from './value.ts';

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

const CHUNK_LENGTH = 65_536;
const FIRST_BIN_OFFSET = 4096;
const BASE_LAST_WRITTEN_OFFSET = 12;
/** From the start of the nk cell to the name. */
const NK_NAME_OFFSET = 80;
const KEY_COMP_NAME = 0x20;
/** What the root's flags are but for the name's. */
const ROOT_FLAGS = 0x0c;
const NODE_END = '</node>';

const INTERVALS_PER_SECOND = 10_000_000n;
const UNIX_EPOCH_SECONDS = 11_644_473_600;

/**
 * Writes the document to `sink` in pieces of some 64 KB, and keeps nothing of it. A value whose data cannot be read whole
 * is left out and returned as a finding, VALUE_UNREADABLE. FormatError BAD_CELL where the
 * reader finds a damaged list, after what came before it was written.
 */
export function writeHivexml(hive: Hive, sink: (chunk: string) => void, options: HivexmlOptions): Finding[] {
  return pour(hivexmlChunks(hive, options), sink);
}

/** The same pieces for who wants to take them at his own pace; nothing is read ahead of them. */
export function* hivexmlChunks(hive: Hive, options: HivexmlOptions): Generator<string, Finding[]> {
  const { image, signal, lossless = false } = options;
  const view = new DataView(image.buffer, image.byteOffset, image.byteLength);
  const findings: Finding[] = [];
  const lastWritten = view.getBigUint64(BASE_LAST_WRITTEN_OFFSET, true);
  const ours = ` xmlns:hm="${NAMESPACE}" ${ATTRIBUTE.minor}="${hive.minorVersion}" ${ATTRIBUTE.time}="${lastWritten}"`;
  let text = `<?xml version="1.0" encoding="UTF-8"?>\n<hive${lossless ? ours : ''}>${timeElement(lastWritten)}`;
  /** The descriptors of the keys that are open, outermost first. */
  const securities: (Uint8Array | null)[] = [];
  let open = 0;
  for (const key of filteredKeys(hive, {})) {
    signal?.throwIfAborted();
    const depth = key.path.length;
    text += NODE_END.repeat(open - depth);
    open = depth + 1;
    securities.length = depth;
    text += openKey(key, lossless ? securities : null);
    for (const value of key.values()) {
      const data = readData(value);
      if (data === null) findings.push(unreadable(value, key, options.file));
      else text += valueElement(value, data, view, lossless);
    }
    if (text.length < CHUNK_LENGTH) continue;
    yield text;
    text = '';
  }
  yield `${text}${NODE_END.repeat(open)}</hive>\n`;
  return findings;
}

/** Up to its first value; `securities` only in lossless documents. */
function openKey(key: Key, securities: (Uint8Array | null)[] | null): string {
  const { name, flags } = key;
  const isRoot = key.path.length === 0;
  const nameSizeBytes = flags & KEY_COMP_NAME ? name.length : 2 * name.length;
  return (
    `<node name="${attributeText(name)}"${isRoot ? ' root="1"' : ''}` +
    `${securities === null ? '' : keyAttributes(key, isRoot, securities)}>${timeElement(key.lastWritten)}` +
    `<byte_runs><byte_run file_offset="${FIRST_BIN_OFFSET + key.cellOffset}" len="${NK_NAME_OFFSET + nameSizeBytes}"/></byte_runs>`
  );
}

function keyAttributes(key: Key, isRoot: boolean, securities: (Uint8Array | null)[]): string {
  const { name, flags, classBytes } = key;
  let text = exactName(name) + attribute(ATTRIBUTE.time, key.lastWritten.toString());
  if (classBytes !== null) text += classAttribute(classBytes);
  const security = key.security();
  const parents = securities.at(-1) ?? null;
  const isParents = security !== null && parents !== null && bytesEqual(security, parents);
  if (!isParents) text += attribute(ATTRIBUTE.security, toHex(security ?? new Uint8Array()));
  securities.push(security);
  const usual = (isRoot ? ROOT_FLAGS : 0) | (isLatin1(name) ? KEY_COMP_NAME : 0);
  return flags === usual ? text : text + attribute(ATTRIBUTE.flags, `0x${flags.toString(16)}`);
}

function classAttribute(bytes: Uint8Array): string {
  const name = decodeUtf16le(bytes);
  return bytes.byteLength % 2 === 0 && isXmlText(name)
    ? attribute(ATTRIBUTE.className, name)
    : attribute(ATTRIBUTE.classHex, toHex(bytes));
}

/** Whole seconds, as hivexml has them; nothing for 0 and for what has the highest bit set. Years of five digits have no sign. */
function timeElement(filetime: bigint): string {
  if (filetime === 0n || filetime >> 63n !== 0n) return '';
  const seconds = Number(filetime / INTERVALS_PER_SECOND) - UNIX_EPOCH_SECONDS;
  const iso = new Date(seconds * 1000).toISOString().replace(/^\+0?/, '').replace('.000Z', 'Z');
  return `<mtime>${iso}</mtime>`;
}

function unreadable({ name, cellOffset }: Value, { path }: Key, file: string): Finding {
  return {
    code: 'VALUE_UNREADABLE',
    severity: 'error',
    where: { file, offset: FIRST_BIN_OFFSET + cellOffset, key: path.join('\\') },
    text: `The data of the value "${printable(name)}" cannot be read whole, and the value is skipped.`,
  };
}
