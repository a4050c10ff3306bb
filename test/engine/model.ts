// What a hive is, without cells: a tree of named keys with values, in memory. It says what each operation must come to,
// so that the engine can be compared with it after any sequence.

import { toHex } from '../../src/base/bytes.ts';
import { type HivemendError, NotFoundError, RefusedError, UsageError } from '../../src/base/errors.ts';
import { compareNames, encodeUtf16le, upcase } from '../../src/base/text.ts';
import type { HiveHandle, NodeId } from '../../src/engine/handle.ts';
import { walked } from './walked.ts';

interface ModelValue {
  readonly name: string;
  readonly type: number;
  readonly hex: string;
}

export interface ModelKey {
  name: string;
  time: bigint;
  classHex: string | null;
  security: string | null;
  flags: number;
  /** In stored order. */
  values: ModelValue[];
  /** Sorted as Windows does. */
  subkeys: ModelKey[];
}

/** An operation on the key at `path` below the root. */
export type Operation =
  | { readonly op: 'create'; readonly path: readonly string[]; readonly name: string }
  | { readonly op: 'delete'; readonly path: readonly string[] }
  | { readonly op: 'rename'; readonly path: readonly string[]; readonly name: string }
  | {
      readonly op: 'set';
      readonly path: readonly string[];
      readonly name: string;
      readonly type: number;
      readonly data: Uint8Array;
    }
  | { readonly op: 'unset'; readonly path: readonly string[]; readonly name: string }
  | { readonly op: 'class'; readonly path: readonly string[]; readonly text: string | null }
  | { readonly op: 'security'; readonly path: readonly string[]; readonly descriptor: Uint8Array }
  | { readonly op: 'time'; readonly path: readonly string[] };

const same = (a: string, b: string): boolean => upcase(a) === upcase(b);

/** Reads a hive into a model, through the engine's own calls. */
export function modelOf(hive: HiveHandle): ModelKey {
  const byId = new Map<number, ModelKey>();
  let root: ModelKey | null = null;
  let current: ModelKey | null = null;
  for (const record of walked(hive)) {
    if (record.kind === 'value') {
      current!.values.push({ name: record.name, type: record.type, hex: toHex(record.data!) });
      continue;
    }
    const security = hive.security(record.id);
    const key: ModelKey = {
      name: record.name,
      time: record.lastWritten,
      classHex: record.classBytes && toHex(record.classBytes),
      security: security && toHex(security),
      flags: record.flags & ~0x20,
      values: [],
      subkeys: [],
    };
    byId.set(record.id, key);
    if (root === null) root = key;
    else byId.get(record.parent)!.subkeys.push(key);
    current = key;
  }
  return root!;
}

export function cloneModel(key: ModelKey): ModelKey {
  return { ...key, values: [...key.values], subkeys: key.subkeys.map(cloneModel) };
}

export function find(root: ModelKey, path: readonly string[]): ModelKey | null {
  let key: ModelKey | null = root;
  for (const name of path) key = key?.subkeys.find((child) => same(child.name, name)) ?? null;
  return key;
}

function checkKeyName(name: string): HivemendError | null {
  return name.length === 0 || name.length > 255 || /[\\\0]/.test(name) ? new UsageError('BAD_VALUE', name) : null;
}

function insertSorted(parent: ModelKey, child: ModelKey): void {
  const at = parent.subkeys.findIndex((other) => compareNames(other.name, child.name) > 0);
  parent.subkeys.splice(at < 0 ? parent.subkeys.length : at, 0, child);
}

/** Does the operation to the model, or says which error it must be (and leaves the model alone). */
export function applyToModel(root: ModelKey, operation: Operation, time: bigint): HivemendError | null {
  const key = find(root, operation.path);
  if (!key) return new NotFoundError('KEY_NOT_FOUND', operation.path.join('\\'));
  const parent = operation.path.length === 0 ? null : find(root, operation.path.slice(0, -1));
  switch (operation.op) {
    case 'create': {
      if (key.subkeys.some((child) => same(child.name, operation.name))) return null;
      const bad = checkKeyName(operation.name);
      if (bad) return bad;
      insertSorted(key, {
        name: operation.name,
        time,
        classHex: null,
        security: key.security,
        flags: 0,
        values: [],
        subkeys: [],
      });
      key.time = time;
      return null;
    }
    case 'delete':
      if (!parent) return new RefusedError('PROTECTED_KEY', 'root');
      parent.subkeys.splice(parent.subkeys.indexOf(key), 1);
      parent.time = time;
      return null;
    case 'rename': {
      if (!parent) return new RefusedError('PROTECTED_KEY', 'root');
      const bad = checkKeyName(operation.name);
      if (bad) return bad;
      if (parent.subkeys.some((other) => other !== key && same(other.name, operation.name))) {
        return new UsageError('BAD_VALUE', operation.name);
      }
      parent.subkeys.splice(parent.subkeys.indexOf(key), 1);
      key.name = operation.name;
      insertSorted(parent, key);
      key.time = time;
      parent.time = time;
      return null;
    }
    case 'set':
      return setInModel(key, operation, time);
    case 'unset': {
      const at = key.values.findIndex((value) => same(value.name, operation.name));
      if (at < 0) return new NotFoundError('VALUE_NOT_FOUND', operation.name);
      key.values.splice(at, 1);
      key.time = time;
      return null;
    }
    case 'class':
      key.classHex = operation.text ? toHex(encodeUtf16le(operation.text)) : null;
      key.time = time;
      return null;
    case 'security': {
      const hex = toHex(operation.descriptor);
      if (hex !== key.security) key.time = time;
      key.security = hex;
      return null;
    }
    case 'time':
      key.time = time;
      return null;
  }
}

function setInModel(key: ModelKey, operation: Operation & { op: 'set' }, time: bigint): HivemendError | null {
  const at = key.values.findIndex((value) => same(value.name, operation.name));
  const hex = toHex(operation.data);
  if (at < 0) {
    if (operation.name.length > 16_383 || operation.name.includes('\0'))
      return new UsageError('BAD_VALUE', operation.name);
    key.values.push({ name: operation.name, type: operation.type, hex });
    key.time = time;
    return null;
  }
  const old = key.values[at]!;
  if (old.type === operation.type && old.hex === hex) return null;
  key.values[at] = { name: old.name, type: operation.type, hex };
  key.time = time;
  return null;
}

/** The key at `path`, found by one lookup a name. */
export function nodeAt(hive: HiveHandle, path: readonly string[]): NodeId {
  let node = hive.root();
  for (const name of path) {
    const child = hive.subkey(node, name);
    if (child === null) throw new NotFoundError('KEY_NOT_FOUND', path.join('\\'));
    node = child;
  }
  return node;
}

/** Does the operation in the engine. */
export function applyToHive(hive: HiveHandle, operation: Operation, time: bigint): void {
  const node = nodeAt(hive, operation.path);
  switch (operation.op) {
    case 'create':
      hive.createKey(node, operation.name, time);
      return;
    case 'delete':
      hive.deleteKey(node, time);
      return;
    case 'rename':
      hive.renameKey(node, operation.name, time);
      return;
    case 'set':
      hive.setValue(node, operation.name, operation.type, operation.data, time);
      return;
    case 'unset':
      hive.deleteValue(node, operation.name, time);
      return;
    case 'class':
      hive.setClass(node, operation.text === null ? null : encodeUtf16le(operation.text), time);
      return;
    case 'security':
      hive.setSecurity(node, operation.descriptor, time);
      return;
    case 'time':
      hive.setTime(node, time);
      return;
  }
}
