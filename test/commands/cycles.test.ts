// Hives whose keys lead back to themselves, or twice to what lies below: no command reads them longer than their size.

import fs, { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, describe, expect, it, vi } from 'vitest';
import { HivemendError } from '../../src/base/errors.ts';
import type { ReadFs } from '../../src/base/read-fs.ts';
import { diffFiles } from '../../src/commands/diff.ts';
import { type ExportFormat, exportHives } from '../../src/commands/export.ts';
import { importEdits } from '../../src/commands/import.ts';
import type { ResolvedKey } from '../../src/compat/reg/context.ts';
import { HiveHandle } from '../../src/engine/handle.ts';
import { Heap } from '../../src/engine/heap.ts';
import { openHiveBytes, type ReadHost } from '../../src/hive/open.ts';
import { validate } from '../../src/regf/gate/validate.ts';
import { LIST, NK } from '../../src/regf/layout.ts';
import { RegfTree } from '../../src/regf/tree.ts';
import { MemoryRegistry } from '../compat/reg/memory-registry.ts';
import { fixtureEngine } from '../fixture-hives.ts';
import { descriptor, Patient } from '../regf/patient.ts';

const TIME = 132_000_000_000_000_000n;
const folder = mkdtempSync(join(tmpdir(), 'hivemend-cycles-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
afterEach(() => vi.restoreAllMocks());

/** Levels of two keys each, of which one has the next level: enough that 2 to their power is never reached. */
const LEVELS = 60;

function soundImage(): Uint8Array {
  const hive = HiveHandle.create(fixtureEngine(), {
    minor: 5,
    rootName: 'ROOT',
    security: descriptor(1),
    filetime: TIME,
  });
  const root = hive.root();
  for (const name of ['Alpha', 'Beta', 'Gamma']) {
    const key = hive.createKey(root, name, TIME);
    hive.setValue(key, 'value', 4, Uint8Array.of(1, 0, 0, 0), TIME);
    hive.createKey(hive.createKey(key, 'Below', TIME), 'Deeper', TIME);
  }
  let level = hive.createKey(root, 'Levels', TIME);
  for (let i = 0; i < LEVELS; i += 1) {
    hive.createKey(level, 'other', TIME);
    level = hive.createKey(level, 'one', TIME);
  }
  const image = hive.image();
  hive.close();
  return image;
}

const sound = soundImage();
/** Keys in the sound hive. */
const KEYS = [...new Set(keysOf(sound))].length;

function keysOf(image: Uint8Array): number[] {
  const cells: number[] = [];
  const pending = [new RegfTree(image, 'sound').root];
  for (let key = pending.pop(); key !== undefined; key = pending.pop()) {
    cells.push(key.cellOffset);
    for (const subkey of key.subkeys()) pending.push(subkey);
  }
  return cells;
}

/** Makes `path` list what `other` lists. */
function shareList(p: Patient, path: string[], other: string[]): void {
  p.set32(p.key(...path), NK.subkeyList, p.list(...other));
  p.set32(p.key(...path), NK.subkeyCount, p.u32(p.key(...other), NK.subkeyCount));
}

const CYCLES: readonly (readonly [string, (patient: Patient) => void])[] = [
  ["a child with the root's list", (p) => shareList(p, ['Alpha'], [])],
  ["a grandchild with the root's list", (p) => shareList(p, ['Alpha', 'Below'], [])],
  ['a child with the list of its sibling', (p) => shareList(p, ['Beta'], ['Alpha'])],
  ['a key that lists itself', (p) => p.set32(p.list('Alpha'), LIST.elements, p.key('Alpha'))],
  ['a key that lists the root', (p) => p.set32(p.list('Alpha'), LIST.elements, p.key())],
  ['a key that lists its grandparent', (p) => p.set32(p.list('Alpha', 'Below'), LIST.elements, p.key('Alpha'))],
  [
    'two keys that list each other',
    (p) => {
      p.set32(p.list('Alpha'), LIST.elements, p.key('Beta'));
      p.set32(p.list('Beta'), LIST.elements, p.key('Alpha'));
    },
  ],
  [
    'levels that list each next key twice',
    (p) => {
      const path = ['Levels'];
      for (let i = 0; i < LEVELS; i += 1, path.push('one')) {
        p.set32(p.list(...path), LIST.elements + 8, p.key(...path, 'one'));
      }
    },
  ],
  ['a key that says it is its own parent', (p) => p.set32(p.key('Alpha'), NK.parent, p.key('Alpha'))],
  [
    'a list of lists that names itself',
    (p) => {
      const list = p.list();
      p.set16(list, 0, 0x6972);
      p.set32(list, LIST.elements, list);
    },
  ],
];

/** Runs what may fail, as long as it fails with an error of ours. */
function outcome(action: () => unknown): unknown {
  try {
    return action();
  } catch (error) {
    if (error instanceof HivemendError) return error.code;
    throw error;
  }
}

/** Calls of the engine and keys that the verifier makes, while `action` runs. */
function stepsOf(action: () => unknown): number {
  const call = vi.spyOn(Heap.prototype, 'call');
  const keyAt = vi.spyOn(RegfTree.prototype, 'keyAt');
  outcome(action);
  const steps = call.mock.calls.length + keyAt.mock.calls.length;
  vi.restoreAllMocks();
  return steps;
}

/** BAD is the hive as commands have it: read by the engine, or by the verifier where that meets damage. */
class CyclicRegistry extends MemoryRegistry {
  private readonly loaded: ReturnType<typeof openHiveBytes>;

  constructor(image: Uint8Array) {
    super('SOFTWARE');
    this.loaded = openHiveBytes(fixtureEngine(), 'BAD', 'BAD', image, []);
  }

  override resolve(keyText: string): ResolvedKey {
    if (!/^HKLM\\BAD(\\|$)/.test(keyText)) return super.resolve(keyText);
    return { hive: this.loaded.hive, path: keyText.split('\\').slice(2), shown: keyText };
  }

  override [Symbol.dispose](): void {
    this.loaded.close();
    super[Symbol.dispose]();
  }
}

const LINES: readonly string[] = [
  'query HKLM\\BAD /s',
  'query HKLM\\BAD /s /f value',
  'query HKLM\\BAD /s /v value',
  'copy HKLM\\BAD HKLM\\SOFTWARE\\Copy /s /f',
  'copy HKLM\\BAD\\Alpha HKLM\\SOFTWARE\\Copy /s /f',
  'save HKLM\\BAD saved /y',
  'export HKLM\\BAD exported /y',
  'compare HKLM\\BAD\\Alpha HKLM\\BAD\\Beta /s',
];

describe.each(CYCLES)('%s', (_name, spoil) => {
  const patient = new Patient(sound);
  spoil(patient);
  const { image } = patient;
  const path = join(folder, 'hive');
  const host: ReadHost = { fs: fs as ReadFs, style: 'posix', engine: fixtureEngine() };

  it.each(LINES)('reg %s', (line) => {
    using registry = new CyclicRegistry(image);
    const steps = stepsOf(() => registry.run(line));
    // A copy makes each key anew, with its class, descriptor and time.
    expect(steps).toBeLessThan(40 * KEYS);
  });

  it.each(LINES)('reg %s, of a hive that is being edited', (line) => {
    using registry = new MemoryRegistry('SOFTWARE');
    registry.files.set('file', image);
    if (outcome(() => registry.bind('HKLM\\BAD', 'file')) !== undefined) return;
    expect(stepsOf(() => registry.run(line))).toBeLessThan(40 * KEYS);
  });

  it.each(['xml', 'reg', 'jsonl', 'bodyfile', 'timesketch'] as const)('export --format %s', (format: ExportFormat) => {
    writeFileSync(path, image);
    let bytes = 0;
    const sink = (chunk: Uint8Array | string): void => {
      bytes += chunk.length;
    };
    expect(stepsOf(() => exportHives(host, [path], { format }, sink))).toBeLessThan(40 * KEYS);
    expect(stepsOf(() => exportHives(host, [path], { format, withDeleted: true }, sink))).toBeLessThan(40 * KEYS);
    expect(bytes).toBeLessThan(2000 * KEYS);
  });

  it('diff, import, inspect --validate', () => {
    writeFileSync(path, image);
    writeFileSync(join(folder, 'sound'), sound);
    const diff = (a: string, b: string): unknown => diffFiles(host, a, b, { format: 'text' }, () => {});
    expect(stepsOf(() => diff(path, join(folder, 'sound')))).toBeLessThan(40 * KEYS);
    expect(stepsOf(() => diff(join(folder, 'sound'), path))).toBeLessThan(40 * KEYS);
    const loaded = openHiveBytes(fixtureEngine(), 'BAD', 'BAD', image, []);
    const file = new TextEncoder().encode('REGEDIT4\n\n[-\\Alpha]\n[\\Beta\\New]\n"x"=dword:1\n');
    expect(
      stepsOf(() => {
        using working = loaded.edit(false);
        working.apply(importEdits(file, loaded.hive), TIME);
      }),
    ).toBeLessThan(40 * KEYS);
    loaded.close();
    expect(validate(image, 'bad').length).toBeGreaterThan(0);
    expect(validate(image, 'bad').length).toBeLessThan(40 * KEYS);
  });
});
