// repair: plan, verify, ask, commit.

import { prepareRepair } from '../../commands/repair.ts';
import { repairText } from '../../render/repair-text.ts';
import { confirmAndCommit, refuseReadOnly, savePlan } from '../ask.ts';
import type { CliResult } from '../print.ts';
import { type RepairOptions, repairRequest } from '../repair-request.ts';
import { type CliContext, wantsColour } from '../terminal.ts';

export function repair(
  context: CliContext,
  volumes: readonly string[],
  options: RepairOptions & { readonly plan?: string; readonly force?: boolean },
): CliResult {
  refuseReadOnly(context.terminal, options);
  using prepared = prepareRepair(context.host, repairRequest(context, volumes, options));
  const { plan } = options;
  if (plan === undefined) return confirmAndCommit(context, prepared, volumes, options);
  const text = repairText(prepared.dryReport, { colour: wantsColour(context.terminal) });
  return savePlan(context, prepared, volumes, { ...options, plan }, `${text}\n`);
}
