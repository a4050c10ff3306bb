// repair: plan, verify, ask, commit.

import { type HivemendError, UsageError } from '../../base/errors.ts';
import { prepareRepair, type RepairRequest } from '../../commands/repair.ts';
import type { Host } from '../../host.ts';
import { planText } from '../../render/repair-text.ts';
import { ALL_TARGETS } from '../../repairs/checks/target.ts';
import type { Prepared } from '../../session/prepared.ts';
import { confirmAndCommit, refuseReadOnly, savePlan } from '../ask.ts';
import type { CliResult } from '../print.ts';
import { isDamage, offerRebuild } from '../repair/rebuild-offer.ts';
import { type RepairOptions, repairRequest } from '../repair/repair-request.ts';
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
  const request = repairRequest(context, volumes, options);
  const made = preparedOrDamage(context.host, request);
  if (made instanceof Error) return offerRebuild(context, request, options, made) ?? repair(context, volumes, options);
  using prepared = made;
  const { plan } = options;
  if (plan === undefined) return confirmAndCommit(context, prepared, volumes, options);
  const text = planText(prepared.dryReport, styleOf(context.terminal, options));
  return savePlan(context, prepared, volumes, { ...options, plan }, text);
}

/** A hive that is damaged is no end: a rebuild of it is offered. */
function preparedOrDamage(host: Host, request: RepairRequest): Prepared | HivemendError {
  try {
    return prepareRepair(host, request);
  } catch (error) {
    if (isDamage(error)) return error;
    throw error;
  }
}
