// Windows Setup left half done: Windows then runs a command of it in place of the logon.

import type { Finding } from '../../base/finding.ts';
import { hiveFinding, numberAt, textAt } from '../rules.ts';
import type { MachineView } from '../view.ts';
import { fileExists, isWholeWindows, volumePath } from '../windows-files.ts';
import type { Check } from './check.ts';

const SETUP = ['Setup'];
const PROFILE_LIST = ['Microsoft', 'Windows NT', 'CurrentVersion', 'ProfileList'];

/** The program of a command line: its quoted or first word. */
function programOf(command: string): string {
  return /^\s*"([^"]+)"/.exec(command)?.[1] ?? command.trim().split(/\s/, 1)[0] ?? '';
}

/** Null where it cannot be told. A bare or relative name is looked for in System32 and in Windows' folder. */
function programExists(view: MachineView, program: string): boolean | null {
  if (/^[a-z]:\\|^[%\\]/i.test(program)) {
    const path = volumePath(view, program);
    const isInWindows = path?.toLowerCase().startsWith(`${view.windowsPath.toLowerCase()}\\`);
    return isInWindows && !isWholeWindows(view) ? null : fileExists(view, path);
  }
  if (!isWholeWindows(view)) return null;
  const names = /\.[a-z0-9]{1,4}$/i.test(program) ? [program] : [program, `${program}.exe`];
  const folders = [`${view.windowsPath}\\System32`, view.windowsPath, ''];
  return folders.some((folder) => names.some((name) => fileExists(view, `${folder}\\${name}`) === true));
}

/** Somebody has logged on to this Windows: it is past its set-up. */
function hasUsers(view: MachineView): boolean {
  return (view.software?.key(PROFILE_LIST)?.subkeys() ?? []).some(({ name }) => /^S-1-(?:5-21|12-1)-/i.test(name));
}

function setupFindings(view: MachineView): Finding[] {
  const number = (name: string): number => numberAt(view.system, SETUP, name) ?? 0;
  const type = number('SetupType');
  const running = ['SystemSetupInProgress', 'OOBEInProgress'].filter((name) => number(name) !== 0);
  const command = textAt(view.system, SETUP, 'CmdLine') ?? '';
  const program = programOf(command);
  const report = (code: Finding['code'], severity: Finding['severity'], text: string): Finding[] => [
    hiveFinding(view, { code, severity, hive: 'SYSTEM', path: SETUP, controlSet: null, text }),
  ];
  // The command alone is no sign: healthy machines keep the one of their own set-up (seen in a real hive).
  if (type === 0 && running.length === 0) return [];
  if (type !== 0 && (program === '' || programExists(view, program) === false)) {
    const what = program === '' ? 'names no command' : `names ${command}, which is not on the disk`;
    const text = `SetupType is ${type}, so that Windows runs CmdLine in place of the logon, and CmdLine ${what}: the machine restarts over and over.`;
    return report('SETUP_COMMAND_MISSING', 'error', text);
  }
  const isPrepared = /(?:^|\\)(?:windeploy|setup)\.exe$/i.test(program);
  if (isPrepared) {
    const text = `This is a prepared image: ${command} runs at its next start and asks the first questions, and Remote Desktop starts after it.`;
    return report('SETUP_PENDING', 'info', text);
  }
  if (running.includes('SystemSetupInProgress') && hasUsers(view)) {
    const text =
      'SystemSetupInProgress is set on a machine that has users: Windows takes its set-up for unfinished, and does not start normally.';
    return report('SETUP_IN_PROGRESS', 'error', text);
  }
  const set = [...(type === 0 ? [] : ['SetupType']), ...running];
  const text = `${set.join(' and ')} ${set.length === 1 ? 'is' : 'are'} set: Windows Setup has not finished on this disk, and Remote Desktop starts only after it.`;
  return report('SETUP_IN_PROGRESS', 'warning', text);
}

export const SETUP_CHECKS: readonly Check[] = [
  { link: 'machine', article: 'our own', certainty: 'likely', detect: setupFindings },
];
