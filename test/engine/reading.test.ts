// Reading real hives: the engine and the independent reader must give the same keys, values, data, classes and security.

import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { bytesEqual } from '../../src/base/bytes.ts';
import { HivemendError } from '../../src/base/errors.ts';
import { HiveHandle, type NodeId } from '../../src/engine/handle.ts';
import { type RegfKey, RegfTree } from '../../src/regf/tree.ts';
import { describeShared } from '../shared-hives.ts';
import { engine, newHive, pattern, T0 } from './engines.ts';
import { type WalkedKey, walked } from './walked.ts';

function hivesIn(folder: string): string[] {
  return (readdirSync(folder, { recursive: true, encoding: 'utf8' }) as string[]).sort().filter((name) => {
    const path = join(folder, name);
    if (!statSync(path).isFile() || statSync(path).size < 8192) return false;
    const head = readFileSync(path).subarray(0, 32);
    return head.subarray(0, 4).toString('latin1') === 'regf' && head.readUInt32LE(28) === 0;
  });
}

/** The records of a whole hive beside the independent reader's keys, in the same order; throws at the first difference. */
function compare(hive: HiveHandle, tree: RegfTree, withSecurity: boolean): { keys: number; values: number } {
  const keys: RegfKey[] = [];
  const visit = (key: RegfKey): void => {
    keys.push(key);
    key.subkeys().forEach(visit);
  };
  visit(tree.root);
  let next = 0;
  let values = 0;
  let current: RegfKey | null = null;
  let valueIndex = 0;
  const depths = new Map<number, number>();
  for (const record of walked(hive)) {
    if (record.kind === 'key') {
      if (current && current.values().length !== valueIndex) throw new Error(`values of ${current.path.join('\\')}`);
      current = keys[next++]!;
      valueIndex = 0;
      compareKey(record, current, depths);
      if (withSecurity && hive.security(record.id)?.join() !== current.security()?.join()) {
        throw new Error(`security of ${current.path.join('\\')}`);
      }
      continue;
    }
    const value = current!.values()[valueIndex++]!;
    values += 1;
    if (
      record.id !== value.cellOffset ||
      record.name !== value.name ||
      record.type !== value.type ||
      record.flags !== value.flags
    ) {
      throw new Error(`value ${value.name} of ${current!.path.join('\\')}`);
    }
    if (!bytesEqual(record.data!, value.data()))
      throw new Error(`data of ${value.name} of ${current!.path.join('\\')}`);
  }
  if (next !== keys.length) throw new Error(`${next} keys, the independent reader has ${keys.length}`);
  return { keys: next, values };
}

function compareKey(record: WalkedKey, key: RegfKey, depths: Map<number, number>): void {
  const where = key.path.join('\\');
  const depth = record.depth === 0 ? 0 : depths.get(record.parent)! + 1;
  depths.set(record.id, depth);
  if (record.depth !== depth) throw new Error(`depth of ${where}`);
  if (record.id !== key.cellOffset || record.name !== key.name) throw new Error(`name of ${where}: ${record.name}`);
  if (record.lastWritten !== key.lastWritten || record.flags !== key.flags) throw new Error(`fields of ${where}`);
  if ((record.classBytes?.join() ?? null) !== (key.classBytes?.join() ?? null)) throw new Error(`class of ${where}`);
}

describeShared('every real hive', (folder) => {
  /** What the engine refuses as a whole; the independent reader reads on with findings. */
  const REFUSED: Readonly<Record<string, string>> = {
    'odd/BadListHive': 'BAD_CELL',
    'odd/TruncatedHive': 'TRUNCATED',
    'odd/ez-SAMBadHBinHeader': 'BAD_CELL',
    'odd/ez-SAN-OTHER': 'BAD_CHECKSUM',
    'odd/plaso-corrupt-subkey-list': 'BAD_CELL',
  };

  it.each(hivesIn(folder))('%s', { timeout: 120_000 }, (name) => {
    const image = new Uint8Array(readFileSync(join(folder, name)));
    let code: string | null = null;
    try {
      const hive = HiveHandle.open(engine, image);
      try {
        const tree = new RegfTree(hive.image(), name);
        const counts = compare(hive, tree, image.byteLength < 4_000_000);
        expect(counts.keys).toBeGreaterThan(0);
        expect(tree.findings).toEqual([]);
      } finally {
        hive.close();
      }
    } catch (error) {
      if (!(error instanceof HivemendError)) throw error;
      code = error.code;
    }
    expect(code).toBe(REFUSED[name] ?? null);
  });
});

it('lists, records and lookups of a key agree with each other', () => {
  using hive = newHive(5);
  for (const name of ['b', 'a', 'c']) {
    const key = hive.createKey(hive.root(), name, T0);
    hive.setClass(key, pattern(4), T0);
    hive.setValue(hive.root(), `value ${name}`, 3, pattern(5), T0);
  }
  const ids = hive.subkeyRecords(hive.root()).map(({ id }) => id);
  expect(hive.subkeyRecords(hive.root()).map(({ name }) => hive.subkey(hive.root(), name))).toEqual(ids);
  for (const record of hive.subkeyRecords(hive.root())) {
    const { name, flags, lastWritten, classBytes, subkeyCount, valueCount } = hive.node(record.id);
    expect({ name, flags, lastWritten, classBytes, subkeyCount, valueCount }).toEqual({
      name: record.name,
      flags: record.flags,
      lastWritten: record.lastWritten,
      classBytes: record.classBytes,
      subkeyCount: 0,
      valueCount: 0,
    });
  }
  const values = hive.valueRecords(hive.root()).map(({ id }) => id);
  expect(hive.valueRecords(hive.root()).map(({ data }) => data)).toEqual([null, null, null]);
  expect(hive.value(hive.root(), 'VALUE A')).toBe(values[1]);
  expect(hive.value(hive.root(), 'none')).toBeNull();
  expect(hive.subkey(hive.root(), 'none')).toBeNull();
  const nothing: NodeId = ids[0]!;
  expect([hive.subkeyRecords(nothing), hive.valueRecords(nothing)]).toEqual([[], []]);
});

it('more subkeys of one key than hivex takes (70,000) are made, read, found and deleted', { timeout: 120_000 }, () => {
  using hive = newHive(5);
  const wide = hive.createKey(hive.root(), 'wide', T0);
  const nameOf = (i: number): string => `k${String((i * 7919) % 71_000).padStart(5, '0')}`;
  for (let i = 0; i < 71_000; i += 1) hive.createKey(wide, nameOf(i), T0);
  expect(hive.subkeyRecords(wide).length).toBe(71_000);
  expect(hive.node(hive.subkey(wide, 'K70999')!).name).toBe('k70999');
  expect([...walked(hive, wide)].length).toBe(71_001);
  using again = HiveHandle.open(engine, hive.image());
  expect(
    again
      .subkeyRecords(wide)
      .map(({ name }) => name)
      .join(),
  ).toBe(Array.from({ length: 71_000 }, (_, i) => `k${String(i).padStart(5, '0')}`).join());
  again.deleteKey(wide, T0);
  expect(again.node(again.root()).subkeyCount).toBe(0);
});
