// How far Windows Setup has come on a disk: the values of SYSTEM\Setup, and whether the command that they name is there.

import { numberAt, textAt } from '../../rules.ts';
import type { MachineView } from '../../view.ts';
import { programExists, programOf } from '../../windows-files.ts';

export const SETUP = ['Setup'];
const PROFILE_LIST = ['Microsoft', 'Windows NT', 'CurrentVersion', 'ProfileList'];

/**
 * 'done': Windows starts normally. 'no-command': it runs a command in place of the logon that is not there. 'prepared': an
 * image that asks its first questions at the next start. 'stuck': set-up is marked as running on a machine with users.
 * 'running': it has not finished.
 */
export type SetupPhase = 'done' | 'no-command' | 'prepared' | 'stuck' | 'running';

export interface SetupState {
  readonly phase: SetupPhase;
  /** SetupType; Windows runs CmdLine where it is not 0. */
  readonly type: number;
  readonly command: string;
  /** Those of the marks that are set. */
  readonly running: readonly string[];
  /** Somebody has logged on to this Windows: it is past its set-up. */
  readonly hasUsers: boolean;
}

export function setupState(view: MachineView): SetupState {
  const number = (name: string): number => numberAt(view.system, SETUP, name) ?? 0;
  const type = number('SetupType');
  const running = ['SystemSetupInProgress', 'OOBEInProgress'].filter((name) => number(name) !== 0);
  const command = textAt(view.system, SETUP, 'CmdLine') ?? '';
  const profiles = view.software?.key(PROFILE_LIST)?.subkeys() ?? [];
  const hasUsers = profiles.some(({ name }) => /^S-1-(?:5-21|12-1)-/i.test(name));
  const shared = { type, command, running, hasUsers };
  const program = programOf(command);
  // The command alone is no sign: healthy machines keep the one of their own set-up (seen in a real hive).
  if (type === 0 && running.length === 0) return { ...shared, phase: 'done' };
  const isGone = program === '' || programExists(view, command) === false;
  if (type !== 0 && isGone) return { ...shared, phase: 'no-command' };
  if (/(?:^|\\)(?:windeploy|setup)\.exe$/i.test(program)) return { ...shared, phase: 'prepared' };
  const isStuck = running.includes('SystemSetupInProgress') && hasUsers;
  return { ...shared, phase: isStuck ? 'stuck' : 'running' };
}

/** A machine that has been in use; an image that was never set up needs its answer file, and not these values. */
export const isCompleted = ({ hasUsers, running }: SetupState): boolean =>
  hasUsers || !running.includes('SystemSetupInProgress');
