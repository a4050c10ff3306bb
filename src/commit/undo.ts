// Taking a commit back, or finishing one that was cut off: the journal's list of stages, walked backwards or forwards
// from where the files stand. Backwards goes through no state that the commit does not go through itself, so what holds
// for a cut in a commit (commit.ts, invariants 2 to 9) holds for a cut in an undo.

import { basename, dirname, join, resolve } from 'node:path';
import { CommitError, FormatError, HivemendError } from '../base/errors.ts';
import type { Finding } from '../base/finding.ts';
import { sha256 } from '../disk/sha256.ts';
import { parseBaseBlock } from '../regf/base-block.ts';
import { recover } from '../regf/logs/recover.ts';
import { reason, restoreNeeded, writeRepeated } from './failure.ts';
import { type Lock, removeIfEmpty, takeLock, takeSpareLock } from './guard/lock.ts';
import { isLockOfDisk, isNoPlace, makeRoot } from './guard/roots.ts';
import { refusalOf } from './guard/unchanged.ts';
import { insidePath, isFat, isSameFolder } from './guard/volume-path.ts';
import { isFull, lstatOrNull, readWhole, syncFile, syncFolder } from './host-file.ts';
import { removeJournal, writeState } from './journal/journal.ts';
import type { JournalSummary } from './journal/journals.ts';
import type { LocatedJournal } from './journal/located.ts';
import type { WrittenState } from './journal/manifest.ts';
import { earliest, filePositions, intersect, latest } from './journal/position.ts';
import { StageWriter } from './order/stage.ts';
import type { CommitHost, VolumeIdentity } from './request.ts';
import { locate, readableState, stale } from './undo-refusals.ts';

export interface UndoResult {
  readonly id: string;
  /** The journal's folder. */
  readonly journal: string;
  /** restored: the original bytes are back. finished: the commit is complete. */
  readonly outcome: 'restored' | 'finished';
  /** The host paths of the files that were written. */
  readonly files: readonly string[];
  /** WRITE_REPEATED, JOURNAL_NOT_CLOSED. */
  readonly findings: readonly Finding[];
}

type Direction = 'back' | 'forward';

/**
 * Puts the original bytes back, whether the commit was finished or cut off, and reads them back.
 * Errors: RefusedError STALE_JOURNAL (a file holds what the commit did not write; nothing was written), LOCKED,
 * READ_ONLY, NO_RIGHTS, IN_USE, OUTSIDE_VOLUME; NotFoundError VOLUME_NOT_FOUND, JOURNAL_NOT_FOUND; FormatError
 * BAD_JOURNAL; CommitError RESTORE_NEEDED (the same call can be made again).
 */
export function undo(host: CommitHost, journal: JournalSummary, volumes: readonly VolumeIdentity[]): UndoResult {
  return walk(host, journal.path, volumes, () => 'back');
}

/** Completes what was cut off: the commit, or the undo where an undo was cut off. Errors as `undo`. */
export function finishUndo(host: CommitHost, journal: JournalSummary, volumes: readonly VolumeIdentity[]): UndoResult {
  return walk(host, journal.path, volumes, (state) => (state === 'undoing' || state === 'undone' ? 'back' : 'forward'));
}

/**
 * As `undo`, also where the cut tore single sectors: each word of such a sector must be as before or as after, everything
 * outside the journal's ranges unchanged, and what is left must hash to the file as it was. Errors as `undo`.
 */
export function undoPartial(host: CommitHost, journal: JournalSummary, volumes: readonly VolumeIdentity[]): UndoResult {
  return walk(host, journal.path, volumes, () => 'back', true);
}

function walk(
  host: CommitHost,
  folder: string,
  volumes: readonly VolumeIdentity[],
  directionOf: (state: WrittenState) => Direction,
  withTorn = false,
): UndoResult {
  const locks: Lock[] = [];
  const made: string[] = [];
  try {
    lockRoot(host, dirname(folder), volumes, locks, made);
    const state = readableState(host, folder);
    if (state === 'preparing') {
      removeJournal(host, folder);
      return { id: basename(folder), journal: folder, outcome: 'restored', files: [], findings: [] };
    }
    let located = locate(host, folder, volumes, withTorn);
    if (located.journal.kind === 'state-dir') {
      const others = volumeLocks(located, volumes).filter((root) => root !== dirname(folder));
      for (const root of others) lockRoot(host, root, volumes, locks, made, resolve(folder));
      // What another process wrote until the lock was ours is seen, too.
      located = locate(host, folder, volumes, withTorn);
    }
    for (const lock of locks) lock.assertHeld();
    return move(host, folder, located, volumes, state, directionOf(state));
  } catch (error) {
    // From the first change on every failure has its own name; what comes bare comes from before.
    throw error instanceof HivemendError ? error : nothingWritten(folder, error);
  } finally {
    for (const lock of locks.toReversed()) lock.release();
    removeIfEmpty(host, made);
  }
}

/** Where a process that keeps its journal on the volume would lock it; a FAT volume holds neither. */
function volumeLocks({ paths }: LocatedJournal, volumes: readonly VolumeIdentity[]): string[] {
  const touched = volumes.filter(({ root }) => paths.some((path) => insidePath(root, path) !== null));
  const lockable = touched.filter((volume) => volume.lockRoot !== undefined || !isFat(volume));
  return [...new Set(lockable.map(({ root, lockRoot }) => lockRoot ?? join(root, 'hivemend')))];
}

function lockRoot(
  host: CommitHost,
  root: string,
  volumes: readonly VolumeIdentity[],
  locks: Lock[],
  made: string[],
  journal: string | null = null,
): void {
  const isOfDisk = isLockOfDisk(volumes, root);
  try {
    if (lstatOrNull(host.fs, root) === null) makeRoot(host, root, isOfDisk, made);
    const isShared = !volumes.some((volume) => isSameFolder(dirname(root), volume.root));
    locks.push(takeLock(host, root, isShared, journal));
  } catch (error) {
    if (isOfDisk && journal !== null && isNoPlace(error)) return;
    // Undo writes where bytes lie already: a full volume is no reason to leave it as it is.
    if (!isFull(error)) throw refusalOf(error, root) ?? nothingWritten(root, error);
    locks.push(takeSpareLock(host, root, nothingWritten(root, error)));
  }
}

function move(
  host: CommitHost,
  folder: string,
  located: LocatedJournal,
  volumes: readonly VolumeIdentity[],
  state: WrittenState,
  direction: Direction,
): UndoResult {
  const { journal, paths } = located;
  const stageCount = journal.stages.length;
  const positions = intersect(located.positions, stageCount);
  if (positions === 0) throw stale(host, folder, located, volumes);
  const goal = direction === 'back' ? 0 : 2 * stageCount;
  const path = direction === 'back' ? backwards(earliest(positions)) : forwards(latest(positions), stageCount);
  const findings: Finding[] = [];
  const result = {
    id: journal.id,
    journal: folder,
    outcome: direction === 'back' ? ('restored' as const) : ('finished' as const),
    files: [...new Set(path.flatMap((index) => journal.stages[index]!.steps.map((step) => paths[step.file]!)))],
    findings,
  };
  if (path.length > 0) {
    gate(host, located, direction);
    writeStages(host, folder, located, direction, path, findings);
    verify(host, folder, located, goal);
  }
  const end: WrittenState = direction === 'back' ? 'undone' : 'done';
  if (state !== end) close(host, folder, end, findings);
  return result;
}

function verify(host: CommitHost, folder: string, { journal, paths }: LocatedJournal, goal: number): void {
  try {
    const now = intersect(filePositions(host, journal, paths), journal.stages.length);
    if ((now & (1 << goal)) === 0) throw new Error('the files read back other bytes than were written');
  } catch (error) {
    throw restoreNeeded(folder, 'reading back', error);
  }
}

/** The stages to revert from a position, the last first. */
function backwards(position: number): number[] {
  const stages: number[] = [];
  for (let stage = Math.ceil(position / 2) - 1; stage >= 0; stage -= 1) stages.push(stage);
  return stages;
}

/** The stages to apply from a position. */
function forwards(position: number, stageCount: number): number[] {
  const stages: number[] = [];
  for (let stage = position >> 1; stage < stageCount; stage += 1) stages.push(stage);
  return stages;
}

function writeStages(
  host: CommitHost,
  folder: string,
  { journal, paths }: LocatedJournal,
  direction: Direction,
  path: readonly number[],
  findings: Finding[],
): void {
  const writer = new StageWriter(host, paths);
  try {
    prepare(host, folder, { journal, paths }, writer, direction);
    for (const index of path) {
      const stage = journal.stages[index]!;
      const go = (): void => (direction === 'back' ? writer.revert(stage) : writer.apply(stage));
      try {
        go();
      } catch (error) {
        try {
          go();
        } catch (second) {
          throw restoreNeeded(folder, stage.name, new AggregateError([error, second]));
        }
        findings.push(writeRepeated(folder, stage.name, error));
      }
    }
  } finally {
    writer.close();
  }
}

/**
 * Opens the targets, then syncs all of them: after a process that was killed the host may hold writes that never
 * reached the disk, and the next stage must not overtake them. Then the journal says which way it goes.
 */
function prepare(
  host: CommitHost,
  folder: string,
  { journal, paths }: Pick<LocatedJournal, 'journal' | 'paths'>,
  writer: StageWriter,
  direction: Direction,
): void {
  for (const [file, { role }] of journal.files.entries()) {
    const path = paths[file]!;
    try {
      if (role === 'hive' || role === 'log') writer.fd(file);
      const stat = lstatOrNull(host.fs, path);
      if (stat?.isFile() && role !== 'descriptor') syncFile(host.fs, path);
      else if (stat) syncFolder(host.fs, path);
      if (lstatOrNull(host.fs, dirname(path))) syncFolder(host.fs, dirname(path));
    } catch (error) {
      throw refusalOf(error, path) ?? nothingWritten(path, error);
    }
  }
  try {
    writeState(host, folder, direction === 'back' ? 'undoing' : 'committing');
  } catch (error) {
    throw refusalOf(error, folder) ?? nothingWritten(folder, error);
  }
}

/** What is to be left of each hive must have the recorded hash and be a hive; FormatError BAD_JOURNAL. */
function gate(host: CommitHost, { journal, paths }: LocatedJournal, direction: Direction): void {
  for (const [file, record] of journal.files.entries()) {
    if (record.role !== 'hive') continue;
    const sizeBytes = (direction === 'back' ? record.sizeBytesBefore : record.sizeBytesAfter) ?? 0;
    const image = new Uint8Array(sizeBytes);
    image.set(readWhole(host.fs, paths[file]!).subarray(0, sizeBytes));
    const stages = direction === 'back' ? journal.stages.toReversed() : journal.stages;
    for (const { steps } of stages) {
      for (const step of steps) {
        if (step.op !== 'write' || step.file !== file) continue;
        const bytes = direction === 'back' ? step.before : step.after;
        const room = Math.max(0, sizeBytes - step.offset);
        image.set(bytes.subarray(0, room), Math.min(step.offset, sizeBytes));
      }
    }
    const expected = direction === 'back' ? record.sha256Before : record.sha256After;
    if (sha256(image) !== expected) throw badImage(paths[file]!, 'does not have the hash that the journal names');
    try {
      // A hive that was dirty, or whose header was bad, comes back just so; its logs are part of the same journal.
      if (!parseBaseBlock(image, record.path).isDirty) recover(record.path, image, []);
    } catch (error) {
      throw badImage(paths[file]!, `is not a hive (${reason(error)})`);
    }
  }
}

function badImage(path: string, what: string): FormatError {
  return new FormatError('BAD_JOURNAL', `What the journal would leave of ${path} ${what}; nothing was written`, {
    data: { path },
  });
}

function close(host: CommitHost, folder: string, state: WrittenState, findings: Finding[]): void {
  try {
    writeState(host, folder, state);
  } catch (error) {
    findings.push({
      code: 'JOURNAL_NOT_CLOSED',
      severity: 'warning',
      where: { file: folder },
      text: `The files were written and read back, but the journal could not be marked ${state} (${reason(error)}): run the command again.`,
    });
  }
}

function nothingWritten(path: string, cause: unknown): CommitError {
  return new CommitError(
    'WRITE_FAILED',
    `${path} could not be read, opened or synced (${reason(cause)}), so nothing was written`,
    {
      hint: isFull(cause)
        ? `free some room on the disk of ${path}, then run the command again`
        : `look whether the disk of ${path} is still there and can be written, then run the command again`,
      cause,
      data: { path },
    },
  );
}
