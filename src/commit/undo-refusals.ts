// Why an undo is refused, with the true reason, and what to type next.

import { basename, dirname } from 'node:path';
import { FormatError, NotFoundError, RefusedError } from '../base/errors.ts';
import { commandLine } from '../base/quote.ts';
import { type Way, waysOn } from '../base/ways.ts';
import { lstatOrNull } from './host-file.ts';
import { readState } from './journal/journal.ts';
import { findJournals, mayConcern } from './journal/journals.ts';
import { changedFiles, LocatedJournal, volumeText } from './journal/located.ts';
import type { JournalVolume, WrittenState } from './journal/manifest.ts';
import { intersect } from './journal/position.ts';
import type { JournalHost, VolumeIdentity } from './request.ts';

/** @throws what `undo` (with `withTorn`, `undoPartial`) refuses by what lies there now; takes no lock, writes nothing. */
export function assertUndoable(
  host: JournalHost,
  folder: string,
  volumes: readonly VolumeIdentity[],
  withTorn: boolean,
): void {
  if (readableState(host, folder) === 'preparing') return;
  const located = locate(host, folder, volumes, withTorn);
  if (intersect(located.positions, located.journal.stages.length) === 0) throw stale(host, folder, located, volumes);
}

export function locate(
  host: JournalHost,
  folder: string,
  volumes: readonly VolumeIdentity[],
  withTorn: boolean,
): LocatedJournal {
  const located = LocatedJournal.find(host, folder, volumes, withTorn);
  if ('missing' in located) throw volumeMissing(folder, located.missing, volumes);
  return located;
}

export function readableState(host: JournalHost, folder: string): WrittenState {
  const state = readState(host, folder);
  if (state === null) throw new NotFoundError('JOURNAL_NOT_FOUND', `${folder} holds no journal`);
  if (state !== 'damaged' && state !== 'foreign') return state;
  const what =
    state === 'damaged'
      ? 'has a first sector that hivemend does not write'
      : "is another user's, or can be written by others";
  throw new FormatError('BAD_JOURNAL', `${folder} ${what}, so it is not followed`, {
    hint: `hivemend undo --forget ${basename(folder)} drops it and leaves the files as they are`,
  });
}

/** `hivemend undo` of the journal in `folder`, with more words, as it can be pasted; `more` are further places. */
function undoCommand(
  folder: string,
  volumes: readonly VolumeIdentity[],
  words: readonly string[],
  more: readonly string[] = [],
): string {
  const root = dirname(folder);
  const isBeside = root.endsWith('.hivemend');
  const places = isBeside ? [root.slice(0, -'.hivemend'.length)] : volumes.map((volume) => volume.root);
  const stateDir = isBeside || basename(root) === 'hivemend' ? [] : ['--state-dir', root];
  const style = root.startsWith('/') ? 'posix' : 'win32';
  return commandLine(['hivemend', 'undo', ...new Set(places), ...more, ...words, ...stateDir], style);
}

/** A file is in no state that the commit could have left. */
export function stale(
  host: JournalHost,
  folder: string,
  located: LocatedJournal,
  volumes: readonly VolumeIdentity[],
): RefusedError {
  const id = basename(folder);
  const files = changedFiles(located);
  const gone = files.filter((file) => lstatOrNull(host.fs, file) === null);
  const later = laterCommits(host, folder, located);
  const data = { journal: folder, files };
  const drop: Way = {
    why: 'Drop the record, and leave the files as they are:',
    commands: [undoCommand(folder, volumes, ['--forget', id])],
  };
  if (later.length > 0) {
    const [newest = ''] = later.toReversed();
    const which =
      later.length === 1
        ? `Commit ${newest} has changed it since`
        : `${later.length} later commits have changed it since, the newest is ${newest}`;
    const first: Way = { why: 'Undo the newest commit first:', commands: [undoCommand(folder, volumes, [newest])] };
    const message = `${files.join(', ')} is not as commit ${id} left it, so no byte of it is moved. ${which}`;
    return new RefusedError('STALE_JOURNAL', message, waysOn([first, drop], { ...data, later }));
  }
  if (gone.length > 0) {
    const message = `${gone.join(', ')} is missing, so commit ${id} cannot be undone by bytes`;
    return new RefusedError('STALE_JOURNAL', message, waysOn([drop], data));
  }
  const values: Way = {
    why: 'Revert each value that still holds what the commit wrote:',
    commands: [undoCommand(folder, volumes, [id, '--values'])],
  };
  const partial: Way = {
    why: 'Where a power cut tore single sectors:',
    commands: [undoCommand(folder, volumes, ['--partial', id])],
  };
  const message = `${files.join(', ')} is not as commit ${id} left it, so no byte of it is moved. Windows has started since, or another program has written`;
  return new RefusedError('STALE_JOURNAL', message, waysOn([values, partial, drop], data));
}

/** Commits of ours beside this one that came after it, are not undone, and changed a file of it. */
function laterCommits(host: JournalHost, folder: string, { journal }: LocatedJournal): string[] {
  const own = new Set(journal.files.map(({ path }) => path));
  return findJournals(host, [dirname(folder)])
    .filter((later) => later.id > journal.id && later.state === 'done' && mayConcern(later, journal.volumes))
    .filter(({ files }) => files.some((file) => own.has(file)))
    .map(({ id }) => id);
}

/** A volume of the commit was not given, or another was in its place. */
export function volumeMissing(
  folder: string,
  missing: readonly JournalVolume[],
  volumes: readonly VolumeIdentity[],
): NotFoundError {
  const texts = missing.map(volumeText);
  const message = `commit ${basename(folder)} also changed ${texts.join(' and ')}, which was not given`;
  const places = missing.map(({ root }) => root);
  const command = undoCommand(folder, volumes, [], places);
  const mounts = missing.flatMap(({ root, partitionGuid }) =>
    partitionGuid === null || !root.startsWith('/')
      ? []
      : [
          commandLine(
            ['mount', `/dev/disk/by-partuuid/${partitionGuid.replace(/[{}]/g, '').toLowerCase()}`, root],
            'posix',
          ),
        ],
  );
  const why =
    mounts.length === 0
      ? 'Mount it, and name it beside the others:'
      : 'Mount it where it was, and name it beside the others:';
  return new NotFoundError(
    'VOLUME_NOT_FOUND',
    message,
    waysOn([{ why, commands: [...mounts, command] }], { journal: folder, missing: texts }),
  );
}
