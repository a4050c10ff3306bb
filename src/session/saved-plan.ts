// What hivemend wrote as JSON and reads again: saved plans, and the reports in journals. Either may have been changed, or
// made up, by anybody.

import { UsageError } from '../base/errors.ts';
import type { Change } from '../registry/edit.ts';
import { fieldsOf, isChange, isEdit, isText } from '../registry/edit-reader.ts';
import type { Machine, Plan, Target } from '../report.ts';

const isTextOrNull = (value: unknown): boolean => value === null || isText(value);

function isTarget(value: unknown): value is Target {
  const fields = fieldsOf(value);
  if (!fields || !['hive', 'file', 'descriptor'].includes(String(fields.kind))) return false;
  return isText(fields.path) && isTextOrNull(fields.sha256Before) && (fields.hive === undefined || isText(fields.hive));
}

const MACHINE_TEXTS = ['device', 'computerName', 'domain', 'product', 'ntVersion', 'build', 'machineGuid', 'firmware'];

function isMachine(value: unknown): value is Machine {
  const fields = fieldsOf(value);
  if (!fields || !isText(fields.windowsFolder) || !isText(fields.volume)) return false;
  if (!MACHINE_TEXTS.every((name) => isTextOrNull(fields[name]))) return false;
  const shutdown = fieldsOf(fields.lastShutdown);
  if (fields.lastShutdown !== null && !(shutdown && isTextOrNull(shutdown.iso) && isText(shutdown.filetime)))
    return false;
  return Array.isArray(fields.controlSets) && fields.controlSets.every((set) => isText(fieldsOf(set)?.name));
}

/** Reads a saved plan. @throws UsageError BAD_SYNTAX (no JSON), BAD_VALUE (what is wrong in it). */
export function parsePlan(text: string, file: string): Plan {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw new UsageError('BAD_SYNTAX', `${file} is not JSON, expected a plan that hivemend repair --plan wrote`, {
      cause,
    });
  }
  return readPlan(value, file);
}

/** As parsePlan, of the JSON's value. @throws UsageError BAD_VALUE */
export function readPlan(value: unknown, file: string): Plan {
  const plan = fieldsOf(value);
  if (plan?.schema === 1) {
    const by = fieldsOf(plan.tool)?.version;
    throw new UsageError(
      'BAD_VALUE',
      `${file} is a plan of schema 1, which version ${isText(by) ? by : '0.1.0'} wrote; this version applies schema 2`,
      { hint: 'Make a new plan:\n  hivemend repair <volume> --plan new-plan.json' },
    );
  }
  if (plan?.schema !== 2 || !Array.isArray(plan.edits) || !Array.isArray(plan.targets)) {
    throw new UsageError('BAD_VALUE', `${file} is not a plan of schema 2, expected edits and targets`);
  }
  const fail = (what: string, expected: string): never => {
    throw new UsageError('BAD_VALUE', `${what} in the plan ${file} is not ${expected}`);
  };
  const { edits, targets, why } = plan;
  const wrongEdit = edits.findIndex((edit) => !isEdit(edit));
  if (wrongEdit >= 0) fail(`edits[${wrongEdit}]`, 'an edit with all that its operation needs');
  const wrongTarget = targets.findIndex((target) => !isTarget(target));
  if (wrongTarget >= 0) fail(`targets[${wrongTarget}]`, 'a target with its kind, path and sha256Before');
  if (plan.machine !== null && !isMachine(plan.machine)) fail('machine', 'a machine or null');
  if (fieldsOf(plan.options) === null) fail('options', 'an object');
  if (!Array.isArray(why) || why.length !== edits.length || !why.every(isText)) fail('why', 'one sentence an edit');
  const { steps } = plan;
  if (!Array.isArray(steps) || steps.length !== edits.length || !steps.every(isStep)) fail('steps', 'one step an edit');
  if (!Array.isArray(plan.findings) || fieldsOf(plan.summary) === null) fail('findings', 'a list beside a summary');
  return value as Plan;
}

/** What is shown of a step is made anew from its edit: only what groups it is read. */
function isStep(value: unknown): boolean {
  const step = fieldsOf(value);
  return step !== null && ['repair', 'controlSet', 'fixes'].every((name) => isTextOrNull(step[name]));
}

/** What `undo --values` needs of the report of a commit. */
export interface RecordedReport {
  /** What made the commit: an undo's own commit is not undone unasked. */
  readonly command: string;
  readonly machine: Machine | null;
  readonly targets: readonly Target[];
  readonly changes: readonly Change[];
}

/** Reads a journal's report; null where it is not one. */
export function parseRecordedReport(text: string): RecordedReport | null {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return null;
  }
  const report = fieldsOf(value);
  if (!report || !Array.isArray(report.changes) || !report.changes.every(isChange)) return null;
  if (!Array.isArray(report.targets) || !report.targets.every(isTarget)) return null;
  const { machine, targets, changes } = report;
  const command = isText(report.command) ? report.command : '';
  return machine === null || isMachine(machine) ? { command, machine, targets, changes } : null;
}
