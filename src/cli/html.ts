// A report as one self-contained page to attach to a ticket: no scripts, no network, readable in light and dark.

import { printable } from '../base/text.ts';
import { editPlace, valueText } from '../commands/change-text.ts';
import type { Change } from '../registry/edit.ts';
import type { Report } from '../report.ts';

const STYLE = `
:root { color-scheme: light dark; --line: #c8ccd0; --dim: #57606a; --bad: #b3261e; --warn: #8a5a00; --good: #1a6b2f; --back: #ffffff; --text: #1c1f23; }
@media (prefers-color-scheme: dark) { :root { --line: #3d444d; --dim: #9aa4ae; --bad: #ff8a80; --warn: #f0b429; --good: #7bd88f; --back: #14171a; --text: #e6e8ea; } }
body { font: 15px/1.5 system-ui, sans-serif; margin: 2rem auto; max-width: 70rem; padding: 0 1rem; background: var(--back); color: var(--text); }
h1 { font-size: 1.5rem; margin-bottom: 0; } h2 { font-size: 1.1rem; margin-top: 2rem; }
table { border-collapse: collapse; width: 100%; } th, td { border-bottom: 1px solid var(--line); padding: .35rem .6rem .35rem 0; text-align: left; vertical-align: top; }
th { color: var(--dim); font-weight: 600; } code, pre { font: 13px/1.4 ui-monospace, monospace; overflow-wrap: anywhere; white-space: pre-wrap; }
.error { color: var(--bad); } .warning { color: var(--warn); } .info { color: var(--dim); } .ok { color: var(--good); } p.lead { color: var(--dim); margin-top: .2rem; }
@media print { body { margin: 0; max-width: none; } }
`;

/** The page; everything that came from a disk is escaped. */
export function htmlReport(report: Report): string {
  const title = `hivemend ${report.command}: ${report.machine?.computerName ?? 'report'}`;
  const sections = [
    machineSection(report),
    errorSection(report),
    findingSection(
      'Findings',
      report.findings.filter((finding) => finding.security === undefined),
    ),
    findingSection(
      'What lowers security',
      report.findings.filter((finding) => finding.security === 'lowers'),
    ),
    changeSection(report),
    targetSection(report),
    undoSection(report),
  ];
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${safe(title)}</title>
<style>${STYLE}</style>
</head>
<body>
<h1>${safe(title)}</h1>
<p class="lead">${safe(leadOf(report))}</p>
${sections.filter((section) => section !== '').join('\n')}
</body>
</html>
`;
}

function leadOf(report: Report): string {
  const parts = [
    `${report.status}${report.dryRun ? ' (dry run: nothing was written)' : ''}`,
    ...(report.startedAt === '' ? [] : [report.startedAt]),
    `hivemend ${report.tool.version}`,
    ...(report.note === undefined ? [] : [report.note]),
  ];
  return parts.join(' · ');
}

function machineSection({ machine }: Report): string {
  if (!machine) return '';
  const sets = machine.controlSets.map((set) => {
    const roles = [
      ...(set.isCurrent ? ['current'] : []),
      ...(set.isDefault ? ['default'] : []),
      ...(set.isLastKnownGood ? ['last known good'] : []),
      ...(set.isFailed ? ['failed'] : []),
    ];
    return roles.length === 0 ? set.name : `${set.name} (${roles.join(', ')})`;
  });
  return table('Machine', null, [
    ['Computer', machine.computerName ?? 'not known'],
    ['Windows', [machine.product, machine.build].filter((part) => part !== null).join(', build ') || 'not known'],
    ['Firmware', machine.firmware ?? 'not known'],
    ['Last started', machine.lastBoot ? `about ${machine.lastBoot.iso}` : 'not known'],
    ['Last shut down', machine.lastShutdown?.iso ?? 'not known'],
    ['Folder', machine.windowsFolder],
    ['Device', machine.device ?? 'not known'],
    ['Control sets', sets.join(', ')],
  ]);
}

function errorSection({ error }: Report): string {
  if (!error) return '';
  const hint = error.hint === undefined ? '' : `<p>Next: <code>${safe(error.hint)}</code></p>`;
  return `<h2 class="error">${safe(error.kind)} ${safe(error.code)}</h2><p>${safe(error.message)}</p>${hint}`;
}

function findingSection(title: string, findings: Report['findings']): string {
  if (findings.length === 0) return '';
  const rows = findings.map((finding) => {
    const back = (finding.revert ?? []).map((line) => `<pre>${safe(line)}</pre>`).join('');
    const place = finding.where.key ?? finding.where.file;
    return `<tr><td class="${finding.severity}">${finding.severity}</td><td><code>${safe(finding.code)}</code></td><td>${safe(finding.text)}${back}</td><td><code>${safe(place)}</code></td><td>${safe(finding.repair ?? '')}</td></tr>`;
  });
  return `<h2>${title}</h2><table><tr><th>Severity</th><th>Code</th><th>What</th><th>Where</th><th>Repair</th></tr>${rows.join('')}</table>`;
}

function changeSection(report: Report): string {
  if (report.changes.length === 0) return '';
  const rows = report.changes.map(
    (change) =>
      `<tr><td><code>${safe(editPlace(change.edit))}</code></td><td>${safe(stateText(change, 'before'))}</td><td>${safe(stateText(change, 'after'))}</td></tr>`,
  );
  return `<h2>${report.dryRun ? 'Planned changes' : 'Changes'}</h2><table><tr><th>Where</th><th>Before</th><th>After</th></tr>${rows.join('')}</table>`;
}

function stateText(change: Change, side: 'before' | 'after'): string {
  const state = change[side];
  if (state === null) return 'nothing';
  if (state.value) return valueText(state.value);
  if (state.sdHex !== undefined) return `descriptor of ${state.sdHex.length / 2} bytes`;
  if (state.tree) return `${state.tree.length} key${state.tree.length === 1 ? '' : 's'}`;
  if (state.fileSha256 !== undefined) return `file, sha256 ${state.fileSha256}`;
  return 'there';
}

function targetSection(report: Report): string {
  const rows = report.targets.map((target) => [
    target.path,
    target.sha256Before ?? '',
    target.sha256After ?? '',
    target.pagesChanged === undefined ? '' : `${target.pagesChanged} pages, ${target.bytesChanged} bytes`,
  ]);
  return table('Files', ['File', 'sha256 before', 'sha256 after', 'Changed'], rows);
}

function undoSection(report: Report): string {
  const next = report.next.flatMap(({ why, commands }) => [
    `<p>${safe(why)}</p>`,
    ...commands.map((line) => `<pre>${safe(line)}</pre>`),
  ]);
  const back = report.undo ? `<h2>To take it back</h2><pre>${safe(report.undo.command)}</pre>` : '';
  return `${back}${next.length === 0 ? '' : `<h2>Next</h2>${next.join('')}`}`;
}

function table(title: string, heads: readonly string[] | null, rows: readonly (readonly string[])[]): string {
  if (rows.length === 0) return '';
  const head = heads ? `<tr>${heads.map((text) => `<th>${text}</th>`).join('')}</tr>` : '';
  const body = rows.map(([first, ...rest]) => {
    const cells = rest.map((text) => `<td><code>${safe(text)}</code></td>`).join('');
    return `<tr>${heads ? `<td><code>${safe(first!)}</code></td>` : `<th>${safe(first!)}</th>`}${cells}</tr>`;
  });
  return `<h2>${title}</h2><table>${head}${body.join('')}</table>`;
}

/** Text for HTML; what a disk named cannot become markup, nor hide in control characters. */
function safe(text: string): string {
  return printable(text).replace(/[&<>"']/g, (sign) => `&#${sign.charCodeAt(0)};`);
}
