// rebuild: a damaged hive as a new file, or over the old one after the question.

import { UsageError } from '../../base/errors.ts';
import { commandLine } from '../../base/quote.ts';
import { printable } from '../../base/text.ts';
import { type PreparedRebuild, prepareRebuild } from '../../commands/rebuild/rebuild.ts';
import { rebuildResult, rebuildText } from '../../render/rebuild.ts';
import { exitCodeOf, type Report } from '../../report.ts';
import { refuseReadOnly, requireConsent } from '../ask.ts';
import { sessionOptions, type WritingOptions } from '../options.ts';
import { volumesOf, writeOutputFile } from '../output.ts';
import { type CliResult, errorText } from '../print.ts';
import { absolutePath, type CliContext, canAsk, styleOf } from '../terminal.ts';

/** As commander gives them. */
interface RebuildOptions extends WritingOptions {
  readonly output?: string;
  readonly inPlace?: boolean;
  readonly volume?: string[];
  readonly windows?: string;
  readonly from?: string;
  readonly orphans?: boolean;
  readonly deleted?: boolean;
  readonly acceptLoss?: boolean;
  readonly removeTransactions?: boolean;
  readonly force?: boolean;
}

export function rebuild(context: CliContext, words: readonly string[], options: RebuildOptions): CliResult {
  const { output, inPlace = false, dryRun = false } = options;
  const volumes = (options.volume ?? []).map((volume) => absolutePath(context, volume));
  if (!dryRun && (output === undefined) !== inPlace) {
    const onVolumes = volumes.flatMap((volume) => ['--volume', volume]);
    const look = ['hivemend', 'rebuild', words[0]!, ...onVolumes, '--dry-run'];
    throw new UsageError('BAD_ARGUMENT', 'expected one of -o <file>, --in-place and --dry-run', {
      hint: `Look first:\n  ${commandLine(look, context.host.style)}`,
    });
  }
  if (inPlace) refuseReadOnly(context.terminal, options);
  using prepared = prepareRebuild(context.host, {
    hive: words[0]!,
    volumes,
    orphans: options.orphans === true,
    deleted: options.deleted === true,
    acceptLoss: options.acceptLoss === true,
    removeTransactions: options.removeTransactions === true,
    ...sessionOptions(options),
    ...(options.from === undefined ? {} : { from: options.from }),
    // A dry run looks as a new file's does, unless it is asked what --in-place would do.
    ...(inPlace ? {} : { output: output ?? '' }),
    ...(options.note === undefined ? {} : { note: options.note }),
  });
  const read = volumes.length > 0 ? volumes : volumesOf(context.host.fs, context.host.style, words);
  const style = styleOf(context.terminal, options);
  if (dryRun) return resultOf(prepared.dryReport);
  if (inPlace)
    return refused(context, prepared, options, read) ?? resultOf(commit(context, prepared, options), rebuildResult);
  if (prepared.facts.way !== 'sound') {
    writeOutputFile(context.host, output!, prepared.image, { force: options.force === true, volumes: read });
  }
  const isWhole = prepared.facts.losses.length === 0;
  const status = isWhole ? prepared.dryReport.status : 'partly';
  return resultOf({ ...prepared.dryReport, dryRun: false, status, exitCode: exitCodeOf(status), next: [] });

  function resultOf(report: Report, text = rebuildText): CliResult {
    return { exitCode: report.exitCode, stdout: text(report, style), stderr: '', report, volumes: read };
  }
}

/** Why nothing is written, with the losses that it is about; null where it can be. */
function refused(
  context: CliContext,
  prepared: PreparedRebuild,
  options: RebuildOptions,
  volumes: readonly string[],
): CliResult | null {
  const { terminal } = context;
  const refusal = prepared.whyRefused();
  if (refusal === null) return null;
  const report: Report = { ...prepared.dryReport, dryRun: false };
  const plan = canAsk(terminal) ? rebuildText(report, styleOf(terminal, options, true)) : '';
  return { exitCode: refusal.exitCode, stdout: '', stderr: `${plan}${errorText(refusal, terminal)}`, report, volumes };
}

/** Asks where somebody has to be asked, then writes. */
function commit(context: CliContext, prepared: PreparedRebuild, options: RebuildOptions): Report {
  if (prepared.facts.way === 'sound' && prepared.changes.length === 0) return prepared.commit();
  const plan = rebuildText(prepared.dryReport, styleOf(context.terminal, options, true));
  if (!options.yes && canAsk(context.terminal)) context.terminal.stderr(plan);
  const path = printable(prepared.facts.path);
  requireConsent(context, options, `Write this over ${path}?`, plan);
  return prepared.commit();
}
