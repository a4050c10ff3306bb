// The chain from power-on to an RDP session: every link judged in every control set.

import type { Finding } from '../base/finding.ts';
import type { PlanOptions, RepairPlan } from './plan.ts';
import type { Certainty, LinkName } from './repair.ts';
import type { MachineView } from './view.ts';

/** A finding with its place in the chain. */
export interface Diagnosis extends Finding {
  readonly link: LinkName;
  /** 'ControlSet001', or null where it is about none. */
  readonly controlSet: string | null;
  readonly certainty: Certainty;
  readonly article: string;
}

/** The verdict on one link; `controlSet` null: the link is not kept in control sets. */
export interface Verdict {
  readonly link: LinkName;
  readonly controlSet: string | null;
  readonly verdict: 'ok' | 'remark' | 'broken' | 'unknown';
  /** What was looked at. */
  readonly text: string;
}

export interface MachineDiagnosis {
  /** What breaks RDP first, then warnings, then remarks; within these the order of the chain. */
  readonly findings: readonly Diagnosis[];
  readonly verdicts: readonly Verdict[];
  /** The very plan that repair with the same options commits. */
  readonly plan: RepairPlan;
  /** Some finding has severity error. */
  readonly breaksRdp: boolean;
}

export declare function diagnoseMachine(view: MachineView, options: PlanOptions): MachineDiagnosis;
