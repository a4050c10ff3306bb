// What a person reads of a run: each line of the script with what became of it, one warning of each kind, and a tally.

import type { Finding } from '../base/finding.ts';
import { append } from '../base/lists.ts';
import { printable } from '../base/text.ts';
import type { Change } from '../registry/edit.ts';
import { changeLines, editPlace, isElementKey } from '../repairs/revert/change-text.ts';
import type { Report } from '../report.ts';
import type { LineResult, LineState, Tally } from '../runbook/run/lines.ts';
import { blockName, type PreparedRun } from '../runbook/run/run.ts';
import { findingLine, planHeadline, repairText, undoSteps, warnSections } from './repair-text.ts';
import { idOf } from './sarif.ts';
import { counted, painted, paragraph, section, type TextOptions } from './style.ts';

/** What a person is asked to approve: each line of the script, and what the whole brings about. */
export function runPlanText(run: PreparedRun, report: Report, style: TextOptions): string {
  const blocked = report.error ? paragraph(style, `Blocked: ${printable(report.error.message)}.`) : [];
  const head = [
    ...blocked.map((line) => painted(style, 'red', line)),
    ...paragraph(style, planHeadline(report)).map((line) => painted(style, 'bold', line)),
    ...paragraph(style, tallyLine(run.tally)),
  ];
  const windows = run.lines.filter((line) => line.state === 'onWindows');
  return [
    `${head.join('\n')}\n\n`,
    ...run.chosen.map((block) => section(style, blockName(block), blockLines(run, block.number), 17)),
    section(
      style,
      'SKIPPED BLOCKS',
      run.leftOut.map(({ block, why }) => `${blockName(block)}, line ${block.lines[0]?.line ?? 0}: ${why}`),
    ),
    section(
      style,
      'RUN THESE ON WINDOWS YOURSELF',
      windows.map((line) => ({ command: windowsLine(line) })),
    ),
    section(style, 'REMARKS ON THE SCRIPT', scriptLines(run, style)),
    section(
      style,
      'FOUND ON THE DISK',
      diskFindings(run, report).map((finding) => findingLine(style, finding)),
    ),
    warnSections({ ...report, skipped: [] }, style),
    ...listingLines(run, report, style),
    section(style, 'UNDO', report.dryRun ? undoSteps(report, style) : []),
  ].join('');
}

/** What was done. */
export function runResultText({ tally }: PreparedRun, report: Report, style: TextOptions): string {
  return `${paragraph(style, tallyLine(tally)).join('\n')}\n${repairText({ ...report, skipped: [] }, style)}`;
}

const STATES: Readonly<Record<LineState, string>> = {
  done: 'done',
  noChange: 'no change',
  onWindows: 'on Windows',
  skipped: 'skipped',
  notUnderstood: 'NOT UNDERSTOOD',
};

/** A change of many files is told by its first ones; the report file has them all. */
const MOST_PLACES = 4;

/** A line of the script each, with what is run where that differs, why it is not, what it changes and what it answers. */
function blockLines(run: PreparedRun, number: number): string[] {
  return run.lines.filter((line) => line.block === number).flatMap(shownLine);
}

function shownLine(line: LineResult): string[] {
  const state = line.isFailed ? 'FAILED' : STATES[line.state];
  const head = `${String(line.line).padStart(5)}  ${state.padEnd(10)}  ${printable(line.text.trim())}`;
  const below = (text: string): string => `${' '.repeat(19)}${text}`;
  const lines = [head];
  const { effective, why } = line;
  const isOther = effective !== null && line.state !== 'notUnderstood' && normal(effective) !== normal(line.text);
  if (isOther && !isShell(line.text)) lines.push(below(`-> ${printable(effective)}`));
  if (why !== '' && line.state !== 'onWindows') lines.push(below(printable(why)));
  const places = placesOf(line.changes);
  for (const place of places.slice(0, MOST_PLACES)) append(lines, place.map(below));
  if (places.length > MOST_PLACES) lines.push(below(`and ${places.length - MOST_PLACES} more (--report has them all)`));
  for (const answer of line.answer.split(/\r?\n/).filter((text) => text.trim() !== ''))
    lines.push(below(`| ${printable(answer)}`));
  return lines;
}

/** Statements of a shell show what they run by their changes. */
function isShell(text: string): boolean {
  return /^\s*(?:for|if|foreach|\$|\(|@\()/i.test(text);
}

/** Each place that changes, with its changes; permissions by the file alone. */
function placesOf(changes: readonly Change[]): string[][] {
  const found: string[][] = [];
  let last = '';
  for (const change of changes) {
    if (isElementKey(change.edit)) continue;
    const place = editPlace(change.edit);
    if (change.edit.op === 'set-security') {
      found.push([`permissions of ${place}`]);
      continue;
    }
    if (place !== last) found.push([place]);
    last = place;
    append(
      found.at(-1) ?? [],
      changeLines(change).map((text) => `  ${text}`),
    );
  }
  return found;
}

function windowsLine(line: LineResult): string {
  const why = line.why.replace(/^run this on Windows yourself(?::|;)? ?/, '');
  return `${printable(line.effective ?? line.text.trim())}${why === '' ? '' : `   (line ${line.line}: ${printable(why)})`}`;
}

function isShown(finding: Finding): boolean {
  return (
    finding.code !== 'STORE_BESIDE_WINDOWS' &&
    finding.code !== 'RUN_ELSEWHERE' &&
    finding.code !== 'CONTROL_SET_BY_NUMBER' &&
    finding.code !== 'LINE_FAILED' &&
    finding.code !== 'CONTROL_SET_SKIPPED'
  );
}

/** One line a kind: the first of it, and where the others are. */
function scriptLines(run: PreparedRun, style: TextOptions): string[] {
  const kinds = new Map<string, Finding[]>();
  for (const finding of run.findings.filter(isShown))
    kinds.set(finding.code, [...(kinds.get(finding.code) ?? []), finding]);
  return [...kinds.values()].map(([first, ...others]) => {
    const shown = findingLine(style, first!, `${first!.where.line}:${first!.where.column} ${idOf(first!)}`);
    const lines = [...new Set(others.map(({ where }) => where.line))].filter((line) => line !== first!.where.line);
    return lines.length === 0 ? shown : `${shown} Also in line${lines.length === 1 ? '' : 's'} ${listed(lines)}.`;
  });
}

function listed(lines: readonly (number | undefined)[]): string {
  return lines.length <= 12 ? lines.join(', ') : `${lines.slice(0, 12).join(', ')} and ${lines.length - 12} more`;
}

function diskFindings(run: PreparedRun, report: Report): Finding[] {
  return report.findings.filter(
    (finding) =>
      finding.security === undefined && finding.code !== 'NO_LOG_PROTECTION' && !run.findings.includes(finding),
  );
}

function normal(text: string): string {
  return text.replaceAll(/["'`]/g, '').replace(/\s+/g, ' ').trim().toLowerCase();
}

function listingLines(run: PreparedRun, report: Report, style: TextOptions): string[] {
  const verb = report.dryRun ? 'LISTINGS (would be written below --out)' : 'LISTINGS';
  return [
    section(
      style,
      verb,
      [...run.listings].map(([name, bytes]) => `${printable(name)} (${counted(bytes.byteLength, 'byte')})`),
    ),
  ];
}

/** '12 lines: 4 done, 5 no change, 1 to be run on Windows, 2 skipped (1 failed).' */
function tallyLine(tally: Tally): string {
  const failed = tally.failed === 0 ? '' : ` (${tally.failed} failed)`;
  const parts = [
    [tally.done, 'done'],
    [tally.noChange, 'no change'],
    [tally.onWindows, 'to be run on Windows'],
    [tally.skipped, `skipped${failed}`],
    [tally.notUnderstood, 'not understood'],
  ] as const;
  const told = parts.flatMap(([count, what]) => (count === 0 ? [] : [`${count} ${what}`]));
  return `${counted(tally.lines, 'line')}: ${told.join(', ') || 'nothing to do'}.`;
}
