// undo: the journals of a disk or a file, taking the newest (or a named one) back by bytes or by values, finishing what
// was cut off, dropping what nobody needs.

import { dirname } from 'node:path';
import { toHex } from '../base/bytes.ts';
import { FormatError, NotFoundError, RefusedError } from '../base/errors.ts';
import type { Finding } from '../base/finding.ts';
import { filetimeToIso } from '../base/time.ts';
import {
  forget,
  type JournalSummary,
  journalPosition,
  journalReport,
  journalTargets,
} from '../commit/journal/journals.ts';
import { unfinishedHint } from '../commit/journal/unfinished.ts';
import { finishUndo, undo, undoPartial } from '../commit/undo.ts';
import { assertUndoable } from '../commit/undo-refusals.ts';
import { sha256 } from '../disk/sha256.ts';
import type { Host } from '../host.ts';
import type { Change, HiveEdit, State, VolumeEdit } from '../registry/edit.ts';
import { inverseOf } from '../registry/inverse.ts';
import { blankReport, type RepairOutcome, type Report } from '../report.ts';
import { blockedReport, type Confirmable, refusalOf } from '../session/confirmable.ts';
import { type Prepared, PreparedCommit } from '../session/prepared.ts';
import { parseRecordedReport, type RecordedReport } from '../session/saved-plan.ts';
import { Session } from '../session/session.ts';
import {
  type JournalEntry,
  journalsOf,
  machineHere,
  pickJournal,
  type UndoRequest,
  type UndoScope,
  undoScope,
} from './undo-scope.ts';

/** Every journal of the places, oldest first; reads only. */
export function listJournals(host: Host, request: UndoRequest): readonly JournalEntry[] {
  const scope = undoScope(host, request);
  using _attached = scope.attached;
  return journalsOf(scope).map((journal) => ({
    journal,
    position: journalPosition(scope.attached.host, journal, scope.volumes),
  }));
}

/** A journal that only a lock on the disk names may be anybody's: the operator says where it lies. */
function refuseElsewhere({ roots }: UndoScope, { journal }: JournalEntry): void {
  if (roots.includes(dirname(journal.path))) return;
  throw new RefusedError(
    'UNFINISHED_JOURNAL',
    `the journal of ${journal.id} lies at ${journal.path}, as the lock on the volume says, expected --state-dir to name that folder`,
    { hint: unfinishedHint(journal, '<volume>'), data: { journal: journal.path } },
  );
}

/** 'partial': as 'undo', also where a power cut tore single sectors. */
export type UndoWay = 'undo' | 'partial' | 'finish';

const WAYS = { undo, partial: undoPartial, finish: finishUndo } as const;

/** One journal, and what can be done with it. */
export interface PreparedUndo extends Disposable {
  readonly entry: JournalEntry;
  /** The host's paths of the files that it would write to, in the state in which they are now. */
  readonly writes: readonly string[];
  /** As the commit's report has it; null where it has none. */
  readonly machine: Report['machine'];
  /** One of the ways, to be confirmed and then done. */
  by(way: UndoWay): Confirmable;
  /** These ask nobody. */
  undo(): Report;
  finish(): Report;
  forget(): Report;
}

/**
 * Picks the journal: the named one, else the newest that is unfinished, else the newest that can be undone.
 * @throws NotFoundError JOURNAL_NOT_FOUND with the ids that are there.
 */
export function prepareUndo(host: Host, request: UndoRequest): PreparedUndo {
  const scope = undoScope(host, request);
  let entry: JournalEntry;
  try {
    entry = pickJournal(request, scope);
  } catch (error) {
    scope.attached.close();
    throw error;
  }
  const startedAt = filetimeToIso(host.now()) ?? '';
  const text = journalReport(host, entry.journal);
  const recorded = text === null ? null : (parseRecordedReport(text)?.machine ?? null);
  const machine = recorded && machineHere(scope.attached.host, scope, recorded);
  const report = (what: string, files: readonly string[], findings: readonly Finding[] = []): Report => ({
    ...emptyReport(request, startedAt),
    status: 'ok',
    machine,
    targets: files.map((path) => ({ kind: 'file', path, sha256Before: null, sha256After: null })),
    findings,
    next: [{ why: what, commands: [] }],
  });
  const { id, files } = entry.journal;
  const restored = asBefore(files.filter((file) => !/\.LOG[12]?$/i.test(file)));
  const done = ({ outcome, files: written, findings }: ReturnType<typeof undo>): Report =>
    report(
      outcome === 'restored'
        ? `Undone: ${restored} before commit ${id}.`
        : `Finished: every file is as commit ${id} was to leave it.`,
      written,
      findings,
    );
  const writes = journalTargets(scope.attached.host, entry.journal, scope.volumes);
  const walk = (way: UndoWay): Report => {
    refuseElsewhere(scope, entry);
    return done(WAYS[way](scope.attached.forWriting(writes), entry.journal, scope.volumes));
  };
  return {
    entry,
    writes,
    machine,
    by: (way) => {
      // Every file is read for this, so once; `commit` looks again.
      const refusal = refusalOf(() => {
        refuseElsewhere(scope, entry);
        assertUndoable(scope.attached.host, entry.journal.path, scope.volumes, way === 'partial');
      });
      const dry: Report = { ...report('', writes), dryRun: true, next: [] };
      return {
        hasChanges: true,
        dryReport: refusal ? blockedReport(dry, refusal) : dry,
        whyRefused: () => refusal,
        commit: () => walk(way),
      };
    },
    undo: () => walk('undo'),
    finish: () => walk('finish'),
    forget: () => {
      forget(host.writing, entry.journal, scope.roots);
      return report(`The record of commit ${id} is removed. Its change stays.`, []);
    },
    [Symbol.dispose]: () => scope.attached.close(),
  };
}

const MOST_NAMED = 4;

/** 'SYSTEM and BCD are as they were'; of many files the first are named. */
function asBefore(paths: readonly string[]): string {
  const names = paths.map((path) => path.slice(path.lastIndexOf('/') + 1));
  const shown =
    names.length > MOST_NAMED
      ? [...names.slice(0, MOST_NAMED - 1), `${names.length - MOST_NAMED + 1} more files`]
      : names;
  const listed = shown.length < 2 ? shown.join('') : `${shown.slice(0, -1).join(', ')} and ${shown.at(-1)}`;
  return `${listed} ${names.length === 1 ? 'is as it was' : 'are as they were'}`;
}

/**
 * Plans the inverse of a journal's recorded changes against the hives as they are now: each value that still holds what
 * was written goes back, and a finding names each that somebody has changed.
 */
export function prepareUndoValues(host: Host, request: UndoRequest): Prepared {
  const scope = undoScope(host, request);
  const entry = pickJournal(request, scope);
  const recorded = recordedReport(host, entry.journal);
  const machine = recorded.machine && machineHere(scope.attached.host, scope, recorded.machine);
  // The session opens what the places are for itself.
  scope.attached.close();
  // Bytes cannot be moved any more where Windows has started in between: the values are what is left of the commit.
  const isStale = entry.journal.isUnfinished && entry.position.position === 'changed';
  const besides = isStale ? { besides: entry.journal.id } : {};
  const session = openForUndo(host, { ...request, ...besides }, scope, recorded);
  try {
    const findings: Finding[] = [];
    for (const change of [...recorded.changes].reverse()) revert(session, change, findings);
    const proof = session.prove();
    return new PreparedCommit(session, proof, {
      command: 'undo',
      ...(request.note === undefined ? {} : { note: request.note }),
      machine,
      outcomes: outcomesOf(`undo ${entry.journal.id}`, session.changes),
      findings: [...session.loadFindings(), ...findings, ...proof.findings],
      skipped: findings.map((finding) => ({ what: finding.where.key ?? finding.where.file, why: finding.text })),
      isWhole: findings.length === 0,
      edits: session.changes.map((change) => change.edit),
      why: session.changes.map(() => `Undoes commit ${entry.journal.id}`),
      options: { values: true },
    });
  } catch (error) {
    session.close();
    throw error;
  }
}

/** One a control set, so that what is alike in several is told once. */
function outcomesOf(name: string, changes: readonly Change[]): RepairOutcome[] {
  const setOf = ({ edit }: Change): string | null =>
    'key' in edit && edit.key.hive === 'SYSTEM' && /^ControlSet\d{3}$/i.test(edit.key.path[0] ?? '')
      ? edit.key.path[0]!
      : null;
  return [...new Set(changes.map(setOf))].map((controlSet) => ({
    name,
    controlSet,
    state: 'planned',
    changes: changes.filter((change) => setOf(change) === controlSet),
  }));
}

function revert(session: Session, change: Change, findings: Finding[]): void {
  const { edit } = change;
  if (!('key' in edit)) {
    const why = revertOnVolume(session, edit, change);
    if (why !== null) findings.push(remark(edit.path, why));
    return;
  }
  const inverse = inverseOf({ ...change, edit: edit as HiveEdit }, session.working(edit.key.hive).hive);
  if (inverse.kind === 'edits') session.apply(inverse.edits);
  else if (inverse.kind === 'stays') findings.push(remark(session.load(edit.key.hive).path, inverse.why));
}

/** Null: done, or there is nothing to do; else why it stays. */
function revertOnVolume(session: Session, edit: VolumeEdit, { before, after }: Change): string | null {
  const { files } = session;
  const isAs = (path: string, state: State): boolean => {
    const bytes = files.readFile(path);
    return (bytes === null ? undefined : sha256(bytes)) === state?.fileSha256;
  };
  const changed = `${edit.path} has been changed since`;
  switch (edit.op) {
    case 'set-security': {
      const now = files.descriptor(edit.path);
      if (before?.sdHex === undefined || !now || toHex(now) !== edit.sdHex) {
        return `${edit.path}: its security descriptor has been changed since`;
      }
      session.apply([{ ...edit, sdHex: before.sdHex }]);
      return null;
    }
    case 'move-file':
      if (files.exists(edit.path) || !isAs(edit.to, after)) return changed;
      session.apply([{ op: 'move-file', path: edit.to, to: edit.path }]);
      return null;
    case 'write-file':
      if (before !== null) return `${edit.path} held other bytes before, which undo --values does not have`;
      if (!files.exists(edit.path)) return null;
      if (!isAs(edit.path, after)) return changed;
      session.apply([{ op: 'delete-file', path: edit.path }]);
      return null;
    case 'delete-file':
      return `${edit.path} was deleted, and undo --values does not have its bytes`;
    // An empty folder does no harm, and others may use it by now.
    case 'make-folder':
      return null;
  }
}

function remark(file: string, text: string): Finding {
  return { code: 'NOT_TAKEN_BACK', severity: 'warning', where: { file }, text };
}

function recordedReport(host: Host, journal: JournalSummary): RecordedReport {
  const text = journalReport(host, journal);
  if (text === null) {
    throw new NotFoundError(
      'JOURNAL_NOT_FOUND',
      `journal ${journal.id} does not have a record of values, so only its bytes can be restored`,
    );
  }
  const report = parseRecordedReport(text);
  if (report) return report;
  throw new FormatError(
    'BAD_JOURNAL',
    `journal ${journal.id} has a report that hivemend does not write, so undo --values does not follow it`,
  );
}

/** A session over the same machine, or the same file, with each recorded hive under the name that the changes call it. */
function openForUndo(host: Host, request: UndoRequest, scope: UndoScope, recorded: RecordedReport): Session {
  if (scope.file !== null) {
    const name = recorded.targets.find((target) => target.kind === 'hive')?.hive ?? scope.file;
    return Session.overFiles(host, [{ name, path: scope.file }], request);
  }
  const session = Session.overVolumes(host, request.places, request);
  for (const target of recorded.targets) {
    if (target.kind !== 'hive' || target.hive === undefined || session.has(target.hive)) continue;
    const store = session.found?.bcdStores.find((candidate) =>
      target.path.endsWith(candidate.windowsPath.replaceAll('\\', '/')),
    );
    if (store) session.bind(target.hive, store.path);
  }
  return session;
}

function emptyReport(request: UndoRequest, startedAt: string): Report {
  const report = blankReport('undo', startedAt);
  return request.note === undefined ? report : { ...report, note: request.note };
}
