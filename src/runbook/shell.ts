// Runs a script's nodes in memory: conditions, jumps, loops, variables, pipes and redirections. Bounded by a budget.

import { HivemendError, RefusedError } from '../base/errors.ts';
import { bcdedit } from '../commands/bcdedit.ts';
import type { Outcome } from '../commands/outcome.ts';
import { reg } from '../commands/reg.ts';
import type { Change } from '../registry/edit.ts';
import type { Bench, BenchNotes } from './bench.ts';
import { cmdletCommand } from './cmdlets.ts';
import { fileCommand } from './file-commands.ts';
import { filterCommand } from './filters.ts';
import { icacls, listingBytes, takeown } from './icacls-command.ts';
import { judgeCommand } from './judge.ts';
import type { JudgedCommand } from './judged.ts';
import { textItems } from './loop-items.ts';
import { ANY_DRIVE, unshield } from './placeholder.ts';
import type { Remark, RuleId } from './rules.ts';
import type { CommandNode, ForNode, IfNode, Node, Position, Redirect, Word } from './script.ts';
import { serviceCommand } from './service-command.ts';
import type { Step, StepState } from './step.ts';
import { ToolFailure, Unresolved } from './unresolved.ts';
import { expand, unsetNames, Variables } from './variables.ts';
import { lineOf, splitWords } from './words.ts';

/** Commands that one script may run, loops counted out. */
const MOST_STEPS = 20_000;
const MOST_CALLS = 64;

export interface ShellOptions {
  /** The registry and store of "this machine" are the disk's. */
  readonly isLiveAllowed: boolean;
  /** bcdedit without /store is the volume's own store. */
  readonly hasVolume: boolean;
  readonly isCmdExpansion: boolean;
  /** A command that has to be run elsewhere stops the script. */
  readonly isStrict: boolean;
}

/** What flows through a pipe. */
interface Streams {
  stdout: string;
  stderr: string;
  /** Null without a pipe. */
  readonly input: string | null;
}

/** A line as the script has it, and as it is run. */
interface ShownLine {
  readonly source: string;
  readonly effective: string;
}

/** Thrown by goto, exit and call. */
class Jump extends Error {
  readonly target: string | null;
  constructor(target: string | null) {
    super('jump');
    this.target = target;
  }
}

export class Shell {
  readonly steps: Step[] = [];
  readonly remarks: Remark[] = [];
  /** What each block wants at each place. */
  readonly wanted = new Map<number, Map<string, string>>();
  private readonly bench: Bench;
  private readonly options: ShellOptions;
  private live: Variables;
  private fixed: Variables;
  private readonly loop = new Map<string, string>();
  private readonly mapped: ReadonlySet<string>;
  private block = 0;
  private count = 0;
  private calls = 0;
  private nodes: readonly Node[] = [];

  constructor(bench: Bench, options: ShellOptions) {
    this.bench = bench;
    this.options = options;
    this.live = new Variables(options.isCmdExpansion);
    this.fixed = this.live;
    this.mapped = new Set(bench.options.drives.keys());
  }

  /** Runs one block; variables and bound hives stay for the next. */
  run(block: number, nodes: readonly Node[]): void {
    this.block = block;
    this.nodes = nodes;
    this.runFrom(0);
  }

  private runFrom(start: number): void {
    for (let i = start; i < this.nodes.length; i += 1) {
      this.fixed = this.live.copy();
      try {
        this.node(this.nodes[i]!, { stdout: '', stderr: '', input: null });
      } catch (error) {
        if (!(error instanceof Jump)) throw error;
        if (error.target === null) return;
        i = this.labelIndex(error.target);
      }
    }
  }

  private labelIndex(name: string): number {
    const at = this.nodes.findIndex((node) => node.kind === 'label' && node.name === name);
    return at < 0 ? this.nodes.length : at;
  }

  private node(node: Node, streams: Streams): void {
    switch (node.kind) {
      case 'command':
        this.command(node, streams);
        return;
      case 'group':
        this.redirected(node.redirects, streams, (inner) => {
          for (const child of node.nodes) this.node(child, inner);
        });
        return;
      case 'chain':
        this.chain(node.operator, node.left, node.right, streams);
        return;
      case 'if':
        this.conditional(node, streams);
        return;
      case 'for':
        this.repeat(node, streams);
        return;
      case 'bad':
        this.push(node.at, node.source, node.source, { state: 'unresolved', rule: node.rule, why: node.why });
        return;
      case 'label':
        return;
    }
  }

  private chain(operator: '&' | '&&' | '||' | '|', left: Node, right: Node, streams: Streams): void {
    if (operator === '|') {
      const inner: Streams = { stdout: '', stderr: '', input: streams.input };
      this.node(left, inner);
      streams.stderr += inner.stderr;
      const after: Streams = { stdout: '', stderr: '', input: inner.stdout };
      this.node(right, after);
      streams.stdout += after.stdout;
      streams.stderr += after.stderr;
      return;
    }
    this.node(left, streams);
    const isFine = this.live.errorlevel === 0;
    if (operator === '&' || (operator === '&&') === isFine) this.node(right, streams);
  }

  private conditional(node: IfNode, streams: Streams): void {
    this.spend(node.at);
    let holds: boolean;
    try {
      holds = this.holds(node);
    } catch (error) {
      if (!(error instanceof Unresolved)) throw error;
      this.push(node.at, 'if', 'if', { state: 'unresolved', rule: error.rule, why: error.message });
      return;
    }
    if (holds !== node.isNegated) this.node(node.body, streams);
    else if (node.otherwise) this.node(node.otherwise, streams);
  }

  private holds({ condition, ignoresCase }: IfNode): boolean {
    if (condition.test === 'compare') {
      const fold = (text: string): string => {
        const value = this.expanded(text);
        return ignoresCase ? value.toLowerCase() : value;
      };
      return compare(fold(condition.left), condition.operator, fold(condition.right));
    }
    const operand = this.expanded(condition.operand).replaceAll('"', '');
    if (condition.test === 'errorlevel') return this.live.errorlevel >= Number(operand);
    if (condition.test === 'defined') return this.live.isSet(operand);
    if (/[*?]/.test(operand)) return this.bench.files.matching(operand).length > 0;
    return this.bench.files.exists(operand);
  }

  private repeat(node: ForNode, streams: Streams): void {
    const before = this.loop.get(node.variable);
    const outer = new Map(this.loop);
    for (const item of this.items(node)) {
      this.spend(node.at);
      item.forEach((text, i) => {
        this.loop.set(String.fromCharCode(node.variable.charCodeAt(0) + i), text);
      });
      this.node(node.body, streams);
    }
    this.loop.clear();
    for (const [name, value] of outer) this.loop.set(name, value);
    if (before !== undefined) this.loop.set(node.variable, before);
  }

  /** What the loop goes through: each item is the values of its variable and of those after it. */
  private items(node: ForNode): string[][] {
    const set = this.expanded(node.set);
    try {
      if (node.mode === 'numbers') return numbers(set);
      if (node.mode === 'text') return textItems(node.options, this.loopText(set, node));
      return listItems(set).flatMap((item) =>
        /[*?]/.test(item) ? this.bench.files.matching(item).map(({ shown }) => [shown]) : [[item]],
      );
    } catch (error) {
      if (!(error instanceof Unresolved)) throw error;
      this.push(node.at, 'for', 'for', { state: 'unresolved', rule: error.rule, why: error.message });
      return [];
    }
  }

  /** The text of for /f: a command's output, a string, or files. */
  private loopText(set: string, node: ForNode): string {
    const bare = set.trim();
    if (/^'.*'$/s.test(bare)) {
      const inner: Streams = { stdout: '', stderr: '', input: null };
      const text = bare.slice(1, -1).replace(/\^([|&<>])/g, '$1');
      const [command, ...filters] = text.split('|');
      let last = this.typed(command!.trim(), node.at, inner);
      for (const filter of filters) {
        const next: Streams = { stdout: '', stderr: '', input: last };
        last = this.typed(filter.trim(), node.at, next);
      }
      return last;
    }
    if (/^".*"$/s.test(bare)) return bare.slice(1, -1);
    return new TextDecoder('windows-1252').decode(this.bench.files.read(bare));
  }

  /** Runs a command that stands in a string; returns what it printed. */
  private typed(text: string, at: Position, streams: Streams): string {
    const bare = text.replace(/\s*[0-9]?>\s*nul\b/gi, '').replace(/\s*2>&1/g, '');
    const words = splitWords(bare, () => at);
    this.command({ kind: 'command', dialect: 'cmd', at, source: bare, text: bare, words, redirects: [] }, streams);
    return streams.stdout;
  }

  private expanded(text: string): string {
    return expand(text, this.fixed, this.live, this.loop);
  }

  private expandedWords(words: readonly Word[]): Word[] {
    return words.flatMap((word) => {
      const text = this.expanded(word.text);
      if (text === word.text) return [word];
      if (word.isQuoted || !/[\s"]/.test(text)) return [{ ...word, text: text.replaceAll('"', '') }];
      return splitWords(text, () => word.at);
    });
  }

  private command(node: CommandNode, streams: Streams): void {
    this.redirected(node.redirects, streams, (inner) => {
      const found: Remark[] = [];
      const judged = judgeCommand(node, this.expandedWords(node.words), found, this.mapped);
      for (const remark of found) this.remark(remark);
      for (const command of judged) this.one(command, node, inner);
    });
  }

  private one(command: JudgedCommand, node: CommandNode, streams: Streams): void {
    this.spend(command.at);
    if (command.verdict === 'ignored') return;
    const effective = effectiveLine(command, node);
    const source = unshield(node.source);
    if (command.verdict === 'unresolved') {
      this.push(command.at, source, effective, { state: 'unresolved', rule: command.rule, why: command.why });
      return;
    }
    if (command.verdict === 'elsewhere') {
      if (this.options.isStrict) {
        throw new RefusedError(
          'UNRESOLVED_LINE',
          `line ${command.at.line} (${effective}) has to be run on a running Windows, and --strict stops there`,
          {
            hint: 'without --strict it is listed and the rest goes on',
          },
        );
      }
      this.push(command.at, source, effective, {
        state: 'elsewhere',
        rule: 'run-elsewhere',
        why: 'needs a running Windows',
      });
      return;
    }
    if (this.builtin(command, node, streams)) return;
    const unset = unsetIn(command);
    if (unset !== null) {
      this.push(command.at, source, effective, {
        state: 'unresolved',
        rule: 'unset-variable',
        why: `%${unset} is set nowhere`,
      });
      return;
    }
    if (command.place === 'live' && !this.mayRunLive(command)) {
      this.push(command.at, source, effective, {
        state: 'unresolved',
        rule: 'live-line',
        why: 'it names the machine that runs it, not the attached disk (--live-blocks means the disk by it)',
      });
      return;
    }
    this.tool(command, { source, effective }, streams);
  }

  private mayRunLive(command: JudgedCommand): boolean {
    return this.options.isLiveAllowed || (command.tool === 'bcdedit' && this.options.hasVolume);
  }

  /** set, echo, goto, call, exit, cd: true where it was one of them. */
  private builtin(command: JudgedCommand, node: CommandNode, streams: Streams): boolean {
    const text = this.expanded(node.text);
    const rest = text.replace(/^\S+?(?=[\s.:\\/(]|$)/, '');
    switch (command.tool) {
      case 'set':
        this.assign(rest.trim(), node, streams);
        return true;
      case 'echo':
        if (!/^\s*(?:on|off)?\s*$/i.test(rest)) streams.stdout += `${rest.slice(1)}\r\n`;
        else if (/^[.:(]/.test(rest)) streams.stdout += '\r\n';
        return true;
      case 'setlocal':
      case 'endlocal':
        return true;
      case 'goto':
        this.jump(rest.trim().replace(/^:/, '').toLowerCase(), node);
        return true;
      case 'call':
        this.call(rest.trim(), node, streams);
        return true;
      case 'exit': {
        const code = /\d+\s*$/.exec(rest)?.[0];
        if (code !== undefined) this.live.errorlevel = Number(code);
        throw new Jump(null);
      }
      case 'cd':
      case 'chdir':
      case 'pushd':
      case 'popd':
        this.changeFolder(command, rest);
        return true;
      default:
        return false;
    }
  }

  private changeFolder(command: JudgedCommand, rest: string): void {
    const target = /^[A-Za-z]:\\?$/.test(command.words[0]!.text)
      ? command.words[0]!.text.slice(0, 2)
      : rest
          .replace(/^\s*\/d\b/i, '')
          .trim()
          .replaceAll('"', '');
    if (target === '' || command.tool === 'popd') return;
    try {
      this.bench.files.changeFolder(target);
    } catch (error) {
      if (!(error instanceof Unresolved)) throw error;
    }
  }

  private assign(text: string, node: CommandNode, streams: Streams): void {
    const bare = text.replace(/^"(.*)"[^"]*$/s, '$1');
    if (/^\/p\b/i.test(bare)) {
      this.push(node.at, node.source, node.source, {
        state: 'unresolved',
        rule: 'placeholder',
        why: 'set /p asks a person',
      });
      return;
    }
    if (/^\/a\b/i.test(bare)) {
      this.arithmetic(bare.slice(2).trim().replaceAll('"', ''), node);
      return;
    }
    const cut = bare.indexOf('=');
    if (cut > 0) this.live.set(bare.slice(0, cut), bare.slice(cut + 1));
    else
      streams.stdout += this.live
        .listed(bare)
        .map((line) => `${line}\r\n`)
        .join('');
    this.live.errorlevel = 0;
  }

  /** `set /a N=N+1` and the like: two whole numbers or names and one operator. */
  private arithmetic(text: string, node: CommandNode): void {
    const match = /^(\w+)\s*(?:([-+*])?=)\s*(-?\w+)(?:\s*([-+*])\s*(\w+))?$/.exec(text);
    if (!match) {
      this.push(node.at, node.source, node.source, {
        state: 'unresolved',
        rule: 'bad-syntax',
        why: 'this arithmetic is not read',
      });
      return;
    }
    const [, name, own, left, operator, right] = match;
    const number = (word: string): number => Number(/^-?\d+$/.test(word) ? word : (this.live.get(word) ?? '0'));
    const value = operator ? calculate(number(left!), operator, number(right!)) : number(left!);
    this.live.set(name!, String(own ? calculate(number(name!), own, value) : value));
  }

  private jump(label: string, node: CommandNode): void {
    if (label === 'eof') throw new Jump(null);
    if (!this.nodes.some((other) => other.kind === 'label' && other.name === label)) {
      this.push(node.at, node.source, node.source, {
        state: 'unresolved',
        rule: 'not-found-label',
        why: `there is no label :${label}`,
      });
      throw new Jump(null);
    }
    throw new Jump(label);
  }

  private call(text: string, node: CommandNode, streams: Streams): void {
    if (!text.startsWith(':')) {
      this.typed(text, node.at, streams);
      return;
    }
    const [label = ''] = text.slice(1).split(/\s/);
    const at = this.nodes.findIndex((other) => other.kind === 'label' && other.name === label.toLowerCase());
    this.calls += 1;
    if (at < 0 || this.calls > MOST_CALLS) {
      this.push(node.at, node.source, node.source, {
        state: 'unresolved',
        rule: 'not-found-label',
        why: at < 0 ? `there is no label :${label}` : `more than ${MOST_CALLS} calls stand in one another`,
      });
      return;
    }
    const { fixed } = this;
    this.runFrom(at);
    this.fixed = fixed;
    this.calls -= 1;
  }

  private tool(command: JudgedCommand, line: ShownLine, streams: Streams): void {
    const from = this.bench.session.changes.length;
    this.bench.takeNotes();
    let outcome: Outcome = { exitCode: 0, stdout: '', stderr: '' };
    let unresolved: Unresolved | null = null;
    try {
      outcome = this.dispatch(command, streams.input);
    } catch (error) {
      if (error instanceof Unresolved) unresolved = error;
      else if (error instanceof ToolFailure)
        outcome = { exitCode: error.exitCode, stdout: '', stderr: `${error.message}\n` };
      else outcome = outcomeOf(error, command);
    }
    if (!unresolved && outcome.exitCode !== 0 && mustSucceed(command, outcome)) {
      unresolved = new Unresolved('cannot-be-bound', oneLine(`${outcome.stderr}${outcome.stdout}`));
    }
    this.live.errorlevel = unresolved ? 1 : outcome.exitCode;
    streams.stdout += outcome.stdout;
    streams.stderr += outcome.stderr;
    const notes = this.bench.takeNotes();
    const changes = this.bench.session.changes.slice(from);
    this.conclude(command, line, { outcome, unresolved, notes, changes });
  }

  private conclude(
    command: JudgedCommand,
    { source, effective }: ShownLine,
    found: { outcome: Outcome; unresolved: Unresolved | null; notes: BenchNotes; changes: readonly Change[] },
  ): void {
    const { outcome, unresolved, notes, changes } = found;
    const wanted = this.wanted.get(this.block) ?? new Map<string, string>();
    for (const [place, value] of notes.wanted) wanted.set(place, value);
    this.wanted.set(this.block, wanted);
    for (const name of notes.boundByUse) {
      this.remark({
        rule: 'hive-not-loaded',
        ...command.at,
        text: `${name} is loaded nowhere before this line; it stands for the hive of the disk.`,
      });
    }
    const output = `${outcome.stdout}${outcome.stderr}`;
    if (unresolved) {
      this.push(command.at, source, effective, { state: 'unresolved', rule: unresolved.rule, why: unresolved.message });
      return;
    }
    const [set] = notes.skippedSets;
    if (set !== undefined && changes.length === 0) {
      this.push(command.at, source, effective, {
        state: 'skipped',
        rule: 'control-set-skipped',
        why: `${set} is not on this disk`,
        output,
      });
      return;
    }
    const isFailure = outcome.exitCode !== 0 && !isHarmless(command, outcome);
    const bound = notes.otherStore === null ? '' : `the store is ${notes.otherStore}`;
    this.push(command.at, source, effective, {
      state: isFailure ? 'failed' : 'run',
      rule: isFailure ? 'line-failed' : null,
      why: isFailure ? oneLine(output) : bound,
      exitCode: outcome.exitCode,
      output,
      changes,
    });
  }

  private dispatch(command: JudgedCommand, input: string | null): Outcome {
    const args = command.words.slice(1).map(({ text }) => text);
    switch (command.tool) {
      case 'reg':
        return reg(args, this.bench.registry);
      case 'bcdedit':
        return bcdedit(
          args.map((arg) => this.withLetter(arg, args)),
          this.bench.bcd,
        );
      case 'icacls':
        return icacls(args, this.bench);
      case 'takeown':
        return takeown(args, this.bench);
      case 'sc':
        return serviceCommand(args, this.bench);
      case 'find':
      case 'findstr':
      case 'more':
        return filterCommand(command.tool, args, input, this.bench);
      default: {
        const outcome = fileCommand(command.tool, args, this.bench) ?? cmdletCommand(command.tool, args, this.bench);
        if (outcome) return outcome;
        throw new Unresolved('unknown-command', `'${command.tool}' is not done here.`);
      }
    }
  }

  /** `partition=<drive>:` of a page: the Windows volume, or for the boot manager the volume of the store. */
  private withLetter(arg: string, args: readonly string[]): string {
    if (!/^partition=/i.test(arg) || !arg.includes(ANY_DRIVE)) return arg;
    if (args.some((other) => /^\{bootmgr\}$/i.test(other))) {
      throw new Unresolved('placeholder', 'which partition the boot manager is on cannot be told from the page.');
    }
    const letter = this.bench.windowsLetter;
    if (letter === null)
      throw new Unresolved('drive-not-mapped', 'no drive letter stands for the Windows volume; say one with --drive.');
    return arg.replace(`${ANY_DRIVE}:`, `${letter}:`);
  }

  private redirected(redirects: readonly Redirect[], streams: Streams, body: (inner: Streams) => void): void {
    if (redirects.length === 0) {
      body(streams);
      return;
    }
    const inner: Streams = { stdout: '', stderr: '', input: streams.input };
    body(inner);
    const joinsError = redirects.some(({ handle, mode }) => handle === 2 && mode === 'dup');
    if (joinsError) {
      inner.stdout += inner.stderr;
      inner.stderr = '';
    }
    for (const redirect of redirects) {
      if (redirect.mode === 'dup' || redirect.mode === 'read') continue;
      const text = redirect.handle === 2 ? inner.stderr : inner.stdout;
      if (redirect.handle === 2) inner.stderr = '';
      else inner.stdout = '';
      this.writeListing(redirect, text);
    }
    streams.stdout += inner.stdout;
    streams.stderr += inner.stderr;
  }

  private writeListing(redirect: Redirect, text: string): void {
    const from = this.bench.session.changes.length;
    const target = this.expanded(redirect.target.text);
    const show = `> ${unshield(target)}`;
    try {
      this.bench.files.write(target, listingBytes(text.replace(/\r?\n/g, '\r\n')), redirect.mode === 'append');
    } catch (error) {
      if (error instanceof Unresolved || error instanceof HivemendError) {
        const rule = error instanceof Unresolved ? error.rule : 'cannot-be-bound';
        this.push(redirect.target.at, show, show, { state: 'unresolved', rule, why: error.message });
        return;
      }
      throw error;
    }
    const changes = this.bench.session.changes.slice(from);
    if (changes.length > 0) this.push(redirect.target.at, show, show, { state: 'run', changes });
  }

  private spend(at: Position): void {
    this.count += 1;
    if (this.count <= MOST_STEPS) return;
    throw new RefusedError(
      'LIMIT',
      `the script still runs after ${MOST_STEPS} steps, at line ${at.line}; it may never end`,
      {
        hint: 'hivemend lint shows its lines',
      },
    );
  }

  private remark(remark: Remark): void {
    const isKnown = this.remarks.some(
      (other) => other.rule === remark.rule && other.line === remark.line && other.column === remark.column,
    );
    if (!isKnown) this.remarks.push(remark);
  }

  private push(
    at: Position,
    source: string,
    effective: string,
    rest: Partial<Step> & { readonly state: StepState },
  ): void {
    const rule: RuleId | null = rest.rule ?? null;
    this.steps.push({
      block: this.block,
      at,
      source: unshield(source),
      effective: unshield(effective),
      why: '',
      exitCode: 0,
      output: '',
      changes: [],
      ...rest,
      rule,
    });
  }
}

/** The command as it is run, with its redirections. */
function effectiveLine(command: JudgedCommand, node: CommandNode): string {
  const arrows = { write: '>', append: '>>', read: '<', dup: '>&' } as const;
  const redirects = node.redirects.map(
    ({ handle, mode, target }) => `${handle === 2 ? '2' : ''}${arrows[mode]}${mode === 'dup' ? '' : ' '}${target.text}`,
  );
  return unshield([lineOf(command.words), ...redirects].join(' '));
}

/** What a tool throws: what a person must decide is unresolved, what stops every write goes on. */
function outcomeOf(error: unknown, command: JudgedCommand): Outcome {
  if (!(error instanceof HivemendError)) throw error;
  if (
    error.kind === 'UsageError' ||
    error.kind === 'NotFoundError' ||
    error.code === 'NO_DESCRIPTORS' ||
    error.code === 'PROTECTED_KEY'
  ) {
    return { exitCode: 1, stdout: '', stderr: `${error.message}\n` };
  }
  if (command.tool === 'bcdedit' && (error.code === 'AMBIGUOUS' || error.code === 'LIVE_SYSTEM')) {
    const hint = error.hint === undefined ? '' : ` (${error.hint})`;
    return { exitCode: 1, stdout: '', stderr: `${error.message}${hint}\n` };
  }
  throw error;
}

/** Errors that say that there is nothing to do: a check that finds nothing, a deletion of what is not there. */
function isHarmless(command: JudgedCommand, outcome: Outcome): boolean {
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
  return (
    ['find', 'findstr', 'dir', 'test-path', 'get-itemproperty', 'get-itempropertyvalue', 'robocopy'].includes(
      command.tool,
    ) && outcome.exitCode < 8
  );
}

/** A variable that stays in a command after expansion and that Windows does not set; data that reg stores may hold any. */
function unsetIn(command: JudgedCommand): string | null {
  const words = command.words.filter(
    (_, i) => !/^\/d$/i.test(command.words[i - 1]?.text ?? '') || command.tool !== 'reg',
  );
  return words.flatMap(({ text }) => unsetNames(text, new Set()))[0] ?? null;
}

/** Lines whose failure means that the script's own aim is missed: nothing is written then. */
function mustSucceed(command: JudgedCommand, outcome: Outcome): boolean {
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

function compare(left: string, operator: string, right: string): boolean {
  if (operator === '==') return left === right;
  const [a, b] = [left.replaceAll('"', ''), right.replaceAll('"', '')];
  const isNumber = /^-?\d+$/.test(a) && /^-?\d+$/.test(b);
  const order = isNumber ? Number(a) - Number(b) : a < b ? -1 : a > b ? 1 : 0;
  const holds: Readonly<Record<string, boolean>> = {
    equ: order === 0,
    neq: order !== 0,
    lss: order < 0,
    leq: order <= 0,
    gtr: order > 0,
    geq: order >= 0,
  };
  return holds[operator] ?? false;
}

function calculate(a: number, operator: string, b: number): number {
  return (operator === '+' ? a + b : operator === '-' ? a - b : a * b) | 0;
}

function listItems(set: string): string[] {
  return (set.match(/"[^"]*"|[^\s,;=]+/g) ?? []).map((item) => item);
}

function numbers(set: string): string[][] {
  const [start, step, end] = set.split(',').map((text) => Number(text.trim()));
  if (
    start === undefined ||
    step === undefined ||
    end === undefined ||
    ![start, step, end].every(Number.isInteger) ||
    step === 0
  ) {
    throw new Unresolved('bad-syntax', 'for /l needs three whole numbers.');
  }
  const found: string[][] = [];
  for (let i = start; step > 0 ? i <= end : i >= end; i += step) {
    found.push([String(i)]);
    if (found.length > MOST_STEPS)
      throw new RefusedError('LIMIT', `for /l goes through more than ${MOST_STEPS} numbers`);
  }
  return found;
}
