// Values of the registry as PowerShell has them, and the values that -Type and -Value mean.

import { toHex } from '../../../../base/bytes.ts';
import { decodeUtf16le, encodeUtf16le } from '../../../../base/text.ts';
import { LIST_SEPARATOR, typedValue } from '../../../../compat/reg/value-text.ts';
import type { RegValue } from '../../../../registry/edit.ts';
import type { Value as HiveValue } from '../../../../registry/hive.ts';
import {
  binary,
  multiSz,
  REG_BINARY,
  REG_DWORD,
  REG_EXPAND_SZ,
  REG_MULTI_SZ,
  REG_NONE,
  REG_QWORD,
  REG_SZ,
  readData,
  readDword,
  readString,
} from '../../../../registry/value.ts';
import { keptNames, unkept } from '../../../parse/marks.ts';
import { isFleeting, withUsualValues } from '../../../parse/variable-names.ts';
import { Unresolved } from '../../unresolved.ts';
import {
  ByteList,
  itemsOf,
  known,
  numberOf,
  roundedEven,
  StringList,
  TypedNumber,
  textOf,
  type Value,
} from '../values.ts';

const TYPES: Readonly<Record<string, number>> = {
  string: REG_SZ,
  expandstring: REG_EXPAND_SZ,
  binary: REG_BINARY,
  dword: REG_DWORD,
  multistring: REG_MULTI_SZ,
  qword: REG_QWORD,
  none: REG_NONE,
};
/** A value's data as the provider has them: a DWORD above 0x7fffffff is a UInt32, for .NET (`isNet`) it is negative. */
export function plainValue(value: HiveValue, isNet = false): Value {
  switch (value.type) {
    case REG_DWORD: {
      const number = readDword(value);
      if (number === null) return null;
      return isNet || number <= 0x7fff_ffff ? number | 0 : new TypedNumber('UInt32', number);
    }
    case REG_QWORD: {
      const data = readData(value);
      return data?.byteLength === 8 ? data.reduceRight((sum, byte) => sum * 256n + BigInt(byte), 0n) : null;
    }
    case REG_MULTI_SZ:
      return StringList.from(
        decodeUtf16le(readData(value) ?? new Uint8Array())
          .split('\0')
          .filter((text) => text !== ''),
      );
    case REG_SZ:
    case REG_EXPAND_SZ:
      return readString(value) ?? '';
    default:
      return ByteList.from(readData(value) ?? []);
  }
}

/** Who writes a value: the provider's Set- and New-ItemProperty, or .NET's SetValue. */
type Writer = 'provider' | 'net';

/**
 * The value that -Type and -Value mean. Without a type: for the provider that of the value that is there, else by the kind
 * of the data, of which the writers know different ones. @throws Unresolved
 */
export function regValueOf(kind: Value, data: Value, there: HiveValue | null, writer: Writer = 'provider'): RegValue {
  const name =
    kind === null
      ? null
      : textOf(known(kind))
          .replace(/^\[?(?:Microsoft\.Win32\.)?RegistryValueKind\]?::/i, '')
          .toLowerCase();
  const given =
    name === null || name === 'unknown' || name === ''
      ? undefined
      : (TYPES[name] ?? (/^\d+$/.test(name) ? Number(name) : undefined));
  if (name !== null && name !== '' && name !== 'unknown' && given === undefined)
    throw new Unresolved('unknown-type', `${textOf(kind)} is not a type of a value.`);
  const sure = known(data);
  const type = given ?? (writer === 'provider' && there ? there.type : typeOf(sure, writer));
  // .NET takes no list that is not of its type; the provider makes one of it.
  const isOther = type === REG_MULTI_SZ ? !(sure instanceof StringList) : !(sure instanceof ByteList);
  if (writer === 'net' && isOther && (type === REG_MULTI_SZ || type === REG_BINARY))
    throw new Unresolved(
      'bad-syntax',
      `SetValue needs a ${type === REG_BINARY ? '[byte[]]' : '[string[]]'} for this type.`,
    );
  if (type === REG_MULTI_SZ) return listOf(itemsOf(sure).map((item) => storedText(known(item), type)));
  if (type === REG_BINARY) return binary(bytesOf(itemsOf(sure)));
  if (type === REG_DWORD || type === REG_QWORD) return checked(type, wholeNumber(sure, type), sure);
  return checked(type, storedText(sure, type), sure);
}

/** A text as it is stored: what Windows looks up when it reads it may stay a variable, else it is what it usually is. */
function storedText(value: Value, type: number): string {
  const text = textOf(value);
  const stored = type === REG_EXPAND_SZ ? text : withUsualValues(text);
  const [own] = keptNames(stored);
  if (own !== undefined && (type !== REG_EXPAND_SZ || own === '0' || isFleeting(own)))
    throw new Unresolved(
      'unset-variable',
      `${own === '0' ? 'where the script lies' : `$env:${own}`} is different on each machine.`,
    );
  return unkept(stored);
}

/** As .NET writes a list: each text with its NUL, an empty one too, and one more at the end. */
function listOf(items: readonly string[]): RegValue {
  if (!items.includes('')) return multiSz(items);
  return { type: REG_MULTI_SZ, hex: toHex(encodeUtf16le(`${items.join('\0')}\0\0`)) };
}

/** A whole number of 32 or 64 bits, signed or not, as decimal digits. @throws Unresolved */
function wholeNumber(data: Value, type: number): string {
  const text = textOf(data).trim();
  const isWhole = typeof data === 'bigint' || (typeof data === 'string' && /^(?:\d+|0x[0-9a-f]+)$/i.test(text));
  const number = isWhole ? null : numberOf(data);
  if (!isWhole && (number === null || !Number.isFinite(number)))
    throw new Unresolved('bad-syntax', `'${text}' is not a number.`);
  const whole = BigInt(isWhole ? text : roundedEven(number!));
  const bits = type === REG_DWORD ? 32 : 64;
  if (BigInt.asUintN(bits, whole) !== whole && BigInt.asIntN(bits, whole) !== whole)
    throw new Unresolved('bad-syntax', `'${text}' does not fit into ${bits} bits.`);
  return BigInt.asUintN(bits, whole).toString();
}

function checked(type: number, text: string, from: Value): RegValue {
  const value = typedValue(type, text, LIST_SEPARATOR);
  if (value === null) throw new Unresolved('bad-syntax', `'${textOf(from)}' is not data of this type.`);
  return value;
}

function typeOf(data: Value, writer: Writer): number {
  if (data instanceof ByteList) return REG_BINARY;
  if (data instanceof StringList) return REG_MULTI_SZ;
  if (Array.isArray(data))
    throw new Unresolved('bad-syntax', 'a list needs -Type, or [string[]] or [byte[]] before it.');
  if (typeof data === 'number') return REG_DWORD;
  return typeof data === 'bigint' && writer === 'provider' ? REG_QWORD : REG_SZ;
}

function bytesOf(items: readonly Value[]): Uint8Array {
  const bytes = items.map((item) => {
    const number = numberOf(item);
    if (number === null || number < 0 || number > 255)
      throw new Unresolved('bad-syntax', `'${textOf(item)}' is not a byte.`);
    return number;
  });
  return Uint8Array.from(bytes);
}
