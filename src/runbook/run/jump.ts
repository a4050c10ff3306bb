// How a script leaves its order of lines.

import type { Position } from '../parse/script.ts';

/** Thrown by goto, exit and call. */
export class Jump extends Error {
  /** Null: to the end. */
  readonly target: string | null;
  /** exit without /b ends every caller too. */
  readonly isFinal: boolean;

  constructor(target: string | null, isFinal = false) {
    super('jump');
    this.target = target;
    this.isFinal = isFinal;
  }
}

/** Thrown where nobody can tell which line comes next: what was not reached yet depends on it. */
export class Lost extends Error {
  readonly at: Position;

  constructor(at: Position) {
    super(`it depends on line ${at.line}, which was not understood.`);
    this.at = at;
  }
}
