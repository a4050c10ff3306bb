// Starts programs, without a shell. The one file that does.

import { spawnSync } from 'node:child_process';
import { codeOf } from '../base/read-folder.ts';

export interface ProcessResult {
  /** Null: the program could not be started, or was ended; `error` says why (ENOENT, ETIMEDOUT). */
  readonly exitCode: number | null;
  readonly stdout: string;
  readonly stderr: string;
  readonly error: string | null;
}

/** Starts a program without a shell and waits for it. */
export type RunProcess = (program: string, args: readonly string[], input?: string) => ProcessResult;

const TIMEOUT_MS = 120_000;

export const runProcess: RunProcess = (program, args, input) => {
  const result = spawnSync(program, args, {
    encoding: 'utf8',
    input: input ?? '',
    timeout: TIMEOUT_MS,
    maxBuffer: 16 * 2 ** 20,
    windowsHide: true,
    env: { ...process.env, LC_ALL: 'C' },
  });
  return {
    exitCode: result.status,
    stdout: result.stdout ?? '',
    stderr: result.stderr ?? '',
    error: result.error ? codeOf(result.error) || result.error.message : null,
  };
};

/**
 * Starts a program that goes on in the background once it is ready, and waits until it is. What it says goes to the open
 * file `output`: a pipe would be waited for as long as the background process keeps it.
 */
export function startDaemon(
  program: string,
  args: readonly string[],
  output: number,
): Pick<ProcessResult, 'exitCode' | 'error'> {
  const result = spawnSync(program, args, {
    stdio: ['ignore', output, output],
    timeout: TIMEOUT_MS,
    windowsHide: true,
    env: { ...process.env, LC_ALL: 'C' },
  });
  return { exitCode: result.status, error: result.error ? codeOf(result.error) || result.error.message : null };
}
