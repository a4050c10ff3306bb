// Limits that cut sessions off: time limits of the listener, reconnecting forbidden, a policy that hangs the logon.

import { dword } from '../../../registry/value.ts';
import type { Repair } from '../../model.ts';
import { faultWhen, isAbsentOr, isNotZero, ruleEdits, ruleFindings, type ValueRule } from '../../rules.ts';
import type { MachineView } from '../../view.ts';
import { RDP_TCP } from './nla.ts';
import { policyNumber, TERMINAL_SERVICES_POLICY } from './terminal-services-policy.ts';

const timeLimit = (view: MachineView, name: string, what: string): ValueRule => ({
  hive: 'SYSTEM',
  path: RDP_TCP,
  name,
  write: dword(0),
  isGood: isAbsentOr(0),
  fault: faultWhen(
    (found) => isNotZero(found) && policyNumber(view, name) === null,
    'SESSION_TIME_LIMIT',
    'warning',
    `${what} is ended after that many milliseconds.`,
  ),
  isOnlyForFault: true,
  needsKey: true,
  why: 'Sessions must not be cut off by a time limit.',
});

const rules = (view: MachineView): ValueRule[] => [
  timeLimit(view, 'MaxConnectionTime', 'a connected session'),
  timeLimit(view, 'MaxDisconnectionTime', 'a disconnected session'),
  timeLimit(view, 'MaxIdleTime', 'an idle session'),
  {
    hive: 'SOFTWARE',
    path: TERMINAL_SERVICES_POLICY,
    name: 'fDisableAutoReconnect',
    write: dword(0),
    isGood: isAbsentOr(0),
    fault: faultWhen(
      isNotZero,
      'RECONNECT_FORBIDDEN',
      'warning',
      'a policy keeps clients from taking a broken connection up again.',
    ),
    isOnlyForFault: true,
    needsKey: true,
    why: 'Clients must be able to reconnect.',
    security: () => ({ effect: 'lowers', text: 'A policy of the organisation on reconnecting is overridden.' }),
  },
  {
    hive: 'SOFTWARE',
    path: ['Policies', 'Microsoft', 'Windows', 'System'],
    name: 'CleanupProfiles',
    write: null,
    isGood: (found) => found.kind === 'absent',
    fault: faultWhen(
      (found) => found.kind !== 'absent',
      'PROFILE_CLEANUP_POLICY',
      'warning',
      'old profiles are deleted at each start, which can hold the machine at "Applying Group Policy" for hours.',
    ),
    isOnlyForFault: true,
    needsKey: true,
    why: 'Deleting old profiles at the start can hold it up.',
    security: () => ({ effect: 'lowers', text: "The organisation's policy on old profiles is taken out." }),
  },
];

export const rdpSession: Repair = {
  name: 'rdp-session',
  title: 'take off limits that cut sessions off or hold the logon up',
  about:
    'Takes off time limits of the listener, a policy against reconnecting, and the policy CleanupProfiles that can hold the start of Windows. Changes only what limits.',
  article: 'rdp-intermittent, group-policy hang',
  certainty: 'uncertain',
  link: 'listener',
  writes: [
    {
      where: 'SYSTEM\\{CS}\\Control\\Terminal Server\\WinStations\\RDP-Tcp',
      name: 'MaxConnectionTime, MaxDisconnectionTime, MaxIdleTime',
      data: 'REG_DWORD 0',
      when: 'there and not 0, and no policy sets it',
      security: null,
    },
    {
      where: 'SOFTWARE\\Policies\\Microsoft\\Windows NT\\Terminal Services',
      name: 'fDisableAutoReconnect',
      data: 'REG_DWORD 0',
      when: 'there and not 0',
      security: 'lowers',
    },
    {
      where: 'SOFTWARE\\Policies\\Microsoft\\Windows\\System',
      name: 'CleanupProfiles',
      data: '(deleted)',
      when: 'there',
      security: 'lowers',
    },
  ],
  afterBoot: [],
  detect: (view) => ruleFindings(view, 'rdp-session', rules(view)),
  edits: (view, options) => ruleEdits(view, rules(view), options),
};
