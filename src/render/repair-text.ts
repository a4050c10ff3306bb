// What a person reads of a repair: the machine, each repair with its state before and after, what was found, what lowers
// security and how to take it back, where the undo is, and what no disk can show.

import { type Finding, sentenceOf } from '../base/finding.ts';
import { append } from '../base/lists.ts';
import { printable } from '../base/text.ts';
import { REPAIRS } from '../repairs/fixes/index.ts';
import type { Machine, RepairOutcome, Report } from '../report.ts';
import { changeLines, editPlace, isElementKey } from './change.ts';

export interface TextOptions {
  /** Colour and bold, for a terminal. */
  readonly colour: boolean;
}

const CODES = { red: 31, green: 32, yellow: 33, bold: 1, dim: 2 } as const;

/** `text` in a colour of the terminal, or as it is. */
export function painted(style: TextOptions, colour: keyof typeof CODES, text: string): string {
  return style.colour ? `\u001b[${CODES[colour]}m${text}\u001b[0m` : text;
}

/** A heading and its lines, with an empty line after them; '' where there are no lines. */
export function section(style: TextOptions, heading: string, lines: readonly string[]): string {
  if (lines.length === 0) return '';
  return `${painted(style, 'bold', heading)}\n${lines.map((line) => `  ${line}\n`).join('')}\n`;
}

/** What its hypervisor calls a machine that starts this way. */
export const GENERATIONS = { bios: 'BIOS (Gen1)', uefi: 'UEFI (Gen2)' } as const;

/** 'ControlSet001 (current, default)'. */
export function controlSetNames(machine: Machine): string[] {
  return machine.controlSets.map((set) => {
    const roles = [
      ...(set.isCurrent ? ['current'] : []),
      ...(set.isDefault ? ['default'] : []),
      ...(set.isLastKnownGood ? ['last known good'] : []),
      ...(set.isFailed ? ['failed'] : []),
    ];
    return roles.length > 0 ? `${set.name} (${roles.join(', ')})` : set.name;
  });
}

/** 'RESCUE01, Windows Server 2019, build 17763, last shut down ..., on /mnt/disk'. */
export function machineLines(machine: Machine | null): string[] {
  if (!machine) return [];
  const shown = (text: string | null, unknown: string): string => (text === null ? unknown : printable(text));
  const sets = controlSetNames(machine);
  return [
    `${shown(machine.computerName, 'a computer without a name')}${machine.domain ? `, in ${printable(machine.domain)}` : ''}`,
    `${shown(machine.product, 'Windows (SOFTWARE does not say which)')}${machine.build ? `, build ${printable(machine.build)}` : ''}${machine.firmware ? `, ${GENERATIONS[machine.firmware]}` : ''}`,
    `last ran ${machine.lastBoot ? `about ${machine.lastBoot.iso}` : 'at an unknown time'}, last shut down ${machine.lastShutdown?.iso ?? 'at an unknown time'}`,
    `${printable(machine.windowsFolder)}${machine.device ? ` on ${printable(machine.device)}` : ''}`,
    ...(sets.length > 0 ? [`control sets: ${sets.join(', ')}`] : []),
  ];
}

const SEVERITY_COLOURS = { error: 'red', warning: 'yellow', info: 'dim' } as const;

/** A finding in a line; `mark` stands in place of its code. */
export function findingLine(style: TextOptions, finding: Finding, mark: string = finding.code): string {
  const severity = painted(style, SEVERITY_COLOURS[finding.severity], finding.severity.padEnd(7));
  const mend = finding.repair === undefined ? '' : ` [${finding.repair}]`;
  return `${severity} ${mark}${mend}: ${printable(sentenceOf(finding))}`;
}

/** What became of a repair. */
export const OUTCOME_WORDS = {
  applied: 'done',
  planned: 'planned',
  already: 'already as it should be',
  skipped: 'left out',
} as const;

function outcomeLines(style: TextOptions, outcome: RepairOutcome): string[] {
  const place = outcome.controlSet === null ? '' : ` in ${outcome.controlSet}`;
  const colour = outcome.state === 'applied' ? 'green' : outcome.state === 'planned' ? 'yellow' : 'dim';
  const head = `${outcome.name}${place}: ${painted(style, colour, OUTCOME_WORDS[outcome.state])}`;
  const lines: string[] = [head];
  let last = '';
  for (const change of outcome.changes) {
    if (isElementKey(change.edit)) continue;
    const where = editPlace(change.edit);
    if (where !== last) lines.push(`  ${where}`);
    last = where;
    append(
      lines,
      changeLines(change).map((line) => `    ${line}`),
    );
  }
  return lines;
}

function repairLines(report: Report, style: TextOptions): string[] {
  const idle = report.repairs.filter((outcome) => outcome.changes.length === 0).map((outcome) => outcome.name);
  return [
    ...report.repairs
      .filter((outcome) => outcome.changes.length > 0)
      .flatMap((outcome) => outcomeLines(style, outcome)),
    ...(idle.length > 0 ? [`${painted(style, 'dim', 'nothing to do')}: ${idle.join(', ')}`] : []),
  ];
}

/** What was found before is mended where its repair changed something and nobody found it again afterwards. */
export function sortedFindings(report: Report): {
  readonly mended: readonly Finding[];
  readonly left: readonly Finding[];
} {
  const busy = new Set(report.repairs.filter((outcome) => outcome.changes.length > 0).map((outcome) => outcome.name));
  const place = (finding: Finding): string => `${finding.code} ${finding.where.file} ${finding.where.key ?? ''}`;
  const times = new Map<string, number>();
  const remarks = report.findings.filter((finding) => finding.security === undefined);
  for (const finding of remarks) times.set(place(finding), (times.get(place(finding)) ?? 0) + 1);
  const isMended = (finding: Finding): boolean =>
    finding.repair !== undefined && busy.has(finding.repair) && times.get(place(finding)) === 1;
  const left = remarks.filter((finding) => !isMended(finding));
  return {
    mended: remarks.filter(isMended),
    left: left.filter((finding, i) => left.findIndex((other) => place(other) === place(finding)) === i),
  };
}

/** Each finding of one effect, with the lines that take back what lowers. */
export function securityLines(findings: readonly Finding[], effect: 'raises' | 'lowers'): string[] {
  return findings
    .filter((finding) => finding.security === effect)
    .flatMap((finding) => [
      printable(finding.text),
      ...(effect === 'lowers' ? (finding.revert ?? []).map((line) => `  take it back: ${printable(line)}`) : []),
    ]);
}

/** The plan as it is shown before the question. */
export function planText(report: Report, style: TextOptions): string {
  return [
    section(style, 'Machine', machineLines(report.machine)),
    section(
      style,
      'What would be written',
      report.repairs.filter((outcome) => outcome.changes.length > 0).flatMap((outcome) => outcomeLines(style, outcome)),
    ),
    section(style, 'This lowers security', securityLines(report.findings, 'lowers')),
    section(
      style,
      'Know before you answer',
      report.findings
        .filter((finding) => ABOUT_THE_PLAN.includes(finding.code))
        .map((finding) => findingLine(style, finding)),
    ),
    section(
      style,
      'Left out',
      report.skipped.map(({ what, why }) => `${what}: ${printable(why)}`),
    ),
  ].join('');
}

/** What writing the plan may bring about, or why it may be in vain. */
const ABOUT_THE_PLAN = ['BITLOCKER_MAY_ASK_FOR_KEY', 'POLICY_WILL_SET_BACK', 'MACHINE_GUID_CHANGED', 'BOOT_MENU_SHOWN'];

/** The whole report of repair, apply and undo. */
export function repairText(report: Report, style: TextOptions): string {
  const { mended, left } = sortedFindings(report);
  return [
    `${summary(report, style)}\n\n`,
    section(style, 'Machine', machineLines(report.machine)),
    section(style, 'Repairs', repairLines(report, style)),
    section(
      style,
      'Left out',
      report.skipped.map(({ what, why }) => `${what}: ${printable(why)}`),
    ),
    section(
      style,
      report.dryRun ? 'Found, and mended by this' : 'Found, and mended',
      mended.map((finding) => findingLine(style, finding)),
    ),
    section(
      style,
      'Found, and left as it is',
      left.map((finding) => findingLine(style, finding)),
    ),
    section(style, 'This lowers security', securityLines(report.findings, 'lowers')),
    section(style, 'This raises security', securityLines(report.findings, 'raises')),
    section(style, 'BeforeScript_permissions', listingLines(report.permissions?.BeforeScript_permissions)),
    section(style, 'AfterScript_permissions', listingLines(report.permissions?.AfterScript_permissions)),
    section(style, 'Written', writtenLines(report)),
    section(style, 'To take it back', report.undo ? undoLines(report) : []),
    section(
      style,
      'Next',
      report.next.flatMap(({ why, commands }) => [printable(why), ...commands.map((line) => `  ${printable(line)}`)]),
    ),
    section(style, 'Before the machine starts', beforeStartLines(report)),
    section(style, 'On the running Windows, when RDP works again', afterBootLines(report)),
    report.dryRun ? '' : section(style, 'What no disk can show', UNSEEN),
  ].join('');
}

/** icacls' own form, line for line; it is escaped already. */
function listingLines(listing: string | undefined): string[] {
  return (listing ?? '').split(/\r?\n/).filter((line) => line.trim() !== '');
}

/** The outcome of repair, apply and undo in a sentence. */
export function summary(report: Report, style: TextOptions): string {
  const count = `${report.changes.length} ${report.changes.length === 1 ? 'change' : 'changes'}`;
  switch (report.status) {
    case 'unchanged':
      return unchanged(report, style);
    case 'partly':
      return painted(style, 'yellow', `${count} written, but not all is mended: see what was left.`);
    case 'failed':
      return painted(style, 'red', `Failed: ${printable(report.error?.message ?? '')}`);
    default:
      return report.dryRun
        ? painted(style, 'yellow', `${count} would be written. Nothing was.`)
        : painted(style, 'green', `${count} written and read back.`);
  }
}

/** Nothing to write is not nothing wrong: a cause may be left that no repair of this plan mends. */
function unchanged(report: Report, style: TextOptions): string {
  const causes = sortedFindings(report).left.filter((finding) => finding.severity === 'error').length;
  if (causes === 0 && report.skipped.length === 0)
    return painted(style, 'green', 'Nothing to do: everything is as it should be.');
  const what = report.skipped.length > 0 ? 'what was left out' : 'what was found and left as it is';
  return painted(style, 'yellow', `Nothing to do in these repairs, but see ${what}.`);
}

function writtenLines(report: Report): string[] {
  if (report.dryRun) return [];
  return report.targets
    .filter((target) => target.sha256After !== null && target.sha256After !== target.sha256Before)
    .map((target) => {
      const size =
        target.pagesChanged === undefined ? '' : `, ${target.pagesChanged} pages, ${target.bytesChanged ?? 0} bytes`;
      return `${printable(target.path)}${size}`;
    });
}

/** How the commit is taken back, as long as it can be. */
export function undoLines(report: Report): string[] {
  const { undo } = report;
  if (!undo) return [];
  return [
    printable(undo.command),
    `once Windows has started from this disk: ${printable(undo.command)} --values`,
    ...(undo.journal ? [`what stood there before is kept in ${printable(undo.journal)}`] : []),
  ];
}

/** What the repairs that changed something want done later; the lines that take changes back are in after-boot.cmd. */
export function afterBootLines(report: Report): string[] {
  const names = report.repairs.filter((outcome) => outcome.changes.length > 0).map((outcome) => outcome.name);
  return REPAIRS.filter((repair) => names.includes(repair.name)).flatMap((repair) => repair.afterBoot);
}

/** How the disk goes back to its machine, where something was written. */
export function beforeStartLines(report: Report): string[] {
  if (report.dryRun || report.changes.length === 0) return [];
  const mount = report.machine?.volume ?? '';
  const menu = report.changes.some(({ edit }) => 'key' in edit && edit.key.path.includes('26000020'));
  const certificate = report.changes.some(({ edit }) => 'key' in edit && edit.key.path.includes('SystemCertificates'));
  // A path says on which host it was written.
  const isOnWindows = /^(?:[a-z]:|\\\\)/i.test(mount);
  return [
    isOnWindows
      ? 'diskpart, select disk <n>, offline disk; then detach the disk and give it back to its machine.'
      : `umount ${mount === '' ? '<folder>' : printable(mount)}; then detach the disk and give it back to its machine.`,
    ...(menu ? ['At the next start the boot menu is shown for some seconds, also on the serial console.'] : []),
    ...(certificate ? ['At the next start Windows makes a new RDP certificate; clients ask about it once.'] : []),
  ];
}

/** What may keep Remote Desktop from working besides, and cannot be read from a disk. */
export const UNSEEN = [
  'whether the network security group, or a firewall in front of the machine, lets the RDP port in;',
  'whether the account and its password are right;',
  "whether the network gives the machine its address, and the domain's controllers can be reached.",
];
