import { describe, expect, it } from 'vitest';
import { partitionBlocks } from '../../../src/disk/image/blocks.ts';
import { memoryBlocks } from './memory-blocks.ts';

const truncated = expect.objectContaining({ kind: 'FormatError', code: 'TRUNCATED' });

describe('a part of a disk', () => {
  const disk = memoryBlocks(Uint8Array.from({ length: 4096 }, (_, i) => i >> 4));
  const part = partitionBlocks(disk, 1024, 512);
  it('begins at its own byte 0', () => {
    const into = new Uint8Array(2);
    part.read(510, into);
    expect([...into]).toEqual([95, 95]);
    part.write(0, Uint8Array.of(1, 2));
    expect([...disk.bytes.subarray(1023, 1027)]).toEqual([63, 1, 2, 64]);
    expect(part).toMatchObject({ sizeBytes: 512, blockSizeBytes: 512, identity: 'memory at 1024' });
  });
  it.each([
    [511, 2],
    [-1, 1],
    [513, 0],
    [0.5, 1],
    [Number.NaN, 1],
    [2 ** 53, 1],
  ])('nothing outside it is reached: %d, %d bytes', (at, lengthBytes) => {
    const before = disk.calls.length;
    expect(() => part.read(at, new Uint8Array(lengthBytes))).toThrow(truncated);
    expect(() => part.write(at, new Uint8Array(lengthBytes))).toThrow(truncated);
    expect(disk.calls.length).toBe(before);
  });
  it('lies inside its disk, and a part of a part inside that', () => {
    expect(() => partitionBlocks(disk, 4096, 1)).toThrow(truncated);
    expect(() => partitionBlocks(part, 256, 512)).toThrow(truncated);
    const inner = new Uint8Array(1);
    partitionBlocks(part, 256, 256).read(255, inner);
    expect(inner[0]).toBe(95);
  });
  it('flushes its disk and does not close it', () => {
    part.flush();
    part.close();
    expect(disk.calls.map(({ what }) => what)).toContain('flush');
    expect(disk.calls.map(({ what }) => what)).not.toContain('close');
  });
});
