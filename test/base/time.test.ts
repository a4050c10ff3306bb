import fc from 'fast-check';
import { expect, it } from 'vitest';
import { filetimeToIso, isoToFiletime, msToFiletime } from '../../src/base/time.ts';

it.each([
  [0n, '1601-01-01T00:00:00.0000000Z'],
  [1n, '1601-01-01T00:00:00.0000001Z'],
  [116_444_736_000_000_000n, '1970-01-01T00:00:00.0000000Z'],
  [116_444_735_999_999_999n, '1969-12-31T23:59:59.9999999Z'],
  [131_592_384_001_234_567n, '2018-01-01T00:00:00.1234567Z'],
  [2_650_467_743_999_999_999n, '9999-12-31T23:59:59.9999999Z'],
])('%s is %s', (filetime, iso) => {
  expect(filetimeToIso(filetime)).toBe(iso);
  expect(isoToFiletime(iso)).toBe(filetime);
});

it('has no ISO form beyond the year 9999', () => {
  expect(filetimeToIso(2_650_467_744_000_000_000n)).toBeNull();
  expect(filetimeToIso(0xffff_ffff_ffff_ffffn)).toBeNull();
  expect(filetimeToIso(-1n)).toBeNull();
});

it('comes back from its text', () => {
  fc.assert(
    fc.property(fc.bigInt(0n, 2_650_467_743_999_999_999n), (filetime) => {
      expect(isoToFiletime(filetimeToIso(filetime)!)).toBe(filetime);
    }),
  );
});

it('reads dates alone, zones and short fractions', () => {
  expect(isoToFiletime('1970-01-01')).toBe(116_444_736_000_000_000n);
  expect(isoToFiletime('1970-01-01T01:00:00+01:00')).toBe(116_444_736_000_000_000n);
  expect(isoToFiletime('1970-01-01 00:00')).toBe(116_444_736_000_000_000n);
  expect(isoToFiletime('1970-01-01T00:00:00.5Z')).toBe(116_444_736_005_000_000n);
});

it.each(['', 'yesterday', '1970-13-01', '1970-01-01T25:00:00Z', '1970-01-01T00:00:00.12345678Z'])(
  '%s is none',
  (text) => {
    expect(isoToFiletime(text)).toBeNull();
  },
);

it('counts from milliseconds', () => {
  expect(msToFiletime(0)).toBe(116_444_736_000_000_000n);
  expect(filetimeToIso(msToFiletime(1_514_764_800_123))).toBe('2018-01-01T00:00:00.1230000Z');
});
