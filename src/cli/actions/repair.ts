// repair: plan, verify, ask, commit.

import { UsageError } from '../../base/errors.ts';
import { prepareRepair } from '../../commands/repair.ts';
import { planText } from '../../render/repair-text.ts';
import { ALL_TARGETS } from '../../repairs/checks/target.ts';
import { confirmAndCommit, refuseReadOnly, savePlan } from '../ask.ts';
import type { CliResult } from '../print.ts';
import { type RepairOptions, repairRequest } from '../repair-request.ts';
import { type CliContext, styleOf } from '../terminal.ts';

export function repair(
  context: CliContext,
  volumes: readonly string[],
  options: RepairOptions & { readonly plan?: string; readonly force?: boolean },
): CliResult {
  refuseReadOnly(context.terminal, options);
  if (options.target === ALL_TARGETS) {
    throw new UsageError('BAD_ARGUMENT', '--target all is for diagnose; repair was expected to be told one platform', {
      hint: `hivemend diagnose --target ${ALL_TARGETS} <volume>`,
    });
  }
  using prepared = prepareRepair(context.host, repairRequest(context, volumes, options));
  const { plan } = options;
  if (plan === undefined) return confirmAndCommit(context, prepared, volumes, options);
  const text = planText(prepared.dryReport, styleOf(context.terminal, options));
  return savePlan(context, prepared, volumes, { ...options, plan }, text);
}
