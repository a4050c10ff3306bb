// The difference of two hives: what is in them, not how it is laid out.

import type { Change, RegValue } from './edit.ts';
import type { Hive } from './hive.ts';

/**
 * One difference. Parents come before what is below them; a key that only one hive has is followed by its values and its
 * subkeys, each as a difference of its own. A key or value whose name differs in letter case alone is 'respelled'.
 * Data that cannot be read whole are null.
 */
export type HiveDifference =
  | { readonly kind: 'key-added' | 'key-removed'; readonly path: readonly string[] }
  | {
      readonly kind: 'key-respelled';
      readonly path: readonly string[];
      readonly before: string;
      readonly after: string;
    }
  | {
      readonly kind: 'value-added';
      readonly path: readonly string[];
      readonly name: string;
      readonly before: null;
      readonly after: RegValue | null;
    }
  | {
      readonly kind: 'value-removed';
      readonly path: readonly string[];
      readonly name: string;
      readonly before: RegValue | null;
      readonly after: null;
    }
  | {
      readonly kind: 'value-changed';
      readonly path: readonly string[];
      readonly name: string;
      readonly before: RegValue | null;
      readonly after: RegValue | null;
    }
  | {
      readonly kind: 'value-respelled';
      readonly path: readonly string[];
      readonly name: string;
      readonly before: string;
      readonly after: string;
    }
  | {
      /** Class as hex of its UTF-16LE, security as hex, the nk flags as a number's text, the time as a FILETIME's. */
      readonly kind: 'class-changed' | 'security-changed' | 'flags-changed' | 'time-changed';
      readonly path: readonly string[];
      readonly before: string | null;
      readonly after: string | null;
    };

/** All differences between two hives, in the order of a walk. Paths are `after`'s, for what was removed `before`'s. */
export function diffHives(before: Hive, after: Hive): HiveDifference[] {
  return [];
}

/** Proves that `after` is `before` with exactly these changes; InternalError that says what differs where it is not. */
export function proveChanges(before: Hive, after: Hive, changes: readonly Change[]): void {}
