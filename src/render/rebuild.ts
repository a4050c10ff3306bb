// What a person reads of a rebuild: whether Windows can start, what is lost, the other copies, and what to do next.

import { append } from '../base/lists.ts';
import { printable } from '../base/text.ts';
import { formatKeyPath } from '../registry/path.ts';
import type { RebuildFacts, RebuildLoss, RebuildSource, Report } from '../report.ts';
import { listSection, safe } from './html-parts.ts';
import { machineLines, timeText } from './machine.ts';
import { findingLine, journalSentence } from './repair-text.ts';
import { commandText, counted, paragraph, section, type TextOptions } from './style.ts';

/** Lines of losses that are shown without -v. */
const MOST_LINES = 30;
/** Losses that the result names: those that a start or a logon reads come first. */
const MOST_RESULT_LOSSES = 2;
const MOST_RESULT_LINES = 10;
/** More are in the report's JSON: a browser is slow with pages of many megabytes. */
const MOST_ON_PAGE = 2000;
/** Bytes left of a lost record, in hex: enough to see its signature and name. */
const SHOWN_HEX = 48;

const WAYS: Readonly<Record<RebuildFacts['way'], string>> = {
  sound: 'nothing to repair',
  'in-place': 'repair in place',
  'as-new': 'rebuild as new',
  'other-copy': 'another copy takes its place',
};

/** What was written over the old hive, in ten lines; the whole plan was shown before it, and is in the journal. */
export function rebuildResult(report: Report, style: TextOptions): string {
  const facts = report.rebuild!;
  const { undo } = report;
  if (undo === null || style.isVerbose) return rebuildText(report, style);
  const shown = facts.losses.slice(0, MOST_RESULT_LOSSES).map((loss) => `  ${lossLine(loss)}`);
  const more = facts.losses.length - shown.length;
  const lines = [
    ...headline(facts).map(printable),
    ...shown,
    ...(more > 0 ? [`  and ${counted(more, 'loss', 'losses')} more, all in report.json of the journal`] : []),
    `kept: ${counted(facts.keyCount, 'key')}, ${counted(facts.valueCount, 'value')}; keys lost: ${facts.keysLost}`,
    ...(deletedFiles(report).length > 0
      ? [`deleted: ${counted(deletedFiles(report).length, 'file')} of transactions`]
      : []),
  ];
  return [
    ...lines.flatMap((line) => cutParagraph(style, line)).slice(0, MOST_RESULT_LINES - 3),
    'Undo, until Windows has started from the disk:',
    `  ${commandText(style, undo.command)}`,
    journalSentence(report),
    '',
  ].join('\n');
}

const deletedFiles = ({ changes }: Report): string[] =>
  changes.flatMap(({ edit }) => (edit.op === 'delete-file' ? [printable(edit.path)] : []));

/** At most two lines of a sentence. */
function cutParagraph(style: TextOptions, text: string): string[] {
  const [first = '', second, ...rest] = paragraph(style, text);
  return second === undefined ? [first] : [first, rest.length === 0 ? second : `${second} ...`];
}

/** `report` is rebuild's, dry or done. */
export function rebuildText(report: Report, style: TextOptions): string {
  const facts = report.rebuild!;
  const security = report.findings.filter(({ code }) => code === 'DESCRIPTOR_REPLACED');
  const others = report.findings.filter(({ code }) => code !== 'DESCRIPTOR_REPLACED');
  return [
    `${headline(facts)
      .flatMap((line) => paragraph(style, line))
      .join('\n')}\n\n`,
    section(style, 'MACHINE', report.machine ? machineLines(report.machine) : []),
    section(style, 'WAY', [
      `${WAYS[facts.way]}: ${printable(facts.why)}`,
      `kept: ${counted(facts.keyCount, 'key')}, ${counted(facts.valueCount, 'value')}`,
      ...fixLines(facts),
    ]),
    section(
      style,
      lossHeading(facts).replace('Losses', 'LOSSES'),
      cut(facts.losses.flatMap(lossLines), style.isVerbose === true),
    ),
    section(style, 'FOUND AGAIN', cut(facts.foundAgain.map(foundLine), style.isVerbose === true)),
    section(
      style,
      'SECURITY',
      cut(
        security.map(({ text }) => printable(text)),
        style.isVerbose === true,
      ),
    ),
    section(
      style,
      'FOUND',
      others.map((finding) => findingLine(style, finding)),
    ),
    section(style, 'OTHER COPIES (none is taken unless --from names it)', facts.sources.flatMap(sourceLines)),
    section(style, 'DELETED WITH IT (undo brings them back)', deletedFiles(report)),
    section(style, 'TO ACCEPT (--accept-loss)', facts.output === null ? facts.toAccept.map(printable) : []),
    section(style, 'RISK', riskLines(report, facts), 0),
    section(style, 'UNDO', report.undo ? [{ command: commandText(style, report.undo.command) }] : []),
    outcomeLine(report, facts),
  ].join('');
}

/** What became of the hive, and whether Windows can start with it. */
export function headline(facts: RebuildFacts): string[] {
  const name = printable(facts.path);
  if (facts.way === 'sound') return [`${name}: no defect found. Nothing to repair.`];
  const lost = facts.losses.length === 0 ? 'Nothing is lost.' : `${counted(facts.losses.length, 'loss', 'losses')}.`;
  const start = {
    yes: `Windows can start with it (${printable(facts.canStartWhy)}).`,
    no: `Windows cannot start with it yet: ${printable(facts.canStartWhy)}.`,
    unknown: `Whether Windows can start was not checked: ${printable(facts.canStartWhy)}.`,
  }[facts.canStart];
  return [`${name}: ${WAYS[facts.way]}. ${lost}`, start];
}

/** Said before the question: in this order of writes the hive is refused until it is whole. */
function riskLines({ undo }: Report, { output, way }: RebuildFacts): string[] {
  if (output !== null || undo || (way !== 'as-new' && way !== 'other-copy')) return [];
  return [
    'It is written without its transaction logs. If power fails during the write, Windows cannot start until undo has run.',
  ];
}

/** What was made for others has no cell of its own. */
const foundLine = ({ cellOffset, path, why }: RebuildFacts['foundAgain'][number]): string =>
  `${shownPath(path)}${cellOffset < 0 ? '' : ` (cell ${cellOffset})`}: ${printable(why)}`;

function fixLines({ fixes }: RebuildFacts): string[] {
  const counts = new Map<string, number>();
  for (const { what } of fixes) counts.set(what, (counts.get(what) ?? 0) + 1);
  if (counts.size === 0) return [];
  return [`put right without loss: ${[...counts].map(([what, count]) => `${what} (${count})`).join(', ')}`];
}

function lossHeading({ losses }: RebuildFacts): string {
  const first = losses.filter(({ isRead }) => isRead === true).length;
  const read = first === 0 ? '' : `; the first ${first} are read when Windows starts or somebody logs on`;
  return `Losses (${losses.length}${read})`;
}

const shownPath = (path: readonly string[]): string => printable(`\\${formatKeyPath(path)}`);

export function lossLine({ what, how, path, name, count, isRead }: RebuildLoss): string {
  const isAstray = what === 'key' && path.length === 0 && name !== null;
  const named = what === 'value' ? `${shownPath(path)} value "${printable(name ?? '')}"` : shownPath(path);
  const place = isAstray ? `"${printable(name)}", below an unknown key` : named;
  const number = count === null ? '' : ` (${count})`;
  return `${isRead === true ? '!' : '-'} ${what}${number} ${how}: ${place}`;
}

function lossLines(loss: RebuildLoss): string[] {
  const { cellOffset, hex, why } = loss;
  const cell = cellOffset === null ? '' : `cell ${cellOffset}: `;
  const left =
    hex === '' ? 'no bytes left' : `bytes left: ${hex.slice(0, SHOWN_HEX)}${hex.length > SHOWN_HEX ? '...' : ''}`;
  return [lossLine(loss), `    ${cell}${printable(why)}; ${left}`];
}

function sourceLines(source: RebuildSource): string[] {
  const { path, problem, lastWritten, isDirty, defectCount, machine, differences } = source;
  if (problem !== null) return [printable(path), `    cannot be used: ${printable(problem)}`];
  const when = timeText(lastWritten) ?? 'at an unknown time';
  const state = isDirty ? 'dirty, no log completes it' : defectCount > 0 ? counted(defectCount, 'defect') : 'sound';
  const machines = { same: 'same machine', other: 'ANOTHER MACHINE', unknown: 'machine cannot be determined' };
  const lines = [printable(path), `    ${state}; last written ${when}; ${machines[machine]}`];
  if (differences !== null) {
    const { keysMissing, keysMore, valuesDiffer } = differences;
    lines.push(
      `    against the result: ${keysMore} keys more, ${keysMissing} keys fewer, ${valuesDiffer} values differ`,
    );
  }
  return lines;
}

function cut(lines: readonly string[], verbose: boolean): readonly string[] {
  if (verbose || lines.length <= MOST_LINES) return lines;
  const shown: string[] = [];
  append(shown, lines.slice(0, MOST_LINES));
  shown.push(`and ${lines.length - MOST_LINES} more lines (-v shows all, --report has them)`);
  return shown;
}

function outcomeLine(report: Report, facts: RebuildFacts): string {
  const path = printable(facts.path);
  if (facts.way === 'sound') return '';
  if (report.undo) return `Written over ${path}.\n`;
  if (facts.output !== null && facts.output !== '' && !report.dryRun) {
    return `Written to ${printable(facts.output)}. ${path} was not changed.\n`;
  }
  return report.dryRun ? 'Nothing was written.\n' : '';
}

/** On the page for a ticket; [] for other commands. */
export function rebuildSections({ rebuild: facts, findings }: Report): string[] {
  if (facts === undefined) return [];
  const { losses, toAccept, output, keyCount, valueCount } = facts;
  const more = losses.length - MOST_ON_PAGE;
  return [
    listSection('To accept (--accept-loss)', output === null ? toAccept.map(safe) : []),
    listSection(lossHeading(facts), [
      ...losses.slice(0, MOST_ON_PAGE).map(lossItem),
      ...(more > 0 ? [`and ${counted(more, 'loss', 'losses')} more, all in the JSON report`] : []),
    ]),
    listSection('Found again', facts.foundAgain.slice(0, MOST_ON_PAGE).map(foundLine).map(safe)),
    listSection(
      'Security',
      findings.filter(({ code }) => code === 'DESCRIPTOR_REPLACED').map(({ text }) => safe(text)),
    ),
    listSection('Way', [
      safe(`${WAYS[facts.way]}: ${facts.why}`),
      safe(`kept: ${counted(keyCount, 'key')}, ${counted(valueCount, 'value')}`),
      ...fixLines(facts).map(safe),
    ]),
    listSection('Other copies (none is taken unless --from names it)', facts.sources.map(copyItem)),
  ];
}

function lossItem(loss: RebuildLoss): string {
  const { cellOffset, hex, why } = loss;
  const cell = cellOffset === null ? '' : `cell ${cellOffset}: `;
  const left = hex === '' ? 'no bytes left' : `bytes left: <code>${safe(hex)}</code>`;
  return `<strong>${safe(lossLine(loss))}</strong><br><span class="dim">${safe(cell + why)}; ${left}</span>`;
}

const copyItem = (source: Parameters<typeof sourceLines>[0]): string =>
  sourceLines(source)
    .map((line) => safe(line.trim()))
    .join('<br>');
