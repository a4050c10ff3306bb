// How a script leaves its order of lines.

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
