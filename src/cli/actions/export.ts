// export: hives as documents, lines and timelines. A file of its own, so that it is loaded without what edits hives.

import { UsageError } from '../../base/errors.ts';
import { isoToFiletime } from '../../base/time.ts';
import {
  type ExportFormat,
  type ExportOptions,
  exportSources,
  exportHives as exportTo,
  type Sink,
} from '../../commands/export.ts';
import type { Host } from '../../host.ts';
import { attachHives } from '../../session/disks/attach-hives.ts';
import type { ExportOutcome } from '../export-jobs.ts';
import { openOutput, volumesOf } from '../output.ts';
import { blankReport, type CliResult, findingLines } from '../print.ts';
import { type CliContext, type ProgressLine, progressLine } from '../terminal.ts';

/** As commander gives them. */
interface ExportFlags {
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
  readonly force?: boolean;
  readonly json?: boolean;
  readonly volume?: string[];
  readonly anyBacking?: boolean;
}

export async function exportHives(
  context: CliContext,
  sources: readonly string[],
  options: ExportFlags,
): Promise<CliResult> {
  const { sink, close } = outputSink(context, options, [...sources, ...(options.volume ?? [])]);
  const progress = progressLine(context.terminal);
  try {
    using hives = attachHives(context.host, sources, options);
    const { findings, failed } = await exportWith(
      hives.host,
      // A thread opens files of the host alone.
      hives.attached.disks.length > 0 ? 1 : (options.jobs ?? 1),
      hives.paths,
      exportOptions(options, progress),
      sink,
    );
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

function exportOptions(options: ExportFlags, progress: ProgressLine): ExportOptions {
  if (options.deleted && options.format !== 'jsonl') {
    const message = `${options.format} cannot hold deleted keys and values; expected jsonl`;
    throw new UsageError('BAD_ARGUMENT', message, { hint: 'add --format jsonl' });
  }
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
    isChunkReused: true,
    onHive: (path, index, count) => progress.show(`${index + 1} of ${count}: ${path}`),
  };
}

/** One hive, or one thread, needs no worker; and a single hive that cannot be read is an error of the whole command. */
async function exportWith(
  host: Host,
  jobs: number,
  paths: readonly string[],
  options: ExportOptions,
  sink: Sink,
): Promise<ExportOutcome> {
  if (jobs < 1) throw new UsageError('BAD_VALUE', `--jobs ${jobs} reads nothing, expected at least 1`);
  const found = jobs === 1 ? [] : exportSources(host, paths, options);
  if (found.length > 1) {
    const { exportInParallel } = await import('../export-jobs.ts');
    return exportInParallel(found, options, jobs, host.engine.module, sink);
  }
  const { findings, errors } = exportTo(host, paths, options, sink);
  return { findings, failed: errors.map(({ source, error }) => ({ what: source, why: error.message })) };
}

/** Where an export goes; standard output is not free for it under --json. */
function outputSink(
  context: CliContext,
  options: ExportFlags,
  sources: readonly string[],
): { readonly sink: Sink; close(): void } {
  const { fs, style } = context.host;
  if (options.output !== undefined) {
    if (sources.includes(options.output))
      throw new UsageError('BAD_ARGUMENT', `${options.output} is read, so it cannot be the output`);
    return openOutput(context.host, options.output, {
      force: options.force === true,
      volumes: volumesOf(fs, style, sources),
    });
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
  throw new UsageError('BAD_VALUE', `${option} ${text} is not a time, expected one like 2024-03-01T12:00:00Z`);
}
