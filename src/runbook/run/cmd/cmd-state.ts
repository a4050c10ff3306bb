// What the parts of the shell for cmd.exe need of each other.

import type { CommandNode, Position } from '../../parse/script.ts';
import type { CommandRunner } from '../command-runner.ts';
import type { Streams } from '../redirections.ts';
import type { Environment } from './environment.ts';

/** Runs a text of PowerShell (`powershell -Command`) and returns its exit code, null where nobody knows it. */
export type PowerShellText = (text: string, at: Position, streams: Streams) => number | null;

export interface CmdState {
  readonly environment: Environment;
  readonly runner: CommandRunner;
  readonly powershell: PowerShellText;
  /** What is put in when a command is run: variables of for, then `!name!`. */
  late(text: string): string;
  /** Runs a command line that stands in a text: of for /f, cmd /c, call. */
  typed(text: string, at: Position, streams: Streams): void;
  /** call: a label of this script with arguments, or a command whose percent variables are put in once more. */
  call(rest: string, node: CommandNode, streams: Streams): void;
  /** shift: the arguments of a subroutine move down by one, from `first` on. */
  shift(first: number): void;
  hasLabel(name: string): boolean;
}
