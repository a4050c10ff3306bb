import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { bytesEqual, fromHex, toHex } from '../../src/base/bytes.ts';
import { decodeElement, elementData, encodeElement, meansSame } from '../../src/bcd/data.ts';
import { encodeDevice } from '../../src/bcd/device.ts';
import type { ElementFormat } from '../../src/bcd/elements/elements.ts';
import { valueBytes } from '../../src/registry/value.ts';
import { openFixture, openReal, REAL_STORES, storeOf } from './stores.ts';

const FORMATS: readonly ElementFormat[] = [
  'device',
  'string',
  'guid',
  'guid-list',
  'integer',
  'boolean',
  'integer-list',
  'unknown',
];

describe('element data', () => {
  it('come back byte for byte from what they were read as, whatever they are', () => {
    const bytes = fc.oneof(
      fc.uint8Array({ maxLength: 40 }),
      fc.string().map((text) => valueBytes({ type: 1, hex: toHex(valueText(`{${text}}\0\0`)) })),
    );
    fc.assert(
      fc.property(fc.constantFrom(...FORMATS), fc.nat(12), bytes, (format, type, data) => {
        expect(encodeElement(decodeElement(format, type, data))).toEqual({ type, hex: toHex(data) });
      }),
    );
  });

  it('are the same in any stored length', () => {
    const short = decodeElement('integer', 3, Uint8Array.of(0x00, 0xc2, 0x01));
    expect(short).toEqual({ format: 'integer', value: 115_200n, sizeBytes: 3 });
    expect(meansSame(short, elementData.integer(115_200))).toBe(true);
    expect(meansSame(short, elementData.integer(9600))).toBe(false);
  });

  it('are written as Windows writes them', () => {
    expect(encodeElement(elementData.boolean(true))).toEqual({ type: 3, hex: '01' });
    expect(encodeElement(elementData.integer(5))).toEqual({ type: 3, hex: '0500000000000000' });
    expect(encodeElement(elementData.integer(115_200))).toEqual({ type: 3, hex: '00c2010000000000' });
    expect(encodeElement(elementData.string('ab'))).toEqual({ type: 1, hex: '610062000000' });
    expect(encodeElement(elementData.guids(['{A}', '{b}']))).toEqual({
      type: 7,
      hex: '7b0061007d0000007b0062007d0000000000',
    });
    expect(encodeElement(elementData.integers([1n]))).toEqual({ type: 3, hex: '0100000000000000' });
  });

  it('of a type or length that does not fit stay bytes', () => {
    expect(decodeElement('boolean', 3, Uint8Array.of(1, 2)).format).toBe('malformed');
    expect(decodeElement('integer', 4, Uint8Array.of(1, 2, 3, 4)).format).toBe('malformed');
    expect(decodeElement('guid', 1, fromHex('61000000')!).format).toBe('malformed');
  });
});

function valueText(text: string): Uint8Array {
  const bytes = new Uint8Array(text.length * 2);
  for (let i = 0; i < text.length; i += 1) new DataView(bytes.buffer).setUint16(2 * i, text.charCodeAt(i), true);
  return bytes;
}

describe.each([
  ...(['BCD-bios', 'BCD-uefi'] as const).map((name) => ({ name, open: () => openFixture(name) })),
  ...REAL_STORES.map((name) => ({ name, open: () => openReal(name) })),
])('every element of $name', ({ open }) => {
  it('comes back byte for byte', () => {
    const working = open();
    let count = 0;
    for (const object of storeOf(working).objects()) {
      for (const { keyName, data } of object.elements) {
        const stored = working.hive.value(['Objects', object.keyName, 'Elements', keyName], 'Element');
        const encoded = encodeElement(data);
        expect(encoded.type).toBe(stored?.type);
        expect(encoded.hex).toBe(toHex(stored?.data() ?? new Uint8Array()));
        expect(data.format, `${object.id} ${keyName}`).not.toBe('malformed');
        if (data.format === 'device') {
          const { device, optionsId } = data.value;
          expect(device.kind).not.toBe('other');
          const isPlain = device.kind === 'boot' || device.kind === 'partition';
          if (isPlain && optionsId === null) expect(bytesEqual(encodeDevice(device)!, data.bytes)).toBe(true);
        }
        count += 1;
      }
    }
    const keys = [...working.hive.walk()].filter((key) => key.path.length === 4 && key.path[2] === 'Elements');
    expect(count).toBe(keys.length);
  });
});
