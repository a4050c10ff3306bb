// From a result to the streams: text or exactly one report as JSON, and the report files beside it.

import { type ErrorJson, HivemendError } from '../base/errors.ts';
import { type Finding, sentenceOf } from '../base/finding.ts';
import { printable, printableJson } from '../base/text.ts';
import { filetimeToIso } from '../base/time.ts';
import type { Host } from '../host.ts';
import { widthOf, wrapped } from '../render/style.ts';
import { blankReport as blankReportOf, type Machine, type Report } from '../report.ts';
import { errorExitCode, INTERRUPTED_EXIT_CODE } from './exit-code.ts';
import { writeOutputFile } from './output.ts';
import { type CliContext, styleOf, type Terminal } from './terminal.ts';

/** What an action gives back. Text that was streamed already is not repeated in `stdout`. */
export interface CliResult {
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
  /** Read where it goes somewhere: what a command prints as text may be known before its report is. */
  readonly report: Report;
  /** What the command was asked to read, as JSON; it stands beside the report's members. */
  readonly data?: unknown;
  /** Folders of the volumes that were read: no output file is put there. */
  readonly volumes?: readonly string[];
}

export interface OutputOptions {
  readonly json: boolean;
  readonly force: boolean;
  readonly report?: string;
  readonly html?: string;
  readonly volumes: readonly string[];
}

/** Prints a result; returns the exit status. */
export async function deliver(context: CliContext, result: CliResult, output: OutputOptions): Promise<number> {
  try {
    await writeReports(context.host, () => reportOf(result), output);
  } catch (error) {
    printResult(context.terminal, result, output.json);
    // The work is done and was reported; only the file beside it is missing.
    context.terminal.stderr(errorText(error, context.terminal));
    return Math.max(result.exitCode, errorExitCode(error));
  }
  printResult(context.terminal, result, output.json);
  return result.exitCode;
}

/** With the status that the process ends with. */
const reportOf = ({ report, exitCode }: CliResult): Report => ({ ...report, exitCode });

/**
 * What was remarked of the hives that were read, a line each for standard error: which view is shown, and what is
 * missing from it. Other things that are only good to know stay in the report.
 */
export function findingLines(findings: readonly Finding[]): string {
  return findings
    .filter((finding) => finding.severity !== 'info' || finding.code === 'RECOVERED')
    .map((finding) => `hivemend: ${printable(`${finding.where.file}: ${sentenceOf(finding)}`)}\n`)
    .join('');
}

/** The files of --report and --html. */
async function writeReports(host: Host, report: () => Report, output: OutputOptions): Promise<void> {
  const rules = { force: output.force, volumes: output.volumes };
  if (output.report !== undefined) writeOutputFile(host, output.report, jsonText(report()), rules);
  if (output.html !== undefined) {
    const { htmlReport } = await import('../render/html.ts');
    writeOutputFile(host, output.html, htmlReport(report()), rules);
  }
}

function printResult(terminal: Terminal, result: CliResult, json: boolean): void {
  if (json)
    terminal.stdout(jsonText({ ...reportOf(result), ...(result.data === undefined ? {} : { data: result.data }) }));
  else {
    if (result.stdout !== '') terminal.stdout(result.stdout);
    if (result.stderr !== '') terminal.stderr(result.stderr);
  }
}

/** Prints an error, and writes the report files that were asked for; returns the exit status. */
export async function deliverError(
  context: CliContext,
  error: HivemendError,
  command: string,
  output: OutputOptions,
): Promise<number> {
  const machine = (error.machine as Machine | undefined) ?? null;
  const report = { ...failedReport(context, error.toJSON(), command, error.exitCode), machine };
  await writeReports(context.host, () => report, output).catch(() => {});
  if (output.json) context.terminal.stdout(jsonText(report));
  else context.terminal.stderr(errorText(error, context.terminal));
  return error.exitCode;
}

/** As deliverError, for Ctrl-C and signals. */
export async function deliverInterrupt(
  context: CliContext,
  error: Error,
  command: string,
  output: OutputOptions,
): Promise<number> {
  const json = { kind: 'UsageError', code: 'NOT_CONFIRMED', message: error.message } as const;
  const report = failedReport(context, json, command, INTERRUPTED_EXIT_CODE);
  await writeReports(context.host, () => report, output).catch(() => {});
  if (output.json) context.terminal.stdout(jsonText(report));
  else context.terminal.stderr(`hivemend: ${error.message}\n`);
  return INTERRUPTED_EXIT_CODE;
}

export function jsonText(report: Report & { readonly data?: unknown }): string {
  return `${printableJson(JSON.stringify(report, null, 2))}\n`;
}

/** Code and sentence, and the next thing to type; wrapped on a terminal, but for commands. Names from a disk are escaped. */
export function errorText(error: unknown, terminal: Terminal): string {
  if (!(error instanceof HivemendError)) return `hivemend: ${error instanceof Error ? error.message : String(error)}\n`;
  const { calledAs = 'hivemend' } = terminal;
  const head = wrappedLines(terminal, `hivemend: ${printable(error.message)} [${error.code}]`, 2);
  const next = error.hint?.replace(/(^|[\s`:])hivemend (?=[a-z-])/g, `$1${calledAs} `).split('\n') ?? [];
  const hint = next.flatMap((line, i) => {
    const whole = `${i === 0 ? '  next: ' : '        '}${printable(line)}`;
    // Each of several ways, and each command, stands on a line of its own; a command is never wrapped.
    return line.startsWith('  ') || line.startsWith(calledAs) ? [whole] : wrappedLines(terminal, whole, 8);
  });
  const trace = error.exitCode === 70 ? `${error.stack ?? ''}\n` : '';
  return `${[...head, ...hint].map((line) => `${line}\n`).join('')}${trace}`;
}

/** What is not a terminal is read by programs, for which a sentence stays on its line. */
function wrappedLines(terminal: Terminal, text: string, indent: number): string[] {
  if (!terminal.isStderrTty) return [text];
  const spaces = /^ */.exec(text)?.[0] ?? '';
  const width = widthOf(styleOf(terminal, {}, true)) - spaces.length;
  return wrapped(text.slice(spaces.length), width, indent - spaces.length).map((line) => `${spaces}${line}`);
}

function failedReport(context: CliContext, error: ErrorJson, command: string, exitCode: number): Report {
  const status = error.kind === 'RefusedError' ? 'blocked' : 'failed';
  return { ...blankReport(context, command), status, exitCode, error };
}

/** A report with nothing in it yet, of this version. */
export function blankReport(context: CliContext, command: string): Report {
  const startedAt = filetimeToIso(context.host.now()) ?? '';
  return blankReportOf(command, startedAt);
}
