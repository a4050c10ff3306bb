// Ramdisk devices of real stores: written as they are read, byte for byte.

import { expect, it } from 'vitest';
import { toHex } from '../../src/base/bytes.ts';
import { decodeDevice, encodeRamdisk } from '../../src/bcd/device.ts';
import { openVerifierHive } from '../../src/registry/readers/verifier-hive.ts';
import { readData } from '../../src/registry/value.ts';
import { REAL_STORES, realImage, realStorePath } from './stores.ts';

it.skipIf(REAL_STORES.length === 0)('every ramdisk of the real stores comes out as it lies there', () => {
  let count = 0;
  for (const name of REAL_STORES) {
    const hive = openVerifierHive(name, realImage(name), realStorePath(name), 'primary');
    for (const object of hive.key(['Objects'])?.subkeys() ?? []) {
      for (const id of ['11000001', '21000001']) {
        const value = hive.value(['Objects', object.name, 'Elements', id], 'Element');
        const bytes = value === null ? null : readData(value);
        const read = bytes === null ? null : decodeDevice(bytes);
        if (bytes === null || read?.device.kind !== 'ramdisk') continue;
        const { parent, path } = read.device;
        if (parent.kind !== 'boot' && parent.kind !== 'partition') continue;
        expect(toHex(encodeRamdisk(parent, path, read.optionsId)!), `${name} ${object.name} ${id}`).toBe(toHex(bytes));
        count += 1;
      }
    }
  }
  expect(count).toBeGreaterThan(10);
});
