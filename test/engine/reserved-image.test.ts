import { expect, it } from 'vitest';
import { HivemendError } from '../../src/base/errors.ts';
import { ReservedImage } from '../../src/engine/reserved-image.ts';
import { BOTH_BUILDS, expectBytes, newHive, pattern, T0 } from './engines.ts';

function image(): Uint8Array {
  using hive = newHive();
  hive.setValue(hive.createKey(hive.root(), 'key', T0), 'value', 3, pattern(50_000), T0);
  return hive.image();
}

it.each(BOTH_BUILDS)('is opened in place, again and again, and never edited (%s)', (_, on) => {
  const bytes = image();
  using reserved = ReservedImage.reserve(on, bytes.byteLength);
  reserved.bytes.set(bytes);
  for (let i = 0; i < 3; i += 1) {
    using hive = reserved.open(bytes.byteLength);
    const key = hive.subkey(hive.root(), 'key')!;
    expectBytes(hive.data(hive.value(key, 'value')!), pattern(50_000));
    expect(() => hive.createKey(key, 'new', T0)).toThrow('borrowed');
  }
  expectBytes(reserved.copy()!, bytes);
});

it.each(BOTH_BUILDS)('keeps its bytes where it cannot be opened (%s)', (_, on) => {
  for (const [at, byte] of [
    [0, 0],
    [0x1fc, 1],
    [4096, 0],
    [0x24, 0xf8],
    [0x1020, 3],
  ] as const) {
    const bytes = image();
    bytes[at] = bytes[at]! ^ byte || 0x55;
    using reserved = ReservedImage.reserve(on, bytes.byteLength);
    reserved.bytes.set(bytes);
    try {
      reserved.open(bytes.byteLength).close();
    } catch (error) {
      expect(error).toBeInstanceOf(HivemendError);
    }
    expectBytes(reserved.copy()!, bytes);
  }
});
