// What a person reads of a diagnosis.

import type { Finding } from '../base/finding.ts';
import { printable } from '../base/text.ts';
import type { Diagnosed, DiagnoseReport, PlannedChange } from '../commands/diagnose.ts';
import type { Diagnosis } from '../repairs/model.ts';
import { stopsStart } from '../repairs/summary.ts';
import type { Verdict } from '../repairs/verdicts.ts';
import type { Summary } from '../report.ts';
import { editPlace, editText, isElementKey } from './change.ts';
import { findingLine, machineLines, painted, section, type TextOptions } from './repair-text.ts';

/** Findings of a damaged disk that are shown, of two lines each. */
const SHOWN_IN_DAMAGE = 3;

/** What the findings come to, in a sentence. */
export function diagnoseSummary({ summary }: Pick<DiagnoseReport, 'summary'>): string {
  return [stateSentence(summary), uncheckedSentence(summary)].filter((sentence) => sentence !== '').join(' ');
}

function stateSentence({ state, causes }: Summary): string {
  if (causes.length === 0) return state === 'incomplete' ? 'No cause found so far.' : 'No cause found.';
  const fixable = causes.filter(({ repair }) => repair !== null).length;
  const effect = causes.some(({ code }) => stopsStart(code)) ? 'Windows cannot start' : 'Remote Desktop cannot work';
  const can = fixable === causes.length ? 'all can be fixed' : `${fixable} can be fixed`;
  return `${effect}. ${causes.length} ${causes.length === 1 ? 'cause' : 'causes'} found, ${can}.`;
}

function uncheckedSentence({ notChecked }: Summary): string {
  if (notChecked.length === 0) return '';
  const names = notChecked.map(({ check }) => check).join(', ');
  return `${notChecked.length} ${notChecked.length === 1 ? 'check' : 'checks'} could not run (${names}).`;
}

/** What a person reads: the state, what was found, the checks, the plan in its parts. */
export function diagnoseText({ shown: report }: Pick<Diagnosed, 'shown'>, style: TextOptions): string {
  const { summary } = report;
  const lowers = report.findings.filter((finding) => finding.security === 'lowers');
  return [
    `${painted(style, summary.state === 'clear' ? 'green' : 'red', diagnoseSummary(report))}\n\n`,
    ...(summary.repairBlocked === null ? [] : [`Repair is blocked: ${printable(summary.repairBlocked)}\n\n`]),
    section(style, 'Machine', machineLines(report.machine)),
    section(
      style,
      'Found',
      shownFindings(report).flatMap(({ first, others }) => diagnosisLines(style, first, others)),
    ),
    section(
      style,
      'Not checked',
      summary.notChecked.map(({ check, why }) => `${check}: ${printable(why)}`),
    ),
    section(
      style,
      'Checks, from power-on to a session',
      report.checks
        .filter(({ link }) => summary.state !== 'damaged' || link === 'disk')
        .map((verdict) => verdictLine(style, verdict)),
    ),
    section(style, 'Plan: what mends a cause that was found', planLines(report.plan.mends)),
    section(style, 'Plan: what an option asks for, and keys that must be there', planLines(report.plan.requested)),
    section(
      style,
      `Plan: what the profile ${report.plan.profile} sets besides (left out by --needed)`,
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

/** Of a damaged hive a person reads its causes: each record that cannot be read is in the JSON, and inspect lists it. */
function shownFindings(report: Pick<DiagnoseReport, 'findings' | 'summary'>): AlikeFindings[] {
  const all = alikeFindings(report);
  if (report.summary.state !== 'damaged') return all;
  return all.filter(({ first }) => isDiagnosis(first) && first.severity === 'error').slice(0, SHOWN_IN_DAMAGE);
}

/** A finding, and the other control sets in which it stands alike. */
export interface AlikeFindings {
  readonly first: Finding;
  readonly others: readonly string[];
}

/**
 * What stands alike in several control sets is said once, of the one that boots: it comes first in the findings. Two
 * findings of one control set stay two.
 */
export function alikeFindings(report: Pick<DiagnoseReport, 'findings'>): AlikeFindings[] {
  const groups: { readonly first: Finding; readonly alike: string; readonly sets: (string | null)[] }[] = [];
  for (const finding of report.findings.filter((one) => one.security === undefined)) {
    const controlSet = isDiagnosis(finding) ? finding.controlSet : null;
    const place = (finding.where.key ?? finding.where.file).replace(/^SYSTEM\\ControlSet\d+/i, '');
    const alike = `${finding.code} ${place}`;
    const group = groups.find((one) => one.alike === alike && !one.sets.includes(controlSet));
    if (group && controlSet !== null) group.sets.push(controlSet);
    else groups.push({ first: finding, alike, sets: [controlSet] });
  }
  return groups.map(({ first, sets }) => ({ first, others: sets.slice(1).filter((set) => set !== null) }));
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
