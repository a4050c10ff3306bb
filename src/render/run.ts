// What a person reads of a run: each line of the script beside what is done for it, and what it changes.

import type { Finding } from '../base/finding.ts';
import { append } from '../base/lists.ts';
import { printable } from '../base/text.ts';
import type { Report } from '../report.ts';
import { blockName, type PreparedRun } from '../runbook/run/run.ts';
import type { Step } from '../runbook/run/step.ts';
import { changeLines, editPlace, isElementKey } from './change.ts';
import { findingLine, machineLines, section, securityLines, type TextOptions } from './repair-text.ts';
import { idOf } from './sarif.ts';

/** The whole plan, or what was done; `report` is the dry one or the commit's. */
export function runText(run: PreparedRun, report: Report, style: TextOptions): string {
  return [
    section(style, 'Machine', machineLines(report.machine)),
    ...run.chosen.map((block) => section(style, blockName(block), blockLines(run, block.number))),
    section(
      style,
      'Not run',
      run.leftOut
        .filter(({ block }) => block.place !== 'other')
        .map(({ block, why }) => `${blockName(block)}, line ${block.lines[0]?.line ?? 0}: ${why}`),
    ),
    section(
      style,
      'Run elsewhere, on a running Windows',
      run.steps.filter((step) => step.state === 'elsewhere').map(lineWithNumber),
    ),
    section(
      style,
      'Found in the script',
      run.findings.filter(isTold).map((finding) => scriptLine(finding, style)),
    ),
    section(
      style,
      'Found on the disk',
      diskFindings(run, report).map((finding) => findingLine(style, finding)),
    ),
    section(style, 'This lowers security', securityLines(report.findings, 'lowers')),
    section(style, 'This raises security', securityLines(report.findings, 'raises')),
    ...listingLines(run, report, style),
    outcomeLine(report),
  ].join('');
}

function isTold(finding: Finding): boolean {
  return (
    finding.code !== 'STORE_BESIDE_WINDOWS' &&
    finding.code !== 'RUN_ELSEWHERE' &&
    finding.code !== 'CONTROL_SET_BY_NUMBER'
  );
}

function scriptLine(finding: Finding, style: TextOptions): string {
  return findingLine(style, finding, `${finding.where.line}:${finding.where.column} ${idOf(finding)}`);
}

function diskFindings(run: PreparedRun, report: Report): Finding[] {
  return report.findings.filter((finding) => finding.security === undefined && !run.findings.includes(finding));
}

/** `  206  the script's line`, `    =  what is run`, and its changes. */
function blockLines(run: PreparedRun, number: number): string[] {
  const lines: string[] = [];
  for (const step of run.steps.filter((one) => one.block === number)) {
    lines.push(lineWithNumber({ ...step, effective: step.source }));
    if (normal(step.effective) !== normal(step.source)) lines.push(`    ->  ${printable(step.effective)}`);
    append(lines, remark(step));
    let last = '';
    for (const change of step.changes) {
      if (isElementKey(change.edit)) continue;
      const place = editPlace(change.edit);
      if (place !== last) lines.push(`          ${place}`);
      last = place;
      append(
        lines,
        changeLines(change).map((line) => `            ${line}`),
      );
    }
  }
  return lines;
}

const STATES = {
  run: '',
  failed: 'FAILED',
  skipped: 'left out',
  elsewhere: 'run elsewhere',
  unresolved: 'UNRESOLVED',
} as const;

function remark(step: Step): string[] {
  if (step.state === 'run') {
    if (step.why !== '') return [`          ${printable(step.why)}`];
    return step.changes.length === 0 &&
      /^(?:reg(?:\.exe)? (?:add|delete|copy|import)|bcdedit.* \/(?:set|ems|deletevalue|emssettings))/i.test(
        step.effective,
      )
      ? ['          already so']
      : [];
  }
  return [`          ${STATES[step.state]}: ${printable(step.why)}`];
}

function normal(text: string): string {
  return text.replaceAll('"', '').replace(/\s+/g, ' ').trim().toLowerCase();
}

function lineWithNumber(step: Pick<Step, 'at' | 'effective'>): string {
  return `${String(step.at.line).padStart(6)}  ${printable(step.effective)}`;
}

function listingLines(run: PreparedRun, report: Report, style: TextOptions): string[] {
  const verb = report.dryRun ? 'Listings that would be written below --out' : 'Listings';
  return [
    section(
      style,
      verb,
      [...run.listings].map(([name, bytes]) => `${printable(name)} (${bytes.byteLength} bytes)`),
    ),
  ];
}

function outcomeLine(report: Report): string {
  const count = `${report.changes.length} change${report.changes.length === 1 ? '' : 's'}`;
  if (report.dryRun) return `${count}; nothing was written (dry run)\n`;
  if (report.changes.length === 0) return 'Nothing to do: the disk is as the script wants it.\n';
  return `${count} written.${report.undo ? `\nTake back: ${report.undo.command}` : ''}\n`;
}
