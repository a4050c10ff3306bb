// The Group Policy service held back, so that the domain's policy does not undo a repair before it can be tried.

import { dword } from '../../../registry/value.ts';
import type { Repair } from '../../model.ts';
import { isNumber, ruleEdits, type ValueRule } from '../../rules.ts';

export const GPSVC = ['{CS}', 'Services', 'gpsvc'];
export const START_DISABLED = 4;

const RULES: readonly ValueRule[] = [
  {
    hive: 'SYSTEM',
    path: GPSVC,
    name: 'Start',
    write: dword(START_DISABLED),
    published: dword(START_DISABLED),
    isGood: isNumber(START_DISABLED),
    needsKey: true,
    why: 'Domain policy would set back the repaired values at the next boot.',
    security: () => ({
      effect: 'lowers',
      text: 'No policy of the organisation is applied until the service is switched on again (repair group-policy-on).',
    }),
  },
];

export const groupPolicyOff: Repair = {
  name: 'group-policy-off',
  title: 'hold the Group Policy service back so that policy does not undo the repair',
  about:
    'Sets the start of gpsvc to 4 (disabled). For a while only: when RDP works again, change the policy in the domain and run group-policy-on, or the lines of after-boot.cmd.',
  article: 'rdp-internal-error, cannot-connect',
  certainty: 'likely',
  link: 'group-policy',
  writes: [
    {
      where: 'SYSTEM\\{CS}\\Services\\gpsvc',
      name: 'Start',
      data: 'REG_DWORD 4',
      when: 'the service exists and its start is not 4',
      security: 'lowers',
    },
  ],
  afterBoot: ['sc config gpsvc start= auto', 'gpupdate /force'],
  // That policy applies is no fault; a plan that it would set back says so (POLICY_WILL_SET_BACK).
  detect: () => [],
  edits: (view, options) => ruleEdits(view, RULES, options),
};
