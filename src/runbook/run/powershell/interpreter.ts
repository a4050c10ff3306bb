// Statements of PowerShell. What is not understood is refused with its lines, and what depends on it: variables that it
// would set, branches that it would choose, and all that follows where it might have left the order of statements.

import { append } from '../../../base/lists.ts';
import type { ScriptBlock, Statement } from '../../parse/powershell/ast.ts';
import { Lost } from '../jump.ts';
import type { Recorder } from '../recorder.ts';
import { Unresolved } from '../unresolved.ts';
import type { CommandEngine, StatementEngine } from './engine.ts';
import { Evaluator } from './evaluator.ts';
import { isCaughtBy, Leave, PsError, StatementError } from './flow.ts';
import { Refusals } from './refusals.ts';
import { runLoop, runSwitch, type Turns } from './turns.ts';
import { isTrue, known, oneValue, type PsBlock, type Scope, Unknown, type Value } from './values.ts';

export class Interpreter implements StatementEngine {
  readonly recorder: Recorder;
  readonly evaluator: Evaluator;
  private readonly pipelines: CommandEngine;
  readonly refusals: Refusals;
  private depth = 0;
  /** How many try blocks are being run. */
  private guards = 0;

  constructor(recorder: Recorder, pipelines: (interpreter: StatementEngine) => CommandEngine) {
    this.recorder = recorder;
    this.refusals = new Refusals(recorder);
    this.pipelines = pipelines(this);
    this.evaluator = new Evaluator({
      output: (statements, scope) => this.strictly(statements, scope),
      given: (statement, scope) => this.given(statement, scope),
      special: (type, name, args) => this.pipelines.special(type, name, args),
      invoke: (block, args) => oneValue(this.call(block, args)),
    });
  }

  /** Statements in order, each refused by itself where it is not understood. */
  execute(statements: readonly Statement[], scope: Scope, output: Value[]): void {
    for (const statement of statements) {
      try {
        this.one(statement, scope, output);
      } catch (error) {
        if (error instanceof StatementError && this.goesOnAfter(error, statement, scope)) continue;
        if (!(error instanceof Unresolved)) throw error;
        this.refusals.refuse(statement, scope, error);
      }
    }
  }

  /** Outside of try, and without Stop, the next statement follows on one that failed. */
  private goesOnAfter(error: StatementError, statement: Statement, scope: Scope): boolean {
    const action = scope.get('erroractionpreference') ?? null;
    if (this.guards > 0 || (typeof action === 'string' && /^stop$/i.test(action))) return false;
    scope.set('?', false);
    this.recorder.push(statement, statement.source, statement.source, {
      state: 'failed',
      rule: 'line-failed',
      why: error.message,
      exitCode: 1,
    });
    return true;
  }

  private outputOf(statements: readonly Statement[], scope: Scope): Value[] {
    const output: Value[] = [];
    this.execute(statements, scope, output);
    return output;
  }

  /** What statements inside an expression give. @throws Unresolved */
  private strictly(statements: readonly Statement[], scope: Scope): Value[] {
    const output: Value[] = [];
    for (const statement of statements) this.one(statement, scope, output);
    return output;
  }

  /** What a statement gives to what it is assigned to: of a lone expression its value, lists and empty lists too. */
  private given(statement: Statement, scope: Scope): Value {
    const [only, ...more] = statement.kind === 'pipeline' ? statement.elements : [];
    if (only?.kind !== 'expression' || more.length > 0 || only.redirects.length > 0)
      return oneValue(this.strictly([statement], scope));
    this.recorder.spend(statement.at);
    const value = this.pipelines.expression(statement, only.value, scope);
    this.recorder.touch(statement);
    return value;
  }

  private one(statement: Statement, scope: Scope, output: Value[]): void {
    this.recorder.spend(statement.at);
    this.depth += 1;
    if (this.depth > 200) throw new Unresolved('powershell', 'more than 200 statements stand in one another.');
    try {
      this.dispatch(statement, scope, output);
    } finally {
      this.depth -= 1;
    }
  }

  private dispatch(statement: Statement, scope: Scope, output: Value[]): void {
    switch (statement.kind) {
      case 'pipeline':
        for (const value of this.pipelines.run(statement, scope)) output.push(value);
        this.recorder.touch(statement);
        return;
      case 'chain':
        this.chain(statement, scope, output);
        return;
      case 'assign':
        this.assign(statement, scope);
        this.recorder.touch(statement);
        return;
      case 'if':
        this.conditional(statement, scope, output);
        return;
      case 'foreach':
      case 'for':
      case 'while':
        runLoop(statement, this.turns(scope, output));
        return;
      case 'switch':
        runSwitch(statement, this.turns(scope, output));
        return;
      case 'try':
        this.guarded(statement, scope, output);
        return;
      case 'function':
        scope.define(statement.name, statement.block);
        this.recorder.touch({ at: statement.at, endLine: statement.at.line });
        return;
      case 'leave':
        this.leave(statement, scope, output);
        return;
      case 'bad':
        throw new Unresolved('powershell', statement.why.replace(/\.?$/, '.'));
    }
  }

  private chain(
    { operator, left, right }: Statement & { readonly kind: 'chain' },
    scope: Scope,
    output: Value[],
  ): void {
    this.one(left, scope, output);
    const succeeded = known(scope.get('?') ?? true);
    if ((operator === '&&') === (succeeded === true)) this.one(right, scope, output);
  }

  private assign(statement: Statement & { readonly kind: 'assign' }, scope: Scope): void {
    const { target, operator, value } = statement;
    const before = this.refusals.count;
    const isSimple = value.kind === 'pipeline' || value.kind === 'assign' || value.kind === 'chain';
    const given = isSimple ? this.given(value, scope) : oneValue(this.outputOf([value], scope));
    const right: Value =
      this.refusals.count > before
        ? new Unknown(
            `what line ${value.at.line} gives is not known here, because it was not understood or not run.`,
            false,
          )
        : given;
    if (operator === '=') this.evaluator.assign(target, right, scope);
    else if (operator === '??=') {
      if (known(this.evaluator.before(target, scope)) === null) this.evaluator.assign(target, right, scope);
    } else {
      const sum = this.pipelines.applied(operator.slice(0, -1), this.evaluator.before(target, scope), right);
      this.evaluator.assign(target, sum, scope);
    }
    // `$a = $b = 1` gives 1 on.
    if (value.kind === 'assign') this.evaluator.assign(target, this.evaluator.value(value.target, scope), scope);
  }

  /** The truth of a condition's pipeline. @throws Unresolved */
  private holds(condition: Statement, scope: Scope): boolean {
    return isTrue(oneValue(this.strictly([condition], scope)));
  }

  private conditional(statement: Statement & { readonly kind: 'if' }, scope: Scope, output: Value[]): void {
    for (const [i, { condition, body }] of statement.clauses.entries()) {
      let isTaken: boolean;
      try {
        isTaken = this.holds(condition, scope);
      } catch (error) {
        if (!(error instanceof Unresolved)) throw error;
        const rest = statement.clauses.slice(i).map((clause) => clause.body);
        this.refusals.notKnown(
          [...rest, ...(statement.otherwise ? [statement.otherwise] : [])],
          condition,
          scope,
          error,
        );
        return;
      }
      this.recorder.touch(condition);
      if (!isTaken) continue;
      this.execute(body, scope, output);
      return;
    }
    if (statement.otherwise) this.execute(statement.otherwise, scope, output);
  }

  /** What loops and switch need of this interpreter. */
  private turns(scope: Scope, output: Value[]): Turns {
    return {
      scope,
      recorder: this.recorder,
      refusals: this.refusals,
      execute: (body) => this.execute(body, scope, output),
      strictly: (statements) => this.strictly(statements, scope),
      holds: (condition) => this.holds(condition, scope),
      value: (expression) => this.evaluator.value(expression, scope),
      call: (block) => this.call(block, []),
    };
  }

  private guarded(statement: Statement & { readonly kind: 'try' }, scope: Scope, output: Value[]): void {
    try {
      this.guards += 1;
      try {
        this.execute(statement.body, scope, output);
      } finally {
        this.guards -= 1;
      }
    } catch (error) {
      if (!(error instanceof PsError)) {
        if (!(error instanceof Lost)) this.execute(statement.last, scope, output);
        throw error;
      }
      const handler = statement.catches.find(({ types }) => isCaughtBy(types, error)) ?? statement.catches.at(-1);
      if (!handler) {
        this.execute(statement.last, scope, output);
        throw error;
      }
      scope.set('_', error.record);
      try {
        this.execute(handler.body, scope, output);
      } catch (inner) {
        if (!(inner instanceof Lost)) this.execute(statement.last, scope, output);
        throw inner;
      }
    }
    this.execute(statement.last, scope, output);
  }

  private leave({ how, value, ...span }: Statement & { readonly kind: 'leave' }, scope: Scope, output: Value[]): void {
    const given = value ? this.strictly([value], scope) : [];
    this.recorder.touch(span);
    if (how === 'throw') throw new PsError(oneValue(given.length > 0 ? given : [scope.get('_') ?? 'ScriptHalted']));
    if (how === 'return') append(output, given);
    throw new Leave(how);
  }

  /** A block in a scope of its own; what was refused in it makes its result unknown. */
  call(block: PsBlock, args: readonly Value[], prepare?: (scope: Scope) => void): Value[] {
    const scope = block.scope.child();
    this.pipelines.bindPositional(block.block, args, scope);
    prepare?.(scope);
    return this.inBlock(block.block, scope);
  }

  inBlock(block: ScriptBlock, scope: Scope): Value[] {
    const output: Value[] = [];
    const before = this.refusals.count;
    try {
      for (const part of [block.begin, block.process, block.end]) this.execute(part, scope, output);
    } catch (error) {
      if (!(error instanceof Leave) || error.how !== 'return') throw error;
    }
    const isDone = this.refusals.count === before;
    return isDone
      ? output
      : [new Unknown('what this gives is not known here, because a line of it was not understood or not run.', false)];
  }
}
