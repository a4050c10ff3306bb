// One hivemend at a time on a volume: `lock` in the journals' folder, made with O_EXCL, names the boot, the host and the
// process that holds it. A lock of another boot, or of a process that is gone, is stale and is taken over.

import { join } from 'node:path';
import { RefusedError } from '../base/errors.ts';
import { errnoOf, lstatOrNull, readWhole, writeWhole } from './host-file.ts';
import { createPrivateFile, unsafePlace } from './private.ts';
import type { CommitHost } from './request.ts';

export const LOCK_NAME = 'lock';
const MAX_LOCK_SIZE_BYTES = 4096;
/** Between a holder's O_EXCL and its first byte lie microseconds; a lock that stays unreadable longer was cut off. */
const UNREADABLE_WAIT_MS = 5;

interface Holder {
  readonly bootId: string;
  readonly hostName: string;
  readonly pid: number;
}

/** A lock that is held; `release` removes the file if it is still ours and never throws. */
export interface Lock {
  readonly path: string;
  release(): void;
}

/** Takes the lock in `folder`; RefusedError LOCKED names the holder, other errors are the host's. */
export function takeLock(host: CommitHost, folder: string): Lock {
  const path = join(folder, LOCK_NAME);
  const ours = lockText(host);
  try {
    create(host, path, ours);
  } catch (error) {
    if (errnoOf(error) !== 'EEXIST') throw error;
    takeOver(host, path);
    try {
      create(host, path, ours);
    } catch (second) {
      if (errnoOf(second) === 'EEXIST') throw locked(path, readHolder(host, path));
      throw second;
    }
  }
  return { path, release: () => release(host, path, ours) };
}

/** Removes folders that were made for a lock or a journal and hold nothing now. */
export function removeIfEmpty(host: CommitHost, folders: readonly string[]): void {
  for (const folder of folders) {
    try {
      host.fs.rmdirSync(folder);
    } catch {
      // It holds a journal now, which is the usual end of a commit.
    }
  }
}

function lockText(host: CommitHost): string {
  const holder: Holder = { bootId: host.bootId, hostName: host.hostName, pid: host.pid };
  return `${JSON.stringify(holder)}\n`;
}

function create(host: CommitHost, path: string, text: string): void {
  const fd = createPrivateFile(host, path);
  try {
    writeWhole(host.fs, fd, new TextEncoder().encode(text), 0);
    host.fs.fsyncSync(fd);
  } catch (error) {
    host.fs.closeSync(fd);
    host.fs.unlinkSync(path);
    throw error;
  }
  host.fs.closeSync(fd);
}

/** Moves a stale lock aside and looks again at what it moved, so that of two that try this only one goes on. */
function takeOver(host: CommitHost, path: string): void {
  const holder = readHolder(host, path);
  if (!isStale(host, holder)) throw locked(path, holder);
  const aside = `${path}.stale-${host.pid}`;
  try {
    host.fs.renameSync(path, aside);
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return;
    throw error;
  }
  const moved = readHolder(host, aside);
  if (!isStale(host, moved)) {
    host.fs.renameSync(aside, path);
    throw locked(path, moved);
  }
  host.fs.unlinkSync(aside);
}

function isStale(host: CommitHost, holder: Holder | null): boolean {
  return holder === null || !isSameBoot(holder.bootId, host.bootId) || !host.isAlive(holder.pid);
}

/** A boot that is known by its minute alone may look one off to two processes, when the clock was set between them. */
function isSameBoot(a: string, b: string): boolean {
  if (a === b) return true;
  const [minuteA, minuteB] = [a, b].map((id) => Number(/^up-since-(\d+)$/.exec(id)?.[1] ?? Number.NaN));
  return Math.abs(minuteA! - minuteB!) <= 1;
}

/** Who holds the lock, or null where it says nothing (its writer was cut off). */
function readHolder(host: CommitHost, path: string): Holder | null {
  for (let attempt = 0; attempt < 3; attempt += 1) {
    const holder = parseHolder(host, path);
    if (holder) return holder;
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, UNREADABLE_WAIT_MS);
  }
  return null;
}

function parseHolder(host: CommitHost, path: string): Holder | null {
  const stat = lstatOrNull(host.fs, path);
  if (stat && !stat.isFile()) throw unsafePlace(`${path} is not a file, so no lock can be taken there`);
  try {
    const holder: unknown = JSON.parse(new TextDecoder().decode(readWhole(host.fs, path, MAX_LOCK_SIZE_BYTES)));
    if (holder === null || typeof holder !== 'object') return null;
    const { bootId, hostName, pid } = holder as Record<string, unknown>;
    if (typeof bootId !== 'string' || typeof hostName !== 'string' || typeof pid !== 'number') return null;
    return { bootId, hostName, pid };
  } catch (error) {
    // Too long, not JSON, gone meanwhile: no holder. What the host cannot read is the host's error.
    if (errnoOf(error) === null || errnoOf(error) === 'ENOENT') return null;
    throw error;
  }
}

function locked(path: string, holder: Holder | null): RefusedError {
  const who = holder ? `process ${holder.pid} on ${holder.hostName}` : 'another process';
  return new RefusedError('LOCKED', `${path} is held by ${who}, which is at work on this volume`, {
    hint: 'wait until it ends, then run the command again',
    data: { path, holder },
  });
}

function release(host: CommitHost, path: string, ours: string): void {
  try {
    if (new TextDecoder().decode(readWhole(host.fs, path, MAX_LOCK_SIZE_BYTES)) === ours) host.fs.unlinkSync(path);
  } catch {
    // A lock that cannot be removed is stale as soon as this process is gone.
  }
}
