// Remote Desktop allowed, and its listener on, open for logons and on the right port.

import { dword, sz } from '../../../registry/value.ts';
import type { Repair, RepairOptions } from '../../model.ts';
import {
  type Found,
  faultWhen,
  isAbsentOr,
  isNotZero,
  isNumber,
  ruleEdits,
  ruleFindings,
  type ValueRule,
} from '../../rules.ts';
import type { MachineView } from '../../view.ts';
import { RDP_TCP } from './nla.ts';
import { policyNumber, TERMINAL_SERVICES_POLICY } from './terminal-services-policy.ts';

export const TERMINAL_SERVER = ['{CS}', 'Control', 'Terminal Server'];
export const DEFAULT_PORT = 3389;
const NO_LIMIT = 0xffff_ffff;

const isTcp = (found: Found): boolean => found.kind === 'text' && found.text.toLowerCase() === 'tcp';

/** The port that a listener value names, 3389 where there is none; null where it names no port. */
export function portOf(found: Found): number | null {
  if (found.kind === 'absent') return DEFAULT_PORT;
  return found.kind === 'number' && found.number >= 1 && found.number <= 65_535 ? found.number : null;
}

function allowRules(view: MachineView): ValueRule[] {
  const isAllowedByPolicy = policyNumber(view, 'fDenyTSConnections') === 0;
  return [
    {
      hive: 'SYSTEM',
      path: TERMINAL_SERVER,
      name: 'fDenyTSConnections',
      write: dword(0),
      published: dword(0),
      isGood: (found) => isAllowedByPolicy || isNumber(0)(found),
      fault: (found) =>
        isAllowedByPolicy
          ? null
          : found.kind === 'number'
            ? faultWhen(
                isNotZero,
                'RDP_DENIED',
                'error',
                'Remote Desktop is switched off, and every connection is refused.',
              )(found)
            : {
                code: 'RDP_NOT_ALLOWED',
                severity: 'warning',
                effect: 'only the number 0 allows Remote Desktop for certain.',
              },
      needsKey: true,
      why: 'Remote Desktop must be allowed.',
      security: (found) =>
        isNotZero(found) ? { effect: 'lowers', text: 'Remote Desktop connections are accepted.' } : null,
    },
    {
      hive: 'SYSTEM',
      path: TERMINAL_SERVER,
      name: 'TSEnabled',
      write: dword(1),
      published: dword(1),
      isGood: isAbsentOr(1),
      fault: faultWhen(
        isNumber(0),
        'TERMINAL_SERVER_OFF',
        'error',
        'the terminal server is off and listens for nobody.',
      ),
      isOnlyForFault: true,
      why: 'The terminal server must be on.',
    },
    {
      hive: 'SYSTEM',
      path: TERMINAL_SERVER,
      name: 'TSServerDrainMode',
      write: dword(0),
      published: dword(0),
      isGood: isAbsentOr(0),
      fault: faultWhen(isNotZero, 'DRAIN_MODE', 'error', 'the server drains: it takes no new session.'),
      isOnlyForFault: true,
      why: 'The server must take new sessions.',
    },
    {
      hive: 'SYSTEM',
      path: TERMINAL_SERVER,
      name: 'TSUserEnabled',
      write: dword(0),
      published: dword(0),
      isGood: isAbsentOr(0),
      fault: faultWhen(
        isNotZero,
        'USER_LOGON_RESTRICTED',
        'warning',
        'logons of users are restricted; 0 is the default.',
      ),
      isOnlyForFault: true,
      why: 'Users must be able to log on.',
    },
    {
      hive: 'SOFTWARE',
      path: TERMINAL_SERVICES_POLICY,
      name: 'fDenyTSConnections',
      write: dword(0),
      published: dword(0),
      isGood: isAbsentOr(0),
      fault: faultWhen(
        isNotZero,
        'POLICY_DENIES_RDP',
        'error',
        'a policy switches Remote Desktop off, whatever the setting below Control says.',
      ),
      isOnlyForFault: true,
      needsKey: true,
      why: 'The policy overrides the setting of the terminal server.',
      security: () => ({
        effect: 'lowers',
        text: 'A policy of the organisation against Remote Desktop is overridden.',
      }),
    },
  ];
}

function listenerRules(options: RepairOptions): ValueRule[] {
  const { port } = options;
  return [
    {
      hive: 'SYSTEM',
      path: RDP_TCP,
      name: 'fEnableWinStation',
      write: dword(1),
      published: dword(1),
      isGood: isAbsentOr(1),
      fault: faultWhen(isNumber(0), 'LISTENER_OFF', 'error', 'the RDP listener is switched off.'),
      isOnlyForFault: true,
      needsKey: true,
      why: 'The listener must be on.',
    },
    {
      hive: 'SYSTEM',
      path: RDP_TCP,
      name: 'PdName',
      write: sz('tcp'),
      isGood: isTcp,
      fault: faultWhen(
        (found) => !isTcp(found),
        'LISTENER_TRANSPORT',
        'error',
        'the listener does not have a transport to listen on, expected tcp.',
      ),
      isOnlyForFault: true,
      needsKey: true,
      why: 'The listener uses TCP.',
    },
    {
      hive: 'SYSTEM',
      path: RDP_TCP,
      name: 'fLogonDisabled',
      write: dword(0),
      published: dword(0),
      isGood: isAbsentOr(0),
      fault: faultWhen(isNotZero, 'LISTENER_REFUSES_LOGONS', 'error', 'the RDP listener takes no logons.'),
      isOnlyForFault: true,
      needsKey: true,
      why: 'The listener must take logons.',
    },
    {
      hive: 'SYSTEM',
      path: RDP_TCP,
      name: 'PortNumber',
      write: dword(port ?? DEFAULT_PORT),
      isGood: (found) => (port === null ? portOf(found) !== null : portOf(found) === port),
      fault: faultWhen(
        (found) => portOf(found) === null,
        'PORT_INVALID',
        'error',
        'the RDP port is not a TCP port, and nothing listens.',
      ),
      needsKey: true,
      isRequested: port !== null,
      why: port === null ? 'The listener needs a port.' : `The listener is to use port ${port}.`,
    },
    {
      hive: 'SYSTEM',
      path: RDP_TCP,
      name: 'LanAdapter',
      write: dword(0),
      isGood: isAbsentOr(0),
      fault: faultWhen(
        isNotZero,
        'LISTENER_BOUND_TO_ADAPTER',
        'warning',
        'the listener uses one network adapter only, which may not exist on this hardware any more; 0 is every adapter.',
      ),
      isOnlyForFault: true,
      needsKey: true,
      why: 'The listener must use every adapter.',
    },
    {
      hive: 'SYSTEM',
      path: RDP_TCP,
      name: 'MaxInstanceCount',
      write: dword(NO_LIMIT),
      isGood: (found) => !isNumber(0)(found),
      fault: faultWhen(isNumber(0), 'LISTENER_TAKES_NONE', 'error', 'the listener takes no connection at all.'),
      isOnlyForFault: true,
      needsKey: true,
      why: 'The listener must take connections.',
    },
  ];
}

const rules = (view: MachineView, options: RepairOptions): ValueRule[] => [
  ...allowRules(view),
  ...listenerRules(options),
];

export const rdpListener: Repair = {
  name: 'rdp-listener',
  title: 'allow Remote Desktop and open its listener',
  about:
    'Takes off what denies Remote Desktop (the setting, drain mode, a policy on this machine), switches the listener on, lets it take logons on every adapter, and sets its port where there is no usable one or where --port N asks for another. With --as-published the values of rdp-general-error are written also where they are absent. The firewall is opened for that port as well (rdp-firewall), unless that is skipped; open it in the network security group, too.',
  article: 'rdp-general-error, rdp-intermittent, rdp-internal-error',
  certainty: 'certain',
  link: 'listener',
  writes: [
    note('SYSTEM\\{CS}\\Control\\Terminal Server', 'fDenyTSConnections', '0', 'not 0, and no policy says 0', 'lowers'),
    note('SYSTEM\\{CS}\\Control\\Terminal Server', 'TSEnabled', '1', '0'),
    note('SYSTEM\\{CS}\\Control\\Terminal Server', 'TSServerDrainMode', '0', 'there and not 0'),
    note('SYSTEM\\{CS}\\Control\\Terminal Server', 'TSUserEnabled', '0', 'there and not 0'),
    note(
      'SOFTWARE\\Policies\\Microsoft\\Windows NT\\Terminal Services',
      'fDenyTSConnections',
      '0',
      'there and not 0',
      'lowers',
    ),
    note('SYSTEM\\{CS}\\Control\\Terminal Server\\WinStations\\RDP-Tcp', 'fEnableWinStation', '1', '0'),
    note('SYSTEM\\{CS}\\Control\\Terminal Server\\WinStations\\RDP-Tcp', 'fLogonDisabled', '0', 'there and not 0'),
    note(
      'SYSTEM\\{CS}\\Control\\Terminal Server\\WinStations\\RDP-Tcp',
      'PortNumber',
      '3389, or --port',
      'no port, or --port',
    ),
    {
      where: 'SYSTEM\\{CS}\\Control\\Terminal Server\\WinStations\\RDP-Tcp',
      name: 'PdName',
      data: 'REG_SZ tcp',
      when: 'anything else',
      security: null,
      source: 'the default of real hives',
    },
    {
      ...note('SYSTEM\\{CS}\\Control\\Terminal Server\\WinStations\\RDP-Tcp', 'LanAdapter', '0', 'there and not 0'),
      source: '?',
    },
    note('SYSTEM\\{CS}\\Control\\Terminal Server\\WinStations\\RDP-Tcp', 'MaxInstanceCount', '0xffffffff', '0'),
  ],
  afterBoot: [],
  detect: (view, options) => ruleFindings(view, 'rdp-listener', rules(view, options)),
  edits: (view, options) => ruleEdits(view, rules(view, options), options),
};

function note(where: string, name: string, number: string, when: string, security: 'lowers' | null = null) {
  return { where, name, data: `REG_DWORD ${number}`, when, security };
}
