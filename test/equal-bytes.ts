// Bytes beside bytes as one comparison: vitest's own goes through them one by one, and makes an object of each.

import { expect } from 'vitest';

/** True of equal bytes; what differs is vitest's to tell. */
function areEqualBytes(a: unknown, b: unknown): true | undefined {
  if (!(a instanceof Uint8Array && b instanceof Uint8Array) || a.constructor !== b.constructor) return undefined;
  return Buffer.compare(a, b) === 0 ? true : undefined;
}

// Files that share a worker share its testers too, and this module is run for each of them.
const shared = globalThis as { hivemendHasByteTester?: true };
if (!shared.hivemendHasByteTester) {
  shared.hivemendHasByteTester = true;
  expect.addEqualityTesters([areEqualBytes]);
}
