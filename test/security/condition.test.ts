import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { concatBytes, fromHex, toHex, u32Bytes } from '../../src/base/bytes.ts';
import { encodeUtf16le } from '../../src/base/text.ts';
import { conditionBytes, conditionText } from '../../src/security/condition.ts';
import { encodeDescriptor, fromSddl, parseDescriptor, toSddl } from '../../src/security/index.ts';

const NAMES = { name: (sid: string) => sid, sid: (name: string) => (/^S-1-/.test(name) ? name : null) };
const sized = (code: number, text: string): Uint8Array => {
  const content = encodeUtf16le(text);
  return concatBytes(Uint8Array.of(code), u32Bytes(content.byteLength), content);
};
const artx = fromHex('61727478')!;
const padded = (bytes: Uint8Array): Uint8Array => concatBytes(bytes, new Uint8Array(-bytes.byteLength & 3));

describe('the example of the specification', () => {
  const text = '(@User.Title == "PM" && (@User.Division == "Finance" || @User.Division == "Sales"))';
  const bytes = padded(
    concatBytes(
      ...[artx, sized(0xf9, 'Title'), sized(0x10, 'PM'), Uint8Array.of(0x80)],
      ...[sized(0xf9, 'Division'), sized(0x10, 'Finance'), Uint8Array.of(0x80)],
      ...[sized(0xf9, 'Division'), sized(0x10, 'Sales'), Uint8Array.of(0x80, 0xa1, 0xa0)],
    ),
  );
  it('is read and written', () => {
    expect(toHex(conditionBytes(text, NAMES)!)).toBe(toHex(bytes));
    expect(conditionText(bytes, NAMES)).toBe(text);
  });
  it('stands in an entry, its quotes and parentheses kept', () => {
    const sddl = `D:(XA;;FX;;;WD;${text.replace('PM', 'a;b)c')})(A;;FA;;;SY)`;
    expect(toSddl(parseDescriptor(encodeDescriptor(fromSddl(sddl))))).toBe(sddl);
  });
});

it.each([
  '(WIN://SYSAPPID)',
  '(Exists WIN://SYSAPPID)',
  '(!(WIN://ISMULTISESSIONSKU))',
  '(WIN://SYSAPPID Contains "MICROSOFT.X")',
  '(Member_of {SID(S-1-5-32-544), SID(S-1-5-18)})',
  '(Not_Device_Member_of_Any SID(S-1-5-11))',
  '(a == 1 || (b != -5 && c >= +7))',
  '((a || b) && !(c < 3))',
  '(a || (b || c))',
  '(@Resource.dept Any_of {"Sales", 3, #00ff})',
  '(@Device.x%0020y == #cafe)',
  '({} == a)',
])('%s comes back', (text) => {
  const bytes = conditionBytes(text, NAMES);
  expect(bytes).not.toBeNull();
  expect(conditionText(bytes!, NAMES)).toBe(text);
});

it.each([
  '',
  'a',
  '(a',
  '(a))',
  '()',
  '(a ==)',
  '(a b)',
  '(Member_of {BA})',
  '(Exists "x")',
  '(a == {b})',
  '(a == SID(X))',
  '(!)',
  '(a && )',
])('%j is none', (text) => expect(conditionBytes(text, NAMES)).toBeNull());

it('binds && before ||', () => {
  expect(conditionBytes('(a || b && c)', NAMES)).toEqual(conditionBytes('(a || (b && c))', NAMES));
});

it('what no text brings back is null, and stays bytes in SDDL', () => {
  const int8 = padded(concatBytes(artx, sized(0xf8, 'a'), fromHex('01' + '0500000000000000' + '0302' + '80')!));
  const quoted = padded(concatBytes(artx, sized(0x10, 'a"b')));
  const innerPadding = padded(concatBytes(artx, Uint8Array.of(0, 0), sized(0xf8, 'a')));
  const named = padded(concatBytes(artx, sized(0xf8, 'Exists')));
  for (const bytes of [int8, quoted, innerPadding, named, artx, new Uint8Array(0), Uint8Array.of(1, 2)]) {
    expect(conditionText(bytes, NAMES)).toBeNull();
  }
  const sddl = `D:(XA;;FA;;;WD;#${toHex(int8)})`;
  expect(toSddl(fromSddl(sddl))).toBe(sddl);
});

it('survives anything: what it prints it reads back to the same bytes', () => {
  const base = conditionBytes('(@User.a == {"x", 5} && (Member_of {SID(S-1-5-18)} || !(Exists b)))', NAMES)!;
  const hits = fc.array(fc.tuple(fc.nat(base.byteLength - 1), fc.nat(255)), { maxLength: 3 });
  fc.assert(
    fc.property(hits, fc.nat(base.byteLength), (changes, length) => {
      const bytes = base.slice(0, length > 8 ? base.byteLength : length);
      for (const [at, value] of changes) if (at < bytes.byteLength) bytes[at] = value;
      const text = conditionText(bytes, NAMES);
      if (text !== null) expect(conditionBytes(text, NAMES)).toEqual(bytes);
    }),
    { numRuns: 3000 },
  );
  const words = fc.constantFrom(
    '(',
    ')',
    'a',
    '==',
    '&&',
    '||',
    '!',
    '{',
    '}',
    ',',
    '"x"',
    '5',
    'Exists',
    'Member_of',
    'SID(S-1-5-18)',
    ' ',
  );
  fc.assert(
    fc.property(fc.array(words, { maxLength: 16 }), (parts) => {
      const bytes = conditionBytes(`(${parts.join(' ')})`, NAMES);
      if (bytes) conditionText(bytes, NAMES);
    }),
    { numRuns: 2000 },
  );
  expect(conditionBytes(`(${'('.repeat(5000)}a${')'.repeat(5000)})`, NAMES)).toBeNull();
  expect(conditionBytes(`(${'!'.repeat(5000)}a)`, NAMES)).toBeNull();
});
