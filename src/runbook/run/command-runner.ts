// One command of a script, whichever shell it is of: checked, and done on the disk, listed, or refused.

import { RefusedError } from '../../base/errors.ts';
import { commandLine } from '../../base/quote.ts';
import { isOfCurrentUser } from '../../compat/reg/user-profiles.ts';
import type { CheckedCommand } from '../lint/checked-command.ts';
import { checkCommand } from '../lint/command-check.ts';
import type { Remark } from '../lint/rules.ts';
import { effectiveLine } from '../parse/command-line.ts';
import { keptNames, unkept, unknownIn, unknownValue } from '../parse/marks.ts';
import { unshield } from '../parse/placeholder.ts';
import type { CommandNode, Span, Word } from '../parse/script.ts';
import { isFleeting, isWindowsVariable, withUsualValues } from '../parse/variable-names.ts';
import type { OfflineSystem } from '../tools/offline-system.ts';
import { ToolRunner } from '../tools/tool-runner.ts';
import { answerOf, withDates } from './answers.ts';
import type { Recorder } from './recorder.ts';
import type { Streams } from './redirections.ts';
import type { Unresolved } from './unresolved.ts';

export interface ShellOptions {
  /** The registry and store of "this machine" are the disk's. */
  readonly isLiveAllowed: boolean;
  /** bcdedit without /store is the volume's own store. */
  readonly hasVolume: boolean;
  readonly isCmdExpansion: boolean;
  /** The script's file, without its folder; `-` for standard input. */
  readonly scriptName: string;
  /** A command that has to be run on Windows stops the script. */
  readonly isStrict: boolean;
  /** Lines that take away what Windows starts from are run. */
  readonly isDeleteAllowed: boolean;
}

/** A command of the shell's own: true where it was one and is done. */
type Builtin = (command: CheckedCommand) => boolean;

export class CommandRunner {
  readonly system: OfflineSystem;
  readonly recorder: Recorder;
  readonly options: ShellOptions;
  private readonly mapped: ReadonlySet<string>;
  private readonly tools: ToolRunner;

  constructor(system: OfflineSystem, recorder: Recorder, options: ShellOptions) {
    this.system = system;
    this.recorder = recorder;
    this.options = options;
    this.mapped = new Set(system.options.drives.keys());
    this.tools = new ToolRunner(system, recorder);
  }

  /** Runs the command; `words` are its own with variables put in. Returns its exit code: null where nobody knows it, undefined for one that has none. */
  run(node: CommandNode, words: readonly Word[], streams: Streams, builtin: Builtin): number | null | undefined {
    const found: Remark[] = [];
    const checked = checkCommand(node, words, found, this.mapped);
    for (const remark of found) this.recorder.remark(remark);
    let exitCode: number | null | undefined;
    for (const command of checked) exitCode = this.one(this.allowed(command), node, streams, builtin);
    return exitCode;
  }

  /** A deletion that was allowed is a command like others; a disk is formatted on Windows. */
  private allowed(command: CheckedCommand): CheckedCommand {
    if (command.rule !== 'deletes-system-files' || !this.options.isDeleteAllowed) return command;
    return { ...command, verdict: /^format/.test(command.tool) ? 'elsewhere' : 'run', rule: null, why: '' };
  }

  private one(
    checked: CheckedCommand,
    node: CommandNode,
    streams: Streams,
    builtin: Builtin,
  ): number | null | undefined {
    this.recorder.spend(checked.at);
    const span: Span = { at: checked.at, endLine: node.endLine };
    if (checked.verdict === 'ignored') {
      this.recorder.touch(span);
      return undefined;
    }
    const { command, data } = storedData(checked);
    const effective = effectiveLine(command, node);
    const source = unshield(node.source);
    const refuse = (rule: Parameters<Recorder['refuse']>[2], why: string): null => {
      this.recorder.push(span, source, effective, { state: 'notUnderstood', rule, why });
      this.system.lose(command);
      return null;
    };
    if (command.verdict === 'unresolved') return refuse(command.rule ?? 'bad-syntax', command.why);
    if (builtin(command)) {
      this.recorder.touch(span);
      return 0;
    }
    const args = command.words.slice(1).map(({ text }) => text);
    const answer = answerOf(command.tool, args, this.system.session.host.now());
    if (answer !== null) {
      this.recorder.touch(span);
      streams.stdout += answer;
      return 0;
    }
    const unknown = command.words.map(({ text }) => unknownIn(text)).find((name) => name !== null);
    if (unknown !== undefined && unknown !== null) {
      return refuse(
        'unset-variable',
        `${unknown} is not known here, because what sets it was not understood or not run.`,
      );
    }
    if (command.verdict === 'elsewhere')
      return this.elsewhere(
        { ...command, why: command.why || this.instead(command) },
        { span, source, effective, streams },
      );
    const unset = node.dialect === 'cmd' ? unsetName(command, data) : null;
    if (unset !== null)
      return refuse('unset-variable', `%${unset}${/^[0-9*]/.test(unset) ? '' : '%'} is not set by this script.`);
    if (command.place === 'live' && !this.mayRunLive(command) && isQuestion(command)) {
      return this.elsewhere(
        { at: command.at, why: 'it asks the machine that runs it' },
        { span, source, effective, streams },
      );
    }
    if (streams.input !== null && unknownIn(streams.input) !== null && /^(?:find|findstr|more)$/.test(command.tool)) {
      this.elsewhere(command, { span, source, effective, streams: { ...streams, input: null } });
      streams.stdout += streams.input;
      return null;
    }
    if (command.place === 'live' && !this.mayRunLive(command)) {
      return refuse(
        'live-line',
        'it names the machine that runs it, not the attached disk (--live-blocks means the disk by it).',
      );
    }
    const now = this.system.session.host.now();
    const words = command.words.map((word) => ({ ...word, text: unkept(withDates(word.text, now)) }));
    const plain = { ...command, words };
    const outcome = this.tools.run(plain, { source, effective, span }, streams.input);
    streams.stdout += outcome.stdout;
    streams.stderr += outcome.stderr;
    return outcome.isUnresolved ? null : outcome.exitCode;
  }

  /** What hivemend itself has for a command of Windows; '' where it has nothing. */
  private instead({ tool, words }: CheckedCommand): string {
    const isStore =
      tool === 'bcdboot' || (tool === 'bootrec' && words.some(({ text }) => /^[/-]rebuildbcd$/i.test(text)));
    if (!isStore) return '';
    const { places, host } = this.system.session;
    return `or make the boot store here: ${commandLine(['hivemend', 'repair', '--only', 'boot-store', ...places], host.style)}`;
  }

  /** A cmdlet's work as a step of its line; what it is not done for, or null. ToolFailure becomes a failed step. */
  perform(
    line: { readonly span: Span; readonly source: string; readonly effective: string; readonly tool: string },
    work: () => void,
  ): Unresolved | null {
    this.recorder.spend(line.span.at);
    return this.tools.perform(line, work);
  }

  /** Lists a line that is run on Windows. */
  listElsewhere(
    line: { readonly span: Span; readonly source: string; readonly effective: string },
    streams: Streams,
  ): void {
    const command = { at: line.span.at, why: '' };
    this.elsewhere(command, { ...line, streams });
  }

  /** Listed with its effective line, and what a pipe brings it. Later lines take it for done: it is to be run first. */
  private elsewhere(
    command: Pick<CheckedCommand, 'at' | 'why'>,
    how: { readonly span: Span; readonly source: string; readonly effective: string; readonly streams: Streams },
  ): number {
    if (this.options.isStrict) {
      throw new RefusedError(
        'UNRESOLVED_LINE',
        `line ${command.at.line} (${how.effective}) has to be run on a running Windows, and --strict stops there`,
        { hint: 'without --strict it is listed and the rest goes on' },
      );
    }
    const { input } = how.streams;
    const given =
      input === null || input.trim() === ''
        ? ''
        : `; its input: ${input
            .trim()
            .split(/\s*\n\s*/)
            .join(' | ')}`;
    this.recorder.push(how.span, how.source, how.effective, {
      state: 'onWindows',
      rule: 'run-elsewhere',
      why: `run this on Windows yourself${command.why === '' ? '' : `: ${command.why}`}${given}`,
    });
    how.streams.stdout += unknownValue(`what ${how.effective.split(' ')[0]} says on a running Windows`);
    return 0;
  }

  private mayRunLive(command: CheckedCommand): boolean {
    const isOfUsers = this.system.users.length > 0 && command.words.some(({ text }) => isOfCurrentUser(text));
    if (command.tool === 'reg' && isOfUsers) return true;
    if (command.tool === 'reg' && this.system.isLoaded(command.words[2]?.text ?? '')) return true;
    const { files } = this.system;
    const isOwn = ({ text }: Word): boolean => !/^[A-Za-z]:/.test(text) || files.ownName(text) !== null;
    // What the script wrote on a drive of the recovery machine, it may take away.
    if (/^(?:del|erase)$/.test(command.tool) && command.words.slice(1).every(isOwn)) return true;
    return this.options.isLiveAllowed || (command.tool === 'bcdedit' && this.options.hasVolume);
  }
}

/** The command, and which of its words may name variables that Windows puts in when it reads what is stored. */
function storedData(command: CheckedCommand): { readonly command: CheckedCommand; readonly data: number } {
  const { tool, words } = command;
  if (tool !== 'reg' || !/^add$/i.test(words[1]?.text ?? ''))
    return { command, data: tool === 'sc' ? words.length : -1 };
  const after = (name: RegExp): number =>
    words.findIndex(({ text, isQuoted }, i) => i > 1 && !isQuoted && name.test(text)) + 1;
  const [type, data] = [after(/^[/-]t$/i), after(/^[/-]d$/i)];
  if (data === 0 || /^REG_EXPAND_SZ$/i.test(type === 0 ? '' : (words[type]?.text ?? ''))) return { command, data };
  const usual = words.map((word, i) => (i === data ? { ...word, text: withUsualValues(word.text) } : word));
  return { command: { ...command, words: usual }, data: -1 };
}

/** A variable that nobody sets, or that means nothing where it would be stored; null where there is none. */
function unsetName({ tool, words }: CheckedCommand, data: number): string | null {
  const isStored =
    tool === 'sc' ||
    tool === 'bcdedit' ||
    (tool === 'reg' && /^(?:add|delete|copy|query)$/i.test(words[1]?.text ?? ''));
  for (const [i, { text }] of words.entries()) {
    const isPath =
      i === 0 ||
      !isStored ||
      (tool === 'bcdedit' && /^[/-](?:store|export|import|createstore)$/i.test(words[i - 1]?.text ?? ''));
    const isData = i === data || data === words.length;
    // The name that a hive is loaded as is the script's own affair.
    const stored = tool === 'reg' && i === 2 ? text.split('\\').slice(2).join('\\') : text;
    for (const name of keptNames(isPath ? text : stored)) {
      if (isPath ? name === '0' || isWindowsVariable(name) : isData && isWindowsVariable(name) && !isFleeting(name))
        continue;
      return name;
    }
  }
  return null;
}

/** A line that only reads of the machine that runs it. */
function isQuestion({ tool, words }: CheckedCommand): boolean {
  const verb = words[1]?.text ?? '';
  return (
    (tool === 'reg' && /^(?:query|compare)$/i.test(verb)) || (tool === 'sc' && /^(?:query|queryex|qc)$/i.test(verb))
  );
}
