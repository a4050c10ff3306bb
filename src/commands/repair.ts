// repair, apply and the plan that diagnose prints: one preparation in memory, then one commit.

import { RefusedError } from '../base/errors.ts';
import type { Finding } from '../base/finding.ts';
import { commandLine, pathWord } from '../base/quote.ts';
import type { Host } from '../host.ts';
import type { Change, Edit } from '../registry/edit.ts';
import { bootMenuFindings, policyFindings } from '../repairs/checks/machine.ts';
import { diagnoseMachine } from '../repairs/diagnose.ts';
import { bitLockerFindings } from '../repairs/fixes/boot/bitlocker.ts';
import { machineKeys, permissionListings } from '../repairs/fixes/rdp/machine-keys.ts';
import type { PlannedEdit } from '../repairs/model.ts';
import { declaredEdits, type PlanOptions, planOptions, type RepairPlan } from '../repairs/plan.ts';
import { DEFAULT_PROFILE, profileNamed } from '../repairs/profiles.ts';
import { securityOfChanges } from '../repairs/security-findings.ts';
import { outcomeOf } from '../repairs/summary.ts';
import { LOGON_HIVES, type MachineView } from '../repairs/view.ts';
import type { Machine, PermissionListings, Plan, RepairOutcome, Target } from '../report.ts';
import {
  expectMachine,
  machineOf,
  machineView,
  ofMachine,
  startView,
  type ViewOptions,
} from '../session/machine-view.ts';
import { type Prepared, PreparedCommit } from '../session/prepared.ts';
import type { SessionOptions } from '../session/session.ts';
import { Session } from '../session/session.ts';

export interface RepairRequest extends SessionOptions, ViewOptions {
  readonly volumes: readonly string[];
  /** Refuse any other computer. */
  readonly expect?: string;
  /** A ticket or a remark, kept in the report. */
  readonly note?: string;
  readonly plan: PlanOptions;
  /** Where the profile was read from, when it is not one of ours. */
  readonly profileFile?: string;
}

/** Locates, loads, plans, applies in memory and verifies; writes nothing. The caller disposes of what it gets. */
export function prepareRepair(host: Host, request: RepairRequest): Prepared {
  const session = Session.overVolumes(host, request.volumes, request);
  let machine: Machine | null = null;
  try {
    session.requireEditable('SYSTEM');
    const view = startView(session, request);
    machine = machineOf(session, view);
    refuseWithoutControlSets(session, machine);
    if (request.expect !== undefined) expectMachine(machine, request.expect);
    const before = diagnoseMachine(view, request.plan);
    const { plan } = before;
    refuseDirty(session);
    const permissions = listingsOf(view, request, plan);
    const outcomes = applyParts(session, plan);
    const proof = session.prove();
    const after = diagnoseMachine(startView(session, request), request.plan);
    const left = after.findings.filter(
      (finding) => finding.severity === 'error' && !isWrittenClean(session, finding, request),
    );
    return new PreparedCommit(session, proof, {
      command: 'repair',
      ...(request.note === undefined ? {} : { note: request.note }),
      machine,
      outcomes,
      findings: [...session.loadFindings(), ...plan.findings, ...proof.findings, ...left],
      skipped: plan.skipped,
      ...(permissions === null ? {} : { permissions }),
      isWhole: !left.some((finding) => isCovered(finding, request.plan)),
      summary: outcomeOf(before.summary, after.summary),
      edits: plan.edits.map((planned) => planned.edit),
      why: plan.edits.map((planned) => planned.why),
      options: planOptionsJson(request),
    });
  } catch (error) {
    session.close();
    throw ofMachine(error, machine);
  }
}

/** A hive that is committed is clean afterwards. */
function isWrittenClean(session: Session, { code, where }: Finding, { acceptDirty }: RepairRequest): boolean {
  if (code !== 'DIRTY_WITHOUT_LOGS' || !acceptDirty) return false;
  return session.conditions().some(({ hive, file }) => file === where.file && session.isEdited(hive));
}

/** With --only and --skip only the causes count that the call is about; a fault that is described is asked for by itself. */
function isCovered({ code, repair }: Finding, { only, skip }: PlanOptions): boolean {
  if (code === 'KNOWN_FAULT_FILE') return true;
  // That is asked for by name, and what no log completes is left.
  if (code === 'DIRTY_WITHOUT_LOGS' && only?.includes('recover-hives')) return true;
  if (only !== null) return repair !== undefined && only.includes(repair) && !skip.includes(repair);
  return repair === undefined || !skip.includes(repair);
}

export interface ApplyRequest extends SessionOptions {
  readonly volumes: readonly string[];
  readonly plan: Plan;
  readonly note?: string;
  readonly view: ViewOptions;
}

/**
 * Prepares exactly the edits of a saved plan.
 * @throws RefusedError CHANGED_ON_DISK for a target whose hash is not the plan's, WRONG_MACHINE for another computer.
 */
export function prepareApply(host: Host, request: ApplyRequest): Prepared {
  const session = Session.overVolumes(host, request.volumes, request);
  let machine: Machine | null = null;
  try {
    const { journalId } = session;
    const plan = { ...request.plan, edits: request.plan.edits.map((edit) => inJournal(edit, journalId)) };
    const view = machineView(session, request.view);
    machine = machineOf(session, view);
    if (plan.machine?.computerName) expectMachine(machine, plan.machine.computerName);
    const wanted = new Set(plan.edits.flatMap((edit) => ('key' in edit ? [edit.key.hive] : [])));
    for (const name of wanted) if (!session.isMade(name)) session.load(name);
    refuseChanged(plan.targets, session.targets(), planAgain(host, request));
    const profile = planOptions(profileNamed(DEFAULT_PROFILE), {});
    const before = diagnoseMachine(view, profile);
    const declared = declaredEdits(view);
    const outcomes = applySteps(session, plan);
    const proof = session.prove();
    const after = diagnoseMachine(machineView(session, request.view), profile);
    const covered = new Set(plan.steps.map(({ repair }) => repair));
    const left = after.findings.filter(({ severity, repair }) => severity === 'error' && covered.has(repair ?? null));
    return new PreparedCommit(session, proof, {
      command: 'apply',
      ...(request.note === undefined ? {} : { note: request.note }),
      machine,
      outcomes,
      findings: [
        ...session.loadFindings(),
        ...securityOfChanges(view, session.changes, declared),
        ...(wanted.has('BCD') && view.bcd ? bitLockerFindings(view, view.bcd, 'plan') : []),
        ...bootMenuFindings(view, plannedOf(plan)),
        ...policyFindings(view, plannedOf(plan)),
        ...proof.findings,
        ...left,
      ],
      skipped: [],
      isWhole: left.length === 0,
      summary: outcomeOf(before.summary, after.summary),
      edits: plan.edits,
      why: plan.why,
      options: plan.options,
    });
  } catch (error) {
    session.close();
    throw ofMachine(error, machine);
  }
}

/** Files that are kept lie beside the journal, and this commit has another one than the plan knew of. */
function inJournal(edit: Edit, id: string): Edit {
  const own = (path: string): string =>
    path.replace(/^\\hivemend\\[^\\]+(?=\\files(?:\\|$)|$)/, () => `\\hivemend\\${id}`);
  if (edit.op === 'make-folder') return { ...edit, path: own(edit.path) };
  return edit.op === 'move-file' ? { ...edit, to: own(edit.to) } : edit;
}

/**
 * Windows refuses a dirty hive that no log completes, also where nothing else is to be written in it. Of those that no
 * repair edits that is a cause which is left, and no hindrance.
 */
function refuseDirty(session: Session): void {
  if (session.options.acceptDirty) return;
  for (const { hive, isUsable } of session.conditions()) {
    if (!isUsable && !LOGON_HIVES.includes(hive as never)) session.working(hive);
  }
}

/** Applies the edits in their order; what follows each other in one repair and control set is told as one. */
function applySteps(session: Session, { edits, steps }: Plan): RepairOutcome[] {
  const outcomes: (RepairOutcome & { readonly changes: Change[]; readonly fixes: (string | null)[] })[] = [];
  const changes = session.apply(edits);
  const stepOf = new Map(edits.map((edit, i) => [edit, steps[i]]));
  for (const change of changes) {
    const { repair = null, controlSet = null, fixes = null } = stepOf.get(change.edit) ?? {};
    const name = repair ?? 'plan';
    let outcome = outcomes.find((one) => one.name === name && one.controlSet === controlSet);
    if (!outcome) {
      outcome = { name, controlSet, state: 'planned', changes: [], fixes: [] };
      outcomes.push(outcome);
    }
    outcome.changes.push(change);
    outcome.fixes.push(fixes);
  }
  return outcomes;
}

const plannedOf = ({ edits, why, steps }: Plan): PlannedEdit[] =>
  edits.map((edit, i) => ({ edit, why: why[i] ?? '', controlSet: steps[i]?.controlSet ?? null, fixes: null }));

/** The command that makes the plan anew, of the same repairs. */
function planAgain({ style }: Host, { volumes, plan: { options } }: ApplyRequest): string {
  const words = ['hivemend', 'repair', ...volumes];
  if (Array.isArray(options.only)) words.push('--only', options.only.join(','));
  if (options.needed === true) words.push('--needed');
  return commandLine([...words, '--plan', 'new-plan.json'], style);
}

function refuseChanged(planned: readonly Target[], found: readonly Target[], hint: string): void {
  for (const target of planned) {
    if (target.kind !== 'hive') continue;
    const now = found.find((candidate) => candidate.hive === target.hive);
    if (now && target.sha256Before === null) {
      throw new RefusedError('CHANGED_ON_DISK', `${now.path} is there by now, and the plan is to make it`, { hint });
    }
    if (now && now.sha256Before === target.sha256Before && !isRecoveredAlike(now, target)) {
      throw new RefusedError(
        'CHANGED_ON_DISK',
        `the logs of ${now.path} have changed since the plan was made: ${now.logEntriesApplied} of their entries are replayed now, expected ${target.logEntriesApplied}`,
        { hint },
      );
    }
    if (now && now.sha256Before !== target.sha256Before) {
      throw new RefusedError(
        'CHANGED_ON_DISK',
        `${now.path} has changed since the plan was made: its sha256 is ${now.sha256Before}, expected ${target.sha256Before}`,
        { hint },
      );
    }
  }
}

/** Whether the logs beside a hive give what they gave when the plan was made; a plan may be older than these fields. */
function isRecoveredAlike(now: Target, planned: Target): boolean {
  return (planned.logEntriesApplied ?? now.logEntriesApplied) === now.logEntriesApplied;
}

/** Applies each repair's edits, control set by control set, so that the report can say which made which change. */
function applyParts(session: Session, plan: RepairPlan): RepairOutcome[] {
  const outcomes: RepairOutcome[] = [];
  for (const part of plan.parts) {
    const mine = plan.edits.filter((planned) => part.edits.includes(planned));
    if (mine.length === 0) {
      outcomes.push({ name: part.name, controlSet: null, state: 'already', changes: [] });
      continue;
    }
    for (const [controlSet, group] of byControlSet(mine)) {
      const changes = session.apply(group.map(({ edit }) => edit));
      const fixed = new Map(group.map((planned) => [planned.edit, planned.fixes]));
      const fixes = changes.map((change) => fixed.get(change.edit) ?? null);
      outcomes.push({ name: part.name, controlSet, state: 'planned', changes, fixes });
    }
  }
  return outcomes;
}

function byControlSet(edits: readonly PlannedEdit[]): Map<string | null, PlannedEdit[]> {
  const groups = new Map<string | null, PlannedEdit[]>();
  for (const planned of edits) {
    const group = groups.get(planned.controlSet);
    if (group) group.push(planned);
    else groups.set(planned.controlSet, [planned]);
  }
  return groups;
}

/** A SYSTEM hive without a control set boots no Windows: what else is on the disk is not repaired around it. */
function refuseWithoutControlSets(session: Session, machine: Machine): void {
  if (machine.controlSets.length > 0) return;
  const { path } = session.load('SYSTEM');
  throw new RefusedError('DAMAGED_HIVE', `${path} does not have a control set, so Windows cannot start with it`, {
    hint: `hivemend inspect --validate ${pathWord(path)}`,
  });
}

/** The article's two listings, where the plan changes descriptors of the machine keys. */
function listingsOf(view: MachineView, request: RepairRequest, plan: RepairPlan): PermissionListings | null {
  const edits = plan.parts.find((part) => part.name === machineKeys.name)?.edits ?? [];
  const planned = edits.filter((edit) => plan.edits.includes(edit));
  return planned.length === 0 ? null : permissionListings(view, request.plan, planned);
}

function planOptionsJson(request: RepairRequest): Readonly<Record<string, unknown>> {
  const { profile, ...rest } = request.plan;
  const { firmware } = request;
  return {
    ...rest,
    profile: profile.name,
    controlSets: request.controlSets,
    create: request.create,
    ...(firmware === undefined ? {} : { firmware }),
  };
}
