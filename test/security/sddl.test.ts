import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { HivemendError } from '../../src/base/errors.ts';
import {
  CONTROL,
  encodeDescriptor,
  fromSddl,
  parseDescriptor,
  type SecurityDescriptor,
  toSddl,
} from '../../src/security/index.ts';

describe('texts that Windows writes', () => {
  it.each([
    'O:BAG:SYD:P(A;OICI;FA;;;SY)(A;OICI;FA;;;BA)',
    'O:BAG:SYD:PAI(A;CI;KA;;;SY)(A;CI;KA;;;BA)(A;CI;KR;;;BU)(A;CI;KR;;;AC)',
    'D:AI(A;OICIIOID;GA;;;CO)(A;ID;0x1200a9;;;BU)(A;ID;0x1301bf;;;AU)',
    'D:ARAI(D;;DCLCRPDTSDWD;;;AN)(A;;CCDCLCSWRPWPDTLOCRSDRCWDWO;;;BA)',
    'O:S-1-5-80-956008885-3418522649-1831038044-1853292631-2271478464G:S-1-5-21-1-2-3-513D:(A;;FR;;;WD)S:AI(AU;SAFA;FA;;;WD)',
    'D:(OA;CI;CC;bf967aba-0de6-11d0-a285-00aa003049e2;;BA)(OD;;WP;;bf967aba-0de6-11d0-a285-00aa003049e2;S-1-5-10-7)',
    'S:(ML;;NWNRNX;;;LW)(TL;;CC;;;S-1-19-512-8192)',
    'D:NO_ACCESS_CONTROL',
    'D:P',
    '',
  ])('%s comes back', (text) => {
    const sd = fromSddl(text);
    expect(toSddl(sd)).toBe(text);
    expect(toSddl(parseDescriptor(encodeDescriptor(sd)))).toBe(text);
  });
});

it('takes every case, blanks, names of rights and plain numbers', () => {
  expect(toSddl(fromSddl(' o:ba g:sy d:p (a;oici;fa;;;sy) (A; ;1179785; ; ;s-1-5-20)'))).toBe(
    'O:BAG:SYD:P(A;OICI;FA;;;SY)(A;;FR;;;NS)',
  );
  expect(toSddl(fromSddl('D:(A;;KX;;;BU)(A;;GRGX;;;AU)'))).toBe('D:(A;;KR;;;BU)(A;;GXGR;;;AU)');
  expect(toSddl(fromSddl('O:S-1-0x123456789abc-1D:'))).toBe('O:S-1-0x123456789abc-1D:');
});

it('carries conditions, claims and unknown entries as bytes', () => {
  const text = 'D:(XA;;FA;;;WD;#6172747800)(0x04;CI;;;;;#0102030405060708)(0x0c;;CC;;;BA)(A;;FR;;;BU)';
  const sd = fromSddl(text);
  expect(sd.dacl?.aces[1]).toMatchObject({ type: 4, mask: null, sid: null });
  expect(toSddl(parseDescriptor(encodeDescriptor(sd)))).toBe(text);
});

it('gives a list with object entries revision 4, others 2', () => {
  expect(fromSddl('D:(A;;FR;;;BU)').dacl?.revision).toBe(2);
  expect(fromSddl('D:(OA;;CC;;;BU)').dacl?.revision).toBe(4);
});

it('sets the flags of each list in its own bits', () => {
  expect(fromSddl('D:PARAI').control).toBe(0x8000 | CONTROL.daclPresent | 0x1000 | 0x0100 | 0x0400);
  expect(fromSddl('S:PARAI').control).toBe(0x8000 | CONTROL.saclPresent | 0x2000 | 0x0200 | 0x0800);
});

describe('what is refused', () => {
  it.each([
    ['x', 1],
    ['O:', 3],
    ['O:ZZ', 3],
    ['O:LA', 3],
    ['O:SYO:SY', 5],
    ['D:Q', 3],
    ['D:(A;;FA;;;SY', 3],
    ['D:(A;;FA;;SY)', 3],
    ['D:(B;;FA;;;SY)', 3],
    ['D:(A;XX;FA;;;SY)', 3],
    ['D:(A;;ZZ;;;SY)', 3],
    ['D:(A;;0x1ffffffff;;;SY)', 3],
    ['D:(A;;FA;nonsense;;SY)', 3],
    ['D:(A;;FA;bf967aba-0de6-11d0-a285-00aa003049e2;;SY)', 3],
    ['D:(A;;FA;;;)', 3],
    ['D:(XA;;FA;;;WD;(Member_of {BA}))', 3],
    ['D:(0x77;;FA;;;WD)', 3],
    ['D:(A;;FA;;;SY)junk', 15],
  ])('%s', (text, column) => {
    try {
      fromSddl(text);
      expect.fail('nothing thrown');
    } catch (error) {
      expect(error).toMatchObject({ code: 'BAD_SYNTAX', data: { column } });
    }
  });
  it('is a refusal whatever the text', () => {
    const words = fc.constantFrom(
      'O:',
      'G:',
      'D:',
      'S:',
      'P',
      'AI',
      '(',
      ')',
      ';',
      'A',
      'FA',
      'SY',
      'S-1-5-18',
      '#',
      '0x',
      '-',
      ' ',
    );
    fc.assert(
      fc.property(fc.array(words, { maxLength: 24 }), (parts) => {
        try {
          toSddl(fromSddl(parts.join('')));
        } catch (error) {
          expect(error).toBeInstanceOf(HivemendError);
        }
      }),
      { numRuns: 2000 },
    );
  });
});

const sid = fc.oneof(
  fc.constantFrom('S-1-5-18', 'S-1-5-20', 'S-1-1-0', 'S-1-5-32-544'),
  fc.array(fc.integer({ min: 0, max: 0xffffffff }), { maxLength: 15 }).map((subs) => ['S-1-5', ...subs].join('-')),
);
const guid = fc.option(fc.uint8Array({ minLength: 16, maxLength: 16 }));
const ace = fc.oneof(
  fc.record({
    type: fc.constantFrom(0, 1, 2, 3, 0x11, 0x13, 0x14),
    flags: fc.nat(255),
    mask: fc.integer({ min: 0, max: 0xffffffff }),
    sid,
    object: fc.constant(null),
    rest: fc.constant(new Uint8Array(0)),
  }),
  fc.record({
    type: fc.constantFrom(9, 10, 13, 14, 0x12, 0x15),
    flags: fc.nat(255),
    mask: fc.integer({ min: 0, max: 0xffffffff }),
    sid,
    object: fc.constant(null),
    rest: fc.uint8Array({ maxLength: 12 }),
  }),
  fc.record({
    type: fc.constantFrom(5, 6, 7, 8),
    flags: fc.nat(255),
    mask: fc.integer({ min: 0, max: 0xffffffff }),
    sid,
    object: fc.tuple(guid, guid).map(([type, inheritedType]) => ({
      flags: (type ? 1 : 0) | (inheritedType ? 2 : 0),
      type,
      inheritedType,
    })),
    rest: fc.constant(new Uint8Array(0)),
  }),
  fc.record({
    type: fc.constantFrom(4, 0x16, 0x80, 0xff),
    flags: fc.nat(255),
    mask: fc.constant(null),
    sid: fc.constant(null),
    object: fc.constant(null),
    rest: fc.uint8Array({ maxLength: 24 }),
  }),
);

it('round-trips any descriptor by its meaning, through text and through bytes', () => {
  const any = fc.record({
    owner: fc.option(sid),
    group: fc.option(sid),
    aces: fc.array(ace, { maxLength: 6 }),
    flags: fc.nat(7),
  });
  fc.assert(
    fc.property(any, ({ owner, group, aces, flags }) => {
      const control =
        CONTROL.selfRelative |
        CONTROL.daclPresent |
        (flags & 1 ? CONTROL.daclProtected : 0) |
        (flags & 2 ? CONTROL.daclAutoInherited : 0) |
        (flags & 4 ? CONTROL.daclAutoInheritRequired : 0);
      const revision = aces.some(({ type }) => type >= 5 && type <= 8) ? 4 : 2;
      const dacl = { revision, sbz1: 0, sbz2: 0, aces, slack: new Uint8Array(0) };
      const sd: SecurityDescriptor = {
        revision: 1,
        resourceManagerControl: 0,
        control,
        owner,
        group,
        sacl: null,
        dacl,
      };
      expect(fromSddl(toSddl(sd))).toEqual(sd);
      const { layout, ...parsed } = parseDescriptor(encodeDescriptor(sd));
      expect(layout).toBeDefined();
      expect(parsed).toEqual(sd);
    }),
    { numRuns: 500 },
  );
});
