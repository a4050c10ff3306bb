import { describe, expect, it } from 'vitest';
import { UsageError } from '../../../src/base/errors.ts';
import { decodeUtf16le } from '../../../src/base/text.ts';
import { parseHivexml } from '../../../src/formats/xml/hivexml.ts';
import * as reg from '../../../src/registry/value.ts';

const OURS = 'xmlns:hm="urn:hivemend:hivexml:1"';
const hive = (inner: string, attributes = ''): string =>
  `<?xml version="1.0" encoding="UTF-8"?>\n<hive ${OURS}${attributes}><node name="R" root="1">${inner}</node></hive>\n`;
const valueIn = (element: string) => parseHivexml(hive(element)).root.values[0]!;

function refusal(text: string): UsageError {
  try {
    parseHivexml(text);
  } catch (error) {
    if (error instanceof UsageError) return error;
    throw error;
  }
  throw new Error('was read, expected a refusal');
}

describe('values', () => {
  it.each([
    ['<value type="string" key="k" value="abc"/>', reg.sz('abc')],
    ['<value type="expand" key="k" value="%x%"/>', reg.expandSz('%x%')],
    ['<value type="link" key="k" value="\\R"/>', { type: 6, hex: '5c005200' }],
    ['<value type="string-list" key="k"><string>a</string><string></string></value>', reg.multiSz(['a'])],
    ['<value type="string-list" key="k"/>', { type: 7, hex: '' }],
    ['<value type="int32" key="k" value="-1"/>', reg.dword(0xffffffff)],
    ['<value type="int32" key="k" value="4294967295"/>', reg.dword(0xffffffff)],
    ['<value type="int32" key="k" value="258" hm:type="5"/>', { type: 5, hex: '00000102' }],
    ['<value type="int64" key="k" value="-2"/>', reg.qword(-2n)],
    ['<value type="binary" encoding="base64" key="k" value="AQ ID\n"/>', { type: 3, hex: '010203' }],
    ['<value type="binary" encoding="base64" key="k" value=""/>', { type: 3, hex: '' }],
    ['<value type="none" encoding="base64" key="k"/>', { type: 0, hex: '' }],
    ['<value type="bad-string" encoding="base64" key="k" value="ANg="/>', { type: 1, hex: '00d8' }],
    ['<value type="resource-list" encoding="base64" key="k" value="AQ=="/>', { type: 8, hex: '01' }],
    [
      '<value type="unknown" encoding="base64" key="k" value="AQ==" hm:type="0xffff0012"/>',
      { type: 0xffff0012, hex: '01' },
    ],
    ['<value type="string" key="k" value="abc" hm:hex="6100 62"/>', { type: 1, hex: '610062' }],
  ])('reads %s', (element, value) => {
    expect(valueIn(element).value).toEqual(value);
  });

  it('keeps blanks, line breaks, leading zeros and every reference', () => {
    expect(valueIn('<value type="string" key=" k " value=" 007 "/>')).toMatchObject({
      name: ' k ',
      value: reg.sz(' 007 '),
    });
    expect(valueIn('<value type="string" key="k" value="007"/>').value).toEqual(reg.sz('007'));
    expect(valueIn('<value type="string" key="007" value="true"/>')).toMatchObject({
      name: '007',
      value: reg.sz('true'),
    });
    expect(valueIn('<value type="string" key="k" value="a&#13;&#10;b&#x9;&lt;&amp;lt;"/>').value).toEqual(
      reg.sz('a\r\nb\t<&lt;'),
    );
    expect(valueIn('<value type="string" default="1" value="a\tb"/>')).toMatchObject({
      name: '',
      value: reg.sz('a b'),
    });
    const list =
      '<value type="string-list" key="k"><string> a\r\nb </string><string>&#13;<![CDATA[&lt;]]>c</string></value>';
    expect(valueIn(list).value).toEqual(
      reg.regValue(7, reg.valueBytes({ type: 7, hex: reg.multiSz([' a\nb ', '\r&lt;c']).hex.slice(0, -4) })),
    );
    expect(valueIn('<value type="string" key="__proto__" value="constructor"/>').name).toBe('__proto__');
    expect(valueIn('<value type="string" key="😀" value="&#x1F600;"/>').value).toEqual(reg.sz('😀'));
  });

  it('takes the characters that hivexml writes although XML forbids them', () => {
    expect(valueIn('<value type="string" key="k" value="a\u0001"/>').value).toEqual(reg.sz('a\u0001'));
  });
});

describe('keys', () => {
  it('reads what our attributes say', () => {
    const parsed = parseHivexml(
      hive(
        '<mtime>2020-01-02T03:04:05Z</mtime><node name="a" hm:time="5" hm:class="c" hm:sd="0102" hm:flags="0x30">' +
          '<value type="none" encoding="base64" key="k" hm:flags="3"/></node><node name="?" hm:name="00D80000" hm:class-hex="610062"/>',
        ' hm:minor="5" hm:time="77"',
      ),
    );
    expect(parsed).toMatchObject({ minor: 5, lastWritten: 77n, root: { name: 'R', lastWritten: 132224078450000000n } });
    const [a, b] = parsed.root.subkeys;
    expect(a).toMatchObject({ name: 'a', lastWritten: 5n, flags: 0x30, security: Uint8Array.of(1, 2) });
    expect(decodeUtf16le(a!.classBytes!)).toBe('c');
    expect(a?.values[0]?.flags).toBe(3);
    expect(b).toMatchObject({ name: '\ud800\0', classBytes: Uint8Array.of(0x61, 0, 0x62), lastWritten: null });
  });

  it('reads descriptors as SDDL, and times of years with five digits', () => {
    const parsed = parseHivexml(
      hive('<mtime>30828-09-14T02:48:05Z</mtime>').replace('root="1"', 'root="1" hm:sddl="O:BAG:SYD:(A;;KA;;;SY)"'),
    );
    expect(parsed.root.security?.[0]).toBe(1);
    expect(parsed.root.lastWritten).toBe(9223372036850000000n);
  });

  it('goes 511 keys deep', () => {
    const deep = parseHivexml(hive('<node name="d">'.repeat(511) + '</node>'.repeat(511)));
    let depth = 0;
    for (let key = deep.root; key.subkeys[0]; key = key.subkeys[0]) depth += 1;
    expect(depth).toBe(511);
  });
});

describe('refuses, with line and column,', () => {
  it.each([
    ['an unknown type without its number', '<value type="unknown" encoding="base64" key="k" value="AQ=="/>'],
    ['a type that is none', '<value type="strings" key="k" value="a"/>'],
    ['a type that is another', '<value type="string" key="k" value="a" hm:type="2"/>'],
    ['an int32 that is none', '<value type="int32" key="k" value="4294967296"/>'],
    ['an int32 in hex', '<value type="int32" key="k" value="0x10"/>'],
    ['an int64 that is none', '<value type="int64" key="k" value=""/>'],
    ['bad base64', '<value type="binary" encoding="base64" key="k" value="A"/>'],
    ['base64 with bits left over', '<value type="binary" encoding="base64" key="k" value="AR=="/>'],
    ['base64 that is not said to be', '<value type="binary" key="k" value="AQ=="/>'],
    ['text that is said to be base64', '<value type="string" encoding="base64" key="k" value="AQ=="/>'],
    ['text without text', '<value type="string" key="k"/>'],
    ['a value without a name', '<value type="string" value="a"/>'],
    ['a value of two names', '<value type="string" default="1" key="k" value="a"/>'],
    ['a name with U+FFFD', '<value type="string" key="a\ufffd" value="a"/>'],
    ['two values of one name', '<value type="string" key="é" value="a"/><value type="string" key="É" value="a"/>'],
    ['two keys of one name', '<node name="a"/><node name="A"/>'],
    ['a key without a name', '<node/>'],
    ['a second root', '<node name="a" root="1"/>'],
    ['an element of somebody else', '<key name="a"/>'],
    ['an attribute of somebody else', '<node name="a" colour="red"/>'],
    ['text between elements', '<node name="a">text</node>'],
    ['hex that is none', '<value type="string" key="k" value="a" hm:hex="0"/>'],
    ['flags that are none', '<node name="a" hm:flags="-1"/>'],
    ['a time that is none', '<node name="a"><mtime>yesterday</mtime></node>'],
    ['a FILETIME that is none', '<node name="a" hm:time="18446744073709551616"/>'],
    ['a descriptor that is none', '<node name="a" hm:sddl="what"/>'],
    ['an entity', '<value type="string" key="k" value="&nbsp;"/>'],
    ['a reference to no character', '<value type="string" key="k" value="&#1;"/>'],
    ['a reference to half a character', '<value type="string" key="k" value="&#xD800;"/>'],
    ['a bare ampersand', '<value type="string" key="k" value="a & b"/>'],
    ['a closing tag of another', '<node name="a"></value>'],
    ['two attributes of one name', '<node name="a" name="b"/>'],
  ])('%s', (_, element) => {
    const error = refusal(hive(`\n   ${element}`));
    expect(error.code).toBe('BAD_SYNTAX');
    expect(error.data?.line).toBeGreaterThanOrEqual(3);
    expect(error.data?.column).toBeGreaterThanOrEqual(1);
  });

  it('names the place of the element', () => {
    const error = refusal(hive('\r\n   <value type="unknown" encoding="base64" key="k"/>'));
    expect(error.data).toEqual({ line: 3, column: 4 });
    expect(error.message).toMatch(/needs its number in hm:type at line 3, column 4/);
  });

  it('a DOCTYPE, but not its mention', () => {
    const bomb =
      '<?xml version="1.0"?>\n<!DOCTYPE hive [<!ENTITY a "aaaa">]>\n<hive><node name="&a;" root="1"/></hive>';
    expect(refusal(bomb)).toMatchObject({ code: 'BAD_SYNTAX', data: { line: 2, column: 1 } });
    expect(parseHivexml(hive('<!-- <!DOCTYPE x> -->')).root.name).toBe('R');
  });

  it.each([
    ['', 'nothing'],
    ['<hive/>', 'no root key'],
    ['<node name="a" root="1"/>', 'no hive'],
    ['<hive><node name="a"/><node name="b"/></hive>', 'two root keys'],
    ['<hive><node name="a"/></hive><hive><node name="a"/></hive>', 'two documents'],
    ['<hive xmlns:hm="urn:other"><node name="a" hm:time="1"/></hive>', 'another namespace'],
    ['<hive><node name="a" hm:time="1"/></hive>', 'no namespace'],
    [`<hive ${OURS} hm:minor="five"><node name="a"/></hive>`, 'no version'],
    ['not xml', 'no XML'],
  ])('%j: %s', (text) => {
    expect(refusal(text).code).toBe('BAD_SYNTAX');
  });

  it('nesting that no hive has', () => {
    expect(refusal(hive('<node name="d">'.repeat(1200) + '</node>'.repeat(1200))).code).toBe('BAD_SYNTAX');
  });
});

it('reads a document of many references', () => {
  const text = '&#10;&amp;'.repeat(60_000);
  expect(reg.valueBytes(valueIn(`<value type="string" key="k" value="${text}"/>`).value)).toHaveLength(2 * 120_001);
});
