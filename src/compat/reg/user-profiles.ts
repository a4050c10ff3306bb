// The users of a disk: their profiles by name, and by the SIDs that ProfileList has.

import { upcase } from '../../base/text.ts';
import { readString } from '../../registry/value.ts';
import type { Session } from '../../session/session.ts';
import type { Outcome } from '../outcome.ts';
import { NOT_FOUND_TEXT } from './arguments.ts';
import { DONE_TEXT } from './write.ts';

const PROFILE_LIST = ['Microsoft', 'Windows NT', 'CurrentVersion', 'ProfileList'];

export function isSidText(text: string): boolean {
  return /^S-1-\d+(?:-\d+)+$/i.test(text);
}

/** Names of the user profiles with a registry, Default among them; those of services are none of a user. */
export function userProfiles(session: Session): string[] {
  const profiles = session.found?.profiles ?? [];
  return profiles
    .filter(({ ntuser }) => ntuser !== null && !/[\\/]ServiceProfiles[\\/]/i.test(ntuser))
    .map(({ name }) => name);
}

/** Whether a key is of the user who is logged on. */
export function isOfCurrentUser(keyText: string): boolean {
  return /^(?:HKCU|HKEY_CURRENT_USER):?(?:\\|$)/i.test(keyText);
}

/**
 * What a command answered for several users, as one: its texts, and the worst exit status; where it was done for one, that
 * another does not have the key is no failure.
 */
export function joinedOutcome(
  answers: readonly { readonly user: string; readonly outcome: Outcome }[],
  shown: (user: string) => string = (user) => user,
): Outcome {
  const isDone = answers.some(({ outcome }) => outcome.exitCode === 0);
  const counted = answers.filter(({ outcome }) => !isDone || !outcome.stderr.includes(NOT_FOUND_TEXT));
  const led = (user: string, text: string): string => (text === '' ? '' : `HKU\\${shown(user)}: ${text}`);
  return {
    exitCode: counted.reduce((worst, { outcome }) => Math.max(worst, outcome.exitCode), 0),
    stdout: answers
      .map(({ user, outcome }) => (outcome.stdout === DONE_TEXT ? led(user, outcome.stdout) : outcome.stdout))
      .join(''),
    stderr: answers.map(({ user, outcome }) => led(user, outcome.stderr)).join(''),
  };
}

/** The name of the profile that is a SID's: the last name of its ProfileImagePath. Null where it is not known. */
export function profileOfSid(session: Session, sid: string): string | null {
  if (/^S-1-5-18$/i.test(sid)) return session.has('DEFAULT') ? '.DEFAULT' : null;
  if (!session.has('SOFTWARE')) return null;
  const value = session.view('SOFTWARE').value([...PROFILE_LIST, sid], 'ProfileImagePath');
  const folder = (value === null ? null : readString(value))?.split('\\').at(-1) ?? '';
  return (session.found?.profiles ?? []).find(({ name }) => upcase(name) === upcase(folder))?.name ?? null;
}
