// The difference of two keys and all below them: what is in them, not how it is laid out.

import { bytesEqual, toHex } from '../../base/bytes.ts';
import { upcase } from '../../base/text.ts';
import type { RegValue } from '../edit.ts';
import type { Key, Value } from '../hive.ts';
import { readData, regValue } from '../value.ts';
import type { SameCells } from './same-cells.ts';

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

/** Told of the values of each two keys that are compared value by value. */
export type OnValues = (after: Key, old: readonly Value[], now: readonly Value[]) => void;

/** The differences of two keys and all below them are appended to `found`; `same` saves looking closely at most. */
export function diffKeys(
  before: Key,
  after: Key,
  same: SameCells | null,
  found: HiveDifference[],
  onValues: OnValues | null = null,
): void {
  if (same?.isSameTree(before, after)) return;
  if (!same?.isSameKey(before, after)) {
    diffKeyItself(before, after, found);
    diffValues(before, after, found, onValues);
  }
  pair(before.subkeys(), after.subkeys(), (old, now) => {
    if (old === null) lone(now, 'added', found);
    else if (now === null) lone(old, 'removed', found);
    else diffKeys(old, now, same, found, onValues);
  });
}

function diffKeyItself(before: Key, after: Key, found: HiveDifference[]): void {
  if (before.name !== after.name) {
    found.push({ kind: 'key-respelled', path: after.path, before: before.name, after: after.name });
  }
  const changed = (kind: 'class-changed' | 'security-changed' | 'flags-changed' | 'time-changed') => {
    const text = KEY_TEXTS[kind];
    found.push({ kind, path: after.path, before: text(before), after: text(after) });
  };
  if (!isSameBytes(before.classBytes, after.classBytes)) changed('class-changed');
  if (!isSameBytes(before.security(), after.security())) changed('security-changed');
  if (before.flags !== after.flags) changed('flags-changed');
  if (before.lastWritten !== after.lastWritten) changed('time-changed');
}

const KEY_TEXTS = {
  'class-changed': (key: Key) => hexOrNull(key.classBytes),
  'security-changed': (key: Key) => hexOrNull(key.security()),
  'flags-changed': (key: Key) => key.flags.toString(),
  'time-changed': (key: Key) => key.lastWritten.toString(),
} as const;

function diffValues(before: Key, after: Key, found: HiveDifference[], onValues: OnValues | null): void {
  const values = before.values();
  const valuesNow = after.values();
  onValues?.(after, values, valuesNow);
  pair(values, valuesNow, (old, now) => {
    const path = after.path;
    if (old === null) found.push({ kind: 'value-added', path, name: now.name, before: null, after: valueOrNull(now) });
    else if (now === null) {
      found.push({ kind: 'value-removed', path: before.path, name: old.name, before: valueOrNull(old), after: null });
    } else diffValue(old, now, path, found);
  });
}

function diffValue(old: Value, now: Value, path: readonly string[], found: HiveDifference[]): void {
  if (old.name !== now.name) {
    found.push({ kind: 'value-respelled', path, name: now.name, before: old.name, after: now.name });
  }
  if (old.type !== now.type || !isSameBytes(readData(old), readData(now))) {
    found.push({ kind: 'value-changed', path, name: now.name, before: valueOrNull(old), after: valueOrNull(now) });
  }
}

/** A key that only one hive has, with all that is in it. */
function lone(key: Key, what: 'added' | 'removed', found: HiveDifference[]): void {
  const { path } = key;
  found.push({ kind: `key-${what}`, path });
  for (const value of key.values()) {
    const { name } = value;
    if (what === 'added') found.push({ kind: 'value-added', path, name, before: null, after: valueOrNull(value) });
    else found.push({ kind: 'value-removed', path, name, before: valueOrNull(value), after: null });
  }
  for (const subkey of key.subkeys()) lone(subkey, what, found);
}

function valueOrNull(value: Value): RegValue | null {
  const data = readData(value);
  return data === null ? null : regValue(value.type, data);
}

function hexOrNull(bytes: Uint8Array | null): string | null {
  return bytes === null ? null : toHex(bytes);
}

function isSameBytes(a: Uint8Array | null, b: Uint8Array | null): boolean {
  if (a === null || b === null) return a === b;
  return bytesEqual(a, b);
}

interface Named {
  readonly name: string;
}

/**
 * Calls `each` with what has the same name (as Windows compares) in both lists, and with null for what only one has. In
 * `after`'s order; what only `before` has comes where it stood. Names that stand twice are paired in their order.
 */
function pair<T extends Named>(
  before: readonly T[],
  after: readonly T[],
  each: (...both: [T, T] | [null, T] | [T, null]) => void,
): void {
  if (before.length === after.length && before.every((item, i) => item.name === after[i]!.name)) {
    for (let i = 0; i < before.length; i += 1) each(before[i]!, after[i]!);
    return;
  }
  const places = new Map<string, number[]>();
  before.forEach(({ name }, i) => {
    const folded = upcase(name);
    const known = places.get(folded);
    if (known) known.push(i);
    else places.set(folded, [i]);
  });
  const partners = after.map(({ name }) => places.get(upcase(name))?.shift() ?? null);
  const isPaired = new Set(partners);
  let next = 0;
  const removedUpTo = (end: number): void => {
    for (; next < end; next += 1) if (!isPaired.has(next)) each(before[next]!, null);
  };
  after.forEach((item, i) => {
    const partner = partners[i] ?? null;
    if (partner === null) each(null, item);
    else {
      removedUpTo(partner);
      each(before[partner]!, item);
    }
  });
  removedUpTo(before.length);
}
