// Network Level Authentication at the RDP listener.

import { dword } from '../../../registry/value.ts';
import type { Repair } from '../../model.ts';
import { inControlSet, isNumber, ruleEdits, ruleFindings, type ValueRule } from '../../rules.ts';
import { isBeforeVista } from '../../version.ts';
import type { MachineView } from '../../view.ts';
import { inForce, policyNumber } from './terminal-services-policy.ts';

export const RDP_TCP = ['{CS}', 'Control', 'Terminal Server', 'WinStations', 'RDP-Tcp'];

function rules(view: MachineView): ValueRule[] {
  return view.controlSets.flatMap((set): ValueRule[] => {
    const path = inControlSet(RDP_TCP, set.name);
    const wantsNla = isNumber(1)(inForce(view, path, 'UserAuthentication'));
    const isOfPolicy = (name: string): boolean => policyNumber(view, name) !== null;
    return [
      {
        hive: 'SYSTEM',
        path,
        name: 'SecurityLayer',
        write: dword(1),
        published: dword(1),
        isGood: (found) => isOfPolicy('SecurityLayer') || isNumber(1, 2)(found),
        fault: (found) =>
          isNumber(0)(found) && !isOfPolicy('SecurityLayer')
            ? {
                code: 'SECURITY_LAYER_RDP',
                severity: wantsNla ? 'error' : 'warning',
                effect: wantsNla
                  ? 'the listener speaks RDP encryption alone, yet UserAuthentication asks for NLA, which needs TLS.'
                  : 'the listener speaks the old RDP encryption alone, which clients that ask for TLS or NLA refuse.',
              }
            : null,
        why: 'The listener must be able to negotiate TLS.',
        security: (found) =>
          isNumber(2)(found)
            ? { effect: 'lowers', text: 'SecurityLayer 1 also accepts clients without TLS; 2 did not.' }
            : isNumber(0)(found)
              ? { effect: 'raises', text: 'Sessions are protected by TLS where the client can.' }
              : null,
      },
      {
        hive: 'SYSTEM',
        path,
        name: 'UserAuthentication',
        write: dword(1),
        published: dword(1),
        isGood: (found) => isOfPolicy('UserAuthentication') || isNumber(1)(found),
        fault: (found) =>
          isNumber(0)(found) && !isOfPolicy('UserAuthentication')
            ? {
                code: 'NLA_OFF',
                severity: 'info',
                effect: 'the logon screen is offered to everybody who reaches the port; the article switches NLA on.',
              }
            : null,
        why: 'NLA asks for the account before a session is made.',
        security: () => ({
          effect: 'raises',
          text: 'Network Level Authentication is required. Users who cannot reach a domain controller may be locked out.',
        }),
      },
      {
        hive: 'SYSTEM',
        path,
        name: 'fAllowSecProtocolNegotiation',
        write: dword(1),
        published: dword(1),
        isGood: isNumber(1),
        fault: (found) =>
          isNumber(0)(found)
            ? {
                code: 'NEGOTIATION_OFF',
                severity: 'warning',
                effect: 'the listener agrees no security layer with the client, and clients that ask for NLA may fail.',
              }
            : null,
        why: 'Client and listener must be able to agree on a security layer.',
      },
    ];
  });
}

export const nla: Repair = {
  name: 'nla',
  title: 'switch Network Level Authentication on',
  about:
    'Sets UserAuthentication, SecurityLayer and fAllowSecProtocolNegotiation of the listener so that TLS and NLA are negotiated. A SecurityLayer of 2 (TLS only, the default of newer Windows) stays. Published articles contradict each other: SecurityLayer is 0 in rdp-intermittent, 1 in rdp-internal-error of 2018 and gone from its text of today, 2 by default in Azure; UserAuthentication is 1 in rdp-internal-error and 0 in authentication-error.',
  article: 'rdp-internal-error',
  certainty: 'likely',
  link: 'authentication',
  writes: [
    {
      where: 'SYSTEM\\{CS}\\Control\\Terminal Server\\WinStations\\RDP-Tcp',
      name: 'UserAuthentication',
      data: 'REG_DWORD 1',
      when: 'not 1, and no policy sets it',
      security: 'raises',
    },
    {
      where: 'SYSTEM\\{CS}\\Control\\Terminal Server\\WinStations\\RDP-Tcp',
      name: 'SecurityLayer',
      data: 'REG_DWORD 1',
      when: 'neither 1 nor 2, and no policy sets it',
      security: 'raises',
    },
    {
      where: 'SYSTEM\\{CS}\\Control\\Terminal Server\\WinStations\\RDP-Tcp',
      name: 'SecurityLayer',
      data: 'REG_DWORD 1',
      when: '2, with --as-published',
      security: 'lowers',
    },
    {
      where: 'SYSTEM\\{CS}\\Control\\Terminal Server\\WinStations\\RDP-Tcp',
      name: 'fAllowSecProtocolNegotiation',
      data: 'REG_DWORD 1',
      when: 'not 1',
      security: null,
    },
  ],
  afterBoot: [],
  unavailable: (view, options) =>
    isBeforeVista(view) && !options.asPublished ? 'RDP of this Windows does not know NLA' : null,
  detect: (view) => ruleFindings(view, 'nla', rules(view)),
  edits: (view, options) => ruleEdits(view, rules(view), options),
};
