// How statements of PowerShell leave their order, and errors that a script catches.

import { PsObject, textOf, type Value } from './values.ts';

export class Leave extends Error {
  readonly how: 'return' | 'exit' | 'break' | 'continue';

  constructor(how: Leave['how']) {
    super(how);
    this.how = how;
  }
}

/** A terminating error: throw, or a cmdlet's with -ErrorAction Stop. */
export class PsError extends Error {
  /** What $_ is in catch. */
  readonly record: Value;

  constructor(value: Value) {
    const message = textOf(value instanceof PsObject && value.properties.has('Exception') ? value.text : value);
    super(message);
    this.record =
      value instanceof PsObject && value.type === 'ErrorRecord'
        ? value
        : new PsObject('ErrorRecord', { Exception: new PsObject('Exception', { Message: message }, message) }, message);
  }
}

/** Whether a catch of these types takes the error: of none all, else as far as its message tells what it is. */
export function isCaughtBy(types: readonly string[], { message }: PsError): boolean {
  return (
    types.length === 0 ||
    types.some((type) => {
      const name = type.slice(type.lastIndexOf('.') + 1).toLowerCase();
      if (name === 'itemnotfoundexception') return /^Cannot find path /.test(message);
      if (name === 'psargumentexception') return /^Property .* does not exist at path/.test(message);
      return /^(?:exception|systemexception|runtimeexception)$/.test(name);
    })
  );
}

/** An error that ends its statement, and the script only where it says Stop. */
export class StatementError extends PsError {}
