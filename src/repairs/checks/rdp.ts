// The links of RDP itself that no repair can fix, or that are worth knowing: a listener that is missing, rules that
// shut the port, protocols and ciphers switched off on purpose, a certificate of another time.

import type { FindingCode } from '../../base/codes/codes.ts';
import type { Finding } from '../../base/finding.ts';
import { filetimeToIso } from '../../base/time.ts';
import { LEVEL_FIPS } from '../fixes/policy/fips-off.ts';
import { blockingRules, closedProfiles, firewallOf, isShut } from '../fixes/rdp/firewall-state.ts';
import { RDP_TCP } from '../fixes/rdp/nla.ts';
import { certificatesIn } from '../fixes/rdp/rdp-certificate.ts';
import { canBeOpened } from '../fixes/rdp/rdp-firewall.ts';
import { DEFAULT_PORT, portOf, TERMINAL_SERVER } from '../fixes/rdp/rdp-listener.ts';
import { inForce, policyNumber, TERMINAL_SERVICES_POLICY } from '../fixes/rdp/terminal-services-policy.ts';
import { enabledVersions, SCHANNEL } from '../fixes/rdp/tls.ts';
import type { RepairOptions } from '../model.ts';
import { describeFound, foundAt, hiveFinding, inControlSet, isBooted, isNumber, numberAt } from '../rules.ts';
import { isBeforeVista, ntNumber, windowsEra } from '../version.ts';
import type { MachineView } from '../view.ts';
import type { Check } from './check.ts';

function listenerFindings(view: MachineView): Finding[] {
  return view.controlSets.flatMap((set): Finding[] => {
    const path = inControlSet(RDP_TCP, set.name);
    // Without its parent the hive is an excerpt and says nothing of the listener.
    if (!view.system.key(inControlSet(TERMINAL_SERVER, set.name))) return [];
    if (!view.system.key(path)) {
      return [
        hiveFinding(view, {
          code: 'LISTENER_MISSING',
          severity: 'error',
          hive: 'SYSTEM',
          path: path.slice(0, -1),
          controlSet: set.name,
          text: 'There is no listener RDP-Tcp, and nothing answers. Its key must come from a working machine of the same Windows (reg export and reg import).',
        }),
      ];
    }
    const protocol = protocolFinding(view, path, set.name);
    const port = portOf(foundAt(view, 'SYSTEM', path, 'PortNumber'));
    if (port === null || port === DEFAULT_PORT) return protocol;
    return [
      ...protocol,
      hiveFinding(view, {
        code: 'PORT_NOT_DEFAULT',
        severity: 'info',
        hive: 'SYSTEM',
        path,
        controlSet: set.name,
        text: `The listener uses port ${port}, not ${DEFAULT_PORT}: connect to that port, and open it in the network security group.`,
      }),
    ];
  });
}

/** The class of RDP's own listener, in Windows 7 and from Windows 8 on, as real hives have it. */
const PROTOCOL_CLASSES = ['{18b726bb-6fe6-4fb9-9276-ed57ce7c7cb2}', '{5828227c-20cf-4408-b73f-73ab70b8849f}'];

function protocolFinding(view: MachineView, path: readonly string[], controlSet: string): Finding[] {
  if (windowsEra(view) !== 'new') return [];
  const found = foundAt(view, 'SYSTEM', path, 'LoadableProtocol_Object');
  const isKnown = found.kind === 'text' && PROTOCOL_CLASSES.includes(found.text.toLowerCase());
  // Vista and Server 2008 name no class.
  const isBeforeClasses = found.kind === 'absent' && (ntNumber(view) ?? 601) < 601;
  if (isKnown || isBeforeClasses) return [];
  return [
    hiveFinding(view, {
      code: 'LISTENER_PROTOCOL',
      severity: found.kind === 'absent' ? 'warning' : 'error',
      hive: 'SYSTEM',
      path,
      controlSet,
      text: `LoadableProtocol_Object ${describeFound(found)}, which is not the class of Windows' own RDP: the listener may not start. It must come from a working machine of the same Windows.`,
    }),
  ];
}

const OVERRIDING_POLICIES = ['UserAuthentication', 'SecurityLayer', 'MinEncryptionLevel'];

function policyFindings(view: MachineView): Finding[] {
  const report = (code: FindingCode, severity: Finding['severity'], text: string): Finding =>
    hiveFinding(view, { code, severity, hive: 'SOFTWARE', path: TERMINAL_SERVICES_POLICY, controlSet: null, text });
  const overriding = OVERRIDING_POLICIES.flatMap((name): Finding[] => {
    const number = policyNumber(view, name);
    if (number === null) return [];
    const text = `A policy sets ${name} (it is ${number}): the value of the listener itself does not take effect.`;
    return [report('POLICY_OVERRIDES_LISTENER', 'info', text)];
  });
  if (policyNumber(view, 'MinEncryptionLevel') === LEVEL_FIPS) {
    const text =
      'A policy lets the listener ask for FIPS encryption (MinEncryptionLevel = 4), and clients that cannot are refused.';
    overriding.push(report('ENCRYPTION_LEVEL_FIPS', 'warning', text));
  }
  if (isBeforeVista(view) || policyNumber(view, 'SecurityLayer') !== 0) return overriding;
  const wantsNla = view.controlSets.some(
    (set) =>
      isBooted(view, set.name) && isNumber(1)(inForce(view, inControlSet(RDP_TCP, set.name), 'UserAuthentication')),
  );
  const text = wantsNla
    ? 'A policy lets the listener speak RDP encryption alone (SecurityLayer = 0), yet UserAuthentication asks for NLA, which needs TLS: the policy must be changed.'
    : 'A policy lets the listener speak the old RDP encryption alone (SecurityLayer = 0), which clients that ask for TLS or NLA refuse.';
  return [...overriding, report('SECURITY_LAYER_RDP', wantsNla ? 'error' : 'warning', text)];
}

/** Where the setting itself denies what a policy allows, which is the one that counts. */
function allowedFindings(view: MachineView): Finding[] {
  if (policyNumber(view, 'fDenyTSConnections') !== 0) return [];
  return view.controlSets.flatMap((set): Finding[] => {
    const path = inControlSet(TERMINAL_SERVER, set.name);
    const found = foundAt(view, 'SYSTEM', path, 'fDenyTSConnections');
    if (!view.system.key(path) || isNumber(0)(found)) return [];
    const text = `A policy allows Remote Desktop: fDenyTSConnections below Control, which ${describeFound(found)}, does not take effect.`;
    const parts = { hive: 'SYSTEM', path, controlSet: set.name, text } as const;
    return [hiveFinding(view, { ...parts, code: 'POLICY_OVERRIDES_LISTENER', severity: 'info' })];
  });
}

function firewallFindings(view: MachineView, options: RepairOptions): Finding[] {
  return view.controlSets.flatMap((set): Finding[] => {
    const firewall = firewallOf(view, set.name, options);
    if (!firewall || firewall.enabled.length === 0) return [];
    const { port, enabled, policyOnly } = firewall;
    const report = (code: FindingCode, severity: Finding['severity'], text: string): Finding =>
      hiveFinding(view, {
        code,
        severity,
        hive: 'SYSTEM',
        path: [...firewall.path, 'FirewallRules'],
        controlSet: set.name,
        text,
      });
    // A disabled service applies no rule, and what Windows then lets in is not certain.
    const error = firewall.isApplied ? 'error' : 'warning';
    const blocking = blockingRules(firewall);
    const blocked = enabled.filter((profile) => blocking.some(({ profiles }) => profiles.includes(profile)));
    const isBlocked = blocked.length === enabled.length;
    const findings = blocking.map(({ name, profiles }) =>
      report(
        'FIREWALL_BLOCK_RULE',
        isBlocked ? error : 'warning',
        `Rule ${name} blocks TCP port ${port} (${profiles.join(', ')} profile), and a block wins over every rule that allows. Switch it off if it is not meant.`,
      ),
    );
    if (!firewall.isApplied) {
      const text =
        'The firewall service mpssvc is disabled, so that the rules are not applied; what is let in then is not certain.';
      findings.push(report('FIREWALL_SERVICE_DISABLED', 'warning', text));
    }
    const closed = closedProfiles(firewall);
    if (isShut(firewall) && !canBeOpened(view, firewall)) {
      const why =
        policyOnly.length > 0
          ? 'policy leaves the local rules out'
          : 'the rules of Remote Desktop are for other profiles';
      const text = `No rule lets TCP port ${port} in, and ${why} (${enabled.join(', ')} profile): the policy or the rules must be changed.`;
      findings.push(report('FIREWALL_SHUT', error, text));
    } else if (closed.length > 0 && !isShut(firewall)) {
      const text = `The rule for TCP port ${port} does not cover the ${closed.join(' and ')} profile: Remote Desktop answers only where the network is of another profile.`;
      findings.push(report('FIREWALL_RULE_PARTIAL', 'warning', text));
    }
    return findings;
  });
}

const OLD_VERSIONS = ['1.0', '1.1'] as const;

function protocolFindings(view: MachineView, options: RepairOptions): Finding[] {
  if (isBeforeVista(view)) return [];
  const enabled = enabledVersions(view, options);
  return view.controlSets.flatMap((set) => {
    const protocol = (version: string, side: string): readonly string[] =>
      inControlSet([...SCHANNEL, 'Protocols', `TLS ${version}`, side], set.name);
    const off = OLD_VERSIONS.filter(
      (version) =>
        !enabled.includes(version) && isNumber(0)(foundAt(view, 'SYSTEM', protocol(version, 'Server'), 'Enabled')),
    );
    const findings: Finding[] = [];
    const report = (code: FindingCode, path: readonly string[], text: string): void => {
      findings.push(hiveFinding(view, { code, severity: 'info', hive: 'SYSTEM', path, controlSet: set.name, text }));
    };
    if (off.length > 0) {
      const names = off.map((version) => `TLS ${version}`).join(' and ');
      const text = `${names} ${off.length > 1 ? 'are' : 'is'} switched off, as is good practice; a client that knows nothing newer cannot connect (--tls enables them by name).`;
      report('TLS_OLD_BLOCKED', inControlSet([...SCHANNEL, 'Protocols'], set.name), text);
    }
    if (isNumber(0)(foundAt(view, 'SYSTEM', protocol('1.2', 'Client'), 'Enabled'))) {
      const text =
        'TLS 1.2 is switched off for connections that this machine makes, to a domain controller or a licence server too.';
      report('TLS_CLIENT_DISABLED', protocol('1.2', 'Client'), text);
    }
    return findings;
  });
}

/** One strong cipher or way of key exchange off is a choice; all of them off is a finding of tls. */
function cipherFindings(view: MachineView): Finding[] {
  if (isBeforeVista(view)) return [];
  const strong = {
    Ciphers: ['AES 128/128', 'AES 256/256'],
    KeyExchangeAlgorithms: ['ECDH', 'PKCS'],
    Hashes: ['SHA256'],
  };
  return view.controlSets.flatMap((set) =>
    Object.entries(strong).flatMap(([group, names]) => {
      const path = inControlSet([...SCHANNEL, group], set.name);
      const off = names.filter((name) => numberAt(view.system, [...path, name], 'Enabled') === 0);
      if (off.length === 0 || (off.length === names.length && group !== 'Hashes')) return [];
      return [
        hiveFinding(view, {
          code: 'STRONG_CIPHER_DISABLED',
          severity: 'info',
          hive: 'SYSTEM',
          path,
          controlSet: set.name,
          text: `${off.join(', ')} is switched off in ${group}: a client that can do nothing else cannot connect.`,
        }),
      ];
    }),
  );
}

function certificateFindings(view: MachineView): Finding[] {
  const stored = certificatesIn(view, 'Remote Desktop');
  return stored.flatMap(({ info, thumbprint, key, flaw }): Finding[] => {
    const parts = { hive: 'SOFTWARE', path: key.path, controlSet: null } as const;
    if (info && info.notBefore > view.now) {
      const text = `Certificate ${thumbprint} is valid only from ${filetimeToIso(info.notBefore)?.slice(0, 10) ?? 'a far day'} on. The clock of this machine or of that one is wrong.`;
      return [hiveFinding(view, { ...parts, code: 'CERTIFICATE_NOT_YET_VALID', severity: 'warning', text })];
    }
    if (info && flaw === 'CERTIFICATE_EXPIRED' && !info.isSelfSigned) {
      const text = `Certificate ${thumbprint} of ${info.issuer.replaceAll('\n', ', ')} has expired: renew it at that authority. It is unpinned, not taken out.`;
      return [hiveFinding(view, { ...parts, code: 'CA_CERTIFICATE_EXPIRED', severity: 'warning', text })];
    }
    return [];
  });
}

export const RDP_CHECKS: readonly Check[] = [
  { link: 'listener', article: 'rdp-internal-error', certainty: 'certain', detect: listenerFindings },
  { link: 'authentication', article: 'rdp-general-error', certainty: 'certain', detect: policyFindings },
  { link: 'remote-desktop', article: 'rdp-general-error', certainty: 'certain', detect: allowedFindings },
  { link: 'firewall', article: 'firewall-blocking-inbound', certainty: 'likely', detect: firewallFindings },
  { link: 'tls', article: 'rdp-internal-error', certainty: 'certain', detect: protocolFindings },
  { link: 'tls', article: 'our own', certainty: 'uncertain', detect: cipherFindings },
  { link: 'certificate', article: 'rdp-internal-error', certainty: 'likely', detect: certificateFindings },
];
