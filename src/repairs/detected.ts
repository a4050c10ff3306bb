// What a repair finds in a view, looked up once: diagnose asks for it, and the plan asks again.

import type { Finding } from '../base/finding.ts';
import type { Repair, RepairOptions } from './model.ts';
import type { MachineView } from './view.ts';

interface Looked {
  readonly options: RepairOptions;
  readonly findings: readonly Finding[];
}

/** A view stands for one moment, so that what was found in it stays true of it. */
const known = new WeakMap<MachineView, Map<Repair, Looked>>();

/** The findings of `repair.detect`, kept for the view and the options that they are of. */
export function findingsOf(repair: Repair, view: MachineView, options: RepairOptions): readonly Finding[] {
  const ofView = known.get(view) ?? new Map<Repair, Looked>();
  known.set(view, ofView);
  const looked = ofView.get(repair);
  if (looked?.options === options) return looked.findings;
  const findings = repair.detect(view, options);
  ofView.set(repair, { options, findings });
  return findings;
}
