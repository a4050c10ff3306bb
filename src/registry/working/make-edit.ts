// One edit made on the engine, and what it changed.

import { bytesEqual, fromHex, toHex } from '../../base/bytes.ts';
import { FormatError, NotFoundError, RefusedError, UsageError } from '../../base/errors.ts';
import { orNull } from '../../base/or-null.ts';
import { decodeUtf16le, encodeUtf16le } from '../../base/text.ts';
import type { HiveHandle, NodeId, ValueId } from '../../engine/handle.ts';
import { descriptorProblem } from '../../regf/gate/validate-security.ts';
import type { Change, HiveEdit, KeyPath, KeyRecord, State } from '../edit.ts';
import { formatKeyPath } from '../path.ts';
import { regValue, valueBytes } from '../value.ts';
import type { KeyFinder } from './key-finder.ts';

/** What edits are made on. */
export interface EditContext {
  readonly handle: HiveHandle;
  /** Belongs to one batch of edits. */
  readonly finder: KeyFinder;
  /** Stamps what Windows would stamp. */
  readonly filetime: bigint;
}

/** Makes `edit`; the changes are none where everything is as the edit wants it. Errors as WorkingHive.apply has them. */
export function makeEdit(context: EditContext, edit: HiveEdit): Change[] {
  switch (edit.op) {
    case 'recover-hive':
      return [{ edit, before: null, after: null }];
    case 'create-key':
      return createKeys(context, edit.key);
    case 'delete-key':
      return deleteKey(context, edit);
    case 'rename-key':
      return renameKey(context, edit);
    case 'set-value':
      return setValue(context, edit);
    case 'delete-value':
      return deleteValue(context, edit);
    case 'set-class':
      return setClass(context, edit);
    case 'set-key-security':
      return setSecurity(context, edit);
    case 'set-key-time':
      return setTime(context, edit);
  }
}

type EditOf<Op extends HiveEdit['op']> = Extract<HiveEdit, { op: Op }>;

function needKey({ finder }: EditContext, key: KeyPath): NodeId {
  const node = finder.find(key.path);
  if (node !== null) return node;
  throw new NotFoundError('KEY_NOT_FOUND', `${key.hive} does not have a key ${formatKeyPath(key.path)}`, {
    data: { key },
  });
}

function createKeys({ handle, finder, filetime }: EditContext, key: KeyPath): Change[] {
  const changes: Change[] = [];
  finder.findOrMake(key.path, (parent, depth) => {
    const name = key.path[depth]!;
    const node = handle.createKey(parent, name, filetime);
    const created: HiveEdit = { op: 'create-key', key: { hive: key.hive, path: key.path.slice(0, depth + 1) } };
    const made = { path: [], ...securityState(readSecurity(handle, node)), filetime: filetime.toString(), values: [] };
    changes.push({ edit: created, before: null, after: { tree: [made] } });
    return node;
  });
  return changes;
}

function deleteKey(context: EditContext, edit: EditOf<'create-key' | 'delete-key'>): Change[] {
  const { handle, filetime } = context;
  const node = context.finder.find(edit.key.path);
  if (node === null) return [];
  const tree = treeRecords(handle, node);
  handle.deleteKey(node, filetime);
  context.finder.forget();
  return [{ edit, before: { tree }, after: null }];
}

function renameKey(context: EditContext, edit: EditOf<'rename-key'>): Change[] {
  const { handle, filetime } = context;
  const node = needKey(context, edit.key);
  if (edit.key.path.length === 0) {
    throw new RefusedError('PROTECTED_KEY', `the root key of ${edit.key.hive} cannot be renamed`);
  }
  const { name, lastWritten } = handle.node(node);
  if (name === edit.newName) return [];
  const renamed = handle.renameKey(node, edit.newName, filetime);
  context.finder.forget();
  return [{ edit, before: timeState(lastWritten), after: timeState(handle.node(renamed).lastWritten) }];
}

function setValue(context: EditContext, edit: EditOf<'set-value'>): Change[] {
  const { handle, filetime } = context;
  const node = needKey(context, edit.key);
  const data = valueBytes(edit.value);
  const type = edit.value.type;
  if (!Number.isInteger(type) || type < 0 || type > 0xffff_ffff) {
    throw new UsageError('BAD_VALUE', `${type} is not a type of a value, expected a number from 0 to 4294967295`);
  }
  const before = valueState(handle, handle.value(node, edit.name));
  if (before?.value?.type === type && before.value.hex === toHex(data)) return [];
  handle.setValue(node, edit.name, type, data, filetime);
  return [{ edit, before, after: { value: regValue(type, data) } }];
}

function deleteValue(context: EditContext, edit: EditOf<'delete-value'>): Change[] {
  const { handle, filetime } = context;
  const node = context.finder.find(edit.key.path);
  const value = node === null ? null : handle.value(node, edit.name);
  if (node === null || value === null) return [];
  const before = valueState(handle, value);
  handle.deleteValue(node, edit.name, filetime);
  return [{ edit, before, after: null }];
}

function setClass(context: EditContext, edit: EditOf<'set-class'>): Change[] {
  const { handle, filetime } = context;
  const node = needKey(context, edit.key);
  const { classBytes } = handle.node(node);
  const wanted = encodeUtf16le(edit.className);
  if (bytesEqual(classBytes ?? new Uint8Array(), wanted)) return [];
  handle.setClass(node, wanted.byteLength === 0 ? null : wanted, filetime);
  const before = { className: classBytes === null ? '' : decodeUtf16le(classBytes) };
  return [{ edit, before, after: { className: edit.className } }];
}

function setSecurity(context: EditContext, edit: EditOf<'set-key-security'>): Change[] {
  const { handle, filetime } = context;
  const node = needKey(context, edit.key);
  const wanted = fromHex(edit.sdHex);
  if (wanted === null) {
    throw new UsageError('BAD_VALUE', `the security descriptor for ${formatKeyPath(edit.key.path)} is not hex`);
  }
  const problem = descriptorProblem(wanted);
  if (problem !== null) {
    throw new UsageError('BAD_VALUE', `${problem}, so ${formatKeyPath(edit.key.path)} cannot have it`);
  }
  const found = readSecurity(handle, node);
  if (found !== null && bytesEqual(found, wanted)) return [];
  handle.setSecurity(node, wanted, filetime);
  return [{ edit, before: found === null ? {} : { sdHex: toHex(found) }, after: { sdHex: toHex(wanted) } }];
}

function setTime(context: EditContext, edit: EditOf<'set-key-time'>): Change[] {
  const { handle } = context;
  const node = needKey(context, edit.key);
  if (!/^\d{1,20}$/.test(edit.filetime) || BigInt(edit.filetime) >= 1n << 64n) {
    throw new UsageError('BAD_VALUE', `${edit.filetime} is not a FILETIME, expected a decimal number below 2^64`);
  }
  const wanted = BigInt(edit.filetime);
  const { lastWritten } = handle.node(node);
  if (lastWritten === wanted) return [];
  handle.setTime(node, wanted);
  return [{ edit, before: timeState(lastWritten), after: timeState(wanted) }];
}

function timeState(filetime: bigint): NonNullable<State> {
  return { filetime: filetime.toString() };
}

/** A value that is there but cannot be read whole is `{}`. */
function valueState(handle: HiveHandle, value: ValueId | null): State {
  if (value === null) return null;
  try {
    return { value: regValue(handle.valueInfo(value).type, handle.data(value)) };
  } catch (error) {
    if (error instanceof FormatError) return {};
    throw error;
  }
}

function readSecurity(handle: HiveHandle, node: NodeId): Uint8Array | null {
  return orNull(FormatError, () => handle.security(node));
}

/** The key and all below it, parents first; values whose data cannot be read whole are left out: nothing could bring them back. */
function treeRecords(handle: HiveHandle, top: NodeId): KeyRecord[] {
  const records: KeyRecord[] = [];
  const names: string[] = [];
  let values: KeyRecord['values'][number][] = [];
  using cursor = handle.walk(top);
  while (cursor.next()) {
    if (!cursor.isKey) {
      if (!cursor.isUnreadable) values.push({ name: cursor.name, value: regValue(cursor.type, cursor.data) });
      continue;
    }
    if (cursor.depth > 0) names.splice(cursor.depth - 1, names.length, cursor.name);
    values = [];
    const { classBytes } = cursor;
    const filetime = cursor.lastWritten.toString();
    const className = classBytes === null ? {} : { className: decodeUtf16le(classBytes) };
    const security = readSecurity(handle, cursor.cellOffset as NodeId);
    records.push({ path: [...names], ...className, ...securityState(security), filetime, values });
  }
  return records;
}

function securityState(security: Uint8Array | null): { sdHex?: string } {
  return security === null ? {} : { sdHex: toHex(security) };
}
