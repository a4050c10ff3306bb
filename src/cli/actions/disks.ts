// disks: what is on disks, images and addresses.

import { commandLine } from '../../base/quote.ts';
import { type DiskListing, listDisks } from '../../commands/disks.ts';
import { disksText } from '../../render/disks.ts';
import type { Report } from '../../report.ts';
import { blankReport, type CliResult } from '../print.ts';
import { type CliContext, styleOf } from '../terminal.ts';

/** More would hide the list. */
const MOST_NEXT = 4;

export function disks(
  context: CliContext,
  words: readonly string[],
  options: { readonly anyBacking?: boolean },
): CliResult {
  const listed = listDisks(context.host, words, options.anyBacking);
  const next = nextOf(context, listed);
  return {
    exitCode: 0,
    stdout: disksText(listed, next, styleOf(context.terminal)),
    stderr: '',
    report: { ...blankReport(context, 'disks'), next },
    data: { disks: listed },
  };
}

/** The diagnosis of each disk with a Windows on it. */
function nextOf({ host }: CliContext, listed: readonly DiskListing[]): Report['next'] {
  const names = listed.filter(({ volumes }) => volumes.some(({ windows }) => windows !== null)).map(({ name }) => name);
  if (names.length === 0) return [];
  const commands = names.slice(0, MOST_NEXT).map((name) => commandLine(['hivemend', 'diagnose', name], host.style));
  return [{ why: 'Find out why Remote Desktop or Windows fails on it:', commands }];
}
