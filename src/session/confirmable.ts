// What a writing command asks about, in the shape that the one question and the one commit take.

import { HivemendError } from '../base/errors.ts';
import type { Report } from '../report.ts';

/** What a person confirms and what is then written: a commit, or the undo of one. */
export interface Confirmable {
  /** Whether `commit` would write anything. */
  readonly hasChanges: boolean;
  /** What would be done, in the shape in which `commit` reports it. */
  readonly dryReport: Report;
  /** What would refuse the commit; null: nothing does, or nothing would be written. */
  whyRefused(): HivemendError | null;
  commit(): Report;
}

/** What `check` throws, given instead; null: nothing. */
export function refusalOf(check: () => void): HivemendError | null {
  try {
    check();
    return null;
  } catch (error) {
    if (error instanceof HivemendError) return error;
    throw error;
  }
}

/** The report of what would be done, where that would be refused. */
export function blockedReport(report: Report, refusal: HivemendError): Report {
  return {
    ...report,
    status: refusal.kind === 'RefusedError' ? 'blocked' : 'failed',
    exitCode: refusal.exitCode,
    summary: { ...report.summary, repairBlocked: refusal.message },
    error: refusal.toJSON(),
  };
}
