import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import type { JsonRecord, ValueRecordLine } from '../../../src/formats/lines/json-records.ts';
import { type JsonLinesOptions, jsonLines, writeJsonLines } from '../../../src/formats/lines/jsonl.ts';
import { bodyfileLine, KEY_WRITTEN, type TimelineEvent, timesketchLine } from '../../../src/formats/lines/timeline.ts';
import { hiveKind, usualPrefix } from '../../../src/hive/kind.ts';
import type { HiveEdit } from '../../../src/registry/edit.ts';
import { openVerifierHive } from '../../../src/registry/readers/verifier-hive.ts';
import { WorkingHive } from '../../../src/registry/working/working-hive.ts';
import { encodeDescriptor, fromSddl } from '../../../src/security/index.ts';
import { fixtureEngine } from '../../fixture-hives.ts';
import { schemaErrors } from '../../json-schema.ts';

const schema = JSON.parse(readFileSync(new URL('../../../docs/schemas/jsonl.schema.json', import.meta.url), 'utf8'));
const SECURITY = encodeDescriptor(fromSddl('O:BAG:SYD:(A;CI;KA;;;SY)(A;CI;KA;;;BA)'));
const AT = 133_537_680_000_000_000n;

function hiveOf(...edits: HiveEdit[]): WorkingHive {
  const made = WorkingHive.create(fixtureEngine(), {
    name: 'T',
    minor: 5,
    rootName: 'T',
    security: SECURITY,
    filetime: AT,
  });
  made.apply(edits, AT);
  return made;
}

const at = (...path: string[]) => ({ hive: 'T', path });
const set = (name: string, type: number, hex: string, ...path: string[]): HiveEdit => ({
  op: 'set-value',
  key: at(...path),
  name,
  value: { type, hex },
});

const OPTIONS: JsonLinesOptions = {
  manifest: {
    source: 'T',
    sha256: '0'.repeat(64),
    sizeBytes: 1,
    kind: 'other',
    version: '1.5',
    view: 'primary',
    wasDirty: false,
    entriesApplied: 0,
    logs: [],
  },
  findings: () => [],
};

function lines(hive: Parameters<typeof writeJsonLines>[0], options = OPTIONS): JsonRecord[] {
  let text = '';
  writeJsonLines(hive, (chunk) => (text += chunk), options);
  const records = text
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as JsonRecord);
  expect(records.flatMap((record) => schemaErrors(schema, record))).toEqual([]);
  return records;
}

describe('records', () => {
  it.each<[string, number, string, ValueRecordLine['data'], string]>([
    ['REG_SZ', 1, '61000000', 'a', 'REG_SZ'],
    ['text with something behind its NUL', 1, '6100000062000000', null, 'REG_SZ'],
    ['an odd number of bytes', 1, '610000', null, 'REG_SZ'],
    ['an unpaired surrogate', 1, '00d80000', '\ud800', 'REG_SZ'],
    ['REG_EXPAND_SZ', 2, '25000000', '%', 'REG_EXPAND_SZ'],
    ['REG_MULTI_SZ', 7, '61000000620000000000', ['a', 'b'], 'REG_MULTI_SZ'],
    ['REG_DWORD', 4, 'ffffffff', 4294967295, 'REG_DWORD'],
    ['REG_DWORD of three bytes', 4, 'ffffff', null, 'REG_DWORD'],
    ['REG_DWORD_BIG_ENDIAN', 5, '00000001', 1, 'REG_DWORD_BIG_ENDIAN'],
    ['REG_QWORD beyond what JSON counts', 11, 'ffffffffffffffff', '18446744073709551615', 'REG_QWORD'],
    ['REG_BINARY', 3, '00ff', null, 'REG_BINARY'],
    ['REG_NONE without data', 0, '', null, 'REG_NONE'],
    ['a type without a name', 0xffff0012, '01', null, '0xffff0012'],
  ])('%s', (_, typeNumber, hex, data, type) => {
    using hive = hiveOf(set('x', typeNumber, hex));
    const [value] = lines(hive.hive).filter((record) => record.record === 'value');
    expect(value).toMatchObject({ path: '', name: 'x', type, typeNumber, data, hex });
  });

  it('names keys in full, with class and security', () => {
    using hive = hiveOf(
      { op: 'create-key', key: at('Ä', 'b\ud800') },
      { op: 'set-class', key: at('Ä'), className: 'klass' },
    );
    const keys = lines(hive.hive).filter((record) => record.record === 'key');
    expect(keys.map(({ path, name, subkeys }) => [path, name, subkeys])).toEqual([
      ['', 'T', 1],
      ['Ä', 'Ä', 1],
      ['Ä\\b\ud800', 'b\ud800', 0],
    ]);
    expect(keys[1]).toMatchObject({
      className: 'klass',
      sddl: 'O:BAG:SYD:(A;CI;KA;;;SY)(A;CI;KA;;;BA)',
      lastWritten: { iso: '2024-03-01T12:00:00.0000000Z', filetime: AT.toString() },
      remnant: null,
    });
  });

  it('says what cannot be read, and goes on', () => {
    using hive = hiveOf(
      { op: 'create-key', key: at('a') },
      set('bad', 3, '00'.repeat(100), 'a'),
      set('good', 4, '01000000', 'a'),
    );
    const image = hive.image();
    const bad = hive.hive.value(['a'], 'bad')!.cellOffset;
    // The offset of its data: far outside.
    new DataView(image.buffer).setUint32(4096 + bad + 4 + 8, 0x00ff_fff0, true);
    const damaged = openVerifierHive('T', image, 'T', 'primary');
    const values = lines(damaged, { ...OPTIONS, findings: () => damaged.tree.findings }).filter(
      (record) => record.record === 'value',
    );
    expect(values.map(({ name, hex, data }) => [name, hex, data])).toEqual([
      ['bad', null, null],
      ['good', '01000000', 1],
    ]);
  });

  it('comes in pieces that are whole lines, and reads no further than it is asked', () => {
    using hive = hiveOf(...Array.from({ length: 400 }, (_, i) => set(`v${i}`, 3, '00'.repeat(400))));
    const chunks = [...jsonLines(hive.hive, OPTIONS)];
    expect(chunks.length).toBeGreaterThan(3);
    expect(chunks.every((chunk) => chunk.endsWith('\n'))).toBe(true);
    const walking = jsonLines(hive.hive, OPTIONS);
    walking.next();
    expect(walking.return({ keys: 0, values: 0, remnants: 0 })).toMatchObject({ done: true });
  });
});

describe('the kind of a hive', () => {
  it.each<[string, string[]]>([
    ['SYSTEM', ['Select', 'ControlSet001']],
    ['SYSTEM', ['ControlSet002\\Control']],
    ['SOFTWARE', ['Microsoft\\Windows NT', 'Classes']],
    ['SAM', ['SAM\\Domains']],
    ['SECURITY', ['Policy\\Secrets', 'RXACT']],
    ['NTUSER', ['Software', 'Control Panel', 'Environment']],
    ['USRCLASS', ['Local Settings', 'CLSID']],
    ['COMPONENTS', ['DerivedData', 'CanonicalData']],
    ['DRIVERS', ['DriverDatabase']],
    ['AMCACHE', ['Root\\InventoryApplicationFile']],
    ['BCD', ['Objects', 'Description']],
    ['other', ['Something']],
    ['other', ['ControlSetNext', 'Select2']],
    ['other', []],
  ])('%s: %s', (kind, paths) => {
    using hive = hiveOf(...paths.map((path): HiveEdit => ({ op: 'create-key', key: at(...path.split('\\')) })));
    expect(hiveKind(hive.hive)).toBe(kind);
    expect(usualPrefix(hiveKind(hive.hive))).toMatch(/^HKEY_(LOCAL_MACHINE\\|CURRENT_USER)/);
  });
});

describe('timelines', () => {
  const event: TimelineEvent = {
    source: 'S',
    at: AT,
    path: ['a', 'b|\n'],
    what: KEY_WRITTEN,
    cellOffset: 32,
    detail: '',
  };

  it('leaves out times that are none', () => {
    expect(timesketchLine({ ...event, at: 0n })).toBeNull();
    expect(timesketchLine({ ...event, at: 0xffff_ffff_ffff_ffffn })).toBeNull();
    expect(bodyfileLine({ ...event, at: 0n })).toBeNull();
    expect(bodyfileLine({ ...event, at: 116_444_736_000_000_000n })).toMatch(/\|0\|0\|0\n$/);
  });

  it('keeps the columns of a bodyfile whatever names hold', () => {
    const line = bodyfileLine({ ...event, what: 'Log entry' })!;
    expect(line).toBe(`0|[S] a\\b\\x7c\\x0a (Log entry)|32|0|0|0|0|0|1709294400|0|0\n`);
    expect(line.split('|')).toHaveLength(11);
  });

  it('counts microseconds for Timesketch', () => {
    expect(JSON.parse(timesketchLine({ ...event, at: AT + 12_345n, detail: 'set-value x' })!)).toMatchObject({
      message: '[a\\b|\n] set-value x',
      datetime: '2024-03-01T12:00:00.001234+00:00',
      timestamp: 1_709_294_400_001_234,
    });
  });
});
