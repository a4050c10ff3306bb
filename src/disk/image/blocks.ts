// What a disk without a mount is read and written through: blocks, whatever serves them (a raw file, a device, a fixed
// VHD, an NBD server). Everything above it is the same for all.

import { FormatError } from '../../base/errors.ts';

/**
 * A disk or a part of one as bytes. All calls are synchronous: the order of a commit's writes is the order of its lines.
 * Offsets and lengths are in bytes and need not be aligned: the source itself reads and writes whole blocks. Failures of
 * the host are errors of node:fs (`code` is EIO, ENOSPC, EROFS, ...), as those of ReadFs.
 */
export interface BlockSource {
  readonly sizeBytes: number;
  /** The unit that is written whole; a power of two. */
  readonly blockSizeBytes: number;
  /** What it is, the same from run to run: the path or address that was opened. For messages and for the journal. */
  readonly identity: string;
  /** Fills `into` with the bytes at `at`. @throws FormatError TRUNCATED where they are not all inside the source. */
  read(at: number, into: Uint8Array): void;
  /** Writes all of `bytes`; durable after `flush` only. @throws FormatError TRUNCATED where they are not all inside it. */
  write(at: number, bytes: Uint8Array): void;
  /** Returns when all that was written is durable. */
  flush(): void;
  close(): void;
}

/** @throws FormatError TRUNCATED unless `lengthBytes` bytes at `at` lie inside `source`; every source checks so first. */
export function checkRange(source: BlockSource, at: number, lengthBytes: number): void {
  if (Number.isSafeInteger(at) && at >= 0 && at + lengthBytes <= source.sizeBytes) return;
  throw new FormatError(
    'TRUNCATED',
    `${source.identity} has ${source.sizeBytes} bytes, but ${lengthBytes} bytes at ${at} were expected`,
    { data: { identity: source.identity, at, lengthBytes, sizeBytes: source.sizeBytes } },
  );
}

/**
 * The part of `source` from `offsetBytes` on, as a source of its own: nothing outside it can be read or written through
 * it. `close` leaves `source` open.
 * @throws FormatError TRUNCATED where the part is not inside `source`.
 */
export function partitionBlocks(source: BlockSource, offsetBytes: number, sizeBytes: number): BlockSource {
  checkRange(source, offsetBytes, sizeBytes);
  const part: BlockSource = {
    sizeBytes,
    blockSizeBytes: source.blockSizeBytes,
    identity: `${source.identity} at ${offsetBytes}`,
    read: (at, into) => {
      checkRange(part, at, into.byteLength);
      source.read(offsetBytes + at, into);
    },
    write: (at, bytes) => {
      checkRange(part, at, bytes.byteLength);
      source.write(offsetBytes + at, bytes);
    },
    flush: () => source.flush(),
    close: () => {},
  };
  return part;
}
