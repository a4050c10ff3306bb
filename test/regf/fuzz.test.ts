// Hostile input: damaged hives and logs through everything that reads them. No crash, no hang, no memory beyond what the
// input's size allows, and every refusal has a code. HIVEMEND_SEED repeats a run, HIVEMEND_LONG=1 runs many more cases.

import { describe, expect, it } from 'vitest';
import { concatBytes } from '../../src/base/bytes.ts';
import { HivemendError } from '../../src/base/errors.ts';
import { encodeBaseBlock } from '../../src/regf/base-block.ts';
import { logTimeline } from '../../src/regf/changes.ts';
import { LIST, NK, SIGNATURE, SK, VK } from '../../src/regf/layout.ts';
import { encodeHvleEntry, hvleEntrySizeBytes } from '../../src/regf/log.ts';
import { type LogFile, recover } from '../../src/regf/recover.ts';
import { deletedRecords } from '../../src/regf/remnants.ts';
import { RegfTree } from '../../src/regf/tree.ts';
import { validate } from '../../src/regf/validate.ts';
import { smallHive } from './patient.ts';

const PAGE = 4096;
const CASES = process.env.HIVEMEND_LONG === '1' ? 100_000 : 1500;
const SEED = Number(process.env.HIVEMEND_SEED ?? Date.now() & 0x7fff_ffff);
/** Generous: a small hive takes some milliseconds, and the machine may be busy. */
const BUDGET_MILLISECONDS = 3000;

/** A small generator of random numbers that repeats by its seed (mulberry32). */
function random(seed: number): (below: number) => number {
  let state = seed >>> 0;
  return (below) => {
    state = (state + 0x6d2b_79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) % below;
  };
}

const FIELDS = new Map<number, readonly number[]>([
  [
    SIGNATURE.nk,
    [
      NK.flags,
      NK.parent,
      NK.subkeyCount,
      NK.subkeyList,
      NK.valueCount,
      NK.valueList,
      NK.security,
      NK.class,
      NK.nameLength,
    ],
  ],
  [SIGNATURE.vk, [VK.nameLength, VK.dataSize, VK.dataOffset, VK.type, VK.flags]],
  [SIGNATURE.sk, [SK.forward, SK.backward, SK.referenceCount, SK.size]],
  [SIGNATURE.lh, [0, LIST.elements, LIST.elements + 8]],
  [SIGNATURE.lf, [0, LIST.elements, LIST.elements + 8]],
  [SIGNATURE.db, [0, 4]],
]);

/** One to four faults in records, bins and header that keep the rest as it is. */
function damage(image: Uint8Array, below: (limit: number) => number): Uint8Array {
  const broken = image.slice();
  const view = new DataView(broken.buffer);
  const records: number[] = [];
  for (let at = PAGE + 32; at + 8 < broken.length; at += 8)
    if (FIELDS.has(view.getUint16(at + 4, true))) records.push(at);
  for (let faults = 1 + below(4); faults > 0; faults -= 1) {
    const kind = below(10);
    if (kind < 6 && records.length > 0) {
      const at = records[below(records.length)]!;
      const fields = FIELDS.get(view.getUint16(at + 4, true)) ?? [0];
      const target = at + 4 + fields[below(fields.length)]!;
      const cell = records[below(records.length)]! - PAGE;
      const values = [
        0,
        1,
        0xffff_ffff,
        0x7fff_ffff,
        0x8000_0000,
        cell,
        cell + 4,
        broken.length,
        0xffff,
        below(2 ** 31),
      ];
      if (target + 4 <= broken.length) view.setUint32(target, values[below(values.length)]!, true);
    } else if (kind < 8) {
      const at = records.length > 0 ? records[below(records.length)]! : PAGE + 32;
      view.setInt32(at, [0, -8, 8, -0x7fff_fff8, view.getInt32(at, true) + 8][below(5)]!, true);
    } else if (kind === 8) {
      broken[below(broken.length)] = below(256);
    } else {
      view.setUint32(
        [4, 8, 20, 24, 28, 36, 40, 44][below(8)]!,
        below(2) === 0 ? below(broken.length) : below(2 ** 31),
        true,
      );
    }
  }
  // Most faults shall be met behind a header that is whole.
  if (below(8) !== 0) broken.set(encodeBaseBlock(broken.subarray(0, PAGE), {}));
  return below(20) === 0 ? broken.subarray(0, below(broken.length)) : broken;
}

/** Logs that apply to a dirty form of `image`: pages of damaged copies, in two entries. */
function logsFor(image: Uint8Array, below: (limit: number) => number): LogFile[] {
  const entries: Uint8Array[] = [];
  let fileOffset = 512;
  const binsSizeBytes = image.length - PAGE;
  for (let index = 0; index < 2; index += 1) {
    const offset = PAGE * below(binsSizeBytes / PAGE);
    const page = damage(image, below).subarray(PAGE + offset, 2 * PAGE + offset);
    const pages = [{ offset, bytes: concatBytes(page, new Uint8Array(PAGE - page.length)) }];
    const sizeBytes = hvleEntrySizeBytes(fileOffset, pages);
    entries.push(encodeHvleEntry({ sequence: 5 + index, flags: 0, binsSizeBytes, pages, sizeBytes }));
    fileOffset += sizeBytes;
  }
  const base = encodeBaseBlock(image.subarray(0, 512), { primarySequence: 5, secondarySequence: 5, fileType: 6 });
  const bytes = concatBytes(base, ...entries);
  if (below(4) === 0) bytes[below(bytes.length)] = below(256);
  return [{ name: 'X.LOG1', bytes: below(10) === 0 ? bytes.subarray(0, below(bytes.length)) : bytes }];
}

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
  it(`are read or refused within their budget (seed ${SEED}, ${CASES} cases)`, { timeout: 3_600_000 }, () => {
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
