// export, import, inspect, diff, recover: files in and out, and what a hive is made of.

import { UsageError } from '../base/errors.ts';
import { isoToFiletime } from '../base/time.ts';
import { diffFiles } from '../commands/diff.ts';
import type { ReadHost } from '../commands/hive-source.ts';
import { importEdits, importNewHive } from '../commands/import.ts';
import { inspectHive, inspectionExitCode, inspectionText } from '../commands/inspect.ts';
import { recoverHive } from '../commands/recover.ts';
import { PreparedCommit } from '../commands/repair.ts';
import {
  type ExportFormat,
  type ExportOptions,
  exportSources,
  exportHives as exportTo,
  type Sink,
} from '../commands/transfer.ts';
import { readWholeFile } from '../disk/read-file.ts';
import { thisHost } from '../host.ts';
import { Session } from '../session.ts';
import type { ExportOutcome } from './export-jobs.ts';
import { openOutput, volumesOf, writeOutputFile } from './output-file.ts';
import { blankReport, type CliResult, findingLines } from './print.ts';
import type { CliContext } from './program.ts';
import { type ProgressLine, progressLine } from './progress.ts';
import { refuseReadOnly, settle } from './rescue.ts';

/** As commander gives them. */
interface ExchangeOptions {
  readonly format?: string;
  readonly output?: string;
  readonly lossless?: boolean;
  readonly prefix?: string;
  readonly raw?: boolean;
  readonly log?: string[];
  readonly since?: string;
  readonly until?: string;
  readonly match?: string;
  readonly depth?: number;
  readonly deleted?: boolean;
  readonly jobs?: number;
  readonly new?: boolean;
  readonly minor?: number;
  readonly codePage?: string;
  readonly validate?: boolean;
  readonly changes?: boolean;
  readonly times?: boolean;
  readonly dryRun?: boolean;
  readonly yes?: boolean;
  readonly acceptDirty?: boolean;
  readonly note?: string;
  readonly stateDir?: string;
  readonly force?: boolean;
  readonly json?: boolean;
}

const { fs } = thisHost();

/** What no output may be written on. */
function diskOf(sources: readonly string[]): string[] {
  return volumesOf(fs, thisHost().style, sources);
}

function readHost(): ReadHost {
  return thisHost();
}

export async function exportHives(
  context: CliContext,
  sources: readonly string[],
  options: ExchangeOptions,
): Promise<CliResult> {
  const { sink, close } = outputSink(context, options, sources);
  const progress = progressLine(context.terminal);
  try {
    const { findings, failed } = await exportWith(options.jobs ?? 1, sources, exportOptions(options, progress), sink);
    progress.clear();
    const report = {
      ...blankReport(context, 'export'),
      status: failed.length > 0 ? ('partly' as const) : ('ok' as const),
      findings,
      skipped: failed,
    };
    const remarks = failed.map(({ what, why }) => `hivemend: ${what}: ${why}\n`);
    return {
      exitCode: failed.length > 0 ? 1 : 0,
      stdout: '',
      stderr: findingLines(findings) + remarks.join(''),
      report,
    };
  } finally {
    close();
  }
}

function exportOptions(options: ExchangeOptions, progress: ProgressLine): ExportOptions {
  return {
    format: (options.format ?? 'jsonl') as ExportFormat,
    ...(options.raw ? { isRaw: true } : {}),
    ...(options.log ? { logs: options.log } : {}),
    ...(options.deleted ? { withDeleted: true } : {}),
    ...(options.lossless ? { isLossless: true } : {}),
    ...(options.prefix === undefined ? {} : { prefix: options.prefix }),
    ...(options.since === undefined ? {} : { since: timeOf('--since', options.since) }),
    ...(options.until === undefined ? {} : { until: timeOf('--until', options.until) }),
    ...(options.match === undefined ? {} : { match: options.match }),
    ...(options.depth === undefined ? {} : { depth: options.depth }),
    // Both kinds of sink write at once.
    isLent: true,
    onHive: (path, index, count) => progress.show(`${index + 1} of ${count}: ${path}`),
  };
}

/** One hive, or one thread, needs no worker; and a single hive that cannot be read is an error of the whole command. */
async function exportWith(
  jobs: number,
  paths: readonly string[],
  options: ExportOptions,
  sink: Sink,
): Promise<ExportOutcome> {
  if (jobs < 1) throw new UsageError('BAD_VALUE', `--jobs ${jobs} reads nothing, expected at least 1`);
  const found = jobs === 1 ? [] : exportSources(readHost(), paths, options);
  if (found.length > 1) {
    const { exportInParallel } = await import('./export-jobs.ts');
    return exportInParallel(found, options, jobs, sink);
  }
  const { findings, errors } = exportTo(readHost(), paths, options, sink);
  return { findings, failed: errors.map(({ source, error }) => ({ what: source, why: error.message })) };
}

/** Where an export goes; standard output is not free for it under --json. */
function outputSink(
  context: CliContext,
  options: ExchangeOptions,
  sources: readonly string[],
): { readonly sink: Sink; close(): void } {
  if (options.output !== undefined) {
    if (sources.includes(options.output))
      throw new UsageError('BAD_ARGUMENT', `${options.output} is read, so it cannot be the output`);
    return openOutput(fs, options.output, { force: options.force === true, volumes: diskOf(sources) });
  }
  if (options.json) {
    throw new UsageError('BAD_ARGUMENT', '--json prints one report on standard output, so the export needs a file', {
      hint: 'name it with -o',
    });
  }
  return { sink: context.terminal.stream, close: () => {} };
}

function timeOf(option: string, text: string): bigint {
  const filetime = isoToFiletime(text);
  if (filetime !== null) return filetime;
  throw new UsageError('BAD_VALUE', `${option} ${text} is no time, expected one like 2024-03-01T12:00:00Z`);
}

export function importFile(context: CliContext, words: readonly string[], options: ExchangeOptions): CliResult {
  const [hivePath, filePath] = words as [string, string];
  refuseReadOnly(context.terminal, options.dryRun ? { dryRun: true } : {});
  const host = thisHost();
  const file = readWholeFile(fs, filePath);
  const how = {
    ...(options.prefix === undefined ? {} : { prefix: options.prefix }),
    ...(options.codePage === undefined ? {} : { codePage: options.codePage }),
  };
  if (options.new) {
    using made = importNewHive(host.engine, file, {
      name: hivePath,
      filetime: host.now(),
      ...how,
      ...(options.minor === undefined ? {} : { minor: options.minor }),
    });
    if (!options.dryRun) writeOutputFile(fs, hivePath, made.image(), { force: options.force === true, volumes: [] });
    const report = { ...blankReport(context, 'import'), dryRun: options.dryRun === true };
    return { exitCode: 0, stdout: `${options.dryRun ? 'would build' : 'built'} ${hivePath}\n`, stderr: '', report };
  }
  const session = Session.overFiles(host, [{ name: 'HIVE', path: hivePath }], sessionOptions(options));
  try {
    const edits = importEdits(file, session.view('HIVE'), how);
    session.apply(edits);
    using prepared = new PreparedCommit(session, {
      command: 'import',
      tool: { name: 'hivemend', version: context.version },
      ...(options.note === undefined ? {} : { note: options.note }),
      machine: null,
      outcomes: [{ name: `import ${filePath}`, controlSet: null, state: 'planned', changes: session.changes }],
      findings: [...session.loadFindings(), ...session.verify()],
      skipped: [],
      isWhole: true,
      edits,
      why: edits.map(() => `said by ${filePath}`),
      options: {},
    });
    return settle(context, prepared, [], options);
  } finally {
    session.close();
  }
}

export function inspect(context: CliContext, words: readonly string[], options: ExchangeOptions): CliResult {
  const inspection = inspectHive(readHost(), words[0]!, {
    ...(options.log ? { logs: options.log } : {}),
    ...(options.validate ? { withValidation: true } : {}),
    ...(options.changes ? { withChanges: true } : {}),
  });
  const exitCode = inspectionExitCode(inspection);
  const report = {
    ...blankReport(context, 'inspect'),
    status: exitCode === 0 ? ('ok' as const) : ('findings' as const),
    findings: [...inspection.findings, ...(inspection.defects ?? [])],
  };
  return { exitCode, stdout: inspectionText(inspection), stderr: '', report, data: inspection, volumes: diskOf(words) };
}

export function diff(context: CliContext, words: readonly string[], options: ExchangeOptions): CliResult {
  const [oldPath, newPath] = words as [string, string];
  const chunks: (string | Uint8Array)[] = [];
  const sink: Sink = options.json ? (chunk) => chunks.push(chunk) : context.terminal.stdout;
  const result = diffFiles(
    readHost(),
    oldPath,
    newPath === oldPath ? null : newPath,
    {
      format: (options.json ? 'json' : (options.format ?? 'text')) as 'text' | 'json' | 'reg',
      ...(options.times ? { withTimes: true } : {}),
      ...(options.raw ? { isRaw: true } : {}),
      ...(options.prefix === undefined ? {} : { prefix: options.prefix }),
    },
    sink,
  );
  const report = {
    ...blankReport(context, 'diff'),
    status: result.exitCode === 0 ? ('ok' as const) : ('findings' as const),
    findings: result.findings,
  };
  const said = result.findings
    .filter((finding) => finding.severity !== 'info')
    .map((finding) => `hivemend: ${finding.text}\n`);
  return {
    exitCode: result.exitCode,
    stdout: '',
    stderr: said.join(''),
    report,
    data: { differences: result.differences },
    volumes: diskOf(words),
  };
}

export function recover(context: CliContext, words: readonly string[], options: ExchangeOptions): CliResult {
  const { bytes, source } = recoverHive(readHost(), words[0]!, options.log ? { logs: options.log } : {});
  const volumes = diskOf(words);
  writeOutputFile(fs, options.output!, bytes, { force: options.force === true, volumes });
  const count = source.recovery.entriesApplied;
  const said = source.recovery.wasDirty ? `${count} log entries replayed` : 'the hive was clean: nothing to replay';
  const report = { ...blankReport(context, 'recover'), findings: source.findings() };
  return { exitCode: 0, stdout: `${options.output}: ${said}\n`, stderr: '', report, volumes };
}

function sessionOptions(options: ExchangeOptions): { acceptDirty?: boolean; stateDir?: string } {
  return {
    ...(options.acceptDirty ? { acceptDirty: true } : {}),
    ...(options.stateDir === undefined ? {} : { stateDir: options.stateDir }),
  };
}
