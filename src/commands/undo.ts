// undo: the journals of a disk or a file, taking the newest (or a named one) back by bytes or by values, finishing what
// was cut off, dropping what nobody needs.

import { dirname, resolve } from 'node:path';
import { toHex } from '../base/bytes.ts';
import { FormatError, NotFoundError, RefusedError, UsageError } from '../base/errors.ts';
import type { Finding } from '../base/finding.ts';
import { joinHost } from '../base/host-path.ts';
import { filetimeToIso } from '../base/time.ts';
import type { VolumeIdentity } from '../commit/request.ts';
import {
  findJournals,
  finishUndo,
  forget,
  type JournalPosition,
  type JournalSummary,
  journalPosition,
  journalReport,
  journalTargets,
  namedJournals,
  undo,
  undoPartial,
  unfinishedHint,
} from '../commit/undo.ts';
import { describeVolume } from '../disk/mounted/volumes.ts';
import { volumeRootOf } from '../disk/windows-path.ts';
import type { Host } from '../host.ts';
import type { Change, HiveEdit } from '../registry/edit.ts';
import { inverseOf } from '../registry/inverse.ts';
import { blankReport, type Report, type Tool } from '../report.ts';
import { type Attached, attachDisks, identityOf } from '../session/attach.ts';
import { type Prepared, PreparedCommit } from '../session/prepared.ts';
import { parseRecordedReport, type RecordedReport } from '../session/saved-plan.ts';
import { Session, type SessionOptions } from '../session/session.ts';

export interface UndoRequest extends SessionOptions {
  /** Folders of mounted volumes, or one file. */
  readonly places: readonly string[];
  readonly id?: string;
  readonly note?: string;
  readonly tool: Tool;
}

/** A journal with where its files stand now. */
export interface JournalEntry {
  readonly journal: JournalSummary;
  readonly position: JournalPosition;
}

/** Where a request's journals lie, and on which volumes their files do. */
interface UndoPlace {
  /** Images and devices among the places; closed by whoever asked for the place. */
  readonly attached: Attached;
  readonly roots: readonly string[];
  readonly volumes: readonly VolumeIdentity[];
  /** The file, when one was given instead of volumes. */
  readonly file: string | null;
}

/** Every journal of the place, oldest first; reads only. */
export function listJournals(host: Host, request: UndoRequest): readonly JournalEntry[] {
  const place = undoPlace(host, request);
  using _attached = place.attached;
  return journalsOf(place).map((journal) => ({
    journal,
    position: journalPosition(place.attached.host, journal, place.volumes),
  }));
}

/** What the locks of the place name elsewhere, then its own journals: of these the last is taken back first. */
function journalsOf({ attached, roots }: UndoPlace): JournalSummary[] {
  const { host } = attached;
  return [...namedJournals(host, roots), ...findJournals(host, roots)];
}

/** A journal that only a lock on the disk names may be anybody's: the operator says where it lies. */
function refuseElsewhere({ roots }: UndoPlace, { journal }: JournalEntry): void {
  if (roots.includes(dirname(journal.path))) return;
  throw new RefusedError(
    'UNFINISHED_JOURNAL',
    `the journal of ${journal.id} lies at ${journal.path}, as the lock on the volume says, expected --state-dir to name that folder`,
    { hint: unfinishedHint(journal, '<volume>'), data: { journal: journal.path } },
  );
}

/** What taking one journal back would do, and doing it. */
export interface PreparedUndo extends Disposable {
  readonly entry: JournalEntry;
  /** The host's paths of the files that it would write to, in the state in which they are now. */
  readonly writes: readonly string[];
  undo(): Report;
  finish(): Report;
  /** As undo, also where a power cut tore single sectors. */
  partial(): Report;
  forget(): Report;
}

/**
 * Picks the journal: the named one, else the newest that is unfinished, else the newest that can be taken back.
 * @throws NotFoundError JOURNAL_NOT_FOUND with the ids that are there.
 */
export function prepareUndo(host: Host, request: UndoRequest): PreparedUndo {
  const place = undoPlace(host, request);
  let entry: JournalEntry;
  try {
    entry = pickJournal(request, place);
  } catch (error) {
    place.attached.close();
    throw error;
  }
  const startedAt = filetimeToIso(host.now()) ?? '';
  const report = (what: string, files: readonly string[], findings: readonly Finding[] = []): Report => ({
    ...emptyReport(request, startedAt),
    status: 'ok',
    targets: files.map((path) => ({ kind: 'file', path, sha256Before: null, sha256After: null })),
    findings,
    next: [{ why: what, commands: [] }],
  });
  const walk = (way: typeof undo): Report => {
    refuseElsewhere(place, entry);
    const result = way(place.attached.allForWriting(), entry.journal, place.volumes);
    const what = result.outcome === 'restored' ? 'the original bytes are back' : 'the commit is complete';
    return report(what, result.files, result.findings);
  };
  return {
    entry,
    writes: journalTargets(host, entry.journal, place.volumes),
    undo: () => walk(undo),
    partial: () => walk(undoPartial),
    finish: () => walk(finishUndo),
    forget: () => {
      forget(host.writing, entry.journal, place.roots);
      return report(`journal ${entry.journal.id} is removed; the files stay as they are`, []);
    },
    [Symbol.dispose]: () => place.attached.close(),
  };
}

/**
 * Plans the inverse of a journal's recorded changes against the hives as they are now: each value that still holds what
 * was written goes back, and a finding names each that somebody has changed.
 */
export function prepareUndoValues(host: Host, request: UndoRequest): Prepared {
  const place = undoPlace(host, request);
  const entry = pickJournal(request, place);
  // The session opens what the places are for itself.
  place.attached.close();
  const recorded = recordedReport(host, entry.journal);
  // Bytes cannot be moved any more where Windows has started in between: the values are what is left of the commit.
  const isStale = entry.journal.isUnfinished && entry.position.position === 'changed';
  const besides = isStale ? { besides: entry.journal.id } : {};
  const session = openForUndo(host, { ...request, ...besides }, place, recorded);
  try {
    const findings: Finding[] = [];
    for (const change of [...recorded.changes].reverse()) takeBack(session, change, findings);
    const proof = session.prove();
    return new PreparedCommit(session, proof, {
      command: 'undo',
      tool: request.tool,
      ...(request.note === undefined ? {} : { note: request.note }),
      machine: recorded.machine,
      outcomes: [{ name: `undo ${entry.journal.id}`, controlSet: null, state: 'planned', changes: session.changes }],
      findings: [...session.loadFindings(), ...findings, ...proof.findings],
      skipped: findings.map((finding) => ({ what: finding.where.key ?? finding.where.file, why: finding.text })),
      isWhole: findings.length === 0,
      edits: session.changes.map((change) => change.edit),
      why: session.changes.map(() => `takes back what ${entry.journal.id} wrote`),
      options: { values: true },
    });
  } catch (error) {
    session.close();
    throw error;
  }
}

function takeBack(session: Session, change: Change, findings: Finding[]): void {
  const { edit } = change;
  if (!('key' in edit)) {
    if (edit.op !== 'set-security' || change.before === null || change.before.sdHex === undefined) {
      findings.push(remark(edit.path, `${edit.path} is a file, which is not taken back by value`));
      return;
    }
    const now = session.files.descriptor(edit.path);
    if (now && toHex(now) === edit.sdHex) session.apply([{ ...edit, sdHex: change.before.sdHex }]);
    else findings.push(remark(edit.path, `${edit.path}: its security descriptor has been changed since`));
    return;
  }
  const inverse = inverseOf({ ...change, edit: edit as HiveEdit }, session.working(edit.key.hive).hive);
  if (inverse.kind === 'edits') session.apply(inverse.edits);
  else if (inverse.kind === 'stays') findings.push(remark(session.load(edit.key.hive).path, inverse.why));
}

function remark(file: string, text: string): Finding {
  return { code: 'NOT_TAKEN_BACK', severity: 'warning', where: { file }, text };
}

function recordedReport(host: Host, journal: JournalSummary): RecordedReport {
  const text = journalReport(host, journal);
  if (text === null) {
    throw new NotFoundError(
      'JOURNAL_NOT_FOUND',
      `journal ${journal.id} has no record of values, so only its bytes can be put back`,
    );
  }
  const report = parseRecordedReport(text);
  if (report) return report;
  throw new FormatError(
    'BAD_JOURNAL',
    `journal ${journal.id} has a report that hivemend does not write, so its values are not taken back by it`,
  );
}

/** A session over the same machine, or the same file, with each recorded hive under the name that the changes call it. */
function openForUndo(host: Host, request: UndoRequest, place: UndoPlace, recorded: RecordedReport): Session {
  if (place.file !== null) {
    const name = recorded.targets.find((target) => target.kind === 'hive')?.hive ?? place.file;
    return Session.overFiles(host, [{ name, path: place.file }], request);
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

function pickJournal(request: UndoRequest, place: UndoPlace): JournalEntry {
  const journals = journalsOf(place);
  const pick =
    request.id === undefined
      ? (journals.findLast((journal) => journal.isUnfinished) ??
        journals.findLast((journal) => journal.state === 'done'))
      : journals.find((journal) => journal.id === request.id);
  if (!pick) {
    const ids = journals.map((journal) => `${journal.id} (${journal.state})`);
    throw new NotFoundError(
      'JOURNAL_NOT_FOUND',
      `there is ${request.id === undefined ? 'no commit that can be taken back' : `no journal ${request.id}`} in ${place.roots.join(', ')}${ids.length > 0 ? `, found ${ids.join(', ')}` : ''}`,
      { hint: 'if the journal was kept elsewhere, say where with --state-dir' },
    );
  }
  return { journal: pick, position: journalPosition(place.attached.host, pick, place.volumes) };
}

function undoPlace(host: Host, request: UndoRequest): UndoPlace {
  const [first] = request.places;
  if (first === undefined) throw new UsageError('BAD_ARGUMENT', 'undo needs a volume or a file, found none');
  const attached = attachDisks(host, request.places, request);
  try {
    const isBare = request.places.length === 1 && attached.disks.length === 0 && isFile(host, first);
    const file = isBare ? host.fs.realpathSync(first) : null;
    const roots = file === null ? attached.roots : [parentOf(file)];
    const volumes = roots.map((root) => {
      const folder = attached.owns(root) ? root : volumeRootOf(root, host.style);
      return attached.identity(folder) ?? identityOf(describeVolume(attached.host.fs, folder, host.style));
    });
    const beside = volumes.map(
      ({ root, lockRoot }) => lockRoot ?? joinHost(root.replace(/[\\/]$/, ''), 'hivemend', host.style),
    );
    const own = file === null ? [...new Set(beside)] : [`${file}.hivemend`];
    return {
      attached,
      roots: request.stateDir === undefined ? own : [resolve(request.stateDir), ...own],
      volumes,
      file,
    };
  } catch (error) {
    attached.close();
    throw error;
  }
}

function isFile(host: Host, path: string): boolean {
  try {
    return host.fs.lstatSync(path).isFile();
  } catch {
    return false;
  }
}

function parentOf(path: string): string {
  const cut = Math.max(path.lastIndexOf('/'), path.lastIndexOf('\\'));
  return cut <= 0 ? path.slice(0, 1) : path.slice(0, cut);
}

function emptyReport(request: UndoRequest, startedAt: string): Report {
  const report = blankReport(request.tool, 'undo', startedAt);
  return request.note === undefined ? report : { ...report, note: request.note };
}
