// repair, apply and the plan that diagnose prints: one preparation in memory, then one commit.

import { RefusedError } from '../base/errors.ts';
import type { Finding } from '../base/finding.ts';
import { filetimeToIso } from '../base/time.ts';
import type { CommitResult } from '../commit/request.ts';
import type { Host } from '../host.ts';
import type { Change, Edit } from '../registry/edit.ts';
import { diagnoseMachine } from '../repairs/diagnose.ts';
import { bitLockerFindings } from '../repairs/fixes/boot/bitlocker.ts';
import { machineKeys, permissionListings } from '../repairs/fixes/rdp/machine-keys.ts';
import type { PlannedEdit } from '../repairs/model.ts';
import { type PlanOptions, planRepair, type RepairPlan } from '../repairs/plan.ts';
import { revertLines } from '../repairs/revert/revert.ts';
import type { MachineView } from '../repairs/view.ts';
import type {
  Machine,
  PermissionListings,
  Plan,
  RepairOutcome,
  Report,
  ReportStatus,
  Target,
  Tool,
} from '../report.ts';
import { journalReadme } from '../session/journal-readme.ts';
import { expectMachine, machineOf, machineView, type ViewOptions } from '../session/machine-view.ts';
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
  readonly tool: Tool;
}

/** A repair that is ready in memory: verified, not yet on the disk. */
export interface Prepared extends Disposable {
  readonly machine: Machine | null;
  readonly changes: readonly Change[];
  /** The plan to save for approval. */
  readonly saved: Plan;
  /** What would be done, in the shape in which the commit reports it. */
  readonly dryReport: Report;
  /** Throws what would refuse the commit, so that nobody is asked in vain. */
  refuse(): void;
  /** @throws as Session.commit. */
  commit(): Report;
}

/** Locates, loads, plans, applies in memory and verifies; writes nothing. The caller disposes of what it gets. */
export function prepareRepair(host: Host, request: RepairRequest): Prepared {
  const session = Session.overVolumes(host, request.volumes, request);
  try {
    session.requireEditable('SYSTEM');
    const view = machineView(session, request);
    const machine = machineOf(session, view);
    refuseWithoutControlSets(session, machine);
    if (request.expect !== undefined) expectMachine(machine, request.expect);
    const plan = planRepair(view, request.plan);
    const permissions = listingsOf(view, request, plan);
    const outcomes = applyParts(session, plan);
    const gate = session.verify();
    const after = diagnoseMachine(machineView(session, request), request.plan);
    const left = after.findings.filter((finding) => finding.severity === 'error');
    return new PreparedCommit(session, {
      command: 'repair',
      tool: request.tool,
      ...(request.note === undefined ? {} : { note: request.note }),
      machine,
      outcomes,
      findings: [...session.loadFindings(), ...plan.findings, ...gate, ...left],
      skipped: plan.skipped,
      ...(permissions === null ? {} : { permissions }),
      isWhole: plan.skipped.length === 0 && left.length === 0,
      edits: plan.edits.map((planned) => planned.edit),
      why: plan.edits.map((planned) => planned.why),
      options: planOptionsJson(request),
    });
  } catch (error) {
    session.close();
    throw error;
  }
}

export interface ApplyRequest extends SessionOptions {
  readonly volumes: readonly string[];
  readonly plan: Plan;
  readonly note?: string;
  readonly tool: Tool;
  readonly view: ViewOptions;
}

/**
 * Prepares exactly the edits of a saved plan.
 * @throws RefusedError CHANGED_ON_DISK for a target whose hash is not the plan's, WRONG_MACHINE for another computer.
 */
export function prepareApply(host: Host, request: ApplyRequest): Prepared {
  const session = Session.overVolumes(host, request.volumes, request);
  try {
    const view = machineView(session, request.view);
    const machine = machineOf(session, view);
    if (request.plan.machine?.computerName) expectMachine(machine, request.plan.machine.computerName);
    const wanted = new Set(request.plan.edits.flatMap((edit) => ('key' in edit ? [edit.key.hive] : [])));
    for (const name of wanted) session.load(name);
    refuseChanged(request.plan.targets, session.targets());
    const changes = session.apply(request.plan.edits);
    const gate = session.verify();
    return new PreparedCommit(session, {
      command: 'apply',
      tool: request.tool,
      ...(request.note === undefined ? {} : { note: request.note }),
      machine,
      outcomes: [{ name: 'plan', controlSet: null, state: 'planned', changes }],
      findings: [
        ...session.loadFindings(),
        ...(wanted.has('BCD') && view.bcd ? bitLockerFindings(view, view.bcd, 'plan') : []),
        ...gate,
      ],
      skipped: [],
      isWhole: true,
      edits: request.plan.edits,
      why: request.plan.why,
      options: request.plan.options,
    });
  } catch (error) {
    session.close();
    throw error;
  }
}

function refuseChanged(planned: readonly Target[], found: readonly Target[]): void {
  for (const target of planned) {
    if (target.kind !== 'hive' || target.sha256Before === null) continue;
    const now = found.find((candidate) => candidate.hive === target.hive);
    if (now && now.sha256Before === target.sha256Before && !isRecoveredAlike(now, target)) {
      throw new RefusedError(
        'CHANGED_ON_DISK',
        `the logs of ${now.path} have changed since the plan was made: ${now.logEntriesApplied} of their entries are replayed now, expected ${target.logEntriesApplied}`,
        { hint: 'make a new plan with hivemend repair --plan' },
      );
    }
    if (now && now.sha256Before !== target.sha256Before) {
      throw new RefusedError(
        'CHANGED_ON_DISK',
        `${now.path} has changed since the plan was made: its sha256 is ${now.sha256Before}, expected ${target.sha256Before}`,
        { hint: 'make a new plan with hivemend repair --plan' },
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
    for (const [controlSet, edits] of byControlSet(mine)) {
      outcomes.push({ name: part.name, controlSet, state: 'planned', changes: session.apply(edits) });
    }
  }
  return outcomes;
}

function byControlSet(planned: readonly PlannedEdit[]): Map<string | null, Edit[]> {
  const groups = new Map<string | null, Edit[]>();
  for (const { controlSet, edit } of planned) {
    const group = groups.get(controlSet);
    if (group) group.push(edit);
    else groups.set(controlSet, [edit]);
  }
  return groups;
}

/** A SYSTEM hive without a control set boots no Windows: what else is on the disk is not mended around it. */
function refuseWithoutControlSets(session: Session, machine: Machine): void {
  if (machine.controlSets.length > 0) return;
  const { path } = session.load('SYSTEM');
  throw new RefusedError(
    'DAMAGED_HIVE',
    `${path} has no control set, so it is no SYSTEM hive that Windows can start with`,
    {
      hint: `hivemend inspect --validate ${path}`,
    },
  );
}

/** The article's two listings, where the plan changes descriptors of the machine keys. */
function listingsOf(view: MachineView, request: RepairRequest, plan: RepairPlan): PermissionListings | null {
  const edits = plan.parts.find((part) => part.name === machineKeys.name)?.edits ?? [];
  const planned = edits.filter((edit) => plan.edits.includes(edit));
  return planned.length === 0 ? null : permissionListings(view, request.plan, planned);
}

function planOptionsJson(request: RepairRequest): Readonly<Record<string, unknown>> {
  const { profile, ...rest } = request.plan;
  return { ...rest, profile: profile.name, controlSets: request.controlSets, create: request.create };
}

/** What a prepared commit reports beside what the session knows. */
export interface CommitStory {
  readonly command: string;
  readonly tool: Tool;
  readonly note?: string;
  readonly machine: Machine | null;
  readonly outcomes: readonly RepairOutcome[];
  readonly findings: readonly Finding[];
  readonly skipped: Report['skipped'];
  readonly permissions?: PermissionListings;
  /** Nothing was left out and no cause is left. */
  readonly isWhole: boolean;
  readonly edits: readonly Edit[];
  readonly why: readonly string[];
  readonly options: Readonly<Record<string, unknown>>;
}

/** A session whose edits are applied and verified, with what is to be said of them; used by every writing command. */
export class PreparedCommit implements Prepared {
  private readonly session: Session;
  private readonly story: CommitStory;
  private readonly startedAt: string;

  constructor(session: Session, story: CommitStory) {
    this.session = session;
    this.story = story;
    this.startedAt = filetimeToIso(session.host.now()) ?? '';
  }

  get machine(): Machine | null {
    return this.story.machine;
  }

  get changes(): readonly Change[] {
    return this.session.changes;
  }

  get saved(): Plan {
    const { tool, machine, options, edits, why } = this.story;
    return { schema: 1, tool, machine, options, targets: this.session.targets(), edits, why };
  }

  get dryReport(): Report {
    return this.report(null, true);
  }

  refuse(): void {
    this.session.refuseUnfinished();
    this.session.refuseUnwritable();
  }

  commit(): Report {
    if (this.changes.length === 0) return this.report(null, false);
    const result = this.session.commit((id) => ({
      readme: journalReadme({ id, startedAt: this.startedAt, tool: this.story.tool, where: this.where() }),
      afterBoot: revertLines(this.changes).join('\r\n'),
      report: (outcome) => `${JSON.stringify(this.report(outcome, false), null, 2)}\n`,
    }));
    const report = this.report(result, false);
    return { ...report, findings: [...report.findings, ...result.findings] };
  }

  [Symbol.dispose](): void {
    this.session.close();
  }

  private where(): string {
    return this.session.found?.volume ?? this.session.targets()[0]?.path ?? '';
  }

  private report(result: CommitResult | null, dryRun: boolean): Report {
    const { story } = this;
    const state = result ? 'applied' : 'planned';
    const status: ReportStatus = this.changes.length === 0 ? 'unchanged' : !dryRun && !story.isWhole ? 'partly' : 'ok';
    return {
      schema: 1,
      tool: story.tool,
      command: story.command,
      startedAt: this.startedAt,
      dryRun,
      ...(story.note === undefined ? {} : { note: story.note }),
      status,
      machine: story.machine,
      targets: this.session.targets().map((target) => withOutcome(target, result)),
      repairs: story.outcomes.map((outcome) => ({
        ...outcome,
        state: outcome.changes.length === 0 ? 'already' : state,
      })),
      changes: this.changes,
      findings: story.findings,
      skipped: story.skipped,
      next: [],
      ...(story.permissions === undefined ? {} : { permissions: story.permissions }),
      undo: result?.journal ? { id: result.id, journal: result.journal, command: this.undoCommand(result.id) } : null,
      error: null,
    };
  }

  private undoCommand(id: string): string {
    const { stateDir } = this.session.options;
    const place = this.session.found
      ? this.session.volumes.map((volume) => quoted(volume.root)).join(' ')
      : quoted(this.where());
    return `hivemend undo ${place} ${id}${stateDir === undefined ? '' : ` --state-dir ${quoted(stateDir)}`}`;
  }
}

function withOutcome(target: Target, result: CommitResult | null): Target {
  const outcome = result?.targets.find((candidate) => candidate.path === target.path);
  if (!outcome) return target;
  return {
    ...target,
    sha256Before: outcome.sha256Before,
    sha256After: outcome.sha256After,
    pagesChanged: outcome.pagesChanged,
    bytesChanged: outcome.bytesChanged,
  };
}

function quoted(text: string): string {
  return /^[\w./:\\-]+$/.test(text) ? text : `"${text}"`;
}
