// Casts of PowerShell that published scripts use.

import { Unresolved } from '../unresolved.ts';
import { newSecurityObject } from './cmdlets/permissions.ts';
import {
  administrator,
  ByteList,
  isNumber,
  isTrue,
  itemsOf,
  known,
  numberOf,
  PsHash,
  PsObject,
  roundedEven,
  StringList,
  TypedNumber,
  textOf,
  Unknown,
  type Value,
} from './values.ts';

/** `[type] value`. @throws Unresolved */
export function castTo(type: string, value: Value): Value {
  if (value instanceof Unknown) return value;
  const name = type
    .toLowerCase()
    .replace(/^system\.(?:collections\.(?:generic\.)?)?/, '')
    .replace(/^management\.automation\./, '');
  if (name.endsWith('[]')) {
    const of = name.slice(0, -2);
    if (of === 'char' && typeof value === 'string') return [...value];
    const items = itemsOf(value).map((item) => castTo(of, item));
    if (of === 'byte') return ByteList.from(items.map(numberOf));
    return of === 'string' ? StringList.from(items) : items;
  }
  if (/^(?:list|arraylist)/.test(name)) return itemsOf(value);
  switch (name) {
    case 'string':
      return Array.isArray(value) ? value.map(textOf).join(' ') : textOf(value);
    case 'char': {
      const number = isNumber(value) ? numberOf(value) : null;
      return number === null ? textOf(value).slice(0, 1) : String.fromCharCode(number);
    }
    case 'int':
    case 'int32':
      return whole(value, type, -(2 ** 31), 2 ** 31 - 1);
    case 'byte':
      return new TypedNumber('Byte', whole(value, type, 0, 255));
    case 'sbyte':
      return new TypedNumber('SByte', whole(value, type, -128, 127));
    case 'int16':
    case 'short':
      return new TypedNumber('Int16', whole(value, type, -(2 ** 15), 2 ** 15 - 1));
    case 'uint16':
    case 'ushort':
      return new TypedNumber('UInt16', whole(value, type, 0, 2 ** 16 - 1));
    case 'uint32':
    case 'uint':
      return new TypedNumber('UInt32', whole(value, type, 0, 2 ** 32 - 1));
    case 'long':
    case 'int64':
      return typeof value === 'bigint' ? value : BigInt(whole(value, type, -(2 ** 63), 2 ** 63));
    case 'uint64':
    case 'ulong':
      return typeof value === 'bigint' ? value : new TypedNumber('UInt64', whole(value, type, 0, 2 ** 64));
    case 'double':
    case 'single':
    case 'float':
    case 'decimal':
      return new TypedNumber('Double', number(value, type));
    case 'bool':
    case 'boolean':
    case 'switch':
    case 'switchparameter':
      return isTrue(value);
    case 'array':
      return itemsOf(value);
    case 'void':
      return null;
    case 'object':
    case 'psobject':
    case 'hashtable':
    case 'ordered':
    case 'object[]':
    case 'xml':
    case 'regex':
    case 'scriptblock':
      return value;
    case 'pscustomobject':
      return customObject(value);
    case 'version':
      return versionOf(textOf(value));
    case 'guid':
      return guidOf(textOf(value));
    case 'microsoft.win32.registryvaluekind':
    case 'security.securestring':
    case 'uri':
      return textOf(value);
    default:
      if (name === 'security.principal.windowsprincipal') return administrator();
      if (/^security\.(?:principal|accesscontrol)\./.test(name))
        return newSecurityObject(name, [value]) ?? (typeof value === 'number' ? value : textOf(value));
      // An object is of the kind that it is.
      if (value instanceof PsObject || value === null) return value;
      throw new Unresolved('powershell', `the cast [${type}] is not read.`);
  }
}

function number(value: Value, type: string): number {
  const found = numberOf(value);
  if (found !== null) return found;
  throw new Unresolved('powershell', `'${textOf(known(value))}' is not a [${type}].`);
}

/** Rounded; a hexadecimal text of eight digits is one of 32 bits. @throws Unresolved where `type` does not hold it */
function whole(value: Value, type: string, least: number, most: number): number {
  const isLetter = typeof value === 'string' && value.length === 1 && /\D/.test(value);
  const found = roundedEven(number(isLetter ? value.charCodeAt(0) : value, type));
  const bits = typeof value === 'string' && /^\s*0x[0-9a-f]{1,8}\s*$/i.test(value) && least < 0 ? found | 0 : found;
  if (bits >= least && bits <= most) return bits;
  throw new Unresolved('powershell', `'${textOf(known(value))}' does not fit into a [${type}].`);
}

/** In lower case and without braces, which ToString('B') gives. @throws Unresolved */
function guidOf(text: string): Value {
  const bare = /^\s*[{(]?([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})[)}]?\s*$/i.exec(text)?.[1]?.toLowerCase();
  if (bare === undefined) throw new Unresolved('powershell', `'${text}' is not a [guid].`);
  const as = (format: Value): string => {
    const letter = textOf(format).toUpperCase();
    if (letter === 'N') return bare.replaceAll('-', '');
    return letter === 'B' ? `{${bare}}` : letter === 'P' ? `(${bare})` : bare;
  };
  return new PsObject('Guid', { Guid: bare }, bare, { tostring: ([format = null]) => as(format) });
}

function customObject(value: Value): Value {
  if (!(value instanceof PsHash)) return value;
  return new PsObject('PSCustomObject', Object.fromEntries(value.keys.map((key) => [key, value.get(key)])));
}

function versionOf(text: string): Value {
  const [major = '0', minor = '0', build = '-1', revision = '-1'] = text.split('.');
  if (![major, minor].every((part) => /^\d+$/.test(part)))
    throw new Unresolved('powershell', `'${text}' is not a version.`);
  return new PsObject(
    'Version',
    { Major: Number(major), Minor: Number(minor), Build: Number(build), Revision: Number(revision) },
    text,
  );
}
