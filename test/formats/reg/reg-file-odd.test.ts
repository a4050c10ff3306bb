// .reg files that not regedit wrote: text over several lines, str( ), marks of another encoding.

import { expect, it } from 'vitest';
import { encodeUtf16le } from '../../../src/base/text.ts';
import { parseRegFile } from '../../../src/formats/reg/reader.ts';
import { formatRegLine } from '../../../src/formats/reg/writer.ts';

const HEAD = 'Windows Registry Editor Version 5.00\r\n\r\n[HKEY_LOCAL_MACHINE\\A]\r\n';
const utf8 = (text: string): Uint8Array => new TextEncoder().encode(text);
const hex = (text: string): string => Buffer.from(text, 'utf16le').toString('hex');
const values = (body: string) =>
  parseRegFile(utf8(HEAD + body)).actions.flatMap((action) =>
    action.kind === 'value' ? [[action.name, action.value.type, action.value.hex, action.line]] : [],
  );

it('text goes over several lines, with the line ends of the file, and lines are counted on', () => {
  expect(values('"a"="one\r\ntwo\r\n"\r\n"b"="x" ; y\r\n')).toEqual([
    ['a', 1, hex('one\r\ntwo\r\n\0'), 4],
    ['b', 1, hex('x\0'), 7],
  ]);
  // It comes out as bytes, which every regedit reads, and back to the same.
  const line = formatRegLine('a', { type: 1, hex: hex('one\r\ntwo\0') });
  expect(line).toMatch(/^"a"=hex\(1\):/);
  expect(values(line)[0]!.slice(1, 3)).toEqual([1, hex('one\r\ntwo\0')]);
});

it.each(['"a"="one\r\n[HKEY_LOCAL_MACHINE\\B]\r\n"b"="x"', '"a"="one\r\n"b"="x"', '"a"="one\r\n@="x"', '"a"="one\r\n'])(
  'a forgotten quote is told where it opens: %j',
  (body) => {
    expect(() => values(body)).toThrow(/line 4, column 5 of the .reg file: the text's closing quote is missing/);
  },
);

it('str( ) of the types 1, 2 and 7', () => {
  expect(
    values('"a"=str(2):"%SystemRoot%\\\\x"\r\n"b"=str(7):"a\\0b\\0"\r\n"c"=str:"q\\nr"\r\n"d"=str(7):"a"'),
  ).toEqual([
    ['a', 2, hex('%SystemRoot%\\x\0'), 4],
    ['b', 7, hex('a\0b\0\0'), 5],
    ['c', 1, hex('q\nr\0'), 6],
    ['d', 7, hex('a\0\0'), 7],
  ]);
  expect(() => values('"a"=str(4):"1"')).toThrow(/str\( \) takes the types 1, 2 and 7/);
  expect(() => values('"a"="q\\nr"')).toThrow(/a single backslash/);
});

it.each([
  ['UTF-16LE before 8-bit text', [0xff, 0xfe, ...utf8(HEAD)], /mark of UTF-16LE, but its text is not UTF-16/],
  ['UTF-16BE before 8-bit text', [0xfe, 0xff, ...utf8(HEAD)], /mark of UTF-16BE, but its text is not UTF-16/],
  ['UTF-16BE before UTF-16LE', [0xfe, 0xff, ...encodeUtf16le(HEAD)], /mark of UTF-16BE, but its text is UTF-16LE/],
  ['UTF-8 before UTF-16LE', [0xef, 0xbb, 0xbf, ...encodeUtf16le(HEAD)], /mark of UTF-8, but its text is UTF-16LE/],
  ['UTF-16LE before REGEDIT4', [0xff, 0xfe, ...utf8('REGEDIT4\r\n')], /mark of UTF-16LE/],
] as const)('a wrong mark is refused in words: %s', (_, bytes, message) => {
  expect(() => parseRegFile(Uint8Array.from(bytes))).toThrow(message);
});

it('comments may be of any code page, texts may not', () => {
  const ansi = (body: string): Uint8Array => Uint8Array.from(HEAD + body, (character) => character.charCodeAt(0));
  const { actions } = parseRegFile(ansi('; caf\xe9\r\n  ;\xfc\r\n"a"="x"\r\n'));
  expect(actions.filter((action) => action.kind === 'value')).toHaveLength(1);
  expect(() => parseRegFile(ansi('; caf\xe9\r\n"a"="caf\xe9"\r\n'))).toThrow(/line 5, column 9 is not UTF-8/);
  expect(() => parseRegFile(ansi('"a"="one\r\n;caf\xe9"\r\n'))).toThrow(/not UTF-8/);
});
