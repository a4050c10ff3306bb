// The screens of repair and apply: what is asked for approval, and in ten lines what was done.

import { type Finding, sentenceOf } from '../base/finding.ts';
import { printable } from '../base/text.ts';
import type { Change } from '../registry/edit.ts';
import { REPAIRS } from '../repairs/fixes/index.ts';
import { isElementKeyChange } from '../repairs/revert/change-text.ts';
import type { Report, SummaryCause } from '../report.ts';
import { deviceOf, machineDetails, machineLines, subjectOf } from './machine.ts';
import { changesIn, planRows, tableLines } from './plan-table.ts';
import { nextAfter } from './start-lines.ts';
import { commandText, counted, type Line, padded, painted, paragraph, section, type TextOptions } from './style.ts';

const SEVERITY_COLOURS = { error: 'red', warning: 'yellow', info: 'dim' } as const;

/** A finding in a line; `mark` stands in place of its code. */
export function findingLine(style: TextOptions, finding: Finding, mark: string = finding.code): string {
  const severity = painted(style, SEVERITY_COLOURS[finding.severity], finding.severity.padEnd(7));
  const fix = finding.repair === undefined ? '' : ` [${finding.repair}]`;
  return `${severity} ${mark}${fix}: ${printable(sentenceOf(finding))}`;
}

/** The changes that a person counts: the key of an element of the boot store comes with its value. */
export const shownChanges = (changes: readonly Change[]): readonly Change[] =>
  changes.filter((change) => !isElementKeyChange(change));

/** 'Computer LAMB, /dev/sdb2: ', with as much as is known. */
function headOf({ machine }: Report): string {
  return machine ? `${subjectOf(machine)}, ${deviceOf(machine)}: ` : '';
}

/** Hives by name; other files by what they are. */
function targetNames(changes: readonly Change[]): string {
  const hives = changes.flatMap(({ edit }) => ('key' in edit ? [edit.key.hive] : []));
  const files = changes.filter(({ edit }) => !('key' in edit) && edit.op !== 'set-security').length;
  const permissions = changes.filter(({ edit }) => edit.op === 'set-security').length;
  return [
    ...new Set(hives.map(printable)),
    ...(permissions === 0 ? [] : [`the permissions of ${counted(permissions, 'file')}`]),
    ...(files === 0 ? [] : [counted(files, 'file')]),
  ].join(', ');
}

/** 'Computer LAMB, /dev/sdb2: 15 changes to SYSTEM'. */
export function planHeadline(report: Report): string {
  const changes = shownChanges(report.changes);
  if (changes.length === 0) return `${headOf(report)}${unchangedSentence(report)}`;
  return `${headOf(report)}${counted(changes.length, 'change')} to ${targetNames(changes)}`;
}

function unchangedSentence({ summary, skipped }: Report): string {
  if (summary.causes.length > 0)
    return `nothing to do in these repairs, but ${counted(summary.causes.length, 'cause')} left.`;
  return skipped.length > 0 ? 'nothing to do, but see what was skipped.' : 'nothing to do.';
}

/** The plan as it is approved; nothing of it is shortened. */
export function planText(report: Report, style: TextOptions): string {
  const { fixes, besides } = planRows(report);
  const isSplit = fixes.length > 0;
  const blocked = report.error === null ? [] : paragraph(style, `Blocked: ${sentence(report.error.message)}`);
  const head = paragraph(style, planHeadline(report)).map((line) => painted(style, 'bold', line));
  return [
    `${blocked.map((line) => `${painted(style, 'red', line)}\n`).join('')}${head.join('\n')}\n\n`,
    table(style, `${fixHeading(report)} (${changesIn(fixes)})`, tableLines(fixes, style)),
    table(style, besidesHeading(report, style, isSplit, changesIn(besides)), tableLines(besides, style)),
    warnSections(report, style),
    section(
      style,
      'ON WINDOWS, AFTER ITS NEXT START',
      report.dryRun ? laterCommands(report).map((command) => ({ command })) : [],
    ),
    section(style, 'UNDO', report.dryRun ? undoSteps(report, style) : []),
    verboseParts(report, style),
  ].join('');
}

/** Rows are wrapped already. */
function table(style: TextOptions, heading: string, lines: readonly string[]): string {
  return lines.length === 0 ? '' : `${painted(style, 'bold', heading)}\n${lines.join('\n')}\n\n`;
}

export function fixHeading({ repairs, summary }: Pick<Report, 'repairs' | 'summary'>): string {
  const causes = new Set<string>([...summary.fixed, ...summary.causes].map(({ code }) => code));
  const codes = repairs.flatMap(({ fixes = [] }) => fixes).filter((code) => code !== null);
  return codes.every((code) => causes.has(code)) ? 'FIXES THE CAUSES' : 'FIXES THE CAUSES AND WARNINGS';
}

function besidesHeading({ command }: Report, style: TextOptions, isSplit: boolean, count: number): string {
  if (command === 'repair' && style.isNeeded) return `${isSplit ? 'ALSO ' : ''}ASKED FOR BY OPTIONS (${count})`;
  if (command === 'repair')
    return isSplit ? `ALSO IN THIS REPAIR PROFILE (${count}; skip with --needed)` : `IN THIS REPAIR PROFILE (${count})`;
  return `${isSplit ? 'ALSO IN THIS PLAN' : 'CHANGES'} (${count})`;
}

/** SKIPPED, SECURITY and RISK. */
export function warnSections(report: Report, style: TextOptions): string {
  return [
    section(
      style,
      'SKIPPED',
      report.skipped.map(({ what, why }) => `${what}: ${printable(why)}`),
    ),
    section(style, 'SECURITY', securityLines(style, report.findings), 9),
    section(style, 'RISK', riskSentences(report), 0),
  ].join('');
}

/** The machine first, for the one question. */
export function questionOf(report: Report): string {
  const { machine } = report;
  const count = counted(shownChanges(report.changes).length, 'change');
  const where = machine ? ` to ${subjectOf(machine)} on ${deviceOf(machine)}` : '';
  return `Apply ${/^1 /.test(count) ? 'this' : 'these'} ${count}${where}?`;
}

const sentence = (text: string): string => {
  const whole = text.slice(0, 1).toUpperCase() + text.slice(1);
  return /[.!?]$/.test(whole) ? printable(whole) : `${printable(whole)}.`;
};

/** What a finding says of security, without its place. */
const effectOf = ({ text }: Finding): string => printable(text.replace(/^.*?: (?=[A-Z])/s, ''));

/** A line an effect; with -v each place, and the commands that revert it. */
export function securityLines(style: TextOptions, findings: readonly Finding[]): Line[] {
  return (['lowers', 'raises'] as const).flatMap((effect): Line[] => {
    const mine = findings.filter(({ security }) => security === effect);
    const word = padded(effect === 'lowers' ? 'lower' : 'higher', 8);
    if (!style.isVerbose) return [...new Set(mine.map(effectOf))].map((text) => `${word} ${text}`);
    return mine.flatMap(({ text, revert = [] }) => [
      `${word} ${printable(text)}`,
      ...(effect === 'lowers'
        ? revert.map((line) => ({ command: `         revert on Windows: ${printable(line)}` }))
        : []),
    ]);
  });
}

/** Findings that say what the write, or the next start, may bring about. */
const RISKS = [
  'BITLOCKER_MAY_ASK_FOR_KEY',
  'POLICY_WILL_SET_BACK',
  'MACHINE_GUID_CHANGED',
  'BOOT_MENU_SHOWN',
  'BOOT_STORE_UNTRIED',
  'BOOT_MANAGER_COPIED',
  'ADDRESS_REMOVED',
  'DRIVER_STAGED',
];

export function riskSentences({ findings }: Pick<Report, 'findings'>): string[] {
  const bare = findings.filter(({ code }) => code === 'NO_LOG_PROTECTION').map(({ where }) => printable(where.file));
  const names = bare.map((file) => file.slice(Math.max(file.lastIndexOf('/'), file.lastIndexOf('\\')) + 1));
  const logs =
    bare.length === 0
      ? []
      : [
          `${bare.length === 1 ? '1 file has' : `${bare.length} files have`} no transaction log: ${names.join(', ')}. If power fails during the write, Windows cannot start until undo has run here. Keep the disk attached until then.`,
        ];
  const others = findings.filter(({ code }) => RISKS.includes(code)).map(({ text }) => printable(text));
  return [...logs, ...new Set(others)];
}

/** How a commit is undone, before Windows has started from the disk and after. */
export function undoSteps({ next }: Report, style: TextOptions): Line[] {
  return next.flatMap(({ why, commands }): Line[] =>
    commands.length === 0 ? [printable(why)] : commands.map((one) => ({ command: commandText(style, one) })),
  );
}

/** What a person reads after the commit, or in place of it: at most ten lines without -v. */
export function repairText(report: Report, style: TextOptions): string {
  if (report.dryRun) return `${planText(report, style)}${report.error ? '' : dryLine(report, style)}`;
  const { undo, skipped, summary } = report;
  const later = laterCommands(report);
  const colour = report.status === 'failed' ? 'red' : report.status === 'partly' ? 'yellow' : 'green';
  const lines = [
    ...paragraph(style, outcomeSentence(report)).map((line) => painted(style, colour, line)),
    ...causeLine('Left', summary.causes, style),
    ...(skipped.length === 0
      ? []
      : paragraph(style, `Skipped: ${skipped.map(({ what }) => what).join(', ')} (-v says why).`)),
    ...nextAfter(report, style),
    ...(later.length === 0 ? [] : ['On Windows, after its next start:', ...later.map((line) => `  ${line}`)]),
    ...(undo
      ? [
          'Undo, until Windows has started from the disk (then add --values):',
          `  ${commandText(style, undo.command)}`,
          ...(undo.journal === '' ? [] : paragraph(style, journalSentence(report))),
        ]
      : []),
  ];
  return `${lines.join('\n')}\n${style.isVerbose ? `\n${verboseResult(report, style)}` : ''}`;
}

function dryLine(report: Report, style: TextOptions): string {
  return `${painted(style, 'yellow', report.changes.length === 0 ? 'Nothing would be written.' : 'Dry run: nothing was written.')}\n`;
}

/** What was fixed, and that it was read back. */
export function outcomeSentence(report: Report): string {
  const { summary } = report;
  if (report.error) return `${headOf(report)}${sentence(report.error.message)}`;
  if (report.dryRun || report.changes.length === 0) return planHeadline(report);
  const count = `${counted(shownChanges(report.changes).length, 'change')} written and read back.`;
  if (summary.fixed.length === 0) return `${headOf(report)}${count}`;
  return `${headOf(report)}${counted(summary.fixed.length, 'cause')} fixed. ${count}`;
}

function causeLine(word: string, causes: readonly SummaryCause[], style: TextOptions): string[] {
  const [first] = causes;
  if (!first) return [];
  const more = causes.length === 1 ? '' : ` (${causes.length - 1} more; diagnose lists them)`;
  return paragraph(style, `${word}: ${printable(first.text)}${more}`).slice(0, 3);
}

/** The journal's place, and where it is needed. */
export function journalSentence({ undo, machine }: Report): string {
  const journal = printable(undo?.journal ?? '');
  const isOnDisk = machine !== null && machine.volume !== '' && (undo?.journal ?? '').startsWith(machine.volume);
  return `Journal: ${journal}${machine === null || isOnDisk ? '' : ' (on this machine only, and undo needs it)'}`;
}

/** What happens at the next start, and commands for the running Windows. */
export function afterBootLines(report: Report): string[] {
  if (report.dryRun || report.changes.length === 0) return [];
  const later = laterCommands(report);
  const keys = report.changes.flatMap(({ edit }) => ('key' in edit ? [edit.key.path] : []));
  return [
    ...(keys.some((path) => path.includes('26000020'))
      ? ['At the next start the boot menu is shown for some seconds, also on the serial console.']
      : []),
    ...(keys.some((path) => path.includes('SystemCertificates'))
      ? ['At the next start Windows makes a new RDP certificate, and clients ask about it once.']
      : []),
    ...later,
  ];
}

/** Commands that repairs want run on the running Windows. */
function laterCommands(report: Report): string[] {
  const names = report.repairs.filter((outcome) => outcome.changes.length > 0).map((outcome) => outcome.name);
  return REPAIRS.filter((repair) => names.includes(repair.name)).flatMap((repair) => repair.afterBoot);
}

/** What may keep Remote Desktop from working besides, and cannot be read from a disk. */
export const UNSEEN = [
  'The network security group, or a firewall in front of the VM, lets the RDP port in.',
  'The account and its password are right.',
  "The network gives the VM its address, and the domain's controllers can be reached.",
];

/** The lines of the files that were written. */
export function writtenLines(report: Report): string[] {
  if (report.dryRun) return [];
  return report.targets
    .filter((target) => target.sha256After !== null && target.sha256After !== target.sha256Before)
    .map(({ path, pagesChanged, bytesChanged = 0 }) => {
      const size =
        pagesChanged === undefined ? '' : `: ${counted(pagesChanged, 'page')}, ${counted(bytesChanged, 'byte')}`;
      return `${printable(path)}${size}`;
    });
}

/** icacls' own form, line for line; it is escaped already. */
function listingLines(listing: string | undefined): string[] {
  return (listing ?? '').split(/\r?\n/).filter((line) => line.trim() !== '');
}

function verboseParts(report: Report, style: TextOptions): string {
  if (!style.isVerbose) return '';
  const idle = report.repairs.filter((outcome) => outcome.changes.length === 0).map((outcome) => outcome.name);
  const told = report.findings.filter((finding) => finding.security === undefined);
  return [
    section(
      style,
      'MACHINE',
      report.machine ? [...machineLines(report.machine), ...machineDetails(report.machine)] : [],
    ),
    section(style, 'NOTHING TO DO', idle.length === 0 ? [] : [idle.join(', ')]),
    section(
      style,
      'FINDINGS',
      told.map((finding) => findingLine(style, finding)),
    ),
    section(style, 'BeforeScript_permissions', listingLines(report.permissions?.BeforeScript_permissions)),
    section(style, 'AfterScript_permissions', listingLines(report.permissions?.AfterScript_permissions)),
  ].join('');
}

function verboseResult(report: Report, style: TextOptions): string {
  return [
    warnSections(report, style),
    section(style, 'WRITTEN', writtenLines(report)),
    section(style, 'ON THE RUNNING WINDOWS', afterBootLines(report)),
    section(style, 'CHECK THESE AS WELL', report.changes.length === 0 ? [] : UNSEEN),
    verboseParts(report, style),
  ].join('');
}
