// From a profile and what was asked for to the edits, in two parts: what mends a cause that was found, and what the
// profile sets besides.

import type { Finding } from '../base/finding.ts';
import type { HiveEdit } from '../registry/edit.ts';
import type { Profile } from './profiles.ts';
import type { PlannedEdit, RepairOptions } from './repair.ts';
import type { MachineView } from './view.ts';

export interface PlanOptions extends RepairOptions {
  readonly profile: Profile;
  /** Only these repairs, whatever the profile says; null: the profile's. */
  readonly only: readonly string[] | null;
  readonly skip: readonly string[];
  /** Leaves out what mends nothing that was found. */
  readonly needed: boolean;
}

/** What one repair sees and would do. */
export interface RepairPart {
  readonly name: string;
  readonly findings: readonly Finding[];
  readonly edits: readonly PlannedEdit[];
}

export interface RepairPlan {
  readonly profile: string;
  /** The repairs that the plan ran through, in order; edits may be []. */
  readonly parts: readonly RepairPart[];
  /** All edits in the order in which they are applied. */
  readonly edits: readonly PlannedEdit[];
  /** Those of `edits` that mend a cause that was found. */
  readonly mends: readonly PlannedEdit[];
  /** Those of `edits` that the profile sets besides; [] with `needed`. */
  readonly besides: readonly PlannedEdit[];
  /** The parts' findings, and one SECURITY_LOWERED or SECURITY_RAISED for each edit that declares it. */
  readonly findings: readonly Finding[];
  /** Repairs that were asked for and cannot be done here. */
  readonly skipped: readonly { readonly what: string; readonly why: string }[];
}

/**
 * The plan that repair commits and diagnose prints.
 * @throws UsageError BAD_ARGUMENT for a repair that does not exist, with the nearest name in the hint.
 */
export declare function planRepair(view: MachineView, options: PlanOptions): RepairPlan;
export type { HiveEdit };
