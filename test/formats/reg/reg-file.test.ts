import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { concatBytes } from '../../../src/base/bytes.ts';
import { decodeUtf16le, encodeUtf16le, upcase } from '../../../src/base/text.ts';
import { writeRegDiff } from '../../../src/formats/diff-text.ts';
import { prefixResolver, regFileEdits } from '../../../src/formats/reg/edits.ts';
import { parseRegFile, type RegFileAction } from '../../../src/formats/reg/reader.ts';
import { formatRegLine, writeRegFile } from '../../../src/formats/reg/writer.ts';
import type { HiveEdit, RegValue } from '../../../src/registry/edit.ts';
import { diffHives, type HiveDifference } from '../../../src/registry/proof/diff.ts';
import { WorkingHive } from '../../../src/registry/working/working-hive.ts';
import { encodeDescriptor, fromSddl } from '../../../src/security/index.ts';
import { fixtureEngine } from '../../fixture-hives.ts';

const HEADER = 'Windows Registry Editor Version 5.00';
const utf8 = (text: string): Uint8Array => new TextEncoder().encode(text);
const utf16 = (text: string): Uint8Array => encodeUtf16le(`\ufeff${text}`);

function lineValue(line: string, header = HEADER): RegValue {
  const { actions } = parseRegFile(utf8(`${header}\n\n[HKLM\\A]\n${line}\n`));
  const [, action] = actions;
  if (action?.kind !== 'value') throw new Error(`no value: ${JSON.stringify(actions)}`);
  return action.value;
}

function failure(text: string | Uint8Array, codePage?: string): { message: string; data: unknown } {
  try {
    parseRegFile(typeof text === 'string' ? utf8(text) : text, codePage === undefined ? {} : { codePage });
  } catch (error) {
    const { code, message, data } = error as { code: string; message: string; data: unknown };
    expect(code).toBe('BAD_SYNTAX');
    return { message, data };
  }
  throw new Error('was read');
}

describe('reading', () => {
  it.each<[string, number, string]>([
    ['"x"="abc"', 1, '6100620063000000'],
    ['"x"=""', 1, '0000'],
    ['"x"="C:\\\\dir \\"q\\""', 1, '43003a005c0064006900720020002200710022000000'],
    ['  "x" = dword:0000000a', 4, '0a000000'],
    ['"x"=dword:a', 4, '0a000000'],
    ['"x"=DWORD:FFFFFFFF', 4, 'ffffffff'],
    ['"x"=hex:', 3, ''],
    ['"x"=hex:01,02,', 3, '0102'],
    ['"x"=hex:1,f , 0A', 3, '010f0a'],
    ['"x"=hex:01,\\\n  02,03', 3, '010203'],
    ['"x"=hex:01,\\ ; a comment\r\n\t02', 3, '0102'],
    ['"x"=hex:01\\\n,02', 3, '0102'],
    ['"x"=hex:01,02 ; a comment', 3, '0102'],
    ['"x"=hex(0):', 0, ''],
    ['"x"=hex(1):41,00', 1, '4100'],
    ['"x"=hex(2):25,00,00,00', 2, '25000000'],
    ['"x"=hex(4):01', 4, '01'],
    ['"x"=hex(5):00,00,00,01', 5, '00000001'],
    ['"x"=hex(6):41,00', 6, '4100'],
    ['"x"=hex(7):61,00,00,00,00,00', 7, '610000000000'],
    ['"x"=hex(8):01', 8, '01'],
    ['"x"=hex(9):01', 9, '01'],
    ['"x"=hex(a):01', 10, '01'],
    ['"x"=hex(b):01,00,00,00,00,00,00,00', 11, '0100000000000000'],
    ['"x"=hex(0xb):01', 11, '01'],
    ['"x"=hex(ffff0012):01', 0xffff0012, '01'],
    ['@="default"', 1, '640065006600610075006c0074000000'],
    ['"x"="a;b" ; c', 1, '61003b0062000000'],
  ])('%s', (line, type, hex) => {
    expect(lineValue(line)).toEqual({ type, hex });
  });

  it('takes keys, deletions, comments and every end of line', () => {
    const lines = [
      HEADER,
      '; comment',
      '',
      '[HKEY_LOCAL_MACHINE\\A\\b [c] ] ; behind',
      '"gone"=-',
      '@=-',
      '   ; indented',
      '[-HKEY_LOCAL_MACHINE\\B]',
      '[HKEY_LOCAL_MACHINE\\C]',
      '"@"="not the default"',
    ];
    const key = 'HKEY_LOCAL_MACHINE\\A\\b [c] ';
    const expected: RegFileAction[] = [
      { kind: 'key', key, line: 4 },
      { kind: 'delete-value', key, name: 'gone', line: 5 },
      { kind: 'delete-value', key, name: '', line: 6 },
      { kind: 'delete-key', key: 'HKEY_LOCAL_MACHINE\\B', line: 8 },
      { kind: 'key', key: 'HKEY_LOCAL_MACHINE\\C', line: 9 },
      { kind: 'value', key: 'HKEY_LOCAL_MACHINE\\C', name: '@', value: lineValue('"x"="not the default"'), line: 10 },
    ];
    for (const end of ['\n', '\r\n', '\r']) {
      for (const encode of [utf8, utf16, (text: string) => concatBytes(Uint8Array.of(0xef, 0xbb, 0xbf), utf8(text))]) {
        const { version, actions } = parseRegFile(encode(lines.join(end)));
        expect(version).toBe('5.00');
        expect(actions).toEqual(expected);
      }
    }
  });

  it('takes UTF-16 of either order and without a mark', () => {
    const text = `${HEADER}\r\n[HKLM\\Ä\ud800]\r\n`;
    const bytes = utf16(text);
    const swapped = bytes.map((_, i) => bytes[i ^ 1]!);
    for (const file of [bytes, swapped, encodeUtf16le(text)]) {
      expect(parseRegFile(file).actions).toEqual([{ kind: 'key', key: 'HKLM\\Ä\ud800', line: 2 }]);
    }
  });

  it('reads REGEDIT4 in the code page that is named, its text bytes too', () => {
    const file = concatBytes(
      utf8('REGEDIT4\r\n[HKLM\\'),
      Uint8Array.of(0xc4),
      utf8(']\r\n"x"=hex(2):c4,00\r\n"y"=hex:c4\r\n"z"="'),
      Uint8Array.of(0x80),
      utf8('"\r\n'),
    );
    const { version, actions } = parseRegFile(file, { codePage: 'windows-1252' });
    expect(version).toBe('REGEDIT4');
    expect(actions.map((action) => ('value' in action ? action.value.hex : action.key))).toEqual([
      'HKLM\\Ä',
      'c4000000',
      'c4',
      'ac200000',
    ]);
    expect(parseRegFile(file, { codePage: 'windows-1251' }).actions[0]?.key).toBe('HKLM\\Д');
    expect(failure(file)).toMatchObject({ data: { line: 2, column: 7 } });
    expect(failure('REGEDIT4\n[HKLM\\A]\n"x"=hex(7):c4,00,00\n')).toMatchObject({ data: { line: 3 } });
    const asUtf8 = parseRegFile(utf8(`${HEADER}\n[HKLM\\Ä]\n`), { codePage: 'windows-1252' });
    expect(asUtf8.actions[0]?.key).toBe('HKLM\\Ä');
    expect(() => parseRegFile(file, { codePage: 'no-such-page' })).toThrow(/no-such-page/);
  });

  it.each<[string, string, number, number]>([
    ['no header', '[HKLM\\A]', 1, 1],
    ['Windows 3.1', 'REGEDIT\nHKEY_CLASSES_ROOT\\x = y', 1, 1],
    ['a value before a key', `${HEADER}\n"x"="y"`, 2, 1],
    ['a value in a deleted key', `${HEADER}\n[-HKLM\\A]\n"x"="y"`, 3, 1],
    ['no ]', `${HEADER}\n[HKLM\\A`, 2, 8],
    ['words behind a key', `${HEADER}\n[HKLM\\A] x`, 2, 9],
    ['an empty key', `${HEADER}\n[]`, 2, 2],
    ['a word', `${HEADER}\n[HKLM\\A]\nfoo=1`, 3, 1],
    ['a quote too many', `${HEADER}\n[HKLM\\A]\n"x="y`, 3, 5],
    ['no closing quote of the text', `${HEADER}\n[HKLM\\A]\n"x"="y\n"z"="w"`, 3, 5],
    ['one backslash', `${HEADER}\n[HKLM\\A]\n"x"="C:\\Windows"`, 3, 8],
    ['no =', `${HEADER}\n[HKLM\\A]\n"x" "y"`, 3, 5],
    ['no data', `${HEADER}\n[HKLM\\A]\n"x"=`, 3, 5],
    ['bare text', `${HEADER}\n[HKLM\\A]\n"x"=abc`, 3, 5],
    ['no number', `${HEADER}\n[HKLM\\A]\n"x"=dword:xyz`, 3, 11],
    ['nine digits', `${HEADER}\n[HKLM\\A]\n"x"=dword:123456789`, 3, 11],
    ['a type that is none', `${HEADER}\n[HKLM\\A]\n"x"=hex(g):00`, 3, 9],
    ['three digits', `${HEADER}\n[HKLM\\A]\n"x"=hex:012`, 3, 11],
    ['two commas', `${HEADER}\n[HKLM\\A]\n"x"=hex:01,,02`, 3, 12],
    ['a sign', `${HEADER}\n[HKLM\\A]\n"x"=hex:01,\\\n  zz`, 4, 3],
    ['an end in mid data', `${HEADER}\n[HKLM\\A]\n"x"=hex:01,\\`, 3, 12],
    ['a backslash in mid data', `${HEADER}\n[HKLM\\A]\n"x"=hex:01,\\02`, 3, 12],
    ['a second text', `${HEADER}\n[HKLM\\A]\n"x"="y" "z"`, 3, 9],
    ['a NUL', `${HEADER}\n[HKLM\\A]\n"x"="a\0b"`, 3, 7],
    ['a NUL in a key', `${HEADER}\n[HKLM\\A\0]`, 2, 2],
  ])('refuses %s where it stands', (_, text, line, column) => {
    expect(failure(text)).toMatchObject({ data: { line, column } });
  });

  it('applies nothing of a file that has one bad line', () => {
    using hive = newHive();
    const text = `${HEADER}\n[\\good]\n"a"="b"\n[\\bad]\nnonsense\n`;
    expect(() => regFileEdits(parseRegFile(utf8(text)), prefixResolver('T', ['']))).toThrow(/line 5, column 1/);
    expect(hive.changes).toEqual([]);
  });
});

describe('naming the hive', () => {
  it('takes the prefix in either spelling and any case, and refuses what lies outside', () => {
    const resolve = prefixResolver('SYSTEM', ['HKEY_LOCAL_MACHINE\\SYSTEM']);
    expect(resolve('HKEY_LOCAL_MACHINE\\SYSTEM\\Select')).toEqual({ hive: 'SYSTEM', path: ['Select'] });
    expect(resolve('hklm\\system')).toEqual({ hive: 'SYSTEM', path: [] });
    expect(() => resolve('HKLM\\SOFTWARE\\x')).toThrow(/is not below HKEY_LOCAL_MACHINE\\SYSTEM/);
    expect(() => resolve('HKLM\\SYSTEMX')).toThrow(/is not below/);
  });

  it("takes hivexregedit's bare paths for the prefix ''", () => {
    const resolve = prefixResolver('H', ['']);
    expect(resolve('\\')).toEqual({ hive: 'H', path: [] });
    expect(resolve('\\a\\b')).toEqual({ hive: 'H', path: ['a', 'b'] });
    expect(() => resolve('HKEY_LOCAL_MACHINE\\x')).toThrow(/is not below \\/);
  });

  it('says which line names a key that is not there', () => {
    const file = parseRegFile(utf8(`${HEADER}\n\n[HKLM\\SYSTEM\\a]\n[HKLM\\SOFTWARE\\b]\n`));
    expect(() => regFileEdits(file, prefixResolver('SYSTEM', ['HKLM\\SYSTEM']))).toThrow(/^line 4 of the \.reg file/);
  });
});

const KEY_SECURITY = encodeDescriptor(fromSddl('O:BAG:SYD:(A;CI;KA;;;SY)(A;CI;KA;;;BA)'));

function newHive(): WorkingHive {
  return WorkingHive.create(fixtureEngine(), {
    name: 'T',
    minor: 5,
    rootName: 'T',
    security: KEY_SECURITY,
    filetime: 1n,
  });
}

function fileOf(hive: WorkingHive, prefix = ''): Uint8Array {
  const chunks: Uint8Array[] = [];
  const findings = writeRegFile(hive.hive.walk(), (chunk) => chunks.push(chunk), { prefix, file: 'T' });
  expect(findings).toEqual([]);
  return concatBytes(...chunks);
}

describe('writing', () => {
  it('writes what regedit writes', () => {
    using hive = newHive();
    const key = { hive: 'T', path: ['Key'] };
    const set = (name: string, type: number, hex: string): HiveEdit => ({
      op: 'set-value',
      key,
      name,
      value: { type, hex },
    });
    hive.apply(
      [
        { op: 'create-key', key },
        set('', 1, '640000000000'.slice(0, 8)),
        set('quote" and \\', 1, '22005c000000'),
        set('number', 4, '0a000000'),
        set('short number', 4, '0a'),
        set('bytes', 3, '00'.repeat(60)),
        set('expand', 2, '250000000000'.slice(0, 8)),
        set('list', 7, '610000000000'),
        set('quad', 11, '0100000000000000'),
        set('none', 0, ''),
        set('odd type', 0xffff0012, '01'),
        set('no NUL', 1, '6100'),
        set('two lines', 1, '61000d000a0062000000'),
      ],
      2n,
    );
    const bytes = fileOf(hive, 'HKEY_LOCAL_MACHINE\\T');
    expect([...bytes.subarray(0, 2)]).toEqual([0xff, 0xfe]);
    expect(decodeUtf16le(bytes.subarray(2)).split('\r\n')).toEqual([
      'Windows Registry Editor Version 5.00',
      '',
      '[HKEY_LOCAL_MACHINE\\T]',
      '',
      '[HKEY_LOCAL_MACHINE\\T\\Key]',
      '@="d"',
      '"quote\\" and \\\\"="\\"\\\\"',
      '"number"=dword:0000000a',
      '"short number"=hex(4):0a',
      '"bytes"=hex:00,00,00,00,00,00,00,00,00,00,00,00,00,00,00,00,00,00,00,00,00,00,\\',
      '  00,00,00,00,00,00,00,00,00,00,00,00,00,00,00,00,00,00,00,00,00,00,00,00,00,\\',
      '  00,00,00,00,00,00,00,00,00,00,00,00,00',
      '"expand"=hex(2):25,00,00,00',
      '"list"=hex(7):61,00,00,00,00,00',
      '"quad"=hex(b):01,00,00,00,00,00,00,00',
      '"none"=hex(0):',
      '"odd type"=hex(ffff0012):01',
      '"no NUL"=hex(1):61,00',
      '"two lines"=hex(1):61,00,0d,00,0a,00,62,00,00,00',
      '',
      '',
    ]);
  });

  it('leaves out with a finding what no .reg file can name', () => {
    using hive = newHive();
    const at = (path: string[]) => ({ hive: 'T', path });
    const value: RegValue = { type: 3, hex: '01' };
    hive.apply(
      [
        { op: 'create-key', key: at(['line\nbreak', 'below']) },
        { op: 'set-value', key: at([]), name: 'line\rbreak', value },
        { op: 'set-value', key: at([]), name: 'good', value },
      ],
      2n,
    );
    const chunks: Uint8Array[] = [];
    const findings = writeRegFile(hive.hive.walk(), (chunk) => chunks.push(chunk), { prefix: '', file: 'T' });
    expect(findings.map(({ code }) => code)).toEqual(['NOT_IN_REG_FILE', 'NOT_IN_REG_FILE', 'NOT_IN_REG_FILE']);
    const { actions } = parseRegFile(concatBytes(...chunks));
    expect(actions.map(({ kind, key }) => [kind, key])).toEqual([
      ['key', '\\'],
      ['value', '\\'],
    ]);
  });

  it('round-trips any tree that can be named', { timeout: 60_000 }, () => {
    fc.assert(
      fc.property(trees(), (edits) => {
        using before = newHive();
        before.apply(edits, 2n);
        using after = newHive();
        const file = parseRegFile(fileOf(before));
        after.apply(regFileEdits(file, prefixResolver('T', [''])), 2n);
        expect(contentDifferences(before, after)).toEqual([]);
      }),
      { numRuns: 60 },
    );
  });

  it('writes the difference of any two trees that can be named', { timeout: 60_000 }, () => {
    fc.assert(
      fc.property(trees(), trees(), (left, right) => {
        using before = newHive();
        before.apply(left, 2n);
        using after = newHive();
        after.apply(right, 2n);
        const chunks: Uint8Array[] = [];
        const options = { prefix: '', file: 'T', after: after.hive };
        writeRegDiff(diffHives(before.hive, after.hive), options, (chunk) => chunks.push(chunk));
        before.apply(regFileEdits(parseRegFile(concatBytes(...chunks)), prefixResolver('T', [''])), 2n);
        const rest = contentDifferences(before, after).filter(({ kind }) => kind !== 'key-respelled');
        expect(rest.filter(({ kind }) => kind !== 'flags-changed')).toEqual([]);
      }),
      { numRuns: 60 },
    );
  });

  it('gives back every value line for line', () => {
    fc.assert(
      fc.property(names(false), values(), (name, value) => {
        const { actions } = parseRegFile(utf16(`${HEADER}\r\n[HKLM\\A]\r\n${formatRegLine(name, value)}`));
        expect(actions[1]).toMatchObject({ kind: 'value', name, value });
      }),
    );
  });
});

function contentDifferences(before: WorkingHive, after: WorkingHive): HiveDifference[] {
  return diffHives(before.hive, after.hive).filter(({ kind }) => kind !== 'time-changed');
}

/** Any UTF-16 but what a .reg file cannot hold; blanks, quotes, brackets, signs of the grammar, unpaired surrogates. */
function names(isKey: boolean): fc.Arbitrary<string> {
  const odd = fc.constantFrom(
    ' ',
    '"',
    ']',
    '[',
    ';',
    '=',
    '@',
    '-',
    ',',
    'É',
    'é',
    '\ud800',
    '\udc00',
    '\u0001',
    '\u0085',
    '\u2028',
    '\ufeff',
    '\ufffd',
    '/',
    '%',
  );
  const unit = fc.oneof(
    odd,
    fc.string({ unit: 'binary', minLength: 1, maxLength: 3 }),
    fc.string({ minLength: 1, maxLength: 4 }),
  );
  const any = fc
    .array(unit, { minLength: isKey ? 1 : 0, maxLength: 6 })
    .map((units) => units.join('').replaceAll(isKey ? /[\0\r\n\\]/g : /[\0\r\n]/g, '_'));
  // Few names come often, so that trees meet.
  return fc.oneof(fc.constantFrom('a', 'A', 'b', 'é'), any);
}

function values(): fc.Arbitrary<RegValue> {
  const bytes = fc.uint8Array({ maxLength: 90 }).map((data) => Buffer.from(data).toString('hex'));
  const text = fc
    .string({ unit: 'binary', maxLength: 30 })
    .map((word) => Buffer.from(`${word}\0`, 'utf16le').toString('hex'));
  const type = fc.oneof(fc.integer({ min: 0, max: 12 }), fc.constantFrom(0xffff0012, 0xffffffff, 0x80000000));
  return fc.record({ type, hex: fc.oneof(bytes, text, fc.constantFrom('', '0000', '00', '01000000')) });
}

function trees(): fc.Arbitrary<HiveEdit[]> {
  const key = fc.record({
    parent: fc.nat({ max: 8 }),
    name: names(true),
    values: fc.uniqueArray(fc.record({ name: names(false), value: values() }), {
      selector: ({ name }) => upcase(name),
      maxLength: 5,
    }),
  });
  return fc.array(key, { maxLength: 8 }).map((keys) => {
    const paths: string[][] = [[]];
    const edits: HiveEdit[] = [];
    for (const { parent, name, values: list } of keys) {
      const path = [...paths[parent % paths.length]!, name];
      paths.push(path);
      const at = { hive: 'T', path };
      edits.push({ op: 'create-key', key: at });
      for (const value of list) edits.push({ op: 'set-value', key: at, ...value });
    }
    return edits;
  });
}

it('breaks lines at the column of regedit, also before the last byte alone', () => {
  const lines = (sizeBytes: number) => formatRegLine('', { type: 3, hex: 'ab'.repeat(sizeBytes) }).split('\r\n');
  const pairs = (count: number) => 'ab,'.repeat(count);
  // '@=hex:' leaves 70 columns: the comma of the 24th byte ends the line.
  expect(lines(0)).toEqual(['@=hex:', '']);
  expect(lines(24)).toEqual([`@=hex:${pairs(23)}ab`, '']);
  expect(lines(25)).toEqual([`@=hex:${pairs(24)}\\`, '  ab', '']);
  expect(lines(49)).toEqual([`@=hex:${pairs(24)}\\`, `  ${pairs(24)}ab`, '']);
  expect(lines(50)).toEqual([`@=hex:${pairs(24)}\\`, `  ${pairs(25)}\\`, '  ab', '']);
  const long = `"${'n'.repeat(80)}"=hex:`;
  expect(formatRegLine('n'.repeat(80), { type: 3, hex: 'abab' })).toBe(`${long}ab,\\\r\n  ab\r\n`);
});
