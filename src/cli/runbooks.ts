// run and lint: repair scripts as they are published.

import { RefusedError } from '../base/errors.ts';
import type { Finding } from '../base/finding.ts';
import { readWholeFile } from '../disk/read-file.ts';
import { thisHost } from '../host.ts';
import { lintRunbook } from '../runbook/linter.ts';
import { blankReport, type CliResult } from './print.ts';
import type { CliContext } from './program.ts';

/** As commander gives them. */
interface LintOptions {
  readonly format?: 'text' | 'json' | 'sarif';
  readonly failOn?: Finding['severity'];
}

export function run(_context: CliContext, words: readonly string[], _options: object): CliResult {
  throw new RefusedError('UNRESOLVED_LINE', `${words[0]} is not run by this version`, {
    hint: `hivemend lint ${words[0]}`,
  });
}

const SEVERITIES: readonly Finding['severity'][] = ['info', 'warning', 'error'];

export function lint(context: CliContext, words: readonly string[], options: LintOptions): CliResult {
  const { fs } = thisHost();
  const findings = words.flatMap((file) => lintRunbook(file, readWholeFile(fs, file)));
  const limit = SEVERITIES.indexOf(options.failOn ?? 'error');
  const fails = findings.some((finding) => SEVERITIES.indexOf(finding.severity) >= limit);
  const stdout = findings
    .map(
      ({ where, severity, code, text }) =>
        `${where.file}:${where.line}:${where.column}: ${severity} ${code}: ${text}\n`,
    )
    .join('');
  const report = { ...blankReport(context, 'lint'), status: fails ? ('findings' as const) : ('ok' as const), findings };
  return { exitCode: fails ? 1 : 0, stdout, stderr: '', report };
}
