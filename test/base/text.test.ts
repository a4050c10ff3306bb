import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  compareNames,
  decodeLatin1,
  decodeUtf16le,
  encodeLatin1,
  encodeUtf16le,
  printable,
  upcase,
  upcaseUnit,
} from '../../src/base/text.ts';

const anyUnits = fc.array(fc.integer({ min: 0, max: 0xffff }), { maxLength: 40 }).map((u) => String.fromCharCode(...u));

describe('UTF-16LE', () => {
  it('keeps every unit: unpaired surrogates and NULs too', () => {
    fc.assert(fc.property(anyUnits, (text) => decodeUtf16le(encodeUtf16le(text)) === text));
    expect(encodeUtf16le('A\0\ud800')).toEqual(Uint8Array.of(0x41, 0, 0, 0, 0x00, 0xd8));
  });
  it('leaves an odd last byte out, and reads long text', () => {
    expect(decodeUtf16le(Uint8Array.of(0x41, 0, 0x42))).toBe('A');
    const long = 'x'.repeat(10_000);
    expect(decodeUtf16le(encodeUtf16le(long))).toBe(long);
  });
});

describe('compressed names', () => {
  it('are Latin-1, not Windows-1252', () => {
    expect(decodeLatin1(Uint8Array.of(0x41, 0x80, 0xff))).toBe('A\u0080\u00ff');
    expect(encodeLatin1('A\u0080\u00ff')).toEqual(Uint8Array.of(0x41, 0x80, 0xff));
    expect(encodeLatin1('\u20ac')).toBeNull();
  });
});

describe('upper-casing', () => {
  it('is the frozen table as a whole', () => {
    const table = Uint16Array.from({ length: 65_536 }, (_, unit) => upcaseUnit(unit));
    const bytes = new Uint8Array(65_536 * 2);
    for (const [unit, upper] of table.entries()) {
      bytes[2 * unit] = upper & 0xff;
      bytes[2 * unit + 1] = upper >> 8;
    }
    // The $UpCase that mkntfs writes, equal to one read from Windows 10.
    expect(createHash('sha256').update(bytes).digest('hex')).toBe(
      '41c26bc7a12bdaeb26025c93118697c7e3ef81ee048b00fe5cce2a472e0e0742',
    );
  });
  it.each([
    ['a', 'A'],
    ['ß', 'ß'],
    ['\u0131', '\u0131'],
    ['\u00b5', '\u00b5'],
    ['ÿ', 'Ÿ'],
    ['\u1f80', '\u1f88'],
    ['\ud801\udc28', '\ud801\udc28'],
    ['\u10d0', '\u10d0'],
    ['\u13f8', '\u13f8'],
    ['\uab70', '\uab70'],
  ])('%s becomes %s', (lower, upper) => expect(upcase(lower)).toBe(upper));
  it('is its own limit and keeps the length', () => {
    fc.assert(
      fc.property(anyUnits, (text) => {
        expect(upcase(upcase(text))).toBe(upcase(text));
        expect(upcase(text).length).toBe(text.length);
      }),
    );
  });
});

describe('the order of names', () => {
  it('is by upper-cased units, shorter first', () => {
    expect(['ß2', 'SS3', 'ss1', 'a_', 'aB', 'A'].sort(compareNames)).toEqual(['A', 'aB', 'a_', 'ss1', 'SS3', 'ß2']);
    expect(compareNames('System', 'SYSTEM')).toBe(0);
  });
  it('is an order', () => {
    fc.assert(
      fc.property(anyUnits, anyUnits, anyUnits, (a, b, c) => {
        expect(Math.sign(compareNames(a, b))).toBe(0 - Math.sign(compareNames(b, a)));
        if (compareNames(a, b) <= 0 && compareNames(b, c) <= 0) expect(compareNames(a, c)).toBeLessThanOrEqual(0);
        expect(compareNames(a, b) === 0).toBe(upcase(a) === upcase(b));
      }),
    );
  });
});

it('escapes what a terminal would obey', () => {
  expect(printable('a\u001b[31m\u0000\u202e\ud800b\ud83d\ude00')).toBe(
    'a\\u001b[31m\\u0000\\u202e\\ud800b\ud83d\ude00',
  );
  expect(printable('Müller \\ 漢字')).toBe('Müller \\ 漢字');
});
