// What repair offers where a hive that Windows needs is damaged: a rebuild, as a plan of its own, asked for by itself. What
// approves a repair does not approve that.

import { HivemendError, RefusedError, UsageError } from '../../base/errors.ts';
import { commandLine } from '../../base/quote.ts';
import { damagedHive } from '../../commands/rebuild/damaged-hive.ts';
import type { PreparedRebuild } from '../../commands/rebuild/rebuild.ts';
import type { RepairRequest } from '../../commands/repair.ts';
import { rebuildResult, rebuildText } from '../../render/rebuild.ts';
import { type CliResult, errorText } from '../print.ts';
import { type CliContext, canAsk, styleOf } from '../terminal.ts';
import type { RepairOptions } from './repair-request.ts';

/** Whether an error says that a hive is damaged, so that a rebuild may be what helps. */
export function isDamage(error: unknown): error is HivemendError {
  return error instanceof HivemendError && (error.kind === 'FormatError' || error.code === 'DAMAGED_HIVE');
}

/**
 * Shows what a rebuild of the damaged hive would be, and asks where somebody can be asked. Null: it was rebuilt, and the
 * repair can be planned. Else why the repair is blocked, with that plan.
 * @throws `cause` where no hive is damaged that a rebuild could fix; UsageError NOT_CONFIRMED after No; as prepareRebuild.
 */
export function offerRebuild(
  context: CliContext,
  request: RepairRequest,
  options: RepairOptions & { readonly plan?: string },
  cause: HivemendError,
): CliResult | null {
  const { terminal, host } = context;
  const damaged = damagedHive(host, request);
  if (damaged === null) throw cause;
  using prepared = damaged.prepared;
  const refusal = prepared.whyRefused();
  const isAsking =
    canAsk(terminal) && !options.yes && !options.dryRun && options.plan === undefined && refusal === null;
  if (!isAsking) return blocked(context, request, options, { ...damaged, cause });
  terminal.stderr(rebuildText(prepared.dryReport, styleOf(terminal, options, true)));
  if (!terminal.confirm(`Rebuild ${damaged.hive} first? The repair is planned, and asked for, after that.`)) {
    throw new UsageError('NOT_CONFIRMED', 'the answer was No, and nothing was written');
  }
  terminal.stderr(`${rebuildResult(prepared.commit(), styleOf(terminal, options, true))}\n`);
  return null;
}

function blocked(
  { terminal, host }: CliContext,
  { volumes }: RepairRequest,
  options: RepairOptions,
  { hive, prepared, cause }: { hive: string; prepared: PreparedRebuild; cause: HivemendError },
): CliResult {
  const places = volumes.flatMap((volume) => ['--volume', volume]);
  const accept = prepared.facts.toAccept.length > 0 ? ['--accept-loss'] : [];
  const command = commandLine(['hivemend', 'rebuild', hive, ...places, '--in-place', ...accept], host.style);
  const error = new RefusedError('DAMAGED_HIVE', cause.message, {
    hint: command,
    ...(cause.data === undefined ? {} : { data: cause.data }),
    cause,
  });
  const dry = prepared.dryReport;
  const report = {
    ...dry,
    command: 'repair',
    dryRun: options.dryRun === true,
    status: 'blocked' as const,
    exitCode: error.exitCode,
    next: [{ why: `Rebuild ${hive} first, then repair:`, commands: [command] }],
    summary: { ...dry.summary, repairBlocked: error.message },
    error: error.toJSON(),
  };
  const stdout = rebuildText(dry, styleOf(terminal, options));
  return { exitCode: error.exitCode, stdout, stderr: errorText(error, terminal), report, volumes };
}
