// One hivemend at a time on a volume: `lock` in the journals' folder, made with O_EXCL, names the boot, the host and the
// process that holds it. A lock of another boot, or of a process that is gone, is stale and is taken over.

import { dirname, isAbsolute, join } from 'node:path';
import { RefusedError } from '../../base/errors.ts';
import { errnoOf, lstatOrNull, openToWrite, readWhole, syncFolder, writeWhole } from '../host-file.ts';
import { createPrivateFile, dropPrivateFile, unsafePlace } from '../journal/private.ts';
import type { CommitHost, JournalHost } from '../request.ts';

export const LOCK_NAME = 'lock';
/** Two lines, the second with a path. */
const MAX_LOCK_SIZE_BYTES = 8192;
/**
 * Between a holder's O_EXCL and its first byte it makes the file private, which may start a program: a lock that stays
 * empty longer was cut off. What it says is written at once.
 */
const EMPTY_WAIT_MS = 2000;
const TORN_WAIT_MS = 40;
const UNREADABLE_STEP_MS = 20;

interface Holder {
  readonly bootId: string;
  readonly hostName: string;
  readonly pid: number;
  /** The folder of a journal that lies elsewhere. */
  readonly journal: string | null;
}

export interface Lock {
  readonly path: string;
  /**
   * Says in the lock, synced, where the journal lies that the work here is under, so that whoever finds the lock after a
   * power cut finds the journal; null: under none any more.
   */
  nameJournal(folder: string | null): void;
  /**
   * To be asked before the first write: whoever is stopped for long while it makes its lock may be taken for one that
   * was cut off, and find another's there. RefusedError LOCKED.
   */
  assertHeld(): void;
  /** Removes the file if it is still ours; never throws. */
  release(): void;
}

/**
 * Takes the lock in `folder`, which names `journal` from its first byte on; `isShared` says that several machines may use the folder at once, as they do not use a disk.
 * RefusedError LOCKED names the holder, other errors are the host's.
 */
export function takeLock(host: CommitHost, folder: string, isShared = false, journal: string | null = null): Lock {
  return lockAt(host, join(folder, LOCK_NAME), isShared, journal);
}

/**
 * The lock of a volume whose `folder` for it cannot be made or hold it because the volume is full: on this host, by the
 * volume's number. Whoever works on the volume from here meets the same want of room, and so the same lock.
 */
export function takeSpareLock(host: CommitHost, folder: string, cause: unknown): Lock {
  const volume = lstatOrNull(host.fs, dirname(folder));
  if (host.spareLocks === undefined || volume === null) throw cause;
  return lockAt(host, join(host.spareLocks, `hivemend-volume-${volume.dev.toString(16)}.lock`), false);
}

function lockAt(host: CommitHost, path: string, isShared: boolean, journal: string | null = null): Lock {
  const ours = lockText(host);
  const text = ours + journalLine(journal);
  try {
    create(host, path, text);
  } catch (error) {
    if (errnoOf(error) !== 'EEXIST') throw error;
    takeOver(host, path, isShared);
    try {
      create(host, path, text);
    } catch (second) {
      if (errnoOf(second) === 'EEXIST') throw locked(host, path, readHolder(host, path));
      throw second;
    }
  }
  if (journal !== null) syncFolder(host.fs, dirname(path));
  return {
    path,
    nameJournal: (folder) => nameJournal(host, path, ours, folder),
    assertHeld: () => assertHeld(host, path, ours),
    release: () => release(host, path, ours),
  };
}

/** The refusal LOCKED for the first of the folders whose lock a process holds, or null; takes nothing over. */
export function lockedBy(host: JournalHost, folders: readonly string[]): RefusedError | null {
  for (const folder of folders) {
    const path = join(folder, LOCK_NAME);
    if (!lstatOrNull(host.fs, path)?.isFile()) continue;
    const holder = readHolder(host, path);
    // Whose lock cannot be told here may be anybody's: what it says is for whoever takes the lock to judge.
    if (holder !== null && !isStale(host, holder, false)) return locked(host, path, holder);
  }
  return null;
}

/** The journal's folder that the lock in `folder` names, where nobody holds that lock any more; else null. */
export function journalNamedIn(host: JournalHost, folder: string): string | null {
  const path = join(folder, LOCK_NAME);
  if (!lstatOrNull(host.fs, path)?.isFile()) return null;
  const holder = parseHolder(host, path);
  return holder !== null && isStale(host, holder, false) ? holder.journal : null;
}

/** Removes a lock that names `journal` and that nobody holds. */
export function dropLockNaming(host: CommitHost, folder: string, journal: string): void {
  if (journalNamedIn(host, folder) === journal) host.fs.unlinkSync(join(folder, LOCK_NAME));
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

function lockText(host: JournalHost): string {
  return `${JSON.stringify({ bootId: host.bootId, hostName: host.hostName, pid: host.pid })}\n`;
}

/** The second line; without its end it was cut off, and names nothing. */
function journalLine(journal: string | null): string {
  return journal === null ? '' : `${JSON.stringify({ journal })}\n`;
}

function nameJournal(host: CommitHost, path: string, ours: string, journal: string | null): void {
  // What another process put in its place is not ours to write.
  if (journal !== null) assertHeld(host, path, ours);
  else if (!holds(host, path, ours)) return;
  const start = new TextEncoder().encode(ours).byteLength;
  const fd = openToWrite(host.fs, path);
  try {
    if (journal === null) host.fs.ftruncateSync(fd, start);
    else writeWhole(host.fs, fd, new TextEncoder().encode(journalLine(journal)), start);
    host.fs.fsyncSync(fd);
  } finally {
    host.fs.closeSync(fd);
  }
  // Made without a sync of its folder: what it names must not be lost with the name of the lock itself.
  syncFolder(host.fs, dirname(path));
}

function create(host: CommitHost, path: string, text: string): void {
  const fd = createPrivateFile(host, path);
  try {
    writeWhole(host.fs, fd, new TextEncoder().encode(text), 0);
    host.fs.fsyncSync(fd);
  } catch (error) {
    dropPrivateFile(host, path, fd);
    throw error;
  }
  host.fs.closeSync(fd);
}

/** Moves a stale lock aside and looks again at what it moved, so that of two that try this only one goes on. */
function takeOver(host: CommitHost, path: string, isShared: boolean): void {
  const holder = readHolder(host, path);
  if (!isStale(host, holder, isShared)) throw locked(host, path, holder);
  const aside = `${path}.stale-${host.pid}`;
  try {
    host.fs.renameSync(path, aside);
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return;
    throw error;
  }
  // No waiting here: until it is restored, the place is free for a third.
  const moved = parseHolder(host, aside);
  if (!isStale(host, moved, isShared)) {
    host.fs.renameSync(aside, path);
    throw locked(host, path, moved);
  }
  host.fs.unlinkSync(aside);
}

/**
 * Only of a process of this host can be told whether it is gone. Another host's name with this boot is a container's, whose
 * processes have numbers of their own; with another boot it is another machine's, which has a disk no more that is here,
 * but may well be at work in a folder that machines share.
 */
function isStale(host: JournalHost, holder: Holder | null, isShared: boolean): boolean {
  if (holder === null) return true;
  const isOurHost = holder.hostName === host.hostName;
  if (isSameBoot(holder.bootId, host.bootId)) return isOurHost && !host.isAlive(holder.pid);
  return isOurHost || !isShared;
}

/** A boot that is known by its minute alone may look one off to two processes, when the clock was set between them. */
function isSameBoot(a: string, b: string): boolean {
  if (a === b) return true;
  const [minuteA, minuteB] = [a, b].map((id) => Number(/^up-since-(\d+)$/.exec(id)?.[1] ?? Number.NaN));
  return Math.abs(minuteA! - minuteB!) <= 1;
}

/** Who holds the lock, or null where it says nothing (its writer was cut off). */
function readHolder(host: JournalHost, path: string): Holder | null {
  for (let waitedMs = 0; ; waitedMs += UNREADABLE_STEP_MS) {
    const holder = parseHolder(host, path);
    const sizeBytes = holder ? null : (lstatOrNull(host.fs, path)?.size ?? null);
    if (sizeBytes === null || waitedMs >= (sizeBytes === 0 ? EMPTY_WAIT_MS : TORN_WAIT_MS)) return holder;
    host.wait(UNREADABLE_STEP_MS);
  }
}

function parseHolder(host: JournalHost, path: string): Holder | null {
  const stat = lstatOrNull(host.fs, path);
  if (stat && !stat.isFile()) throw unsafePlace(`${path} is not a file, so no lock can be taken there`);
  try {
    const text = new TextDecoder().decode(readWhole(host.fs, path, MAX_LOCK_SIZE_BYTES));
    const [first = '', second, end] = text.split('\n');
    const holder: unknown = JSON.parse(first);
    if (holder === null || typeof holder !== 'object') return null;
    const { bootId, hostName, pid } = holder as Record<string, unknown>;
    if (typeof bootId !== 'string' || typeof hostName !== 'string' || !isProcessId(pid)) return null;
    return { bootId, hostName, pid, journal: end === '' ? journalOf(second!) : null };
  } catch (error) {
    // Too long, not JSON, gone meanwhile: no holder. What the host cannot read is the host's error.
    if (errnoOf(error) === null || errnoOf(error) === 'ENOENT') return null;
    throw error;
  }
}

function journalOf(line: string): string | null {
  try {
    const { journal } = JSON.parse(line) as { journal?: unknown };
    return typeof journal === 'string' && isAbsolute(journal) ? journal : null;
  } catch {
    return null;
  }
}

/** 0 and below name groups of processes, of which one always runs. */
function isProcessId(pid: unknown): pid is number {
  return typeof pid === 'number' && Number.isSafeInteger(pid) && pid > 0;
}

function locked(host: JournalHost, path: string, holder: Holder | null): RefusedError {
  const who = holder ? `process ${holder.pid} on ${holder.hostName}` : 'another process';
  const isElsewhere = holder !== null && holder.hostName !== host.hostName;
  // A number that was given anew, after the holder was killed, is told from the holder by no host call that we have.
  const ifReused = holder === null ? '' : `, or delete ${path} when process ${holder.pid} is not hivemend`;
  return new RefusedError('LOCKED', `${path} is held by ${who}, which is at work on this volume`, {
    hint: isElsewhere
      ? `wait until it ends, or delete ${path} when no hivemend runs on ${holder.hostName}; then run the command again`
      : `wait until it ends${ifReused}, then run the command again`,
    data: { path, holder },
  });
}

function assertHeld(host: JournalHost, path: string, ours: string): void {
  if (holds(host, path, ours)) return;
  // A volume that has gone took the lock's folder with it: that is the host's error, and no other process.
  host.fs.lstatSync(dirname(path));
  throw locked(host, path, parseHolder(host, path));
}

function holds(host: JournalHost, path: string, ours: string): boolean {
  if (!lstatOrNull(host.fs, path)?.isFile()) return false;
  try {
    return new TextDecoder().decode(readWhole(host.fs, path, MAX_LOCK_SIZE_BYTES)).startsWith(ours);
  } catch (error) {
    if (errnoOf(error) === null || errnoOf(error) === 'ENOENT') return false;
    throw error;
  }
}

function release(host: CommitHost, path: string, ours: string): void {
  try {
    if (holds(host, path, ours)) host.fs.unlinkSync(path);
  } catch {
    // A lock that cannot be removed is stale as soon as this process is gone.
  }
}
