// BitLocker's clear metadata, built here by the published description of the format: no volume of Windows' own was at hand.

import { describe, expect, it } from 'vitest';
import { protectorsText, readBitLockerMetadata } from '../../src/disk/bitlocker-metadata.ts';
import type { BlockReader } from '../../src/disk/blocks.ts';
import { random } from '../fuzz/random.ts';

const VOLUME_BYTES = 1 << 20;
const BLOCKS = [0x2000, 0x40000, 0x80000];

function entry(type: number, id: number, protection: number): Uint8Array {
  const bytes = new Uint8Array(8 + 28 + 16);
  const view = new DataView(bytes.buffer);
  view.setUint16(0, bytes.byteLength, true);
  view.setUint16(2, type, true);
  view.setUint16(4, 8, true);
  view.setUint16(6, 1, true);
  bytes.fill(id, 8, 24);
  view.setUint16(8 + 26, protection, true);
  return bytes;
}

function volume(entries: readonly Uint8Array[], kind: 'later' | 'vista' | 'to go' = 'later'): Uint8Array {
  const bytes = new Uint8Array(VOLUME_BYTES);
  const view = new DataView(bytes.buffer);
  bytes.set([0xeb, kind === 'vista' ? 0x52 : 0x58, 0x90]);
  new TextEncoder().encodeInto(kind === 'to go' ? 'MSWIN4.1' : '-FVE-FS-', bytes.subarray(3));
  view.setUint16(11, 512, true);
  view.setUint8(13, 8);
  for (const [i, at] of BLOCKS.entries()) {
    if (kind === 'vista') view.setBigUint64(56, BigInt(BLOCKS[0]! / 4096), true);
    else view.setBigUint64((kind === 'to go' ? 440 : 176) + 8 * i, BigInt(at), true);
    new TextEncoder().encodeInto('-FVE-FS-', bytes.subarray(at));
    const size = 48 + entries.reduce((sum, { byteLength }) => sum + byteLength, 0);
    view.setUint32(at + 64, size, true);
    view.setUint32(at + 64 + 4, 1, true);
    view.setUint32(at + 64 + 8, 48, true);
    let next = at + 64 + 48;
    for (const each of entries) {
      bytes.set(each, next);
      next += each.byteLength;
    }
  }
  return bytes;
}

function reader(bytes: Uint8Array): BlockReader {
  return {
    sizeBytes: bytes.byteLength,
    read: (at, size) => (at >= 0 && at + size <= bytes.byteLength ? bytes.slice(at, at + size) : null),
  };
}

const TPM = entry(2, 0x11, 0x0100);
const RECOVERY = entry(2, 0x22, 0x0800);

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
