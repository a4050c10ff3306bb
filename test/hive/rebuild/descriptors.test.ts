// A descriptor that is lost becomes the parent's; in SAM and SECURITY it becomes one that lets only SYSTEM and
// Administrators in. Either is in the list of losses, with the bytes that are left of it.

import { describe, expect, it } from 'vitest';
import { rebuildImage } from '../../../src/hive/rebuild/rebuild.ts';
import { RegfTree } from '../../../src/regf/tree.ts';
import { parseDescriptor, toSddl } from '../../../src/security/index.ts';
import { buildFixture, fixtureEngine } from '../../fixture-hives.ts';

const PATH = ['ControlSet001', 'Services', 'TermService'];

/** The hive with the pointer of one key to its security record broken, and with the chain of bins broken too. */
function damaged(isChainBroken: boolean): Uint8Array {
  const image = buildFixture('SYSTEM-healthy').slice();
  const view = new DataView(image.buffer);
  const { cellOffset } = PATH.reduce((key, name) => key.subkey(name)!, new RegfTree(image, 'SYSTEM').root);
  view.setUint32(4096 + cellOffset + 4 + 44, 8, true);
  if (isChainBroken) image.fill(0, 4096 + 4096, 4096 + 4096 + 4);
  return image;
}

const sddlAt = (image: Uint8Array, path: readonly string[]): string => {
  const key = path.reduce((at, name) => at.subkey(name)!, new RegfTree(image, 'SYSTEM').root);
  return toSddl(parseDescriptor(key.security()!));
};

describe.each([
  ['in-place', false],
  ['as-new', true],
] as const)('%s', (way, isChainBroken) => {
  it.each([
    ['the parent has', false],
    ['lets SYSTEM and Administrators in alone', true],
  ] as const)('a descriptor that is lost becomes what %s', (_, isSecret) => {
    const options = { file: 'SYSTEM', orphans: false, isSecret, filetime: 133_537_680_000_000_000n };
    const rebuilt = rebuildImage(fixtureEngine(), damaged(isChainBroken), options);
    expect(rebuilt.way).toBe(way);
    const loss = rebuilt.losses.find(({ what }) => what === 'descriptor');
    expect(loss).toMatchObject({ how: 'replaced', path: PATH, cellOffset: 8 });
    const after = sddlAt(rebuilt.image, PATH);
    if (isSecret) expect(after).toBe('O:BAG:SYD:(A;CI;KA;;;SY)(A;CI;KA;;;BA)');
    else expect(after).toBe(sddlAt(rebuilt.image, PATH.slice(0, -1)));
  });
});
