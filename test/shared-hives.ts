// The real hives that stand beside the checkout on some machines; tests that need them say so when they are absent.

import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, it } from 'vitest';

const folder = process.env.HIVEMEND_SHARED_HIVES ?? fileURLToPath(new URL('../../shared/hives', import.meta.url));

/** The folder of real hives, or null where this machine has none. */
export const sharedHives: string | null = existsSync(folder) ? folder : null;

/** A `describe` that runs only where the real hives are, and whose title says so when it is skipped. */
export function describeShared(name: string, body: (folder: string) => void): void {
  if (sharedHives) describe(name, () => body(sharedHives));
  else describe(name, () => it.skipIf(true)('skipped: there is no folder of real hives beside the checkout', () => {}));
}
