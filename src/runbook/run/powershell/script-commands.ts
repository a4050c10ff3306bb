// Commands that run more of the script: functions, blocks, files that are dot-sourced, Invoke-Expression, Start-Process.

import { append } from '../../../base/lists.ts';
import { isElsewhereTool, RUN_TOOLS, toolName } from '../../lint/tools.ts';
import type { Command, ScriptBlock } from '../../parse/powershell/ast.ts';
import { parsePowerShell } from '../../parse/powershell/parser.ts';
import { namesSetIn, statementsOf } from '../../parse/powershell/walk.ts';
import { lineEndOf } from '../../parse/source.ts';
import { programWords } from '../../parse/words.ts';
import { decoded } from '../../tools/file-commands.ts';
import { serviceCommand } from '../../tools/service-command.ts';
import { ToolFailure, Unresolved } from '../unresolved.ts';
import { bindCmdlet } from './cmdlets/binding.ts';
import type { ProgramEngine } from './engine.ts';
import { Leave } from './flow.ts';
import { itemsOf, known, PsBlock, PsObject, type Scope, textOf, Unknown, type Value } from './values.ts';

/** Files of Microsoft's repair scripts whose functions are done here. */
const OWN_FILES = /(?:^|[\\/])(?:init|logger|get-disk-partitions?(?:-v\d+)?)\.ps1$/i;

export class ScriptCommands {
  private readonly pipelines: ProgramEngine;

  constructor(pipelines: ProgramEngine) {
    this.pipelines = pipelines;
  }

  /** A function of the script: its items come one by one where it has a process block or takes them from the pipe. */
  function(name: string, block: ScriptBlock, command: Command, input: readonly Value[] | null, scope: Scope): Value[] {
    const inner = scope.child();
    this.pipelines.bind(name, block, command, scope, inner, input !== null);
    return this.run(block, inner, input);
  }

  private run(block: ScriptBlock, scope: Scope, input: readonly Value[] | null): Value[] {
    const { interpreter } = this.pipelines;
    const piped = block.params?.find((param) => param.isFromPipeline);
    if (input !== null) scope.set('input', [...input]);
    if (input === null || (block.process.length === 0 && !piped)) return interpreter.inBlock(block, scope);
    const output: Value[] = [];
    const part = (statements: ScriptBlock['end']): void => {
      append(output, interpreter.inBlock({ params: null, begin: [], process: [], end: statements }, scope));
    };
    part(block.begin);
    for (const item of input) {
      scope.set('_', item);
      if (piped) scope.set(piped.name, item);
      part(block.process.length > 0 ? block.process : block.end);
    }
    if (block.process.length > 0) part(block.end);
    return output;
  }

  /** `& { }` in a scope of its own, `. { }` in this one. */
  block(block: PsBlock, command: Command, input: readonly Value[] | null, scope: Scope): Value[] {
    const inner = command.call === '.' ? scope : block.scope.child();
    this.pipelines.bind('the block', block.block, command, scope, inner, input !== null);
    return this.run(block.block, inner, input);
  }

  /** `. .\file.ps1`: one that lies beside the script is read, one of Microsoft's whose functions are done here is passed. */
  file(path: string, command: Command, scope: Scope): Value[] {
    const { files } = this.pipelines.runner.system;
    let text: string | null = null;
    try {
      text = files.locate(path).kind === 'listing' ? decoded(files.read(path)) : null;
    } catch (error) {
      if (!(error instanceof Unresolved) && !(error instanceof ToolFailure)) throw error;
    }
    if (text === null) {
      if (OWN_FILES.test(path)) return [];
      throw new Unresolved('powershell', `the script ${path} is not read.`);
    }
    return this.text(text, command, command.call === '.' ? scope : scope.child());
  }

  /** Runs a text at the place of the command. */
  private text(text: string, command: Command, scope: Scope): Value[] {
    const lines = text.split(/\r?\n/).map((line) => ({ text: line, line: command.at.line, column: command.at.column }));
    const block = parsePowerShell(lines, lineEndOf(text));
    for (const name of namesSetIn(statementsOf(block))) scope.noteAssigned(name);
    const output: Value[] = [];
    const before = this.pipelines.interpreter.refusals.count;
    try {
      for (const part of [block.begin, block.process, block.end])
        this.pipelines.interpreter.execute(part, scope, output);
    } catch (error) {
      if (!(error instanceof Leave) || error.how !== 'return') throw error;
    }
    const isWhole = this.pipelines.interpreter.refusals.count === before;
    return isWhole ? output : [new Unknown(`what line ${command.at.line} gives is not known here.`, false)];
  }

  /** Null where `name` is none of these. */
  own(name: string, command: Command, input: readonly Value[] | null, scope: Scope): Value[] | null {
    switch (name) {
      case 'invoke-expression': {
        const bound = this.bound(name, { positional: ['command'] }, command, scope);
        const text =
          bound.text('command') ??
          itemsOf(input === null ? null : [...input])
            .map(textOf)
            .join('\n');
        return this.text(text, command, scope);
      }
      case 'invoke-command': {
        const bound = this.bound(
          name,
          { positional: ['scriptblock'], named: ['argumentlist', 'computername', 'session', 'credential'] },
          command,
          scope,
        );
        const block = bound.get('scriptblock');
        if (!(block instanceof PsBlock) || bound.has('computername') || bound.has('session')) return null;
        return this.pipelines.interpreter.call(block, itemsOf(bound.get('argumentlist')));
      }
      case 'start-process':
        return this.process(command, scope);
      case 'set-service':
        return this.service(command, scope);
      case 'write-error': {
        const bound = this.bound(
          name,
          { positional: ['message'], named: ['category', 'errorid', 'exception', 'targetobject'] },
          command,
          scope,
        );
        const action = bound.errorAction ?? textOf(scope.get('erroractionpreference') ?? '').toLowerCase();
        if (action === 'stop') throw new ToolFailure(bound.text('message') ?? 'error');
        return [];
      }
      case 'get-variable':
      case 'set-variable':
      case 'new-variable': {
        const bound = this.bound(
          name,
          { positional: ['name', 'value'], named: ['scope', 'option'], switches: ['force', 'valueonly'] },
          command,
          scope,
        );
        const variable = (bound.text('name') ?? '').toLowerCase();
        if (name !== 'get-variable') {
          scope.set(variable, bound.get('value'));
          return [];
        }
        const value = scope.get(variable) ?? null;
        return bound.flag('valueonly')
          ? itemsOf(value)
          : [new PsObject('PSVariable', { Name: variable, Value: value })];
      }
      default:
        return null;
    }
  }

  private bound(name: string, spec: Parameters<typeof bindCmdlet>[1], command: Command, scope: Scope) {
    return bindCmdlet(name, spec, command.args, scope, this.pipelines.interpreter.evaluator);
  }

  /** Start-Process of a program that is done here. */
  private process(command: Command, scope: Scope): Value[] | null {
    const bound = this.bound(
      'start-process',
      {
        positional: ['filepath', 'argumentlist'],
        named: [
          'workingdirectory',
          'verb',
          'windowstyle',
          'redirectstandardoutput',
          'redirectstandarderror',
          'credential',
        ],
        switches: ['wait', 'nonewwindow', 'passthru', 'usenewenvironment'],
        aliases: { args: 'argumentlist' },
      },
      command,
      scope,
    );
    const program = bound.text('filepath') ?? '';
    const tool = toolName(program);
    if (tool !== 'regedit' && (!RUN_TOOLS.has(tool) || isElsewhereTool(tool))) return null;
    const line = [program, ...bound.texts('argumentlist')].join(' ');
    const words = programWords(line, () => command.at);
    this.pipelines.native(command, words, null, scope);
    const code = scope.get('lastexitcode') ?? null;
    if (!bound.flag('passthru')) return [];
    const methods = { waitforexit: () => null };
    return [new PsObject('Process', { ExitCode: code, HasExited: true }, program, methods)];
  }

  /** Set-Service of the machine that runs it: the disk's only where that is what "this machine" means. */
  private service(command: Command, scope: Scope): Value[] | null {
    const { runner } = this.pipelines;
    if (!runner.options.isLiveAllowed) return null;
    const bound = this.bound(
      'set-service',
      {
        positional: ['name'],
        named: ['startuptype', 'status', 'displayname', 'description'],
        switches: ['passthru', 'force'],
        aliases: { starttype: 'startuptype' },
      },
      command,
      scope,
    );
    const start = bound.text('startuptype');
    const name = textOf(known(bound.need('name')));
    if (start === null)
      throw new Unresolved('powershell', 'Set-Service sets the start of a service here, and nothing else.');
    const refused = runner.perform(
      {
        span: command,
        source: command.source,
        effective: this.pipelines.effective(command, scope),
        tool: 'set-service',
      },
      () => {
        serviceCommand(['config', name, 'start=', start.toLowerCase()], runner.system);
      },
    );
    if (refused !== null) throw refused;
    return [];
  }
}
