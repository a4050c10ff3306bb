// undo: a commit taken back, finished, listed or forgotten.

import { UsageError } from '../../base/errors.ts';
import { printable } from '../../base/text.ts';
import { listJournals, prepareUndo, prepareUndoValues, type UndoRequest } from '../../commands/undo.ts';
import { undoListText } from '../../render/undo.ts';
import type { Report } from '../../report.ts';
import { confirmAndCommit, refuseReadOnly, requireConsent } from '../ask.ts';
import { reportExitCode } from '../exit-code.ts';
import { sessionOptions, type WritingOptions } from '../options.ts';
import { blankReport, type CliResult } from '../print.ts';
import type { CliContext } from '../terminal.ts';

/** As commander gives them. */
interface UndoOptions extends WritingOptions {
  readonly windows?: string;
  readonly list?: boolean;
  readonly values?: boolean;
  readonly finish?: boolean;
  readonly partial?: string;
  readonly forget?: string | true;
  readonly all?: boolean;
}

const JOURNAL_ID = /^\d{8}T\d{6}-\d{3}Z-[0-9a-f]{8}$/;

export function undo(context: CliContext, words: readonly string[], options: UndoOptions): CliResult {
  const id = [...words, typeof options.forget === 'string' ? options.forget : '', options.partial ?? ''].find((word) =>
    JOURNAL_ID.test(word),
  );
  const places = words.filter((word) => !JOURNAL_ID.test(word));
  const request: UndoRequest = {
    places,
    tool: { name: 'hivemend', version: context.version },
    ...sessionOptions(options),
    ...(id === undefined ? {} : { id }),
    ...(options.note === undefined ? {} : { note: options.note }),
  };
  if (options.list) {
    const entries = listJournals(context.host, request);
    const report: Report = { ...blankReport(context, 'undo'), next: entries.map(listed) };
    return { exitCode: 0, stdout: undoListText(entries), stderr: '', report, volumes: places };
  }
  refuseReadOnly(context.terminal, options);
  if (options.forget !== undefined) return forgetJournals(context, request, options);
  if (options.values) {
    using prepared = prepareUndoValues(context.host, request);
    return confirmAndCommit(context, prepared, places, options);
  }
  using prepared = prepareUndo(context.host, request);
  const what = `${options.finish ? 'complete' : 'take back'} commit ${prepared.entry.journal.id} (${prepared.entry.journal.files.map(printable).join(', ')})`;
  if (options.dryRun) return undoResult({ ...blankReport(context, 'undo'), dryRun: true }, `would ${what}\n`, places);
  const written = prepared.writes.map((path) => `  ${printable(path)}\n`).join('');
  if (!options.yes && written !== '') context.terminal.stderr(`These files are written:\n${written}`);
  requireConsent(context, options, `${what}?`, `would ${what}\n`);
  const report = options.partial ? prepared.partial() : options.finish ? prepared.finish() : prepared.undo();
  const files = report.targets.map((target) => `  ${target.path}\n`).join('');
  return undoResult(report, `${report.next[0]?.why ?? 'done'}\n${files}`, places);
}

function forgetJournals(context: CliContext, request: UndoRequest, options: UndoOptions): CliResult {
  if (!options.all && request.id === undefined) {
    throw new UsageError('BAD_ARGUMENT', 'undo --forget needs the id of a record, or --all', {
      hint: 'hivemend undo <volume> --list',
    });
  }
  const ids = options.all ? listJournals(context.host, request).map((entry) => entry.journal.id) : [request.id!];
  requireConsent(
    context,
    options,
    `remove the record of ${ids.join(', ')}? The change stays and can no longer be taken back.`,
    '',
  );
  let report: Report = blankReport(context, 'undo');
  for (const id of ids) report = prepareUndo(context.host, { ...request, id }).forget();
  return undoResult(report, `removed ${ids.length === 0 ? 'nothing' : ids.join(', ')}\n`, request.places);
}

function undoResult(report: Report, text: string, volumes: readonly string[]): CliResult {
  return { exitCode: reportExitCode(report), stdout: text, stderr: '', report, volumes };
}

function listed(entry: ReturnType<typeof listJournals>[number]): Report['next'][number] {
  return { why: `${entry.journal.id}: ${entry.journal.state}, files ${entry.position.position}`, commands: [] };
}
