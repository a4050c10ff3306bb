// Taking recorded changes back by value: the inverse edits against the hive as it is now, where what we wrote still stands.

import { toHex } from '../base/bytes.ts';
import { encodeUtf16le } from '../base/text.ts';
import type { Change, HiveEdit, KeyPath, KeyRecord, RegValue } from './edit.ts';
import type { Hive, Key } from './hive.ts';
import { formatKeyPath } from './path.ts';
import { readRegValue } from './value.ts';

/** What can be done about one recorded change: the edits that revert it, or why it stays. */
export type Inverse =
  | { readonly kind: 'edits'; readonly edits: readonly HiveEdit[] }
  /** It already is as it was before. */
  | { readonly kind: 'nothing' }
  /** Somebody has changed it since, or it cannot be reverted by value. */
  | { readonly kind: 'stays'; readonly why: string };

/**
 * The inverse of one change of `hive` as it stands now. Take changes back last first, applying each before the next
 * is asked for.
 */
export function inverseOf(change: Change & { readonly edit: HiveEdit }, hive: Hive): Inverse {
  const { edit, before, after } = change;
  const key = hive.key(edit.key.path);
  switch (edit.op) {
    // What the logs hold is the hive's own: Windows replays it as well.
    case 'recover-hive':
      return { kind: 'nothing' };
    case 'set-value':
    case 'delete-value':
      return inverseOfValue(edit.key, edit.name, key, before?.value ?? null, after?.value ?? null);
    case 'create-key':
      return inverseOfCreation(edit.key, key);
    case 'delete-key':
      if (key) return stays(edit.key, 'it exists again');
      return { kind: 'edits', edits: (before?.tree ?? []).flatMap((record) => recreate(edit.key, record)) };
    case 'rename-key':
      return inverseOfRename(edit, hive);
    case 'set-class': {
      const now = key?.classBytes ? toHex(key.classBytes) : null;
      if (!key || now !== toHex(encodeUtf16le(edit.className))) return stays(edit.key, 'its class has changed since');
      return { kind: 'edits', edits: [{ op: 'set-class', key: edit.key, className: before?.className ?? '' }] };
    }
    case 'set-key-security': {
      const now = key?.security();
      if (!now || toHex(now) !== edit.sdHex) return stays(edit.key, 'its security descriptor has changed since');
      if (before?.sdHex === undefined) return stays(edit.key, 'its earlier security descriptor was not recorded');
      return { kind: 'edits', edits: [{ op: 'set-key-security', key: edit.key, sdHex: before.sdHex }] };
    }
    case 'set-key-time':
      if (!key || before?.filetime === undefined) return stays(edit.key, 'its earlier time stamp is not known');
      return { kind: 'edits', edits: [{ op: 'set-key-time', key: edit.key, filetime: before.filetime }] };
  }
}

function inverseOfValue(
  path: KeyPath,
  name: string,
  key: Key | null,
  before: RegValue | null,
  after: RegValue | null,
): Inverse {
  const value = key?.value(name) ?? null;
  const now = value ? readRegValue(value) : null;
  if (sameData(now, before)) return { kind: 'nothing' };
  if (!sameData(now, after)) return stays(path, `its value ${name || '(Default)'} has been changed since`);
  if (before === null) return { kind: 'edits', edits: [{ op: 'delete-value', key: path, name }] };
  return { kind: 'edits', edits: [{ op: 'set-value', key: path, name, value: before }] };
}

function inverseOfCreation(path: KeyPath, key: Key | null): Inverse {
  if (!key) return { kind: 'nothing' };
  if (key.subkeys().length > 0 || key.values().length > 0) return stays(path, 'something has been put into it since');
  return { kind: 'edits', edits: [{ op: 'delete-key', key: path }] };
}

function inverseOfRename(edit: HiveEdit & { readonly op: 'rename-key' }, hive: Hive): Inverse {
  const parent = edit.key.path.slice(0, -1);
  const oldName = edit.key.path.at(-1);
  const now = { hive: edit.key.hive, path: [...parent, edit.newName] };
  if (oldName === undefined || !hive.key(now.path)) return stays(now, 'it is no longer there');
  return { kind: 'edits', edits: [{ op: 'rename-key', key: now, newName: oldName }] };
}

function recreate(root: KeyPath, record: KeyRecord): HiveEdit[] {
  const key = { hive: root.hive, path: [...root.path, ...record.path] };
  const edits: HiveEdit[] = [{ op: 'create-key', key }];
  for (const { name, value } of record.values) edits.push({ op: 'set-value', key, name, value });
  if (record.className !== undefined) edits.push({ op: 'set-class', key, className: record.className });
  if (record.sdHex !== undefined) edits.push({ op: 'set-key-security', key, sdHex: record.sdHex });
  edits.push({ op: 'set-key-time', key, filetime: record.filetime });
  return edits;
}

function sameData(a: RegValue | null, b: RegValue | null): boolean {
  return a === b || (a !== null && b !== null && a.type === b.type && a.hex === b.hex);
}

function stays(key: KeyPath, why: string): Inverse {
  return { kind: 'stays', why: `${key.hive}\\${formatKeyPath(key.path)}: ${why}` };
}
