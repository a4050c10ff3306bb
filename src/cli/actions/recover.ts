// recover: a hive with its logs replayed, as a new file.

import { recoverHive } from '../../commands/recover.ts';
import { attachDisks } from '../../session/attach.ts';
import { volumesOf, writeOutputFile } from '../output.ts';
import { blankReport, type CliResult } from '../print.ts';
import type { CliContext } from '../terminal.ts';

export function recover(
  context: CliContext,
  words: readonly string[],
  options: { readonly output: string; readonly log?: string[]; readonly force?: boolean },
): CliResult {
  using attached = attachDisks(context.host, words);
  const { bytes, source } = recoverHive(attached.host, attached.roots[0]!, options.log ? { logs: options.log } : {});
  const volumes = volumesOf(context.host.fs, context.host.style, words);
  writeOutputFile(context.host, options.output, bytes, { force: options.force === true, volumes });
  const count = source.recovery.entriesApplied;
  const said = source.recovery.wasDirty ? `${count} log entries replayed` : 'the hive was clean: nothing to replay';
  const report = { ...blankReport(context, 'recover'), findings: source.findings() };
  return { exitCode: 0, stdout: `${options.output}: ${said}\n`, stderr: '', report, volumes };
}
