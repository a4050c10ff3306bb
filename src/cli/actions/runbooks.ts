// run and lint: repair scripts as they are published.

import { UsageError } from '../../base/errors.ts';
import type { Finding } from '../../base/finding.ts';
import { readWholeFile } from '../../base/read-file.ts';
import { printable } from '../../base/text.ts';
import { thisHost } from '../../host.ts';
import { runText } from '../../render/run.ts';
import { idOf, sarif } from '../../render/sarif.ts';
import type { Plan, Report } from '../../report.ts';
import { lintRunbook } from '../../runbook/lint/linter.ts';
import { type PreparedRun, prepareRun, type RunRequest } from '../../runbook/run/run.ts';
import { reportExitCode } from '../exit-code.ts';
import { refusePlace, writeOutputFile } from '../output.ts';
import { blankReport, type CliResult } from '../print.ts';
import type { CliContext } from '../program.ts';
import { canAsk, wantsColour } from '../terminal.ts';
import { refuseBitLocker, refuseReadOnly, requireConsent } from './rescue.ts';

/** As commander gives them. */
interface RunOptions {
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
  readonly out?: string;
  readonly plan?: string;
  readonly dryRun?: boolean;
  readonly yes?: boolean;
  readonly bcd?: boolean;
  readonly acceptDirty?: boolean;
  readonly note?: string;
  readonly stateDir?: string;
  readonly force?: boolean;
}

export function run(context: CliContext, words: readonly string[], options: RunOptions): CliResult {
  refuseReadOnly(context.terminal, options);
  const [name = '-'] = words;
  const ready = prepareRun(thisHost(), runRequest(context, name, options));
  try {
    return settleRun(context, ready, options);
  } finally {
    ready.prepared[Symbol.dispose]();
  }
}

function settleRun(context: CliContext, ready: PreparedRun, options: RunOptions): CliResult {
  const style = { colour: wantsColour(context.terminal) };
  const { prepared, volumes } = ready;
  const dry: Report = prepared.dryReport;
  const dryText = runText(ready, dry, style);
  const result = (report: Report, stdout: string, exitCode = reportExitCode(report)): CliResult => ({
    exitCode,
    stdout,
    stderr: '',
    report,
    volumes,
    data: { steps: ready.steps, listings: [...ready.listings.keys()] },
  });
  if (ready.refusal) {
    if (!options.dryRun) {
      context.terminal.stderr(dryText);
      throw ready.refusal;
    }
    const report: Report = { ...dry, status: 'failed', error: ready.refusal.toJSON() };
    return result(report, `${dryText}refused: ${printable(ready.refusal.message)}\n`, ready.refusal.exitCode);
  }
  if (options.dryRun) return result(dry, dryText);
  if (options.plan !== undefined) {
    refuseOtherVolumes(prepared.saved);
    writeOutputFile(thisHost().fs, options.plan, `${JSON.stringify(prepared.saved, null, 2)}\n`, {
      force: options.force === true,
      volumes,
    });
    return result(
      dry,
      `${dryText}The plan is saved. When it is approved:\n  hivemend apply ${options.plan} ${volumes.join(' ')}\n`,
    );
  }
  if (prepared.changes.length > 0) {
    prepared.refuse();
    refuseBitLocker(dry, options);
    if (!options.yes && canAsk(context.terminal)) context.terminal.stderr(dryText);
    requireConsent(context, options, `Write these ${prepared.changes.length} changes?`, dryText);
  }
  const report = prepared.commit();
  writeListings(ready, options);
  return result(report, runText(ready, report, style));
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
function writeListings(ready: PreparedRun, options: RunOptions): void {
  if (ready.listings.size === 0) return;
  const { fs } = thisHost();
  const out = options.out ?? './hivemend-out';
  refusePlace(fs, out, ready.volumes);
  for (const [name, bytes] of ready.listings) {
    const path = [out, ...name.split('\\')].join('/');
    makeFolders(path);
    writeOutputFile(fs, path, bytes, { force: true, volumes: ready.volumes });
  }
}

function makeFolders(file: string): void {
  const { fs } = thisHost();
  const names = file.split('/').slice(0, -1);
  for (let i = 1; i <= names.length; i += 1) {
    const folder = names.slice(0, i).join('/');
    if (folder === '' || folder === '.') continue;
    try {
      fs.lstatSync(folder);
    } catch {
      fs.mkdirSync(folder);
    }
  }
}

function runRequest(context: CliContext, name: string, options: RunOptions): RunRequest {
  return {
    name,
    bytes: name === '-' ? readStandardInput() : readWholeFile(thisHost().fs, name),
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
    tool: { name: 'hivemend', version: context.version },
    ...(options.note === undefined ? {} : { note: options.note }),
    ...(options.windows === undefined ? {} : { windows: options.windows }),
    ...(options.acceptDirty ? { acceptDirty: true } : {}),
    ...(options.stateDir === undefined ? {} : { stateDir: options.stateDir }),
  };
}

function blockNumber(text: string): number {
  if (/^\d+$/.test(text)) return Number(text);
  throw new UsageError('BAD_ARGUMENT', `--block ${text} is no number, expected the number of a code block`);
}

const STANDARD_INPUT = 0;
const MOST_INPUT_BYTES = 16 * 1024 * 1024;

function readStandardInput(): Uint8Array {
  const { fs } = thisHost();
  const chunks: Uint8Array[] = [];
  let total = 0;
  for (;;) {
    const chunk = new Uint8Array(65_536);
    let count: number;
    try {
      count = fs.readSync(STANDARD_INPUT, chunk, 0, chunk.byteLength, null as unknown as number);
    } catch (error) {
      if ((error as { code?: string }).code === 'EOF') break;
      throw error;
    }
    if (count === 0) break;
    total += count;
    if (total > MOST_INPUT_BYTES)
      throw new UsageError('BAD_ARGUMENT', `the script on standard input has more than ${MOST_INPUT_BYTES} bytes`);
    chunks.push(chunk.subarray(0, count));
  }
  const all = new Uint8Array(total);
  let at = 0;
  for (const chunk of chunks) {
    all.set(chunk, at);
    at += chunk.byteLength;
  }
  return all;
}

interface LintOptions {
  readonly format?: 'text' | 'json' | 'sarif';
  readonly failOn?: Finding['severity'];
}

const SEVERITIES: readonly Finding['severity'][] = ['info', 'warning', 'error'];

export function lint(context: CliContext, words: readonly string[], options: LintOptions): CliResult {
  const findings = words.flatMap((file) =>
    lintRunbook(file, file === '-' ? readStandardInput() : readWholeFile(thisHost().fs, file)),
  );
  const limit = SEVERITIES.indexOf(options.failOn ?? 'error');
  const fails = findings.some((finding) => SEVERITIES.indexOf(finding.severity) >= limit);
  const report = { ...blankReport(context, 'lint'), status: fails ? ('findings' as const) : ('ok' as const), findings };
  return {
    exitCode: fails ? 1 : 0,
    stdout: lintText(findings, options.format ?? 'text', context.version),
    stderr: '',
    report,
  };
}

function lintText(findings: readonly Finding[], format: 'text' | 'json' | 'sarif', version: string): string {
  if (format === 'sarif') return sarif(findings, version);
  if (format === 'json')
    return `${JSON.stringify(
      findings.map((finding) => ({ rule: idOf(finding), ...finding })),
      null,
      2,
    )}\n`;
  return findings
    .map(
      (finding) =>
        `${printable(finding.where.file)}:${finding.where.line}:${finding.where.column}: ${finding.severity} ${idOf(finding)}: ${printable(finding.text)}\n`,
    )
    .join('');
}
