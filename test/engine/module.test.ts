// Loading, traps, and the package that the module comes in.

import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { wasmBytes, wasmUrl } from 'hivex-wasm';
import { describe, expect, it } from 'vitest';
import { HiveHandle } from '../../src/engine/handle.ts';
import { Engine } from '../../src/engine/module.ts';
import { descriptor, newHive, T0 } from './engines.ts';

const folder = fileURLToPath(new URL('../../wasm/', import.meta.url));
const text = (name: string): string => readFileSync(folder + name, 'utf8');
const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');

describe('loading', () => {
  it('bytes that are no module of ours are ENGINE_LOAD', () => {
    const empty = new Uint8Array([0, 0x61, 0x73, 0x6d, 1, 0, 0, 0]);
    for (const bytes of [new Uint8Array(), new Uint8Array([1, 2, 3]), empty, wasmBytes().subarray(0, 1000)]) {
      expect(() => Engine.fromBytes(bytes)).toThrow(expect.objectContaining({ code: 'ENGINE_LOAD' }));
    }
  });

  it('asks its host for functions at most, and exports what is listed and no more', () => {
    const wasm = (
      globalThis as unknown as {
        WebAssembly: {
          Module: {
            new (b: Uint8Array): object;
            exports(m: object): { name: string }[];
            imports(m: object): { kind: string; name: string }[];
          };
        };
      }
    ).WebAssembly;
    const module = new wasm.Module(wasmBytes());
    const listed = text('exports.txt')
      .split('\n')
      .filter((line) => line.startsWith('hx_'));
    const exported = wasm.Module.exports(module).map(({ name }) => name);
    expect(exported.filter((name) => name.startsWith('hx'))).toEqual(expect.arrayContaining(listed));
    expect(exported.filter((name) => name.startsWith('hx')).length).toBe(listed.length);
    expect(exported.some((name) => name.startsWith('hivex_'))).toBe(false);
    expect(wasm.Module.imports(module).every(({ kind }) => kind === 'function')).toBe(true);
  });
});

describe('a trap', () => {
  it('is ENGINE_TRAP, ends that hive, and touches no other and no later one', () => {
    const engine = Engine.fromBytes(wasmBytes());
    const create = (): HiveHandle =>
      HiveHandle.create(engine, { minor: 5, rootName: 'R', security: descriptor(), filetime: T0 });
    const bad = create();
    const good = create();
    const { heap } = bad as unknown as { heap: { call(name: string, ...args: number[]): number } };
    // A pointer that no handle has: the C side reads far outside its memory.
    expect(() => heap.call('hx_read_root', 0x7fff_0000)).toThrow(expect.objectContaining({ code: 'ENGINE_TRAP' }));
    expect(() => bad.root()).toThrow(expect.objectContaining({ code: 'ENGINE_TRAP' }));
    expect(() => bad.setTime(good.root(), T0)).toThrow(expect.objectContaining({ code: 'ENGINE_TRAP' }));
    bad.close();
    good.createKey(good.root(), 'key', T0);
    good.close();
    using later = create();
    expect(later.node(later.root()).name).toBe('R');
    expect(engine.counts).toEqual({ opened: 3, closed: 2 });
  });
});

it('an instance that held a large hive is used again, as long as the idle ones are not too large together', () => {
  const image = ((): Uint8Array => {
    using hive = newHive(5);
    hive.setValue(hive.root(), 'large', 3, new Uint8Array(70_000_000), T0);
    return hive.image();
  })();
  const engine = Engine.fromBytes(wasmBytes());
  const opened = (): { hive: HiveHandle; heap: object } => {
    const hive = HiveHandle.open(engine, image);
    return { hive, heap: (hive as unknown as { heap: object }).heap };
  };
  const first = opened();
  first.hive.close();
  const second = opened();
  expect(second.heap).toBe(first.heap);
  const third = opened();
  expect(third.heap).not.toBe(first.heap);
  second.hive.close();
  third.hive.close();
  const again = [opened(), opened()];
  for (const { hive } of again) hive.close();
  expect(again.map(({ heap }) => heap)).toContain(first.heap);
  expect(again.map(({ heap }) => heap)).not.toContain(third.heap);
});

describe('a new hive', () => {
  it('is what was asked for, and refuses what cannot be', () => {
    for (const minor of [3, 4, 5]) {
      using hive = newHive(minor);
      expect([hive.minorVersion, hive.image().byteLength]).toEqual([minor, 8192]);
      expect(hive.node(hive.root())).toMatchObject({ name: 'ROOT', flags: 0x2c, lastWritten: T0, subkeyCount: 0 });
      expect(hive.security(hive.root())).toEqual(descriptor());
    }
    const engine = Engine.fromBytes(wasmBytes());
    const bad = [
      { minor: 2, rootName: 'R', security: descriptor() },
      { minor: 6, rootName: 'R', security: descriptor() },
      { minor: 5, rootName: '', security: descriptor() },
      { minor: 5, rootName: 'R', security: new Uint8Array(3) },
    ];
    for (const options of bad) {
      expect(() => HiveHandle.create(engine, { ...options, filetime: T0 })).toThrow(
        expect.objectContaining({ code: 'BAD_VALUE' }),
      );
    }
    expect(engine.counts.opened).toBe(engine.counts.closed);
    using cyrillic = HiveHandle.create(engine, {
      minor: 5,
      rootName: 'Корень',
      security: new Uint8Array([...descriptor(), ...new Uint8Array(5000)]),
      filetime: T0,
    });
    expect(cyrillic.node(cyrillic.root()).name).toBe('Корень');
    expect(cyrillic.security(cyrillic.root())!.byteLength).toBe(5048);
  });
});

describe('the package hivex-wasm', () => {
  it('was built from these sources: the record names each with its hash, and the outputs', () => {
    const record = JSON.parse(text('dist/build-record.json')) as {
      upstream: Record<string, string>;
      inputs: Record<string, string>;
      outputs: Record<string, string>;
    };
    const sources = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((name) =>
      /\.[ch]$|^UPSTREAM$|^build\.sh$|^exports\.txt$/.test(name),
    );
    expect(Object.keys(record.inputs).sort()).toEqual(sources.sort());
    for (const [name, hash] of Object.entries(record.inputs)) {
      expect([name, sha256(readFileSync(folder + name))]).toEqual([name, hash]);
    }
    expect(sha256(wasmBytes())).toBe(record.outputs['hivex.wasm']);
    expect(text('UPSTREAM')).toContain(`sha256=${record.upstream.tarballSha256}`);
    expect(wasmUrl.href.endsWith('/dist/hivex.wasm')).toBe(true);
  });

  it('holds nothing of hivex, and is small', () => {
    expect(wasmBytes().byteLength).toBeLessThan(80_000);
    for (const name of readdirSync(folder).filter((file) => /\.[ch]$/.test(file))) {
      expect([name, /Red Hat/.test(text(name))]).toEqual([name, false]);
    }
  });
});
