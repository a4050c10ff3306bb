import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { toHex } from '../../../src/base/bytes.ts';
import { decodeUtf16le, upcase } from '../../../src/base/text.ts';
import {
  buildHive,
  hivexmlEdits,
  type ParsedKey,
  parseHivexml,
  writeHivexml,
} from '../../../src/formats/xml/hivexml.ts';
import { validate } from '../../../src/regf/gate/validate.ts';
import type { Hive } from '../../../src/registry/hive.ts';
import { diffHives } from '../../../src/registry/proof/diff.ts';
import { openVerifierHive } from '../../../src/registry/readers/verifier-hive.ts';
import * as reg from '../../../src/registry/value.ts';
import { WorkingHive } from '../../../src/registry/working/working-hive.ts';
import { encodeDescriptor, fromSddl } from '../../../src/security/index.ts';
import { isDeep } from '../../deep.ts';
import { buildFixture, FIXTURES, fixtureEngine } from '../../fixture-hives.ts';
import { describeShared } from '../../shared-hives.ts';

const NOW = 133_600_000_000_000_000n;
const view = (image: Uint8Array): Hive => openVerifierHive('H', image, 'H', 'primary');

function write(image: Uint8Array, lossless: boolean): string {
  let text = '';
  writeHivexml(view(image), (chunk) => (text += chunk), { image, file: 'H', lossless });
  return text;
}

function build(text: string, minor?: number): Uint8Array {
  using built = buildHive(fixtureEngine(), parseHivexml(text), {
    name: 'H',
    filetime: NOW,
    ...(minor === undefined ? {} : { minor }),
  });
  return built.image();
}

/** Flags and names that tell how a value is stored too, which the difference of two hives leaves out. */
function valueFlags(hive: Hive): string[] {
  return [...hive.walk()].flatMap((key) =>
    key.values().map(({ name, flags }) => `${key.path.join('\\')} ${name} ${flags}`),
  );
}

describe.each(FIXTURES)('%s', (name) => {
  it('passes the gate, clean', () => {
    const image = buildFixture(name);
    const base = new DataView(image.buffer);
    expect([base.getUint32(4, true), base.getUint32(8, true)]).toEqual([1, 1]);
    expect(validate(image, name)).toEqual([]);
  });

  it('goes out and in again without loss', () => {
    const image = buildFixture(name);
    const again = build(write(image, true));
    expect(diffHives(view(image), view(again))).toEqual([]);
    expect(again.subarray(12, 20)).toEqual(image.subarray(12, 20));
    expect(again[24]).toBe(image[24]);
  });

  it('goes out and in again plainly, all but classes, descriptors and parts of seconds', () => {
    const image = buildFixture(name);
    const again = build(write(image, false), image[24]!);
    const lost = new Set(diffHives(view(image), view(again)).map(({ kind }) => kind));
    for (const kind of ['class-changed', 'security-changed'] as const) lost.delete(kind);
    expect([...lost]).toEqual([]);
  });
});

/** Names with everything that a hive takes and XML does not. */
const nameUnit = fc.oneof(
  { weight: 6, arbitrary: fc.constantFrom('a', 'B', 'é', 'É', ' ', '\t', '\n', '\r', '<', '>', '&', '"', "'", '/') },
  {
    weight: 2,
    arbitrary: fc.constantFrom(
      '\u0001',
      '\u001f',
      '\u007f',
      '\ufffd',
      '\ufffe',
      '\uffff',
      '\ud800',
      '\udc00',
      '😀',
      'ß',
    ),
  },
);
const keyName = fc
  .array(nameUnit, { minLength: 1, maxLength: 6 })
  .map((units) => units.join(''))
  .filter((name) => !name.includes('\\'));
const valueName = fc.array(nameUnit, { maxLength: 6 }).map((units) => units.join(''));
const data = fc.oneof(
  fc.uint8Array({ maxLength: 20 }),
  fc
    .array(fc.oneof(nameUnit, fc.constant('\0')), { maxLength: 10 })
    .map((units) => reg.valueBytes(reg.sz(units.join('')))),
  fc.constantFrom(4, 8, 200, 17_000).map((size) => new Uint8Array(size).fill(0x41)),
);
const type = fc.oneof(fc.integer({ min: 0, max: 12 }), fc.constantFrom(0xffff0012, 0xffff_ffff, 99));
// With an owner: Windows takes no descriptor for a key that has none.
const descriptors = ['O:SYD:P(A;;KA;;;SY)', 'O:BAG:SYD:(A;CI;KR;;;BU)'].map((sddl) => encodeDescriptor(fromSddl(sddl)));

/** No two of one name, as Windows compares. */
function unique<T extends { readonly name: string }>(items: readonly T[]): T[] {
  const seen = new Set<string>();
  return items.filter(({ name }) => seen.size !== seen.add(upcase(name)).size);
}

const { key: keyArbitrary } = fc.letrec<{ key: ParsedKey }>((tie) => ({
  key: fc.record({
    name: keyName,
    lastWritten: fc.option(fc.bigInt({ min: 0n, max: 2n ** 64n - 1n })),
    classBytes: fc.option(
      fc.uint8Array({ minLength: 2, maxLength: 10 }).map((bytes) => bytes.slice(0, bytes.length & ~1)),
    ),
    security: fc.option(fc.constantFrom(...descriptors)),
    flags: fc.constant(null),
    values: fc
      .array(
        fc.record({
          name: valueName,
          value: fc.tuple(type, data).map(([t, d]) => reg.regValue(t, d)),
          flags: fc.constant(null),
        }),
        { maxLength: 4 },
      )
      .map(unique),
    subkeys: fc.oneof({ depthSize: 'small' }, fc.constant([]), fc.array(tie('key'), { maxLength: 3 })).map(unique),
  }),
}));

it('any tree goes out and in again without loss', () => {
  fc.assert(
    fc.property(keyArbitrary, fc.constantFrom(3, 4, 5), (root, minor) => {
      using first = buildHive(fixtureEngine(), { minor, lastWritten: 5n, root }, { name: 'H', filetime: NOW });
      const image = first.image();
      // The plain document is well-formed too, whatever is in the hive.
      const plain = write(image, false);
      expect(plain).not.toMatch(/[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/);
      const again = build(write(image, true));
      expect(diffHives(view(image), view(again))).toEqual([]);
    }),
    { numRuns: 150 },
  );
});

describe('buildHive', () => {
  const document = (inner: string, minor = ' hm:minor="5"') =>
    `<hive xmlns:hm="urn:hivemend:hivexml:1"${minor}><node name="R" root="1">${inner}</node></hive>`;

  it('writes flags, but for the one that a name decides', () => {
    const text = document(
      '<node name="link" hm:flags="0x30"><value type="link" key="SymbolicLinkValue" value="\\R"/></node>' +
        '<node name="plain" hm:flags="0x28"><value type="none" encoding="base64" key="gone" hm:flags="3"/></node>' +
        '<node name="wide" hm:flags="0x0"/>',
    );
    const hive = view(build(text));
    expect(hive.root.subkeys().map(({ flags }) => flags)).toEqual([0x30, 0x28, 0x20]);
    expect(hive.value(['plain'], 'gone')?.flags).toBe(3);
    expect(toHex(hive.value(['link'], 'SymbolicLinkValue')!.data())).toBe('5c005200');
    const again = view(build(write(build(text), true)));
    expect(diffHives(hive, again)).toEqual([]);
    expect(valueFlags(again)).toEqual(valueFlags(hive));
  });

  it('refuses what no hive can have', () => {
    expect(() => build(document('', ''))).toThrow(expect.objectContaining({ code: 'BAD_ARGUMENT' }));
    for (const inner of [
      '<node name="handle" hm:flags="0x60"/>',
      `<node name="${'n'.repeat(300)}"/>`,
      '<node name="a\\b"/>',
      '<node name="a" hm:sd="00"/>',
      '<node name="a" hm:sd=""/>',
    ]) {
      expect(() => build(document(inner)), inner).toThrow(expect.objectContaining({ code: 'BAD_VALUE' }));
    }
    expect(() => build(document('', ' hm:minor="6"'))).toThrow(expect.objectContaining({ code: 'BAD_VALUE' }));
  });

  it('gives a document without descriptors what SYSTEM and SOFTWARE have', () => {
    const root = view(build(document(''))).root.security();
    expect(root).toEqual(
      encodeDescriptor(fromSddl('O:BAG:SYD:P(A;CI;KR;;;BU)(A;CI;KA;;;BA)(A;CI;KA;;;SY)(A;CI;KA;;;CO)')),
    );
  });

  it('leaves no handle open when it fails', () => {
    const { opened, closed } = fixtureEngine().counts;
    expect(() => build(document('<node name="handle" hm:flags="0x60"/>'))).toThrow();
    const after = fixtureEngine().counts;
    expect(after.opened - after.closed).toBe(opened - closed);
  });
});

it('brings a document into a hive that is there', () => {
  const parsed = parseHivexml(
    '<hive><node name="x"><value type="string" key="a" value="b"/><node name="sub"/></node></hive>',
  );
  using working = WorkingHive.open(fixtureEngine(), 'H', { image: buildFixture('SYSTEM-healthy'), view: 'primary' });
  const edits = hivexmlEdits(parsed, 'H', ['Setup', 'New']);
  expect(edits.map(({ op }) => op)).toEqual(['create-key', 'set-value', 'create-key']);
  expect(working.apply(edits, NOW)).toHaveLength(3);
  expect(working.apply(edits, NOW)).toEqual([]);
  expect(reg.readString(working.hive.value(['Setup', 'New'], 'a'))).toBe('b');
  expect(decodeUtf16le(working.hive.value(['Setup'], 'OsLoaderPath')!.data())).toBe('\\\0');
});

describeShared('real hives', (hives) => {
  /** Names with a NUL in them, which the engine does not write; two keys of one name. */
  const REFUSED: Readonly<Record<string, string>> = {
    'odd/BogusKeyNamesHive': 'BAD_VALUE',
    'odd/hivex-special': 'BAD_VALUE',
    'odd/DuplicateSubkeysHive': 'BAD_SYNTAX',
  };
  // The large ones take minutes.
  const largest = isDeep ? Number.POSITIVE_INFINITY : 600_000;
  const files = readdirSync(hives, { recursive: true, encoding: 'utf8' }).filter((name) => {
    const { size } = statSync(join(hives, name));
    return size < largest && !/\.LOG\d?$|\.md$|\.tsv$/.test(name) && statSync(join(hives, name)).isFile();
  });

  it.each(files)('go out and in again without loss: %s', (file) => {
    const bytes = new Uint8Array(readFileSync(join(hives, file)));
    const image = bytes.slice(0, 4096 + new DataView(bytes.buffer).getUint32(0x28, true));
    const text = write(image, true);
    const code = REFUSED[file];
    if (code !== undefined) {
      expect(() => build(text)).toThrow(expect.objectContaining({ code }));
      return;
    }
    const differences = diffHives(view(image), view(build(text)));
    expect(differences.slice(0, 5)).toEqual([]);
  });
});
