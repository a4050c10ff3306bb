// Pipelines of PowerShell: each element's output is the next one's input. Commands are functions of the script, cmdlets
// that are done here, cmdlets that a running Windows answers, and programs.

import { isElsewhereCmdlet, isElsewhereTool, toolName } from '../../lint/tools.ts';
import { unkept } from '../../parse/marks.ts';
import { unshield } from '../../parse/placeholder.ts';
import { aliased } from '../../parse/powershell/aliases.ts';
import type {
  Command,
  Expression,
  OutputRedirect,
  PipelineElement,
  ScriptBlock,
  Statement,
} from '../../parse/powershell/ast.ts';
import type { Position, Span, Word } from '../../parse/script.ts';
import type { CommandRunner } from '../command-runner.ts';
import type { Streams } from '../redirections.ts';
import { ToolFailure, Unresolved } from '../unresolved.ts';
import { bindCmdlet, bindFunction, fill } from './cmdlets/binding.ts';
import type { Cmdlet, CmdletCall } from './cmdlets/cmdlet.ts';
import { FileItems } from './cmdlets/file-items.ts';
import { RegistryKeys } from './cmdlets/registry-keys.ts';
import { cmdletTable, passesUnknown } from './cmdlets/table.ts';
import { DotNet } from './dot-net/dot-net.ts';
import type { CommandEngine, ProgramEngine, StatementEngine } from './engine.ts';
import { PsError } from './flow.ts';
import { nativeWords, nodeOf, rawLine, shownCommand } from './native.ts';
import { applied } from './operators.ts';
import { ScriptCommands } from './script-commands.ts';
import { itemsOf, known, PsBlock, type Scope, textOf, Unknown, type Value } from './values.ts';

export type CmdLine = (text: string, at: Position, streams: Streams) => number | null;

export class Pipelines implements CommandEngine, ProgramEngine {
  readonly runner: CommandRunner;
  readonly interpreter: StatementEngine;
  private readonly cmdlets: Readonly<Record<string, Cmdlet>>;
  private readonly scripts: ScriptCommands;
  private readonly dotNet: DotNet;
  private readonly cmd: CmdLine;
  /** The statement that is run now, for steps of .NET's methods. */
  private current: Span & { readonly source: string } = { at: { line: 1, column: 1 }, endLine: 1, source: '' };

  constructor(interpreter: StatementEngine, runner: CommandRunner, cmd: CmdLine) {
    this.interpreter = interpreter;
    this.runner = runner;
    this.cmd = cmd;
    const { system, options } = runner;
    const files = new FileItems(system);
    const perform = (what: string, work: () => void): void =>
      this.perform(this.current, what, 'set-itemproperty', work, null);
    const keys = new RegistryKeys(system, options.isLiveAllowed, perform);
    this.dotNet = new DotNet(system, keys, files, perform);
    this.scripts = new ScriptCommands(this);
    this.cmdlets = cmdletTable(
      system,
      keys,
      files,
      (call, work) => this.step(call, work),
      (remark) => runner.recorder.remark(remark),
    );
  }

  special(type: string, name: string, args: readonly Value[] | null): Value | undefined {
    return this.dotNet.member(type, name, args);
  }

  applied(operator: string, left: Value, right: Value): Value {
    return applied(operator, left, right, () => undefined);
  }

  /** @throws Unresolved */
  run(statement: Statement & { readonly kind: 'pipeline' }, scope: Scope): Value[] {
    let input: Value[] | null = null;
    for (const element of statement.elements) {
      const { current } = this;
      this.current = element.kind === 'command' ? element : statement;
      try {
        input = this.element(element, input, scope);
      } finally {
        this.current = current;
      }
    }
    return input ?? [];
  }

  expression(statement: Statement, value: Expression, scope: Scope): Value {
    const { current } = this;
    this.current = statement;
    try {
      return this.interpreter.evaluator.value(value, scope);
    } finally {
      this.current = current;
    }
  }

  private element(element: PipelineElement, input: Value[] | null, scope: Scope): Value[] {
    const output =
      element.kind === 'expression'
        ? itemsOf(this.interpreter.evaluator.value(element.value, scope))
        : this.command(element, input, scope);
    // `$x++` and assignments in parentheses give nothing on.
    if (element.kind === 'expression' && element.value.kind === 'step') return [];
    return this.redirected(element.redirects, output, scope);
  }

  private redirected(redirects: readonly OutputRedirect[], output: Value[], scope: Scope): Value[] {
    let kept = output;
    for (const { stream, target, isAppended } of redirects) {
      if (target === null || (stream !== 1 && stream !== 0)) continue;
      const path = this.interpreter.evaluator.value(target, scope);
      if (path !== null) {
        const text = kept.map((value) => `${unkept(textOf(value))}\r\n`).join('');
        this.perform(
          this.current,
          `> ${textOf(path)}`,
          'out-file',
          () => this.runner.system.files.write(textOf(known(path)), new TextEncoder().encode(text), isAppended),
          null,
        );
      }
      kept = [];
    }
    return kept;
  }

  private command(command: Command, input: Value[] | null, scope: Scope): Value[] {
    const named = this.interpreter.evaluator.value(command.name, scope);
    if (named instanceof PsBlock) return this.scripts.block(named, command, input, scope);
    const word = textOf(known(named));
    const tool = toolName(word);
    const block = scope.function(tool);
    if (block) return this.scripts.function(tool, block, command, input, scope);
    if (/\.ps1$/i.test(tool)) return this.scripts.file(word, command, scope);
    const isProgram = /\.(?:exe|com|cmd|bat)$/i.test(word) || (tool === 'sc' && command.args.length > 1);
    const name = isProgram ? tool : aliased(tool);
    const own = this.scripts.own(name, command, input, scope);
    if (own) return own;
    const cmdlet = isProgram ? undefined : this.cmdlets[name];
    if (cmdlet) return this.cmdlet(name, cmdlet, command, input, scope);
    const effective = this.effective(command, scope);
    if (isElsewhereCmdlet(name) || isElsewhereTool(name)) return this.elsewhere(command, effective, name, input, scope);
    if (/^[a-z]+-[a-z-]+$/i.test(name) && !isProgram)
      throw new Unresolved('powershell', `'${unshield(word)}' is not a command that is known here.`);
    return this.native(
      command,
      nativeWords(word, command.args, command, scope, this.interpreter.evaluator),
      input,
      scope,
    );
  }

  private cmdlet(name: string, cmdlet: Cmdlet, command: Command, input: Value[] | null, scope: Scope): Value[] {
    const unknown = passesUnknown(name) ? input?.find((item) => item instanceof Unknown) : undefined;
    if (unknown !== undefined) return [unknown];
    const bound = bindCmdlet(name, cmdlet, command.args, scope, this.interpreter.evaluator);
    const isWhatIf = bound.has('whatif') ? bound.flag('whatif') : scope.get('whatifpreference') === true;
    if (isWhatIf && /^(?:set|new|remove|clear|rename|copy|move|add|out)-(?:item|content|acl|file)/.test(name))
      return [];
    const call: CmdletCall = { name, command, bound, input, scope, each: (block, item) => this.each(block, item) };
    try {
      const output = cmdlet.run(call);
      scope.set('?', true);
      const variable = bound.text('outvariable');
      if (variable !== null) scope.set(variable.toLowerCase().replace(/^\+/, ''), output);
      return output;
    } catch (error) {
      if (!(error instanceof ToolFailure)) throw error;
      this.failed(error, call);
      return [];
    }
  }

  /** A cmdlet that could not: silent, caught by the script, or told. */
  private failed(error: ToolFailure, { name, command, bound, scope }: CmdletCall): void {
    scope.set('?', false);
    const action = bound.errorAction ?? textOf(scope.get('erroractionpreference') ?? 'Continue').toLowerCase();
    if (action === 'stop') throw new PsError(error.message);
    if (/^(?:silentlycontinue|ignore|0)$/.test(action)) return;
    const isQuestion =
      /^(?:get-|test-|select-|resolve-)/.test(name) || (name === 'remove-item' && /does not exist/.test(error.message));
    if (isQuestion) {
      this.runner.recorder.touch(command);
      return;
    }
    const effective = this.effective(command, scope);
    this.runner.recorder.push(command, command.source, effective, {
      state: 'failed',
      rule: 'line-failed',
      why: error.message,
      exitCode: 1,
    });
  }

  /** Something that a cmdlet does to the disk, as a step of its line. @throws ToolFailure, Unresolved */
  private step(call: CmdletCall, work: () => void): void {
    this.perform(call.command, this.effective(call.command, call.scope), call.name, work, call);
  }

  private perform(
    span: Span & { readonly source: string },
    effective: string,
    tool: string,
    work: () => void,
    call: CmdletCall | null,
  ): void {
    let failure: ToolFailure | null = null;
    const outcome = this.runner.perform({ span, source: unshield(span.source), effective, tool }, () => {
      try {
        work();
      } catch (error) {
        if (!(error instanceof ToolFailure) || call === null) throw error;
        failure = error;
      }
    });
    if (failure !== null) throw failure;
    if (outcome !== null) throw outcome;
  }

  /** What a running Windows does or answers. */
  private elsewhere(command: Command, effective: string, name: string, input: Value[] | null, scope: Scope): Value[] {
    const given = (input ?? [])
      .filter((item) => !(item instanceof Unknown))
      .map(textOf)
      .join('\n');
    const streams: Streams = { stdout: '', stderr: '', input: given === '' ? null : given };
    if (isElsewhereTool(name)) {
      const line = nativeWords(name, command.args, command, scope, this.interpreter.evaluator);
      this.runner.run(nodeOf(command, line), line, streams, () => false);
    } else this.runner.listElsewhere({ span: command, source: unshield(command.source), effective }, streams);
    scope.set('?', true);
    scope.set('lastexitcode', 0);
    return [new Unknown(`what ${effective.split(' ')[0]} says on a running Windows is not known here.`, true)];
  }

  /** A program; its lines are what it gives on. */
  native(command: Command, words: readonly Word[], input: Value[] | null, scope: Scope): Value[] {
    const streams: Streams = {
      stdout: '',
      stderr: '',
      input: input === null ? null : input.map((item) => `${textOf(item)}\r\n`).join(''),
    };
    const code = this.runner.run(nodeOf(command, words), words, streams, (checked) => {
      if (checked.tool !== 'cmd') return false;
      const raw = rawLine(command.args, scope, this.interpreter.evaluator);
      const text = /(?:^|\s)\/[ckr]\b\s*(.*)$/is.exec(raw)?.[1] ?? '';
      scope.set('lastexitcode', this.cmd(text, command.at, streams));
      return true;
    });
    if (code === null) {
      this.interpreter.refusals.count += 1;
      scope.set('lastexitcode', new Unknown(`how line ${command.at.line} ends is not known here.`, false));
      return [new Unknown(`what line ${command.at.line} prints is not known here.`, false)];
    }
    if (code !== undefined && !/^cmd(?:\.exe)?$/i.test(words[0]!.text)) scope.set('lastexitcode', code);
    scope.set('?', scope.get('lastexitcode') === 0);
    const joinsErrors = command.redirects.some(
      ({ stream, target }) => (stream === 2 || stream === 0) && target === null,
    );
    const text = joinsErrors ? streams.stdout + streams.stderr : streams.stdout;
    return text === '' ? [] : text.replace(/\r?\n$/, '').split(/\r?\n/);
  }

  /** A block of ForEach-Object and the like: in the scope that it stands in, with $_. */
  each(block: PsBlock, item: Value): Value[] {
    const { scope } = block;
    const before = scope.get('_') ?? null;
    scope.set('_', item);
    scope.set('psitem', item);
    const output = this.interpreter.inBlock(block.block, scope);
    scope.set('_', before);
    return output;
  }

  bindPositional(block: ScriptBlock, args: readonly Value[], scope: Scope): void {
    const params = block.params ?? [];
    const given = new Map(params.slice(0, args.length).map((param, i) => [param, args[i]!] as const));
    fill('the block', params, given, scope, this.interpreter.evaluator, false);
    scope.set('args', [...args.slice(params.length)]);
  }

  /** A function's arguments bound, for ScriptCommands. */
  bind(name: string, block: ScriptBlock, command: Command, from: Scope, into: Scope, hasInput: boolean): void {
    bindFunction(name, block, command.args, from, into, this.interpreter.evaluator, hasInput);
  }

  effective(command: Command, scope: Scope): string {
    return shownCommand(command, scope, this.interpreter.evaluator);
  }
}
