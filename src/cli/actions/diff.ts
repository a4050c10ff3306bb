// diff: what differs between two hives.

import { sentenceOf } from '../../base/finding.ts';
import { printable } from '../../base/text.ts';
import { diffFiles } from '../../commands/diff.ts';
import type { Sink } from '../../commands/export.ts';
import { attachHives } from '../../session/disks/attach-hives.ts';
import { volumesOf } from '../output.ts';
import { blankReport, type CliResult } from '../print.ts';
import type { CliContext } from '../terminal.ts';

/** As commander gives them. */
interface DiffOptions {
  readonly format?: string;
  readonly times?: boolean;
  readonly raw?: boolean;
  readonly prefix?: string;
  readonly json?: boolean;
  readonly volume?: string[];
  readonly anyBacking?: boolean;
}

export function diff(context: CliContext, words: readonly string[], options: DiffOptions): CliResult {
  using hives = attachHives(context.host, words, options);
  const [oldPath, newPath] = hives.paths as [string, string];
  const chunks: (string | Uint8Array)[] = [];
  const sink: Sink = options.json ? (chunk) => chunks.push(chunk) : context.terminal.stdout;
  const result = diffFiles(
    hives.host,
    oldPath,
    newPath === oldPath ? null : newPath,
    {
      format: (options.json ? 'json' : (options.format ?? 'text')) as 'text' | 'json' | 'reg',
      ...(options.times ? { withTimes: true } : {}),
      ...(options.raw ? { isRaw: true } : {}),
      ...(options.prefix === undefined ? {} : { prefix: options.prefix }),
    },
    sink,
  );
  const report = {
    ...blankReport(context, 'diff'),
    status: result.exitCode === 0 ? ('ok' as const) : ('findings' as const),
    findings: result.findings,
  };
  const said = result.findings
    .filter((finding) => finding.severity !== 'info')
    .map((finding) => `hivemend: ${printable(sentenceOf(finding))}\n`);
  return {
    exitCode: result.exitCode,
    stdout: '',
    stderr: said.join(''),
    report,
    data: { differences: result.differences },
    volumes: volumesOf(context.host.fs, context.host.style, [...words, ...(options.volume ?? [])]),
  };
}
