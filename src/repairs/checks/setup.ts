// Windows Setup that has not finished, where nothing may be changed: setup-loop fixes what is left over on a finished machine.

import type { Finding } from '../../base/finding.ts';
import { setupText } from '../fixes/boot/setup-loop.ts';
import { isCompleted, SETUP, setupState } from '../fixes/boot/setup-state.ts';
import { hiveFinding } from '../rules.ts';
import type { MachineView } from '../view.ts';
import type { Check } from './check.ts';

function setupFindings(view: MachineView): Finding[] {
  const state = setupState(view);
  const report = (code: Finding['code'], severity: Finding['severity'], text: string): Finding[] => [
    hiveFinding(view, { code, severity, hive: 'SYSTEM', path: SETUP, controlSet: null, text }),
  ];
  switch (state.phase) {
    case 'no-command':
      return isCompleted(state) ? [] : report('SETUP_COMMAND_MISSING', 'error', setupText(state));
    case 'prepared': {
      const text = `This is a prepared image: ${state.command} runs at its next start and asks the first questions, and Remote Desktop starts after it.`;
      return report('SETUP_PENDING', 'info', text);
    }
    case 'running': {
      const set = [...(state.type === 0 ? [] : ['SetupType']), ...state.running];
      const text = `${set.join(' and ')} ${set.length === 1 ? 'is' : 'are'} set: Windows Setup has not finished on this disk, and Remote Desktop starts only after it.`;
      return report('SETUP_IN_PROGRESS', 'warning', text);
    }
    default:
      return [];
  }
}

export const SETUP_CHECKS: readonly Check[] = [
  { link: 'machine', article: 'our own', certainty: 'likely', detect: setupFindings },
];
