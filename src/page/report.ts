// The diagnosis of the page as the report of `hivemend diagnose`, so that it is told in the same words.

import { filetimeToIso } from '../base/time.ts';
import type { HivesDiagnosis } from '../hive.ts';
import type { DiagnoseReport } from '../repairs/diagnose.ts';
import { shownEdits } from '../repairs/plan.ts';
import { exitCodeOf, TOOL } from '../report.ts';
import type { OpenedHive } from './files.ts';

export function diagnosisReport(found: HivesDiagnosis, opened: readonly OpenedHive[]): DiagnoseReport {
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
    targets: opened.map(({ title, hive }) => ({
      kind: 'hive',
      path: title,
      hive: hive.name,
      sha256Before: null,
      sha256After: null,
      view: hive.view,
    })),
    repairs: plan.parts.map(({ name, edits }) => ({
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
