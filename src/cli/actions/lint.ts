// lint: what is wrong with repair scripts, before any disk is there.

import type { Finding } from '../../base/finding.ts';
import { printable } from '../../base/text.ts';
import { idOf, sarif } from '../../render/sarif.ts';
import { lintRunbook } from '../../runbook/lint/linter.ts';
import { blankReport, type CliResult } from '../print.ts';
import type { CliContext } from '../terminal.ts';
import { readScript } from '../terminal.ts';

/** As commander gives them. */
interface LintOptions {
  readonly format?: 'text' | 'json' | 'sarif';
  readonly failOn?: Finding['severity'];
}

const SEVERITIES: readonly Finding['severity'][] = ['info', 'warning', 'error'];

export function lint(context: CliContext, words: readonly string[], options: LintOptions): CliResult {
  const findings = words.flatMap((file) => lintRunbook(file, readScript(context, file)));
  const limit = SEVERITIES.indexOf(options.failOn ?? 'error');
  const fails = findings.some((finding) => SEVERITIES.indexOf(finding.severity) >= limit);
  const report = { ...blankReport(context, 'lint'), status: fails ? ('findings' as const) : ('ok' as const), findings };
  return {
    exitCode: fails ? 1 : 0,
    stdout: lintText(findings, options.format ?? 'text'),
    stderr: '',
    report,
  };
}

function lintText(findings: readonly Finding[], format: 'text' | 'json' | 'sarif'): string {
  if (format === 'sarif') return sarif(findings);
  if (format === 'json')
    return `${JSON.stringify(
      findings.map((finding) => ({ rule: idOf(finding), ...finding })),
      null,
      2,
    )}\n`;
  return findings
    .map(
      (finding) =>
        `${printable(finding.where.file)}:${finding.where.line}:${finding.where.column}: ${finding.severity} ${idOf(finding)}: ${printable(finding.text)}\n`,
    )
    .join('');
}
