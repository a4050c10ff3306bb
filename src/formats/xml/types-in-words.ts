// What hivexml calls the types of values, which data each form can hold, and the names of our lossless attributes.

import { toHex, u32Bytes, u64Bytes } from '../../base/bytes.ts';
import { encodeUtf16le } from '../../base/text.ts';
import type { RegValue } from '../../registry/edit.ts';
import * as reg from '../../registry/value.ts';
import { decodeBase64 } from './base64.ts';

/** What the prefix hm stands for. */
export const NAMESPACE = 'urn:hivemend:hivexml:1';

/** Our attributes; each is written only where the plain document does not say the same. */
export const ATTRIBUTE = {
  /** On hive: the minor version. */
  minor: 'hm:minor',
  /** On hive and node: the last-written FILETIME in full. */
  time: 'hm:time',
  /** On node: the class name, as text or, where XML cannot hold it, as hex. */
  className: 'hm:class',
  classHex: 'hm:class-hex',
  /** On node: the self-relative security descriptor as hex; without it the parent's. */
  security: 'hm:sd',
  /** The same as people write it; read, never written. */
  sddl: 'hm:sddl',
  /** On node and value: the flags as stored, where they are not what the name and place give. */
  flags: 'hm:flags',
  /** On node and value: the name as hex of its UTF-16LE. */
  name: 'hm:name',
  /** On value: the REG_* number. */
  type: 'hm:type',
  /** On value: the data. */
  hex: 'hm:hex',
} as const;

const NODE = [
  'name',
  ATTRIBUTE.name,
  ATTRIBUTE.time,
  ATTRIBUTE.className,
  ATTRIBUTE.classHex,
  ATTRIBUTE.security,
  ATTRIBUTE.sddl,
  ATTRIBUTE.flags,
];

/** The attributes that each element may have. */
export const ATTRIBUTES = {
  hive: ['xmlns:hm', ATTRIBUTE.minor, ATTRIBUTE.time],
  root: [...NODE, 'root'],
  node: NODE,
  value: [
    'type',
    'encoding',
    'key',
    'default',
    'value',
    ATTRIBUTE.name,
    ATTRIBUTE.type,
    ATTRIBUTE.hex,
    ATTRIBUTE.flags,
  ],
} as const;

type Form = 'text' | 'list' | 'int32' | 'int64' | 'base64';

/** hivexml's name of a type, its number (null: the document must say it) and the form of its data. */
const FORMS: Readonly<Record<string, { readonly number: number | null; readonly form: Form }>> = {
  none: { number: reg.REG_NONE, form: 'base64' },
  string: { number: reg.REG_SZ, form: 'text' },
  'bad-string': { number: reg.REG_SZ, form: 'base64' },
  expand: { number: reg.REG_EXPAND_SZ, form: 'text' },
  'bad-expand': { number: reg.REG_EXPAND_SZ, form: 'base64' },
  binary: { number: reg.REG_BINARY, form: 'base64' },
  int32: { number: reg.REG_DWORD, form: 'int32' },
  link: { number: reg.REG_LINK, form: 'text' },
  'bad-link': { number: reg.REG_LINK, form: 'base64' },
  'string-list': { number: reg.REG_MULTI_SZ, form: 'list' },
  'bad-string-list': { number: reg.REG_MULTI_SZ, form: 'base64' },
  'resource-list': { number: reg.REG_RESOURCE_LIST, form: 'base64' },
  'resource-description': { number: reg.REG_FULL_RESOURCE_DESCRIPTOR, form: 'base64' },
  'resource-requirements': { number: reg.REG_RESOURCE_REQUIREMENTS_LIST, form: 'base64' },
  int64: { number: reg.REG_QWORD, form: 'int64' },
  unknown: { number: null, form: 'base64' },
};

/** The attributes of a <value> and its <string> elements. */
export interface ValueElement {
  readonly type: string | undefined;
  readonly encoding: string | undefined;
  readonly text: string | undefined;
  readonly strings: readonly string[];
  /** hm:type and hm:hex. */
  readonly number: number | null;
  readonly bytes: Uint8Array | null;
}

/** Type and data of a <value>, or what is wrong with it as a sentence. */
export function dataOfValue(element: ValueElement): RegValue | string {
  const known = element.type === undefined ? undefined : FORMS[element.type];
  if (known === undefined) return `the value has the type "${element.type ?? ''}", which hivexml does not write`;
  const type = typeOf(element, known);
  if (typeof type === 'string') return type;
  if ((element.encoding === 'base64') !== (known.form === 'base64') && element.bytes === null) {
    return `a value of the type ${element.type} has encoding="${element.encoding ?? ''}"`;
  }
  if (known.form !== 'list' && element.strings.length > 0)
    return `a value of the type ${element.type} holds a <string>`;
  if (element.bytes !== null) return { type, hex: toHex(element.bytes) };
  const data = plainData(type, known.form, element.text, element.strings);
  return data === null
    ? `"${(element.text ?? '').slice(0, 40)}" is not data of the type ${element.type}`
    : { type, hex: toHex(data) };
}

function typeOf({ type, number }: ValueElement, known: { readonly number: number | null }): number | string {
  if (known.number === null) return number ?? `a value of the type ${type} needs its number in ${ATTRIBUTE.type}`;
  if (number === null || number === known.number) return known.number;
  if (known.number === reg.REG_DWORD && number === reg.REG_DWORD_BIG_ENDIAN) return number;
  return `the value is called ${type}, but its ${ATTRIBUTE.type} is ${number}`;
}

/** The data that a plain document names; null where it is none. Texts end in a NUL, but for a link, as in Windows. */
function plainData(type: number, form: Form, text: string | undefined, strings: readonly string[]): Uint8Array | null {
  switch (form) {
    case 'text':
      return text === undefined ? null : encodeUtf16le(type === reg.REG_LINK ? text : `${text}\0`);
    case 'list':
      return text === undefined ? encodeUtf16le(strings.map((string) => `${string}\0`).join('')) : null;
    case 'base64':
      return decodeBase64(text ?? '');
    case 'int32': {
      const number = integer(text, -(1n << 31n), (1n << 32n) - 1n);
      if (number === null) return null;
      const bytes = u32Bytes(Number(BigInt.asUintN(32, number)));
      return type === reg.REG_DWORD_BIG_ENDIAN ? bytes.reverse() : bytes;
    }
    case 'int64': {
      const number = integer(text, -(1n << 63n), (1n << 64n) - 1n);
      return number === null ? null : u64Bytes(number);
    }
  }
}

function integer(text: string | undefined, least: bigint, most: bigint): bigint | null {
  if (text === undefined || !/^-?\d{1,20}$/.test(text)) return null;
  const number = BigInt(text);
  return number >= least && number <= most ? number : null;
}
