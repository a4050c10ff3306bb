// Thrown while a script is run: a line that is left unresolved, or one that stops the script.

import type { RuleId } from '../lint/rules.ts';

/** The line is not run; the reason is a rule of the linter. Caught by the shell. */
export class Unresolved extends Error {
  readonly rule: RuleId;

  constructor(rule: RuleId, why: string) {
    super(why);
    this.rule = rule;
  }
}

/** What only a running Windows answers. */
export class AskedElsewhere extends Unresolved {}

/** A command of a kind that is done here wants something that is not: it is listed to be run on Windows. */
export class RunOnWindows extends Error {}

/** A tool ends with an exit code other than 0 and a message; the script goes on. */
export class ToolFailure extends Error {
  readonly exitCode: number;

  constructor(message: string, exitCode = 1) {
    super(message);
    this.exitCode = exitCode;
  }
}
