// Casts of PowerShell that published scripts use.

import { Unresolved } from '../unresolved.ts';
import { newSecurityObject } from './cmdlets/permissions.ts';
import { isTrue, itemsOf, known, numberOf, PsHash, PsObject, textOf, Unknown, type Value } from './values.ts';

/** A [byte[]], which the registry takes for binary data. */
export class ByteList extends Array<Value> {}

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
    return of === 'byte' ? ByteList.from(items) : items;
  }
  if (/^(?:list|arraylist)/.test(name)) return itemsOf(value);
  switch (name) {
    case 'string':
      return Array.isArray(value) ? value.map(textOf).join(' ') : textOf(value);
    case 'char': {
      const number = typeof value === 'number' ? value : null;
      return number === null ? textOf(value).slice(0, 1) : String.fromCharCode(number);
    }
    case 'int':
    case 'int32':
    case 'int16':
    case 'byte':
    case 'sbyte':
    case 'uint16':
    case 'uint32':
    case 'uint':
    case 'dword':
    case 'short':
      return whole(value, type);
    case 'long':
    case 'int64':
    case 'uint64':
    case 'ulong':
      return typeof value === 'bigint' ? value : whole(value, type);
    case 'double':
    case 'single':
    case 'float':
    case 'decimal':
      return number(value, type);
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
    case 'microsoft.win32.registryvaluekind':
    case 'guid':
    case 'security.securestring':
    case 'uri':
      return textOf(value);
    default:
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

/** Half goes to the even number, as .NET rounds. */
function whole(value: Value, type: string): number {
  const found = number(
    typeof value === 'string' && value.length === 1 && /\D/.test(value) && type.toLowerCase() !== 'string'
      ? value.charCodeAt(0)
      : value,
    type,
  );
  const floor = Math.floor(found);
  if (found - floor !== 0.5) return Math.round(found);
  return floor % 2 === 0 ? floor : floor + 1;
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
