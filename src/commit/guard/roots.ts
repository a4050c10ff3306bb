// The folders in which a commit keeps its journal and its locks, before anything else is made there.

import { dirname } from 'node:path';
import { RefusedError } from '../../base/errors.ts';
import { backupFailed } from '../failure.ts';
import { errnoOf, isFull, lstatOrNull, syncFolder } from '../host-file.ts';
import { findJournals, type JournalSummary, oursIn } from '../journal/journals.ts';
import { descriptorOf, keepPrivate, makePrivateFolder, noAccess, unsafePlace } from '../journal/private.ts';
import { findUnfinished, unfinishedHint } from '../journal/unfinished.ts';
import type { CommitHost, CommitRequest, VolumeIdentity } from '../request.ts';
import { type Lock, takeLock, takeSpareLock } from './lock.ts';
import { refusalOf } from './unchanged.ts';
import { isNtfs, volumeOf } from './volume-path.ts';

/**
 * The journals' folder and the other lock folders, made where they are not there (`made`); then their locks. The journal
 * takes at most `journalSizeBytes`. RefusedError UNFINISHED_JOURNAL, LOCKED, UNSAFE_JOURNAL_PLACE; CommitError BACKUP_FAILED.
 */
export function lockRoots(
  host: CommitHost,
  request: CommitRequest,
  journalSizeBytes: number,
  made: string[],
  locks: Lock[],
): void {
  const others = (request.lockRoots ?? []).filter((root) => root !== request.journalRoot);
  for (const root of [request.journalRoot, ...others]) {
    const isOfDisk = root !== request.journalRoot && isLockOfDisk(request.volumes, root);
    try {
      const stat = lstatOrNull(host.fs, root);
      // A lock that is taken over no longer says which journal was left under it.
      if (stat?.isDirectory()) refuseUnfinished(host, request, root);
      if (!stat) {
        const isStateDir = request.journalKind === 'state-dir' && root === request.journalRoot;
        makeRoot(host, root, isStateDir || isOfDisk, made);
      } else if (request.journalKind !== 'state-dir' || root !== request.journalRoot) {
        if (!stat.isDirectory()) throw unsafePlace(`${root} is not a folder of hivemend's but a link or a file`);
        keepPrivate(host, root);
      }
      if (root === request.journalRoot) refuseUnguarded(host, request);
      locks.push(takeLock(host, root, isOfDisk || (root === request.journalRoot && request.journalKind !== 'volume')));
    } catch (error) {
      if (isOfDisk && isNoPlace(error)) continue;
      // A journal needs room; a volume that is written in place, with its journal elsewhere, needs none.
      if (!isFull(error) || root === request.journalRoot) {
        throw refusalOf(error, root) ?? backupFailed({ ...request, journalRoot: root }, error, journalSizeBytes);
      }
      locks.push(takeSpareLock(host, root, error));
    }
  }
  // Whoever held the lock until now may have been cut off since the first look.
  const { besides } = request;
  const unfinished = findJournals(host, [request.journalRoot]).filter(oursOf(request));
  refuse(unfinished.find(({ id, isUnfinished }) => isUnfinished && id !== besides));
}

/** Whether `root` is where a disk is locked that has no place for a lock in itself: beside an image, or on this host. */
export function isLockOfDisk(volumes: readonly VolumeIdentity[], root: string): boolean {
  return volumes.some((volume) => volume.lockRoot === root);
}

/**
 * No lock can be made there, which for a disk is no reason to stop: who else has it is told by how it is opened, and where
 * the journal lies elsewhere, the place beside it may be nobody's to write.
 */
export function isNoPlace(error: unknown): boolean {
  return errnoOf(error) !== null || (error instanceof RefusedError && error.code === 'UNSAFE_JOURNAL_PLACE');
}

/** A folder for journals or a lock; `withParent`: it may be one of several in a folder that is not there yet either. */
export function makeRoot(host: CommitHost, root: string, withParent: boolean, made: string[]): void {
  const parent = dirname(root);
  for (const folder of withParent && lstatOrNull(host.fs, parent) === null ? [parent, root] : [root]) {
    made.unshift(folder);
    makePrivateFolder(host, folder);
    syncFolder(host.fs, dirname(folder));
  }
}

/** On NTFS a mode of 0700 may be the mount's alone: without the descriptor nothing keeps Windows' users out. */
function refuseUnguarded(host: CommitHost, { journalRoot, volumes, targets }: CommitRequest): void {
  const volume = volumeOf(volumes, journalRoot);
  if (!volume || !isNtfs(volume) || descriptorOf(host, journalRoot) !== null) return;
  // The empty folder that a volume was mounted at keeps no descriptors either.
  for (const { kind, path } of targets) if (kind === 'hive') host.fs.lstatSync(path);
  throw unsafePlace(
    `${journalRoot} lies on NTFS, but this host gives no access to its security descriptors`,
    noAccess(host, journalRoot) ?? undefined,
  );
}

function refuseUnfinished(host: CommitHost, request: CommitRequest, root: string): void {
  refuse(findUnfinished(host, [root], request.besides, oursOf(request)) ?? undefined);
}

/** Only a state directory holds the journals of several disks. */
function oursOf({ journalKind, journalRoot, volumes }: CommitRequest): (journal: JournalSummary) => boolean {
  return oursIn(journalKind === 'state-dir' ? [journalRoot] : [], volumes);
}

function refuse(unfinished: JournalSummary | undefined): void {
  if (!unfinished) return;
  throw new RefusedError('UNFINISHED_JOURNAL', `${unfinished.path} is ${unfinished.state}, not finished`, {
    hint: unfinishedHint(unfinished, '<volume or file>'),
    data: { id: unfinished.id, journal: unfinished.path, state: unfinished.state },
  });
}
