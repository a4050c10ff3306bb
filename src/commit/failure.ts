// The sentences in which a commit or an undo says that the disk failed it, and what the disk holds now.

import { basename } from 'node:path';
import { CommitError } from '../base/errors.ts';
import type { Finding } from '../base/finding.ts';
import { errnoOf } from './host-file.ts';

/** The errno name, or the message, of what was thrown. */
export function reason(error: unknown): string {
  if (error instanceof AggregateError) return error.errors.map(reason).join('; then ');
  return errnoOf(error) ?? (error instanceof Error ? error.message : String(error));
}

export function backupFailed(path: string, cause: unknown): CommitError {
  const message = `The journal at ${path} could not be written (${reason(cause)}), so nothing was changed`;
  const hint = 'make room or give --state-dir <folder>, then run the command again';
  return new CommitError('BACKUP_FAILED', message, { hint, cause, data: { path, reason: reason(cause) } });
}

export function writeFailed(path: string, cause: unknown): CommitError {
  const message = `Writing ${path} failed (${reason(cause)}) and was taken back: the disk holds the original`;
  return new CommitError('WRITE_FAILED', message, { cause, data: { path, reason: reason(cause) } });
}

export function restoreNeeded(folder: string, during: string, cause: unknown): CommitError {
  const message = `Writing failed at ${during} (${reason(cause)}) and could not be ended there; the journal ${folder} holds both states`;
  return new CommitError('RESTORE_NEEDED', message, {
    hint: `hivemend undo, or hivemend undo --finish, for ${basename(folder)} once the disk can be written again`,
    cause,
    data: { journal: folder, during, reason: reason(cause) },
  });
}

export function writeRepeated(folder: string, during: string, cause: unknown): Finding {
  return {
    code: 'WRITE_REPEATED',
    severity: 'warning',
    where: { file: folder },
    text: `Writing failed once at ${during} (${reason(cause)}) and was repeated; the result was read back and is whole.`,
  };
}
