// Whether somebody else writes the places of a disk that a commit goes by: they are read as all else is, then past any cache
// some seconds later, and again right before the first write. A machine that runs writes its $LogFile in less; and where
// another host has written the disk, the cache of this one may still show what was there, which the plan went by.

import { createHash } from 'node:crypto';
import { RefusedError } from '../../base/errors.ts';
import { printable } from '../../base/text.ts';

export interface WatchedRange {
  /** Byte offset on the disk. */
  readonly at: number;
  readonly sizeBytes: number;
  /** What lies there, for the refusal: '$LogFile', 'the MFT record of SYSTEM'. */
  readonly what: string;
}

export interface WatchedDisk {
  readonly identity: string;
  /** Reads as the plan was made, from a cache perhaps. */
  read(at: number, into: Uint8Array): void;
  /** Reads past any cache, where that is possible. */
  readFresh(at: number, into: Uint8Array): void;
}

export interface WatchClock {
  nowMs(): number;
  wait(durationMs: number): void;
}

export interface WriteWatch {
  /** Reads past caches, not before `WATCH_MS` after the first reading. @throws RefusedError IN_USE where anything differs. */
  confirm(): void;
  /** Reads past caches at once: right before the first write. @throws RefusedError IN_USE */
  recheck(): void;
}

export const WATCH_MS = 10_000;
const CHUNK_BYTES = 2 ** 20;

/** Reads `ranges` for the first time. */
export function watchRanges(disk: WatchedDisk, ranges: readonly WatchedRange[], clock: WatchClock): WriteWatch {
  const first = ranges.map((range) => hashOf((at, into) => disk.read(at, into), range));
  const sinceMs = clock.nowMs();
  const recheck = (): void => {
    for (const [index, range] of ranges.entries()) {
      if (hashOf((at, into) => disk.readFresh(at, into), range) === first[index]) continue;
      throw new RefusedError(
        'IN_USE',
        `${printable(range.what)} on ${printable(disk.identity)} changed while it was watched: something else writes this disk`,
        { hint: 'shut the machine down that has it, then run the command again', data: { ...range } },
      );
    }
  };
  return {
    recheck,
    confirm: () => {
      const leftMs = sinceMs + WATCH_MS - clock.nowMs();
      if (leftMs > 0) clock.wait(leftMs);
      recheck();
    },
  };
}

function hashOf(read: WatchedDisk['read'], { at, sizeBytes }: WatchedRange): string {
  const hash = createHash('sha256');
  const chunk = new Uint8Array(Math.min(CHUNK_BYTES, sizeBytes));
  for (let done = 0; done < sizeBytes; done += chunk.byteLength) {
    const part = chunk.subarray(0, Math.min(chunk.byteLength, sizeBytes - done));
    read(at + done, part);
    hash.update(part);
  }
  return hash.digest('hex');
}
