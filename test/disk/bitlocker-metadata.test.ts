// BitLocker's clear metadata, built here by the published description of the format: no volume of Windows' own was at hand.

import { describe, expect, it } from 'vitest';
import { protectorsText, readBitLockerMetadata } from '../../src/disk/bitlocker-metadata.ts';
import type { BlockReader } from '../../src/disk/blocks.ts';
import { random } from '../fuzz/random.ts';
import { BLOCKS, protector as entry, RECOVERY, TPM, bitLockerVolume as volume } from './bitlocker-volume.ts';

function reader(bytes: Uint8Array): BlockReader {
  return {
    sizeBytes: bytes.byteLength,
    read: (at, size) => (at >= 0 && at + size <= bytes.byteLength ? bytes.slice(at, at + size) : null),
  };
}

describe('BitLocker metadata', () => {
  for (const kind of ['later', 'vista', 'to go'] as const) {
    it(`names the protectors of a volume: ${kind}`, () => {
      const metadata = readBitLockerMetadata(reader(volume([entry(3, 0, 0), TPM, RECOVERY], kind)), 0)!;
      expect(metadata.protectors).toEqual([
        { kind: 'TPM', id: '{11111111-1111-1111-1111-111111111111}' },
        { kind: 'recovery password', id: '{22222222-2222-2222-2222-222222222222}' },
      ]);
      expect(protectorsText(metadata)).toBe(
        'opens with TPM, recovery password (ID {22222222-2222-2222-2222-222222222222})',
      );
    });
  }

  it('says of a suspended volume that its key lies on the disk', () => {
    const metadata = readBitLockerMetadata(reader(volume([TPM, entry(2, 0x33, 0)])), 0)!;
    expect(protectorsText(metadata)).toBe('suspended, its key lies on the disk');
  });

  it('goes on at the next block where the first is damaged', () => {
    const bytes = volume([RECOVERY]);
    bytes.fill(0, BLOCKS[0]!, BLOCKS[0]! + 512);
    expect(readBitLockerMetadata(reader(bytes), 0)?.protectors).toHaveLength(1);
  });

  it('ends on anything', () => {
    for (let seed = 0; seed < 500; seed += 1) {
      const below = random(seed);
      const bytes = volume([TPM, RECOVERY]);
      for (let i = 0; i < 12; i += 1) {
        const at = below(2) === 0 ? below(512) : BLOCKS[below(3)]! + below(300);
        bytes[at] = below(256);
      }
      const metadata = readBitLockerMetadata(reader(bytes), 0);
      expect(metadata === null || metadata.protectors.length <= 1400).toBe(true);
    }
  });
});
