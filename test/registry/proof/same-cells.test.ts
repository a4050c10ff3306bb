import fc from 'fast-check';
import { expect, it } from 'vitest';
import { NK, SK } from '../../../src/regf/layout.ts';
import { diffKeys, type HiveDifference } from '../../../src/registry/proof/difference.ts';
import { SameCells } from '../../../src/registry/proof/same-cells.ts';
import { openVerifierHive } from '../../../src/registry/readers/verifier-hive.ts';
import { buildFixture } from '../../fixture-hives.ts';

const image = buildFixture('SYSTEM-broken');
const BINS_AT = 4096;

function differences(changed: Uint8Array, isClose: boolean): HiveDifference[] {
  const before = openVerifierHive('SYSTEM', image, 'before', 'primary');
  const after = openVerifierHive('SYSTEM', changed, 'after', 'primary');
  const found: HiveDifference[] = [];
  diffKeys(before.root, after.root, isClose ? null : SameCells.of(before, after), found);
  return found;
}

it('finds nothing else, and nothing less, than looking closely at every key does', () => {
  let seen = 0;
  const place = fc.integer({ min: BINS_AT + 32, max: image.byteLength - 1 });
  const changes = fc.array(fc.tuple(place, fc.integer({ min: 1, max: 255 })), { minLength: 1, maxLength: 4 });
  fc.assert(
    fc.property(changes, (flips) => {
      const changed = image.slice();
      for (const [at, bits] of flips) changed[at]! ^= bits;
      let close: HiveDifference[];
      try {
        close = differences(changed, true);
      } catch {
        return;
      }
      if (close.length > 0) seen += 1;
      expect(differences(changed, false)).toEqual(close);
    }),
    { numRuns: 120 },
  );
  expect(seen).toBeGreaterThan(20);
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
