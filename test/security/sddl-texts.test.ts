import { expect, it } from 'vitest';
import { encodeDescriptor, fromSddl, parseDescriptor, SddlTexts, toSddl } from '../../src/security/index.ts';

const TEXTS = [
  'O:BAG:SYD:PAI(A;CI;KA;;;SY)(A;CI;KR;;;BU)',
  'O:BAG:SYD:(A;CI;KA;;;SY)(D;CI;KR;;;BU)(A;CI;KA;;;SY)S:(ML;CI;NW;;;LW)',
  'D:NO_ACCESS_CONTROL',
  'O:SYG:SYD:(OA;;CC;bf967aba-0de6-11d0-a285-00aa003049e2;;AU)(0x04;;;;;;#00010203)',
  'O:SYG:SYD:(XA;;FX;;;WD;(@User.Title == "PM"))',
];

it('gives each of many descriptors the text that it has alone', () => {
  const texts = new SddlTexts();
  for (const text of [...TEXTS, ...TEXTS.toReversed()]) {
    const descriptor = encodeDescriptor(fromSddl(text));
    expect(texts.textOf(descriptor)).toBe(toSddl(parseDescriptor(descriptor)));
  }
});

it('is a FormatError for what is no descriptor', () => {
  const texts = new SddlTexts();
  const descriptor = encodeDescriptor(fromSddl(TEXTS[0]!));
  texts.textOf(descriptor);
  expect(() => texts.textOf(descriptor.subarray(0, 60))).toThrow('a security descriptor');
});
