// Hostile input: damaged hives and logs through everything that reads them. No crash, no hang, no memory beyond what the
// input's size allows, and every refusal has a code. HIVEMEND_SEED repeats a run, the deep tier runs many more cases.

import { describe, expect, it } from 'vitest';
import { concatBytes } from '../../src/base/bytes.ts';
import { HivemendError } from '../../src/base/errors.ts';
import { encodeBaseBlock } from '../../src/regf/base-block.ts';
import { deletedRecords } from '../../src/regf/deleted/deleted-records.ts';
import { validate } from '../../src/regf/gate/validate.ts';
import { NK } from '../../src/regf/layout.ts';
import { logTimeline } from '../../src/regf/logs/changes.ts';
import { type LogFile, recover } from '../../src/regf/logs/recover.ts';
import { RegfTree } from '../../src/regf/tree.ts';
import { isDeep, seedOr } from '../deep.ts';
import { damage, logsFor } from '../fuzz/hive-damage.ts';
import { random } from '../fuzz/random.ts';
import { smallHive } from './patient.ts';

const PAGE = 4096;
const CASES = isDeep ? 100_000 : 1500;
const SEED = seedOr(Date.now() & 0x7fff_ffff);
/** Generous: a small hive takes some milliseconds, and the machine may be busy. */
const BUDGET_MILLISECONDS = 3000;

/** Reads everything; returns how many records, or the code of the refusal. */
function readAll(hive: Uint8Array, logs: readonly LogFile[]): number | string {
  try {
    const { image } = recover('X', hive, logs);
    expect(image.length).toBeLessThanOrEqual(hive.length + logs.reduce((sum, log) => sum + log.bytes.length, PAGE));
    validate(image, 'X');
    deletedRecords(image, 'X');
    logTimeline('X', hive, logs);
    return walk(new RegfTree(image, 'X'));
  } catch (error) {
    if (error instanceof HivemendError) return error.code;
    throw error;
  }
}

function walk(tree: RegfTree): number {
  let count = 0;
  const stack = [tree.root];
  for (let key = stack.pop(); key; key = stack.pop()) {
    count += 1;
    void [key.path, key.classBytes, key.security()];
    for (const value of key.values()) {
      count += 1;
      try {
        value.data();
      } catch (error) {
        if (!(error instanceof HivemendError)) throw error;
      }
    }
    stack.push(...key.subkeys());
  }
  return count;
}

describe('damaged hives and logs', () => {
  it(`are read or refused within their budget (seed ${SEED}, ${CASES} cases)`, {
    timeout: isDeep ? 3_600_000 : 60_000,
  }, () => {
    const images = [smallHive(5), smallHive(3)];
    const outcomes = new Map<string, number>();
    for (let index = 0; index < CASES; index += 1) {
      const below = random(SEED + index);
      const image = images[below(2)]!;
      const isDirty = below(3) === 0;
      const header = { primarySequence: 6, secondarySequence: 5 };
      const hive = isDirty
        ? concatBytes(encodeBaseBlock(image.subarray(0, PAGE), header), image.subarray(PAGE))
        : damage(image, below);
      const start = performance.now();
      let outcome: number | string;
      try {
        outcome = readAll(hive, isDirty ? logsFor(image, below) : []);
      } catch (error) {
        throw new Error(`case ${index} of seed ${SEED} (HIVEMEND_SEED=${SEED + index} repeats it as the first)`, {
          cause: error,
        });
      }
      expect(performance.now() - start, `case ${index} of seed ${SEED}`).toBeLessThan(BUDGET_MILLISECONDS);
      const name = typeof outcome === 'number' ? 'read' : outcome;
      outcomes.set(name, (outcomes.get(name) ?? 0) + 1);
    }
    // Most are read in part, and refusals occur: otherwise the faults miss what they aim at.
    expect(outcomes.get('read')).toBeGreaterThan(CASES / 2);
    expect([...outcomes.values()].reduce((sum, count) => sum + count)).toBe(CASES);
    expect(outcomes.size).toBeGreaterThan(2);
  });

  it('of random bytes behind a signature are read or refused', () => {
    const below = random(SEED);
    for (let index = 0; index < 300; index += 1) {
      const bytes = Uint8Array.from({ length: below(12_000) }, () => below(256));
      bytes.set([0x72, 0x65, 0x67, 0x66].slice(0, bytes.length));
      readAll(bytes, [{ name: 'X.LOG1', bytes: bytes.slice(100) }]);
    }
  });
});

describe('lists that share their elements', () => {
  it('do not make a walk longer than the hive', () => {
    // Every subkey of the root has the root's own list: 12 to the power of the depth ways down.
    const image = smallHive(5);
    const { root } = new RegfTree(image, 'X');
    const view = new DataView(image.buffer, PAGE + 4);
    const list = view.getUint32(root.cellOffset + NK.subkeyList, true);
    for (const { cellOffset } of root.subkeys()) {
      view.setUint32(cellOffset + NK.subkeyCount, 12, true);
      view.setUint32(cellOffset + NK.subkeyList, list, true);
    }
    expect(walk(new RegfTree(image, 'X'))).toBeLessThan(100);
  });
});
