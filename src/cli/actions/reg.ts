// reg: reg.exe's grammar on --volume or --hive.

import { reg as runReg } from '../../compat/reg/reg.ts';
import { sessionRegistry } from '../../compat/reg/session-registry.ts';
import { bindSystemStore } from '../../session/machine-view.ts';
import { Session } from '../../session/session.ts';
import { type CompatOptions, commitOutcome, noTarget, plainResult, realFiles, runOver } from '../compat.ts';
import { sessionOptions } from '../options.ts';
import type { CliResult } from '../print.ts';
import { type CliContext, canAsk } from '../terminal.ts';

/** What the hive of --hive is called in reports. */
const HIVE_NAME = 'HIVE';

export function reg(context: CliContext, words: readonly string[], options: CompatOptions): CliResult {
  const files = realFiles(context.host, options);
  if (options.hive === undefined && options.volume === undefined) {
    if (/^(load|unload)$/i.test(words[0] ?? '')) {
      const said = 'Nothing need be loaded: name the hive file with --hive, or the mounted disk with --volume.\n';
      return plainResult(context, 'reg', { exitCode: 0, stdout: said, stderr: '' });
    }
    if (words.length > 0 && !words.includes('/?'))
      throw noTarget('reg query --volume /mnt/windows HKLM\\SYSTEM\\Select');
  }
  using session = openSession(context, words, options);
  if (session.found) bindSystemStore(session);
  const registry = sessionRegistry(session, {
    ...files,
    bareHive: options.hive === undefined ? null : HIVE_NAME,
    ...(options.prefix === undefined ? {} : { prefix: options.prefix }),
    ...(options.codePage === undefined ? {} : { codePage: options.codePage }),
    keepsBindings: false,
    isInteractive: canAsk(context.terminal),
    confirm: (question) => context.terminal.confirm(question),
  });
  const outcome = runOver(context, session, () => runReg(words, registry));
  return commitOutcome(context, 'reg', session, outcome, options);
}

function openSession({ host }: CliContext, words: readonly string[], options: CompatOptions): Session {
  const isReading = /^(query|compare|export|save)$/i.test(words[0] ?? '');
  const settings = { ...sessionOptions(options), isReading };
  if (options.volume) return Session.overVolumes(host, options.volume, settings);
  const bare = options.hive === undefined ? [] : [{ name: HIVE_NAME, path: options.hive }];
  return Session.overFiles(host, bare, settings);
}
