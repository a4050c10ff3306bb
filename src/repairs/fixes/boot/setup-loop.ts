// Windows Setup marked as running on a machine that has long been set up: Windows runs a command in place of the logon.

import type { Finding } from '../../../base/finding.ts';
import { dword, sz } from '../../../registry/value.ts';
import type { PlannedEdit, Repair } from '../../model.ts';
import { hiveFinding } from '../../rules.ts';
import type { MachineView } from '../../view.ts';
import { isCompleted, SETUP, type SetupState, setupState } from './setup-state.ts';

const REPAIR = 'setup-loop';

/** What a state does to the start, for 'no-command' and 'stuck'. */
export function setupText({ phase, type, command }: SetupState): string {
  if (phase === 'stuck') {
    return 'SystemSetupInProgress is set on a machine that has users: Windows takes its set-up for unfinished, and does not start normally.';
  }
  const what = command === '' ? 'names no command' : `names ${command}, which is not on the disk`;
  return `SetupType is ${type}, so that Windows runs CmdLine in place of the logon, and CmdLine ${what}: the machine restarts over and over.`;
}

/** The code of what is fixed; null: nothing. */
function faultOf(state: SetupState): 'SETUP_COMMAND_MISSING' | 'SETUP_IN_PROGRESS' | null {
  if (state.phase === 'stuck') return 'SETUP_IN_PROGRESS';
  return state.phase === 'no-command' && isCompleted(state) ? 'SETUP_COMMAND_MISSING' : null;
}

function detect(view: MachineView): Finding[] {
  const state = setupState(view);
  const code = faultOf(state);
  if (code === null) return [];
  return [
    hiveFinding(view, {
      code,
      severity: 'error',
      hive: 'SYSTEM',
      path: SETUP,
      controlSet: null,
      repair: REPAIR,
      text: setupText(state),
    }),
  ];
}

function edits(view: MachineView): PlannedEdit[] {
  const state = setupState(view);
  const fixes = faultOf(state);
  if (fixes === null) return [];
  const key = { hive: view.system.name, path: SETUP };
  const why = 'This machine is set up, and must go on to the logon.';
  const numbers = [...(state.type === 0 ? [] : ['SetupType']), ...state.running];
  const planned = numbers.map((name): PlannedEdit => {
    return { edit: { op: 'set-value', key, name, value: dword(0) }, why, controlSet: null, fixes };
  });
  if (state.type === 0 || state.command === '') return planned;
  return [...planned, { edit: { op: 'set-value', key, name: 'CmdLine', value: sz('') }, why, controlSet: null, fixes }];
}

export const setupLoop: Repair = {
  name: REPAIR,
  title: 'end a Windows Setup that was left half done on a machine in use',
  about:
    'Sets SetupType, SystemSetupInProgress and OOBEInProgress to 0 and empties CmdLine, where Windows would run a command that is not on the disk in place of the logon, or takes a machine that has users for one that is being set up. A prepared image, which needs its answer file, is left alone; a machine that was being upgraded stays half upgraded.',
  article: 'setup-in-progress',
  certainty: 'likely',
  link: 'machine',
  writes: [
    {
      where: 'SYSTEM\\Setup',
      name: 'SetupType, SystemSetupInProgress, OOBEInProgress',
      data: 'REG_DWORD 0',
      when: 'not 0, and CmdLine is not on the disk or the machine has users',
      security: null,
    },
    { where: 'SYSTEM\\Setup', name: 'CmdLine', data: '(empty)', when: 'SetupType was not 0', security: null },
  ],
  afterBoot: [],
  detect,
  edits,
};
