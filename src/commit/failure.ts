// The sentences in which a commit or an undo says that the disk failed it, and what the disk holds now.

import { basename } from 'node:path';
import { CommitError } from '../base/errors.ts';
import type { Finding } from '../base/finding.ts';
import { errnoOf, isFull } from './host-file.ts';
import type { Stage } from './order/stage.ts';
import type { CommitRequest } from './request.ts';

type JournalRoot = Pick<CommitRequest, 'journalRoot' | 'journalKind'>;

/** The errno name, or the message, of what was thrown. */
export function reason(error: unknown): string {
  if (error instanceof AggregateError) return error.errors.map(reason).join('; then ');
  return errnoOf(error) ?? (error instanceof Error ? error.message : String(error));
}

/** `sizeBytes` is what the journal takes at most, where that is known. */
export function backupFailed(
  { journalRoot, journalKind }: JournalRoot,
  cause: unknown,
  sizeBytes?: number,
): CommitError {
  const path = journalRoot;
  const message = `The journal at ${path} could not be written (${reason(cause)}), so nothing was changed`;
  const room = sizeBytes === undefined ? 'some room' : kibibytes(sizeBytes);
  const elsewhere =
    journalKind === 'state-dir' ? 'give another --state-dir' : 'give --state-dir <folder> on another disk';
  const hint = isFull(cause)
    ? `free ${room} on the disk of ${path}, or ${elsewhere}, then run the command again`
    : `look whether the disk of ${path} is still there and can be written, or ${elsewhere}`;
  return new CommitError('BACKUP_FAILED', message, { hint, cause, data: { path, reason: reason(cause) } });
}

export function writeFailed(path: string, cause: unknown, stages: readonly Stage[] = []): CommitError {
  const message = `Writing ${path} failed (${reason(cause)}) and was undone: the disk holds the original`;
  const hint = isFull(cause)
    ? { hint: `free ${kibibytes(growthBytes(stages))} on the volume, then run the command again` }
    : {};
  return new CommitError('WRITE_FAILED', message, { ...hint, cause, data: { path, reason: reason(cause) } });
}

/** Room for the lock, and for what a file system itself writes down of new clusters and entries. */
const BESIDES_BYTES = 1 << 16;

/** What a commit adds to its volumes: files that grow, and files that are made. */
function growthBytes(stages: readonly Stage[]): number {
  let sizeBytes = BESIDES_BYTES;
  for (const step of stages.flatMap(({ steps }) => steps)) {
    if (step.op === 'size') sizeBytes += Math.max(0, step.after - step.before);
    else if (step.op === 'presence') sizeBytes += step.after?.byteLength ?? 0;
  }
  return sizeBytes;
}

/** What a journal of these stages takes at most: each step's bytes before and after, and its texts and records. */
export function journalBytes(stages: readonly Stage[]): number {
  let sizeBytes = BESIDES_BYTES;
  for (const step of stages.flatMap(({ steps }) => steps)) {
    if (step.op === 'size' || step.op === 'folder') continue;
    const blobs = step.op === 'move' ? [step.bytes] : [step.before, step.after];
    for (const blob of blobs) sizeBytes += blob?.byteLength ?? 0;
  }
  return sizeBytes;
}

const kibibytes = (sizeBytes: number): string => `${Math.max(1, Math.ceil(sizeBytes / 1024))} KiB`;

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
