import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { concatBytes } from '../../src/base/bytes.ts';
import { FormatError } from '../../src/base/errors.ts';
import { encodeUtf16le } from '../../src/base/text.ts';
import type { Value } from '../../src/registry/hive.ts';
import * as reg from '../../src/registry/value.ts';

function value(type: number, data: Uint8Array): Value {
  return { name: 'v', type, cellOffset: 32, flags: 1, data: () => data };
}

const damaged: Value = {
  ...value(reg.REG_DWORD, new Uint8Array(4)),
  data: () => {
    throw new FormatError('BAD_CELL', 'the data cell is not there');
  },
};

describe('types', () => {
  it('have numbers and names both ways', () => {
    for (let type = 0; type <= 11; type += 1) expect(reg.typeNumber(reg.typeName(type)!)).toBe(type);
    expect(reg.typeNumber('reg_dword_little_endian')).toBe(4);
    expect(reg.typeNumber('REG_NOTHING')).toBeNull();
    expect(reg.typeName(12)).toBeNull();
    expect(reg.typeText(0xffff0012)).toBe('0xffff0012');
    expect(reg.typeText(7)).toBe('REG_MULTI_SZ');
  });
});

describe('decodeValue', () => {
  it.each([
    [1, 'a\0', { kind: 'string', text: 'a' }],
    [1, 'a', { kind: 'string', text: 'a' }],
    [2, 'a\0\0\0', { kind: 'string', text: 'a' }],
    [7, 'a\0b\0\0', { kind: 'strings', texts: ['a', 'b'] }],
    [7, 'a\0\0b\0\0', { kind: 'strings', texts: ['a', '', 'b'] }],
    [7, '\0', { kind: 'strings', texts: [] }],
    [7, '', { kind: 'strings', texts: [] }],
  ])('reads type %i of %j', (type, text, expected) => {
    expect(reg.decodeValue(type, encodeUtf16le(text))).toEqual(expected);
  });

  it('reads numbers of the right size only', () => {
    expect(reg.decodeValue(4, Uint8Array.of(1, 2, 3, 0xff))).toEqual({ kind: 'number', number: 0xff030201 });
    expect(reg.decodeValue(5, Uint8Array.of(1, 2, 3, 0xff))).toEqual({ kind: 'number', number: 0x010203ff });
    expect(reg.decodeValue(11, new Uint8Array(8).fill(0xff))).toEqual({ kind: 'qword', number: 2n ** 64n - 1n });
    for (const [type, size] of [
      [4, 3],
      [4, 5],
      [11, 4],
      [1, 3],
      [7, 5],
      [99, 4],
    ] as const) {
      const bytes = new Uint8Array(size).fill(65);
      expect(reg.decodeValue(type, bytes)).toEqual({ kind: 'bytes', bytes });
    }
  });

  it('keeps text with something behind its NUL as bytes', () => {
    const bytes = encodeUtf16le('a\0b\0');
    expect(reg.decodeValue(1, bytes)).toEqual({ kind: 'bytes', bytes });
  });

  it('reads what the encoders write', () => {
    const text = fc.string({ unit: 'binary' }).filter((s) => !s.includes('\0'));
    fc.assert(
      fc.property(text, fc.array(text.filter((s) => s !== '')), fc.nat(0xffff_ffff), (one, list, number) => {
        const decode = (v: { type: number; hex: string }) => reg.decodeValue(v.type, reg.valueBytes(v));
        expect(decode(reg.sz(one))).toEqual({ kind: 'string', text: one });
        expect(decode(reg.expandSz(one))).toEqual({ kind: 'string', text: one });
        expect(decode(reg.multiSz(list))).toEqual({ kind: 'strings', texts: list });
        expect(decode(reg.dword(number))).toEqual({ kind: 'number', number });
        expect(decode(reg.qword(BigInt(number) << 20n))).toEqual({ kind: 'qword', number: BigInt(number) << 20n });
      }),
    );
  });
});

describe('readers', () => {
  it('see what a program sees', () => {
    expect(reg.readString(value(1, encodeUtf16le('abc\0junk')))).toBe('abc');
    expect(reg.readString(value(3, encodeUtf16le('abc')))).toBeNull();
    expect(reg.readStrings(value(7, encodeUtf16le('a\0\0b\0\0')))).toEqual(['a']);
    expect(reg.readDword(value(4, Uint8Array.of(5, 0, 0, 0)))).toBe(5);
    expect(reg.readDword(value(4, Uint8Array.of(5, 0)))).toBeNull();
    expect(reg.readDword(value(3, Uint8Array.of(5, 0, 0, 0)))).toBeNull();
    expect(reg.readBinary(value(3, Uint8Array.of(1)))).toEqual(Uint8Array.of(1));
    expect(reg.readDword(null)).toBeNull();
    expect(reg.readDword(damaged)).toBeNull();
  });
});

it('refuses what cannot be encoded', () => {
  expect(() => reg.multiSz(['a', ''])).toThrow(/empty text/);
  expect(() => reg.valueBytes({ type: 3, hex: 'abc' })).toThrow(/hex digits/);
  expect(reg.valueBytes(reg.binary(concatBytes(Uint8Array.of(1), Uint8Array.of(2))))).toEqual(Uint8Array.of(1, 2));
});
