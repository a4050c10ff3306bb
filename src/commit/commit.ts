// How a change reaches the disk. What must hold at every moment, whatever is cut off there:
//
//  (1)  Before the first byte of a target changes, the journal holds the bytes before and after of every range that will
//       change, is private, and is synced, and the targets were found to hold what was loaded.
//  (2)  A commit is a list of stages. Everything that a stage writes is synced before the next stage begins; within a
//       stage the writes may reach the disk in any order, in part, or not at all.
//  (3)  Nothing that can fail for want of space happens after the stage `extend`: lengths are given real bytes there.
//  (4)  A header is one 512-byte write at offset 0.
//  (5)  While a dirty hive is recovered (`recovered-pages`, `recovered-header`) its logs are not written: they cover
//       every byte of its bins that differs, so each cut loads as the old state. A bad header is repaired last.
//  (6)  Logs are written (`logs`) only while the primary is clean, when every reader ignores them.
//  (7)  From `dirty-header` on, the latest log is ours and whole, and every other log's base lies below the header's
//       secondary sequence number (HvLE), or does not hold (DIRT): a replay yields the new state, whatever the pages
//       hold. In the order without logs no log applies by then (`zeroed-log-*`), and the sector with the root cell is
//       zeros while pages are written (`lock`, `unlock`): every reader refuses the hive, also one that heals a dirty
//       header, and the journal repairs it.
//  (8)  After `clean-header` the sequence numbers lie above every one that any log holds, so no log applies to it.
//  (9)  In the DIRT protocol the last-written stamp of header, log and first bin stays what it was.
// (10)  Every state that a commit can leave is told from the bytes alone (position.ts). Undo is the same list walked
//       backwards: it goes through no state that the commit does not go through.
// (11)  A failure up to `dirty-header` is rolled back, and the disk holds the original; a failure after it is carried
//       forward. Where the host allows neither, the journal stays unfinished and RESTORE_NEEDED says so.
// (12)  A file that looks like neither before, after, nor between is never written.
//
// File operations are synchronous, so a signal is answered between commits or ends the process where it stands: for the
// disk it is a power cut.

import { join, resolve } from 'node:path';
import { CommitError, HivemendError, RefusedError } from '../base/errors.ts';
import type { Finding } from '../base/finding.ts';
import { provenTarget } from '../hive/prove.ts';
import { backupFailed, journalBytes, reason, restoreNeeded, writeFailed, writeRepeated } from './failure.ts';
import { type Lock, removeIfEmpty } from './guard/lock.ts';
import { lockRoots } from './guard/roots.ts';
import { assertUnchanged, refusalOf, vanishedRefusal } from './guard/unchanged.ts';
import { lstatOrNull } from './host-file.ts';
import { assertInPlace, type MadeEntry, removeJournal, writeJournal, writeState } from './journal/journal.ts';
import { completeOf, filePositions, intersect, isComplete } from './journal/position.ts';
import { type CommitPlan, planCommit } from './order/plan.ts';
import { StageWriter } from './order/stage.ts';
import type { CommitHost, CommitRequest, CommitResult, ProvenRequest } from './request.ts';

/**
 * Commits what was proven, all or none, and reads it back.
 * Errors: UsageError BAD_ARGUMENT where something was edited after it was proven; CommitError BACKUP_FAILED (the journal
 * could not be written), WRITE_FAILED and VERIFY_FAILED (rolled back; the disk holds the original), RESTORE_NEEDED (run
 * undo); RefusedError CHANGED_ON_DISK, LOCKED, UNFINISHED_JOURNAL, UNSAFE_JOURNAL_PLACE, OUTSIDE_VOLUME, READ_ONLY,
 * NO_RIGHTS, IN_USE, DIRTY_HIVE, LIMIT: nothing was written.
 */
export function commit(host: CommitHost, request: ProvenRequest): CommitResult {
  return commitTargets(host, { ...request, targets: request.proven.map(provenTarget) });
}

/** The commit itself. In src/ commit() alone calls it: what it is given was proven. Errors as commit(). */
export function commitTargets(host: CommitHost, request: CommitRequest): CommitResult {
  try {
    const plan = planCommit(host, request);
    return plan.journal.stages.length === 0 ? { ...plan.result, journal: null } : commitPlan(host, request, plan);
  } catch (error) {
    // From the first change on every failure has its own name; what comes bare comes from before.
    throw refusalOf(error, request.journalRoot) ?? backupFailed(request, error);
  }
}

function commitPlan(host: CommitHost, request: CommitRequest, plan: CommitPlan): CommitResult {
  const made: string[] = [];
  const locks: Lock[] = [];
  try {
    lockRoots(host, request, journalBytes(plan.journal.stages), made, locks);
    return run(host, request, plan, locks);
  } finally {
    for (const lock of locks.toReversed()) lock.release();
    removeIfEmpty(host, made);
  }
}

function run(host: CommitHost, request: CommitRequest, plan: CommitPlan, locks: readonly Lock[]): CommitResult {
  const folder = join(request.journalRoot, request.id);
  const writer = new StageWriter(host, plan.paths);
  try {
    for (const file of plan.inPlace) openTarget(writer, file);
    const made = backUp(host, folder, request, plan, locks);
    try {
      assertUnchanged(host, plan, writer);
      for (const lock of locks) lock.assertHeld();
      assertInPlace(host, made);
    } catch (error) {
      discard(host, folder, locks);
      throw error instanceof HivemendError ? error : (vanishedRefusal(error, plan.names.join(', ')) ?? error);
    }
    const findings = [...plan.result.findings];
    writeStages(host, folder, plan, writer, locks, findings);
    verify(host, folder, plan, writer, locks);
    close(host, folder, findings);
    return { ...plan.result, findings };
  } finally {
    writer.close();
  }
}

function openTarget(writer: StageWriter, file: number): void {
  try {
    writer.fd(file);
  } catch (error) {
    throw refusalOf(error, writer.path(file)) ?? writeFailed(writer.path(file), error);
  }
}

function backUp(
  host: CommitHost,
  folder: string,
  request: CommitRequest,
  plan: CommitPlan,
  locks: readonly Lock[],
): readonly MadeEntry[] {
  const { readme, afterBoot, afterBootReg = null } = request.texts;
  const pages = { readme, afterBoot, afterBootReg, report: request.texts.report(plan.result) };
  if (lstatOrNull(host.fs, folder)) {
    throw new RefusedError('UNSAFE_JOURNAL_PLACE', `${folder} is there already, and a journal's folder is always new`);
  }
  try {
    // On a volume whose journal lies elsewhere, only the lock can say so after a cut.
    const elsewhere = request.journalKind === 'state-dir' ? locks.slice(1) : [];
    return writeJournal(host, folder, plan.journal, pages, () => {
      for (const lock of elsewhere) lock.nameJournal(resolve(folder));
    });
  } catch (error) {
    discard(host, folder, locks);
    if (error instanceof HivemendError) throw error;
    throw vanishedRefusal(error, folder) ?? backupFailed(request, error, journalBytes(plan.journal.stages));
  }
}

/** The stages in order. Up to the first hive's commit point a failure is rolled back, after it carried forward once. */
function writeStages(
  host: CommitHost,
  folder: string,
  plan: CommitPlan,
  writer: StageWriter,
  locks: readonly Lock[],
  findings: Finding[],
): void {
  const { stages } = plan.journal;
  const commitPoint = stages.findIndex((stage) => stage.name === 'dirty-header');
  const lastRolledBack = commitPoint < 0 ? stages.length - 1 : commitPoint;
  try {
    writeState(host, folder, 'committing');
  } catch (error) {
    discard(host, folder, locks);
    throw (
      vanishedRefusal(error, folder) ?? backupFailed({ journalRoot: folder, journalKind: plan.journal.kind }, error)
    );
  }
  for (const [index, stage] of stages.entries()) {
    try {
      writer.apply(stage);
    } catch (error) {
      if (index <= lastRolledBack) {
        rollBack(host, folder, plan, writer, locks, index, error);
        throw writeFailed(plan.names.join(', '), error, stages);
      }
      try {
        writer.apply(stage);
      } catch (second) {
        throw restoreNeeded(folder, stage.name, second);
      }
      findings.push(writeRepeated(folder, stage.name, error));
    }
  }
}

/** Walks back from stage `index`, then drops the journal: the disk holds the original. */
function rollBack(
  host: CommitHost,
  folder: string,
  plan: CommitPlan,
  writer: StageWriter,
  locks: readonly Lock[],
  index: number,
  cause: unknown,
): void {
  try {
    for (const stage of plan.journal.stages.slice(0, index + 1).toReversed()) writer.revert(stage);
    const positions = filePositions(host, plan.journal, plan.paths);
    if ((intersect(positions, plan.journal.stages.length) & 1) === 0)
      throw new Error('the original does not read back');
  } catch (error) {
    throw restoreNeeded(folder, plan.journal.stages[index]!.name, new AggregateError([cause, error]));
  }
  writer.close();
  discard(host, folder, locks);
}

/** Everything is read again: each file that is written in place is compared whole, byte for byte. */
function verify(host: CommitHost, folder: string, plan: CommitPlan, writer: StageWriter, locks: readonly Lock[]): void {
  const complete = completeOf(plan.journal);
  let wrong: string[];
  try {
    if (plan.paths.every((_, file) => readsBack(host, plan, file))) return;
    const positions = filePositions(host, plan.journal, plan.paths);
    if ((intersect(positions, plan.journal.stages.length) & complete) !== 0) return;
    wrong = positions.filter((each) => (each.positions & complete) === 0).map((each) => plan.paths[each.file]!);
  } catch (error) {
    throw restoreNeeded(folder, 'reading back', error);
  }
  const message = `${wrong.join(', ')} reads back other bytes than were written`;
  rollBack(host, folder, plan, writer, locks, plan.journal.stages.length - 1, new Error(message));
  throw new CommitError('VERIFY_FAILED', `${message}; the original was restored`, {
    hint: 'check the disk and its cable, then run the command again',
    data: { files: wrong },
  });
}

function readsBack(host: CommitHost, plan: CommitPlan, file: number): boolean {
  const after = plan.becomes.get(file);
  return after ? after.isHeldBy(host.fs, plan.paths[file]!) : isComplete(host, plan.journal, plan.paths, file);
}

/** Marks the journal done. The disk holds the new state by now, so a failure is only a finding. */
function close(host: CommitHost, folder: string, findings: Finding[]): void {
  try {
    writeState(host, folder, 'done');
  } catch (error) {
    findings.push({
      code: 'JOURNAL_NOT_CLOSED',
      severity: 'warning',
      where: { file: folder },
      text: `The change is on the disk and was read back, but the journal could not be marked done (${reason(error)}): run hivemend undo --finish.`,
    });
  }
}

/** Best effort: a journal that stays says that it is unfinished, and `undo` finds everything untouched. */
function discard(host: CommitHost, folder: string, locks: readonly Lock[]): void {
  try {
    removeJournal(host, folder, () => {
      for (const lock of locks) lock.nameJournal(null);
    });
  } catch {
    // The error that led here is the one to report.
  }
}
