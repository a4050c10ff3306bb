// What refuses a logon after the connection stands: CredSSP, NTLM, domain credentials, the size of a token.

import { dword } from '../../../registry/value.ts';
import type { Repair } from '../../model.ts';
import { type Found, faultWhen, isAbsentOr, isNumber, ruleEdits, ruleFindings, type ValueRule } from '../../rules.ts';
import { isBeforeVista } from '../../version.ts';
import type { MachineView } from '../../view.ts';

const LSA = ['{CS}', 'Control', 'Lsa'];
const CREDSSP = ['Microsoft', 'Windows', 'CurrentVersion', 'Policies', 'System', 'CredSSP', 'Parameters'];
/** The published size; Windows uses 48,000 bytes by default since NT 6.2, 12,000 before. */
const TOKEN_SIZE_BYTES = 65_535;
const OLD_TOKEN_SIZE_BYTES = 12_000;

const isDenied = (found: Found): boolean => found.kind === 'number' && found.number > 0;

function ntlmRule(name: string, isFault: (found: Found) => boolean, effect: string): ValueRule {
  return {
    hive: 'SYSTEM',
    path: [...LSA, 'MSV1_0'],
    name,
    write: dword(0),
    isGood: isAbsentOr(0),
    fault: faultWhen(isFault, 'NTLM_RESTRICTED', 'warning', effect),
    isOnlyForFault: true,
    needsKey: true,
    why: 'NLA falls back to NTLM where Kerberos is not to be had, as with every local account.',
    security: () => ({ effect: 'lowers', text: 'A restriction of NTLM is taken off.' }),
  };
}

function rules(view: MachineView): ValueRule[] {
  if (isBeforeVista(view)) return [];
  return [
    {
      hive: 'SOFTWARE',
      path: CREDSSP,
      name: 'AllowEncryptionOracle',
      write: dword(1),
      published: dword(2),
      isGood: (found) => !isNumber(0)(found),
      fault: faultWhen(
        isNumber(0),
        'CREDSSP_FORCES_UPDATED_CLIENTS',
        'warning',
        'clients without the CredSSP update of 2018 are refused with an encryption oracle error.',
      ),
      isOnlyForFault: true,
      needsKey: true,
      why: 'Clients that were not updated must be let in.',
      security: () => ({
        effect: 'lowers',
        text: 'Clients with the CredSSP weakness of 2018 (CVE-2018-0886) are let in.',
      }),
    },
    ntlmRule(
      'RestrictReceivingNTLMTraffic',
      isDenied,
      'NTLM is refused, and with it the logon of every local account.',
    ),
    ntlmRule(
      'RestrictSendingNTLMTraffic',
      isNumber(2),
      'this machine may not use NTLM towards others, a domain controller included.',
    ),
    {
      hive: 'SYSTEM',
      path: LSA,
      name: 'LmCompatibilityLevel',
      write: dword(3),
      isGood: (found) => !isNumber(0, 1, 2)(found),
      fault: faultWhen(
        isNumber(0, 1, 2),
        'LM_COMPATIBILITY_LOW',
        'info',
        'answers older than NTLMv2 are refused by most domains.',
      ),
      isOnlyForFault: true,
      needsKey: true,
      why: 'NTLMv2 is what other machines accept.',
      security: () => ({ effect: 'raises', text: 'Only NTLMv2 answers are sent.' }),
    },
    {
      hive: 'SYSTEM',
      path: LSA,
      name: 'disabledomaincreds',
      write: dword(0),
      isGood: isAbsentOr(0),
      fault: faultWhen(
        isDenied,
        'DOMAIN_CREDENTIALS_REFUSED',
        'warning',
        'credentials for domain logons may not be kept, and tasks and logons that need them fail.',
      ),
      isOnlyForFault: true,
      needsKey: true,
      why: 'Domain logons need their credentials kept.',
      security: () => ({ effect: 'lowers', text: 'Credentials for network logons may be stored again.' }),
    },
    {
      hive: 'SYSTEM',
      path: [...LSA, 'Kerberos', 'Parameters'],
      name: 'MaxTokenSize',
      write: dword(TOKEN_SIZE_BYTES),
      isGood: (found) => found.kind !== 'number' || found.number >= OLD_TOKEN_SIZE_BYTES,
      fault: faultWhen(
        (found) => found.kind === 'number' && found.number < OLD_TOKEN_SIZE_BYTES,
        'TOKEN_SIZE_SMALL',
        'warning',
        'a user in many groups has a larger Kerberos token and is refused.',
      ),
      isOnlyForFault: true,
      needsKey: true,
      why: 'The token of a user in many groups must fit.',
    },
  ];
}

export const rdpLogon: Repair = {
  name: 'rdp-logon',
  title: 'take off what refuses logons after the connection stands',
  about:
    'Takes off restrictions that refuse a logon although the connection stands: a CredSSP setting that shuts out clients without the update of 2018, NTLM refused, domain credentials refused, a Kerberos token too small. Changes only what refuses.',
  article: 'credssp, cannot-connect, access-denied, RA',
  certainty: 'uncertain',
  link: 'authentication',
  writes: [
    {
      where: 'SOFTWARE\\Microsoft\\Windows\\CurrentVersion\\Policies\\System\\CredSSP\\Parameters',
      name: 'AllowEncryptionOracle',
      data: 'REG_DWORD 1; 2 with --as-published',
      when: '0',
      security: 'lowers',
    },
    {
      where: 'SYSTEM\\{CS}\\Control\\Lsa\\MSV1_0',
      name: 'RestrictReceivingNTLMTraffic, RestrictSendingNTLMTraffic',
      data: 'REG_DWORD 0',
      when: 'NTLM is denied',
      security: 'lowers',
      source: 'RA',
    },
    {
      where: 'SYSTEM\\{CS}\\Control\\Lsa',
      name: 'LmCompatibilityLevel',
      data: 'REG_DWORD 3',
      when: '0, 1 or 2',
      security: 'raises',
      source: 'RA',
    },
    {
      where: 'SYSTEM\\{CS}\\Control\\Lsa',
      name: 'disabledomaincreds',
      data: 'REG_DWORD 0',
      when: 'there and not 0',
      security: 'lowers',
    },
    {
      where: 'SYSTEM\\{CS}\\Control\\Lsa\\Kerberos\\Parameters',
      name: 'MaxTokenSize',
      data: 'REG_DWORD 65535',
      when: 'below 12000',
      security: null,
      source: 'the limit of 12000 is ours',
    },
  ],
  afterBoot: [],
  unavailable: (view) => (isBeforeVista(view) ? 'these settings do not exist in this Windows' : null),
  detect: (view) => ruleFindings(view, 'rdp-logon', rules(view)),
  edits: (view, options) => ruleEdits(view, rules(view), options),
};
