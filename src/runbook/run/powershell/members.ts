// Properties and methods of texts, lists, hashtables and objects.

import { append } from '../../../base/lists.ts';
import { unknownIn } from '../../parse/marks.ts';
import { Unresolved } from '../unresolved.ts';
import { StatementError } from './flow.ts';
import { formatted } from './operators.ts';
import {
  ByteList,
  itemsOf,
  known,
  numberOf,
  PsHash,
  PsObject,
  StringList,
  TypedNumber,
  textOf,
  Unknown,
  type Value,
} from './values.ts';

/** `target.name`. A list gives the property of each of its items. */
export function memberOf(target: Value, name: string): Value {
  if (target instanceof Unknown) return target;
  const lower = name.toLowerCase();
  if (target === null) return lower === 'count' || lower === 'length' ? 0 : null;
  if (Array.isArray(target)) {
    if (lower === 'count' || lower === 'length') return target.length;
    return target.flatMap((item) => itemsOf(memberOf(item, name)));
  }
  if (target instanceof PsHash) {
    if (target.has(name)) return target.get(name);
    if (lower === 'keys') return target.keys;
    if (lower === 'values') return target.keys.map((key) => target.get(key));
    return lower === 'count' ? target.keys.length : null;
  }
  if (target instanceof PsObject) {
    if (target.properties.has(name)) return target.properties.get(name);
    if (lower === 'psobject') return new PsObject('PSMemberSet', { Properties: propertiesOf(target) });
    if (lower === 'count' || lower === 'length') return 1;
    return null;
  }
  if (lower === 'length' && typeof target === 'string') return sure(target).length;
  return lower === 'count' || lower === 'length' ? 1 : null;
}

function propertiesOf({ properties }: PsObject): Value[] {
  return properties.keys.map((key) => new PsObject('PSNoteProperty', { Name: key, Value: properties.get(key) }, key));
}

function sure(text: string): string {
  const unknown = unknownIn(text);
  if (unknown !== null) throw new Unresolved('unset-variable', `${unknown} is not known here.`);
  return text;
}

/** `target.name(args)`. @throws Unresolved */
export function callMethod(target: Value, name: string, args: readonly Value[]): Value {
  if (target instanceof Unknown) return target;
  const lower = name.toLowerCase();
  if (target instanceof PsObject) {
    const own = target.methods.get(lower);
    if (own) return own(args);
  }
  if (target === null && lower !== 'equals')
    throw new StatementError('You cannot call a method on a null-valued expression.');
  if (lower === 'tostring') return toText(target, args[0] ?? null);
  if (lower === 'gettype')
    return new PsObject('Type', {
      Name: typeName(target),
    });
  if (lower === 'equals') return textOf(target) === textOf(args[0] ?? null);
  if (target instanceof PsHash) return hashMethod(target, lower, args);
  if (Array.isArray(target)) return listMethod(target, lower, args);
  if (typeof target === 'string') return textMethod(sure(target), lower, args);
  throw new Unresolved('powershell', `the method .${name}() is not read.`);
}

/** The name of its .NET type. */
export function typeName(value: Value): string {
  if (value instanceof TypedNumber) return value.type;
  if (value instanceof StringList) return 'String[]';
  if (value instanceof ByteList) return 'Byte[]';
  if (Array.isArray(value)) return 'Object[]';
  if (value instanceof PsHash) return 'Hashtable';
  return { string: 'String', number: 'Int32', bigint: 'Int64', boolean: 'Boolean' }[typeof value as string] ?? 'Object';
}

function toText(target: Value, format: Value): string {
  if (format === null) return textOf(target);
  return formatted(`{0:${textOf(format)}}`, [target]);
}

function hashMethod(hash: PsHash, name: string, args: readonly Value[]): Value {
  const key = textOf(args[0] ?? null);
  switch (name) {
    case 'containskey':
    case 'contains':
      return hash.has(key);
    case 'add':
    case 'set_item':
      hash.set(key, args[1] ?? null);
      return null;
    case 'remove':
      hash.delete(key);
      return null;
    case 'getenumerator':
      return hash.keys.map((one) => new PsObject('DictionaryEntry', { Key: one, Name: one, Value: hash.get(one) }));
    default:
      throw new Unresolved('powershell', `the method .${name}() of a hashtable is not read.`);
  }
}

function listMethod(list: Value[], name: string, args: readonly Value[]): Value {
  const [first = null] = args;
  switch (name) {
    case 'add':
      list.push(first);
      return null;
    case 'addrange':
      append(list, itemsOf(first));
      return null;
    case 'contains':
      return list.some((item) => textOf(item) === textOf(first));
    case 'indexof':
      return list.findIndex((item) => textOf(item) === textOf(first));
    case 'clear':
      list.length = 0;
      return null;
    case 'toarray':
      return [...list];
    default:
      // A list calls the method of each of its items.
      return list.map((item) => callMethod(item, name, args));
  }
}

function textMethod(text: string, name: string, args: readonly Value[]): Value {
  const [first = null, second = null] = args.map(known);
  const word = textOf(first);
  const at = (value: Value): number => numberOf(value) ?? 0;
  const characters = first === null ? ' \t\r\n' : itemsOf(first).map(textOf).join('');
  const trimmed = (isStart: boolean, isEnd: boolean): string => {
    let [from, to] = [0, text.length];
    while (isStart && from < to && characters.includes(text[from]!)) from += 1;
    while (isEnd && to > from && characters.includes(text[to - 1]!)) to -= 1;
    return text.slice(from, to);
  };
  const ignoresCase = second !== null && /ignorecase/i.test(textOf(second));
  const fold = (value: string): string => (ignoresCase ? value.toLowerCase() : value);
  switch (name) {
    case 'trim':
      return trimmed(true, true);
    case 'trimstart':
      return trimmed(true, false);
    case 'trimend':
      return trimmed(false, true);
    case 'toupper':
    case 'toupperinvariant':
      return text.toUpperCase();
    case 'tolower':
    case 'tolowerinvariant':
      return text.toLowerCase();
    case 'startswith':
      return fold(text).startsWith(fold(word));
    case 'endswith':
      return fold(text).endsWith(fold(word));
    case 'contains':
      return fold(text).includes(fold(word));
    case 'indexof':
      return text.indexOf(word);
    case 'lastindexof':
      return text.lastIndexOf(word);
    case 'replace':
      return text.replaceAll(word, textOf(second));
    case 'substring': {
      const from = at(first);
      if (from > text.length || (second !== null && from + at(second) > text.length)) {
        throw new Unresolved('powershell', 'the text is shorter than what .Substring() cuts.');
      }
      return second === null ? text.slice(from) : text.slice(from, from + at(second));
    }
    case 'insert':
      return text.slice(0, at(first)) + textOf(second) + text.slice(at(first));
    case 'remove':
      return second === null ? text.slice(0, at(first)) : text.slice(0, at(first)) + text.slice(at(first) + at(second));
    case 'padleft':
      return text.padStart(at(first), second === null ? ' ' : textOf(second));
    case 'padright':
      return text.padEnd(at(first), second === null ? ' ' : textOf(second));
    case 'tochararray':
      return [...text];
    case 'split':
      return textSplit(text, args);
    default:
      throw new Unresolved('powershell', `the method .${name}() of a text is not read.`);
  }
}

/** .Split('ab') parts at each of the characters, as Windows PowerShell has it. */
function textSplit(text: string, args: readonly Value[]): Value {
  const separators = itemsOf(args[0] ?? null).map(textOf);
  const characters = separators.length === 0 ? ' \t\n' : separators.join('');
  const pieces: string[] = [];
  let piece = '';
  const most = typeof args[1] === 'number' ? args[1] : Number.MAX_SAFE_INTEGER;
  for (const character of text) {
    if (characters.includes(character) && pieces.length + 1 < most) {
      pieces.push(piece);
      piece = '';
    } else piece += character;
  }
  pieces.push(piece);
  const dropsEmpty = args.some((arg) => /removeemptyentries/i.test(textOf(arg)));
  return StringList.from(dropsEmpty ? pieces.filter((one) => one !== '') : pieces);
}
