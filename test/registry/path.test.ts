import { expect, it } from 'vitest';
import { formatKeyPath, isBelowOrSame, isSamePath, parseKeyPath, pathKey } from '../../src/registry/path.ts';

it.each([
  ['', []],
  ['\\', []],
  ['a', ['a']],
  ['\\a\\b c\\', ['a', 'b c']],
  ['a/b\\c', ['a/b', 'c']],
])('parses %j', (text, names) => {
  expect(parseKeyPath(text)).toEqual(names);
});

it('refuses empty names', () => {
  expect(() => parseKeyPath('a\\\\b')).toThrow(expect.objectContaining({ code: 'BAD_PATH' }));
  expect(() => parseKeyPath('a\\\\')).toThrow(expect.objectContaining({ code: 'BAD_PATH' }));
});

it('compares as Windows does', () => {
  expect(formatKeyPath(['a', 'b'])).toBe('a\\b');
  expect(isSamePath(['Straße', 'X'], ['STRAßE', 'x'])).toBe(true);
  expect(isSamePath(['a'], ['a', 'b'])).toBe(false);
  expect(isBelowOrSame(['A', 'b', 'c'], ['a', 'B'])).toBe(true);
  expect(isBelowOrSame(['a'], ['a', 'b'])).toBe(false);
  expect(pathKey(['é', 'b'])).toBe(pathKey(['É', 'B']));
  expect(pathKey(['a\\b'])).not.toBe(pathKey(['a', 'b']));
});
