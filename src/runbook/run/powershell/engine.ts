// What the parts of the interpreter need of each other.

import type { Command, Expression, ScriptBlock, Statement } from '../../parse/powershell/ast.ts';
import type { Word } from '../../parse/script.ts';
import type { CommandRunner } from '../command-runner.ts';
import type { Evaluator } from './evaluator.ts';
import type { Refusals } from './refusals.ts';
import type { PsBlock, Scope, Value } from './values.ts';

/** Runs statements: the interpreter, for its commands. */
export interface StatementEngine {
  readonly evaluator: Evaluator;
  readonly refusals: Refusals;
  execute(statements: readonly Statement[], scope: Scope, output: Value[]): void;
  /** A block in a scope of its own. */
  call(block: PsBlock, args: readonly Value[]): Value[];
  inBlock(block: ScriptBlock, scope: Scope): Value[];
}

/** Runs commands: the pipelines, for the interpreter. */
export interface CommandEngine {
  /** @throws Unresolved */
  run(statement: Statement & { readonly kind: 'pipeline' }, scope: Scope): Value[];
  /** What an expression that stands alone gives: a list stays the list that it is. @throws Unresolved */
  expression(statement: Statement, value: Expression, scope: Scope): Value;
  special(type: string, name: string, args: readonly Value[] | null): Value | undefined;
  applied(operator: string, left: Value, right: Value): Value;
  bindPositional(block: ScriptBlock, args: readonly Value[], scope: Scope): void;
}

/** Starts programs: the pipelines, for commands that run more of the script. */
export interface ProgramEngine {
  readonly runner: CommandRunner;
  readonly interpreter: StatementEngine;
  bind(name: string, block: ScriptBlock, command: Command, from: Scope, into: Scope, hasInput: boolean): void;
  native(command: Command, words: readonly Word[], input: Value[] | null, scope: Scope): Value[];
  effective(command: Command, scope: Scope): string;
}
