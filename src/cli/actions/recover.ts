// recover: a hive with its logs replayed, as a new file.

import { recoverHive } from '../../commands/recover.ts';
import { attachHives } from '../../session/disks/attach-hives.ts';
import { volumesOf, writeOutputFile } from '../output.ts';
import { blankReport, type CliResult } from '../print.ts';
import type { CliContext } from '../terminal.ts';

export function recover(
  context: CliContext,
  words: readonly string[],
  options: { readonly output: string; readonly log?: string[]; readonly force?: boolean; readonly volume?: string[] },
): CliResult {
  using hives = attachHives(context.host, words, options);
  const { bytes, source } = recoverHive(hives.host, hives.paths[0]!, options.log ? { logs: options.log } : {});
  const volumes = volumesOf(context.host.fs, context.host.style, [...words, ...(options.volume ?? [])]);
  writeOutputFile(context.host, options.output, bytes, { force: options.force === true, volumes });
  const count = source.recovery.entriesApplied;
  const said = source.recovery.wasDirty ? `${count} log entries replayed` : 'the hive was clean: nothing to replay';
  const report = { ...blankReport(context, 'recover'), findings: source.findings() };
  return { exitCode: 0, stdout: `${options.output}: ${said}\n`, stderr: '', report, volumes };
}
