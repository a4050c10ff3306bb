// Loops and switch of PowerShell.

import type { Expression, Statement } from '../../parse/powershell/ast.ts';
import type { Recorder } from '../recorder.ts';
import { Unresolved } from '../unresolved.ts';
import { Leave } from './flow.ts';
import { applied, isSame, wildcardPattern } from './operators.ts';
import type { Refusals } from './refusals.ts';
import { isTrue, itemsOf, known, oneValue, PsBlock, type Scope, textOf, type Value } from './values.ts';

type Loop = Statement & { readonly kind: 'foreach' | 'for' | 'while' };
type Switch = Statement & { readonly kind: 'switch' };

/** What a loop needs of the interpreter, in its scope. */
export interface Turns {
  readonly scope: Scope;
  readonly recorder: Recorder;
  readonly refusals: Refusals;
  execute(body: readonly Statement[]): void;
  /** @throws Unresolved */
  strictly(statements: readonly Statement[]): Value[];
  /** @throws Unresolved */
  holds(condition: Statement): boolean;
  /** @throws Unresolved */
  value(expression: Expression): Value;
  call(block: PsBlock): Value[];
}

/** foreach, for, while and do. */
export function runLoop(statement: Loop, turns: Turns): void {
  const { scope, recorder } = turns;
  const turn = (): boolean => {
    recorder.spend(statement.at);
    try {
      turns.execute(statement.body);
      return true;
    } catch (error) {
      if (error instanceof Leave && error.how === 'break') return false;
      if (error instanceof Leave && error.how === 'continue') return true;
      throw error;
    }
  };
  if (statement.kind === 'foreach') {
    const items = asked(statement, statement.values, turns, () => {
      const value = oneValue(turns.strictly([statement.values]));
      return itemsOf(known(value)).map((item) => known(item));
    });
    for (const item of items ?? []) {
      scope.set(statement.name, item);
      if (!turn()) return;
    }
    return;
  }
  if (statement.kind === 'for' && statement.first) turns.strictly([statement.first]);
  for (let isFirst = true; ; isFirst = false) {
    const { condition } = statement;
    if (condition && !(isFirst && statement.kind === 'while' && statement.isAfter)) {
      const holds = asked(statement, condition, turns, () => turns.holds(condition));
      if (holds === null || holds === (statement.kind === 'while' && statement.isUntil)) return;
    }
    if (!turn()) return;
    if (statement.kind === 'for' && statement.step) turns.strictly([statement.step]);
  }
}

/** Null where it cannot be told, with the body refused. */
function asked<T>(statement: Loop, head: Statement, { scope, recorder, refusals }: Turns, ask: () => T): T | null {
  try {
    const answer = ask();
    recorder.touch(head);
    return answer;
  } catch (error) {
    if (!(error instanceof Unresolved)) throw error;
    refusals.notKnown([statement.body], head, scope, error);
    return null;
  }
}

/** switch: every case that fits, or the default. */
export function runSwitch(statement: Switch, turns: Turns): void {
  const { scope } = turns;
  let values: Value[];
  try {
    values = itemsOf(known(oneValue(turns.strictly([statement.value])))).map((item) => known(item));
  } catch (error) {
    if (!(error instanceof Unresolved)) throw error;
    turns.refusals.notKnown(
      statement.cases.map(({ body }) => body),
      statement.value,
      scope,
      error,
    );
    return;
  }
  turns.recorder.touch(statement.value);
  try {
    for (const value of values) {
      scope.set('_', value);
      // Each test has its turn behind the body before it; `continue` goes on to the next value.
      let isHit = false;
      const run = (body: readonly Statement[]): boolean => {
        try {
          turns.execute(body);
          return true;
        } catch (error) {
          if (!(error instanceof Leave) || error.how !== 'continue') throw error;
          return false;
        }
      };
      const goesOn = statement.cases.every(({ test, body }) => {
        if (test === null || !fits(statement, test, value, turns)) return true;
        isHit = true;
        return run(body);
      });
      const otherwise = statement.cases.find(({ test }) => test === null);
      if (goesOn && !isHit && otherwise) run(otherwise.body);
    }
  } catch (error) {
    if (!(error instanceof Leave) || error.how !== 'break') throw error;
  }
}

function fits({ how, isCaseSensitive }: Switch, test: Expression, value: Value, turns: Turns): boolean {
  const wanted = turns.value(test);
  if (wanted instanceof PsBlock) return isTrue(oneValue(turns.call(wanted)));
  if (how === 'wildcard') return wildcardPattern(textOf(known(wanted)), isCaseSensitive).test(textOf(value));
  if (how === 'regex') {
    const operator = isCaseSensitive ? '-cmatch' : '-match';
    return isTrue(applied(operator, textOf(value), known(wanted), (groups) => turns.scope.set('matches', groups)));
  }
  return isSame(value, wanted, isCaseSensitive);
}
