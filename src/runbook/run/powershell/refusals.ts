// What is not understood, and what depends on it: refused with its lines, its variables forgotten.

import type { Statement } from '../../parse/powershell/ast.ts';
import { namesSetIn } from '../../parse/powershell/walk.ts';
import type { Span } from '../../parse/script.ts';
import { Lost } from '../jump.ts';
import type { Recorder } from '../recorder.ts';
import type { Unresolved } from '../unresolved.ts';
import { commandKinds, leavesIn } from './unknown-branch.ts';
import { NotKnown, type Scope } from './values.ts';

export class Refusals {
  /** Statements that were refused; a function in which one was gives nothing that is known. */
  count = 0;
  private readonly recorder: Recorder;

  constructor(recorder: Recorder) {
    this.recorder = recorder;
  }

  /** A statement by itself. @throws Lost where it would have left the order of statements */
  refuse(statement: Statement, scope: Scope, error: Unresolved): void {
    this.count += 1;
    const isElsewhere = error instanceof NotKnown && error.value.isElsewhere;
    const kinds = commandKinds([statement], scope);
    if (isElsewhere && kinds !== 'disk' && statement.kind !== 'leave') {
      const why = `run this on Windows yourself: ${error.message}`;
      this.recorder.push(statement, statement.source, statement.source, {
        state: 'onWindows',
        rule: 'run-elsewhere',
        why,
      });
    } else this.recorder.refuse(statement, statement.source, error.rule, error.message);
    for (const name of namesSetIn([statement]))
      scope.forget(
        name,
        `$${name} is not known here, because line ${statement.at.line} was not understood or not run.`,
        isElsewhere,
      );
    if (leavesIn([statement])) throw new Lost(statement.at);
  }

  /** Nobody knows whether `branches` run: they do not, what they set is not known, and after a jump in them neither is the rest. */
  notKnown(
    branches: readonly (readonly Statement[])[],
    head: Span & { readonly source: string },
    scope: Scope,
    error: Unresolved,
  ): void {
    const statements = branches.flat();
    const isElsewhere = error instanceof NotKnown && error.value.isElsewhere;
    const kinds = commandKinds(statements, scope);
    const leaves = leavesIn(statements);
    const isImmaterial = kinds === 'prints' && !leaves;
    if (isImmaterial) {
      for (const statement of [head, ...statements]) this.recorder.touch(statement);
    } else if (isElsewhere && kinds !== 'disk' && !leaves) {
      for (const statement of statements) {
        const why = `run this on Windows yourself: ${error.message}`;
        this.recorder.push(statement, statement.source, statement.source, {
          state: 'onWindows',
          rule: 'run-elsewhere',
          why,
        });
      }
      this.recorder.touch(head);
    } else {
      this.count += 1;
      this.recorder.refuse(head, head.source, error.rule, error.message);
      for (const statement of statements) this.recorder.refuse(statement, statement.source, error.rule, error.message);
    }
    for (const name of namesSetIn(statements))
      scope.forget(name, `$${name} is not known here, because it depends on line ${head.at.line}.`, isElsewhere);
    if (leaves) throw new Lost(head.at);
  }
}
