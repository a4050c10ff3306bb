// The condition of a callback ACE: postfix bytes on disk, an infix expression as text ([MS-DTYP] 2.4.4.17 and 2.5.1.1).

import { ByteReader, bytesEqual, concatBytes, fromHex, joinBytes, toHex, u32Bytes, u64Bytes } from '../base/bytes.ts';
import { decodeUtf16le, encodeUtf16le } from '../base/text.ts';
import { sidFromText, sidSizeBytes, sidToText } from './sid.ts';

/** How SIDs are written: an alias or the SID, and back (null: no SID). */
export interface SidNames {
  name(sid: string): string;
  sid(name: string): string | null;
}

type Term =
  | { readonly kind: 'attribute'; readonly code: number; readonly name: string }
  | { readonly kind: 'integer'; readonly value: bigint; readonly sign: number }
  | { readonly kind: 'string'; readonly text: string }
  | { readonly kind: 'octets'; readonly bytes: Uint8Array }
  | { readonly kind: 'sid'; readonly sid: string }
  | { readonly kind: 'list'; readonly items: readonly Term[] }
  | { readonly kind: 'operation'; readonly code: number; readonly operands: readonly Term[] };

const MAGIC = 'artx';
const INTEGER = 0x04;
const STRING = 0x10;
const OCTETS = 0x18;
const LIST = 0x50;
const SID = 0x51;
const ATTRIBUTES: readonly (readonly [number, string])[] = [
  [0xf9, '@User.'],
  [0xfa, '@Resource.'],
  [0xfb, '@Device.'],
  [0xf8, ''],
];
const RELATIONS: readonly (readonly [number, string])[] = [
  [0x80, '=='],
  [0x81, '!='],
  [0x83, '<='],
  [0x82, '<'],
  [0x85, '>='],
  [0x84, '>'],
  [0x86, 'Contains'],
  [0x88, 'Any_of'],
  [0x8e, 'Not_Contains'],
  [0x8f, 'Not_Any_of'],
];
/** Operators before their one operand; the longer words first, since one begins another. */
const PREFIXES: readonly (readonly [number, string])[] = [
  [0x93, 'Not_Device_Member_of_Any'],
  [0x91, 'Not_Device_Member_of'],
  [0x92, 'Not_Member_of_Any'],
  [0x90, 'Not_Member_of'],
  [0x8c, 'Device_Member_of_Any'],
  [0x8a, 'Device_Member_of'],
  [0x8b, 'Member_of_Any'],
  [0x89, 'Member_of'],
  [0x8d, 'Not_Exists'],
  [0x87, 'Exists'],
];
const AND = 0xa0;
const OR = 0xa1;
const NOT = 0xa2;
const SIGNS: Readonly<Record<number, string>> = { 1: '+', 2: '-', 3: '' };
const DECIMAL = 2;
const MAX_DEPTH = 64;

/**
 * The text of a condition in its parentheses; null where the bytes are no condition, or one that no text brings back
 * (numbers of other sizes and bases, quotes in a string).
 */
export function conditionText(bytes: Uint8Array, names: SidNames): string | null {
  try {
    const text = `(${printed(decoded(bytes), names)})`;
    return bytesEqual(conditionBytes(text, names) ?? new Uint8Array(0), bytes) ? text : null;
  } catch (error) {
    if (error instanceof Error) return null;
    throw error;
  }
}

/** The bytes of a condition's text, padded to a multiple of four; null where it is none. */
export function conditionBytes(text: string, names: SidNames): Uint8Array | null {
  const term = new ConditionParser(text, names).whole();
  if (!term) return null;
  const bytes = concatBytes(
    Uint8Array.from(MAGIC, (unit) => unit.charCodeAt(0)),
    encoded(term),
  );
  return concatBytes(bytes, new Uint8Array(-bytes.byteLength & 3));
}

function decoded(bytes: Uint8Array): Term {
  const reader = new ByteReader(bytes, 'a condition');
  if (reader.tag(0, 4) !== MAGIC) throw new Error('no condition');
  const stack = decodedRange(reader, 4, bytes.byteLength, 0);
  const [term] = stack;
  if (!term || stack.length !== 1) throw new Error('not one expression');
  return term;
}

/** The terms that a range of postfix tokens leaves. */
function decodedRange(reader: ByteReader, from: number, end: number, depth: number): Term[] {
  if (depth > MAX_DEPTH) throw new Error('too deep');
  const stack: Term[] = [];
  const pop = (): Term => stack.pop() ?? fail();
  for (let at = from; at < end; ) {
    const code = reader.u8(at);
    at += 1;
    if (code === 0) continue;
    if (code === INTEGER) {
      if (reader.u8(at + 9) !== DECIMAL) fail();
      stack.push({ kind: 'integer', value: BigInt.asIntN(64, reader.u64(at)), sign: reader.u8(at + 8) });
      at += 10;
    } else if (code === STRING || code === OCTETS || code === LIST || code === SID || code >= 0xf8) {
      const content = reader.slice(at + 4, reader.u32(at));
      if (code === LIST) {
        stack.push({ kind: 'list', items: decodedRange(reader, at + 4, at + 4 + content.byteLength, depth + 1) });
      } else stack.push(literal(code, content));
      at += 4 + content.byteLength;
    } else if (code === AND || code === OR || RELATIONS.some(([number]) => number === code)) {
      const right = pop();
      stack.push({ kind: 'operation', code, operands: [pop(), right] });
    } else if (code === NOT || PREFIXES.some(([number]) => number === code)) {
      stack.push({ kind: 'operation', code, operands: [pop()] });
    } else fail();
  }
  return stack;
}

function fail(): never {
  throw new Error('no condition that text can say');
}

function literal(code: number, content: Uint8Array): Term {
  if (code === STRING) return { kind: 'string', text: decodeUtf16le(content) };
  if (code === OCTETS) return { kind: 'octets', bytes: content };
  if (code !== SID) return { kind: 'attribute', code, name: decodeUtf16le(content) };
  return sidSizeBytes(content, 0) === content.byteLength ? { kind: 'sid', sid: sidToText(content) } : fail();
}

function encoded(term: Term): Uint8Array {
  const sized = (code: number, content: Uint8Array): Uint8Array =>
    concatBytes(Uint8Array.of(code), u32Bytes(content.byteLength), content);
  switch (term.kind) {
    case 'integer':
      return concatBytes(Uint8Array.of(INTEGER), u64Bytes(term.value), Uint8Array.of(term.sign, DECIMAL));
    case 'string':
      return sized(STRING, encodeUtf16le(term.text));
    case 'octets':
      return sized(OCTETS, term.bytes);
    case 'sid':
      return sized(SID, sidFromText(term.sid) ?? fail());
    case 'attribute':
      return sized(term.code, encodeUtf16le(term.name));
    case 'list':
      return sized(LIST, joinBytes(term.items.map(encoded)));
    case 'operation':
      return joinBytes([...term.operands.map(encoded), Uint8Array.of(term.code)]);
  }
}

function printed(term: Term, names: SidNames): string {
  switch (term.kind) {
    case 'integer':
      return `${SIGNS[term.sign] ?? fail()}${term.value < 0n ? -term.value : term.value}`;
    case 'string':
      return `"${term.text}"`;
    case 'octets':
      return `#${toHex(term.bytes)}`;
    case 'sid':
      return `SID(${names.name(term.sid)})`;
    case 'attribute': {
      const prefix = ATTRIBUTES.find(([code]) => code === term.code)?.[1] ?? fail();
      const escaped = (unit: string): string => `%${unit.charCodeAt(0).toString(16).padStart(4, '0')}`;
      return prefix + term.name.replace(/[^A-Za-z0-9:./_]/g, escaped);
    }
    case 'list':
      return `{${term.items.map((item) => printed(item, names)).join(', ')}}`;
    case 'operation':
      return operationText(term.code, term.operands, names);
  }
}

function operationText(code: number, operands: readonly Term[], names: SidNames): string {
  const grouped = (term: Term): string =>
    term.kind === 'operation' && (term.code === AND || term.code === OR) && term.code !== code
      ? `(${printed(term, names)})`
      : printed(term, names);
  const [left, right] = operands;
  if (code === AND || code === OR) {
    // A group on the right is kept as one, since the parser binds to the left.
    const isGroup = right?.kind === 'operation' && right.code === code;
    return `${grouped(left!)} ${code === AND ? '&&' : '||'} ${isGroup ? `(${printed(right, names)})` : grouped(right!)}`;
  }
  if (code === NOT) return `!(${printed(left!, names)})`;
  const prefix = PREFIXES.find(([number]) => number === code)?.[1];
  if (prefix !== undefined) return `${prefix} ${printed(left!, names)}`;
  return `${printed(left!, names)} ${RELATIONS.find(([number]) => number === code)![1]} ${printed(right!, names)}`;
}

/** What the membership operators take. */
function isOfSids(term: Term): boolean {
  return term.kind === 'sid' || (term.kind === 'list' && term.items.every(({ kind }) => kind === 'sid'));
}

/** Recursive descent over the text; every failure is null. */
class ConditionParser {
  private readonly text: string;
  private readonly names: SidNames;
  private at = 0;

  constructor(text: string, names: SidNames) {
    this.text = text;
    this.names = names;
  }

  whole(): Term | null {
    if (!this.take('(')) return null;
    const term = this.either(0);
    return term && this.take(')') && this.rest() === '' ? term : null;
  }

  private either(depth: number): Term | null {
    return this.chain(depth, '||', OR, () => this.both(depth + 1));
  }

  private both(depth: number): Term | null {
    return this.chain(depth, '&&', AND, () => this.single(depth + 1));
  }

  private chain(depth: number, word: string, code: number, next: () => Term | null): Term | null {
    if (depth > 3 * MAX_DEPTH) return null;
    let term = next();
    while (term && this.take(word)) {
      const right = next();
      if (!right) return null;
      term = { kind: 'operation', code, operands: [term, right] };
    }
    return term;
  }

  private single(depth: number): Term | null {
    if (depth > 3 * MAX_DEPTH) return null;
    if (this.take('!')) {
      const term = this.single(depth + 1);
      return term && { kind: 'operation', code: NOT, operands: [term] };
    }
    if (this.take('(')) {
      const term = this.either(depth + 1);
      return term && this.take(')') ? term : null;
    }
    for (const [code, word] of PREFIXES) {
      if (!this.take(word)) continue;
      const operand = this.value();
      const isFit = /Exists$/.test(word) ? operand?.kind === 'attribute' : operand !== null && isOfSids(operand);
      return operand && isFit ? { kind: 'operation', code, operands: [operand] } : null;
    }
    const left = this.value();
    if (!left) return null;
    for (const [code, word] of RELATIONS) {
      if (!this.take(word)) continue;
      const right = this.value();
      return right && { kind: 'operation', code, operands: [left, right] };
    }
    return left;
  }

  private value(isItem = false): Term | null {
    if (!isItem && this.take('{')) return this.list();
    const string = this.match(/"([^"]*)"/y);
    if (string) return { kind: 'string', text: string[1]! };
    const octets = this.match(/#((?:[0-9a-f]{2})*)/iy);
    if (octets) return { kind: 'octets', bytes: fromHex(octets[1]!)! };
    const sid = this.match(/SID\(([^()]+)\)/iy);
    if (sid) {
      const found = this.names.sid(sid[1]!.trim());
      return found === null ? null : { kind: 'sid', sid: found };
    }
    const integer = this.match(/([+-]?)(\d+)(?![A-Za-z0-9:./_%])/y);
    if (integer) {
      const size = BigInt(integer[2]!);
      const sign = integer[1] === '+' ? 1 : integer[1] === '-' ? 2 : 3;
      return size > 0x7fff_ffff_ffff_ffffn ? null : { kind: 'integer', value: sign === 2 ? -size : size, sign };
    }
    return isItem ? null : this.attribute();
  }

  private attribute(): Term | null {
    const match = this.match(/(@User\.|@Resource\.|@Device\.|)((?:[A-Za-z0-9:./_]|%[0-9a-f]{4})+)/iy);
    if (!match) return null;
    const code = ATTRIBUTES.find(([, prefix]) => prefix.toLowerCase() === match[1]!.toLowerCase())![0];
    const name = match[2]!.replace(/%([0-9a-f]{4})/gi, (_, hex) => String.fromCharCode(Number.parseInt(hex, 16)));
    return { kind: 'attribute', code, name };
  }

  private list(): Term | null {
    const items: Term[] = [];
    if (this.take('}')) return { kind: 'list', items };
    do {
      const item = this.value(true);
      if (!item) return null;
      items.push(item);
    } while (this.take(','));
    return this.take('}') ? { kind: 'list', items } : null;
  }

  private rest(): string {
    return this.text.slice(this.at).trim();
  }

  /** Takes a sign or a word (whole, in any case) with the blanks before it. */
  private take(word: string): boolean {
    const start = this.at + (this.text.slice(this.at).length - this.text.slice(this.at).trimStart().length);
    const end = start + word.length;
    if (this.text.slice(start, end).toLowerCase() !== word.toLowerCase()) return false;
    if (/\w$/.test(word) && /^[A-Za-z0-9:./_%]/.test(this.text.slice(end))) return false;
    this.at = end;
    return true;
  }

  private match(pattern: RegExp): RegExpExecArray | null {
    const blanks = /\s*/y;
    blanks.lastIndex = this.at;
    pattern.lastIndex = this.at + blanks.exec(this.text)![0].length;
    const match = pattern.exec(this.text);
    if (match) this.at = pattern.lastIndex;
    return match;
  }
}
