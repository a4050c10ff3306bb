// Windows Firewall as one control set and the policy have it: which profiles are on, and what their rules let in.

import type { Hive } from '../../../registry/hive.ts';
import type { RepairOptions } from '../../model.ts';
import { foundAt, foundIn, inControlSet, numberAt } from '../../rules.ts';
import { windowsEra } from '../../version.ts';
import type { MachineView } from '../../view.ts';
import {
  allowsRdp,
  blocksRdp,
  FIREWALL_PROFILES,
  type FirewallProfile,
  type FirewallRule,
  isForProfile,
  parseFirewallRule,
} from './firewall-rule.ts';
import { RDP_TCP } from './nla.ts';
import { DEFAULT_PORT, portOf } from './rdp-listener.ts';

const LOCAL = ['Services', 'SharedAccess', 'Parameters', 'FirewallPolicy'];
const FIREWALL_POLICY = ['Policies', 'Microsoft', 'WindowsFirewall'];
/** What a device management (Intune) sets, beside the policies of a domain. */
const MDM = ['Mdm'];
/**
 * The keys of a profile in a policy, the one that counts first: the standard profile is called private there, and standard
 * by policies that were made for XP alone. Source: [MS-GPFAS] 2.2.3.
 */
const inPolicy = (profile: FirewallProfile): readonly string[] =>
  profile === 'Standard' ? ['PrivateProfile', 'StandardProfile'] : [`${profile}Profile`];
export const policyPaths = (profile: FirewallProfile): string[][] =>
  inPolicy(profile).map((key) => [...FIREWALL_POLICY, key]);
const START_DISABLED = 4;

export type RuleTable = ReadonlyMap<string, FirewallRule>;

/** The firewall of one control set, with what policy lays over it. */
export interface Firewall {
  readonly controlSet: string;
  /** Of the local policy, below the root of SYSTEM. */
  readonly path: readonly string[];
  readonly port: number;
  readonly local: RuleTable;
  readonly policy: RuleTable;
  /** Profiles that are on, as policy or the local setting says. */
  readonly enabled: readonly FirewallProfile[];
  /** Profiles in which policy leaves the local rules out. */
  readonly policyOnly: readonly FirewallProfile[];
  /** Profiles that are on and let everything in that no rule blocks. */
  readonly allowing: readonly FirewallProfile[];
  /** False: the service that applies the rules is disabled, so that nothing here is certain. */
  readonly isApplied: boolean;
  /** Keys whose DoNotAllowExceptions shuts every rule out, in profiles that are on. */
  readonly shutKeys: readonly { readonly hive: 'SYSTEM' | 'SOFTWARE'; readonly path: readonly string[] }[];
}

/** A view stands for one moment, and several checks and repairs ask for the hundreds of rules in it. */
const known = new WeakMap<MachineView, Map<string, Firewall | null>>();

/** Null where the control set has no firewall policy, or Windows' firewall has another form (XP, Server 2003). */
export function firewallOf(view: MachineView, controlSet: string, options: RepairOptions): Firewall | null {
  const ofView = known.get(view) ?? new Map<string, Firewall | null>();
  known.set(view, ofView);
  const name = `${controlSet} ${options.port}`;
  let firewall = ofView.get(name);
  if (firewall === undefined) {
    firewall = readFirewall(view, controlSet, options);
    ofView.set(name, firewall);
  }
  return firewall;
}

function readFirewall(view: MachineView, controlSet: string, options: RepairOptions): Firewall | null {
  const path = [controlSet, ...LOCAL];
  if (windowsEra(view) !== 'new' || !view.system.key(path)) return null;
  const { software } = view;
  const firstNumber = (hive: Hive, paths: readonly (readonly string[])[], name: string): number | null =>
    paths.map((one) => numberAt(hive, one, name)).find((number) => number !== null) ?? null;
  const domainNumber = (profile: FirewallProfile, name: string): number | null =>
    software ? firstNumber(software, policyPaths(profile), name) : null;
  const policyNumber = (profile: FirewallProfile, name: string): number | null =>
    domainNumber(profile, name) ??
    firstNumber(
      view.system,
      inPolicy(profile).map((key) => [...path, ...MDM, key]),
      name,
    );
  const localNumber = (profile: FirewallProfile, name: string): number | null =>
    numberAt(view.system, [...path, `${profile}Profile`], name);
  const setting = (profile: FirewallProfile, name: string): number =>
    policyNumber(profile, name) ?? localNumber(profile, name) ?? 1;
  const enabled = FIREWALL_PROFILES.filter((profile) => setting(profile, 'EnableFirewall') !== 0);
  const start = numberAt(view.system, [controlSet, 'Services', 'mpssvc'], 'Start');
  const shutKeys = enabled.flatMap((profile) => [
    ...((localNumber(profile, 'DoNotAllowExceptions') ?? 0) !== 0
      ? [{ hive: 'SYSTEM' as const, path: [...path, `${profile}Profile`] }]
      : []),
    ...((domainNumber(profile, 'DoNotAllowExceptions') ?? 0) !== 0
      ? policyPaths(profile)
          .filter((one) => software !== null && (numberAt(software, one, 'DoNotAllowExceptions') ?? 0) !== 0)
          .map((one) => ({ hive: 'SOFTWARE' as const, path: one }))
      : []),
  ]);
  return {
    controlSet,
    path,
    port:
      options.port ?? portOf(foundAt(view, 'SYSTEM', inControlSet(RDP_TCP, controlSet), 'PortNumber')) ?? DEFAULT_PORT,
    local: readRules(view.system, [...path, 'FirewallRules']),
    policy: new Map([
      ...(software ? readRules(software, [...FIREWALL_POLICY, 'FirewallRules']) : []),
      ...readRules(view.system, [...path, ...MDM, 'FirewallRules']),
    ]),
    enabled,
    policyOnly: enabled.filter((profile) => policyNumber(profile, 'AllowLocalPolicyMerge') === 0),
    allowing: enabled.filter((profile) => setting(profile, 'DefaultInboundAction') === 0),
    isApplied: start === null || start < START_DISABLED,
    shutKeys,
  };
}

function readRules(hive: Hive, path: readonly string[]): RuleTable {
  const rules = new Map<string, FirewallRule>();
  for (const value of hive.key(path)?.values() ?? []) {
    const found = foundIn(value);
    const rule = found.kind === 'text' ? parseFirewallRule(found.text) : null;
    if (rule) rules.set(value.name, rule);
  }
  return rules;
}

const checked = new WeakMap<RuleTable, { readonly port: number; readonly opening: readonly FirewallRule[] }>();

/** The few rules of a table that let Remote Desktop in; each table is gone through once. */
function openingRules(rules: RuleTable, port: number): readonly FirewallRule[] {
  const done = checked.get(rules);
  if (done?.port === port) return done.opening;
  const opening = [...rules.values()].filter((rule) => allowsRdp(rule, port));
  checked.set(rules, { port, opening });
  return opening;
}

/** Profiles that are on and in which no rule lets Remote Desktop in, with `local` as the local rules. */
export function closedProfiles(firewall: Firewall, local: RuleTable = firewall.local): FirewallProfile[] {
  const { port, policy, policyOnly } = firewall;
  const opens = (rules: RuleTable, profile: FirewallProfile): boolean =>
    openingRules(rules, port).some((rule) => isForProfile(rule, profile));
  return firewall.enabled.filter(
    (profile) =>
      !firewall.allowing.includes(profile) &&
      !opens(policy, profile) &&
      (policyOnly.includes(profile) || !opens(local, profile)),
  );
}

export interface BlockingRule {
  readonly name: string;
  /** Those that are on and in which it counts; never []. */
  readonly profiles: readonly FirewallProfile[];
}

/** Active rules that shut the port to everybody; a block wins over every rule that allows. */
export function blockingRules(firewall: Firewall): BlockingRule[] {
  const blocking = (rules: RuleTable, isLocal: boolean): BlockingRule[] =>
    [...rules]
      .filter(([, rule]) => blocksRdp(rule, firewall.port))
      .map(([name, rule]) => ({
        name,
        profiles: firewall.enabled.filter(
          (profile) => isForProfile(rule, profile) && !(isLocal && firewall.policyOnly.includes(profile)),
        ),
      }))
      .filter(({ profiles }) => profiles.length > 0);
  return [...blocking(firewall.local, true), ...blocking(firewall.policy, false)];
}

/** No profile that is on lets Remote Desktop in. */
export const isShut = (firewall: Firewall, local?: RuleTable): boolean =>
  firewall.enabled.length > 0 && closedProfiles(firewall, local).length === firewall.enabled.length;
