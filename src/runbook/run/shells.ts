// Both shells of a run, on one disk: blocks and files of cmd.exe and of PowerShell, each of which may start the other.

import type { Block } from '../lint/runbook.ts';
import { kept } from '../parse/marks.ts';
import { unshield } from '../parse/placeholder.ts';
import type { ScriptBlock } from '../parse/powershell/ast.ts';
import { parsePowerShell } from '../parse/powershell/parser.ts';
import { allPieces, namesSetIn, statementsOf } from '../parse/powershell/walk.ts';
import type { Position } from '../parse/script.ts';
import type { SourceLine } from '../parse/source.ts';
import type { OfflineSystem } from '../tools/offline-system.ts';
import { CmdShell } from './cmd/cmd-shell.ts';
import { CommandRunner, type ShellOptions } from './command-runner.ts';
import { Lost } from './jump.ts';
import { fill } from './powershell/cmdlets/binding.ts';
import { Leave, PsError } from './powershell/flow.ts';
import { Interpreter } from './powershell/interpreter.ts';
import { Pipelines } from './powershell/pipelines.ts';
import { ScriptScope } from './powershell/scope.ts';
import { textOf, type Value } from './powershell/values.ts';
import { Recorder } from './recorder.ts';
import type { Streams } from './redirections.ts';
import { Unresolved } from './unresolved.ts';

export class Shells {
  readonly recorder = new Recorder();
  private readonly cmd: CmdShell;
  private readonly powershell: Interpreter;
  private readonly runner: CommandRunner;
  private readonly scope: ScriptScope;

  constructor(system: OfflineSystem, options: ShellOptions) {
    this.runner = new CommandRunner(system, this.recorder, options);
    this.cmd = new CmdShell(this.runner, (text, at, streams) => this.powershellText(text, at, streams));
    this.powershell = new Interpreter(
      this.recorder,
      (interpreter) => new Pipelines(interpreter, this.runner, (text, at, streams) => this.cmdText(text, at, streams)),
    );
    this.scope = new ScriptScope(null, {
      isCmdExpansion: options.isCmdExpansion,
      isOnC: system.options.drives.has('C'),
      environment: new Map(),
      assigned: new Set(),
      scriptName: options.scriptName,
      scriptRoot: kept('%~dp0'),
    });
  }

  /** Runs one block; variables and bound hives stay for the next. */
  run({ number, parts }: Block): void {
    this.recorder.block = number;
    for (const part of parts) {
      if (part.dialect === 'cmd') this.cmd.run(part.script);
      else if (part.dialect === 'powershell') this.script(part.script);
      else if (part.tool === 'regedit') this.registryFile(part.lines);
      else {
        for (const line of part.lines) {
          const text = unshield(line.text.trim());
          if (text === '') continue;
          const span = { at: { line: line.line, column: line.column }, endLine: line.line };
          const why = `run this on Windows yourself: ${part.tool} asks for it`;
          this.recorder.push(span, text, text, { state: 'onWindows', rule: 'run-elsewhere', why });
        }
      }
    }
  }

  /** A .reg file that stands in a page is imported. */
  private registryFile(lines: readonly SourceLine[]): void {
    const { files } = this.runner.system;
    const name = files.recovery.temporaryName();
    files.write(
      name,
      new TextEncoder().encode(
        lines
          .map(({ text }) => `${text}\r\n`)
          .join('')
          .trimStart(),
      ),
    );
    const at = { line: lines.find(({ text }) => text.trim() !== '')!.line, column: 1 };
    this.cmd.typedAlone(`reg import "${name}"`, at, { stdout: '', stderr: '', input: null });
    files.recovery.delete(files.ownName(name)!);
    for (const { line } of lines) this.recorder.touch({ at: { line, column: 1 }, endLine: line });
  }

  private script(block: ScriptBlock): void {
    const statements = statementsOf(block);
    for (const name of [...namesSetIn(statements), ...(block.params ?? []).map((param) => param.name)])
      this.scope.noteAssigned(name);
    const first = statements[0];
    try {
      if (block.params) this.parameters(block);
      this.powershell.execute(statements, this.scope, []);
    } catch (error) {
      if (error instanceof PsError) this.ended(error, statements);
      else if (error instanceof Unresolved && first) {
        for (const statement of statements)
          this.recorder.refuse(statement, statement.source, error.rule, error.message);
      } else if (error instanceof Lost) {
        for (const piece of allPieces(statements)) {
          if (!('endLine' in piece) || piece.kind === 'command' || this.recorder.isReached(piece.at.line)) continue;
          if (piece.kind === 'function') continue;
          const statement = piece;
          this.recorder.refuse(statement, statement.source, 'powershell', error.message);
        }
      } else if (!(error instanceof Leave)) throw error;
    }
  }

  /** Parameters of the script: given by --set, or what stands for them. */
  private parameters(block: ScriptBlock): void {
    const params = block.params ?? [];
    const given = new Map(
      params.flatMap((param) => {
        const text = this.runner.system.given(param.name);
        return text === null ? [] : [[param, text] as const];
      }),
    );
    fill('the script', params, given, this.scope, this.powershell.evaluator, false);
  }

  /** An error that nothing catches ends the script; the line that threw it failed. */
  private ended(error: PsError, statements: ReturnType<typeof statementsOf>): void {
    const reached = statements.filter((statement) => this.recorder.isReached(statement.at.line));
    const at = reached.at(-1) ?? statements[0];
    if (at)
      this.recorder.push(at, at.source, at.source, {
        state: 'failed',
        rule: 'line-failed',
        why: `the script ends here: ${error.message}`,
        exitCode: 1,
      });
  }

  private powershellText(text: string, at: Position, streams: Streams): number | null {
    const block = parsePowerShell([{ text, line: at.line, column: at.column }]);
    for (const name of namesSetIn(statementsOf(block))) this.scope.noteAssigned(name);
    const output: Value[] = [];
    const before = this.powershell.refusals.count;
    try {
      this.powershell.execute(statementsOf(block), this.scope, output);
    } catch (error) {
      if (error instanceof PsError) return 1;
      if (!(error instanceof Leave)) throw error;
    }
    streams.stdout += output.map((value) => `${textOf(value)}\r\n`).join('');
    return this.powershell.refusals.count > before ? null : 0;
  }

  private cmdText(text: string, at: Position, streams: Streams): number | null {
    this.cmd.typedAlone(text, at, streams);
    return this.cmd.environment.errorlevel;
  }
}
