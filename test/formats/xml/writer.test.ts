import { spawnSync } from 'node:child_process';
import { closeSync, mkdtempSync, openSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import type { Finding } from '../../../src/base/finding.ts';
import { encodeUtf16le } from '../../../src/base/text.ts';
import { HiveHandle } from '../../../src/engine/handle.ts';
import { writeHivexml } from '../../../src/formats/xml/hivexml.ts';
import type { HiveEdit } from '../../../src/registry/edit.ts';
import type { Hive } from '../../../src/registry/hive.ts';
import { openEngineHive } from '../../../src/registry/readers/engine-hive.ts';
import { openVerifierHive } from '../../../src/registry/readers/verifier-hive.ts';
import * as reg from '../../../src/registry/value.ts';
import { WorkingHive } from '../../../src/registry/working/working-hive.ts';
import { buildFixture, FIXTURES, fixtureEngine } from '../../fixture-hives.ts';
import { describeShared, ordinaryHives } from '../../shared-hives.ts';

// Whole hives, twice each.
vi.setConfig({ testTimeout: 120_000 });

const hasHivexml = spawnSync('hivexml', ['-k']).error === undefined;
const describeHivexml = hasHivexml ? describe : describe.skip;
const because = hasHivexml ? '' : ' (skipped: hivexml is not installed)';

function write(hive: Hive, image: Uint8Array, lossless = false): { text: string; findings: Finding[] } {
  let text = '';
  const findings = writeHivexml(hive, (chunk) => (text += chunk), { image, file: 'H', lossless });
  return { text, findings };
}

/** The plain document; both readers write the same, and the same lossless one too. */
function ours(image: Uint8Array): string {
  using handle = HiveHandle.open(fixtureEngine(), image);
  const engine = openEngineHive('H', handle, 'primary');
  const verifier = openVerifierHive('H', image, 'H', 'primary');
  const [text, lossless] = [false, true].map((isLossless) => {
    const { text: written } = write(engine, image, isLossless);
    expect(write(verifier, image, isLossless).text === written, 'the readers write the same').toBe(true);
    return written;
  });
  expect(lossless).not.toBe(text);
  return text ?? '';
}

let folder = '';
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'hivexml-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

/** Null where hivexml fails. It opens /dev/stdout by name, which only a file lets it do. */
function theirs(file: string): string | null {
  const output = join(folder, 'theirs.xml');
  const fd = openSync(output, 'w');
  try {
    const { status } = spawnSync('hivexml', [file], { stdio: ['ignore', fd, 'ignore'] });
    return status === 0 ? readFileSync(output, 'latin1') : null;
  } finally {
    closeSync(fd);
  }
}

/** The ways in which hivexml is wrong (docs/hivexml.md), told by one piece of each document. */
const REASONS: Readonly<Record<string, (own: string, other: string) => boolean>> = {
  'length of a value that is not ASCII': (own, other) =>
    /key="[^"]*[\u0080-\u00ff]/.test(own) && own.replace(/ len="\d+"/, '') === other.replace(/ len="\d+"/, ''),
  'number of another size': (own, other) => own.includes('"unknown"') && /type="int(32|64)"/.test(other),
  'text that is not XML': (own, other) =>
    own.includes('type="bad-string"') && /value="[^"]*[\u0001-\u0008][^"]*"/.test(other),
  'name that is not XML': (own, other) => {
    const end = own.indexOf('\u00ef\u00bf\u00bd');
    return end > 0 && other.startsWith(`${own.slice(0, end)}"`);
  },
};

/** How often the documents differ for which reason, piece by piece; a difference without a reason is told in full. */
function differences(text: string, other: string): Record<string, number> {
  const pieces = (document: string) => document.split(/(?=<value |<node |<\/node>)/);
  // As bytes, since hivexml's are not always UTF-8.
  const own = pieces(Buffer.from(text, 'utf8').toString('latin1'));
  const others = pieces(other);
  const found: Record<string, number> = {};
  own.forEach((piece, i) => {
    const theirPiece = others[i] ?? 'nothing';
    if (piece === theirPiece) return;
    const known = Object.entries(REASONS).find(([, isIt]) => isIt(piece, theirPiece));
    const reason = known?.[0] ?? `${piece} instead of ${theirPiece}`;
    found[reason] = (found[reason] ?? 0) + 1;
  });
  if (others.length !== own.length) found[`${own.length} pieces, not ${others.length}`] = 1;
  return found;
}

/** What hivexml has wrong in the real hives. */
const DIFFERENCES: Readonly<Record<string, Record<string, number>>> = {
  'odd/BogusKeyNamesHive': { 'name that is not XML': 1 },
  'odd/ExtendedASCIIHive': { 'length of a value that is not ASCII': 1 },
  'odd/ez-SAM_DUPENAME': { 'number of another size': 1 },
  'odd/ez-SAM_hasBigEndianDWord': { 'number of another size': 2 },
  'odd/hivex-special': { 'length of a value that is not ASCII': 2, 'name that is not XML': 2 },
  'odd/python-registry-reorganized': { 'length of a value that is not ASCII': 11 },
  'odd/python-registry-unicode': { 'length of a value that is not ASCII': 11 },
  'user/ntuser-win7/NTUSER.DAT': {
    'length of a value that is not ASCII': 1,
    'number of another size': 3,
    'text that is not XML': 8,
  },
};

function build(edits: readonly HiveEdit[]): Uint8Array {
  using working = WorkingHive.open(fixtureEngine(), 'H', { image: buildFixture('BCD-bios'), view: 'primary' });
  working.apply(edits, 133_600_000_000_000_000n);
  return working.image();
}

const set = (name: string, type: number, data: Uint8Array | string): HiveEdit => ({
  op: 'set-value',
  key: { hive: 'H', path: [] },
  name,
  value: reg.regValue(type, typeof data === 'string' ? encodeUtf16le(data) : data),
});

describeHivexml(`the plain document is hivexml's${because}`, () => {
  it.each(FIXTURES)('for %s', (name) => {
    const image = buildFixture(name);
    writeFileSync(join(folder, name), image);
    expect(differences(ours(image), theirs(join(folder, name)) ?? 'hivexml failed')).toEqual({});
  });

  it('for every form of data', () => {
    const texts = [
      '',
      '\0',
      'a\0',
      'a',
      'a\0b\0',
      'a\0\0b\0\0',
      'a<b>&"\'\t\n\r\0',
      'é€😀\u2028\u0085\u007f\0',
      '\ud800a\0',
      'b\udc00\0',
      '\ud800',
    ];
    const edits: HiveEdit[] = [];
    for (const type of [0, 1, 2, 3, 6, 7, 8, 9, 10, 12, 0xffff0012]) {
      edits.push(...texts.map((text, i) => set(`t${type} ${i}`, type, text)));
      for (const size of [1, 3, 53, 54, 55, 108, 109, 20_000]) {
        edits.push(
          set(
            `b${type} ${size}`,
            type,
            new Uint8Array(size).map((_, i) => 33 + (i % 90)),
          ),
        );
      }
    }
    edits.push(
      set('', 1, 'default\0'),
      set('dword', 4, Uint8Array.of(1, 2, 3, 0xff)),
      set('big', 5, Uint8Array.of(0xff, 2, 3, 4)),
    );
    edits.push(set('qword', 11, Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 0xff)), set('<&>"\'\t\n\r é€😀', 1, 'x\0'));
    edits.push({ op: 'create-key', key: { hive: 'H', path: ['é<&>"\'\t\n\r€😀', 'ÿ'] } });
    edits.push({ op: 'set-key-time', key: { hive: 'H', path: ['Description'] }, filetime: '0' });
    edits.push({ op: 'set-key-time', key: { hive: 'H', path: ['é<&>"\'\t\n\r€😀'] }, filetime: '9223372036854775807' });
    edits.push({ op: 'set-key-time', key: { hive: 'H', path: ['Objects'] }, filetime: '9223372036854775808' });
    const image = build(edits);
    writeFileSync(join(folder, 'forms'), image);
    expect(differences(ours(image), theirs(join(folder, 'forms')) ?? 'hivexml failed')).toEqual({
      'length of a value that is not ASCII': 1,
    });
  });
});

describe('where hivexml is wrong', () => {
  it('writes text that XML cannot hold as base64, and marks names', () => {
    const image = build([
      set('control', 1, 'a\u0001\0'),
      set('not a character', 2, '\uffff'),
      set('list', 7, 'a\u0001\0\0'),
      set('na\u0002me\ud800', 4, Uint8Array.of(1, 0, 0, 0)),
    ]);
    const text = ours(image);
    expect(text).toContain('<value type="bad-string" encoding="base64" key="control" value="YQABAAAA">');
    expect(text).toContain('<value type="bad-expand" encoding="base64" key="not a character" value="//8=">');
    expect(text).toContain('<value type="bad-string-list" encoding="base64" key="list" value="YQABAAAAAAA=">');
    expect(text).toContain('<value type="int32" key="na\ufffdme\ufffd" value="1">');
  });

  it('does not make numbers of data that are none', () => {
    const text = ours(
      build([set('short', 4, Uint8Array.of(1)), set('long', 11, new Uint8Array(9)), set('none', 4, '')]),
    );
    expect(text).toContain('<value type="unknown" encoding="base64" key="short" value="AQ==">');
    expect(text).toContain('<value type="unknown" encoding="base64" key="long" value="AAAAAAAAAAAA">');
    expect(text).toContain('<value type="unknown" encoding="base64" key="none"/>');
  });
});

it('leaves out a value whose data cannot be read, with a finding', () => {
  const image = build([set('bad', 3, new Uint8Array(100)), set('good', 4, Uint8Array.of(1, 0, 0, 0))]);
  const { cellOffset } = openVerifierHive('H', image, 'H', 'primary').value([], 'bad')!;
  new DataView(image.buffer).setUint32(4096 + cellOffset + 12, 0x7fff_fff8, true);
  using handle = HiveHandle.open(fixtureEngine(), image);
  for (const hive of [openEngineHive('H', handle, 'primary'), openVerifierHive('H', image, 'H', 'primary')]) {
    const { text, findings } = write(hive, image);
    expect(text).not.toContain('"bad"');
    expect(text).toContain('"good"');
    expect(findings).toMatchObject([{ code: 'VALUE_UNREADABLE', where: { offset: 4096 + cellOffset, key: '' } }]);
  }
});

it('writes in pieces, and stops when it is told to', () => {
  const image = buildFixture('SYSTEM-broken');
  const hive = openVerifierHive('H', image, 'H', 'primary');
  const sizes: number[] = [];
  writeHivexml(hive, (chunk) => sizes.push(chunk.length), { image, file: 'H' });
  expect(sizes.length).toBeGreaterThan(1);
  expect(Math.max(...sizes)).toBeLessThan(80_000);
  const signal = AbortSignal.abort(new Error('enough'));
  expect(() => writeHivexml(hive, () => {}, { image, file: 'H', signal })).toThrow('enough');
});

describeShared('for real hives', (hives) => {
  /** hivexml gives up on these: a cycle, cells that are not there, a hive that it does not open. */
  const FAILS = [
    'odd/BadListHive',
    'odd/TruncatedHive',
    'odd/ez-SAMBadHBinHeader',
    'odd/ez-SAN-OTHER',
    'odd/plaso-corrupt-subkey-list',
  ];
  const files = readdirSync(hives, { recursive: true, encoding: 'utf8' })
    .map((name) => join(hives, name))
    .filter((file) => statSync(file).isFile() && !/\.LOG\d?$|\.md$|\.tsv$/.test(file))
    .map((file) => relative(hives, file));

  it.skipIf(!hasHivexml).each(ordinaryHives(hives, files))('the plain document is the one of hivexml: %s', (file) => {
    const other = theirs(join(hives, file));
    expect(other === null, 'hivexml fails').toBe(FAILS.includes(file));
    if (other === null) return;
    const bytes = new Uint8Array(readFileSync(join(hives, file)));
    const image = bytes.slice(0, 4096 + new DataView(bytes.buffer).getUint32(0x28, true));
    expect(differences(ours(image), other)).toEqual(DIFFERENCES[file] ?? {});
  });
});
