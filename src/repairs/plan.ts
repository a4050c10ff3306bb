// From a profile and what was asked for to the edits, in two parts: what fixes a cause that was found, and what the
// profile sets besides.

import { HivemendError, UsageError } from '../base/errors.ts';
import type { Finding } from '../base/finding.ts';
import { compareNames } from '../base/text.ts';
import { bootMenuFindings, cloneFindings, policyFindings } from './checks/machine.ts';
import { ALL_TARGETS } from './checks/target.ts';
import { findingsOf } from './detected.ts';
import { PLATFORMS, platformNamed } from './drivers/platforms.ts';
import { bitLockerFindings } from './fixes/boot/bitlocker.ts';
import { REPAIRS } from './fixes/index.ts';
import { DEFAULT_OPTIONS, type PlannedEdit, type Repair, type RepairOptions, TLS_VERSIONS } from './model.ts';
import type { Profile, ProfileValue } from './profiles.ts';
import { ruleEdits, type ValueRule } from './rules.ts';
import { securityFindings } from './security-findings.ts';
import { knownFaultPart, whyNotHere } from './start/known-fault.ts';
import { elementEdits } from './start/profile-elements.ts';
import type { MachineView } from './view.ts';

export interface PlanOptions extends RepairOptions {
  readonly profile: Profile;
  /** Only these repairs, whatever the profile says, and all of what each would change; null: the profile's. */
  readonly only: readonly string[] | null;
  readonly skip: readonly string[];
  /** Leaves out what fixes nothing that was found. */
  readonly needed: boolean;
}

/** What one repair sees and would do. */
export interface RepairPart {
  readonly name: string;
  readonly findings: readonly Finding[];
  readonly edits: readonly PlannedEdit[];
}

export interface RepairPlan {
  readonly profile: string;
  /** The repairs that the plan ran through, in order; edits may be []. Their edits are the objects of `edits`. */
  readonly parts: readonly RepairPart[];
  /** All edits in the order in which they are applied. */
  readonly edits: readonly PlannedEdit[];
  /** Those of `edits` that fix a cause that was found. */
  readonly fixes: readonly PlannedEdit[];
  /** Those of `edits` that the profile sets besides, which `needed` leaves out. */
  readonly besides: readonly PlannedEdit[];
  /** Those of `edits` that an option asks for, and keys that they or `fixes` need: with `needed` they stay. */
  readonly requested: readonly PlannedEdit[];
  /**
   * The parts' findings; one SECURITY_LOWERED or SECURITY_RAISED for each edit that declares it, with its revert lines;
   * MACHINE_GUID_CHANGED and POLICY_WILL_SET_BACK where they matter to the plan.
   */
  readonly findings: readonly Finding[];
  /** Repairs that were asked for and cannot be done here. */
  readonly skipped: readonly { readonly what: string; readonly why: string }[];
}

/** A planned edit as the report shows it. */
export interface PlannedChange {
  readonly repair: string;
  readonly edit: PlannedEdit['edit'];
  readonly why: string;
  readonly controlSet: string | null;
  /** The code of the finding that it fixes. */
  readonly fixes: string | null;
}

/** The edits of one side of a plan, as a report shows them; [] without a plan. */
export function shownEdits(plan: RepairPlan | null, side: 'fixes' | 'requested' | 'besides'): PlannedChange[] {
  if (plan === null) return [];
  const chosen = new Set(plan[side]);
  return plan.parts.flatMap((part) =>
    part.edits
      .filter((planned) => chosen.has(planned))
      .map(({ edit, why, controlSet, fixes }) => ({ repair: part.name, edit, why, controlSet, fixes })),
  );
}

/** What the part of a plan is called that a user's profile makes itself. */
export const profilePart = (profile: string): string => `profile ${profile}`;

/** What was given on the command line over what the profile presets over the defaults. */
export function planOptions(
  profile: Profile,
  given: Partial<RepairOptions>,
  selection: Partial<Pick<PlanOptions, 'only' | 'skip' | 'needed'>> = {},
): PlanOptions {
  return {
    ...DEFAULT_OPTIONS,
    ...profile.options,
    ...given,
    profile,
    only: selection.only ?? null,
    skip: selection.skip ?? [],
    needed: selection.needed ?? false,
  };
}

/**
 * The plan that repair commits and diagnose prints.
 * @throws UsageError BAD_ARGUMENT for a repair that does not exist (the nearest name in the hint), and for repairs that
 *   undo each other.
 */
export function planRepair(view: MachineView, options: PlanOptions): RepairPlan {
  const { profile } = options;
  const chosen = chosenRepairs(options);
  const parts: RepairPart[] = [];
  const skipped: { what: string; why: string }[] = [];
  for (const repair of REPAIRS) {
    if (!chosen.has(repair.name)) continue;
    const isSet = options.only?.includes(repair.name) ?? profile.sets.includes(repair.name);
    const outcome = planPart(view, options, repair, isSet && !options.needed);
    if ('why' in outcome) {
      // What a profile would only fix was not asked for by anybody.
      if (isSet || outcome.isCause) skipped.push({ what: repair.name, why: outcome.why });
    } else parts.push(outcome);
  }
  const own = options.only === null ? ownPart(view, profile, options) : null;
  if (own?.part) parts.push(own.part);
  for (const why of own?.skipped ?? []) skipped.push({ what: profilePart(profile.name), why });
  const edits = parts.flatMap((part) => part.edits);
  const kept = new Set(parts.flatMap((part) => withTheirKeys(part.edits, isNeeded)));
  return {
    profile: profile.name,
    parts,
    edits,
    fixes: edits.filter((planned) => planned.fixes !== null),
    besides: edits.filter((planned) => planned.fixes === null && !kept.has(planned)),
    requested: edits.filter((planned) => planned.fixes === null && kept.has(planned)),
    findings: [
      ...parts.flatMap((part) => part.findings),
      ...(chosen.has('machine-keys') ? cloneFindings(view) : []),
      ...bootMenuFindings(view, edits),
      ...policyFindings(view, edits),
      ...parts.flatMap((part) => securityFindings(view, part.name, part.edits)),
    ],
    skipped,
  };
}

/** Every edit that some repair would make of this machine by the article's numbers and says something of its security. */
export function declaredEdits(view: MachineView): PlannedEdit[] {
  const options: RepairOptions = { ...DEFAULT_OPTIONS, asPublished: true, tls: ['1.0', '1.1', '1.2'], allKeys: true };
  return REPAIRS.flatMap((repair) => {
    try {
      if ((repair.unavailable?.(view, options) ?? null) !== null) return [];
      return repair.edits(view, options).filter((planned) => planned.security);
    } catch (error) {
      if (error instanceof HivemendError) return [];
      throw error;
    }
  });
}

function planPart(
  view: MachineView,
  options: PlanOptions,
  repair: Repair,
  takesAll: boolean,
): RepairPart | { readonly why: string; readonly isCause: boolean } {
  try {
    const why = repair.unavailable?.(view, options) ?? null;
    if (why !== null) return { why, isCause: false };
    const findings = findingsOf(repair, view, options);
    const all = repair.edits(view, options);
    const edits = takesAll ? all : withTheirKeys(all, isNeeded);
    const { onlyInPlace = null } = view;
    if (onlyInPlace !== null && edits.some(({ edit }) => !('key' in edit))) {
      return { why: onlyInPlace, isCause: findings.length > 0 };
    }
    const risks = edits.length === 0 ? [] : (repair.risks?.(view, edits) ?? []);
    return { name: repair.name, findings: [...findings, ...risks], edits };
  } catch (error) {
    if (!(error instanceof HivemendError) || error instanceof UsageError) throw error;
    return { why: error.message, isCause: false };
  }
}

/** What stays with `needed`. */
const isNeeded = (planned: PlannedEdit): boolean => planned.fixes !== null || planned.isRequested === true;

/** The edits that `isNeeded` keeps, and the edits that make the keys which they need. */
function withTheirKeys(all: readonly PlannedEdit[], isNeeded: (planned: PlannedEdit) => boolean): PlannedEdit[] {
  const kept = all.filter(isNeeded);
  return all.filter((planned) => isNeeded(planned) || kept.some((other) => isKeyOf(planned, other)));
}

function isKeyOf({ edit: made }: PlannedEdit, { edit: user }: PlannedEdit): boolean {
  if (made.op !== 'create-key' || !('key' in user) || made.key.hive !== user.key.hive) return false;
  const path = user.key.path;
  return made.key.path.every((name, i) => path[i] !== undefined && compareNames(name, path[i]) === 0);
}

/** What a user's profile changes itself; where it does not apply, it says so and changes nothing. */
function ownPart(
  view: MachineView,
  profile: Profile,
  options: PlanOptions,
): { readonly part: RepairPart | null; readonly skipped: readonly string[] } {
  const name = profilePart(profile.name);
  const values = options.needed ? [] : profile.values;
  const { elements = [] } = profile;
  if (values.length === 0 && !profile.fault && elements.length === 0) return { part: null, skipped: [] };
  const why = whyNotHere(view, profile.when ?? []);
  if (why !== null) {
    const text = `${profile.title} does not concern this machine: ${why}.`;
    const finding: Finding = { code: 'PROFILE_NOT_CONCERNED', severity: 'info', where: { file: name }, text };
    return { part: { name, findings: [finding], edits: [] }, skipped: [] };
  }
  const fault = profile.fault ? knownFaultPart(view, profile.fault, options) : null;
  const inStore = elementEdits(view, elements);
  const risks = inStore.edits.length > 0 && view.bcd ? bitLockerFindings(view, view.bcd, name) : [];
  const edits = [...(fault?.edits ?? []), ...ruleEdits(view, values.map(profileRule), options), ...inStore.edits];
  return {
    part: { name, findings: [...(fault?.findings ?? []), ...risks], edits },
    skipped: [...(fault?.skipped ?? []), ...inStore.skipped],
  };
}

function profileRule(value: ProfileValue): ValueRule {
  const { security } = value;
  return {
    hive: value.hive,
    path: value.path,
    name: value.name,
    write: value.value,
    // ruleEdits leaves out what stands there already.
    isGood: (found) => value.value === null && found.kind === 'absent',
    why: value.why,
    ...(security === null ? {} : { security: () => ({ effect: security, text: value.why }) }),
  };
}

function chosenRepairs(options: PlanOptions): Set<string> {
  for (const name of [...(options.only ?? []), ...options.skip]) refuseUnknown(name);
  refuseWrong(options);
  const chosen = new Set(options.only ?? [...options.profile.sets, ...options.profile.fixes]);
  // A listener that moves behind a closed port would be a machine that cannot be reached.
  if (options.port !== null && chosen.has('rdp-listener')) chosen.add('rdp-firewall');
  for (const name of options.skip) chosen.delete(name);
  if (chosen.has('group-policy-off') && chosen.has('group-policy-on')) {
    throw new UsageError(
      'BAD_ARGUMENT',
      'group-policy-off and group-policy-on were both asked for, and undo each other',
    );
  }
  return chosen;
}

/** What a program may give and the command line has refused before. */
function refuseWrong({ port, tls, target, maxFiles = 0 }: PlanOptions): void {
  const refuse = (what: string, expected: string): never => {
    throw new UsageError('BAD_ARGUMENT', `${what}, expected ${expected}`);
  };
  if (port !== null && !(Number.isInteger(port) && port >= 1 && port <= 65_535)) {
    refuse(`port is ${port}`, 'a whole number from 1 to 65535');
  }
  if (!Number.isInteger(maxFiles) || maxFiles < 0) refuse(`maxFiles is ${maxFiles}`, 'a whole number');
  const unknown = tls?.find((version) => !TLS_VERSIONS.includes(version));
  if (unknown !== undefined) refuse(`tls names ${unknown}`, TLS_VERSIONS.join(', '));
  if (target !== undefined && target !== ALL_TARGETS && platformNamed(target) === null) {
    refuse(`target is ${target}`, `${PLATFORMS.map(({ name }) => name).join(', ')} or ${ALL_TARGETS}`);
  }
}

function refuseUnknown(name: string): void {
  if (REPAIRS.some((repair) => repair.name === name)) return;
  const names = REPAIRS.map((repair) => repair.name);
  const nearest = nearestName(name, names);
  const list = nearest === null ? `; the repairs are ${names.join(', ')}` : '';
  const hint = nearest === null ? 'hivemend repair --help' : `did you mean ${nearest}?`;
  const data = nearest === null ? {} : { data: { instead: { word: name, meant: nearest } } };
  throw new UsageError('BAD_ARGUMENT', `"${name}" is not a repair${list}`, { hint, ...data });
}

/** The one of `names` that `word` may have been meant as; null where none is near. */
export function nearestName(word: string, names: readonly string[]): string | null {
  const [nearest] = [...names].sort((a, b) => distance(word, a) - distance(word, b));
  return nearest === undefined || distance(word, nearest) > Math.min(2, word.length - 1) ? null : nearest;
}

/** Edits of one character (Levenshtein) between two names. */
function distance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, i) => i);
  for (let i = 1; i <= a.length; i += 1) {
    const next = [i];
    for (let j = 1; j <= b.length; j += 1) {
      const replaced = (row[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1);
      next.push(Math.min(replaced, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1));
    }
    row = next;
  }
  return row[b.length] ?? 0;
}
