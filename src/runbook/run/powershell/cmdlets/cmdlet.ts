// What a cmdlet of ours is, and what it is given.

import type { Command } from '../../../parse/powershell/ast.ts';
import type { PsBlock, Scope, Value } from '../values.ts';
import type { Bound, CmdletParameters } from './binding.ts';

export interface CmdletCall {
  readonly name: string;
  readonly command: Command;
  readonly bound: Bound;
  /** What the pipe brings; null without one. */
  readonly input: readonly Value[] | null;
  readonly scope: Scope;
  /** Runs a block with $_ and returns what it gives. */
  each(block: PsBlock, item: Value): Value[];
}

export interface Cmdlet extends CmdletParameters {
  /** What it gives on. @throws Unresolved, ToolFailure */
  run(call: CmdletCall): Value[];
}

/** The step that a line becomes where it does something. */
export type Step = (call: CmdletCall, work: () => void) => void;
