// How hivexml shows the data of a value.

import { bytesEqual } from '../base/bytes.ts';
import { decodeUtf16le } from '../base/text.ts';
import * as reg from '../registry/value.ts';
import { encodeBase64 } from './hivexml-base64.ts';
import { attributeText, isXmlText } from './hivexml-text.ts';
import { plainData } from './hivexml-types.ts';

/** A <value> without its name. */
export interface PlainForm {
  readonly type: string;
  /** ' encoding="base64"' or ''. */
  readonly encoding: string;
  /** The value attribute, ready to be written; null: none. */
  readonly text: string | null;
  readonly strings: readonly string[];
  /** hivexml leaves the byte runs of empty data of some types out. */
  readonly isBare: boolean;
  /** The type's name does not say its number. */
  readonly needsType: boolean;
  /** Reading the plain form gives these bytes again. */
  isExact(data: Uint8Array): boolean;
}

const BASE64 = ' encoding="base64"';
const NONE: readonly string[] = [];
const always = (): boolean => true;

const TEXT_TYPES: Readonly<Record<number, string>> = {
  [reg.REG_SZ]: 'string',
  [reg.REG_EXPAND_SZ]: 'expand',
  [reg.REG_LINK]: 'link',
};

const BINARY_TYPES: Readonly<Record<number, string>> = {
  [reg.REG_NONE]: 'none',
  [reg.REG_RESOURCE_LIST]: 'resource-list',
  [reg.REG_FULL_RESOURCE_DESCRIPTOR]: 'resource-description',
  [reg.REG_RESOURCE_REQUIREMENTS_LIST]: 'resource-requirements',
};

/**
 * hivexml's form of data, but for what it gets wrong: text that XML cannot hold is base64 (bad-string and the like, as it
 * does for unpaired surrogates), and a number of another size than its type's is not -1 or cut off but unknown.
 */
export function formOf(type: number, data: Uint8Array): PlainForm {
  switch (type) {
    case reg.REG_SZ:
    case reg.REG_EXPAND_SZ:
    case reg.REG_LINK:
      return textForm(type, data);
    case reg.REG_MULTI_SZ:
      return listForm(data);
    case reg.REG_BINARY:
      return binaryForm('binary', data, false);
    case reg.REG_DWORD:
    case reg.REG_DWORD_BIG_ENDIAN:
      if (data.byteLength !== 4) break;
      return numberForm(
        'int32',
        viewOf(data)
          .getInt32(0, type === reg.REG_DWORD)
          .toString(),
        type !== reg.REG_DWORD,
      );
    case reg.REG_QWORD:
      if (data.byteLength !== 8) break;
      return numberForm('int64', viewOf(data).getBigInt64(0, true).toString(), false);
  }
  const name = BINARY_TYPES[type];
  const form = binaryForm(name ?? 'unknown', data, name === undefined);
  // A bare element says that there are no data; hivexml writes no value attribute and no byte runs then.
  return data.byteLength === 0 ? { ...form, text: null, isBare: true } : form;
}

function textForm(type: number, data: Uint8Array): PlainForm {
  const name = TEXT_TYPES[type]!;
  const text = decodeUtf16le(textBytes(data));
  if (!isXmlText(text)) return binaryForm(`bad-${name}`, data, false);
  return {
    type: name,
    encoding: '',
    text: attributeText(text),
    strings: NONE,
    isBare: false,
    needsType: false,
    isExact: (bytes) => bytesEqual(bytes, plainData(type, 'text', text, NONE)!),
  };
}

/** Up to the first NUL, whatever follows it. */
function textBytes(data: Uint8Array): Uint8Array {
  const end = data.byteLength & ~1;
  for (let at = 0; at < end; at += 2) if (data[at] === 0 && data[at + 1] === 0) return data.subarray(0, at);
  return data;
}

/** Every text with a NUL after it, the empty one that ends the list too; a last one may do without. */
function listForm(data: Uint8Array): PlainForm {
  const whole = decodeUtf16le(data);
  if (!isXmlText(whole.replaceAll('\0', ''))) return binaryForm('bad-string-list', data, false);
  const strings = whole.split('\0');
  if (strings.at(-1) === '') strings.pop();
  return {
    type: 'string-list',
    encoding: '',
    text: null,
    strings,
    isBare: false,
    needsType: false,
    isExact: (bytes) => bytesEqual(bytes, plainData(reg.REG_MULTI_SZ, 'list', undefined, strings)!),
  };
}

function numberForm(type: string, text: string, needsType: boolean): PlainForm {
  return { type, encoding: '', text, strings: NONE, isBare: false, needsType, isExact: always };
}

function binaryForm(type: string, data: Uint8Array, needsType: boolean): PlainForm {
  return { type, encoding: BASE64, text: encodeBase64(data), strings: NONE, isBare: false, needsType, isExact: always };
}

function viewOf(data: Uint8Array): DataView {
  return new DataView(data.buffer, data.byteOffset, data.byteLength);
}
