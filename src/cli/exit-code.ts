// The exit statuses, in one place: docs and help are made from this list.

import { HivemendError } from '../base/errors.ts';
import type { Report } from '../report.ts';

export const INTERRUPTED_EXIT_CODE = 130;

/** Exit status to meaning, as help and docs print them. */
export const EXIT_CODES: readonly (readonly [number, string])[] = [
  [0, 'done, or nothing to do'],
  [1, 'a cause was found, or is left after a repair; what could be one was not read; a difference; a lint error'],
  [2, 'the call was wrong, or needs --yes'],
  [3, 'what was named is not there'],
  [4, 'the bytes are bad'],
  [5, 'refused: an operator has to decide'],
  [6, 'the commit failed; the disk holds the original'],
  [7, 'the commit failed; run hivemend undo'],
  [8, 'the engine failed; nothing was written'],
  [70, 'a defect of hivemend; nothing was written'],
  [INTERRUPTED_EXIT_CODE, 'interrupted; nothing was written'],
];

/** The exit status of a report, by its status. */
export function reportExitCode(report: Pick<Report, 'status'>): number {
  if (report.status === 'findings' || report.status === 'partly') return 1;
  return 0;
}

/** The exit status of something thrown: its kind says it, anything unknown is our defect. */
export function errorExitCode(error: unknown): number {
  return error instanceof HivemendError ? error.exitCode : 70;
}
