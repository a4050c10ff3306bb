// What -v adds to a diagnosis: every finding with its evidence and source, the table of checks, the plan.

import type { Finding } from '../base/finding.ts';
import { printable } from '../base/text.ts';
import type { DiagnoseReport } from '../repairs/diagnose.ts';
import type { Diagnosis } from '../repairs/model.ts';
import type { PlannedChange } from '../repairs/plan.ts';
import { editPlace, editText, isElementKey } from '../repairs/revert/change-text.ts';
import type { Verdict } from '../repairs/verdicts.ts';
import { checkWord, machineDetails, setNumbers } from './machine.ts';
import { findingLine, securityLines } from './repair-text.ts';
import { padded, section, type TextOptions } from './style.ts';

/** Findings of a damaged disk that are shown: inspect --validate has all. */
const SHOWN_IN_DAMAGE = 4;

/** A verdict as it is read. */
export const VERDICT_WORDS = { ok: 'OK', remark: 'see above', broken: 'error', unknown: 'not checked' } as const;

type Shown = Omit<DiagnoseReport, 'targets'>;

export function diagnosisDetails(report: Shown, style: TextOptions): string[] {
  const { machine, summary } = report;
  const text = [
    section(style, 'MACHINE', machine ? machineDetails(machine) : []),
    section(
      style,
      'FINDINGS',
      shownFindings(report).flatMap((finding) => findingLines(style, finding)),
    ),
    section(
      style,
      'CHECKS, from power-on to a session',
      report.checks.filter(({ link }) => summary.state !== 'damaged' || link === 'disk').map(verdictLine),
    ),
    section(style, 'PLAN: what fixes a cause or a warning', planLines(report.plan.fixes)),
    section(style, 'PLAN: what an option asks for, and keys that must be there', planLines(report.plan.requested)),
    section(
      style,
      `PLAN: what the repair profile ${report.plan.profile} sets besides (skipped with --needed)`,
      planLines(report.plan.besides),
    ),
    section(style, 'SECURITY', securityLines(style, report.findings)),
    section(
      style,
      'SKIPPED',
      report.skipped.map(({ what, why }) => `${what}: ${printable(why)}`),
    ),
  ].join('');
  return text.trimEnd().split('\n');
}

function shownFindings({ findings, summary }: Shown): readonly Finding[] {
  const told = findings.filter((finding) => finding.security === undefined);
  if (summary.state !== 'damaged') return told;
  return told.filter((one) => isDiagnosis(one) && one.severity === 'error').slice(0, SHOWN_IN_DAMAGE);
}

export const isDiagnosis = (finding: Finding): finding is Diagnosis => 'certainty' in finding;

function findingLines(style: TextOptions, finding: Finding): string[] {
  const about = [
    ...(finding.controlSets && finding.controlSets.length > 0
      ? [`control sets ${setNumbers(finding.controlSets)}`]
      : []),
    ...(finding.where.key === undefined ? [] : [printable(finding.where.key)]),
    printable(finding.where.file),
    ...(isDiagnosis(finding) ? [`${finding.certainty}; source: ${finding.article}`] : []),
  ];
  return [findingLine(style, finding), ...about.map((line) => `  ${line}`)];
}

function verdictLine({ link, controlSet, verdict, text }: Verdict): string {
  const name = `${checkWord(link)}${controlSet === null ? '' : ` (${controlSet.slice(-3)})`}`;
  return `${padded(name, 22)} ${padded(VERDICT_WORDS[verdict], 12)} ${printable(text)}`;
}

function planLines(planned: readonly PlannedChange[]): string[] {
  const lines: string[] = [];
  let last = '';
  for (const { repair, edit, why, fixes } of planned) {
    if (isElementKey(edit)) continue;
    const head = `${repair}: ${editPlace(edit)}`;
    if (head !== last) lines.push(head);
    last = head;
    lines.push(`  ${editText(edit)}${fixes === null ? '' : `  (${fixes})`}`, `    ${printable(why)}`);
  }
  return lines;
}
