// The image of a rebuilt hive against the file that it goes into: as long as that at least, and how much of it changes.

import { bytesEqual } from '../base/bytes.ts';
import { BASE_BLOCK_SIZE_BYTES, encodeBaseBlock, parseBaseBlock } from '../regf/base-block.ts';
import { BIN_HEADER_SIZE_BYTES } from '../regf/cells.ts';
import { BIN_SIGNATURE, HBIN, PAGE_SIZE_BYTES } from '../regf/layout.ts';

/** More changed pages than this are not given to the logs. */
const MAX_IN_PLACE_BYTES = 1 << 20;

/**
 * `image` with one bin of a single free cell behind its own, so that it has at least `sizeBytes`; itself where it is as
 * long already.
 */
export function paddedImage(image: Uint8Array, sizeBytes: number): Uint8Array {
  const size = Math.ceil(sizeBytes / PAGE_SIZE_BYTES) * PAGE_SIZE_BYTES;
  if (size <= image.byteLength) return image;
  const padded = new Uint8Array(size);
  padded.set(image);
  const at = BASE_BLOCK_SIZE_BYTES + parseBaseBlock(image, 'the rebuilt hive').binsSizeBytes;
  const view = new DataView(padded.buffer);
  view.setUint32(at + HBIN.signature, BIN_SIGNATURE, true);
  view.setUint32(at + HBIN.offset, at - BASE_BLOCK_SIZE_BYTES, true);
  view.setUint32(at + HBIN.size, size - at, true);
  // A free cell has a positive length.
  view.setInt32(at + BIN_HEADER_SIZE_BYTES, size - at - BIN_HEADER_SIZE_BYTES, true);
  padded.set(
    encodeBaseBlock(padded.subarray(0, BASE_BLOCK_SIZE_BYTES), { binsSizeBytes: size - BASE_BLOCK_SIZE_BYTES }),
  );
  return padded;
}

/** As far as a file goes in whole pages: bins that its base block does not count may lie there. */
export function wholePagesOf(original: Uint8Array): number {
  return original.byteLength - (original.byteLength % PAGE_SIZE_BYTES);
}

/** Whether at most 1 MiB of pages differs. */
export function isSmallChange(before: Uint8Array, after: Uint8Array): boolean {
  let pages = 0;
  for (let at = 0; at < after.byteLength; at += PAGE_SIZE_BYTES) {
    const [old, now] = [before, after].map((image) => image.subarray(at, at + PAGE_SIZE_BYTES));
    if (!bytesEqual(old!, now!)) pages += 1;
  }
  return pages * PAGE_SIZE_BYTES <= MAX_IN_PLACE_BYTES;
}
