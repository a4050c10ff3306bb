// SCHANNEL: the protocols that RDP's TLS needs, what blocks them, and ciphers or key exchange switched off altogether.

import { dword } from '../../../registry/value.ts';
import { type Repair, type RepairOptions, TLS_VERSIONS, type TlsVersion } from '../../model.ts';
import {
  type Fault,
  type Found,
  faultWhen,
  foundAt,
  inControlSet,
  isAbsentOr,
  isNotZero,
  isNumber,
  ruleEdits,
  ruleFindings,
  type ValueRule,
} from '../../rules.ts';
import { isBeforeVista, ntNumber } from '../../version.ts';
import type { MachineView } from '../../view.ts';

export const SCHANNEL = ['{CS}', 'Control', 'SecurityProviders', 'SCHANNEL'];
const CIPHER_POLICY = ['Policies', 'Microsoft', 'Cryptography', 'Configuration', 'SSL', '00010002'];
/** What Windows itself writes for 'on' beside a cipher: all bits. */
const ALL_BITS = 0xffff_ffff;

/** The protocols to enable: what was asked for, the article's three, or what RDP of this Windows needs. */
export function enabledVersions(view: MachineView, options: RepairOptions): readonly TlsVersion[] {
  if (options.tls) return options.tls;
  if (options.asPublished) return TLS_VERSIONS;
  const version = ntNumber(view);
  if (version === null || version >= 1000) return ['1.2'];
  return version >= 601 ? TLS_VERSIONS : ['1.0'];
}

/** The one protocol without which RDP of this Windows does not connect: 1.0 up to NT 6.1, 1.2 after it. */
function neededVersion(view: MachineView): TlsVersion {
  const version = ntNumber(view);
  return version !== null && version <= 601 ? '1.0' : '1.2';
}

/** RDP of Windows 7 and Server 2008 R2 knows TLS 1.2 since an update of 2015: who switched it on may do without 1.0. */
const canUseNewer = (view: MachineView, controlSet: string): boolean =>
  isNotZero(foundAt(view, 'SYSTEM', serverPath(controlSet, '1.2'), 'Enabled'));

const serverPath = (controlSet: string, version: TlsVersion): readonly string[] =>
  inControlSet([...SCHANNEL, 'Protocols', `TLS ${version}`, 'Server'], controlSet);

function protocolRules(view: MachineView, options: RepairOptions): ValueRule[] {
  return view.controlSets.flatMap((set) =>
    enabledVersions(view, options).flatMap((version) => versionRules(view, set.name, version)),
  );
}

function versionRules(view: MachineView, controlSet: string, version: TlsVersion): ValueRule[] {
  const isNeeded = version === neededVersion(view);
  const isReplaced = isNeeded && version === '1.0' && canUseNewer(view, controlSet);
  const severity = isNeeded && !isReplaced ? 'error' : 'warning';
  const more = isReplaced ? ' TLS 1.2 is switched on, which RDP of this Windows can use with update KB3080079.' : '';
  const isOld = version !== '1.2';
  const path = serverPath(controlSet, version);
  const security = (): { effect: 'lowers'; text: string } | null =>
    isOld ? { effect: 'lowers', text: `TLS ${version} is an old protocol with known weaknesses.` } : null;
  return [
    {
      hive: 'SYSTEM',
      path,
      name: 'Enabled',
      write: dword(1),
      published: dword(1),
      isGood: isNotZero,
      fault: faultWhen(
        isNumber(0),
        'TLS_DISABLED',
        severity,
        `TLS ${version} is switched off, and RDP's TLS cannot use it.${more}`,
      ),
      why: `TLS ${version} must be usable by the RDP server.`,
      security,
    },
    {
      hive: 'SYSTEM',
      path,
      name: 'DisabledByDefault',
      write: dword(0),
      isGood: isAbsentOr(0),
      fault: faultWhen(
        isNotZero,
        'TLS_DISABLED_BY_DEFAULT',
        severity,
        `TLS ${version} is offered to no program that does not ask for it by name, and RDP does not.${more}`,
      ),
      needsKey: true,
      why: `DisabledByDefault blocks TLS ${version} even where Enabled is 1.`,
      security,
    },
  ];
}

/** Rules that switch `names` on again where `all` of a group are off. */
function groupRules(view: MachineView, group: string, all: readonly string[], names: readonly string[]): ValueRule[] {
  const isOff = (controlSet: string): boolean =>
    all.every((name) =>
      isNumber(0)(foundAt(view, 'SYSTEM', inControlSet([...SCHANNEL, group, name], controlSet), 'Enabled')),
    );
  // A rule sees one value, so that the group is judged here, per control set.
  return view.controlSets
    .filter((set) => isOff(set.name))
    .flatMap((set) => names.map((name) => groupRule(inControlSet([...SCHANNEL, group, name], set.name), group, all)));
}

function groupRule(path: readonly string[], group: string, all: readonly string[]): ValueRule {
  const isCipher = group === 'Ciphers';
  const fault: Fault = {
    code: isCipher ? 'CIPHERS_DISABLED' : 'KEY_EXCHANGE_DISABLED',
    severity: 'error',
    effect: `all of ${all.join(', ')} are switched off, so that no TLS session can be agreed.`,
  };
  return {
    hive: 'SYSTEM',
    path,
    name: 'Enabled',
    write: dword(ALL_BITS),
    isGood: (found) => !isNumber(0)(found),
    fault: (found) => (isNumber(0)(found) ? fault : null),
    isOnlyForFault: true,
    needsKey: true,
    why: `TLS needs at least one of ${all.join(', ')}.`,
  };
}

/** RDP's certificate has an RSA key: a policy that lists no suite for RSA and none of TLS 1.3 leaves it nothing. */
function isCipherPolicyUsable(found: Found): boolean {
  if (found.kind !== 'text' && found.kind !== 'list') return true;
  const suites = (found.kind === 'list' ? found.texts : found.text.split(',')).map((suite) => suite.trim());
  return suites.some((suite) => /(^|_)RSA_/i.test(suite) || /^TLS_(AES|CHACHA20)_/i.test(suite));
}

function policyRule(): ValueRule {
  return {
    hive: 'SOFTWARE',
    path: CIPHER_POLICY,
    name: 'Functions',
    write: null,
    isGood: isCipherPolicyUsable,
    fault: (found) =>
      isCipherPolicyUsable(found)
        ? null
        : {
            code: 'CIPHER_POLICY_UNUSABLE',
            severity: 'error',
            effect: "the policy lists no cipher suite that RDP's RSA certificate can serve.",
          },
    isOnlyForFault: true,
    needsKey: true,
    why: 'Without the policy Windows uses its own list of cipher suites.',
    security: () => ({ effect: 'lowers', text: "The organisation's policy on cipher suites is taken out." }),
  };
}

function rules(view: MachineView, options: RepairOptions): ValueRule[] {
  return [
    ...protocolRules(view, options),
    ...groupRules(view, 'Ciphers', ['AES 128/128', 'AES 256/256'], ['AES 128/128', 'AES 256/256']),
    ...groupRules(view, 'KeyExchangeAlgorithms', ['PKCS', 'Diffie-Hellman', 'ECDH'], ['ECDH', 'PKCS']),
    policyRule(),
  ];
}

export const tls: Repair = {
  name: 'tls',
  title: 'enable the TLS versions that RDP needs',
  about:
    'Enables TLS for the server side of SCHANNEL. On Windows 7 to 8.1 (NT 6.1 to 6.3) these are TLS 1.0, 1.1 and 1.2; from NT 10.0 on, and where the version cannot be told, TLS 1.2 alone, and older ones stay as they are. Clears a DisabledByDefault that blocks what is enabled, switches AES and key exchange on again where all of them are off, and takes out a cipher-suite policy that leaves RDP no suite.',
  article: 'rdp-internal-error, RA',
  certainty: 'likely',
  link: 'tls',
  writes: [
    {
      where: 'SYSTEM\\{CS}\\Control\\SecurityProviders\\SCHANNEL\\Protocols\\TLS 1.x\\Server',
      name: 'Enabled',
      data: 'REG_DWORD 1',
      when: 'absent or 0; another number stays, except with --as-published',
      security: 'lowers',
    },
    {
      where: 'SYSTEM\\{CS}\\Control\\SecurityProviders\\SCHANNEL\\Protocols\\TLS 1.x\\Server',
      name: 'DisabledByDefault',
      data: 'REG_DWORD 0',
      when: 'there and not 0',
      security: 'lowers',
      source: 'RA; the article forgets it',
    },
    {
      where: 'SYSTEM\\{CS}\\Control\\SecurityProviders\\SCHANNEL\\Ciphers\\AES 128/128, AES 256/256',
      name: 'Enabled',
      data: 'REG_DWORD 0xffffffff',
      when: 'both are 0',
      security: null,
      source: '?',
    },
    {
      where: 'SYSTEM\\{CS}\\Control\\SecurityProviders\\SCHANNEL\\KeyExchangeAlgorithms\\ECDH, PKCS',
      name: 'Enabled',
      data: 'REG_DWORD 0xffffffff',
      when: 'PKCS, Diffie-Hellman and ECDH are all 0',
      security: null,
      source: '?',
    },
    {
      where: 'SOFTWARE\\Policies\\Microsoft\\Cryptography\\Configuration\\SSL\\00010002',
      name: 'Functions',
      data: '(deleted)',
      when: 'it lists no suite for an RSA certificate',
      security: 'lowers',
      source: 'RA deletes it always',
    },
  ],
  afterBoot: [],
  unavailable: (view, options) =>
    isBeforeVista(view) && !options.asPublished && !options.tls ? 'RDP of this Windows does not use TLS' : null,
  detect: (view, options) => ruleFindings(view, 'tls', rules(view, options)),
  edits: (view, options) => ruleEdits(view, rules(view, options), options),
};
