// The last look before the first write: every target, and every log beside a hive, still holds what was loaded.

import { basename, dirname, join } from 'node:path';
import { bytesEqual } from '../../base/bytes.ts';
import { HivemendError, RefusedError } from '../../base/errors.ts';
import { openFileHolds } from '../../base/read-file.ts';
import type { ReadFs } from '../../base/read-fs.ts';
import { logNamesOf, oddLogRefusal } from '../../regf/logs/log-names.ts';
import { errnoOf, lstatOrNull, readWhole } from '../host-file.ts';
import type { CommitPlan } from '../order/plan.ts';
import type { StageWriter } from '../order/stage.ts';
import type { CommitTarget, JournalHost } from '../request.ts';

/** RefusedError CHANGED_ON_DISK where anything differs from what the commit was planned on, BAD_LOG; reads only. */
export function assertUnchanged(host: JournalHost, plan: CommitPlan, writer: StageWriter): void {
  for (const file of plan.inPlace) {
    const loaded = plan.loaded.get(file)!;
    if (!openFileHolds(host.fs, writer.fd(file), loaded))
      throw changed(writer.path(file), 'holds other bytes than were loaded');
  }
  const compared = new Set(plan.inPlace.map((file) => plan.paths[file]!));
  for (const target of plan.targets) {
    if (target.kind === 'hive') {
      // What is not written counts, too: an empty log may have become one that would be replayed.
      for (const log of target.logs) if (!compared.has(log.path)) assertFile(host.fs, log.path, log.bytes);
      if (!compared.has(target.path)) assertFile(host.fs, target.path, target.original);
    }
    assertTarget(host, target);
  }
}

function assertTarget(host: JournalHost, target: CommitTarget): void {
  const { path } = target;
  if (target.kind === 'hive') {
    assertNoNewLog(host.fs, path, new Set(target.logs.map((log) => basename(log.path))));
  } else if (target.kind === 'descriptor') {
    const found = lstatOrNull(host.fs, path) ? host.descriptors.read(path) : null;
    if (!found || !bytesEqual(found, target.before))
      throw changed(path, 'has another security descriptor than was read');
  } else if (target.kind === 'move') {
    assertFile(host.fs, path, target.bytes);
    assertAbsent(host.fs, target.to);
  } else if (target.kind === 'file' && target.before !== null) assertFile(host.fs, path, target.before);
  else assertAbsent(host.fs, path);
}

function assertNoNewLog(fs: ReadFs, hive: string, known: ReadonlySet<string>): void {
  for (const name of logNamesOf(basename(hive), fs.readdirSync(dirname(hive)))) {
    if (known.has(name)) continue;
    const path = join(dirname(hive), name);
    if (!lstatOrNull(fs, path)?.isFile()) throw oddLogRefusal(path);
    throw changed(path, 'lies beside the hive now and did not when it was loaded');
  }
}

function assertAbsent(fs: ReadFs, path: string): void {
  if (lstatOrNull(fs, path)) throw changed(path, 'is there now and was not when the change was planned');
}

function assertFile(fs: ReadFs, path: string, bytes: Uint8Array): void {
  const stat = lstatOrNull(fs, path);
  const isSame = stat?.isFile() && stat.size === bytes.byteLength && bytesEqual(readWhole(fs, path), bytes);
  if (!isSame) throw changed(path, 'holds other bytes than were loaded');
}

function changed(path: string, what: string): RefusedError {
  return new RefusedError('CHANGED_ON_DISK', `${path} ${what}, so nothing was written`, {
    hint: 'run the command again: it starts from what is there now',
    data: { path },
  });
}

/** A host's error as the refusal that it means, or null where it is a failure of the disk. */
export function refusalOf(error: unknown, path: string): HivemendError | null {
  if (error instanceof HivemendError) return error;
  switch (errnoOf(error)) {
    case 'EROFS':
      return refused('READ_ONLY', `${path} lies on a file system that is read-only`, error, 'mount it for writing');
    case 'EACCES':
    case 'EPERM':
      return refused(
        'NO_RIGHTS',
        `${path} cannot be written: the host denies it, or the file is marked read-only`,
        error,
        'run as root or Administrator, or take the read-only attribute off (attrib -r)',
      );
    case 'EBUSY':
    case 'ETXTBSY':
      return refused('IN_USE', `${path} is in use by another program`, error, 'close what uses it');
    case 'ELOOP':
      return refused(
        'OUTSIDE_VOLUME',
        `${path} is a link, and links are never written through`,
        error,
        'name the file itself',
      );
    case 'ENOENT':
      return refused(
        'CHANGED_ON_DISK',
        `${path} is no longer there`,
        error,
        'look whether the volume is still mounted',
      );
    default:
      return VANISHED.has(errnoOf(error) ?? '') ? vanished(path, error) : null;
  }
}

/** What a host says of a volume whose driver has ended or whose device was taken away. */
export const VANISHED: ReadonlySet<string> = new Set(['ENOTCONN', 'ECONNABORTED', 'ENODEV', 'ENXIO', 'ESTALE']);

/** The refusal NOT_MOUNTED where an entry that was there a moment ago cannot even be looked at; else null. */
export function vanishedRefusal(error: unknown, path: string): RefusedError | null {
  const errno = errnoOf(error) ?? '';
  return VANISHED.has(errno) || errno === 'ENOENT' ? vanished(path, error) : null;
}

function vanished(path: string, cause: unknown): RefusedError {
  const hint = 'mount the volume again, then run the command again';
  return refused('NOT_MOUNTED', `${path} is gone: its volume was unmounted or detached meanwhile`, cause, hint);
}

function refused(
  code: 'NOT_MOUNTED' | 'READ_ONLY' | 'NO_RIGHTS' | 'IN_USE' | 'OUTSIDE_VOLUME' | 'CHANGED_ON_DISK',
  message: string,
  cause: unknown,
  hint: string,
): RefusedError {
  return new RefusedError(code, `${message}; nothing was written`, {
    hint,
    cause,
    data: { path: message.split(' ')[0] },
  });
}
