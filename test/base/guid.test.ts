import fc from 'fast-check';
import { expect, it } from 'vitest';
import { fromHex, toHex } from '../../src/base/bytes.ts';
import { guidFromBytes, guidToBytes, normalGuid } from '../../src/base/guid.ts';

const BOOTMGR = '{9dea862c-5cdd-4e70-acc1-f32b344d4795}';

it('has its first three fields little-endian', () => {
  expect(toHex(guidToBytes(BOOTMGR)!)).toBe('2c86ea9ddd5c704eacc1f32b344d4795');
  expect(guidFromBytes(fromHex('2c86ea9ddd5c704eacc1f32b344d4795')!)).toBe(BOOTMGR);
});

it('comes back from its bytes', () => {
  fc.assert(
    fc.property(fc.uint8Array({ minLength: 16, maxLength: 16 }), (bytes) => {
      expect(guidToBytes(guidFromBytes(bytes))).toEqual(bytes);
    }),
  );
});

it('takes capitals and no braces, and writes small letters in braces', () => {
  expect(normalGuid('9DEA862C-5CDD-4E70-ACC1-F32B344D4795')).toBe(BOOTMGR);
  expect(normalGuid(BOOTMGR)).toBe(BOOTMGR);
});

it.each(['', '{bootmgr}', '9dea862c5cdd4e70acc1f32b344d4795', `${BOOTMGR}x`, '{9dea862c-5cdd-4e70-acc1-f32b344d479g}'])(
  '%s is none',
  (text) => {
    expect(normalGuid(text)).toBeNull();
    expect(guidToBytes(text)).toBeNull();
  },
);
