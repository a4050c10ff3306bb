// What the engine writes is what the writers of formats/ write, byte for byte, and what it declines they write.

import fs, { mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, describe, expect, it, vi } from 'vitest';
import { readWholeFile } from '../../src/base/read-file.ts';
import { encodeUtf16le } from '../../src/base/text.ts';
import type { WriteFs } from '../../src/base/write-fs.ts';
import { EngineFile } from '../../src/commands/engine-file.ts';
import { type ExportFormat, type ExportOptions, exportChunks, exportHives } from '../../src/commands/export.ts';
import { HiveHandle, type NodeId } from '../../src/engine/handle.ts';
import { Engine } from '../../src/engine/module.ts';
import { type EngineFormat, EngineWriter } from '../../src/formats/engine-writer.ts';
import { openSource, type ReadHost, sourceOf } from '../../src/hive/open.ts';
import { isDeep } from '../deep.ts';
import { BOTH_BUILDS, descriptor, engine, expectBytes, newHive, pattern, T0 } from '../engine/engines.ts';
import { Patch } from '../engine/patch.ts';
import { buildFixture, FIXTURES } from '../fixture-hives.ts';
import { describeShared, ordinaryHives } from '../shared-hives.ts';

// Whole hives, twice each.
vi.setConfig({ testTimeout: isDeep ? 3_600_000 : 60_000 });

const runs = isDeep ? 2000 : 20;

const host: ReadHost = { fs: fs as WriteFs, style: 'posix' };
const folder = mkdtempSync(join(tmpdir(), 'hivemend-engine-export-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const FORMATS = ['xml', 'reg', 'jsonl'] as const;

interface Exported {
  readonly bytes: Uint8Array;
  readonly result: unknown;
}

/** Everything that an export says, or its error as text. */
function exported(on: Engine | null, path: string, options: ExportOptions): Exported {
  const chunks: Uint8Array[] = [];
  try {
    const result = exportHives(on === null ? host : { ...host, engine: on }, [path], options, (chunk) =>
      chunks.push(Buffer.from(chunk as Uint8Array)),
    );
    return { bytes: Buffer.concat(chunks), result };
  } catch (error) {
    return { bytes: Buffer.concat(chunks), result: String(error) };
  }
}

function expectSame(on: Engine, path: string, options: ExportOptions): Exported {
  const through = exported(on, path, options);
  const plain = exported(null, path, options);
  expectBytes(through.bytes, plain.bytes);
  expect(through.result).toEqual(plain.result);
  return plain;
}

function imageFile(image: Uint8Array): string {
  const path = join(folder, 'hive');
  writeFileSync(path, image);
  return path;
}

/** Whether the engine writes it. */
function isWritten(path: string, format: (typeof FORMATS)[number]): boolean {
  const source = openSource(host, path);
  const what: EngineFormat =
    format === 'xml' ? { format } : format === 'reg' ? { format, prefix: '' } : { format, source: path };
  using writer = EngineWriter.open(
    () => HiveHandle.open(engine, source.recovery.image),
    source.hive.tree,
    () => what,
  );
  return writer !== null;
}

/** Real hives that the engine does not write, and in which formats. */
const DECLINED: Readonly<Record<string, readonly ExportFormat[]>> = {
  'odd/BadListHive': FORMATS,
  'odd/BogusKeyNamesHive': ['reg'],
  'odd/TruncatedHive': FORMATS,
  'odd/ez-SAMBadHBinHeader': FORMATS,
  'odd/ez-SAN-OTHER': FORMATS,
  'odd/hivex-special': ['reg'],
  'odd/plaso-corrupt-subkey-list': FORMATS,
};

describeShared('real hives', (root) => {
  const paths = readdirSync(root, { recursive: true, encoding: 'utf8' })
    .filter((path) => statSync(join(root, path)).isFile())
    .filter((path) => {
      try {
        openSource(host, join(root, path));
        return true;
      } catch {
        return false;
      }
    })
    .sort();

  it.each(ordinaryHives(root, paths))('%s', (path) => {
    for (const format of FORMATS) expectSame(engine, join(root, path), { format });
    expect(FORMATS.filter((format) => !isWritten(join(root, path), format))).toEqual(DECLINED[path] ?? []);
  });
});

describe('fixtures', () => {
  it.each(FIXTURES)('%s', (name) => {
    const path = imageFile(buildFixture(name));
    for (const format of FORMATS) {
      expectSame(engine, path, { format });
      expect(isWritten(path, format)).toBe(true);
    }
    expectSame(engine, path, { format: 'jsonl', withDeleted: true });
    expectSame(engine, path, { format: 'reg', prefix: '' });
    expectSame(engine, path, { format: 'reg', prefix: 'HKEY_X\\é\ud800' });
    for (const part of [{ since: T0 }, { until: T0 }, { match: 'C*' }, { depth: 1 }]) {
      expectSame(engine, path, { format: 'jsonl', ...part });
      expectSame(engine, path, { format: 'reg', ...part });
    }
    expectSame(engine, path, { format: 'xml', isLossless: true });
  });

  it('come piece by piece too, and each piece is the taker’s to keep', () => {
    const path = imageFile(longHive());
    const pieces = [...exportChunks({ ...host, engine }, [path], { format: 'jsonl' })];
    expect(pieces.length).toBeGreaterThan(3);
    expectBytes(
      Buffer.concat(pieces.map((piece) => Buffer.from(piece as Uint8Array))),
      exported(null, path, { format: 'jsonl' }).bytes,
    );
  });

  it('stop when they are told to', () => {
    const abort = new AbortController();
    const path = imageFile(longHive());
    const sink = (): void => abort.abort(new Error('enough'));
    const options = { format: 'reg', signal: abort.signal } as const;
    expect(() => exportHives({ ...host, engine }, [path], options, sink)).toThrow('enough');
  });
});

/** Several pieces in every format. */
function longHive(minor = 5): Uint8Array {
  using hive = newHive(minor);
  for (let i = 0; i < 60; i += 1) {
    const key = hive.createKey(hive.root(), `key ${i.toString().padStart(2, '0')}`, T0 + BigInt(i));
    hive.setSecurity(key, descriptor(i % 5), T0);
    for (let j = 0; j < 12; j += 1) hive.setValue(key, `value ${j}`, j % 4, pattern(300 + 37 * j, i), T0);
    hive.createKey(key, 'below', T0);
  }
  return hive.image();
}

/** Units that some format cannot hold or must escape. */
const UNITS = [0, 1, 9, 10, 13, 31, 32, 34, 38, 60, 62, 92, 97, 127, 128, 159, 233, 0xff, 0x2028, 0x4e00];
const WIDE_UNITS = [...UNITS, 0xd800, 0xdbff, 0xdc00, 0xdfff, 0xfffd, 0xfffe, 0xffff];
const units = fc.oneof(fc.constantFrom(...WIDE_UNITS), fc.integer({ min: 0x20, max: 0x7e }));
const text = fc.array(units, { maxLength: 40 }).map((codes) => encodeUtf16le(String.fromCharCode(...codes)));
const sizes = fc.constantFrom(0, 1, 2, 3, 4, 5, 8, 53, 54, 55, 108, 16_344, 16_345, 40_000, 66_000);
const data = fc.oneof(
  { weight: 4, arbitrary: text },
  { weight: 2, arbitrary: fc.tuple(text, fc.constantFrom(1, 2, 3, 4)).map(([bytes, nuls]) => withNuls(bytes, nuls)) },
  { weight: 3, arbitrary: fc.uint8Array({ maxLength: 90 }) },
  { weight: 1, arbitrary: sizes.map((sizeBytes) => pattern(sizeBytes)) },
);
const names = fc.array(units, { minLength: 3, maxLength: 30 });
const type = fc.oneof(fc.integer({ min: 0, max: 12 }), fc.constantFrom(0xffff_0007, 0x8000_0000, 0xffff_ffff));
const filetime = fc.oneof(
  fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }),
  fc.constantFrom(0n, 1n, 2n ** 63n - 1n, 2n ** 63n, 2_650_467_743_999_999_999n, 2_650_467_744_000_000_000n),
  fc.bigInt({ min: 125_000_000_000_000_000n, max: 140_000_000_000_000_000n }),
);
const keys = fc.array(
  fc.record({
    parent: fc.nat(),
    name: names,
    filetime,
    className: fc.option(text, { nil: null }),
    security: fc.nat({ max: 4 }),
    flags: fc.constantFrom(0, 0, 0, 0x10, 0x20, 0x40, 0x80),
    values: fc.array(fc.record({ name: names, type, data, flags: fc.constantFrom(0, 0, 1, 2) }), { maxLength: 6 }),
  }),
  { minLength: 1, maxLength: 12 },
);

function withNuls(bytes: Uint8Array, nuls: number): Uint8Array {
  return Buffer.concat([bytes, new Uint8Array(nuls)]);
}

type Keys = typeof keys extends fc.Arbitrary<infer T> ? T : never;

/** A hive of those keys. Names that the engine does not write are put into the image afterwards. */
function hiveOf(given: Keys, minor: number): Uint8Array {
  using hive = newHive(minor);
  const nodes: NodeId[] = [hive.root()];
  const named: { cell: number; field: number; name: readonly number[]; flags: number; xor: number }[] = [];
  for (const [index, key] of given.entries()) {
    const node = hive.createKey(nodes[key.parent % nodes.length]!, standIn(key.name, index), key.filetime);
    nodes.push(node);
    named.push({ cell: node, field: 76, name: key.name, flags: 2, xor: key.flags });
    if (key.className !== null && key.className.byteLength > 0) hive.setClass(node, key.className, key.filetime);
    hive.setSecurity(node, descriptor(key.security), key.filetime);
    for (const [at, value] of key.values.entries()) {
      const cell = hive.setValue(node, standIn(value.name, at), value.type, value.data, key.filetime);
      named.push({ cell, field: 20, name: value.name, flags: 16, xor: value.flags });
    }
    setTime(hive, node, key.filetime);
  }
  const patch = new Patch(hive.image());
  for (const { cell, field, name, flags, xor } of named) {
    const isWide = name.some((unit) => unit > 0xff);
    patch
      .bytes(cell, field, isWide ? 2 * name.length : name.length)
      .set(isWide ? encodeUtf16le(String.fromCharCode(...name)) : name);
    patch.setU16(cell, flags, patch.u16(cell, flags) ^ xor);
  }
  return patch.image;
}

function setTime(hive: HiveHandle, node: NodeId, time: bigint): void {
  hive.setTime(node, time);
}

/** A name of the same length and width that no sibling has. */
function standIn(name: readonly number[], index: number): string {
  return String.fromCharCode(0x41 + index).padEnd(name.length, name.some((unit) => unit > 0xff) ? 'й' : 'x');
}

describe('any hive', () => {
  it.each(BOTH_BUILDS)('with any names, types, data and times (%s)', (_, on) => {
    fc.assert(
      fc.property(keys, fc.constantFrom(3, 4, 5), (given, minor) => {
        const path = imageFile(hiveOf(given, minor));
        for (const format of FORMATS) expectSame(on, path, { format });
      }),
      { numRuns: runs },
    );
  });

  it.each(BOTH_BUILDS)('with any damage: the same bytes and the same findings (%s)', (_, on) => {
    const image = longHive();
    const damage = fc.array(fc.record({ at: fc.nat(), byte: fc.integer({ min: 0, max: 255 }) }), {
      minLength: 1,
      maxLength: 4,
    });
    fc.assert(
      fc.property(damage, fc.constantFrom(...FORMATS), (places, format) => {
        const damaged = image.slice();
        // Cells rather than the middle of data, which would be no damage.
        for (const { at, byte } of places) damaged[4096 + ((8 * at) % (image.byteLength - 4096)) + (at % 41)] = byte;
        expectSame(on, imageFile(damaged), { format });
      }),
      { numRuns: runs },
    );
  });
});

describe('damage late in the hive', () => {
  const NK_SUBKEY_LIST = 28;
  const NK_VALUE_COUNT = 36;

  /** The cells of the root's subkeys in `image`. */
  function rootKeys(image: Uint8Array): number[] {
    const source = openSource(host, imageFile(image));
    return source.hive.root.subkeys().map((key) => key.cellOffset);
  }

  const DAMAGES: readonly [string, (patch: Patch, keys: readonly number[]) => void][] = [
    ['a value too many', (patch, keys) => patch.setU32(keys[50]!, NK_VALUE_COUNT, 4000)],
    ['no list of subkeys', (patch, keys) => patch.setU32(keys[50]!, NK_SUBKEY_LIST, 0x20)],
    [
      'a key with two parents',
      (patch, keys) => patch.setU32(keys[50]!, NK_SUBKEY_LIST, patch.u32(keys[10]!, NK_SUBKEY_LIST)),
    ],
    [
      'a value without its data',
      (patch, keys) => {
        const value = patch.u32(patch.u32(keys[50]!, 40), 4 * 3);
        patch.setU32(value, 8, 0xfff_ffff);
      },
    ],
    [
      'a value listed twice',
      (patch, keys) => {
        const list = patch.u32(keys[50]!, 40);
        patch.setU32(list, 4, patch.u32(list, 0));
      },
    ],
    ['a name that .reg cannot hold', (patch, keys) => patch.bytes(keys[50]!, 76, 1).set([0x5c])],
  ];

  it.each(DAMAGES)('%s', (_, damage) => {
    const patch = new Patch(longHive());
    damage(patch, rootKeys(patch.image));
    const path = imageFile(patch.image);
    for (const format of FORMATS) {
      const { bytes } = expectSame(engine, path, { format });
      expect(bytes.byteLength).toBeGreaterThan(2 * 256 * 1024);
      const pieces = [...exportChunks({ ...host, engine }, [path], { format })];
      expectBytes(Buffer.concat(pieces.map((piece) => Buffer.from(piece as Uint8Array))), bytes);
    }
  });

  it('writes on where the memory of the engine moves, and gives a copy of the file then', () => {
    using hive = newHive();
    const large = hive.createKey(hive.root(), 'large', T0);
    hive.setValue(large, 'value', 3, pattern(5_000_000), T0);
    for (let i = 0; i < 5; i += 1) hive.setSecurity(hive.createKey(large, `key ${i}`, T0), descriptor(i), T0);
    const path = imageFile(hive.image());
    // An engine of its own: its memory is as small as it begins.
    const fresh = Engine.fromModule(engine.module);
    for (const format of FORMATS) expectSame(fresh, path, { format });
    using file = new EngineFile(Engine.fromModule(engine.module));
    const source = sourceOf(
      host,
      path,
      readWholeFile(host.fs, path, (sizeBytes) => file.allocate(sizeBytes)),
      {},
    );
    const { tree } = source.hive;
    using writer = EngineWriter.open(file.opener(source.recovery.image), tree, () => ({
      format: 'jsonl',
      source: path,
    }));
    expect([...writer!.chunks()].length).toBeGreaterThan(0);
    expect(source.recovery.image.byteLength).toBe(0);
    expectBytes(file.copy()!, hive.image());
  });

  it('leaves a key to whom telling the kind of the hive has given it', () => {
    using hive = newHive();
    const early = hive.createKey(hive.root(), 'Early', T0);
    for (let i = 0; i < 40; i += 1) hive.setValue(early, `value ${i}`, 3, pattern(16_000, i), T0);
    hive.createKey(early, 'Own', T0);
    // Its subkeys are read first, to tell a SAM.
    const sam = hive.createKey(hive.root(), 'SAM', T0);
    hive.createKey(sam, 'Domains', T0);
    const patch = new Patch(hive.image());
    patch.setU32(early, NK_SUBKEY_LIST, patch.u32(sam, NK_SUBKEY_LIST));
    const path = imageFile(patch.image);
    for (const format of FORMATS) expectSame(engine, path, { format });
  });
});
