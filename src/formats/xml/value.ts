// How hivexml shows a value, and where it must be shown otherwise.

import { toHex } from '../../base/bytes.ts';
import { decodeUtf16le, encodeLatin1, encodeUtf16le } from '../../base/text.ts';
import type { Value } from '../../registry/hive.ts';
import * as reg from '../../registry/value.ts';
import { encodeBase64 } from './base64.ts';
import { attribute, attributeText, contentText, isXmlText } from './escape.ts';
import { ATTRIBUTE } from './types-in-words.ts';

const FIRST_BIN_OFFSET = 4096;
/** From the start of the vk cell to the size and the place of the data, and to the name. */
const VK_DATA_SIZE_OFFSET = 8;
const VK_DATA_OFFSET = 12;
const VK_NAME_OFFSET = 24;
const RESIDENT = 0x8000_0000;
const VALUE_COMP_NAME = 0x1;

/** hivexml's names of the types by number. */
const TYPES: readonly string[] = [
  'none',
  'string',
  'expand',
  'binary',
  'int32',
  'int32',
  'link',
  'string-list',
  'resource-list',
  'resource-description',
  'resource-requirements',
  'int64',
];

const NUMBER_BYTES: Readonly<Record<number, number>> = {
  [reg.REG_DWORD]: 4,
  [reg.REG_DWORD_BIG_ENDIAN]: 4,
  [reg.REG_QWORD]: 8,
};

/** A <value>, and whether reading its plain form gives the type's number and the bytes again. */
interface Shown {
  readonly type: string;
  readonly isBase64?: boolean;
  /** The attribute; undefined: there is none. */
  readonly text?: string;
  readonly strings?: readonly string[];
  readonly keepsType: boolean;
  readonly keepsData: boolean;
}

/**
 * The element of a value, as hivexml writes it but for what it gets wrong: text that XML cannot hold is base64 (as it does
 * for unpaired surrogates), and a number of another size than its type's is unknown, not -1 and not cut off.
 */
export function valueElement(value: Value, data: Uint8Array, image: DataView, isLossless: boolean): string {
  const { name } = value;
  const shown = shownValue(value.type, data);
  const head =
    `<value type="${shown.type}"${shown.isBase64 ? ' encoding="base64"' : ''}` +
    (name === '' ? ' default="1"' : ` key="${attributeText(name)}"`) +
    (shown.text === undefined ? '' : ` value="${shown.text}"`) +
    (isLossless ? losslessAttributes(value, data, shown) : '');
  // hivexml gives a value without data no byte runs.
  if (shown.text === undefined && shown.strings === undefined) return `${head}/>`;
  const strings = (shown.strings ?? []).map((text) => `<string>${contentText(text)}</string>`);
  return `${head}>${strings.join('')}${byteRuns(value, image)}</value>`;
}

function shownValue(type: number, data: Uint8Array): Shown {
  switch (type) {
    case reg.REG_SZ:
    case reg.REG_EXPAND_SZ:
    case reg.REG_LINK:
      return shownText(type, data);
    case reg.REG_MULTI_SZ:
      return shownList(type, data);
  }
  if (data.byteLength === NUMBER_BYTES[type]) return shownNumber(type, data);
  const name = NUMBER_BYTES[type] === undefined ? TYPES[type] : undefined;
  const plain = { type: name ?? 'unknown', isBase64: true, keepsType: name !== undefined, keepsData: true };
  return data.byteLength === 0 && type !== reg.REG_BINARY ? plain : { ...plain, text: encodeBase64(data) };
}

function shownBad(type: number, data: Uint8Array): Shown {
  return { type: `bad-${TYPES[type]}`, isBase64: true, text: encodeBase64(data), keepsType: true, keepsData: true };
}

/** Up to the first NUL, whatever follows it. */
function shownText(type: number, data: Uint8Array): Shown {
  const text = decodeUtf16le(data).split('\0', 1)[0]!;
  if (!isXmlText(text)) return shownBad(type, data);
  const readSizeBytes = 2 * text.length + (type === reg.REG_LINK ? 0 : 2);
  const keepsData = readSizeBytes === data.byteLength;
  return { type: TYPES[type]!, text: attributeText(text), keepsType: true, keepsData };
}

/** Every text with a NUL after it, the empty one that ends the list too; a last one may do without. */
function shownList(type: number, data: Uint8Array): Shown {
  const strings = decodeUtf16le(data).split('\0');
  const isEven = data.byteLength % 2 === 0;
  const isEnded = isEven && strings.at(-1) === '';
  if (isEnded) strings.pop();
  if (!strings.every(isXmlText)) return shownBad(type, data);
  return { type: TYPES[type]!, strings, keepsType: true, keepsData: isEnded };
}

function shownNumber(type: number, data: Uint8Array): Shown {
  const view = new DataView(data.buffer, data.byteOffset, data.byteLength);
  const isLittleEndian = type !== reg.REG_DWORD_BIG_ENDIAN;
  const number = type === reg.REG_QWORD ? view.getBigInt64(0, true) : view.getInt32(0, isLittleEndian);
  return { type: TYPES[type]!, text: number.toString(), keepsType: isLittleEndian, keepsData: true };
}

function byteRuns({ name, flags, cellOffset }: Value, image: DataView): string {
  const start = FIRST_BIN_OFFSET + cellOffset;
  const nameSizeBytes = flags & VALUE_COMP_NAME ? name.length : 2 * name.length;
  const dataSizeBytes = image.getUint32(start + VK_DATA_SIZE_OFFSET, true);
  const dataRun =
    dataSizeBytes > 0 && dataSizeBytes < RESIDENT
      ? byteRun(FIRST_BIN_OFFSET + image.getUint32(start + VK_DATA_OFFSET, true), dataSizeBytes + 4)
      : '';
  return `<byte_runs>${byteRun(start, VK_NAME_OFFSET + nameSizeBytes)}${dataRun}</byte_runs>`;
}

const byteRun = (start: number, sizeBytes: number): string => `<byte_run file_offset="${start}" len="${sizeBytes}"/>`;

function losslessAttributes({ name, type, flags }: Value, data: Uint8Array, shown: Shown): string {
  let text = exactName(name);
  if (!shown.keepsType) text += attribute(ATTRIBUTE.type, type.toString());
  if (!shown.keepsData) text += attribute(ATTRIBUTE.hex, toHex(data));
  const usual = isLatin1(name) ? VALUE_COMP_NAME : 0;
  return flags === usual ? text : text + attribute(ATTRIBUTE.flags, `0x${flags.toString(16)}`);
}

/** The name in full where XML cannot hold it, and where it has a U+FFFD of its own. */
export function exactName(name: string): string {
  return isXmlText(name) && !name.includes('\ufffd') ? '' : attribute(ATTRIBUTE.name, toHex(encodeUtf16le(name)));
}

/** Whether a name can be stored in one byte a unit. */
export const isLatin1 = (name: string): boolean => encodeLatin1(name) !== null;
