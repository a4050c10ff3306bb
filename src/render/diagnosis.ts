// A diagnosis as a person reads it: what breaks RDP first, the checks, the plan in its parts.

import type { Finding } from '../base/finding.ts';
import { printable } from '../base/text.ts';
import type { Diagnosed, DiagnoseReport, PlannedChange } from '../commands/diagnose.ts';
import type { Diagnosis } from '../repairs/model.ts';
import type { Verdict } from '../repairs/verdicts.ts';
import { editPlace, editText, isElementKey } from './change.ts';
import { findingLine, machineLines, painted, section, type TextOptions } from './repair-text.ts';

/** What the findings come to, in a sentence. */
export function diagnoseSummary({ findings }: Pick<DiagnoseReport, 'findings'>): string {
  const causes = findings.filter((finding) => isDiagnosis(finding) && finding.severity === 'error').length;
  if (causes === 0) return 'Nothing on this disk keeps Remote Desktop from working.';
  return `${causes === 1 ? 'One finding breaks' : `${causes} findings break`} Remote Desktop on this disk.`;
}

/** What a person reads: what breaks RDP first, the checks, the plan in two parts. */
export function diagnoseText(
  { shown: report, diagnosis }: Pick<Diagnosed, 'shown' | 'diagnosis'>,
  style: TextOptions,
): string {
  const head = painted(style, diagnosis.breaksRdp ? 'red' : 'green', diagnoseSummary(report));
  const lowers = report.findings.filter((finding) => finding.security === 'lowers');
  return [
    `${head}\n\n`,
    section(style, 'Machine', machineLines(report.machine)),
    section(
      style,
      'Found',
      alikeFindings(report).flatMap(({ first, others }) => diagnosisLines(style, first, others)),
    ),
    section(
      style,
      'Checks, from power-on to a session',
      report.checks.map((verdict) => verdictLine(style, verdict)),
    ),
    section(style, 'Plan: what mends a cause that was found', planLines(report.plan.mends)),
    section(style, 'Plan: what an option asks for, and keys that must be there', planLines(report.plan.requested)),
    section(
      style,
      `Plan: what the profile ${diagnosis.plan.profile} sets besides (left out by --needed)`,
      planLines(report.plan.besides),
    ),
    section(
      style,
      'The plan lowers security',
      lowers.flatMap((finding) => [
        printable(finding.text),
        ...(finding.revert ?? []).map((line) => `  take it back: ${printable(line)}`),
      ]),
    ),
    section(
      style,
      'Cannot be done here',
      report.skipped.map(({ what, why }) => `${what}: ${printable(why)}`),
    ),
    section(
      style,
      'Next',
      report.next.flatMap(({ why, commands }) => [why, ...commands.map((line) => `  ${printable(line)}`)]),
    ),
  ].join('');
}

/** A finding, and the other control sets in which it stands alike. */
export interface AlikeFindings {
  readonly first: Finding;
  readonly others: readonly string[];
}

/** What stands alike in several control sets is said once, of the one that boots: it comes first in the findings. */
export function alikeFindings(report: Pick<DiagnoseReport, 'findings'>): AlikeFindings[] {
  const groups = new Map<string, { first: Finding; others: string[] }>();
  for (const finding of report.findings.filter((one) => one.security === undefined)) {
    const controlSet = isDiagnosis(finding) ? finding.controlSet : null;
    const alike = `${finding.code} ${(finding.where.key ?? finding.where.file).replace(/^SYSTEM\\ControlSet\d+/i, '')}`;
    const group = groups.get(alike);
    if (group && controlSet !== null) group.others.push(controlSet);
    else groups.set(group ? `${alike} ${groups.size}` : alike, { first: finding, others: [] });
  }
  return [...groups.values()];
}

const isDiagnosis = (finding: Finding): finding is Diagnosis => 'certainty' in finding;

function diagnosisLines(style: TextOptions, finding: Finding, others: readonly string[]): string[] {
  const about = [
    ...(isDiagnosis(finding) ? [finding.certainty, `article ${finding.article}`] : []),
    printable(finding.where.file),
    ...(others.length > 0 ? [`the same in ${others.join(', ')}`] : []),
  ];
  return [findingLine(style, finding), painted(style, 'dim', `        ${about.join('; ')}`)];
}

/** A verdict as it is read. */
export const VERDICT_WORDS = {
  ok: 'in order',
  remark: 'see above',
  broken: 'BROKEN',
  unknown: 'not to be told',
} as const;
const VERDICT_COLOURS = { ok: 'green', remark: 'yellow', broken: 'red', unknown: 'dim' } as const;

function verdictLine(style: TextOptions, { link, controlSet, verdict, text }: Verdict): string {
  const name = `${link}${controlSet === null ? '' : ` (${controlSet.slice(-3)})`}`;
  return `${name.padEnd(22)} ${painted(style, VERDICT_COLOURS[verdict], VERDICT_WORDS[verdict].padEnd(14))} ${printable(text)}`;
}

function planLines(planned: readonly PlannedChange[]): string[] {
  const lines: string[] = [];
  let last = '';
  for (const { repair, edit, why, mends } of planned) {
    if (isElementKey(edit)) continue;
    const head = `${repair}: ${editPlace(edit)}`;
    if (head !== last) lines.push(head);
    last = head;
    lines.push(`  ${editText(edit)}${mends === null ? '' : `  (${mends})`}`, `    ${printable(why)}`);
  }
  return lines;
}
