// Where the journals of an undo lie, and which of them is meant.

import { dirname, resolve } from 'node:path';
import { NotFoundError, RefusedError, UsageError } from '../base/errors.ts';
import { joinHost, parentFolder } from '../base/host-path.ts';
import { namedEntry } from '../base/open-entry.ts';
import { commandLine } from '../base/quote.ts';
import { statOf } from '../base/read-folder.ts';
import { printable } from '../base/text.ts';
import { waysOn } from '../base/ways.ts';
import {
  findJournals,
  type JournalPosition,
  type JournalSummary,
  journalPosition,
  journalReport,
  oursIn,
} from '../commit/journal/journals.ts';
import { namedJournals } from '../commit/journal/unfinished.ts';
import type { VolumeIdentity } from '../commit/request.ts';
import { describeVolume } from '../disk/mounted/volumes.ts';
import { volumeRootOf } from '../disk/windows-path.ts';
import type { Host } from '../host.ts';
import type { Machine } from '../report.ts';
import { type Attached, attachDisks, identityOf } from '../session/attach.ts';
import { isStateFolder, stateFoldersAbout } from '../session/disks/state-folders.ts';
import { parseRecordedReport } from '../session/saved-plan.ts';
import type { SessionOptions } from '../session/session.ts';

export interface UndoRequest extends SessionOptions {
  /** Folders of mounted volumes, or one file. */
  readonly places: readonly string[];
  readonly id?: string;
  readonly note?: string;
}

/** A journal with where its files stand now. */
export interface JournalEntry {
  readonly journal: JournalSummary;
  readonly position: JournalPosition;
}

/** Where a request's journals lie, and on which volumes their files do. */
export interface UndoScope {
  /** Images and devices among the places; closed by whoever asked for the scope. */
  readonly attached: Attached;
  readonly roots: readonly string[];
  /** Of `roots`, those in which journals of other disks lie, too. */
  readonly shared: readonly string[];
  readonly volumes: readonly VolumeIdentity[];
  /** The file, when one was given instead of volumes. */
  readonly file: string | null;
}

/** What the locks of the scope name elsewhere, then its own journals: of these the last is undone first. */
export function journalsOf({ attached, roots }: UndoScope): JournalSummary[] {
  const { host } = attached;
  return [...namedJournals(host, roots), ...findJournals(host, roots)];
}

/** The named journal, else the newest of these volumes that is unfinished, else their newest that can be undone. */
export function pickJournal(request: UndoRequest, scope: UndoScope): JournalEntry {
  const { id } = request;
  const isOurs = oursIn(scope.shared, scope.volumes);
  const all = journalsOf(scope);
  const journals = id === undefined ? all.filter(isOurs) : all;
  const named = id === undefined ? [] : journals.filter((journal) => journal.id.startsWith(id));
  if (id !== undefined && named.length > 1 && named.every((journal) => journal.id !== id)) {
    const message = `${id} begins the ids of ${named.length} commits: ${named.map((journal) => journal.id).join(', ')}`;
    throw new UsageError('BAD_ARGUMENT', message, { hint: 'give more of the id' });
  }
  const newest =
    journals.findLast((journal) => journal.isUnfinished) ?? newestOf(journals.filter(({ state }) => state === 'done'));
  if (id === undefined) refuseSeveralDisks(request, scope, journals);
  const pick = id === undefined ? newest : (named.find((journal) => journal.id === id) ?? named[0]);
  if (pick && id === undefined && !pick.isUnfinished) refuseRedo(scope.attached.host, pick, request.places);
  if (!pick && id === undefined && journals.length > 0 && journals.every(({ state }) => state === 'undone')) {
    const message =
      journals.length === 1
        ? `nothing to undo: commit ${journals[0]!.id} is undone already`
        : `nothing to undo: all ${journals.length} commits are undone already`;
    const hint = undoLine(scope.attached.host, request.places, '--list');
    throw new NotFoundError('JOURNAL_NOT_FOUND', message, { hint });
  }
  if (!pick) {
    const ids = all.map((journal) => `${journal.id} (${journal.state}${isOurs(journal) ? '' : ', of another disk'})`);
    throw new NotFoundError(
      'JOURNAL_NOT_FOUND',
      `${id === undefined ? 'no commit that can be undone' : `commit ${id} not found`} in ${scope.roots.join(', ')}${ids.length > 0 ? `; found ${ids.join(', ')}` : ''}`,
      { hint: 'if the journal was kept elsewhere, say where with --state-dir' },
    );
  }
  return { journal: pick, position: journalPosition(scope.attached.host, pick, scope.volumes) };
}

/** Commits in the folders of several volumes are of several disks, or Windows: which of them is meant is not guessed. */
function refuseSeveralDisks(request: UndoRequest, scope: UndoScope, journals: readonly JournalSummary[]): void {
  const { host } = scope.attached;
  const open = journals.filter(({ state, isUnfinished }) => isUnfinished || state === 'done');
  const own = scope.roots
    .filter((root) => !scope.shared.includes(root))
    .flatMap((root) => newestOf(open.filter(({ path }) => dirname(path) === root)) ?? []);
  if (own.length < 2) return;
  const ways = own.map((journal) => {
    const text = journalReport(host, journal);
    const name = (text === null ? null : parseRecordedReport(text))?.machine?.computerName ?? null;
    const why = `The newest in ${printable(dirname(journal.path))}${name === null ? '' : `, of computer ${printable(name)}`}:`;
    return { why, commands: [undoLine(host, request.places, journal.id)] };
  });
  const message = `the volumes have commits of ${own.length} disks, expected the id of the one that is meant`;
  throw new RefusedError('AMBIGUOUS', message, waysOn(ways, { ids: own.map((journal) => journal.id) }));
}

/** By their ids, which begin with the time: locks may name some out of their order. */
const newestOf = (journals: readonly JournalSummary[]): JournalSummary | undefined =>
  journals.toSorted((a, b) => (a.id < b.id ? -1 : 1)).at(-1);

/** The newest commit may be an undo by values: to undo that is to repair again, which nobody asked for. */
function refuseRedo(host: Host, journal: JournalSummary, places: readonly string[]): void {
  const text = journalReport(host, journal);
  const made = text === null ? null : parseRecordedReport(text);
  if (made?.command !== 'undo') return;
  throw new RefusedError(
    'AMBIGUOUS',
    `the newest commit, ${journal.id}, is an undo by values. To undo it would make the repair again`,
    waysOn(
      [
        { why: 'See all commits, and name the one that is meant:', commands: [undoLine(host, places, '--list')] },
        { why: 'Make the repair again:', commands: [undoLine(host, places, journal.id)] },
      ],
      { journal: journal.path },
    ),
  );
}

const undoLine = ({ style }: Host, places: readonly string[], word: string): string =>
  commandLine(['hivemend', 'undo', ...places, word], style);

/** The caller closes what is attached. */
export function undoScope(host: Host, request: UndoRequest): UndoScope {
  const [first] = request.places;
  if (first === undefined) throw new UsageError('BAD_ARGUMENT', 'undo needs a volume or a file, found none');
  const attached = attachDisks(host, request.places, request);
  try {
    const { fs } = attached.host;
    const [place] = attached.places;
    const isBare = request.places.length === 1 && isFile(attached.host, place!);
    const file = isBare ? fs.realpathSync(place!) : null;
    const places = file === null ? attached.roots : [attached.rootOf(file) ?? parentFolder(file)];
    const volumes = places.map((root) => {
      const folder = attached.owns(root) ? root : volumeRootOf(root, host.style);
      return attached.identity(folder) ?? identityOf(describeVolume(fs, folder, host.style));
    });
    const beside = volumes.map(
      ({ root, lockRoot }) => lockRoot ?? joinHost(root.replace(/[\\/]$/, ''), 'hivemend', host.style),
    );
    const own = file === null || attached.owns(file) ? beside : [`${file}.hivemend`];
    const named = request.stateDir === undefined ? [] : [namedEntry(host.fs, resolve(request.stateDir))];
    const roots = [...new Set([...named, ...own, ...stateFoldersAbout(attached.host, volumes)])];
    return {
      attached,
      roots,
      shared: roots.filter((root) => named.includes(root) || isStateFolder(root)),
      volumes,
      file,
    };
  } catch (error) {
    attached.close();
    throw error;
  }
}

/** The recorded machine where it lies now: its disk may be another device, mounted elsewhere. */
export function machineHere(host: Host, { attached, roots, volumes }: UndoScope, recorded: Machine): Machine {
  const { diskSizeBytes: _size, lun: _lun, mountPoint: _mount, ...machine } = recorded;
  const inside = recorded.windowsFolder.slice(recorded.volume.length);
  const places = volumes.map(({ root }) => root);
  const root =
    places.find((place) => statOf(host.fs, `${place}${inside}`) !== null) ?? places[0] ?? roots[0] ?? recorded.volume;
  const volume = attached.volume(root) ?? describeVolume(host.fs, root, host.style);
  const { device, diskSizeBytes, lun } = volume;
  return {
    ...machine,
    ...{ volume: root, windowsFolder: `${root}${inside}`, device },
    ...(diskSizeBytes === undefined ? {} : { diskSizeBytes }),
    ...(lun === undefined ? {} : { lun }),
  };
}

function isFile(host: Host, path: string): boolean {
  try {
    return host.fs.lstatSync(namedEntry(host.fs, path)).isFile();
  } catch {
    return false;
  }
}
