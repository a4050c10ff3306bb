// undo: a commit undone, finished, listed or forgotten.

import { RefusedError, UsageError } from '../../base/errors.ts';
import { pathWord } from '../../base/quote.ts';
import { statOf } from '../../base/read-folder.ts';
import { listJournals, type PreparedUndo, prepareUndo, prepareUndoValues, type UndoWay } from '../../commands/undo.ts';
import type { UndoRequest } from '../../commands/undo-scope.ts';
import { undoListText, undoPlanText, undoQuestion, undoResultText } from '../../render/undo.ts';
import type { Report } from '../../report.ts';
import { type CommitTexts, confirmAndCommit, refuseReadOnly, requireConsent } from '../ask.ts';
import { JOURNAL_ID, sessionOptions, type WritingOptions } from '../options.ts';
import { blankReport, type CliResult } from '../print.ts';
import { absolutePath, type CliContext, styleOf } from '../terminal.ts';

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

export function undo(context: CliContext, words: readonly string[], options: UndoOptions): CliResult {
  // What is there under such a name is a place.
  const isId = (word: string): boolean => JOURNAL_ID.test(word) && statOf(context.host.fs, word) === null;
  const id = [...words, typeof options.forget === 'string' ? options.forget : '', options.partial ?? ''].find(isId);
  const places = words.filter((word) => !isId(word)).map((word) => absolutePath(context, word));
  const request: UndoRequest = {
    places,
    ...sessionOptions(options),
    ...(id === undefined ? {} : { id }),
    ...(options.note === undefined ? {} : { note: options.note }),
  };
  const style = styleOf(context.terminal, options);
  if (options.list) {
    const entries = listJournals(context.host, request);
    const report: Report = { ...blankReport(context, 'undo'), next: entries.map(listed) };
    return { exitCode: 0, stdout: undoListText(entries, style), stderr: '', report, volumes: places };
  }
  refuseReadOnly(context.terminal, options);
  if (options.forget !== undefined) return forgetJournals(context, request, options);
  if (options.values) {
    using prepared = prepareUndoValues(context.host, request);
    return confirmAndCommit(context, prepared, places, options);
  }
  using prepared = prepareUndo(context.host, request);
  const way = options.partial === undefined ? (options.finish ? 'finish' : 'undo') : 'partial';
  return confirmAndCommit(context, prepared.by(way), places, options, undoTexts(prepared, way));
}

/** How an undo is shown, here and in the shell. */
export function undoTexts(prepared: PreparedUndo, way: UndoWay): CommitTexts {
  return {
    plan: (report, style) => undoPlanText(prepared, way, report, style),
    question: () => undoQuestion(prepared, way),
    result: undoResultText,
  };
}

function forgetJournals(context: CliContext, request: UndoRequest, options: UndoOptions): CliResult {
  if (!options.all && request.id === undefined) {
    throw new UsageError('BAD_ARGUMENT', 'undo --forget needs the id of a record, or --all', {
      hint: `hivemend undo ${request.places.map((place) => pathWord(place)).join(' ')} --list`,
    });
  }
  const ids = options.all ? listJournals(context.host, request).map((entry) => entry.journal.id) : [request.id!];
  requireConsent(
    context,
    options,
    `Remove the record of ${ids.join(', ')}? Its change stays, and can no longer be undone.`,
    '',
  );
  let report: Report = blankReport(context, 'undo');
  const held: RefusedError[] = [];
  for (const id of ids) {
    try {
      using prepared = prepareUndo(context.host, { ...request, id });
      report = prepared.forget();
    } catch (error) {
      // The others go all the same.
      if (!(error instanceof RefusedError) || error.code !== 'JOURNAL_HOLDS_FILES') throw error;
      held.push(error);
    }
  }
  if (held[0]) throw held[0];
  return undoResult(
    report,
    `Removed the record of ${ids.length === 0 ? 'no commit' : ids.join(', ')}.\n`,
    request.places,
  );
}

function undoResult(report: Report, text: string, volumes: readonly string[]): CliResult {
  return { exitCode: report.exitCode, stdout: text, stderr: '', report, volumes };
}

function listed(entry: ReturnType<typeof listJournals>[number]): Report['next'][number] {
  return { why: `${entry.journal.id}: ${entry.journal.state}, files ${entry.position.position}`, commands: [] };
}
