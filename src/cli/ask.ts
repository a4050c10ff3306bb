// From what a command prepared to the disk: HIVEMEND_READ_ONLY, the key of BitLocker, the one question, the commit. Every
// command that asks ends here.

import { HivemendError, RefusedError, UsageError } from '../base/errors.ts';
import { commandLine } from '../base/quote.ts';
import { planText, questionOf, repairText } from '../render/repair-text.ts';
import { commandText, type TextOptions } from '../render/style.ts';
import type { Report } from '../report.ts';
import type { Confirmable } from '../session/confirmable.ts';
import type { Prepared } from '../session/prepared.ts';
import type { WritingOptions } from './options.ts';
import { writeOutputFile } from './output.ts';
import { type CliResult, errorText } from './print.ts';
import { absolutePath, type CliContext, canAsk, styleOf, type Terminal } from './terminal.ts';

/** How a command shows what it would do, and what it did. */
export interface CommitTexts {
  /** What a person is asked to approve, or with --dry-run would be. */
  plan(report: Report, style: TextOptions): string;
  /** What was done; the plan is not said twice. */
  result(report: Report, style: TextOptions): string;
  /** The one question; left out: whether these changes are to be applied. */
  question?(report: Report): string;
}

const REPAIR_TEXTS: CommitTexts = { plan: planText, result: repairText };

/** Prints or asks, then commits. What refuses it ends in a report that has the machine. */
export function confirmAndCommit(
  context: CliContext,
  prepared: Confirmable,
  volumes: readonly string[],
  options: WritingOptions,
  texts: CommitTexts = REPAIR_TEXTS,
): CliResult {
  const { terminal } = context;
  const dry = prepared.dryReport;
  if (options.dryRun) {
    const written = prepared.hasChanges ? 'Dry run: nothing was written.' : 'Nothing would be written.';
    return dryResult(dry, `${texts.plan(dry, styleOf(terminal, options))}${written}\n`, volumes);
  }
  try {
    const { report, stdout } = askAndCommit(context, prepared, options, texts);
    return { exitCode: report.exitCode, stdout, stderr: '', report, volumes };
  } catch (error) {
    if (!(error instanceof HivemendError)) throw error;
    return refusedResult(terminal, dry, error, volumes);
  }
}

/** Asks where that is to be asked, then commits. @throws what refuses it; UsageError NOT_CONFIRMED */
export function askAndCommit(
  context: CliContext,
  prepared: Confirmable,
  options: WritingOptions,
  texts: CommitTexts,
): { readonly report: Report; readonly stdout: string } {
  const { terminal } = context;
  const style = styleOf(terminal, options);
  const dry = prepared.dryReport;
  const { hasChanges } = prepared;
  const isAsking = hasChanges && !options.yes && canAsk(terminal);
  if (hasChanges) {
    const refusal = prepared.whyRefused();
    if (refusal) throw refusal;
    refuseBitLocker(dry, options);
    if (isAsking) terminal.stderr(texts.plan(dry, styleOf(terminal, options, true)));
    requireConsent(
      context,
      options,
      (texts.question ?? questionOf)(dry),
      texts.plan(dry, styleOf(terminal, options, true)),
    );
  }
  const report = prepared.commit();
  const shown = isAsking || report.changes.length === 0 ? '' : texts.plan(report, style);
  return { report, stdout: `${shown}${texts.result(report, style)}` };
}

/** What --dry-run gives: where the command itself would be refused its status says so, and the plan is printed all the same. */
export function dryResult(report: Report, stdout: string, volumes: readonly string[]): CliResult {
  return { exitCode: report.exitCode, stdout, stderr: '', report, volumes };
}

/** Nothing was done: the report keeps what is known of the machine. */
function refusedResult(terminal: Terminal, dry: Report, error: HivemendError, volumes: readonly string[]): CliResult {
  const isRefused = error.kind === 'RefusedError';
  const report: Report = {
    ...dry,
    dryRun: false,
    status: isRefused ? 'blocked' : 'failed',
    exitCode: error.exitCode,
    repairs: [],
    changes: [],
    findings: dry.findings.filter(({ security }) => security === undefined),
    next: [],
    summary: { ...dry.summary, fixed: [], repairBlocked: isRefused ? error.message : null },
    error: error.toJSON(),
  };
  return { exitCode: error.exitCode, stdout: '', stderr: errorText(error, terminal), report, volumes };
}

/** Saves the plan for approval, also where a commit would be refused now; `text` shows it. */
export function savePlan(
  context: CliContext,
  prepared: Prepared,
  volumes: readonly string[],
  options: { readonly plan: string; readonly force?: boolean },
  text: string,
): CliResult {
  const { host, terminal } = context;
  const json = `${JSON.stringify(prepared.saved, null, 2)}\n`;
  writeOutputFile(host, options.plan, json, { force: options.force === true, volumes });
  const report = prepared.dryReport;
  const command = commandText(
    styleOf(terminal),
    commandLine(
      ['hivemend', 'apply', ...[options.plan, ...volumes].map((path) => absolutePath(context, path))],
      host.style,
    ),
  );
  const next = `The plan is saved. When it is approved:\n  ${command}\n`;
  return dryResult(report, `${text}${next}`, volumes);
}

/** A changed store can make the machine ask for its recovery key: --yes alone does not stand for that. */
function refuseBitLocker(report: Report, options: WritingOptions): void {
  const finding = report.findings.find((candidate) => candidate.code === 'BITLOCKER_MAY_ASK_FOR_KEY');
  const changesStore = report.changes.some(({ edit }) => 'key' in edit && edit.key.hive === 'BCD');
  if (!finding || !changesStore || !options.yes || options.bcd) return;
  throw new RefusedError('BITLOCKER', finding.text, {
    hint: 'have the recovery key at hand and add --bcd, or leave the store alone with --skip serial-console',
  });
}

/** @throws UsageError NOT_CONFIRMED after No, or where nobody can be asked and --yes is missing. */
export function requireConsent(
  context: CliContext,
  options: Pick<WritingOptions, 'yes'>,
  question: string,
  plan: string,
): void {
  if (options.yes) return;
  if (!canAsk(context.terminal)) {
    if (plan !== '') context.terminal.stderr(plan);
    throw new UsageError('NOT_CONFIRMED', 'no terminal to ask on; nothing was written', {
      hint: 'read the plan above, then add --yes to confirm it',
    });
  }
  if (!context.terminal.confirm(question))
    throw new UsageError('NOT_CONFIRMED', 'the answer was No, and nothing was written');
}

/** @throws RefusedError READ_ONLY when HIVEMEND_READ_ONLY is set and the command would write. */
export function refuseReadOnly(
  terminal: Terminal,
  options: { readonly dryRun?: boolean; readonly plan?: string },
): void {
  if (!terminal.env.HIVEMEND_READ_ONLY || options.dryRun || options.plan !== undefined) return;
  throw new RefusedError('READ_ONLY', 'HIVEMEND_READ_ONLY is set, so nothing is written', {
    hint: 'see what would be done with --dry-run',
  });
}
