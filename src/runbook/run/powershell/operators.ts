// Operators of PowerShell on values.

import { keptNames, unknownIn } from '../../parse/marks.ts';
import { Unresolved } from '../unresolved.ts';
import { castTo } from './casts.ts';
import { arithmetic, bits, isDouble } from './numbers.ts';
import {
  ByteList,
  isNumber,
  isTrue,
  known,
  numberOf,
  PsHash,
  PsObject,
  PsType,
  StringList,
  TypedNumber,
  textOf,
  Unknown,
  type Value,
} from './values.ts';

/** Called with the groups of -match. */
type OnMatch = (groups: PsHash) => void;

/** `left operator right`; -and and -or are the caller's, who evaluates their right side only where it counts. */
export function applied(operator: string, left: Value, right: Value, onMatch: OnMatch): Value {
  for (const value of [left, right]) if (value instanceof Unknown) return value;
  const bare = operator.replace(/^-/, '');
  const isExact =
    /^c(?:eq|ne|gt|ge|lt|le|like|notlike|match|notmatch|contains|notcontains|in|notin|replace|split)$/.test(bare);
  const name = bare.replace(
    /^[ic](?=(?:eq|ne|gt|ge|lt|le|like|notlike|match|notmatch|contains|notcontains|in|notin|replace|split)$)/,
    '',
  );
  switch (name) {
    case '+':
      return sum(left, right);
    case '-':
    case '*':
    case '/':
    case '%':
    case '':
      return arithmetic(operator, left, right);
    case '..':
      return range(left, right);
    case 'f':
      return formatted(textOf(left), Array.isArray(right) ? right : [right]);
    case 'join':
      return asList(left).map(textOf).join(textOf(right));
    case 'split':
      return splitText(left, right, isExact);
    case 'replace':
      return mapped(left, (text) => replaced(text, right, isExact));
    case 'contains':
      return asList(left).some((item) => isSame(item, right, isExact));
    case 'notcontains':
      return !asList(left).some((item) => isSame(item, right, isExact));
    case 'in':
      return asList(right).some((item) => isSame(item, left, isExact));
    case 'notin':
      return !asList(right).some((item) => isSame(item, left, isExact));
    case 'is':
      return isOfType(left, right);
    case 'isnot':
      return !isOfType(left, right);
    case 'as':
      return right instanceof PsType ? castTo(right.name, left) : null;
    case 'xor':
      return isTrue(left) !== isTrue(right);
    case 'band':
    case 'bor':
    case 'bxor':
    case 'shl':
    case 'shr':
      return bits(name, left, right);
    default:
      return compared(name, left, right, isExact, onMatch);
  }
}

function asList(value: Value): Value[] {
  return Array.isArray(value) ? value : value === null ? [] : [value];
}

function sum(left: Value, right: Value): Value {
  if (Array.isArray(left)) return [...left, ...(Array.isArray(right) ? right : [right])];
  if (left instanceof PsHash && right instanceof PsHash) {
    const both = new PsHash();
    for (const hash of [left, right]) for (const key of hash.keys) both.set(key, hash.get(key));
    return both;
  }
  if (left === null) return right;
  if (typeof left === 'string') return left + textOf(right);
  return arithmetic('+', left, right);
}

function range(left: Value, right: Value): Value {
  const [a, b] = [numberOf(left), numberOf(right)];
  if (a === null || b === null || Math.abs(a - b) > 20_000)
    throw new Unresolved('powershell', 'this range is not read.');
  const step = a <= b ? 1 : -1;
  return Array.from({ length: Math.abs(b - a) + 1 }, (_, i) => a + i * step);
}

function mapped(value: Value, change: (text: string) => Value): Value {
  return Array.isArray(value) ? value.map((item) => change(textOf(item))) : change(textOf(value));
}

/** A .NET pattern as JavaScript has it. @throws Unresolved where it has none */
export function patternOf(source: string, flags: string): RegExp {
  let text = source
    .replace(/\(\?<(\w+)>/g, '(?<$1>')
    .replace(/\\A/g, '^')
    .replace(/\\[zZ]/g, '$');
  let all = flags;
  const inline = /^\(\?([imsx]+)\)/.exec(text);
  if (inline) {
    text = text.slice(inline[0].length);
    for (const flag of inline[1]!) if ('ims'.includes(flag) && !all.includes(flag)) all += flag;
  }
  try {
    return new RegExp(text, all);
  } catch {
    throw new Unresolved('powershell', `the pattern '${source}' is not read.`);
  }
}

function replaced(text: string, right: Value, isExact: boolean): string {
  const [pattern, by] = Array.isArray(right) ? right : [right, ''];
  if (by instanceof PsObject || (typeof by === 'object' && by !== null && !Array.isArray(by))) {
    throw new Unresolved('powershell', '-replace with a block is not read.');
  }
  return text.replace(
    patternOf(textOf(pattern ?? null), isExact ? 'g' : 'gi'),
    textOf(by ?? null).replace(/\$\{(\w+)\}/g, (_, name: string) => (/^\d+$/.test(name) ? `$${name}` : `$<${name}>`)),
  );
}

function splitText(left: Value, right: Value, isExact: boolean): Value {
  const [separator, count] = Array.isArray(right) ? right : [right];
  const pattern = patternOf(textOf(separator ?? null), isExact ? '' : 'i');
  const pieces: string[] = asList(left).flatMap((item) =>
    textOf(item)
      .split(pattern)
      .map((piece) => piece ?? ''),
  );
  const most = count === undefined ? 0 : (numberOf(count) ?? 0);
  if (most <= 0 || pieces.length <= most) return StringList.from(pieces);
  throw new Unresolved('powershell', '-split into at most so many pieces is not read.');
}

function isOfType(left: Value, right: Value): boolean {
  const name = (right instanceof PsType ? right.name : textOf(right)).toLowerCase().replace(/^system\./, '');
  if (name === 'string[]') return left instanceof StringList;
  if (name === 'byte[]') return left instanceof ByteList;
  if (name.endsWith('[]') || name === 'array') return Array.isArray(left);
  const kinds: Readonly<Record<string, boolean>> = {
    string: typeof left === 'string',
    int: typeof left === 'number',
    int32: typeof left === 'number',
    int64: typeof left === 'bigint',
    long: typeof left === 'bigint',
    double: isDouble(left) && typeof left !== 'string',
    uint32: left instanceof TypedNumber && left.type === 'UInt32',
    byte: left instanceof TypedNumber && left.type === 'Byte',
    bool: typeof left === 'boolean',
    hashtable: left instanceof PsHash,
  };
  if (name in kinds) return kinds[name]!;
  throw new Unresolved('powershell', `whether it is a [${name}] is not known here.`);
}

/** On a list each comparison filters it. */
function compared(name: string, left: Value, right: Value, isExact: boolean, onMatch: OnMatch): Value {
  const holds = (item: Value): boolean => {
    const isNot = name.startsWith('not') || name === 'ne';
    switch (name) {
      case 'eq':
      case 'ne':
        return isSame(item, right, isExact) !== isNot;
      case 'like':
      case 'notlike':
        return wildcardPattern(textOf(right), isExact).test(sureText(item)) !== isNot;
      case 'match':
      case 'notmatch': {
        const match = patternOf(textOf(right), isExact ? '' : 'i').exec(sureText(item));
        if (match && !Array.isArray(left)) onMatch(groupsOf(match));
        return (match !== null) !== isNot;
      }
      case 'gt':
      case 'lt':
      case 'ge':
      case 'le':
        return ordered(name, item, right, isExact);
      default:
        throw new Unresolved('powershell', `the operator -${name} is not read.`);
    }
  };
  return Array.isArray(left) ? left.filter(holds) : holds(left);
}

function sureText(value: Value): string {
  const text = textOf(known(value));
  const unknown = unknownIn(text);
  if (unknown !== null) throw new Unresolved('unset-variable', `${unknown} is not known here.`);
  const [own] = keptNames(text);
  if (own !== undefined) throw new Unresolved('unset-variable', `$env:${own} is different on each machine.`);
  return text;
}

function groupsOf(match: RegExpExecArray): PsHash {
  const groups = new PsHash();
  match.forEach((text, i) => {
    if (text !== undefined) groups.set(String(i), text);
  });
  for (const [name, text] of Object.entries(match.groups ?? {})) if (text !== undefined) groups.set(name, text);
  return groups;
}

/** `*`, `?` and `[a-z]`. */
export function wildcardPattern(pattern: string, isExact = false): RegExp {
  const source = pattern.replace(/`(.)|\[[^\]]*\]|[*?]|[.+^${}()|\\/\]]/g, (all, escaped: string | undefined) => {
    if (escaped !== undefined) return escaped.replace(/[.+^${}()|[\]\\*?]/, '\\$&');
    if (all === '*') return '.*';
    if (all === '?') return '.';
    return all.startsWith('[') && all.length > 2 ? all : `\\${all}`;
  });
  return new RegExp(`^${source}$`, isExact ? 's' : 'si');
}

/** As -eq has it: the left side's kind decides. */
export function isSame(left: Value, right: Value, isExact = false): boolean {
  const [a, b] = [known(left), known(right)];
  if (a === null || b === null) return a === b;
  if (typeof a === 'boolean') return a === (typeof b === 'string' ? b !== '' : isTrue(b));
  if (isNumber(a)) return numberOf(a) === numberOf(b);
  const fold = (text: string): string => (isExact ? text : text.toLowerCase());
  return fold(sureText(a)) === fold(sureText(b));
}

function ordered(name: string, left: Value, right: Value, isExact: boolean): boolean {
  const fold = (text: string): string => (isExact ? text : text.toLowerCase());
  let order: number;
  if (typeof left === 'string') {
    const [a, b] = [fold(sureText(left)), fold(sureText(right))];
    order = a < b ? -1 : a > b ? 1 : 0;
  } else {
    const [a, b] = [numberOf(left), numberOf(right)];
    if (a === null || b === null)
      throw new Unresolved('powershell', `'${textOf(left)}' and '${textOf(right)}' are not compared.`);
    order = a - b;
  }
  return { gt: order > 0, lt: order < 0, ge: order >= 0, le: order <= 0 }[name] ?? false;
}

/** `{0}`, `{0:d3}`, `{0:x8}`, `{0,10}`. */
export function formatted(pattern: string, items: readonly Value[]): string {
  return pattern.replace(
    /\{\{|\}\}|\{(\d+)(?:,(-?\d+))?(?::([^}]*))?\}/g,
    (all, index?: string, width?: string, how?: string) => {
      if (all === '{{') return '{';
      if (all === '}}') return '}';
      const item = items[Number(index)];
      if (item === undefined) throw new Unresolved('powershell', `${all} has nothing to stand for.`);
      const text = how === undefined ? textOf(item) : formattedOne(item, how, all);
      const wide = Number(width ?? 0);
      return wide < 0 ? text.padEnd(-wide) : text.padStart(wide);
    },
  );
}

function formattedOne(item: Value, how: string, all: string): string {
  if (item instanceof Unknown) return textOf(item);
  const number = numberOf(item);
  const match = /^([dxnf])(\d*)$/i.exec(how);
  if (number !== null && match) {
    const digits = Number(match[2] || 0);
    if (match[1]!.toLowerCase() === 'd') return String(number).padStart(digits, '0');
    if (/^[nf]$/i.test(match[1]!)) {
      const fixed = number.toFixed(match[2] === '' ? 2 : digits);
      return /f/i.test(match[1]!) ? fixed : fixed.replace(/\d(?=(?:\d{3})+(?:\.|$))/g, '$&,');
    }
    const hex = (number < 0 ? number >>> 0 : number).toString(16).padStart(digits, '0');
    return match[1] === 'X' ? hex.toUpperCase() : hex;
  }
  if (number !== null && /^0+$/.test(how)) return String(Math.trunc(number)).padStart(how.length, '0');
  throw new Unresolved('powershell', `the format ${all} is not read.`);
}
