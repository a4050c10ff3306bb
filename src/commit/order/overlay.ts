// A file as a commit leaves it: what it held, with the pages that are written laid over it. Only those pages are copied,
// so that a large hive is there once.

import { Buffer } from 'node:buffer';
import { openEntry } from '../../base/open-entry.ts';
import type { ReadFs } from '../../base/read-fs.ts';
import { lstatOrNull, readInto } from '../host-file.ts';
import { PAGE_SIZE_BYTES } from './page-runs.ts';

const NOTHING = new Uint8Array(PAGE_SIZE_BYTES);
/** As much is read at once. */
const PIECE_SIZE_BYTES = 1 << 20;

/** A write of a commit: `after` at `offset`. */
interface Write {
  readonly offset: number;
  readonly after: Uint8Array;
}

/** What a file holds once writes are made in their order; what lies beyond `before` and is not written is zeros. */
export class Overlay {
  readonly sizeBytes: number;
  private readonly before: Uint8Array;
  /** By their number: the pages that are written, as they become. */
  private readonly pages = new Map<number, Uint8Array>();

  /** `before` is not copied; every write ends within `sizeBytes`. */
  constructor(before: Uint8Array, sizeBytes: number, writes: readonly Write[]) {
    this.before = before;
    this.sizeBytes = sizeBytes;
    for (const { offset, after } of writes) {
      for (let at = offset; at < offset + after.byteLength; ) {
        const page = Math.floor(at / PAGE_SIZE_BYTES);
        const end = Math.min(offset + after.byteLength, (page + 1) * PAGE_SIZE_BYTES);
        this.pageToWrite(page).set(after.subarray(at - offset, end - offset), at - page * PAGE_SIZE_BYTES);
        at = end;
      }
    }
  }

  /** All bytes in order, as views of at most PIECE_SIZE_BYTES. */
  *parts(): Generator<Uint8Array> {
    for (let start = 0; start < this.sizeBytes; ) {
      const part = this.partAt(start);
      yield part;
      start += part.byteLength;
    }
  }

  /** How many pages and bytes differ from what the file held; in a page that does, bytes that are new count, zeros too. */
  countChanges(): { readonly pagesChanged: number; readonly bytesChanged: number } {
    let pagesChanged = 0;
    let bytesChanged = 0;
    for (const [page, after] of this.pages) {
      const bytes = this.countChangesOf(page, after);
      if (bytes > 0) pagesChanged += 1;
      bytesChanged += bytes;
    }
    return { pagesChanged, bytesChanged };
  }

  /** Whether the file at `path` holds just these bytes; read in pieces, so that no second copy of it is made. */
  isHeldBy(fs: ReadFs, path: string): boolean {
    if (!lstatOrNull(fs, path)?.isFile()) return false;
    const fd = openEntry(fs, path, 'file');
    if (fd === null) return false;
    try {
      return this.isHeldByOpen(fs, fd);
    } finally {
      fs.closeSync(fd);
    }
  }

  private isHeldByOpen(fs: ReadFs, fd: number): boolean {
    if (fs.fstatSync(fd).size !== this.sizeBytes) return false;
    const piece = new Uint8Array(Math.min(this.sizeBytes, PIECE_SIZE_BYTES));
    let offset = 0;
    for (const part of this.parts()) {
      const found = piece.subarray(0, readInto(fs, fd, offset, piece.subarray(0, part.byteLength)));
      if (Buffer.compare(found, part) !== 0) return false;
      offset += part.byteLength;
    }
    return true;
  }

  private countChangesOf(page: number, after: Uint8Array): number {
    const start = page * PAGE_SIZE_BYTES;
    const end = Math.min(PAGE_SIZE_BYTES, this.sizeBytes - start);
    const held = Math.max(0, Math.min(end, this.before.byteLength - start));
    let changed = 0;
    for (let i = 0; i < held; i += 1) if (this.before[start + i] !== after[i]) changed += 1;
    let isEmpty = true;
    for (let i = held; i < end; i += 1) if (after[i] !== 0) isEmpty = false;
    return changed === 0 && isEmpty ? 0 : changed + end - held;
  }

  private pageToWrite(page: number): Uint8Array {
    const known = this.pages.get(page);
    if (known) return known;
    const made = new Uint8Array(PAGE_SIZE_BYTES);
    made.set(this.before.subarray(page * PAGE_SIZE_BYTES, (page + 1) * PAGE_SIZE_BYTES));
    this.pages.set(page, made);
    return made;
  }

  /** The bytes from `start` on, at the latest up to the next page of another kind. */
  private partAt(start: number): Uint8Array {
    const page = Math.floor(start / PAGE_SIZE_BYTES);
    const pageEnd = Math.min(this.sizeBytes, (page + 1) * PAGE_SIZE_BYTES);
    const written = this.pages.get(page);
    if (written) return written.subarray(start - page * PAGE_SIZE_BYTES, pageEnd - page * PAGE_SIZE_BYTES);
    const held = Math.min(this.before.byteLength, this.sizeBytes);
    if (start >= held) return NOTHING.subarray(0, pageEnd - start);
    let end = pageEnd;
    const limit = Math.min(held, start + PIECE_SIZE_BYTES);
    while (end < limit && !this.pages.has(end / PAGE_SIZE_BYTES)) end += PAGE_SIZE_BYTES;
    return this.before.subarray(start, Math.min(end, limit));
  }
}
