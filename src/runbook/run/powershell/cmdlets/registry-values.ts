// Values of the registry as PowerShell has them, and the values that -Type and -Value mean.

import { decodeUtf16le } from '../../../../base/text.ts';
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
import { unkept } from '../../../parse/marks.ts';
import { Unresolved } from '../../unresolved.ts';
import { ByteList } from '../casts.ts';
import { itemsOf, known, numberOf, textOf, type Value } from '../values.ts';

const TYPES: Readonly<Record<string, number>> = {
  string: REG_SZ,
  expandstring: REG_EXPAND_SZ,
  binary: REG_BINARY,
  dword: REG_DWORD,
  multistring: REG_MULTI_SZ,
  qword: REG_QWORD,
  none: REG_NONE,
};
/** A value's data as PowerShell has them. */
export function plainValue(value: HiveValue): Value {
  switch (value.type) {
    case REG_DWORD: {
      const number = readDword(value);
      return number === null ? null : number | 0;
    }
    case REG_QWORD: {
      const data = readData(value);
      return data?.byteLength === 8 ? data.reduceRight((sum, byte) => sum * 256n + BigInt(byte), 0n) : null;
    }
    case REG_MULTI_SZ:
      return decodeUtf16le(readData(value) ?? new Uint8Array())
        .split('\0')
        .filter((text) => text !== '');
    case REG_SZ:
    case REG_EXPAND_SZ:
      return readString(value) ?? '';
    default:
      return [...(readData(value) ?? [])];
  }
}

/**
 * The value that -Type and -Value mean. Without a type: the one of the value that is there (`keepsKind`), else by the kind
 * of the data. @throws Unresolved
 */
export function regValueOf(kind: Value, data: Value, there: HiveValue | null, keepsKind = true): RegValue {
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
  const type = given ?? (keepsKind && there ? there.type : typeOf(sure));
  if (type === REG_MULTI_SZ) return multiSz(itemsOf(sure).map((item) => unkept(textOf(known(item)))));
  if (type === REG_BINARY && Array.isArray(sure)) return binary(bytesOf(sure));
  if ((type === REG_DWORD || type === REG_QWORD) && typeof sure !== 'string') {
    const number = typeof sure === 'bigint' ? sure : BigInt(Math.trunc(numberOf(sure) ?? Number.NaN) || 0);
    const limit = type === REG_DWORD ? 32 : 64;
    return checked(type, BigInt.asUintN(limit, number).toString(), sure);
  }
  const text = unkept(Array.isArray(sure) ? sure.map(textOf).join(' ') : textOf(sure));
  if (type === REG_DWORD || type === REG_QWORD) {
    const number = numberOf(text);
    if (number === null) throw new Unresolved('bad-syntax', `'${text}' is not a number.`);
    return checked(
      type,
      BigInt.asUintN(
        type === REG_DWORD ? 32 : 64,
        BigInt(text.startsWith('0x') ? text : Math.trunc(number)),
      ).toString(),
      sure,
    );
  }
  return checked(type, type === REG_BINARY ? text.replace(/[\s,]|0x/g, '') : text, sure);
}

function checked(type: number, text: string, from: Value): RegValue {
  const value = typedValue(type, text, LIST_SEPARATOR);
  if (value === null) throw new Unresolved('bad-syntax', `'${textOf(from)}' is not data of this type.`);
  return value;
}

function typeOf(data: Value): number {
  if (data instanceof ByteList) return REG_BINARY;
  if (Array.isArray(data)) {
    if (data.every((item) => typeof item === 'string')) return REG_MULTI_SZ;
    throw new Unresolved('bad-syntax', 'a list of numbers needs -Type Binary or [byte[]].');
  }
  if (typeof data === 'bigint') return REG_QWORD;
  if (typeof data === 'number') return Number.isInteger(data) && Math.abs(data) <= 0xffff_ffff ? REG_DWORD : REG_SZ;
  return REG_SZ;
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
