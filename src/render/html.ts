// A report as one self-contained page to attach to a ticket: no scripts, no network, readable in light, dark and print.

import { REBUILD_HELPS } from '../base/codes/starting.ts';
import type { Finding } from '../base/finding.ts';
import type { DiagnoseReport } from '../repairs/diagnose.ts';
import type { PlannedChange } from '../repairs/plan.ts';
import { editPlace, editText, isElementKey } from '../repairs/revert/change-text.ts';
import type { Report, SummaryCause } from '../report.ts';
import { briefText, diagnoseSummary } from './diagnosis.ts';
import { isDiagnosis as isDiagnosed, VERDICT_WORDS } from './diagnosis-details.ts';
import { changeTables } from './html-changes.ts';
import { commandBox, listSection, safe } from './html-parts.ts';
import { STYLE } from './html-style.ts';
import { checkWord, controlSetNames, GENERATIONS, nameless, setNumbers, setsText, timeText } from './machine.ts';
import { headline, rebuildSections } from './rebuild.ts';
import { afterBootLines, outcomeSentence, riskSentences, UNSEEN } from './repair-text.ts';
import { counted } from './style.ts';

/** The commands whose report is about a disk that goes back to its machine; undo where it plans changes (--values). */
const RESCUES = ['repair', 'apply', 'undo'];

/** The outcome of the other commands. */
const STATUS_WORDS = {
  ok: 'Done.',
  unchanged: 'Nothing to do.',
  partly: 'Done in part: see what is left.',
  findings: 'Something was found.',
  blocked: 'Refused.',
  failed: 'Failed.',
} as const;

/** The page; everything that came from a disk is escaped. */
export function htmlReport(report: Report): string {
  const title = `hivemend ${report.command}: ${report.machine?.computerName ?? 'report'}`;
  const isByBytes = report.command === 'undo' && report.repairs.length + report.changes.length === 0;
  const isRescue = RESCUES.includes(report.command) && !isByBytes;
  const { found, besides } = summarySections(report);
  const sections = [
    errorSection(report),
    ...rebuildSections(report),
    ...found,
    nextSection(report),
    undoSection(report),
    ...besides,
    changeTables(report),
    listSection(
      'Skipped',
      report.skipped.map(({ what, why }) => `<strong>${safe(what)}</strong>: ${safe(why)}`),
    ),
    securitySection('Lower security', report.findings, 'lowers'),
    securitySection('Higher security', report.findings, 'raises'),
    listSection('Risk', report.dryRun && !isDiagnosis(report) ? riskSentences(report).map(safe) : []),
    machineSection(report),
    ...(isDiagnosis(report) ? diagnosisSections(report) : []),
    findingSection(report),
    listingSection('BeforeScript_permissions', report.permissions?.BeforeScript_permissions),
    listingSection('AfterScript_permissions', report.permissions?.AfterScript_permissions),
    targetSection(report),
    ...(isRescue
      ? [
          listSection('On the running Windows', afterBootLines(report).map(safe)),
          listSection('Check these as well', report.dryRun || report.error ? [] : UNSEEN.map(safe)),
        ]
      : []),
  ];
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<title>${safe(title)}</title>
<style>${STYLE}</style>
</head>
<body>
${leadOf(report, isRescue)}
${sections.filter((section) => section !== '').join('\n')}
<p class="dim foot">${safe(factsOf(report).join(' · '))}</p>
</body>
</html>
`;
}

const isDiagnosis = (report: Report): report is DiagnoseReport => 'checks' in report;

/** The verdict, in the words of the screen. */
function leadOf(report: Report, isRescue: boolean): string {
  const { rebuild } = report;
  const sentence = rebuild
    ? headline(rebuild).join(' ')
    : isDiagnosis(report)
      ? diagnoseSummary(report)
      : isRescue || report.command === 'run'
        ? outcomeSentence(report)
        : STATUS_WORDS[report.status];
  const { summary } = report;
  const state = isDiagnosis(report) ? (summary.state ?? report.status) : report.status;
  const blocked =
    isDiagnosis(report) && summary.repairBlocked !== null
      ? `\n<p class="blocked">Repair is blocked: ${safe(summary.repairBlocked)}</p>`
      : '';
  const dry = report.dryRun && !isDiagnosis(report) ? '\n<p class="dim">Dry run: nothing was written.</p>' : '';
  return `<h1 class="${state}">${safe(sentence)}</h1>${blocked}${dry}`;
}

function factsOf(report: Report): string[] {
  return [
    `hivemend ${report.tool.version} ${report.command}`,
    ...(timeText(report.startedAt) === null ? [] : [timeText(report.startedAt)!]),
    ...(report.note === undefined ? [] : [report.note]),
  ];
}

/** Causes, of a repair what it fixed, which what is to be done next follows; then warnings and what was not checked. */
function summarySections(report: Report): { readonly found: string[]; readonly besides: string[] } {
  const { summary, machine } = report;
  // The whole of it stands among the findings.
  const brief = isDiagnosis(report) ? briefText : (text: string): string => text;
  const cause = (kind: string, { code, check, text, repair, controlSets }: SummaryCause): string => {
    const sets = setsText(machine, controlSets);
    const by = repair ?? (REBUILD_HELPS.has(code) ? 'rebuild' : null);
    const fix = by === null ? '' : `<br><span class="dim">fix: ${safe(by)}</span>`;
    return `<div class="finding ${kind}"><span class="severity">${safe(checkWord(check))}</span> <span>${safe(brief(text))}${sets === '' ? '' : ` <span class="dim">(${safe(sets)})</span>`}${fix}</span></div>`;
  };
  const block = (title: string, items: readonly string[]): string =>
    items.length === 0 ? '' : `<h2>${title}</h2>\n${items.join('\n')}`;
  const found = [
    block(
      report.dryRun ? 'Causes that this fixes' : 'Fixed',
      summary.fixed.map((one) => cause('ok', one)),
    ),
    block(
      isDiagnosis(report) ? 'Causes' : 'Causes left',
      summary.causes.map((one) => cause('error', one)),
    ),
  ];
  const besides = [
    block('Warnings', isDiagnosis(report) ? summary.warnings.map((one) => cause('warning', one)) : []),
    block(
      'Not checked',
      summary.notChecked.map(
        ({ check, why }) =>
          `<div class="finding unknown"><span class="severity">${safe(checkWord(check))}</span> <span>${safe(why)}</span></div>`,
      ),
    ),
  ];
  return { found, besides };
}

function machineSection({ machine }: Report): string {
  if (!machine) return '';
  const windows = `${machine.product ?? 'Windows version unknown'}${machine.build === null ? '' : ` (${machine.build})`}`;
  const rows = [
    [
      'Computer',
      [machine.computerName ?? nameless(machine), machine.domain].filter((part) => part !== null).join(', domain '),
    ],
    ['Windows', windows],
    ['Firmware', machine.firmware ? GENERATIONS[machine.firmware] : 'unknown'],
    ['Last ran', timeText(machine.lastBoot) ?? 'unknown'],
    ['Last shutdown', timeText(machine.lastShutdown) ?? 'unknown'],
    ['Folder', machine.windowsFolder],
    ['Device', machine.device ?? 'unknown'],
    ['Control sets', controlSetNames(machine).join(', ') || (machine.isSystemRead === false ? 'unknown' : 'none')],
  ] as const;
  const body = rows.map(([head, text]) => `<tr><th scope="row">${head}</th><td>${safe(text)}</td></tr>`).join('\n');
  return `<h2>Machine</h2>\n<table class="pairs">\n${body}\n</table>`;
}

function errorSection({ error }: Report): string {
  if (!error) return '';
  // Each of several ways on, and each command, stands on a line of its own.
  const lines = (error.hint ?? '').split('\n').filter((line) => line !== '');
  const isCommand = (line: string): boolean => line.startsWith('  ') || line.startsWith('hivemend ');
  const ways = lines.map((line) => (isCommand(line) ? commandBox(line.trim()) : `\n<p>${safe(line)}</p>`));
  const hint = lines.length === 0 ? '' : `\n<h3>Next</h3>${ways.join('')}`;
  return `<h2 class="error">${safe(error.kind)} ${safe(error.code)}</h2>\n<p>${safe(error.message)}</p>${hint}`;
}

function diagnosisSections(report: DiagnoseReport): string[] {
  const links = report.checks.map(
    ({ link, controlSet, verdict, text }) =>
      `<tr><th scope="row">${safe(checkWord(link))}${controlSet === null ? '' : ` (${safe(controlSet.slice(-3))})`}</th><td class="${verdict}">${VERDICT_WORDS[verdict]}</td><td>${safe(text)}</td></tr>`,
  );
  return [
    links.length === 0
      ? ''
      : `<h2>Checks, from power-on to a session</h2>\n<table class="checks">\n<thead><tr><th>Check</th><th>Verdict</th><th>Values</th></tr></thead>\n${links.join('\n')}\n</table>`,
    planSection('Plan: what fixes a cause or a warning', report.plan.fixes),
    planSection('Plan: what an option asks for, and keys that must be there', report.plan.requested),
    planSection('Plan: what the repair profile sets besides (skipped with --needed)', report.plan.besides),
  ];
}

function planSection(title: string, planned: readonly PlannedChange[]): string {
  const items = planned
    .filter(({ edit }) => !isElementKey(edit))
    .map(
      ({ repair, edit, why, fixes }) =>
        `<strong>${safe(repair)}</strong>${fixes === null ? '' : ` (${safe(fixes)})`}: ${safe(why)}<br><code>${safe(editPlace(edit))}<br>${safe(editText(edit))}</code>`,
    );
  return listSection(title, items);
}

/** Every finding with its place; the causes of a diagnosis stand at the top as well. */
function findingSection(report: Report): string {
  const told = report.findings.filter(({ security, code }) => security === undefined && code !== 'DESCRIPTOR_REPLACED');
  if (told.length === 0) return '';
  return `<h2>${isDiagnosis(report) ? 'Every finding' : 'Findings'}</h2>\n${told.map(findingBlock).join('\n')}`;
}

function findingBlock(finding: Finding): string {
  const { severity, code, repair, text, where, controlSets = [] } = finding;
  const line = where.line === undefined ? '' : `:${where.line}`;
  const places = [
    where.key ?? `${where.file}${line}`,
    ...(controlSets.length === 0 ? [] : [`control sets ${setNumbers(controlSets)}`]),
    ...(isDiagnosed(finding) ? [`${finding.certainty}; source: ${finding.article}`] : []),
  ];
  const fix = repair === undefined ? '' : ` <span class="dim">fix: ${safe(repair)}</span>`;
  return `<div class="finding ${severity}"><span class="severity">${severity}</span> <code>${safe(code)}</code>${fix}<br><span>${safe(text)}</span><br><code class="dim">${safe(places.join('; '))}</code></div>`;
}

function securitySection(title: string, findings: readonly Finding[], effect: 'raises' | 'lowers'): string {
  const items = findings
    .filter((finding) => finding.security === effect)
    .map(({ text, revert = [] }) => {
      const back =
        effect === 'raises' || revert.length === 0 ? '' : `\nRevert it on Windows:${revert.map(commandBox).join('')}`;
      return `${safe(text)}${back}`;
    });
  return listSection(title, items);
}

function targetSection(report: Report): string {
  const items = report.targets.map(({ path, sha256Before, sha256After, pagesChanged, bytesChanged }) => {
    const isSame = sha256Before === sha256After;
    const size =
      isSame || pagesChanged === undefined
        ? ''
        : `: ${counted(pagesChanged, 'page')}, ${counted(bytesChanged ?? 0, 'byte')} changed`;
    const hashes = isSame
      ? [['unchanged, sha256', sha256Before]]
      : [
          ['sha256 before', sha256Before],
          ['sha256 after', sha256After],
        ];
    const shown = hashes
      .filter(([, hash]) => hash !== null)
      .map(([head, hash]) => `<br><span class="dim">${head}</span> <code>${safe(hash!)}</code>`);
    return `<code>${safe(path)}</code>${size}${shown.join('')}`;
  });
  return listSection('Files', items);
}

function undoSection({ undo }: Report): string {
  if (!undo) return '';
  const where = undo.journal === '' ? '' : `\n<p class="dim">Journal: <code>${safe(undo.journal)}</code></p>`;
  return `<h2>Undo</h2>\n<p>Until Windows has started from the disk; then add --values.</p>${commandBox(undo.command)}${where}`;
}

function nextSection({ next }: Report): string {
  if (next.length === 0) return '';
  const steps = next.map(({ why, commands }) => `<p>${safe(why)}</p>${commands.map(commandBox).join('')}`);
  const title = next.some(({ commands }) => commands.length > 0) ? 'Next' : 'Outcome';
  return `<h2>${title}</h2>\n${steps.join('\n')}`;
}

/** icacls' own form, line for line. */
function listingSection(title: string, listing: string | undefined): string {
  const lines = (listing ?? '').split(/\r?\n/).filter((line) => line.trim() !== '');
  return lines.length === 0 ? '' : `<h2>${title}</h2>\n<pre>${lines.map(safe).join('\n')}</pre>`;
}
