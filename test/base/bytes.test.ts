import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ByteReader, bytesEqual, concatBytes, fromHex, toHex, u32Bytes, u64Bytes } from '../../src/base/bytes.ts';
import { FormatError } from '../../src/base/errors.ts';

describe('ByteReader', () => {
  const reader = new ByteReader(Uint8Array.of(0x01, 0x02, 0x03, 0x04, 0xff, 0xff, 0xff, 0xff), 'the sample');

  it('reads little-endian', () => {
    expect(reader.u8(1)).toBe(2);
    expect(reader.u16(0)).toBe(0x0201);
    expect(reader.u32(0)).toBe(0x04030201);
    expect(reader.u32(4)).toBe(0xffffffff);
    expect(reader.u64(0)).toBe(0xffffffff04030201n);
    expect(reader.tag(0, 2)).toBe('\u0001\u0002');
    expect(reader.sizeBytes).toBe(8);
  });

  it('reads a view into a larger buffer from its own start', () => {
    const inner = new ByteReader(Uint8Array.of(9, 9, 7, 0, 0, 0).subarray(2), 'the view');
    expect(inner.u32(0)).toBe(7);
  });

  it('gives a view and not a copy', () => {
    const bytes = Uint8Array.of(1, 2, 3);
    new ByteReader(bytes, 'x').slice(1, 1)[0] = 9;
    expect(bytes[1]).toBe(9);
  });

  it.each([
    ['u8', () => reader.u8(8)],
    ['u16', () => reader.u16(7)],
    ['u32', () => reader.u32(5)],
    ['negative', () => reader.u32(-1)],
    ['u64', () => reader.u64(1)],
    ['slice', () => reader.slice(4, 5)],
    ['negative size', () => reader.slice(4, -1)],
    ['NaN', () => reader.u8(Number.NaN)],
  ])('%s out of bounds is TRUNCATED with subject and offset', (_, read) => {
    expect(read).toThrow(FormatError);
    try {
      read();
    } catch (error) {
      expect((error as FormatError).code).toBe('TRUNCATED');
      expect((error as FormatError).message).toMatch(/^the sample ends at byte 8, but -?\d+ bytes at (-?\d+|NaN)/);
    }
  });
});

describe('hex', () => {
  it('is what it was', () => {
    fc.assert(fc.property(fc.uint8Array(), (bytes) => bytesEqual(fromHex(toHex(bytes))!, bytes)));
  });
  it('takes capitals and refuses what is not hex', () => {
    expect(fromHex('0aFF')).toEqual(Uint8Array.of(0x0a, 0xff));
    expect(fromHex('abc')).toBeNull();
    expect(fromHex('zz')).toBeNull();
    expect(fromHex('')).toEqual(new Uint8Array(0));
  });
});

it('compares by content and length', () => {
  expect(bytesEqual(Uint8Array.of(1, 2), Uint8Array.of(1, 2))).toBe(true);
  expect(bytesEqual(Uint8Array.of(1, 2), Uint8Array.of(1, 3))).toBe(false);
  expect(bytesEqual(Uint8Array.of(1, 2), Uint8Array.of(1, 2, 3))).toBe(false);
});

it('finds one byte that differs, wherever it lies and however the views are aligned', () => {
  const a = new Uint8Array(80).map((_, i) => i);
  for (const [startA, startB] of [
    [0, 0],
    [4, 8],
    [1, 1],
    [1, 4],
  ] as const) {
    for (const size of [3, 63, 64, 65, 67, 71]) {
      const left = a.subarray(startA, startA + size);
      const room = new Uint8Array(100);
      room.set(left, startB);
      const right = room.subarray(startB, startB + size);
      expect(bytesEqual(left, right)).toBe(true);
      for (let i = 0; i < size; i += 1) {
        right[i]! ^= 0x80;
        expect(bytesEqual(left, right), `${startA} ${startB} ${size} ${i}`).toBe(false);
        right[i]! ^= 0x80;
      }
    }
  }
});

it('reads every hex digit', () => {
  const all = Uint8Array.from({ length: 256 }, (_, i) => i);
  expect(fromHex(toHex(all))).toEqual(all);
  expect(fromHex(toHex(all).toUpperCase())).toEqual(all);
});

it('joins and encodes', () => {
  expect(concatBytes(Uint8Array.of(1), new Uint8Array(0), Uint8Array.of(2, 3))).toEqual(Uint8Array.of(1, 2, 3));
  expect(u32Bytes(0xfffffffe)).toEqual(Uint8Array.of(0xfe, 0xff, 0xff, 0xff));
  expect(u32Bytes(-2)).toEqual(Uint8Array.of(0xfe, 0xff, 0xff, 0xff));
  expect(u64Bytes(1n << 32n)).toEqual(Uint8Array.of(0, 0, 0, 0, 1, 0, 0, 0));
  expect(u64Bytes(-1n)).toEqual(new Uint8Array(8).fill(0xff));
});
