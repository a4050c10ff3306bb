// The screen of diagnose: the state and what could not be checked first, then the causes, and what to type next.

import { REBUILD_HELPS } from '../base/codes/starting.ts';
import { append } from '../base/lists.ts';
import { capital, printable } from '../base/text.ts';
import type { Diagnosed, DiagnoseReport } from '../repairs/diagnose.ts';
import { stopsStart, WINDOWS_LOCKED } from '../repairs/summary.ts';
import type { Machine, Summary, SummaryCause } from '../report.ts';
import { diagnosisDetails, isDiagnosis } from './diagnosis-details.ts';
import { checkWord, machineLines, setsText, subjectOf } from './machine.ts';
import { lastStartLines, targetLines } from './start-lines.ts';
import {
  columnsOf,
  commandText,
  counted,
  crossOf,
  padded,
  painted,
  paragraph,
  type TextOptions,
  widthOf,
} from './style.ts';

/** Without -v a screen has no more lines than this. */
const MAX_LINES = 30;
/** Columns of the marks and of the names of the checks. */
const CHECK_COLUMNS = 16;
const TEXT_COLUMN = 4 + CHECK_COLUMNS;

type Shown = Pick<DiagnoseReport, 'summary' | 'machine' | 'checks' | 'findings'>;

/** State, number, and what could not be checked. */
export function diagnoseSummary(report: Shown): string {
  const subject = subjectOf(report.machine);
  const sentences = [stateSentence(report), uncheckedSentence(report.summary)].filter((one) => one !== '');
  return `${subject === '' ? '' : `${subject}: `}${sentences.join(' ')}`;
}

function stateSentence(report: Shown): string {
  const { state, causes, notChecked } = report.summary;
  if (causes.length === 0) {
    const none = otherFaults(report).length === 0 ? 'No cause found' : 'No cause of this symptom found';
    if (state === 'incomplete') return `${none} so far.`;
    const ran = new Set(report.checks.map(({ link }) => link)).size;
    return notChecked.length === 0 ? `${none}. All ${ran} checks ran.` : `${none}.`;
  }
  if (state === 'damaged') return `The registry is damaged. ${counted(causes.length, 'cause')} found.`;
  const fixable = causes.filter(isFixable).length;
  const effect = causes.some(({ code }) => stopsStart(code)) ? 'Windows cannot start' : 'Remote Desktop cannot work';
  const can =
    fixable === 0
      ? `${causes.length === 1 ? 'it cannot' : 'none can'} be fixed here`
      : fixable < causes.length
        ? `${fixable} can be fixed`
        : causes.length === 1
          ? 'it can be fixed'
          : 'all can be fixed';
  return `${effect}. ${counted(causes.length, 'cause')} found, ${can}.`;
}

function uncheckedSentence({ notChecked }: Summary): string {
  if (notChecked.length === 0) return '';
  const where = notChecked.some(({ why }) => why === WINDOWS_LOCKED) ? 'Windows volume locked: ' : '';
  return `${where}${counted(notChecked.length, 'check')} could not run (${notChecked.map(({ check }) => checkWord(check)).join(', ')}).`;
}

/** The line below the headline, or ''. */
export function blockedSentence({ repairBlocked }: Summary, style: TextOptions): string {
  return repairBlocked === null || style.isReadOnly ? '' : `Repair is blocked: ${sentence(repairBlocked)}`;
}

const sentence = (text: string): string => (/[.!?]$/.test(text) ? printable(text) : `${printable(text)}.`);

/** The headline alone, for --quiet. */
export function diagnoseHeadline(report: Shown, style: TextOptions): string {
  const colour = report.summary.state === 'clear' ? 'green' : report.summary.state === 'incomplete' ? 'yellow' : 'red';
  const lines = [
    ...paragraph(style, diagnoseSummary(report)).map((line) => painted(style, colour, line)),
    ...paragraph(style, blockedSentence(report.summary, style)).map((line) => painted(style, 'yellow', line)),
  ];
  return lines.filter((line) => line !== '').join('\n');
}

/** What a person reads of a diagnosis. */
export function diagnoseText({ shown: report }: Pick<Diagnosed, 'shown'>, style: TextOptions): string {
  const { summary, machine } = report;
  const head = [
    ...diagnoseHeadline(report, style).split('\n'),
    '',
    ...machineLines(machine).flatMap((line) => paragraph(style, line, 2)),
    ...(machine ? [''] : []),
  ];
  const ok = [...okLines(report, style), ...otherLines(report, style)];
  const next = nextLines(report.next, style);
  const most = style.isVerbose ? Number.POSITIVE_INFINITY : MAX_LINES;
  const start = [...lastStartLines(report.findings, style), ...targetLines(report.findings, style)];
  const room = most - head.length - ok.length - start.length - (next.length === 0 ? 0 : next.length + 1);
  const lines = [
    ...head,
    ...foundLines(summary, machine, style, room),
    ...ok,
    ...start,
    ...(next.length === 0 ? [] : ['', ...next]),
    ...(style.isVerbose ? ['', ...diagnosisDetails(report, style)] : []),
  ];
  return `${lines.join('\n').replace(/\n{3,}/g, '\n\n')}\n`;
}

interface Block {
  readonly heading: string;
  /** The lines of each cause, warning or check. */
  readonly items: readonly (readonly string[])[];
}

/** Causes first: what finds no room is counted. */
function foundLines(summary: Summary, machine: Machine | null, style: TextOptions, room: number): string[] {
  const cross = painted(style, 'red', crossOf(style));
  const blocks: Block[] = [
    { heading: 'CAUSES', items: causeItems(summary.causes, machine, style, cross) },
    {
      heading: 'WARNINGS',
      items: summary.warnings.map((one) =>
        itemLines(style, painted(style, 'yellow', '!'), one.check, oneLine(one, machine, style)),
      ),
    },
    {
      heading: 'NOT CHECKED',
      items: summary.notChecked.map(({ check, why }) =>
        itemLines(
          style,
          painted(style, 'yellow', '?'),
          check,
          capital(shortened(firstSentence(printable(why)), widthOf(style) - TEXT_COLUMN)).replace(/\.$/, ''),
        ),
      ),
    },
  ].filter(({ items }) => items.length > 0);
  let left = room;
  return blocks.flatMap(({ heading, items }, i) => {
    // Every block that follows keeps room for a line, what was not checked for its first item.
    const reserved = blocks.slice(i + 1).reduce((sum, later) => sum + (later.heading === 'NOT CHECKED' ? 3 : 1), 0);
    const shown: string[] = [];
    let count = 0;
    for (const item of items) {
      const needsMore = count + 1 < items.length ? 1 : 0;
      if (1 + shown.length + item.length + needsMore > left - reserved) break;
      append(shown, item);
      count += 1;
    }
    if (count === 0) shown.push(`${painted(style, 'bold', heading)}  ${items.length}: -v`);
    else {
      shown.unshift(painted(style, 'bold', heading));
      if (count < items.length) shown.push(`    ${items.length - count} more: -v`);
    }
    left -= shown.length;
    return shown;
  });
}

/** Causes that one repair fixes stand together, with its name once. */
function causeItems(
  causes: readonly SummaryCause[],
  machine: Machine | null,
  style: TextOptions,
  cross: string,
): string[][] {
  return causes.map((cause, i) => {
    const lines = itemLines(style, cross, cause.check, oneLine(cause, machine, style));
    const next = causes[i + 1];
    if (next !== undefined && fixOf(next) === fixOf(cause)) return lines;
    return [...lines, `${' '.repeat(TEXT_COLUMN)}${painted(style, 'dim', fixOf(cause))}`];
  });
}

const isFixable = ({ code, repair }: SummaryCause): boolean => repair !== null || REBUILD_HELPS.has(code);

function fixOf(cause: SummaryCause): string {
  if (cause.repair !== null) return `fix: ${cause.repair}`;
  return isFixable(cause) ? 'fix: rebuild (see NEXT)' : 'no repair here fixes this';
}

/** The finding in a sentence, and the control sets that it stands in. */
function oneLine({ text, controlSets }: SummaryCause, machine: Machine | null, style: TextOptions): string {
  const sets = setsText(machine, controlSets);
  const whole = printable(text).replace(/ The next boot does not use ControlSet\d+\.$/, '');
  const line = style.isVerbose ? whole : shortened(firstSentence(whole), widthOf(style) - TEXT_COLUMN, sets);
  return `${line.replace(/\.$/, '')}${sets === '' ? '' : `, ${sets}`}`;
}

/** What a finding says first, as a line of a page has it. */
export const briefText = (text: string): string => shortened(firstSentence(text), 60).replace(/\.$/, '');

/** What a finding says first; abbreviations and versions do not end it. */
function firstSentence(text: string): string {
  return /^.*?[.](?= [A-Z]|$)/.exec(text)?.[0] ?? text;
}

/** The clauses that fit on a line, or the first of them on two, with the value in brackets. */
function shortened(text: string, columns: number, sets = ''): string {
  const most = columns - (sets === '' ? 0 : sets.length + 2) + 1;
  let shown = text;
  for (const end of [/^(.*\)?)[;:] .*$/, /^(.*), .*$/]) {
    while (columnsOf(shown) > most && end.test(shown)) shown = shown.replace(end, '$1');
  }
  return shown;
}

function itemLines(style: TextOptions, mark: string, check: string, text: string): string[] {
  const [first = '', ...rest] = paragraph({ ...style, width: widthOf(style) - TEXT_COLUMN }, text);
  return [
    `  ${mark} ${padded(checkWord(check), CHECK_COLUMNS)}${first}`,
    ...rest.map((line) => `${' '.repeat(TEXT_COLUMN)}${line}`),
  ];
}

const reportedChecks = ({ causes, warnings, notChecked }: Summary): Set<string> =>
  new Set([...causes, ...warnings, ...notChecked].map(({ check }) => check));

/** Checks with a fault that is not of the symptom asked for, and is not shown. */
function otherFaults({ summary, findings }: Shown): string[] {
  const told = reportedChecks(summary);
  const faults = findings.filter(isDiagnosis).filter(({ severity }) => severity !== 'info');
  return [...new Set(faults.map(({ link }) => link))].filter((link) => !told.has(link));
}

function otherLines(report: Shown, style: TextOptions): string[] {
  const names = otherFaults(report);
  if (names.length === 0 || report.summary.state === 'damaged') return [];
  return [
    `${painted(style, 'yellow', 'OTHER FAULTS')}  not of this symptom: leave out --symptom to see them`,
    ...paragraph({ ...style, width: widthOf(style) - 4 }, names.map(checkWord).join(', ')).map((line) => `    ${line}`),
  ];
}

/** Checks that ran and found nothing. */
function okLines(report: Shown, style: TextOptions): string[] {
  const { checks, summary, findings } = report;
  const told = reportedChecks(summary);
  // A store that was not compared with the disk is not called OK.
  if (told.has('partitions')) told.add('boot');
  const notOk = new Set<string>([
    ...otherFaults(report),
    ...findings.filter(isDiagnosis).flatMap(({ code, link }) => (code === 'NOT_JUDGED' ? [link] : [])),
  ]);
  const names = [...new Set(checks.map(({ link }) => link))].filter(
    (link) =>
      !told.has(link) && !notOk.has(link) && checks.some((one) => one.link === link && one.verdict !== 'unknown'),
  );
  if (names.length === 0 || summary.state === 'damaged') return [];
  const [first = '', ...rest] = paragraph({ ...style, width: widthOf(style) - 4 }, names.map(checkWord).join(', '));
  return [`${painted(style, 'green', 'OK')}  ${first}`, ...rest.map((line) => `    ${line}`)];
}

/** What to do next, each command on a line of its own. */
export function nextLines(next: DiagnoseReport['next'], style: TextOptions): string[] {
  if (next.length === 0) return [];
  return [
    painted(style, 'bold', 'NEXT'),
    ...next.flatMap(({ why, commands }) => [
      ...paragraph(style, printable(why), 2),
      ...commands.map((command) => `    ${commandText(style, command)}`),
    ]),
  ];
}
