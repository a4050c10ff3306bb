// cmd.exe: statements in order, jumps and calls, groups, chains, conditions and loops. What its commands do is in
// builtins.ts and in the tools; each statement's variables are put in before it is parsed.

import { HivemendError } from '../../../base/errors.ts';
import { CmdScript, type CmdStatement, moved } from '../../parse/cmd/cmd-script.ts';
import { type Traced, traced } from '../../parse/cmd/traced.ts';
import type { ChainNode, CommandNode, ForNode, IfNode, Node, Position } from '../../parse/script.ts';
import { commandWords } from '../../parse/words.ts';
import type { CommandRunner } from '../command-runner.ts';
import { Jump, Lost } from '../jump.ts';
import { redirected, type Streams } from '../redirections.ts';
import { ToolFailure, Unresolved } from '../unresolved.ts';
import { Builtins } from './builtins.ts';
import { argumentText, CallArguments } from './call-arguments.ts';
import type { CmdState, PowerShellText } from './cmd-state.ts';
import { conditionHolds } from './conditions.ts';
import { Environment, unsetText } from './environment.ts';
import { LoopItems } from './loop-source.ts';
import { expandLoop } from './path-parts.ts';
import { asInScript, expandDelayed, expandPercent } from './percent.ts';
import { dependsOn, giveUp, notKnown } from './refusals.ts';

const MOST_CALLS = 64;

export class CmdShell implements CmdState {
  readonly environment: Environment;
  readonly runner: CommandRunner;
  private readonly builtins: Builtins;
  private readonly items: LoopItems;
  private loop = new Map<string, string>();
  /** Null at the top, where a person would give arguments. */
  private args: CallArguments | null = null;
  private calls = 0;
  private script: CmdScript | null = null;
  readonly powershell: PowerShellText;

  constructor(runner: CommandRunner, powershell: PowerShellText) {
    this.runner = runner;
    this.powershell = powershell;
    const { host } = runner.system.session;
    this.environment = new Environment(runner.options.isCmdExpansion, (sizeBytes) => host.random(sizeBytes));
    this.builtins = new Builtins(this);
    this.items = new LoopItems(this);
  }

  /** Runs a block; variables and bound hives stay for the next. */
  run(script: CmdScript): void {
    this.script = script;
    const depth = this.environment.depth;
    try {
      this.runFrom(0, false);
    } catch (error) {
      if (!(error instanceof Lost)) throw error;
      giveUp(script, error, this);
    }
    this.environment.restoreTo(depth);
  }

  /** Runs a command line that stands in a text: of for /f, cmd /c, call. */
  typed(text: string, at: Position, streams: Streams): void {
    if (!this.script) return;
    const nodes = this.script.parse({ text, origins: [] });
    for (const node of nodes) this.node(moved(node, at), streams);
  }

  /** The same where no block of cmd.exe is being run: cmd /c in PowerShell. */
  typedAlone(text: string, at: Position, streams: Streams): void {
    const { script } = this;
    this.script ??= new CmdScript([]);
    try {
      this.typed(text, at, streams);
    } catch (error) {
      if (!(error instanceof Jump)) throw error;
    } finally {
      this.script = script;
    }
  }

  private runFrom(start: number, isCalled: boolean): void {
    const { statements } = this.script!;
    for (let i = start; i < statements.length; i += 1) {
      try {
        this.statement(statements[i]!);
      } catch (error) {
        if (!(error instanceof Jump)) throw error;
        if (error.isFinal && isCalled) throw error;
        if (error.target === null) return;
        i = this.labelIndex(error.target);
      }
    }
  }

  private statement({ node, text }: CmdStatement): void {
    const streams: Streams = { stdout: '', stderr: '', input: null };
    if (!text.text.includes('%')) {
      this.node(node, streams);
      return;
    }
    const expanded = this.percent(asInScript(text));
    for (const one of this.script!.parse(expanded)) this.node(one, streams);
  }

  /** Percent variables and arguments put in. */
  percent(text: Traced): Traced {
    const { args } = this;
    return expandPercent(text, {
      variable: (name) => this.environment.get(name) ?? this.here(name),
      argument: (digit, modifiers) => argumentText(args, digit, modifiers, this.runner.options.scriptName, this.facts),
      allArguments: args?.all ?? null,
      unset: (piece) => (this.script?.assigns(piece) ? '' : unsetText(piece)),
    });
  }

  /** %CD%, where the script stands on the disk. */
  private here(name: string): string | null {
    return /^cd$/i.test(name) ? this.runner.system.files.here : null;
  }

  private get facts() {
    const { files } = this.runner.system;
    return {
      absolute: (path: string) => files.absoluteOrNull(path),
      sizeBytes: (path: string) => files.sizeBytes(path),
    };
  }

  private labelIndex(name: string): number {
    const { statements } = this.script!;
    const at = statements.findIndex(({ node }) => node.kind === 'label' && node.name === name);
    return at < 0 ? statements.length : at;
  }

  hasLabel(name: string): boolean {
    return this.script!.statements.some(({ node }) => node.kind === 'label' && node.name === name);
  }

  node(node: Node, streams: Streams): void {
    switch (node.kind) {
      case 'command':
        this.command(node, streams);
        return;
      case 'group':
        redirected(node.redirects, streams, this.redirections, (inner) => {
          for (const child of node.nodes) this.node(child, inner);
        });
        return;
      case 'chain':
        this.chain(node, streams);
        return;
      case 'if':
        this.conditional(node, streams);
        return;
      case 'for':
        this.repeat(node, streams);
        return;
      case 'bad':
        this.runner.recorder.refuse(node, node.source, node.rule, node.why);
        this.environment.errorlevel = null;
        return;
      case 'label':
        this.runner.recorder.touch(node);
        return;
    }
  }

  private get redirections() {
    const { system, recorder } = this.runner;
    return { system, recorder, expanded: (text: string) => this.late(text) };
  }

  /** What is put in when a command is run: variables of for, then `!name!`. */
  late(text: string): string {
    const looped = expandLoop(text, this.loop, this.facts);
    return this.environment.isDelayed ? expandDelayed(looped, (name) => this.environment.get(name)) : looped;
  }

  private command(node: CommandNode, streams: Streams): void {
    redirected(node.redirects, streams, this.redirections, (inner) => {
      const text = this.late(node.text);
      const isChanged = text !== node.text;
      const words = isChanged ? commandWords(text, () => node.at) : node.words;
      const own = { ...node, text, words };
      if (this.refuseUndelayed(own)) return;
      this.builtins.keepsErrorlevel = false;
      const code = this.runner.run(own, words, inner, (command) => this.builtins.run(command, own, inner));
      if (code !== undefined && !this.builtins.keepsErrorlevel) this.environment.errorlevel = code;
    });
  }

  /** `!name!` where delayed expansion is off would be written as it stands, which nobody means. */
  private refuseUndelayed(node: CommandNode): boolean {
    const name = /!([^!\s"]+)!/.exec(node.text)?.[1];
    if (this.environment.isDelayed || name === undefined || this.environment.get(name) === null) return false;
    const why = `!${name}! is put in only after setlocal enabledelayedexpansion.`;
    this.runner.recorder.refuse(node, node.source, 'unset-variable', why);
    this.environment.errorlevel = null;
    return true;
  }

  private chain({ operator, left, right }: ChainNode, streams: Streams): void {
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
    const { errorlevel } = this.environment;
    if (operator === '&') this.node(right, streams);
    else if (errorlevel === null) notKnown([right], right, new Unresolved('unset-variable', dependsOn(left)), this);
    else if ((operator === '&&') === (errorlevel === 0)) this.node(right, streams);
  }

  private conditional(node: IfNode, streams: Streams): void {
    const { recorder, system } = this.runner;
    recorder.spend(node.at);
    const branches = node.otherwise ? [node.body, node.otherwise] : [node.body];
    let isTrue: boolean;
    try {
      const { environment } = this;
      isTrue = conditionHolds(node, { system, environment, expanded: (text) => this.late(text) });
    } catch (error) {
      if (!(error instanceof Unresolved)) throw error;
      notKnown(branches, node, error, this);
      return;
    }
    recorder.touch(node);
    if (isTrue) this.node(node.body, streams);
    else if (node.otherwise) this.node(node.otherwise, streams);
  }

  private repeat(node: ForNode, streams: Streams): void {
    const { recorder } = this.runner;
    let items: string[][];
    try {
      items = this.items.of(node);
    } catch (error) {
      if (error instanceof ToolFailure || (error instanceof HivemendError && error.kind === 'NotFoundError')) {
        // The file that the items were to come from is not there, or is none: cmd.exe says so and goes on.
        recorder.push(node, node.source, node.source, { state: 'failed', rule: 'line-failed', why: error.message });
        this.environment.errorlevel = 1;
        return;
      }
      if (!(error instanceof Unresolved)) throw error;
      notKnown([node.body], node, error, this);
      return;
    }
    recorder.touch(node);
    const outer = new Map(this.loop);
    for (const item of items) {
      recorder.spend(node.at);
      item.forEach((text, i) => {
        this.loop.set(String.fromCharCode(node.variable.charCodeAt(0) + i), text);
      });
      this.node(node.body, streams);
    }
    this.loop = outer;
  }

  /** call: a label of this script with arguments, or a command whose percent variables are put in once more. */
  call(rest: string, node: CommandNode, streams: Streams): void {
    const text = this.percent(traced(rest)).text.trim();
    if (!text.startsWith(':')) {
      this.typed(text, node.at, streams);
      return;
    }
    const given = new CallArguments(text);
    const { label } = given;
    const why = label !== 'eof' && !this.hasLabel(label) ? `there is no label :${label}.` : null;
    if (why !== null || this.calls >= MOST_CALLS) {
      const reason = why ?? `more than ${MOST_CALLS} calls stand in one another.`;
      this.runner.recorder.refuse(node, node.source, 'not-found-label', reason);
      throw new Lost(node.at);
    }
    if (label === 'eof') return;
    const { args, loop } = this;
    const depth = this.environment.depth;
    this.calls += 1;
    this.args = given;
    this.loop = new Map();
    try {
      this.runFrom(this.labelIndex(label), true);
    } finally {
      this.environment.restoreTo(depth);
      this.args = args;
      this.loop = loop;
      this.calls -= 1;
    }
  }

  /** shift: the arguments of a subroutine move down by one, from `first` on. */
  shift(first: number): void {
    this.args?.shift(first);
  }
}
