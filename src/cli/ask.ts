// From what a command prepared to the disk: HIVEMEND_READ_ONLY, the key of BitLocker, the one question, the commit. Every
// command that asks ends here.

import { RefusedError, UsageError } from '../base/errors.ts';
import { planText, repairText } from '../render/repair-text.ts';
import type { Report } from '../report.ts';
import type { Prepared } from '../session/prepared.ts';
import { reportExitCode } from './exit-code.ts';
import type { WritingOptions } from './options.ts';
import { writeOutputFile } from './output.ts';
import type { CliResult } from './print.ts';
import { type CliContext, canAsk, type Terminal, wantsColour } from './terminal.ts';

/** How a command shows what it would do, and what it did. */
export interface CommitTexts {
  /** What a person is asked to approve. */
  plan(report: Report, style: { readonly colour: boolean }): string;
  /** What was done, or with --dry-run would be. */
  result(report: Report, style: { readonly colour: boolean }): string;
}

const REPAIR_TEXTS: CommitTexts = { plan: planText, result: repairText };

/** Prints or asks, then commits. */
export function confirmAndCommit(
  context: CliContext,
  prepared: Prepared,
  volumes: readonly string[],
  options: WritingOptions,
  texts: CommitTexts = REPAIR_TEXTS,
): CliResult {
  const style = { colour: wantsColour(context.terminal) };
  const dry = prepared.dryReport;
  if (options.dryRun)
    return { exitCode: reportExitCode(dry), stdout: texts.result(dry, style), stderr: '', report: dry, volumes };
  if (prepared.changes.length > 0) {
    prepared.refuse();
    refuseBitLocker(dry, options);
    if (!options.yes && canAsk(context.terminal)) context.terminal.stderr(texts.plan(dry, style));
    const question = `Write these ${prepared.changes.length} changes?`;
    requireConsent(context, options, question, texts.plan(dry, { colour: false }));
  }
  const report = prepared.commit();
  return { exitCode: reportExitCode(report), stdout: texts.result(report, style), stderr: '', report, volumes };
}

/** Saves the plan for approval; `text` shows it. */
export function savePlan(
  context: CliContext,
  prepared: Prepared,
  volumes: readonly string[],
  options: { readonly plan: string; readonly force?: boolean },
  text: string,
): CliResult {
  const json = `${JSON.stringify(prepared.saved, null, 2)}\n`;
  writeOutputFile(context.host, options.plan, json, { force: options.force === true, volumes });
  const report = prepared.dryReport;
  const next = `The plan is saved. When it is approved:\n  hivemend apply ${options.plan} ${volumes.join(' ')}\n`;
  return { exitCode: reportExitCode(report), stdout: `${text}${next}`, stderr: '', report, volumes };
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
    throw new UsageError('NOT_CONFIRMED', 'nobody can be asked here, and nothing was written', {
      hint: 'read the plan above, then run it again with --yes',
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
