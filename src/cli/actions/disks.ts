// disks: what is on disks, images and addresses.

import { listDisks } from '../../commands/disks.ts';
import { disksText } from '../../render/disks.ts';
import { blankReport, type CliResult } from '../print.ts';
import type { CliContext } from '../terminal.ts';

export function disks(
  context: CliContext,
  words: readonly string[],
  options: { readonly anyBacking?: boolean },
): CliResult {
  const listed = listDisks(context.host, words, options.anyBacking);
  return {
    exitCode: 0,
    stdout: disksText(listed),
    stderr: '',
    report: blankReport(context, 'disks'),
    data: { disks: listed },
  };
}
