// Bytes in memory as a disk, for tests: what was read and written stands beside them.

import { type BlockSource, checkRange } from '../../../src/disk/image/blocks.ts';

export interface MemoryBlocks extends BlockSource {
  readonly bytes: Uint8Array;
  /** Each call in its order: 'read', 'write', 'flush', 'close' with offset and length. */
  readonly calls: { readonly what: string; readonly at: number; readonly lengthBytes: number }[];
}

/** `bytes` themselves as a disk: a write changes them. */
export function memoryBlocks(bytes: Uint8Array, blockSizeBytes = 512): MemoryBlocks {
  const calls: MemoryBlocks['calls'] = [];
  const source: MemoryBlocks = {
    bytes,
    calls,
    sizeBytes: bytes.byteLength,
    blockSizeBytes,
    identity: 'memory',
    read: (at, into) => {
      checkRange(source, at, into.byteLength);
      calls.push({ what: 'read', at, lengthBytes: into.byteLength });
      into.set(bytes.subarray(at, at + into.byteLength));
    },
    write: (at, data) => {
      checkRange(source, at, data.byteLength);
      calls.push({ what: 'write', at, lengthBytes: data.byteLength });
      bytes.set(data, at);
    },
    flush: () => calls.push({ what: 'flush', at: 0, lengthBytes: 0 }),
    close: () => calls.push({ what: 'close', at: 0, lengthBytes: 0 }),
  };
  return source;
}
