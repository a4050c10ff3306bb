// run: a repair script as it is published.

import { UsageError } from '../../base/errors.ts';
import type { Host } from '../../host.ts';
import { runPlanText, runResultText } from '../../render/run.ts';
import type { Plan, Report } from '../../report.ts';
import type { RunRequest } from '../../runbook/run/request.ts';
import { type PreparedRun, prepareRun } from '../../runbook/run/run.ts';
import { type CommitTexts, confirmAndCommit, refuseReadOnly, savePlan } from '../ask.ts';
import { sessionOptions, type WritingOptions } from '../options.ts';
import { makeFoldersOf, refuseOnVolume, writeOutputFile } from '../output.ts';
import type { CliResult } from '../print.ts';
import { type CliContext, readScript, styleOf } from '../terminal.ts';

/** As commander gives them. */
interface RunOptions extends WritingOptions {
  readonly drive?: string[];
  readonly volume?: string[];
  readonly windows?: string;
  readonly partition?: string[];
  readonly section?: string[];
  readonly block?: string[];
  readonly liveBlocks?: boolean;
  readonly verbatim?: boolean;
  readonly cmdExpansion?: boolean;
  readonly strict?: boolean;
  readonly skipUnresolved?: boolean;
  readonly allUsers?: boolean;
  readonly allowDelete?: boolean;
  readonly allowElsewhere?: boolean;
  readonly set?: string[];
  readonly out?: string;
  readonly plan?: string;
  readonly force?: boolean;
}

export function run(context: CliContext, words: readonly string[], options: RunOptions): CliResult {
  refuseReadOnly(context.terminal, options);
  const [name = '-'] = words;
  const ready = prepareRun(context.host, runRequest(context, name, options));
  try {
    const result = commitRun(context, ready, options);
    const { steps, lines, tally, listings } = ready;
    return { ...result, data: { steps, lines, tally, listings: [...listings.keys()] } };
  } finally {
    ready.prepared[Symbol.dispose]();
  }
}

function commitRun(context: CliContext, ready: PreparedRun, options: RunOptions): CliResult {
  const { prepared, volumes, refusal } = ready;
  const texts: CommitTexts = {
    plan: (report, style) => runPlanText(ready, report, style),
    result: (report, style) => runResultText(ready, report, style),
  };
  const dryText = (): string => texts.plan(prepared.dryReport, styleOf(context.terminal, options));
  const { plan } = options;
  if (refusal) {
    if (!options.dryRun) {
      context.terminal.stderr(dryText());
      throw refusal;
    }
    const { exitCode } = refusal;
    const report: Report = { ...prepared.dryReport, status: 'blocked', exitCode, error: refusal.toJSON() };
    const stdout = texts.plan(report, styleOf(context.terminal, options));
    return { exitCode, stdout, stderr: '', report, volumes };
  }
  if (plan !== undefined && !options.dryRun) {
    refuseOtherVolumes(prepared.saved);
    return savePlan(context, prepared, volumes, { ...options, plan }, dryText());
  }
  const result = confirmAndCommit(context, prepared, volumes, options, texts);
  if (!options.dryRun && result.report.error === null) writeListings(context.host, ready, options);
  // A run of which a part is left is no whole one, also where nothing was written.
  if (ready.isWhole || result.report.error !== null) return result;
  const report: Report = { ...result.report, status: 'partly', exitCode: 1 };
  return { ...result, report, exitCode: 1 };
}

const PLANNED_HIVES = new Set(['SYSTEM', 'SOFTWARE', 'SAM', 'SECURITY', 'DEFAULT', 'COMPONENTS', 'BCD']);

/** `apply` is given volumes and no letters: a plan names what it finds by them alone. */
function refuseOtherVolumes({ edits }: Plan): void {
  const other = edits.find((edit) =>
    'key' in edit ? !PLANNED_HIVES.has(edit.key.hive) : /^[A-Za-z]:/.test(edit.path),
  );
  if (!other) return;
  const what = 'key' in other ? other.key.hive : other.path;
  throw new UsageError(
    'BAD_ARGUMENT',
    `${what} is found by this script's own names, which a saved plan does not carry`,
    {
      hint: 'run the script itself: --dry-run shows what it would do',
    },
  );
}

/** Listings go below --out, over those of an earlier run. */
function writeListings(host: Host, ready: PreparedRun, options: RunOptions): void {
  if (ready.listings.size === 0) return;
  const out = options.out ?? './hivemend-out';
  refuseOnVolume(host.fs, out, ready.volumes);
  for (const [name, bytes] of ready.listings) {
    const path = [out, ...name.split('\\')].join('/');
    makeFoldersOf(host, path);
    writeOutputFile(host, path, bytes, { force: true, volumes: ready.volumes });
  }
}

function runRequest(context: CliContext, name: string, options: RunOptions): RunRequest {
  return {
    name,
    bytes: readScript(context, name),
    drives: options.drive ?? [],
    volumes: options.volume ?? [],
    partitions: options.partition ?? [],
    sections: options.section ?? [],
    blocks: (options.block ?? []).map(blockNumber),
    withLiveBlocks: options.liveBlocks === true,
    isVerbatim: options.verbatim === true,
    isCmdExpansion: options.cmdExpansion === true,
    isStrict: options.strict === true,
    skipUnresolved: options.skipUnresolved === true,
    allUsers: options.allUsers === true,
    allowDelete: options.allowDelete === true,
    allowElsewhere: options.allowElsewhere === true,
    given: options.set ?? [],
    ...(options.note === undefined ? {} : { note: options.note }),
    ...sessionOptions(options),
  };
}

function blockNumber(text: string): number {
  if (/^\d+$/.test(text)) return Number(text);
  throw new UsageError('BAD_ARGUMENT', `--block ${text} is not a number, expected the number of a code block`);
}
