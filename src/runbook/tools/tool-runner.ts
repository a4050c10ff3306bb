// Runs one command on the disk and says what became of it.

import { HivemendError } from '../../base/errors.ts';
import { bcdedit } from '../../compat/bcdedit/bcdedit.ts';
import type { Outcome } from '../../compat/outcome.ts';
import { NOT_FOUND_TEXT } from '../../compat/reg/arguments.ts';
import { reg } from '../../compat/reg/reg.ts';
import { isOfCurrentUser, joinedOutcome } from '../../compat/reg/user-profiles.ts';
import type { Change } from '../../registry/edit.ts';
import type { CheckedCommand } from '../lint/checked-command.ts';
import { placeOfKey } from '../lint/reg-check.ts';
import { ANY_DRIVE } from '../parse/placeholder.ts';
import type { Span } from '../parse/script.ts';
import type { Recorder } from '../run/recorder.ts';
import { RunOnWindows, ToolFailure, Unresolved } from '../run/unresolved.ts';
import { decoded, fileCommand } from './file-commands.ts';
import { filterCommand } from './filters.ts';
import { icacls, takeown } from './icacls-command.ts';
import { setAcl, subinacl } from './key-permissions.ts';
import type { OfflineSystem, SystemNotes } from './offline-system.ts';
import { serviceCommand } from './service-command.ts';

/** A line as the script has it, and as it is run. */
export interface ShownLine {
  readonly source: string;
  readonly effective: string;
  readonly span: Span;
}

/** What is asked of a command once it is done. */
type RecordedCommand = Pick<CheckedCommand, 'tool' | 'words' | 'at'>;

/** What a tool gave back; `isUnresolved` where it is not done for a reason that a person must resolve. */
export interface ToolOutcome extends Outcome {
  readonly isUnresolved: boolean;
}

export class ToolRunner {
  private readonly system: OfflineSystem;
  private readonly recorder: Recorder;

  constructor(system: OfflineSystem, recorder: Recorder) {
    this.system = system;
    this.recorder = recorder;
  }

  /** Runs the command and records its step; `input` is what a pipe brought. */
  run(command: CheckedCommand, line: ShownLine, input: string | null): ToolOutcome {
    return this.record(command, line, () => this.dispatch(command, input)).outcome;
  }

  /** Does a cmdlet's work and records its step. Returns why it is not done, null where it is. */
  perform({ tool, ...line }: ShownLine & { readonly tool: string }, work: () => void): Unresolved | null {
    const command = { tool, words: [], at: line.span.at };
    return this.record(command, line, () => {
      work();
      return { exitCode: 0, stdout: '', stderr: '' };
    }).unresolved;
  }

  private record(
    command: RecordedCommand,
    line: ShownLine,
    work: () => Outcome,
  ): { outcome: ToolOutcome; unresolved: Unresolved | null } {
    const from = this.system.session.changes.length;
    this.system.takeNotes();
    let outcome: Outcome = { exitCode: 0, stdout: '', stderr: '' };
    let unresolved: Unresolved | null = null;
    let onWindows: string | null = null;
    try {
      outcome = work();
    } catch (error) {
      if (error instanceof Unresolved) unresolved = error;
      else if (error instanceof RunOnWindows) onWindows = error.message;
      else if (error instanceof ToolFailure)
        outcome = { exitCode: error.exitCode, stdout: '', stderr: `${error.message}\n` };
      else outcome = outcomeOf(error, command);
    }
    const wasThrown = unresolved !== null;
    if (!unresolved && outcome.exitCode !== 0 && mustSucceed(command, outcome)) {
      unresolved = new Unresolved('cannot-be-bound', oneLine(`${outcome.stderr}${outcome.stdout}`));
    }
    const notes = this.system.takeNotes();
    const changes = this.system.session.changes.slice(from);
    if (onWindows === null) this.conclude(command, line, { outcome, unresolved, notes, changes });
    else this.listed(line, onWindows);
    if (!unresolved) return { outcome: { ...outcome, isUnresolved: false }, unresolved };
    this.system.lose(command);
    const exitCode = outcome.exitCode === 0 ? 1 : outcome.exitCode;
    return { outcome: { ...outcome, exitCode, isUnresolved: wasThrown }, unresolved };
  }

  private listed({ span, source, effective }: ShownLine, reason: string): void {
    const why = `run this on Windows yourself: ${reason}`;
    this.recorder.push(span, source, effective, { state: 'onWindows', rule: 'run-elsewhere', why });
  }

  private conclude(
    command: RecordedCommand,
    { source, effective, span }: ShownLine,
    found: { outcome: Outcome; unresolved: Unresolved | null; notes: SystemNotes; changes: readonly Change[] },
  ): void {
    const { outcome, unresolved, notes, changes } = found;
    this.recorder.want(notes.wanted);
    for (const name of notes.boundByUse) {
      this.recorder.remark({
        rule: 'hive-not-loaded',
        ...command.at,
        text: `${name} is loaded nowhere before this line; it stands for the hive of the disk.`,
      });
    }
    for (const drive of new Set(notes.unmapped)) {
      const text = `${drive} is not mapped, so nothing on it exists for this run (--drive ${drive}=<folder>).`;
      this.recorder.remark({ rule: 'unmapped-drive', ...command.at, text });
    }
    // Of a key on the line itself the linter has told it.
    for (const set of /^import$/i.test(command.words[1]?.text ?? '') ? new Set(notes.currentSets) : []) {
      const text = `A hive that is not running does not have a CurrentControlSet: in the file ${set} is meant by it.`;
      this.recorder.remark({ rule: 'offline-current-control-set', ...command.at, text });
    }
    const output = `${outcome.stdout}${outcome.stderr}`;
    if (unresolved) {
      this.recorder.push(span, source, effective, {
        state: 'notUnderstood',
        rule: unresolved.rule,
        why: unresolved.message,
      });
      return;
    }
    const [set] = notes.skippedSets;
    if (set !== undefined && changes.length === 0) {
      this.recorder.push(span, source, effective, {
        state: 'skipped',
        rule: 'control-set-skipped',
        why: `${set} is not on this disk`,
        output,
      });
      return;
    }
    for (const left of new Set(notes.skippedSets)) {
      const text = `${left} is not on this disk: what the line does there is not done.`;
      this.recorder.remark({ rule: 'control-set-skipped', ...command.at, text });
    }
    const isFailure = outcome.exitCode !== 0 && !isHarmless(command, outcome);
    const bound = notes.otherStore === null ? '' : `the store is ${notes.otherStore}`;
    this.recorder.push(span, source, effective, {
      state: isFailure ? 'failed' : 'done',
      rule: isFailure ? 'line-failed' : null,
      why: isFailure ? oneLine(output) : bound,
      exitCode: outcome.exitCode,
      output,
      changes,
    });
  }

  private dispatch(command: CheckedCommand, input: string | null): Outcome {
    const args = command.words.slice(1).map(({ text }) => text);
    switch (command.tool) {
      case 'reg':
        return this.reg(args);
      case 'bcdedit':
        return bcdedit(
          args.map((arg) => this.withLetter(arg, args)),
          this.system.bcd,
        );
      case 'icacls':
        return icacls(args, this.system);
      case 'setacl':
        return setAcl(args, this.system);
      case 'subinacl':
        return subinacl(args, this.system);
      case 'takeown':
        return takeown(args, this.system);
      case 'sc':
        return serviceCommand(args, this.system);
      case 'find':
      case 'findstr':
      case 'more':
        return filterCommand(command.tool, args, input, this.system);
      default: {
        const outcome = fileCommand(command.tool, args, this.system);
        if (outcome) return outcome;
        throw new Unresolved('unknown-command', `'${command.tool}' is not done here.`);
      }
    }
  }

  /** With --all-users a command on keys of HKCU is done for each user profile. */
  private reg(args: readonly string[]): Outcome {
    const { system } = this;
    // Whether a name is loaded is asked of the name alone.
    const [verb = '', key = ''] = args;
    const isBare = placeOfKey(key) === 'offline' && key.replace(/\\$/, '').split('\\').length === 2;
    if (/^query$/i.test(verb) && isBare && !isOfCurrentUser(key) && !system.isLoaded(key))
      return { exitCode: 1, stdout: '', stderr: `ERROR: ${NOT_FOUND_TEXT}\n` };
    const isImport = /^import$/i.test(args[0] ?? '') && system.users.length > 0;
    const isOfUsers = isImport
      ? /\[-?(?:HKEY_CURRENT_USER|HKCU)[\\\]]/i.test(decoded(system.files.read(args[1] ?? '')))
      : system.users.length > 0 && args.some(isOfCurrentUser);
    if (!isOfUsers) return reg(args, system.registry);
    return joinedOutcome(system.forEachUser((user) => ({ user, outcome: reg(args, system.registry) })));
  }

  /** `partition=<drive>:` of a page: the Windows volume, or for the boot manager the volume of the store. */
  private withLetter(arg: string, args: readonly string[]): string {
    if (!/^partition=/i.test(arg) || !arg.includes(ANY_DRIVE)) return arg;
    if (args.some((other) => /^\{bootmgr\}$/i.test(other))) {
      throw new Unresolved('placeholder', 'which partition the boot manager is on cannot be told from the page.');
    }
    const letter = this.system.windowsLetter;
    if (letter === null)
      throw new Unresolved('drive-not-mapped', 'no drive letter stands for the Windows volume; say one with --drive.');
    return arg.replace(`${ANY_DRIVE}:`, `${letter}:`);
  }
}

/** What a tool throws: what a person must decide is unresolved, what stops every write goes on. */
function outcomeOf(error: unknown, command: RecordedCommand): Outcome {
  if (!(error instanceof HivemendError)) throw error;
  if (
    error.kind === 'UsageError' ||
    error.kind === 'NotFoundError' ||
    error.code === 'NO_DESCRIPTORS' ||
    error.code === 'PROTECTED_KEY'
  ) {
    return { exitCode: 1, stdout: '', stderr: `${error.message}\n` };
  }
  const isInImage = error.code === 'NOT_IN_PLACE';
  if (isInImage || (command.tool === 'bcdedit' && (error.code === 'AMBIGUOUS' || error.code === 'LIVE_SYSTEM'))) {
    const hint = error.hint === undefined ? '' : ` (${error.hint.replaceAll(/\n\s*/g, ' ')})`;
    return { exitCode: 1, stdout: '', stderr: `${error.message}${hint}\n` };
  }
  throw error;
}

/** Errors that say that there is nothing to do: a check that finds nothing, a deletion of what is not there. */
function isHarmless(command: RecordedCommand, outcome: Outcome): boolean {
  const verb = command.words[1]?.text.toLowerCase() ?? '';
  const text = `${outcome.stdout}${outcome.stderr}`;
  if (command.tool === 'reg')
    return (
      /^(?:query|compare)$/.test(verb) ||
      (verb === 'delete' && /unable to find the specified/.test(text)) ||
      verb === 'unload'
    );
  if (command.tool === 'bcdedit') {
    const words = command.words.map((word) => word.text.toLowerCase());
    return (
      words.includes('/enum') ||
      (words.includes('/deletevalue') && /Element not found|cannot find/.test(text)) ||
      (words.includes('/create') && /already exists/.test(text))
    );
  }
  if (/^(?:rd|rmdir|del|erase)$/.test(command.tool)) return /cannot find the file specified/.test(text);
  if (/^remove-item/.test(command.tool)) return /does not exist/.test(text);
  return (
    ['find', 'findstr', 'dir', 'test-path', 'get-itemproperty', 'get-itempropertyvalue', 'robocopy'].includes(
      command.tool,
    ) && outcome.exitCode < 8
  );
}

/** Lines whose failure means that the script's own aim is missed: nothing is written then. */
function mustSucceed(command: RecordedCommand, outcome: Outcome): boolean {
  return (command.tool === 'reg' || command.tool === 'bcdedit') && !isHarmless(command, outcome);
}

function oneLine(text: string): string {
  return text
    .replace(/^ERROR: /, '')
    .trim()
    .split(/\s*\n\s*/)
    .slice(0, 2)
    .join(' ');
}
