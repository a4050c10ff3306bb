// Small reads of a disk in larger ones: records, folders and tables are read a few hundred bytes at a time, and each read
// of a served disk costs a round trip.

import { type BlockSource, checkRange } from './blocks.ts';

const PAGE_BYTES = 65_536;
const PAGES = 256;

/** `source` with its last pages kept; large reads and all writes go to it as they are. */
export function cachedBlocks(source: BlockSource): BlockSource {
  const pages = new Map<number, Uint8Array>();
  const pageAt = (index: number): Uint8Array => {
    const known = pages.get(index);
    if (known) return known;
    const start = index * PAGE_BYTES;
    const page = new Uint8Array(Math.min(PAGE_BYTES, source.sizeBytes - start));
    source.read(start, page);
    if (pages.size >= PAGES) pages.delete(pages.keys().next().value!);
    pages.set(index, page);
    return page;
  };
  return {
    sizeBytes: source.sizeBytes,
    blockSizeBytes: source.blockSizeBytes,
    identity: source.identity,
    read: (at, into) => {
      checkRange(source, at, into.byteLength);
      if (into.byteLength >= PAGE_BYTES) return source.read(at, into);
      for (let done = 0; done < into.byteLength; ) {
        const index = Math.floor((at + done) / PAGE_BYTES);
        const within = at + done - index * PAGE_BYTES;
        const part = pageAt(index).subarray(within, within + into.byteLength - done);
        into.set(part, done);
        done += part.byteLength;
      }
    },
    write: (at, bytes) => {
      // Also of a write that fails half-way nothing old may be read afterwards.
      const first = Math.floor(at / PAGE_BYTES);
      for (let index = first; index * PAGE_BYTES < at + bytes.byteLength; index += 1) pages.delete(index);
      source.write(at, bytes);
    },
    flush: () => source.flush(),
    close: () => source.close(),
  };
}
