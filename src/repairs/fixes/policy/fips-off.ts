// The FIPS mode of cryptography and of the RDP listener.

import { dword } from '../../../registry/value.ts';
import type { Repair } from '../../model.ts';
import { faultWhen, isNumber, ruleEdits, ruleFindings, type ValueRule } from '../../rules.ts';
import type { MachineView } from '../../view.ts';
import { RDP_TCP } from '../rdp/nla.ts';
import { policyNumber } from '../rdp/terminal-services-policy.ts';

export const LEVEL_FIPS = 4;
const LEVEL_CLIENT_COMPATIBLE = 2;
const OFF_NOTE = {
  effect: 'lowers',
  text: 'FIPS mode is switched off; an organisation may be obliged to it.',
} as const;

const rules = (view: MachineView): ValueRule[] => [
  {
    hive: 'SYSTEM',
    path: ['{CS}', 'Control', 'Lsa', 'FIPSAlgorithmPolicy'],
    name: 'Enabled',
    write: dword(0),
    isGood: (found) => !isNumber(1)(found),
    fault: faultWhen(isNumber(1), 'FIPS_ON', 'warning', 'clients that share no FIPS-approved cipher are refused.'),
    isOnlyForFault: true,
    needsKey: true,
    why: 'Clients without FIPS-approved ciphers must be let in.',
    security: () => OFF_NOTE,
  },
  {
    hive: 'SYSTEM',
    path: RDP_TCP,
    name: 'MinEncryptionLevel',
    write: dword(LEVEL_CLIENT_COMPATIBLE),
    isGood: (found) => !isNumber(LEVEL_FIPS)(found),
    fault: faultWhen(
      (found) => isNumber(LEVEL_FIPS)(found) && policyNumber(view, 'MinEncryptionLevel') === null,
      'ENCRYPTION_LEVEL_FIPS',
      'warning',
      'the listener asks for FIPS encryption, and clients that cannot are refused.',
    ),
    isOnlyForFault: true,
    needsKey: true,
    why: 'Clients without FIPS encryption must be let in.',
    security: () => OFF_NOTE,
  },
];

export const fipsOff: Repair = {
  name: 'fips-off',
  title: 'switch FIPS mode off',
  about:
    'Switches the FIPS mode of Windows and of the RDP listener off. A decision of the organisation: no default profile has it.',
  article: 'cannot-connect, rdp-intermittent',
  certainty: 'uncertain',
  link: 'tls',
  writes: [
    {
      where: 'SYSTEM\\{CS}\\Control\\Lsa\\FIPSAlgorithmPolicy',
      name: 'Enabled',
      data: 'REG_DWORD 0',
      when: '1',
      security: 'lowers',
    },
    {
      where: 'SYSTEM\\{CS}\\Control\\Terminal Server\\WinStations\\RDP-Tcp',
      name: 'MinEncryptionLevel',
      data: 'REG_DWORD 2',
      when: '4 (FIPS), and no policy sets it',
      security: 'lowers',
      source: 'articles write 1 or 2',
    },
  ],
  afterBoot: [],
  detect: (view) => ruleFindings(view, 'fips-off', rules(view)),
  edits: (view, options) => ruleEdits(view, rules(view), options),
};
