// The difference of two hives, and the proof that an edited hive is the original with exactly the changes reported.

import { bytesEqual, fromHex, toHex } from '../../base/bytes.ts';
import { InternalError } from '../../base/errors.ts';
import { compareNames, decodeUtf16le } from '../../base/text.ts';
import type { Change, HiveEdit, KeyRecord, State } from '../edit.ts';
import type { Hive, Key, Value } from '../hive.ts';
import { formatKeyPath } from '../path.ts';
import { isSameValue } from '../value.ts';
import { diffKeys, type HiveDifference } from './difference.ts';
import { ExpectedKey, ExpectedValue } from './expected-key.ts';
import { SameCells } from './same-cells.ts';

export type { HiveDifference } from './difference.ts';

/** All differences between two hives, in the order of a walk. Paths are `after`'s, for what was removed `before`'s. */
export function diffHives(before: Hive, after: Hive): HiveDifference[] {
  const differences: HiveDifference[] = [];
  diffKeys(before.root, after.root, SameCells.of(before, after), differences);
  return differences;
}

/** As many differences as an error carries. */
const SHOWN = 20;

/**
 * Proves that `after` is `before` with exactly these changes, and that each change tells truly what stood there before
 * it: keys, values, their order, class names, security, flags. Only keys that a change touches, and parents of keys that
 * came, went or were renamed, may have another last-written time. InternalError that says what differs.
 */
export function proveChanges(before: Hive, after: Hive, changes: readonly Change[]): void {
  const root = new ExpectedKey(before.root, null);
  for (const change of changes) lay(root, change);
  const found: HiveDifference[] = [];
  const moved: string[] = [];
  diffKeys(root, after.root, SameCells.of(before, after), found, (key, old, now) => {
    if (!isSameRow(old, now)) moved.push(formatKeyPath(key.path));
  });
  const differences = found.filter(({ kind, path }) => kind !== 'time-changed' || !root.open(path)?.isStamped);
  if (before.minorVersion !== after.minorVersion) {
    throw new InternalError(
      `the edited ${after.name} has version 1.${after.minorVersion}, expected 1.${before.minorVersion}`,
    );
  }
  const [first] = differences;
  if (first !== undefined) {
    throw new InternalError(
      `the edited ${after.name} differs from its plan in ${differences.length} places, first ${describe(first)}`,
      { data: { differences: differences.slice(0, SHOWN) } },
    );
  }
  if (moved.length === 0) return;
  throw new InternalError(
    `the edited ${after.name} differs from its plan in the order or the flags of the values of ${moved.length} keys, first \\${moved[0]}`,
  );
}

/** Values that are the same by name stand in the same order, and those that no change has set have the same flags. */
function isSameRow(old: readonly Value[], now: readonly Value[]): boolean {
  return (
    old.length === now.length &&
    old.every((value, i) => {
      const other = now[i]!;
      return value.name === other.name && (value instanceof ExpectedValue || value.flags === other.flags);
    })
  );
}

function describe(difference: HiveDifference): string {
  const name = 'name' in difference ? ` of the value "${difference.name}"` : '';
  return `${difference.kind}${name} at the key \\${formatKeyPath(difference.path)}`;
}

function lay(root: ExpectedKey, { edit, before, after }: Change): void {
  if (edit.op === 'recover-hive') return;
  if (!('key' in edit)) throw new InternalError(`a change of the kind ${edit.op} was given for a hive`);
  const claim = (holds: boolean, what: string): void => {
    if (!holds) throw new InternalError(`the change ${edit.op} at ${formatKeyPath(edit.key.path)} ${what}`);
  };
  const key = root.open(edit.key.path);
  if (edit.op === 'create-key') {
    const parent = root.open(edit.key.path.slice(0, -1));
    const name = edit.key.path.at(-1);
    const record = after?.tree?.[0];
    claim(key === null && parent !== null && before === null, 'makes a key that was there');
    claim(name !== undefined && record !== undefined, 'does not say what it made');
    if (parent && name !== undefined && record) parent.add(name, record);
    return;
  }
  if (key === null)
    throw new InternalError(`the change ${edit.op} names ${formatKeyPath(edit.key.path)}, which is not there`);
  if (edit.op === 'delete-key') {
    claim(isSameTree([...treeOf(key, [])], before?.tree), 'does not record what it deleted');
    key.parent?.remove(key);
  } else layOnKey(key, edit, before, claim);
}

type Claim = (holds: boolean, what: string) => void;

function layOnKey(key: ExpectedKey, edit: HiveEdit, before: State, claim: Claim): void {
  switch (edit.op) {
    case 'rename-key':
      key.rename(edit.newName);
      break;
    case 'set-value':
      claim(isState(key.value(edit.name), before), 'does not record the value that stood there');
      key.setValue(edit.name, edit.value);
      break;
    case 'delete-value': {
      const value = key.value(edit.name);
      claim(value !== null && isState(value, before), 'does not record the value that stood there');
      if (value !== null) key.removeValue(value);
      break;
    }
    case 'set-class':
      claim(
        before?.className === decodeUtf16le(key.classBytes ?? new Uint8Array()),
        'does not record the class before',
      );
      key.setClass(edit.className);
      break;
    case 'set-key-security': {
      const security = key.security();
      claim(before?.sdHex === (security === null ? undefined : toHex(security)), 'does not record the security before');
      key.setSecurity(fromHex(edit.sdHex));
      break;
    }
    case 'set-key-time':
      claim(key.isStamped || before?.filetime === key.lastWritten.toString(), 'does not record the time before');
      key.setTime(BigInt(edit.filetime));
      break;
  }
}

function isState(value: Value | null, state: State): boolean {
  if (value === null || state === null) return value === null && state === null;
  return state.value === undefined || isSameValue(value, state.value);
}

function* treeOf(
  key: Key,
  path: readonly string[],
): Generator<{ readonly key: Key; readonly path: readonly string[] }> {
  yield { key, path };
  // A key that was made or renamed before stands at its place in the order of names, which is the order of the record.
  const subkeys = [...key.subkeys()].sort((a, b) => compareNames(a.name, b.name));
  for (const subkey of subkeys) yield* treeOf(subkey, [...path, subkey.name]);
}

function isSameTree(
  found: readonly { readonly key: Key; readonly path: readonly string[] }[],
  told: readonly KeyRecord[] | undefined,
): boolean {
  return (
    told !== undefined &&
    found.length === told.length &&
    found.every(({ key, path }, i) => isSameKey(key, path, told[i]!))
  );
}

function isSameKey(key: Key, path: readonly string[], record: KeyRecord): boolean {
  const security = key.security();
  const values = record.values;
  return (
    path.join('\\') === record.path.join('\\') &&
    (key.classBytes === null ? record.className === undefined : decodeUtf16le(key.classBytes) === record.className) &&
    (security === null
      ? record.sdHex === undefined
      : bytesEqual(security, fromHex(record.sdHex ?? '') ?? new Uint8Array())) &&
    key.values().length >= values.length &&
    values.every(({ name, value }) => isSameValue(key.value(name), value))
  );
}
