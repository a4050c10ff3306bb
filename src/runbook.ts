// Repair scripts for programs: judged by the linter, or run against a disk in memory and then committed.

import type { Finding } from './base/finding.ts';
import { DiskPlan } from './commands/open-disk.ts';
import { type Host, thisHost } from './host.ts';
import { lintRunbook } from './runbook/lint/linter.ts';
import type { RunRequest } from './runbook/run/request.ts';
import { type PreparedRun, prepareRun } from './runbook/run/run.ts';

export * from './base/errors.ts';
export type { Finding, Where } from './base/finding.ts';
export type { DiskPlan } from './commands/open-disk.ts';
export type { Report } from './report.ts';
export { lintRunbook } from './runbook/lint/linter.ts';
export { RULES as LINT_RULES, ruleNamed } from './runbook/lint/rules.ts';
export type { LineResult, Tally } from './runbook/run/lines.ts';
export { type PreparedRun, prepareRun } from './runbook/run/run.ts';

/** A script: its name, whose ending says what it is (.cmd, .ps1, .md), and what is in it. */
export interface Script {
  readonly name: string;
  readonly content: string | Uint8Array;
}

/** How a script is run; each as the option of `hivemend run` that it is named after. */
export interface ScriptOptions
  extends Partial<Omit<RunRequest, 'name' | 'bytes' | 'drives' | 'volumes' | 'given' | 'besides' | 'isReading'>> {
  /** The volume behind each letter: `{ F: '/mnt/windows' }`. */
  readonly drives?: Readonly<Record<string, string>>;
  /** Volumes without a letter. */
  readonly volumes?: readonly string[];
  /** What the script's placeholders stand for, by name. */
  readonly set?: Readonly<Record<string, string>>;
  readonly host?: Host;
}

/** What came of each line, and the plan of the whole, which is committed or closed. */
export interface ScriptRun extends Pick<PreparedRun, 'lines' | 'tally' | 'isWhole' | 'listings' | 'refusal'> {
  /** Its `commit` throws `refusal` where there is one. */
  readonly plan: DiskPlan;
}

/** What is wrong with a script; needs no disk. */
export function lint(script: Script): readonly Finding[] {
  return lintRunbook(script.name, bytesOf(script));
}

/**
 * Runs a script in memory: one plan, one commit, one undo. Nothing is written.
 * @throws UsageError BAD_ARGUMENT where no disk is named; as openDisk; RefusedError AMBIGUOUS, LIMIT
 */
export function runScript(script: Script, options: ScriptOptions = {}): ScriptRun {
  const { host = thisHost(), drives = {}, volumes = [], set = {}, ...rest } = options;
  const ready = prepareRun(host, {
    partitions: [],
    sections: [],
    blocks: [],
    withLiveBlocks: false,
    isVerbatim: false,
    isCmdExpansion: false,
    isStrict: false,
    skipUnresolved: false,
    ...rest,
    name: script.name,
    bytes: bytesOf(script),
    drives: Object.entries(drives).map(([letter, folder]) => `${letter}=${folder}`),
    volumes,
    given: Object.entries(set).map(([name, text]) => `${name}=${text}`),
  });
  const { lines, tally, isWhole, listings, refusal } = ready;
  return { lines, tally, isWhole, listings, refusal, plan: new DiskPlan(refusing(ready)) };
}

const bytesOf = ({ content }: Script): Uint8Array =>
  typeof content === 'string' ? new TextEncoder().encode(content) : content;

/** What a run refuses is refused before the disk is asked. */
function refusing({ prepared, refusal }: PreparedRun): ConstructorParameters<typeof DiskPlan>[0] {
  if (refusal === null) return prepared;
  const refuse = (): never => {
    throw refusal;
  };
  return {
    machine: prepared.machine,
    hasChanges: prepared.hasChanges,
    changes: prepared.changes,
    saved: prepared.saved,
    dryReport: prepared.dryReport,
    whyRefused: () => refusal,
    commit: refuse,
    [Symbol.dispose]: () => prepared[Symbol.dispose](),
  };
}
