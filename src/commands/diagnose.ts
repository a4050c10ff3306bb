// diagnose: why RDP fails on this disk, link by link, and the very plan that repair with the same options commits.

import type { Finding } from '../base/finding.ts';
import type { PathStyle } from '../base/host-path.ts';
import { commandLine } from '../base/quote.ts';
import { capital } from '../base/text.ts';
import { filetimeToIso } from '../base/time.ts';
import type { Host } from '../host.ts';
import { ALL_TARGETS } from '../repairs/checks/target.ts';
import type { Diagnosed, DiagnoseReport } from '../repairs/diagnose.ts';
import { diagnoseMachine, type MachineDiagnosis } from '../repairs/diagnose.ts';
import { REPAIRS } from '../repairs/fixes/index.ts';
import { DEFAULT_OPTIONS, type PlannedEdit } from '../repairs/model.ts';
import { shownEdits } from '../repairs/plan.ts';
import { DEFAULT_PROFILE } from '../repairs/profiles.ts';
import { isElementKey } from '../repairs/revert/change-text.ts';
import type { StopCode } from '../repairs/start/stop-codes.ts';
import { type Symptom, stopsStart } from '../repairs/summary.ts';
import type { MachineView } from '../repairs/view.ts';
import { exitCodeOf, type Report, TOOL } from '../report.ts';
import { refusedHive, whyBlocked } from '../session/blocked.ts';
import { NO_STORE, storeVolume } from '../session/boot-store.ts';
import { expectMachine, machineOf, startView } from '../session/machine-view.ts';
import { Session } from '../session/session.ts';
import type { RepairRequest } from './repair.ts';

export interface DiagnoseRequest extends RepairRequest {
  /** What the summary answers, and what counts; left out: all. */
  readonly symptom?: Symptom;
  /** The code on the screen, whose causes come first. */
  readonly stop?: StopCode | null;
}

/** The refusal of a repair names more, where there are more. */
const SHOWN_WAYS = 2;

/** Locates, loads and judges; writes nothing. Status 'findings' (exit 1) unless every check ran and found no cause. */
export function diagnose(host: Host, request: DiagnoseRequest): Diagnosed {
  using session = Session.overVolumes(host, request.volumes, { ...request, withLocked: true });
  const seen = startView(session, request);
  const machine = session.locked ? null : machineOf(session, seen);
  if (request.expect !== undefined) expectMachine(machine, request.expect);
  const { view, diagnosis } = diagnosisOf(session, request, seen);
  const refused = refusedHive(view, diagnosis);
  const plan = refused === null ? diagnosis.plan : null;
  const loading = session
    .loadFindings()
    .filter(
      (finding) =>
        !diagnosis.findings.some((other) => other.code === finding.code && other.where.file === finding.where.file),
    );
  const planned = (plan?.findings ?? []).filter(
    (finding) => !diagnosis.findings.some((other) => isSame(other, finding)),
  );
  const blocked = whyBlocked(session, view, diagnosis, refused);
  const isLayered = view.hives.some((one) => one.hive === refused && one.isLayered === true);
  // Nothing here edits a layer, so no repair is promised for what is wrong in it.
  const causes = diagnosis.summary.causes.map((cause) => (isLayered ? { ...cause, repair: null } : cause));
  const summary = { ...diagnosis.summary, causes, repairBlocked: blocked?.why ?? null };
  const status = summary.state === 'clear' ? ('ok' as const) : ('findings' as const);
  const head = {
    schema: 2 as const,
    tool: TOOL,
    command: 'diagnose',
    startedAt: filetimeToIso(host.now()) ?? '',
    dryRun: true,
    ...(request.note === undefined ? {} : { note: request.note }),
    status,
    exitCode: exitCodeOf(status),
    summary,
    machine,
  };
  const shown: Diagnosed['shown'] = {
    ...head,
    repairs: (plan?.parts ?? []).map((part) => ({
      name: part.name,
      controlSet: null,
      state: part.edits.length > 0 ? 'planned' : 'already',
      changes: [],
    })),
    changes: [],
    findings: [...diagnosis.findings, ...loading, ...planned],
    skipped: plan?.skipped ?? [],
    next: [
      ...(blocked?.ways ?? []).slice(0, SHOWN_WAYS),
      ...(session.locked ? [] : rebuildSteps(session, view, request)),
      ...(plan ? nextSteps(session, request, diagnosis, blocked !== null) : []),
    ],
    undo: null,
    error: null,
    checks: diagnosis.verdicts,
    plan: {
      profile: diagnosis.plan.profile,
      fixes: shownEdits(plan, 'fixes'),
      requested: shownEdits(plan, 'requested'),
      besides: shownEdits(plan, 'besides'),
    },
  };
  const targets = session.targetsLater();
  let report: DiagnoseReport | null = null;
  return {
    status: shown.status,
    shown,
    get report() {
      // Members in the order of every report.
      report ??= { ...head, targets: targets(), ...shown };
      return report;
    },
  };
}

/** Damage shows while keys are read; then all is judged once more by the reader that took over. */
function diagnosisOf(
  session: Session,
  request: DiagnoseRequest,
  seen: MachineView,
): { readonly view: MachineView; readonly diagnosis: MachineDiagnosis } {
  const damaged = (hives: MachineView['hives']): number =>
    hives.reduce((sum, { damage = [] }) => sum + damage.length, 0);
  const diagnosis = diagnoseMachine(seen, request.plan, request.symptom, request.stop);
  if (damaged(session.conditions()) === damaged(seen.hives)) return { view: seen, diagnosis };
  const view = startView(session, request);
  return { view, diagnosis: diagnoseMachine(view, request.plan, request.symptom, request.stop) };
}

/** `a` may stand for several control sets. */
function isSame(a: Finding, b: Finding): boolean {
  const isForSets = (a.controlSets?.length ?? 0) > 1;
  const key = ({ where }: Finding): string | undefined =>
    isForSets ? where.key?.replace(/\\ControlSet\d{3}/i, '\\{CS}') : where.key;
  return a.code === b.code && a.where.file === b.where.file && key(a) === key(b);
}

/** The options that make repair plan the same, as they are typed; the profile's own presets are not repeated. */
function optionText(request: RepairRequest, style: PathStyle): string {
  const { plan, controlSets, create } = request;
  const { profile, only, skip } = plan;
  const digits = (number: number): string => String(number).padStart(3, '0');
  const preset = { ...DEFAULT_OPTIONS, ...profile.options };
  const words = [
    ...(profile.name === DEFAULT_PROFILE ? [] : [`--profile ${shellWord(request.profileFile ?? profile.name, style)}`]),
    ...(only === null ? [] : [`--only ${only.join(',')}`]),
    ...(skip.length === 0 ? [] : [`--skip ${skip.join(',')}`]),
    ...(plan.needed ? ['--needed'] : []),
    ...(plan.asPublished && !preset.asPublished ? ['--as-published'] : []),
    ...(plan.tls === null || plan.tls === preset.tls ? [] : [`--tls ${plan.tls.join(',')}`]),
    ...(plan.serial === preset.serial ? [] : [`--serial ${plan.serial}`]),
    ...(plan.port === null || plan.port === preset.port ? [] : [`--port ${plan.port}`]),
    ...(plan.disableFirewall && !preset.disableFirewall ? ['--disable-firewall'] : []),
    ...(plan.allKeys && !preset.allKeys ? ['--all-keys'] : []),
    ...(plan.allLoaders && !preset.allLoaders ? ['--all-loaders'] : []),
    ...(plan.target === undefined || plan.target === ALL_TARGETS ? [] : [`--target ${plan.target}`]),
    ...(request.loader === undefined ? [] : [`--fix-default ${shellWord(request.loader, style)}`]),
    ...(request.driverFolder === undefined ? [] : [`--drivers ${shellWord(request.driverFolder, style)}`]),
    ...(request.firmware === undefined ? [] : [`--firmware ${request.firmware}`]),
    ...(controlSets === 'existing'
      ? []
      : [`--control-sets ${controlSets === 'current' ? controlSets : controlSets.map(digits).join(',')}`]),
    ...(create.length === 0 ? [] : [`--create ${create.map(digits).join(',')}`]),
    ...(request.windows === undefined ? [] : [`--windows ${shellWord(request.windows, style)}`]),
  ];
  return words.map((word) => ` ${word}`).join('');
}

const shellWord = (text: string, style: PathStyle): string => commandLine([text], style);

/** Of each hive that Windows cannot load or read whole: what a rebuild would make of it, and what is wrong with it. */
function rebuildSteps(session: Session, view: MachineView, { volumes }: RepairRequest): StepList {
  const { hives, unread = [], boot } = view;
  const { style } = session.host;
  const places = volumes.flatMap((volume) => ['--volume', volume]);
  const isBad = ({ isUsable, damage = [], isLayered }: MachineView['hives'][number]): boolean =>
    isLayered !== true && (!isUsable || damage.length > 0);
  const stores = (boot?.stores ?? []).filter(({ store, isRefused }) => store === null && isRefused !== true);
  const bad = [
    ...hives.filter(isBad),
    ...unread.filter(({ problem }) => problem === 'bad'),
    // Of several it cannot be told by the name which is meant.
    ...(stores.length === 1 ? stores.map(({ file }) => ({ hive: 'BCD', file })) : []),
  ];
  const steps = bad.map(({ hive }) => ({
    why: `See what a rebuild of ${hive} would keep and lose, and which other copies there are:`,
    commands: [commandLine(['hivemend', 'rebuild', hive, ...places, '--dry-run'], style)],
  }));
  const [first] = bad;
  if (first === undefined) return steps;
  const validate = commandLine(['hivemend', 'inspect', '--validate', first.file], style);
  return [...steps, { why: `List what is damaged in ${first.hive}:`, commands: [validate] }];
}

function nextSteps(
  session: Session,
  request: RepairRequest,
  diagnosis: MachineDiagnosis,
  isBlocked: boolean,
): Report['next'] {
  const volumes = commandLine(request.volumes, session.host.style);
  const { plan } = diagnosis;
  const steps = lookAgain(session, volumes, diagnosis);
  const repair = `hivemend repair ${volumes}${optionText(request, session.host.style)}`;
  const all = shownCount(plan.edits);
  const fixing = shownCount([...plan.fixes, ...plan.requested]);
  const isSplit = !request.plan.needed && fixing > 0 && fixing < all;
  const { boot, others } = besidesPlan(diagnosis);
  if (boot.length > 0) {
    const why = `${isBlocked ? 'Then fix' : 'Fix'} what keeps Windows from starting (asks before writing):`;
    steps.push({ why, commands: [`hivemend repair ${volumes} --only ${boot.join(',')}`] });
  }
  if (fixing > 0) {
    const what = fixedText(diagnosis);
    const why = `${isBlocked ? `Then ${what}` : capital(what)} (${counted(fixing, 'change')}; asks before writing):`;
    steps.push({ why, commands: [isSplit ? `${repair} --needed` : repair] });
  }
  if (isSplit && !isBlocked) {
    const why = `The same and what the repair profile sets besides (${counted(all, 'change')}):`;
    steps.push({ why, commands: [repair] });
  } else if (fixing === 0 && all > 0 && !isBlocked) {
    steps.push({ why: `Optional, what the repair profile sets (${counted(all, 'change')}):`, commands: [repair] });
  }
  if (others.length > 0) {
    const why = 'Fix what was found and is not in this repair profile:';
    steps.push({ why, commands: [`hivemend repair ${volumes} --only ${others.join(',')}`] });
  }
  return steps;
}

/** Repairs that the plan does not run, of faults that it does not fix: those that keep Windows from starting, and the rest. */
function besidesPlan({ plan, findings }: MachineDiagnosis): { readonly boot: string[]; readonly others: string[] } {
  const planned = new Set(plan.fixes.map((edit) => edit.fixes));
  const faults = findings.filter(({ severity, code }) => severity !== 'info' && !planned.has(code));
  const named = (mine: typeof faults): string[] =>
    REPAIRS.map(({ name }) => name).filter((name) => mine.some(({ repair }) => repair === name));
  const boot = named(faults.filter(({ severity, code }) => severity === 'error' && stopsStart(code)));
  return { boot, others: named(faults).filter((name) => !boot.includes(name)) };
}

/** 'fix the 6 causes', 'fix 6 causes and 2 warnings': what the plan fixes, of this symptom and of others. */
function fixedText({ plan, summary, findings }: MachineDiagnosis): string {
  const fixed = new Set<string | null>(plan.fixes.map(({ fixes }) => fixes));
  const count = (all: readonly { readonly code: string }[]): number => all.filter(({ code }) => fixed.has(code)).length;
  const causes = count(summary.causes);
  const warnings = count(summary.warnings);
  const others = count(findings.filter(({ severity }) => severity !== 'info')) - causes - warnings;
  const parts = [
    ...(causes === 0 ? [] : [counted(causes, 'cause')]),
    ...(warnings === 0 ? [] : [counted(warnings, 'warning')]),
    ...(others === 0 ? [] : [`${counted(others, 'fault')} of other symptoms`]),
  ];
  if (parts.length === 0) return 'make the changes that were asked for';
  if (parts.length > 1) return `fix ${parts.slice(0, -1).join(', ')} and ${parts.at(-1)}`;
  return `fix ${others > 0 ? '' : 'the '}${parts[0]!.replace(/^1 (?!fault)/, '')}`;
}

/** The store was not given, and its volume can be told. */
function lookAgain(session: Session, volumes: string, { summary }: MachineDiagnosis): StepList {
  if (!summary.notChecked.some(({ why }) => why === NO_STORE)) return [];
  const place = storeVolume(session);
  if (!place) return [];
  const command = `hivemend diagnose ${volumes} ${shellWord(place.folder, session.host.style)}`;
  return [{ why: 'Look again with the volume of the boot store:', commands: [...place.commands, command] }];
}

type StepList = { readonly why: string; readonly commands: readonly string[] }[];

const shownCount = (edits: readonly PlannedEdit[]): number => edits.filter(({ edit }) => !isElementKey(edit)).length;

const counted = (count: number, one: string): string => `${count} ${one}${count === 1 ? '' : 's'}`;
