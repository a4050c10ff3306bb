// Of two keys with one name in one list, one is kept and the other is a loss: what was found again of a key that is
// dropped is not said to be there, and the proof holds.

import { expect, it } from 'vitest';
import { rebuildImage } from '../../../src/hive/rebuild/rebuild.ts';
import { NK } from '../../../src/regf/layout.ts';
import { RegfTree } from '../../../src/regf/tree.ts';
import { newHive, pattern, T0 } from '../../engine/engines.ts';
import { Patch } from '../../engine/patch.ts';
import { fixtureEngine } from '../../fixture-hives.ts';

const OPTIONS = { file: 'HIVE', orphans: false, isSecret: false, filetime: 133_537_680_000_000_000n };
const GARBAGE = 0x7ffffff8;

/**
 * `A` names its own `X` and one that says the parent `C`, which nothing leads to. The second one's subkey is in a list
 * that its count does not speak of.
 */
function damaged(isChainBroken: boolean): Uint8Array {
  using hive = newHive(5);
  const a = hive.createKey(hive.root(), 'A', T0);
  const c = hive.createKey(hive.root(), 'C', T0);
  const x = hive.createKey(a, 'X', T0);
  hive.setValue(x, 'Kept', 3, pattern(40), T0);
  const second = hive.createKey(a, 'Y', T0);
  const other = hive.createKey(c, 'X', T0);
  hive.setValue(other, 'Dropped', 3, pattern(41), T0);
  hive.createKey(other, 'Below', T0);
  const patch = new Patch(hive.image().slice());
  const setElement = (list: number, from: number, to: number): void => {
    const index = [0, 1].find((at) => patch.u32(list, 4 + 8 * at) === from)!;
    patch.setU32(list, 4 + 8 * index, to);
  };
  setElement(patch.u32(a, NK.subkeyList), second, other);
  setElement(patch.u32(hive.root(), NK.subkeyList), c, GARBAGE);
  patch.setU32(c, NK.parent, GARBAGE);
  patch.setU32(other, NK.subkeyCount, 0);
  if (isChainBroken) patch.image.fill(0, 4096, 4100);
  return patch.image;
}

it.each([
  ['in-place', false],
  ['as-new', true],
] as const)('%s', (way, isChainBroken) => {
  const rebuilt = rebuildImage(fixtureEngine(), damaged(isChainBroken), OPTIONS);
  expect(rebuilt.way).toBe(way);
  const key = new RegfTree(rebuilt.image, 'HIVE').root.subkey('A')!.subkey('X')!;
  expect([...key.values()].map(({ name }) => name)).toEqual(['Kept']);
  expect(rebuilt.losses).toContainEqual(
    expect.objectContaining({ what: 'key', path: ['A', 'X'], why: 'another subkey has the same name' }),
  );
  expect(rebuilt.foundAgain.filter(({ path }) => path.join('\\').startsWith('A\\X'))).toEqual([]);
});
