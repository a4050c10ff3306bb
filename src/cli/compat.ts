// What reg and bcdedit share: the grammars of Windows' own tools, whose edits go through the same gate, commit and undo as a
// repair.

import { UsageError } from '../base/errors.ts';
import type { Finding } from '../base/finding.ts';
import { readNamedFile } from '../base/read-file.ts';
import type { ReadFs } from '../base/read-fs.ts';
import type { NamedFiles } from '../compat/bcdedit/session-bcd.ts';
import type { Outcome } from '../compat/outcome.ts';
import { detectBitLocker } from '../disk/bitlocker.ts';
import type { Host } from '../host.ts';
import { planText, shownChanges } from '../render/repair-text.ts';
import { commandText, counted } from '../render/style.ts';
import { storeChangeFindings } from '../repairs/fixes/boot/bitlocker.ts';
import type { Report } from '../report.ts';
import { PreparedCommit } from '../session/prepared.ts';
import type { Session } from '../session/session.ts';
import { type CommitTexts, confirmAndCommit, refuseReadOnly } from './ask.ts';
import type { WritingOptions } from './options.ts';
import { volumesOf, writeOutputFile } from './output.ts';
import { blankReport, type CliResult, errorText, findingLines } from './print.ts';
import { type CliContext, styleOf } from './terminal.ts';

/** As commander gives them. */
export interface CompatOptions extends WritingOptions {
  readonly volume?: string[];
  readonly windows?: string;
  readonly hive?: string;
  readonly prefix?: string;
  readonly codePage?: string;
  readonly partition?: string[];
  readonly allUsers?: boolean;
  readonly json?: boolean;
}

/** Of a dry run the plan; a commit is told by the command's own text. */
const TEXTS: CommitTexts = {
  plan: (report, style) => (report.dryRun ? planText(report, style) : ''),
  result: () => '',
};

/** Commits what the command changed; its text stands whatever we add, which goes to standard error. */
export function commitOutcome(
  context: CliContext,
  command: string,
  session: Session,
  outcome: Outcome,
  options: CompatOptions,
): CliResult {
  const keyWarnings = keyFindings(session);
  const proof = session.prove();
  const prepared = new PreparedCommit(session, proof, {
    command,
    ...(options.note === undefined ? {} : { note: options.note }),
    machine: null,
    outcomes: [{ name: command, controlSet: null, state: 'planned', changes: session.changes }],
    findings: [...session.loadFindings(), ...keyWarnings, ...proof.findings],
    skipped: [],
    isWhole: true,
    edits: session.changes.map((change) => change.edit),
    why: session.changes.map(() => command),
    options: {},
  });
  const isWriting = session.changes.length > 0 && outcome.exitCode === 0;
  if (isWriting) refuseReadOnly(context.terminal, options);
  // Who types a command of reg or bcdedit has decided: nobody is asked, and the command's own text is what is printed.
  const decided = { ...options, yes: true, bcd: true };
  const volumes = options.volume ?? [];
  const found = findingLines(session.loadFindings());
  const result = isWriting ? confirmAndCommit(context, prepared, volumes, decided, TEXTS) : null;
  // The command's own text says that it was done, so where the commit was refused it is not printed.
  if (result?.report.error && !options.dryRun) return { ...result, stderr: found + result.stderr };
  const report = result?.report ?? prepared.dryReport;
  const warned = keyWarnings.map((finding) => `warning: ${finding.text}\n`).join('');
  // A dry run says what would change, and not that it was done.
  const dry = options.dryRun ? result : null;
  const refusal = dry?.report.error ? prepared.whyRefused() : null;
  const refused = refusal ? errorText(refusal, context.terminal) : '';
  return {
    exitCode: refusal?.exitCode ?? outcome.exitCode,
    stdout: dry?.stdout ?? outcome.stdout,
    stderr: found + outcome.stderr + (result ? warned + refused + changeLine(context, report) : ''),
    report: outcome.exitCode === 0 ? report : { ...report, status: 'failed' },
    volumes,
  };
}

/** Runs a command; where it fails over what a commit that was cut off has left, that is said first. */
export function runOver<T>(context: CliContext, session: Session, run: () => T): T {
  try {
    return run();
  } catch (error) {
    if (session.options.isReading) context.terminal.stderr(findingLines(session.unfinished()));
    throw error;
  }
}

/** A line that was typed for the store is not refused for BitLocker, as a whole repair is, but it is told. */
function keyFindings(session: Session): Finding[] {
  const [store] = session.changes.flatMap(({ edit }) => ('key' in edit ? [edit.key.hive] : [])).filter(isStoreName);
  if (store === undefined) return [];
  const files = session.found ? session.files : null;
  const seen = detectBitLocker(session.host.fs, session.volumes);
  const isLocked = seen.some(({ isUnlockedHere }) => !isUnlockedHere);
  return storeChangeFindings({ hasBitLocker: seen.length > 0, isLocked, files }, session.load(store).path);
}

const isStoreName = (hive: string): boolean => /^BCD\b/.test(hive);

function changeLine({ terminal }: CliContext, { undo, changes }: Report): string {
  const count = counted(shownChanges(changes).length, 'change');
  return undo ? `(${count}; undo: ${commandText(styleOf(terminal), undo.command)})\n` : '';
}

/** A result without changes. */
export function plainResult(context: CliContext, command: string, outcome: Outcome): CliResult {
  return {
    ...outcome,
    report: blankReport(context, command),
  };
}

/** The files that a command names are those of the machine that we run on. */
export function realFiles(host: Host, options: CompatOptions): NamedFiles {
  const { fs, style } = host;
  return {
    hostPath: (file) => file,
    readFile: (file) => readNamedFile(fs, file),
    fileExists: (file) => exists(fs, file),
    // reg.exe has asked (or was given /y) before it overwrites a file.
    writeFile: (file, bytes) => {
      const bare = options.hive === undefined ? [] : volumesOf(fs, style, [options.hive]);
      writeOutputFile(host, file, bytes, { force: true, volumes: [...(options.volume ?? []), ...bare] });
    },
  };
}

function exists(fs: ReadFs, file: string): boolean {
  try {
    fs.lstatSync(file);
    return true;
  } catch {
    return false;
  }
}

export function noTarget(example: string): UsageError {
  return new UsageError('BAD_ARGUMENT', 'no disk and no file was named to work on', { hint: `hivemend ${example}` });
}
