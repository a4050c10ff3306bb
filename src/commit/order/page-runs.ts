// Which pages of two images differ, as runs; bytes that one of them does not have count as zeros.

import { Buffer } from 'node:buffer';

export const PAGE_SIZE_BYTES = 4096;
/** Most of two hives is equal: so much is compared before its pages are. */
const BLOCK_SIZE_BYTES = 64 * PAGE_SIZE_BYTES;

/** `bytes[start..end)`, a view where it is all there, else a copy with zeros for what is missing. */
export function range(bytes: Uint8Array, start: number, end: number): Uint8Array {
  if (end <= bytes.byteLength) return bytes.subarray(start, end);
  const padded = new Uint8Array(end - start);
  if (start < bytes.byteLength) padded.set(bytes.subarray(start));
  return padded;
}

/** Runs [start, end) of 4,096-byte pages, counted from `from`, in which the two differ. */
export function differingRuns(a: Uint8Array, b: Uint8Array, from: number, to: number): [number, number][] {
  const runs: [number, number][] = [];
  for (let block = from; block < to; block += BLOCK_SIZE_BYTES) {
    const blockEnd = Math.min(to, block + BLOCK_SIZE_BYTES);
    if (isEqual(a, b, block, blockEnd)) continue;
    for (let start = block; start < blockEnd; start += PAGE_SIZE_BYTES) {
      const end = Math.min(to, start + PAGE_SIZE_BYTES);
      if (isEqual(a, b, start, end)) continue;
      const last = runs.at(-1);
      if (last?.[1] === start) last[1] = end;
      else runs.push([start, end]);
    }
  }
  return runs;
}

function isEqual(a: Uint8Array, b: Uint8Array, start: number, end: number): boolean {
  return Buffer.compare(range(a, start, end), range(b, start, end)) === 0;
}
