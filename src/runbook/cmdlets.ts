// Cmdlets that change registry values and services of the disk.

import type { Outcome } from '../commands/outcome.ts';
import type { Bench } from './bench.ts';

/** Null where `tool` is none of these. */
export function cmdletCommand(_tool: string, _args: readonly string[], _bench: Bench): Outcome | null {
  return null;
}
