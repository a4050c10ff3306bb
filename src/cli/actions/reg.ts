// reg: reg.exe's grammar on --volume or --hive.

import { NotFoundError, UsageError } from '../../base/errors.ts';
import { printable } from '../../base/text.ts';
import { reg as runReg } from '../../compat/reg/reg.ts';
import { sessionRegistry } from '../../compat/reg/session-registry.ts';
import { isOfCurrentUser, joinedOutcome, userProfiles } from '../../compat/reg/user-profiles.ts';
import { bindSystemStore } from '../../session/boot-store.ts';
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
  let user: string | null = null;
  const registry = sessionRegistry(session, {
    ...files,
    user: () => user,
    bareHive: options.hive === undefined ? null : HIVE_NAME,
    ...(options.prefix === undefined ? {} : { prefix: options.prefix }),
    ...(options.codePage === undefined ? {} : { codePage: options.codePage }),
    keepsBindings: false,
    isInteractive: canAsk(context.terminal),
    confirm: (question) => context.terminal.confirm(question),
  });
  const users = options.allUsers ? allUsers(session, words) : null;
  const outcome = runOver(context, session, () => {
    if (users === null) return runReg(words, registry);
    const answers = users.map((name) => {
      user = name;
      return { user: name, outcome: runReg(words, registry) };
    });
    return joinedOutcome(answers, printable);
  });
  return commitOutcome(context, 'reg', session, outcome, options);
}

/** The user profiles that --all-users means. @throws UsageError BAD_ARGUMENT */
function allUsers(session: Session, words: readonly string[]): readonly string[] {
  if (!words.some(isOfCurrentUser) && !/^import$/i.test(words[0] ?? '')) {
    throw new UsageError(
      'BAD_ARGUMENT',
      '--all-users is for keys below HKCU, which then stands for each user profile',
      {
        hint: "hivemend reg add --all-users --volume /mnt/windows 'HKCU\\Software\\...' ...",
      },
    );
  }
  const users = userProfiles(session);
  if (users.length > 0) return users;
  throw new NotFoundError('HIVE_NOT_FOUND', 'no user profile with an NTUSER.DAT was found on the volumes');
}

function openSession({ host }: CliContext, words: readonly string[], options: CompatOptions): Session {
  const isReading = /^(query|compare|export|save)$/i.test(words[0] ?? '');
  const settings = { ...sessionOptions(options), isReading };
  if (options.volume) return Session.overVolumes(host, options.volume, settings);
  const bare = options.hive === undefined ? [] : [{ name: HIVE_NAME, path: options.hive }];
  return Session.overFiles(host, bare, settings);
}
