// Reading that may fail, where nothing is as good an answer as the error.

import type { HivemendError } from './errors.ts';

/** What `read` gives; null where it throws an error of `kind`. Any other error goes on. */
export function orNull<T>(kind: abstract new (...args: never[]) => HivemendError, read: () => T): T | null {
  try {
    return read();
  } catch (error) {
    if (error instanceof kind) return null;
    throw error;
  }
}
