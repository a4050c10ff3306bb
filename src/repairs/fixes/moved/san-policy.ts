// Disks that Windows leaves offline: the policy for disks that it has not seen before.

import { dword } from '../../../registry/value.ts';
import type { Repair } from '../../model.ts';
import { faultWhen, isNumber, ruleEdits, ruleFindings, type ValueRule } from '../../rules.ts';

const ONLINE_ALL = 1;
/** 3 leaves all offline, 4 the internal ones. 2, offline on a shared bus, is the default of servers. */
const isOffline = isNumber(3, 4);

const RULES: readonly ValueRule[] = [
  {
    hive: 'SYSTEM',
    path: ['{CS}', 'Services', 'partmgr', 'Parameters'],
    name: 'SanPolicy',
    write: dword(ONLINE_ALL),
    isGood: (found) => !isOffline(found),
    fault: faultWhen(
      isOffline,
      'DISKS_STAY_OFFLINE',
      'warning',
      'data disks stay offline after a move, and what lies on them does not start.',
    ),
    isOnlyForFault: true,
    needsKey: true,
    why: 'Disks must come online by themselves.',
  },
];

export const sanPolicy: Repair = {
  name: 'san-policy',
  title: 'bring all disks online',
  about:
    'Sets SanPolicy to 1 (all online) where it is 3 or 4, so that data disks come online after a move to another platform. A disk that is shared with another machine can then be opened twice; the boot disk is never affected.',
  article: 'our own',
  certainty: 'likely',
  link: 'disk',
  writes: [
    {
      where: 'SYSTEM\\{CS}\\Services\\partmgr\\Parameters',
      name: 'SanPolicy',
      data: 'REG_DWORD 1',
      when: '3 or 4',
      security: null,
    },
  ],
  afterBoot: [],
  detect: (view) => ruleFindings(view, 'san-policy', RULES),
  edits: (view, options) => ruleEdits(view, RULES, options),
};
