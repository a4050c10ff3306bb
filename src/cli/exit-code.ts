// The exit statuses, in one place: docs and help are made from this list.

import { HivemendError } from '../base/errors.ts';

export const INTERRUPTED_EXIT_CODE = 130;

/** Exit status to meaning, as help and docs print them. */
export const EXIT_CODES: readonly (readonly [number, string])[] = [
  [0, 'Done, or nothing to do'],
  [1, 'A cause found or left, a check that could not run, a difference'],
  [2, 'Wrong call, or not confirmed (add --yes)'],
  [3, 'Not found'],
  [4, 'Bad data: the bytes are not what they should be'],
  [5, 'Refused: an operator has to decide'],
  [6, 'The commit failed; the disk holds the original'],
  [7, 'The commit failed; run hivemend undo'],
  [8, 'The engine failed; nothing was written'],
  [70, 'Internal error (a bug in hivemend); nothing was written'],
  [INTERRUPTED_EXIT_CODE, 'Interrupted; nothing was written'],
];

/** The exit status of something thrown: its kind says it, anything unknown is our defect. */
export function errorExitCode(error: unknown): number {
  return error instanceof HivemendError ? error.exitCode : 70;
}
