import { expect, it } from 'vitest';
import { Cells, NIL, wordOf, wordsOf } from '../../src/regf/cells.ts';
import { validate } from '../../src/regf/gate/validate.ts';
import { NK } from '../../src/regf/layout.ts';
import { soundHive } from './patient.ts';

const numbers = Uint8Array.of(1, 2, 3, 4, 0xff, 0xff, 0xff, 0xff, 9);

it('gives numbers as the format stores them, whatever the host’s own order is', () => {
  expect([...wordsOf(numbers)]).toEqual([0x0403_0201, NIL | 0]);
  expect([...wordsOf(numbers, false)]).toEqual([0x0403_0201, NIL | 0]);
});

it('reads an image that begins at an odd place of its buffer', () => {
  const image = soundHive(5);
  const shifted = new Uint8Array(image.byteLength + 3).subarray(3);
  shifted.set(image);
  expect([...wordsOf(shifted.subarray(4))]).toEqual([...wordsOf(image.subarray(4))]);
  shifted[4096 + 100]! ^= 1;
  image[4096 + 100]! ^= 1;
  expect(validate(shifted, 'X')).toEqual(validate(image, 'X'));
});

it('finds the words of a cell where its fields are', () => {
  const image = soundHive(5);
  const cells = new Cells(image);
  const root = new DataView(image.buffer, image.byteOffset).getUint32(0x24, true);
  expect(cells.words[(root >> 2) + wordOf(NK.subkeyCount)]).toBe(cells.u32(root, NK.subkeyCount));
  expect(cells.words[(root >> 2) + wordOf(NK.flags)]! >>> 16).toBe(cells.u16(root, NK.flags));
});
