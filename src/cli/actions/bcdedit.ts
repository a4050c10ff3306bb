// bcdedit: bcdedit's grammar on --volume or /store.

import { type BcdContext, bcdeditJson, bcdedit as runBcdedit } from '../../compat/bcdedit/bcdedit.ts';
import { SessionBcd } from '../../compat/bcdedit/session-bcd.ts';
import { Session } from '../../session/session.ts';
import { type CompatOptions, commitOutcome, noTarget, plainResult, realFiles, runOver } from '../compat.ts';
import { sessionOptions } from '../options.ts';
import type { CliResult } from '../print.ts';
import type { CliContext } from '../terminal.ts';

export function bcdedit(context: CliContext, words: readonly string[], options: CompatOptions): CliResult {
  const { host } = context;
  const at = words.findIndex((word) => /^[/-]store$/i.test(word));
  const file = at < 0 ? undefined : words[at + 1];
  const isHelp = words.length === 0 ? false : /^[/-](\?|help)$/i.test(words[0]!);
  const isNew = words.some((word) => /^[/-]createstore$/i.test(word));
  if (file === undefined && options.volume === undefined && !isHelp && !isNew) {
    throw noTarget('bcdedit --volume /mnt/windows /enum   (or: bcdedit /store <file> /enum)');
  }
  const verb = words.find((word) => /^[/-]/.test(word) && !/^[/-](store|v)$/i.test(word)) ?? '/enum';
  const settings = { ...sessionOptions(options), isReading: /^[/-](enum|export)$/i.test(verb) };
  using session = options.volume
    ? Session.overVolumes(host, options.volume, { ...settings, withLocked: true })
    : Session.overFiles(host, file === undefined ? [] : [{ name: 'BCD', path: file }], settings);
  const store = new SessionBcd(session, realFiles(host, options), options.partition ?? []);
  if (options.json) {
    const json = bcdeditJson(words, store);
    if (json) {
      return { ...plainResult(context, 'bcdedit', { exitCode: 0, stdout: '', stderr: '' }), data: json };
    }
  }
  const outcome = runOver(context, session, () => runBcdedit(words, store satisfies BcdContext));
  return commitOutcome(context, 'bcdedit', session, outcome, options);
}
