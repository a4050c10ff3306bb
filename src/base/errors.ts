// Errors are data: a kind says who must act, a code is stable, and data and hint help that person act.

export type ErrorKind =
  | 'UsageError'
  | 'NotFoundError'
  | 'FormatError'
  | 'RefusedError'
  | 'CommitError'
  | 'EngineError'
  | 'InternalError';

/** Every code that hivemend can raise, under the kind that raises it. */
export const ERROR_CODES = {
  UsageError: ['BAD_ARGUMENT', 'BAD_PATH', 'BAD_VALUE', 'BAD_SYNTAX', 'NOT_CONFIRMED', 'OUTPUT_EXISTS'],
  NotFoundError: [
    'WINDOWS_NOT_FOUND',
    'HIVE_NOT_FOUND',
    'FILE_NOT_FOUND',
    'KEY_NOT_FOUND',
    'VALUE_NOT_FOUND',
    'OBJECT_NOT_FOUND',
    'ELEMENT_NOT_FOUND',
    'JOURNAL_NOT_FOUND',
    'VOLUME_NOT_FOUND',
  ],
  FormatError: [
    'NOT_A_HIVE',
    'TRUNCATED',
    'BAD_CHECKSUM',
    'BAD_CELL',
    'BAD_JOURNAL',
    'BAD_DESCRIPTOR',
    'BAD_FILE_SYSTEM',
    'UNSUPPORTED_VERSION',
  ],
  RefusedError: [
    'DIRTY_HIVE',
    'BAD_LOG',
    'HIBERNATED',
    'VOLUME_DIRTY',
    'READ_ONLY',
    'NO_RIGHTS',
    'IN_USE',
    'CHANGED_ON_DISK',
    'AMBIGUOUS',
    'WRONG_MACHINE',
    'LIVE_SYSTEM',
    'NOT_MOUNTED',
    'UNREADABLE',
    'UNFINISHED_JOURNAL',
    'STALE_JOURNAL',
    'JOURNAL_HOLDS_FILES',
    'LOCKED',
    'DAMAGED_HIVE',
    'LOSS_NOT_ACCEPTED',
    'HALF_OF_A_PAIR',
    'OUTSIDE_VOLUME',
    'BITLOCKER',
    'NO_DESCRIPTORS',
    'UNSAFE_JOURNAL_PLACE',
    'PROTECTED_KEY',
    'LIMIT',
    'UNRESOLVED_LINE',
    'UNREADABLE_STORAGE',
    'NOT_IN_PLACE',
    'UNSUPPORTED_IMAGE',
    'UNSAFE_BACKING',
    'QEMU_NEEDED',
    'PENDING_REPLAY',
    'USE_UNKNOWN',
  ],
  CommitError: ['BACKUP_FAILED', 'WRITE_FAILED', 'VERIFY_FAILED', 'RESTORE_NEEDED'],
  EngineError: ['ENGINE_LOAD', 'ENGINE_TRAP', 'OUT_OF_MEMORY'],
  InternalError: ['INVARIANT'],
} as const satisfies Record<ErrorKind, readonly string[]>;

export type UsageCode = (typeof ERROR_CODES)['UsageError'][number];
export type NotFoundCode = (typeof ERROR_CODES)['NotFoundError'][number];
export type FormatCode = (typeof ERROR_CODES)['FormatError'][number];
export type RefusedCode = (typeof ERROR_CODES)['RefusedError'][number];
export type CommitCode = (typeof ERROR_CODES)['CommitError'][number];
export type EngineCode = (typeof ERROR_CODES)['EngineError'][number];
export type ErrorCode = UsageCode | NotFoundCode | FormatCode | RefusedCode | CommitCode | EngineCode | 'INVARIANT';

/** What an error carries beside its sentence; JSON-safe. */
export type ErrorData = Readonly<Record<string, unknown>>;

export interface ErrorJson {
  readonly kind: ErrorKind;
  readonly code: ErrorCode;
  readonly message: string;
  readonly hint?: string;
  readonly data?: ErrorData;
}

interface ErrorDetail {
  readonly hint?: string;
  readonly data?: ErrorData;
  readonly cause?: unknown;
}

/** The one base class: `message` is one sentence, `hint` is the next command to type. */
export abstract class HivemendError extends Error {
  abstract readonly kind: ErrorKind;
  abstract readonly code: ErrorCode;
  abstract readonly exitCode: number;
  hint: string | undefined;
  readonly data: ErrorData | undefined;
  /** The machine of the disk that it is about, as reports have it, where that was known; no part of the JSON. */
  machine?: object;

  constructor(message: string, detail: ErrorDetail = {}) {
    super(message, detail.cause === undefined ? undefined : { cause: detail.cause });
    this.hint = detail.hint;
    this.data = detail.data;
  }

  override get name(): string {
    return this.kind;
  }

  toJSON(): ErrorJson {
    return {
      kind: this.kind,
      code: this.code,
      message: this.message,
      ...(this.hint === undefined ? {} : { hint: this.hint }),
      ...(this.data === undefined ? {} : { data: this.data }),
    };
  }
}

/** One of several codes says what it is. */
abstract class CodedError<Code extends ErrorCode> extends HivemendError {
  readonly code: Code;

  constructor(code: Code, message: string, detail?: ErrorDetail) {
    super(message, detail);
    this.code = code;
  }
}

/** The caller asked for something that cannot be meant (exit 2). */
export class UsageError extends CodedError<UsageCode> {
  readonly kind = 'UsageError';
  readonly exitCode = 2;
}

/** What was named is not there (exit 3). */
export class NotFoundError extends CodedError<NotFoundCode> {
  readonly kind = 'NotFoundError';
  readonly exitCode = 3;
}

/** The bytes are bad (exit 4). */
export class FormatError extends CodedError<FormatCode> {
  readonly kind = 'FormatError';
  readonly exitCode = 4;
}

/** It could be done, but only an operator may decide that (exit 5). */
export class RefusedError extends CodedError<RefusedCode> {
  readonly kind = 'RefusedError';
  readonly exitCode = 5;
}

/** A commit failed: exit 6 when the disk holds the original, 7 when undo must be run. */
export class CommitError extends CodedError<CommitCode> {
  readonly kind = 'CommitError';
  readonly exitCode: 6 | 7 = this.code === 'RESTORE_NEEDED' ? 7 : 6;
}

/** The wasm engine failed; its instance is thrown away and nothing was written (exit 8). */
export class EngineError extends CodedError<EngineCode> {
  readonly kind = 'EngineError';
  readonly exitCode = 8;
}

/** One of our own invariants does not hold; nothing was written (exit 70). */
export class InternalError extends HivemendError {
  readonly kind = 'InternalError';
  readonly exitCode = 70;
  readonly code = 'INVARIANT';
}
