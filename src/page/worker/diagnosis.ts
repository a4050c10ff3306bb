// The diagnosis of the hives that are open, and the plan of the repair as its table: the report of `hivemend diagnose`, so
// that it is told in the same words.

import { filetimeToIso } from '../../base/time.ts';
import {
  type Change,
  diagnoseHives,
  type HiveEdit,
  type HiveFile,
  HivemendError,
  type HivesDiagnosis,
  previewEdits,
} from '../../hive.ts';
import { diagnoseSummary } from '../../render/diagnosis.ts';
import { htmlReport } from '../../render/html.ts';
import { checkWord } from '../../render/machine.ts';
import { planRows } from '../../render/plan-table.ts';
import { fixHeading, riskSentences, securityLines } from '../../render/repair-text.ts';
import type { DiagnoseReport } from '../../repairs/diagnose.ts';
import { shownEdits } from '../../repairs/plan.ts';
import { exitCodeOf, type RepairOutcome, type SummaryCause, TOOL } from '../../report.ts';
import type { CauseShown, DiagnosisShown, PlanShown } from './calls.ts';
import { HIVES } from './hives.ts';

const PLAIN = { colour: false } as const;

/** Null without a SYSTEM. @throws as diagnoseHives */
export function diagnosis(): DiagnosisShown | null {
  const found = diagnosed();
  if (found === null) return null;
  const report = reportOf(found, []);
  const { causes, warnings, notChecked } = found.summary;
  return {
    headline: diagnoseSummary(report),
    causes: causes.map(causeShown),
    warnings: warnings.map(causeShown),
    notChecked: notChecked.map(({ check, why }) => ({ word: checkWord(check), why })),
    plan: planShown(found),
  };
}

const causeShown = ({ check, code, text, repair }: SummaryCause): CauseShown => ({
  word: checkWord(check),
  code,
  text,
  repair,
});

/** The HTML report. */
export function report(): string {
  const found = diagnosed();
  return found === null ? '' : htmlReport(reportOf(found, []));
}

const named = (name: string): HiveFile | undefined => [...HIVES.values()].find(({ hive }) => hive.name === name)?.hive;

function diagnosed(): HivesDiagnosis | null {
  const system = named('SYSTEM');
  return system ? diagnoseHives({ system, software: named('SOFTWARE'), bcd: named('BCD') }) : null;
}

function planShown(found: HivesDiagnosis): PlanShown {
  const { plan } = found;
  const editsOf = (edits: typeof plan.edits): HiveEdit[] =>
    edits.flatMap(({ edit }) => ('key' in edit && named(edit.key.hive) ? [edit as HiveEdit] : []));
  const allEdits = editsOf(plan.edits);
  const neededEdits = editsOf([...plan.fixes, ...plan.requested]);
  let problem: string | null = null;
  let outcomes: readonly RepairOutcome[] = [];
  try {
    outcomes = outcomesOf(found, allEdits);
  } catch (error) {
    if (!(error instanceof HivemendError)) throw error;
    problem = error.message;
  }
  const shown = reportOf(found, outcomes);
  return {
    problem,
    fixHeading: sentenceCase(fixHeading(shown)),
    ...planRows(shown),
    skipped: plan.skipped.map(({ what, why }) => `${what}: ${why}`),
    security: securityLines(PLAIN, plan.findings).map(String),
    risks: riskSentences(shown),
    neededEdits,
    allEdits,
  };
}

/** A heading of the terminal as one of the page. */
const sentenceCase = (heading: string): string => heading.slice(0, 1) + heading.slice(1).toLowerCase();

/** What the edits would change, by repair and control set. A key that is made on the way belongs to what needs it. */
function outcomesOf({ plan }: HivesDiagnosis, edits: readonly HiveEdit[]): RepairOutcome[] {
  const planned = new Map(
    plan.parts.flatMap((part) => part.edits.map((one) => [one.edit, { ...one, repair: part.name }] as const)),
  );
  const groups = new Map<string, RepairOutcome & { readonly changes: Change[]; readonly fixes: (string | null)[] }>();
  for (const name of new Set(edits.map(({ key }) => key.hive))) {
    const mine = edits.filter(({ key }) => key.hive === name);
    let onTheWay: Change[] = [];
    for (const change of previewEdits(named(name)!, mine)) {
      onTheWay.push(change);
      const of = planned.get(change.edit);
      if (!of) continue;
      const id = `${of.repair}\n${of.controlSet}`;
      const group = groups.get(id) ?? {
        name: of.repair,
        controlSet: of.controlSet,
        state: 'planned' as const,
        changes: [],
        fixes: [],
      };
      groups.set(id, group);
      for (const one of onTheWay) {
        group.changes.push(one);
        group.fixes.push(one === change ? of.fixes : null);
      }
      onTheWay = [];
    }
  }
  return [...groups.values()];
}

function reportOf(found: HivesDiagnosis, outcomes: readonly RepairOutcome[]): DiagnoseReport {
  const { plan, summary, machine } = found;
  const status = summary.state === 'clear' ? 'ok' : 'findings';
  return {
    schema: 2,
    tool: TOOL,
    command: 'diagnose',
    startedAt: filetimeToIso(found.now) ?? '',
    dryRun: true,
    status,
    exitCode: exitCodeOf(status),
    summary,
    machine: {
      windowsFolder: '',
      volume: '',
      device: null,
      ...machine,
      lastShutdown:
        machine.lastShutdown === null
          ? null
          : { iso: filetimeToIso(machine.lastShutdown), filetime: String(machine.lastShutdown) },
    },
    targets: [...HIVES.values()].map(({ title, hive }) => ({
      kind: 'hive',
      path: title,
      hive: hive.name,
      sha256Before: null,
      sha256After: null,
      view: hive.view,
    })),
    repairs:
      outcomes.length > 0
        ? outcomes
        : plan.parts.map(({ name, edits }) => ({
            name,
            controlSet: null,
            state: edits.length > 0 ? 'planned' : 'already',
            changes: [],
          })),
    changes: [],
    findings: [...found.findings, ...plan.findings],
    skipped: plan.skipped,
    next: [],
    undo: null,
    error: null,
    checks: found.verdicts,
    plan: {
      profile: plan.profile,
      fixes: shownEdits(plan, 'fixes'),
      requested: shownEdits(plan, 'requested'),
      besides: shownEdits(plan, 'besides'),
    },
  };
}
