import { describe, expect, it } from 'vitest';
import {
  CommitError,
  EngineError,
  ERROR_CODES,
  FormatError,
  HivemendError,
  InternalError,
  NotFoundError,
  RefusedError,
  UsageError,
} from '../../src/base/errors.ts';

const SAMPLES = [
  [new UsageError('BAD_PATH', 'text'), 2],
  [new NotFoundError('HIVE_NOT_FOUND', 'text'), 3],
  [new FormatError('NOT_A_HIVE', 'text'), 4],
  [new RefusedError('HIBERNATED', 'text'), 5],
  [new CommitError('WRITE_FAILED', 'text'), 6],
  [new CommitError('RESTORE_NEEDED', 'text'), 7],
  [new EngineError('ENGINE_TRAP', 'text'), 8],
  [new InternalError('text'), 70],
] as const;

describe.each(SAMPLES)('%s', (error, exitCode) => {
  it('has its exit code, kind and a code of that kind', () => {
    expect(error.exitCode).toBe(exitCode);
    expect(error.name).toBe(error.kind);
    expect(error).toBeInstanceOf(HivemendError);
    expect(error).toBeInstanceOf(Error);
    expect(ERROR_CODES[error.kind]).toContain(error.code);
  });
});

it('is data: hint and data are there only where they were given', () => {
  expect(JSON.parse(JSON.stringify(new UsageError('BAD_VALUE', 'no')))).toEqual({
    kind: 'UsageError',
    code: 'BAD_VALUE',
    message: 'no',
  });
  const cause = new Error('inner');
  const error = new RefusedError('LOCKED', 'held', { hint: 'wait', data: { pid: 7 }, cause });
  expect(error.toJSON()).toEqual({
    kind: 'RefusedError',
    code: 'LOCKED',
    message: 'held',
    hint: 'wait',
    data: { pid: 7 },
  });
  expect(error.cause).toBe(cause);
});

it('has each code once', () => {
  const all = Object.values(ERROR_CODES).flat();
  expect(new Set(all).size).toBe(all.length);
  expect(all.every((code) => /^[A-Z][A-Z_]*[A-Z]$/.test(code))).toBe(true);
});
