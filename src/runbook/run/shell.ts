// Runs a script's nodes in memory: conditions, jumps, loops, variables, pipes and redirections. Bounded by a budget.

import { RefusedError } from '../../base/errors.ts';
import type { CheckedCommand } from '../lint/checked-command.ts';
import { checkCommand } from '../lint/command-check.ts';
import type { Remark } from '../lint/rules.ts';
import { effectiveLine, unsetIn } from '../parse/command-line.ts';
import { unshield } from '../parse/placeholder.ts';
import type { CommandNode, EachNode, ForNode, IfNode, Node, Position, Word } from '../parse/script.ts';
import { splitWords } from '../parse/words.ts';
import type { OfflineSystem } from '../tools/offline-system.ts';
import { ToolRunner } from '../tools/tool-runner.ts';
import { assign } from './assignment.ts';
import { conditionHolds } from './conditions.ts';
import { Jump } from './jump.ts';
import { listItems, loopText, numbers, textItems } from './loop-items.ts';
import { PowerShellValues } from './ps-values.ts';
import { Recorder } from './recorder.ts';
import { type RedirectionContext, redirected, type Streams } from './redirections.ts';
import { Unresolved } from './unresolved.ts';
import { expand, settled, Variables } from './variables.ts';

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

export class Shell {
  readonly recorder = new Recorder();
  private readonly system: OfflineSystem;
  private readonly options: ShellOptions;
  private live: Variables;
  private fixed: Variables;
  private readonly loop = new Map<string, string>();
  private readonly mapped: ReadonlySet<string>;
  private readonly tools: ToolRunner;
  private calls = 0;
  private nodes: readonly Node[] = [];
  private readonly values: PowerShellValues;

  constructor(system: OfflineSystem, options: ShellOptions) {
    this.system = system;
    this.options = options;
    this.live = new Variables(options.isCmdExpansion);
    this.fixed = this.live;
    this.mapped = new Set(system.options.drives.keys());
    this.tools = new ToolRunner(system, this.recorder);
    this.values = new PowerShellValues((command, property) => this.valueOf(command, property));
  }

  private get context(): RedirectionContext {
    return { system: this.system, recorder: this.recorder, expanded: (text) => this.expanded(text) };
  }

  /** Runs one block; variables and bound hives stay for the next. */
  run(block: number, nodes: readonly Node[]): void {
    this.recorder.block = block;
    this.nodes = nodes;
    this.runFrom(0);
  }

  private runFrom(start: number, isCalled = false): void {
    for (let i = start; i < this.nodes.length; i += 1) {
      this.fixed = this.live.copy();
      try {
        this.node(this.nodes[i]!, { stdout: '', stderr: '', input: null });
      } catch (error) {
        if (!(error instanceof Jump)) throw error;
        if (error.isFinal && isCalled) throw error;
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
        redirected(node.redirects, streams, this.context, (inner) => {
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
      case 'assign':
        this.guarded(node.at, node.source, () => this.values.set(node.name, this.values.value(node.value)));
        return;
      case 'each':
        this.each(node, streams);
        return;
      case 'bad':
        this.recorder.push(node.at, node.source, node.source, { state: 'unresolved', rule: node.rule, why: node.why });
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
    this.recorder.spend(node.at);
    let holds: boolean;
    try {
      holds = conditionHolds(node, {
        system: this.system,
        variables: this.live,
        values: this.values,
        expanded: (text) => settled(this.expanded(text)),
      });
    } catch (error) {
      if (!(error instanceof Unresolved)) throw error;
      this.recorder.push(node.at, 'if', 'if', { state: 'unresolved', rule: error.rule, why: error.message });
      return;
    }
    if (holds !== node.isNegated) this.node(node.body, streams);
    else if (node.otherwise) this.node(node.otherwise, streams);
  }

  /** Runs `work`; what is left unresolved in it is a step of its own. */
  private guarded(at: Position, source: string, work: () => void): void {
    try {
      work();
    } catch (error) {
      if (!(error instanceof Unresolved)) throw error;
      this.recorder.push(at, source, source, { state: 'unresolved', rule: error.rule, why: error.message });
    }
  }

  private each(node: EachNode, streams: Streams): void {
    this.guarded(node.at, `foreach ($${node.name})`, () => {
      const value = this.values.value(node.values);
      for (const item of typeof value === 'string' ? [value] : value) {
        this.recorder.spend(node.at);
        this.values.set(node.name, item);
        this.node(node.body, streams);
      }
    });
  }

  /** What a command prints, or one property of it: `(Get-ItemProperty ...).Current`. */
  private valueOf(command: Node, property: string | null): string {
    const before = this.recorder.steps.length;
    const streams: Streams = { stdout: '', stderr: '', input: null };
    this.node(command, streams);
    const bad = this.recorder.steps
      .slice(before)
      .find((step) => step.state === 'unresolved' || step.state === 'elsewhere');
    if (bad) throw new Unresolved('powershell', `'${bad.effective}' gives nothing here that could be used.`);
    if (property === null) return streams.stdout.trim();
    const line = streams.stdout
      .split(/\r?\n/)
      .find((one) => one.toLowerCase().startsWith(`${property.toLowerCase()} : `));
    if (line === undefined)
      throw new Unresolved('cannot-be-bound', `there is no ${property} in what the command gives.`);
    return line.slice(property.length + 3);
  }

  private repeat(node: ForNode, streams: Streams): void {
    const before = this.loop.get(node.variable);
    const outer = new Map(this.loop);
    for (const item of this.items(node)) {
      this.recorder.spend(node.at);
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
      if (node.mode === 'text') return textItems(node.options, this.loopText(set, node.at));
      return listItems(set).flatMap((item) =>
        /[*?]/.test(item) ? this.system.files.matching(item).map(({ shown }) => [shown]) : [[item]],
      );
    } catch (error) {
      if (!(error instanceof Unresolved)) throw error;
      this.recorder.push(node.at, 'for', 'for', { state: 'unresolved', rule: error.rule, why: error.message });
      return [];
    }
  }

  private loopText(set: string, at: Position): string {
    return loopText(set, {
      run: (text, input) => this.typed(text, at, { stdout: '', stderr: '', input }),
      read: (file) => this.system.files.read(file),
    });
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
    redirected(node.redirects, streams, this.context, (inner) => {
      if (node.dialect === 'powershell') {
        this.guarded(node.at, node.source, () =>
          this.checked(
            node,
            node.words.map((word) => ({ ...word, text: this.values.expand(word.text) })),
            inner,
          ),
        );
      } else this.checked(node, this.expandedWords(node.words), inner);
    });
  }

  private checked(node: CommandNode, words: readonly Word[], streams: Streams): void {
    const found: Remark[] = [];
    const checked = checkCommand(node, words, found, this.mapped);
    for (const remark of found) this.recorder.remark(remark);
    for (const command of checked) this.one(command, node, streams);
  }

  private one(command: CheckedCommand, node: CommandNode, streams: Streams): void {
    this.recorder.spend(command.at);
    if (command.verdict === 'ignored') return;
    const effective = effectiveLine(command, node);
    const source = unshield(node.source);
    if (command.verdict === 'unresolved') {
      this.recorder.push(command.at, source, effective, { state: 'unresolved', rule: command.rule, why: command.why });
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
      this.recorder.push(command.at, source, effective, {
        state: 'elsewhere',
        rule: 'run-elsewhere',
        why: 'needs a running Windows',
      });
      return;
    }
    if (this.builtin(command, node, streams)) return;
    const unset = node.dialect === 'cmd' ? unsetIn(command) : null;
    if (unset !== null) {
      this.recorder.push(command.at, source, effective, {
        state: 'unresolved',
        rule: 'unset-variable',
        why: `%${unset} is set nowhere`,
      });
      return;
    }
    if (command.place === 'live' && !this.mayRunLive(command)) {
      this.recorder.push(command.at, source, effective, {
        state: 'unresolved',
        rule: 'live-line',
        why: 'it names the machine that runs it, not the attached disk (--live-blocks means the disk by it)',
      });
      return;
    }
    const outcome = this.tools.run(command, { source, effective }, streams.input);
    this.live.errorlevel = outcome.exitCode;
    streams.stdout += outcome.stdout;
    streams.stderr += outcome.stderr;
  }

  private mayRunLive(command: CheckedCommand): boolean {
    return this.options.isLiveAllowed || (command.tool === 'bcdedit' && this.options.hasVolume);
  }

  /** set, echo, goto, call, exit, cd: true where it was one of them. */
  private builtin(command: CheckedCommand, node: CommandNode, streams: Streams): boolean {
    const text = this.expanded(node.text);
    const rest = text.replace(/^\S+?(?=[\s.:\\/(]|$)/, '');
    switch (command.tool) {
      case 'set':
        streams.stdout += assign(rest.trim(), node, this.live, this.recorder);
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
        throw new Jump(null, !/\/b\b/i.test(rest));
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

  private changeFolder(command: CheckedCommand, rest: string): void {
    const target = /^[A-Za-z]:\\?$/.test(command.words[0]!.text)
      ? command.words[0]!.text.slice(0, 2)
      : rest
          .replace(/^\s*\/d\b/i, '')
          .trim()
          .replaceAll('"', '');
    if (command.tool === 'popd') this.system.files.popFolder();
    else if (command.tool === 'pushd') this.system.files.pushFolder(target);
    else if (target !== '') this.system.files.changeFolder(target);
  }

  private jump(label: string, node: CommandNode): void {
    if (label === 'eof') throw new Jump(null);
    if (!this.nodes.some((other) => other.kind === 'label' && other.name === label)) {
      this.recorder.push(node.at, node.source, node.source, {
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
      this.recorder.push(node.at, node.source, node.source, {
        state: 'unresolved',
        rule: 'not-found-label',
        why: at < 0 ? `there is no label :${label}` : `more than ${MOST_CALLS} calls stand in one another`,
      });
      return;
    }
    const { fixed } = this;
    try {
      this.runFrom(at, true);
    } finally {
      this.fixed = fixed;
      this.calls -= 1;
    }
  }
}
