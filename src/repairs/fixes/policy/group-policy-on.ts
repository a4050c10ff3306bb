// The Group Policy service switched on again after group-policy-off.

import { dword } from '../../../registry/value.ts';
import type { Repair } from '../../model.ts';
import { isNumber, ruleEdits, ruleFindings, type ValueRule } from '../../rules.ts';
import { GPSVC, START_DISABLED } from './group-policy-off.ts';

const START_AUTOMATIC = 2;

const RULES: readonly ValueRule[] = [
  {
    hive: 'SYSTEM',
    path: GPSVC,
    name: 'Start',
    write: dword(START_AUTOMATIC),
    published: dword(START_AUTOMATIC),
    isGood: isNumber(START_AUTOMATIC),
    fault: (found) =>
      isNumber(START_DISABLED)(found)
        ? {
            code: 'GROUP_POLICY_OFF',
            severity: 'info',
            effect: 'no policy is applied to this machine, as after group-policy-off.',
          }
        : null,
    needsKey: true,
    why: "The organisation's policy must apply again.",
    security: () => ({ effect: 'raises', text: "The organisation's policy applies again." }),
  },
];

export const groupPolicyOn: Repair = {
  name: 'group-policy-on',
  title: 'switch the Group Policy service on again',
  about: 'Sets the start of gpsvc to 2 (automatic). No profile has it; ask for it with --only group-policy-on.',
  article: 'rdp-internal-error',
  certainty: 'certain',
  link: 'group-policy',
  writes: [
    {
      where: 'SYSTEM\\{CS}\\Services\\gpsvc',
      name: 'Start',
      data: 'REG_DWORD 2',
      when: 'the service exists and its start is not 2',
      security: 'raises',
    },
  ],
  afterBoot: ['gpupdate /force'],
  detect: (view) => ruleFindings(view, 'group-policy-on', RULES),
  edits: (view, options) => ruleEdits(view, RULES, options),
};
