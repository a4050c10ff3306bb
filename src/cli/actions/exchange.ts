// import, inspect, diff, recover: files in and out, and what a hive is made of.

import { sentenceOf } from '../../base/finding.ts';
import { readWholeFile } from '../../base/read-file.ts';
import { printable } from '../../base/text.ts';
import { diffFiles } from '../../commands/diff.ts';
import type { Sink } from '../../commands/export.ts';
import { importEdits, importNewHive } from '../../commands/import.ts';
import { inspectHive, inspectionExitCode, inspectionText } from '../../commands/inspect.ts';
import { recoverHive } from '../../commands/recover.ts';
import { PreparedCommit } from '../../commands/repair.ts';
import type { ReadHost } from '../../hive/hive-source.ts';
import { thisHost } from '../../host.ts';
import { Session } from '../../session/session.ts';
import { volumesOf, writeOutputFile } from '../output.ts';
import { blankReport, type CliResult } from '../print.ts';
import type { CliContext } from '../program.ts';
import { refuseReadOnly, settle } from './rescue.ts';

/** As commander gives them. */
interface ExchangeOptions {
  readonly format?: string;
  readonly output?: string;
  readonly prefix?: string;
  readonly raw?: boolean;
  readonly log?: string[];
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
    .map((finding) => `hivemend: ${printable(sentenceOf(finding))}\n`);
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
