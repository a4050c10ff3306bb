// What became of each line that a run reached.

import type { Change } from '../../registry/edit.ts';
import type { RuleId } from '../lint/rules.ts';
import type { Position } from '../parse/script.ts';

export type StepState =
  /** Done in memory. */
  | 'done'
  /** Its tool ended with an error. */
  | 'failed'
  /** Left out: its control set is not on the disk. */
  | 'skipped'
  /** Needs a running Windows. */
  | 'onWindows'
  /** Nothing is guessed. */
  | 'notUnderstood';

export interface Step {
  readonly block: number;
  readonly at: Position;
  /** The last of its lines in the script. */
  readonly endLine: number;
  /** As the script has it. */
  readonly source: string;
  /** As it was run. */
  readonly effective: string;
  readonly state: StepState;
  readonly rule: RuleId | null;
  /** Why it was not done, or what else is to be said. */
  readonly why: string;
  readonly exitCode: number;
  /** What the tool printed. */
  readonly output: string;
  readonly changes: readonly Change[];
}
