// Static members of .NET that reach no disk: texts, numbers, paths, patterns.

import { encodeUtf16le } from '../../../../base/text.ts';
import { Unresolved } from '../../unresolved.ts';
import { castTo } from '../casts.ts';
import { typeName } from '../members.ts';
import { formatted, patternOf } from '../operators.ts';
import {
  administrator,
  ByteList,
  intOrDouble,
  isTrue,
  itemsOf,
  known,
  type Method,
  numberOf,
  PsObject,
  roundedEven,
  TypedNumber,
  textOf,
  type Value,
} from '../values.ts';

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
    if (short === 'environment' && /^is64bit(?:process|operatingsystem)$/.test(lower)) return true;
    if (short === 'string' && lower === 'empty') return '';
    if (/^int(?:32)?$/.test(short)) return lower === 'maxvalue' ? 0x7fff_ffff : -0x8000_0000;
    if (/^uint(?:32)?$/.test(short) && lower === 'maxvalue') return new TypedNumber('UInt32', 0xffff_ffff);
    if (/^(?:system\.)?text\.encoding$/.test(short)) return new PsObject('Encoding', {}, short, encodingMethods(lower));
    throw new Unresolved('powershell', `[${type}]::${name} is not read.`);
  }
  if (lower === 'new' && /^(?:byte|string|object|int)\[\]$/.test(short)) {
    const items = Array.from(
      { length: numberOf(first) ?? 0 },
      (): Value => (short === 'byte[]' || short === 'int[]' ? 0 : null),
    );
    return castTo(short, items);
  }
  if (short === 'gc') return null;
  if (short === 'security.principal.windowsidentity' && lower === 'getcurrent') return administrator();
  if (short === 'security.principal.windowsprincipal' && lower === 'new') return administrator();
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
      const to = lower.slice(2);
      if (base === 10) return castTo(to, first);
      const number = Number.parseInt(textOf(first).replace(/^0x/i, ''), base);
      return castTo(to, to === 'int32' && number <= 0xffff_ffff ? number | 0 : intOrDouble(number));
    }
    if (lower === 'tostring')
      return second === null ? textOf(first) : (numberOf(first) ?? 0).toString(numberOf(second) ?? 10);
    if (lower === 'tobyte')
      return castTo('byte', second === null ? first : Number.parseInt(textOf(first), numberOf(second) ?? 10));
    if (lower === 'toboolean') return isTrue(first);
  }
  if (short === 'math') {
    const found = mathMember(lower, numberOf(first) ?? 0, second === null ? null : numberOf(second));
    const isOfItsKind =
      /^(?:max|min|abs|sign)$/.test(lower) && [first, second].every((one) => !(one instanceof TypedNumber));
    return isOfItsKind ? intOrDouble(found) : new TypedNumber('Double', found);
  }
  if (/^(?:int|int32|int64|uint32|byte|bool|double|version|guid)$/.test(short) && lower === 'parse')
    return castTo(short, first);
  if (short === 'regex' || short === 'text.regularexpressions.regex') {
    if (lower === 'escape') return textOf(first).replace(/[\\*+?|{[()^$.# ]/g, '\\$&');
    if (lower === 'ismatch') return patternOf(textOf(second), '').test(textOf(first));
    if (lower === 'replace') return textOf(first).replace(patternOf(textOf(second), 'g'), textOf(args[2] ?? null));
  }
  if (/^(?:io\.)?path$/.test(short.replace(/^system\./, ''))) return pathMember(lower, textOf(first), args.map(textOf));
  if (short === 'bitconverter' && lower === 'getbytes') return bytesOfNumber(first);
  if (short === 'bitconverter' && lower === 'tostring') {
    return itemsOf(first)
      .map((byte) => (numberOf(byte) ?? 0).toString(16).padStart(2, '0').toUpperCase())
      .join('-');
  }
  throw new Unresolved('powershell', `[${type}]::${name}() is not read.`);
}

/** As many bytes as its kind has, the lowest first. */
function bytesOfNumber(value: Value): ByteList {
  const sizes: Readonly<Record<string, number>> = { Int16: 2, UInt16: 2, Int32: 4, UInt32: 4, Int64: 8, UInt64: 8 };
  const size = sizes[typeName(value)];
  if (size === undefined)
    throw new Unresolved('powershell', `[BitConverter]::GetBytes() of ${typeName(value)} is not read.`);
  const number = BigInt(textOf(value));
  return ByteList.from(Array.from({ length: size }, (_, i) => Number((number >> BigInt(8 * i)) & 0xffn)));
}

/** Of [Text.Encoding]::Unicode and the like. */
function encodingMethods(name: string): Readonly<Record<string, Method>> {
  if (!/^(?:unicode|utf8|ascii)$/.test(name))
    throw new Unresolved('powershell', `[Text.Encoding]::${name} is not read.`);
  const encoded = (text: string): Uint8Array => {
    if (name === 'unicode') return encodeUtf16le(text);
    return new TextEncoder().encode(name === 'ascii' ? text.replace(/[^\0-\x7f]/g, '?') : text);
  };
  const decoder = new TextDecoder(name === 'unicode' ? 'utf-16le' : 'utf-8', { ignoreBOM: true });
  return {
    getbytes: ([text = null]) => ByteList.from(encoded(textOf(known(text)))),
    getstring: ([bytes = null]) =>
      decoder.decode(Uint8Array.from(itemsOf(known(bytes)).map((byte) => numberOf(byte) ?? 0))),
  };
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
      return roundedEven(a * 10 ** (b ?? 0)) / 10 ** (b ?? 0);
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
