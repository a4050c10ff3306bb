// Windows Firewall opened for the port of the RDP listener, by the rules that Windows ships for it.

import type { Finding } from '../../../base/finding.ts';
import type { Hive } from '../../../registry/hive.ts';
import { dword, sz } from '../../../registry/value.ts';
import type { PlannedEdit, Repair, RepairOptions } from '../../model.ts';
import { hiveFinding, keyText, numberAt, setValueEdits } from '../../rules.ts';
import { isBeforeVista, ntNumber } from '../../version.ts';
import type { MachineView } from '../../view.ts';
import { FIREWALL_PROFILES, type FirewallRule, isForUdp, standardRule, withField } from './firewall-rule.ts';
import { type Firewall, firewallOf, isShut, policyPaths } from './firewall-state.ts';

const USER_MODE_TCP = 'RemoteDesktop-UserMode-In-TCP';
/** Windows 7 has a rule for the driver too, and numbers copies for other profiles ('_1'); WS and WSS are other ports. */
const TCP_RULE = /^RemoteDesktop(?:-UserMode)?-In-TCP(?:_\d+|-NoScope)?$/i;
const UDP_RULE = /^RemoteDesktop-UserMode-In-UDP(?:_\d+|-NoScope)?$/i;
const OLDEST_VERSION = 'v2.10';

/** The standard rules switched on for the port, by name; the TCP rule is made where there is none. */
function openedRules(view: MachineView, firewall: Firewall): Map<string, FirewallRule> {
  const opened = new Map<string, FirewallRule>();
  const open = (rule: FirewallRule): FirewallRule =>
    withField(withField(rule, 'Active', 'TRUE'), 'LPort', String(firewall.port));
  for (const [name, rule] of firewall.local) {
    if (TCP_RULE.test(name) || (UDP_RULE.test(name) && isForUdp(rule))) opened.set(name, open(rule));
  }
  if (![...opened.keys()].some((name) => TCP_RULE.test(name))) {
    const version = [...firewall.local.values()][0]?.version ?? OLDEST_VERSION;
    const nt = ntNumber(view);
    opened.set(USER_MODE_TCP, standardRule(version, nt !== null && nt <= 601, firewall.port));
  }
  return opened;
}

/** The firewall is shut, and the standard rules would open it. */
export function canBeOpened(view: MachineView, firewall: Firewall): boolean {
  // Where it is shut no local rule opens anything, so that the opened ones alone decide.
  return isShut(firewall) && !isShut(firewall, openedRules(view, firewall));
}

function firewalls(view: MachineView, options: RepairOptions): Firewall[] {
  return view.controlSets.flatMap((set) => firewallOf(view, set.name, options) ?? []);
}

function detect(view: MachineView, options: RepairOptions): Finding[] {
  return firewalls(view, options).flatMap((firewall) => {
    const { controlSet, path, port } = firewall;
    const findings = firewall.shutKeys.map((place) =>
      hiveFinding(view, {
        code: 'FIREWALL_NO_EXCEPTIONS',
        severity: firewall.isApplied ? 'error' : 'warning',
        ...place,
        controlSet: place.hive === 'SYSTEM' ? controlSet : null,
        repair: 'rdp-firewall',
        text: `DoNotAllowExceptions is set in ${keyText(place.hive, place.path)}: the firewall shuts every port, whatever the rules allow.`,
      }),
    );
    if (canBeOpened(view, firewall)) {
      findings.push(
        hiveFinding(view, {
          code: 'FIREWALL_RULE_OFF',
          severity: firewall.isApplied ? 'error' : 'warning',
          hive: 'SYSTEM',
          path: [...path, 'FirewallRules'],
          controlSet,
          repair: 'rdp-firewall',
          text: `No active rule lets TCP port ${port} in, and the firewall is on (${firewall.enabled.join(', ')} profile): connections are dropped before Remote Desktop sees them.`,
        }),
      );
    }
    return findings;
  });
}

function ruleChanges(view: MachineView, firewall: Firewall, options: RepairOptions): PlannedEdit[] {
  const shut = canBeOpened(view, firewall);
  if (!shut && !options.asPublished) return [];
  const planned: PlannedEdit[] = [];
  for (const [name, rule] of openedRules(view, firewall)) {
    const before = firewall.local.get(name);
    const isUdp = UDP_RULE.test(name);
    if (before?.text === rule.text || (isUdp && !shut)) continue;
    for (const edit of setValueEdits(view.system, [...firewall.path, 'FirewallRules'], name, sz(rule.text))) {
      planned.push({
        edit,
        why: before
          ? `Rule ${name} must be on and name port ${firewall.port}.`
          : `There is no rule ${name}; it is made as Windows ships it.`,
        controlSet: firewall.controlSet,
        fixes: isUdp || !shut ? null : 'FIREWALL_RULE_OFF',
        ...(edit.op === 'set-value'
          ? {
              security: {
                effect: 'lowers',
                text: `TCP port ${firewall.port} is open in the Windows firewall.`,
              } as const,
            }
          : {}),
      });
    }
  }
  return planned;
}

function disableChanges(view: MachineView, firewall: Firewall): PlannedEdit[] {
  const security = { effect: 'lowers', text: 'Windows Firewall is off: every listening port can be reached.' } as const;
  const off = (hive: Hive, path: readonly string[]): PlannedEdit[] =>
    numberAt(hive, path, 'EnableFirewall') === 0
      ? []
      : setValueEdits(hive, path, 'EnableFirewall', dword(0)).map((edit) => ({
          edit,
          why: 'The firewall is to be off (--disable-firewall).',
          controlSet: hive.name === 'SYSTEM' ? firewall.controlSet : null,
          fixes: null,
          isRequested: true,
          ...(edit.op === 'set-value' ? { security } : {}),
        }));
  return FIREWALL_PROFILES.flatMap((profile) => {
    const { software } = view;
    return [
      ...off(view.system, [...firewall.path, `${profile}Profile`]),
      ...policyPaths(profile).flatMap((policy) =>
        software && numberAt(software, policy, 'EnableFirewall') !== null ? off(software, policy) : [],
      ),
    ];
  });
}

function edits(view: MachineView, options: RepairOptions): PlannedEdit[] {
  const planned = firewalls(view, options).flatMap((firewall): PlannedEdit[] => [
    ...firewall.shutKeys.map((place) => ({
      edit: { op: 'delete-value', key: place, name: 'DoNotAllowExceptions' } as const,
      why: 'The firewall must heed its rules.',
      controlSet: place.hive === 'SYSTEM' ? firewall.controlSet : null,
      fixes: 'FIREWALL_NO_EXCEPTIONS' as const,
      security: { effect: 'lowers', text: 'Ports with a rule that allows them are open again.' } as const,
    })),
    ...ruleChanges(view, firewall, options),
    ...(options.disableFirewall ? disableChanges(view, firewall) : []),
  ]);
  return planned.filter((one, i) => planned.findIndex((other) => isSameEdit(one, other)) === i);
}

/** Policy is one for all control sets, so that each of them plans the same edit of it. */
const isSameEdit = (a: PlannedEdit, b: PlannedEdit): boolean => JSON.stringify(a.edit) === JSON.stringify(b.edit);

const PROFILE_KEYS =
  'SYSTEM\\{CS}\\Services\\SharedAccess\\Parameters\\FirewallPolicy\\{Domain,Standard,Public}Profile; SOFTWARE\\Policies\\Microsoft\\WindowsFirewall\\...';

export const rdpFirewall: Repair = {
  name: 'rdp-firewall',
  title: "open Windows Firewall for the RDP listener's port",
  about:
    "Switches the rules that Windows ships for Remote Desktop on and gives them the listener's port, where no rule lets that port in; every other field of a rule stays, and a missing rule is made in the form that Windows documents. Takes off DoNotAllowExceptions. A rule of your own that opens the port is enough, and then nothing changes. The firewall itself is switched off only with --disable-firewall.",
  article: 'rdp-internal-error, enable-disable-firewall-rule, firewall-blocking-inbound, disable-guest-os-firewall',
  certainty: 'certain',
  link: 'firewall',
  writes: [
    {
      where: 'SYSTEM\\{CS}\\Services\\SharedAccess\\Parameters\\FirewallPolicy\\FirewallRules',
      name: 'RemoteDesktop-UserMode-In-TCP, RemoteDesktop-In-TCP, RemoteDesktop-UserMode-In-UDP',
      data: 'REG_SZ with Active=TRUE and LPort=<port>',
      when: 'the firewall is on and no rule lets the port in',
      security: 'lowers',
    },
    {
      where: PROFILE_KEYS,
      name: 'DoNotAllowExceptions',
      data: '(deleted)',
      when: 'there and not 0, in a profile that is on',
      security: 'lowers',
    },
    {
      where: PROFILE_KEYS,
      name: 'EnableFirewall',
      data: 'REG_DWORD 0',
      when: 'only with --disable-firewall; in a policy only where it stands',
      security: 'lowers',
    },
  ],
  afterBoot: [],
  unavailable: (view) => (isBeforeVista(view) ? "the firewall of this Windows keeps no rules of today's form" : null),
  detect,
  edits,
};
