// Properties and methods of texts, lists, hashtables and objects, and static members of .NET that scripts use.

import { append } from '../../../base/lists.ts';
import { unknownIn } from '../../parse/marks.ts';
import { Unresolved } from '../unresolved.ts';
import { castTo } from './casts.ts';
import { StatementError } from './flow.ts';
import { formatted, patternOf } from './operators.ts';
import { isTrue, itemsOf, known, numberOf, PsHash, PsObject, textOf, Unknown, type Value } from './values.ts';

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
      Name: typeof target === 'string' ? 'String' : Array.isArray(target) ? 'Object[]' : 'Object',
    });
  if (lower === 'equals') return textOf(target) === textOf(args[0] ?? null);
  if (target instanceof PsHash) return hashMethod(target, lower, args);
  if (Array.isArray(target)) return listMethod(target, lower, args);
  if (typeof target === 'string') return textMethod(sure(target), lower, args);
  throw new Unresolved('powershell', `the method .${name}() is not read.`);
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
  return dropsEmpty ? pieces.filter((one) => one !== '') : pieces;
}

/** `[type]::name` of what reaches no disk. @throws Unresolved */
export function staticMember(type: string, name: string, args: readonly Value[] | null): Value {
  const short = type.toLowerCase().replace(/^system\./, '');
  const lower = name.toLowerCase();
  const [first = null, second = null] = (args ?? []).map(known);
  if (args === null) {
    if (
      /^(?:microsoft\.win32\.registry(?:valuekind|hive|view|valueoptions|keypermissioncheck)|stringsplitoptions|stringcomparison|io\.searchoption|security\..+)$/.test(
        short,
      )
    )
      return name;
    if (short === 'environment' && lower === 'newline') return '\r\n';
    if (short === 'string' && lower === 'empty') return '';
    if (/^int(?:32)?$/.test(short)) return lower === 'maxvalue' ? 0x7fff_ffff : -0x8000_0000;
    if (/^uint(?:32)?$/.test(short) && lower === 'maxvalue') return 0xffff_ffff;
    throw new Unresolved('powershell', `[${type}]::${name} is not read.`);
  }
  if (short === 'gc') return null;
  if (short === 'string') {
    if (lower === 'isnullorempty') return textOf(first) === '';
    if (lower === 'isnullorwhitespace') return textOf(first).trim() === '';
    if (lower === 'join') return itemsOf(second).map(textOf).join(textOf(first));
    if (lower === 'format')
      return formatted(textOf(first), args.length === 2 && Array.isArray(second) ? second : args.slice(1));
  }
  if (short === 'convert') {
    if (/^toint(?:16|32|64)$|^touint/.test(lower)) {
      const base = second === null ? 10 : (numberOf(second) ?? 10);
      return base === 10 ? castTo('int', first) : Number.parseInt(textOf(first).replace(/^0x/i, ''), base);
    }
    if (lower === 'tostring')
      return second === null ? textOf(first) : (numberOf(first) ?? 0).toString(numberOf(second) ?? 10);
    if (lower === 'tobyte')
      return second === null ? castTo('byte', first) : Number.parseInt(textOf(first), numberOf(second) ?? 10);
    if (lower === 'toboolean') return isTrue(first);
  }
  if (short === 'math') return mathMember(lower, numberOf(first) ?? 0, numberOf(second));
  if (/^(?:int|int32|int64|uint32|byte|bool|double|version|guid)$/.test(short) && lower === 'parse')
    return castTo(short, first);
  if (short === 'regex' || short === 'text.regularexpressions.regex') {
    if (lower === 'escape') return textOf(first).replace(/[\\*+?|{[()^$.# ]/g, '\\$&');
    if (lower === 'ismatch') return patternOf(textOf(second), '').test(textOf(first));
    if (lower === 'replace') return textOf(first).replace(patternOf(textOf(second), 'g'), textOf(args[2] ?? null));
  }
  if (/^(?:io\.)?path$/.test(short.replace(/^system\./, ''))) return pathMember(lower, textOf(first), args.map(textOf));
  if (short === 'bitconverter' && lower === 'tostring') {
    return itemsOf(first)
      .map((byte) => (numberOf(byte) ?? 0).toString(16).padStart(2, '0').toUpperCase())
      .join('-');
  }
  throw new Unresolved('powershell', `[${type}]::${name}() is not read.`);
}

function mathMember(name: string, a: number, b: number | null): number {
  switch (name) {
    case 'max':
      return Math.max(a, b ?? a);
    case 'min':
      return Math.min(a, b ?? a);
    case 'floor':
      return Math.floor(a);
    case 'ceiling':
      return Math.ceil(a);
    case 'truncate':
      return Math.trunc(a);
    case 'abs':
      return Math.abs(a);
    case 'round':
      return Number(a.toFixed(b ?? 0));
    case 'pow':
      return a ** (b ?? 1);
    default:
      throw new Unresolved('powershell', `[Math]::${name}() is not read.`);
  }
}

function pathMember(name: string, path: string, all: readonly string[]): Value {
  const cut = Math.max(path.lastIndexOf('\\'), path.lastIndexOf('/'));
  const file = path.slice(cut + 1);
  const dot = file.lastIndexOf('.');
  switch (name) {
    case 'getfilename':
      return file;
    case 'getfilenamewithoutextension':
      return dot < 0 ? file : file.slice(0, dot);
    case 'getextension':
      return dot < 0 ? '' : file.slice(dot);
    case 'getdirectoryname':
      return cut < 0 ? '' : path.slice(0, cut);
    case 'getpathroot':
      return /^[A-Za-z]:\\?/.exec(path)?.[0] ?? '';
    case 'combine':
      return all.reduce(
        (base, part) => (base === '' || /^[A-Za-z]:/.test(part) ? part : `${base.replace(/\\$/, '')}\\${part}`),
        '',
      );
    default:
      throw new Unresolved('powershell', `[IO.Path]::${name}() is not read.`);
  }
}
