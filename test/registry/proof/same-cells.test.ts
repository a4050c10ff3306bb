import fc from 'fast-check';
import { expect, it } from 'vitest';
import { NK, SK } from '../../../src/regf/layout.ts';
import type { RegfKey } from '../../../src/regf/tree.ts';
import { diffKeys, type HiveDifference } from '../../../src/registry/proof/difference.ts';
import { SameCells } from '../../../src/registry/proof/same-cells.ts';
import { openVerifierHive } from '../../../src/registry/readers/verifier-hive.ts';
import { readData } from '../../../src/registry/value.ts';
import { buildFixture } from '../../fixture-hives.ts';
import { random } from '../../fuzz/random.ts';
import { pointersOf, redirected } from '../../regf/pointers.ts';

const image = buildFixture('SYSTEM-broken');
const BINS_AT = 4096;

function differences(changed: Uint8Array, isClose: boolean): HiveDifference[] {
  const before = openVerifierHive('SYSTEM', image, 'before', 'primary');
  const after = openVerifierHive('SYSTEM', changed, 'after', 'primary');
  const found: HiveDifference[] = [];
  diffKeys(before.root, after.root, isClose ? null : SameCells.of(before, after), found);
  return found;
}

const pointers = pointersOf(openVerifierHive('SYSTEM', image, 'before', 'primary').tree.root);

/** Read whole, as a walk over all keys and values reads. */
function isDamagedByOwners(changed: Uint8Array): boolean {
  const { tree } = openVerifierHive('SYSTEM', changed, 'after', 'primary');
  const walk = (key: RegfKey): void => {
    for (const value of key.values()) readData(value);
    for (const subkey of key.subkeys()) walk(subkey);
  };
  walk(tree.root);
  return tree.findings.some(({ text }) => /belongs to another|listed elsewhere/.test(text));
}

/** @returns how many differences there are, the same on both ways; null where the hive cannot be opened. */
function compareBothWays(changed: Uint8Array): number | null {
  let close: HiveDifference[];
  try {
    close = differences(changed, true);
  } catch {
    return null;
  }
  expect(differences(changed, false)).toEqual(close);
  return close.length;
}

it('finds nothing else, and nothing less, than looking closely at every key does: bits changed', () => {
  let seen = 0;
  const place = fc.integer({ min: BINS_AT + 32, max: image.byteLength - 1 });
  const changes = fc.array(fc.tuple(place, fc.integer({ min: 1, max: 255 })), { minLength: 1, maxLength: 4 });
  fc.assert(
    fc.property(changes, (flips) => {
      const changed = image.slice();
      for (const [at, bits] of flips) changed[at]! ^= bits;
      if (compareBothWays(changed)) seen += 1;
    }),
    { numRuns: 150 },
  );
  expect(seen).toBeGreaterThan(20);
});

it('finds nothing else, and nothing less, than looking closely at every key does: cells of others named', () => {
  let owned = 0;
  let shared = 0;
  fc.assert(
    fc.property(fc.nat(), (seed) => {
      const changed = redirected(image, pointers, random(seed));
      compareBothWays(changed);
      const { tree } = openVerifierHive('SYSTEM', changed, 'after', 'primary');
      const isOwnedOnce = tree.isEachOwnedOnce;
      if (!isOwnedOnce) expect(isDamagedByOwners(changed)).toBe(true);
      if (isOwnedOnce) owned += 1;
      else shared += 1;
    }),
    { numRuns: 150 },
  );
  expect(owned).toBeGreaterThan(10);
  expect(shared).toBeGreaterThan(10);
});

it('passes by what is the same, and what is above a change is looked at', () => {
  const before = openVerifierHive('SYSTEM', image, 'before', 'primary');
  const key = before.key(['ControlSet001', 'Control', 'Terminal Server']);
  const value = key?.values()[0];
  const changed = image.slice();
  changed[BINS_AT + value!.cellOffset + 4 + 12]! ^= 1;
  const after = openVerifierHive('SYSTEM', changed, 'after', 'primary');
  const same = SameCells.of(before, after)!;
  const at = (path: readonly string[]) => same.isSameTree(before.key(path)!, after.key(path)!);
  expect(at([])).toBe(false);
  expect(at(['ControlSet001', 'Control'])).toBe(false);
  expect(at(['Select'])).toBe(true);
  expect(SameCells.of(before, before)!.isSameTree(before.root, before.root)).toBe(true);
});

it('looks at what a key uses, not at what lies beside it or counts it', () => {
  const before = openVerifierHive('SYSTEM', image, 'before', 'primary');
  const at = ['ControlSet001', 'Control', 'Terminal Server'];
  const isSameAfter = (fileOffset: number): boolean => {
    const changed = image.slice();
    changed[fileOffset]! ^= 1;
    const after = openVerifierHive('SYSTEM', changed, 'after', 'primary');
    return SameCells.of(before, after)!.isSameKey(before.key(at)!, after.key(at)!);
  };
  const { tree } = before;
  const key = before.key(at)!.cellOffset;
  const security = tree.cells.u32(key, NK.security);
  const content = (cellOffset: number): number => BINS_AT + cellOffset + 4;
  expect(isSameAfter(content(security) + SK.referenceCount)).toBe(true);
  expect(isSameAfter(content(security) + SK.descriptor)).toBe(false);
  expect(isSameAfter(content(security) + SK.size)).toBe(false);
  const neighbour = before.key(['Select'])!.cellOffset;
  expect(isSameAfter(content(neighbour) + NK.lastWritten)).toBe(true);
  expect(isSameAfter(content(key) + NK.lastWritten)).toBe(false);
});
