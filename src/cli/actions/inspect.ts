// inspect: what a hive is made of, and whether it is sound.

import { inspectHive, inspectionExitCode, inspectionText } from '../../commands/inspect.ts';
import { attachHives } from '../../session/disks/attach-hives.ts';
import { volumesOf } from '../output.ts';
import { blankReport, type CliResult } from '../print.ts';
import type { CliContext } from '../terminal.ts';

export function inspect(
  context: CliContext,
  words: readonly string[],
  options: {
    readonly log?: string[];
    readonly validate?: boolean;
    readonly changes?: boolean;
    readonly volume?: string[];
    readonly anyBacking?: boolean;
  },
): CliResult {
  using hives = attachHives(context.host, words, options);
  const inspection = inspectHive(hives.host, hives.paths[0]!, {
    ...(options.log ? { logs: options.log } : {}),
    ...(options.validate ? { withValidation: true } : {}),
    ...(options.changes ? { withChanges: true } : {}),
  });
  const exitCode = inspectionExitCode(inspection);
  const report = {
    ...blankReport(context, 'inspect'),
    status: exitCode === 0 ? ('ok' as const) : ('findings' as const),
    findings: [...inspection.findings, ...(inspection.defects ?? [])],
  };
  return {
    exitCode,
    stdout: inspectionText(inspection),
    stderr: '',
    report,
    data: inspection,
    volumes: volumesOf(context.host.fs, context.host.style, [...words, ...(options.volume ?? [])]),
  };
}
