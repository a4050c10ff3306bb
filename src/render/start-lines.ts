// What diagnose says of a start beside its causes: the platforms of --target, the code on the screen, and what the last
// start left.

import type { FindingCode } from '../base/codes/codes.ts';
import type { Finding } from '../base/finding.ts';
import { printable } from '../base/text.ts';
import type { Report } from '../report.ts';
import { beforeStart } from './machine.ts';
import { commandText, crossOf, padded, painted, paragraph, type TextOptions, widthOf } from './style.ts';

const NAME_COLUMNS = 16;
const TEXT_COLUMN = 4 + NAME_COLUMNS;

/** 'Does not start yet on hyperv (Hyper-V …): vmbus does not start …. The way on.' */
const READINESS = /^(.+?) (?:on|for) (\S+) \(.*?\)(?:: (.*)|\.)$/s;

/** One line or two a platform: how it stands there, and why. */
export function targetLines(findings: readonly Finding[], style: TextOptions): string[] {
  const told = findings.filter(({ code }) => code === 'TARGET_READINESS').map(({ text }) => printable(text));
  const heading = painted(style, 'bold', told.length === 1 ? 'TARGET' : 'TARGETS');
  if (told.length === 0) return [];
  if (told.length === 1) return [heading, ...paragraph(style, told[0]!, 2)];
  return [heading, ...told.flatMap((text) => platformLines(text, style))];
}

function platformLines(text: string, style: TextOptions): string[] {
  const [, state = '', name = text, reason = ''] = READINESS.exec(text) ?? [];
  const isReady = state === 'Starts';
  const mark = isReady
    ? painted(style, 'green', style.isUtf8 ? '✓' : '+')
    : state === 'Does not start'
      ? painted(style, 'red', crossOf(style))
      : painted(style, 'yellow', state.startsWith('Cannot') ? '?' : '!');
  // What a sentence says first is the reason; the way on is in the finding.
  const why = /^.*?[.](?= |$)/.exec(reason)?.[0] ?? reason;
  const [one = '', ...more] = why.replace(/\.$/, '').split('; ');
  const others = more.length === 0 ? '' : style.isVerbose ? `; ${more.join('; ')}` : `, and ${more.length} more`;
  const said = isReady ? 'starts there' : `${one}${others}`;
  const [first = '', ...rest] = paragraph({ ...style, width: widthOf(style) - TEXT_COLUMN }, said);
  return [
    `  ${mark} ${padded(name, NAME_COLUMNS)}${first}`,
    ...rest.map((line) => `${' '.repeat(TEXT_COLUMN)}${line}`),
  ];
}

/** Evidence of the last start is shown where somebody asked about the start. */
const ASKED: readonly FindingCode[] = ['STOP_CODE', 'LAST_START'];
const EVIDENCE: readonly FindingCode[] = ['LAST_CRASH', 'LAST_START'];

export function lastStartLines(findings: readonly Finding[], style: TextOptions): string[] {
  if (!findings.some(({ code }) => ASKED.includes(code))) return [];
  const part = (heading: string, codes: readonly FindingCode[]): string[] => {
    const told = codes.flatMap((code) => findings.filter((finding) => finding.code === code));
    if (told.length === 0) return [];
    return [painted(style, 'bold', heading), ...told.flatMap(({ text }) => paragraph(style, printable(text), 2))];
  };
  return [...part('THE CODE YOU GAVE', ['STOP_CODE']), ...part('THE LAST START', EVIDENCE)];
}

/** What follows a commit: what is left that keeps Windows from starting, else how the disk goes back. */
export function nextAfter(report: Report, style: TextOptions): string[] {
  if (report.changes.length === 0) return [];
  if (report.next.length === 0) return paragraph(style, `Next: ${beforeStart(report)}`);
  return report.next.flatMap(({ why, commands }) => [
    ...paragraph(style, printable(why)),
    ...commands.map((one) => `  ${commandText(style, one)}`),
  ]);
}
