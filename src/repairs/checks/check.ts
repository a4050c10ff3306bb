// A check finds what breaks RDP and no repair fixes: what only a person, or another tool, can do something about.

import type { Finding } from '../../base/finding.ts';
import type { Certainty, LinkName, RepairOptions } from '../model.ts';
import type { MachineView } from '../view.ts';

export interface Check {
  readonly link: LinkName;
  readonly article: string;
  readonly certainty: Certainty;
  /** What it cannot look at it may throw, as a HivemendError. */
  readonly detect: (view: MachineView, options: RepairOptions) => readonly Finding[];
}
