// The real hives that stand beside the checkout on some machines; tests that need them say so when they are absent.

import { existsSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, it } from 'vitest';
import { isDeep } from './deep.ts';

const folder = process.env.HIVEMEND_SHARED_HIVES ?? fileURLToPath(new URL('../../shared/hives', import.meta.url));

/** The folder of real hives, or null where this machine has none. */
export const sharedHives: string | null = existsSync(folder) ? folder : null;

/** A `describe` that runs only where the real hives are, and whose title says so when it is skipped. */
export function describeShared(name: string, body: (folder: string) => void): void {
  if (sharedHives) describe(name, () => body(sharedHives));
  else describe(name, () => it.skipIf(true)('skipped: there is no folder of real hives beside the checkout', () => {}));
}

const LARGE_FROM_BYTES = 8_000_000;

/** Of the hives at `paths` under `root`, for tests that go through each several times: the large ones in the deep tier alone. */
export function ordinaryHives(root: string, paths: readonly string[]): readonly string[] {
  return isDeep ? paths : paths.filter((path) => statSync(join(root, path)).size < LARGE_FROM_BYTES);
}
