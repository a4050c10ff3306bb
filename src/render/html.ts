// A report as one self-contained page to attach to a ticket: no scripts, no network, readable in light, dark and print.

import type { Finding } from '../base/finding.ts';
import { printable } from '../base/text.ts';
import type { DiagnoseReport, PlannedChange } from '../commands/diagnose.ts';
import type { Change } from '../registry/edit.ts';
import type { Report } from '../report.ts';
import { changeSides, editPlace, editText, isElementKey } from './change.ts';
import { alikeFindings, diagnoseSummary, VERDICT_WORDS } from './diagnosis.ts';
import { STYLE } from './html-style.ts';
import {
  afterBootLines,
  beforeStartLines,
  controlSetNames,
  GENERATIONS,
  OUTCOME_WORDS,
  sortedFindings,
  summary,
  UNSEEN,
  undoLines,
} from './repair-text.ts';

/** The commands whose report is about a disk that goes back to its machine; undo where it plans changes (--values). */
const RESCUES = ['repair', 'apply', 'undo'];

/** The outcome of the other commands. */
const STATUS_WORDS = {
  ok: 'Done.',
  unchanged: 'Nothing was to be done.',
  partly: 'Done in part: see what was left.',
  findings: 'Something was found.',
  failed: 'Failed.',
} as const;

/** The page; everything that came from a disk is escaped. */
export function htmlReport(report: Report): string {
  const title = `hivemend ${report.command}: ${report.machine?.computerName ?? 'report'}`;
  const isByBytes = report.command === 'undo' && report.repairs.length + report.changes.length === 0;
  const isRescue = RESCUES.includes(report.command) && report.error === null && !isByBytes;
  const sections = [
    errorSection(report),
    machineSection(report),
    ...(isDiagnosis(report) ? diagnosisSections(report) : []),
    changeSection(report),
    listSection(
      'Left out',
      report.skipped.map(({ what, why }) => `<strong>${safe(what)}</strong>: ${safe(why)}`),
    ),
    ...(isDiagnosis(report) ? [] : findingSections(report)),
    securitySection('This lowers security', report.findings, 'lowers'),
    securitySection('This raises security', report.findings, 'raises'),
    listingSection('BeforeScript_permissions', report.permissions?.BeforeScript_permissions),
    listingSection('AfterScript_permissions', report.permissions?.AfterScript_permissions),
    targetSection(report),
    undoSection(report, isRescue),
    nextSection(report),
    ...(isRescue
      ? [
          listSection('Before the machine starts', beforeStartLines(report).map(safe)),
          listSection('On the running Windows, when RDP works again', afterBootLines(report).map(safe)),
          listSection('What no disk can show', report.dryRun ? [] : UNSEEN.map(safe)),
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
<h1>${safe(title)}</h1>
${leadOf(report, isRescue)}
${sections.filter((section) => section !== '').join('\n')}
</body>
</html>
`;
}

const isDiagnosis = (report: Report): report is DiagnoseReport => 'checks' in report;

function leadOf(report: Report, isRescue: boolean): string {
  const sentence = isDiagnosis(report)
    ? diagnoseSummary(report)
    : isRescue
      ? summary(report, { colour: false })
      : STATUS_WORDS[report.status];
  const facts = [
    ...(report.dryRun ? ['dry run: nothing was written'] : []),
    ...(report.startedAt === '' ? [] : [report.startedAt]),
    `hivemend ${report.tool.version}`,
    ...(report.note === undefined ? [] : [report.note]),
  ];
  return `<p class="lead ${report.status}"><strong>${safe(sentence)}</strong></p>\n<p class="dim">${safe(facts.join(' · '))}</p>`;
}

function machineSection({ machine }: Report): string {
  if (!machine) return '';
  const windows = [machine.product, machine.build].filter((part) => part !== null).join(', build ');
  const rows = [
    ['Computer', [machine.computerName ?? 'not known', machine.domain].filter((part) => part !== null).join(', in ')],
    ['Windows', windows || 'not known'],
    ['Firmware', machine.firmware ? GENERATIONS[machine.firmware] : 'not known'],
    ['Last ran', machine.lastBoot ? `about ${machine.lastBoot.iso}` : 'not known'],
    ['Last shut down', machine.lastShutdown?.iso ?? 'not known'],
    ['Folder', machine.windowsFolder],
    ['Device', machine.device ?? 'not known'],
    ['Control sets', controlSetNames(machine).join(', ')],
  ] as const;
  const body = rows.map(([head, text]) => `<tr><th scope="row">${head}</th><td>${safe(text)}</td></tr>`).join('\n');
  return `<h2>Machine</h2>\n<table class="pairs">\n${body}\n</table>`;
}

function errorSection({ error }: Report): string {
  if (!error) return '';
  const hint = error.hint === undefined ? '' : `\n<p>Next:</p>${commandBox(error.hint)}`;
  return `<h2 class="error">${safe(error.kind)} ${safe(error.code)}</h2>\n<p>${safe(error.message)}</p>${hint}`;
}

function diagnosisSections(report: DiagnoseReport): string[] {
  const found = alikeFindings(report).map(({ first, others }) => findingBlock(first, others));
  const links = report.checks.map(
    ({ link, controlSet, verdict, text }) =>
      `<tr><th scope="row">${safe(link)}${controlSet === null ? '' : ` (${safe(controlSet.slice(-3))})`}</th><td class="${verdict}">${VERDICT_WORDS[verdict]}</td><td>${safe(text)}</td></tr>`,
  );
  return [
    found.length === 0 ? '' : `<h2>Found</h2>\n${found.join('\n')}`,
    links.length === 0
      ? ''
      : `<h2>Checks, from power-on to a session</h2>\n<table class="checks">\n<thead><tr><th>Check</th><th>Verdict</th><th>What was looked at</th></tr></thead>\n${links.join('\n')}\n</table>`,
    planSection('Plan: what mends a cause that was found', report.plan.mends),
    planSection('Plan: what an option asks for, and keys that must be there', report.plan.requested),
    planSection('Plan: what is set besides (left out by --needed)', report.plan.besides),
  ];
}

function planSection(title: string, planned: readonly PlannedChange[]): string {
  const items = planned
    .filter(({ edit }) => !isElementKey(edit))
    .map(
      ({ repair, edit, why, mends }) =>
        `<strong>${safe(repair)}</strong>${mends === null ? '' : ` (${safe(mends)})`}: ${safe(why)}<br><code>${safe(editPlace(edit))}<br>${safe(editText(edit))}</code>`,
    );
  return listSection(title, items);
}

function findingSections(report: Report): string[] {
  const { mended, left } = sortedFindings(report);
  const blocks = (title: string, findings: readonly Finding[]): string =>
    findings.length === 0 ? '' : `<h2>${title}</h2>\n${findings.map((one) => findingBlock(one, [])).join('\n')}`;
  return [
    blocks(mended.length > 0 ? 'Found, and left as it is' : 'Findings', left),
    blocks(report.dryRun ? 'Found, and mended by this' : 'Found, and mended', mended),
  ];
}

/** The place has a line of its own where the sentence does not name it. */
function findingBlock({ severity, code, repair, text, where }: Finding, others: readonly string[]): string {
  const line = where.line === undefined ? '' : `:${where.line}`;
  const place = where.key ?? `${where.file}${line}`;
  const places = [...(text.includes(place) ? [] : [place]), ...others.map((other) => `the same in ${other}`)];
  const about = places.length === 0 ? '' : `<br><code class="dim">${safe(places.join('; '))}</code>`;
  const mend = repair === undefined ? '' : ` <span class="dim">repair ${safe(repair)}</span>`;
  return `<div class="finding ${severity}"><span class="severity">${severity}</span> <code>${safe(code)}</code>${mend}<br><span>${safe(text)}</span>${about}</div>`;
}

function securitySection(title: string, findings: readonly Finding[], effect: 'raises' | 'lowers'): string {
  const items = findings
    .filter((finding) => finding.security === effect)
    .map(({ text, revert = [] }) => {
      const back =
        effect === 'raises' || revert.length === 0 ? '' : `\nTake it back:${revert.map(commandBox).join('')}`;
      return `${safe(text)}${back}`;
    });
  return listSection(title, items);
}

/** The changes repair by repair; those of a command that has no repairs stand together. */
function changeSection(report: Report): string {
  if (report.changes.length === 0) return '';
  const busy = report.repairs.filter((outcome) => outcome.changes.length > 0);
  const parts =
    busy.length === 0
      ? [changeTable(report.changes)]
      : busy.map(({ name, controlSet, state, changes }) => {
          const place = controlSet === null ? '' : ` in ${controlSet}`;
          return `<h3>${safe(`${name}${place}: ${OUTCOME_WORDS[state]}`)}</h3>\n${changeTable(changes)}`;
        });
  return `<h2>${report.dryRun ? 'Planned changes' : 'Changes'}</h2>\n${parts.join('\n')}`;
}

function changeTable(changes: readonly Change[]): string {
  const lines = (texts: readonly string[]): string => `<code>${texts.map(safe).join('<br>')}</code>`;
  let last = '';
  const rows = changes
    .filter(({ edit }) => !isElementKey(edit))
    .flatMap((change) => {
      const place = editPlace(change.edit);
      const { name, before, after } = changeSides(change);
      const head =
        place === last
          ? []
          : [`<tr><th class="place" colspan="3" scope="rowgroup"><code>${safe(place)}</code></th></tr>`];
      last = place;
      return [
        ...head,
        `<tr><td>${lines([name])}</td><td data-head="before">${lines(before)}</td><td data-head="after">${lines(after)}</td></tr>`,
      ];
    });
  return `<table class="changes">\n<thead><tr><th>What</th><th>Before</th><th>After</th></tr></thead>\n${rows.join('\n')}\n</table>`;
}

function targetSection(report: Report): string {
  const items = report.targets.map(({ path, sha256Before, sha256After, pagesChanged, bytesChanged }) => {
    const isSame = sha256Before === sha256After;
    const size =
      isSame || pagesChanged === undefined ? '' : `: ${pagesChanged} pages, ${bytesChanged ?? 0} bytes changed`;
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

function undoSection(report: Report, isRescue: boolean): string {
  const { undo } = report;
  if (!undo) return '';
  const [command = '', ...more] = isRescue ? undoLines(report) : [printable(undo.command)];
  return `<h2>To take it back</h2>\n${commandBox(command)}${more.map((line) => `\n<p>${safe(line)}</p>`).join('')}`;
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

const commandBox = (line: string): string => `\n<pre>${safe(line)}</pre>`;

/** `items` are HTML already. */
function listSection(title: string, items: readonly string[]): string {
  if (items.length === 0) return '';
  return `<h2>${title}</h2>\n<ul>\n${items.map((item) => `<li>${item}</li>`).join('\n')}\n</ul>`;
}

/** Text for HTML; what a disk named cannot become markup, nor hide in control characters. */
function safe(text: string): string {
  return printable(text).replace(/[&<>"']/g, (sign) => `&#${sign.charCodeAt(0)};`);
}
