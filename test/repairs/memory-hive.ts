// A hive in memory for tests of what is above the readers: built from a readable tree, edited by the same edits.

import { compareNames } from '../../src/base/text.ts';
import type { HiveEdit, RegValue } from '../../src/registry/edit.ts';
import type { Hive, Key, Value } from '../../src/registry/hive.ts';
import { dword, multiSz, sz, valueBytes } from '../../src/registry/value.ts';

/** A number is a REG_DWORD, a text a REG_SZ, a list of texts a REG_MULTI_SZ; a nested object is a key. */
export interface Tree {
  readonly [name: string]: number | string | readonly string[] | RegValue | Tree;
}

class MemoryKey implements Key {
  readonly name: string;
  readonly parent: MemoryKey | null;
  readonly cellOffset = 0;
  readonly lastWritten = 0n;
  readonly flags = 0;
  readonly classBytes = null;
  readonly keys: MemoryKey[] = [];
  readonly data: { name: string; value: RegValue }[] = [];

  constructor(name: string, parent: MemoryKey | null) {
    this.name = name;
    this.parent = parent;
  }

  get path(): readonly string[] {
    return this.parent ? [...this.parent.path, this.name] : [];
  }

  subkeys(): readonly MemoryKey[] {
    return this.keys;
  }

  subkey(name: string): MemoryKey | null {
    return this.keys.find((key) => compareNames(key.name, name) === 0) ?? null;
  }

  values(): readonly Value[] {
    return this.data.map(({ name, value }) => ({
      name,
      type: value.type,
      cellOffset: 0,
      flags: 1,
      data: () => valueBytes(value),
    }));
  }

  value(name: string): Value | null {
    return this.values().find((value) => compareNames(value.name, name) === 0) ?? null;
  }

  security(): Uint8Array | null {
    return null;
  }
}

export class MemoryHive implements Hive {
  readonly name: string;
  readonly minorVersion = 5;
  readonly view = 'primary';
  readonly reader = 'engine';
  readonly root = new MemoryKey('ROOT', null);

  constructor(name: string, tree: Tree = {}) {
    this.name = name;
    fill(this.root, tree);
  }

  key(path: readonly string[]): MemoryKey | null {
    let key: MemoryKey | null = this.root;
    for (const name of path) key = key?.subkey(name) ?? null;
    return key;
  }

  value(path: readonly string[], name: string): Value | null {
    return this.key(path)?.value(name) ?? null;
  }

  *walk(from: Key = this.root): Iterable<Key> {
    yield from;
    for (const key of from.subkeys()) yield* this.walk(key);
  }

  /** Lays `tree` over what is there. */
  merge(tree: Tree): this {
    fill(this.root, tree);
    return this;
  }

  /** Makes the edits; how many of them changed something. An edit that its key is missing for is an error, as in the engine. */
  apply(edits: readonly HiveEdit[]): number {
    return edits.filter((edit) => this.applyOne(edit)).length;
  }

  private applyOne(edit: HiveEdit): boolean {
    const { path } = edit.key;
    if (edit.key.hive !== this.name) throw new Error(`an edit of ${edit.key.hive} came to ${this.name}`);
    if (edit.op === 'create-key') return make(this.root, path);
    const key = this.key(path);
    if (edit.op === 'delete-key') {
      const siblings = key?.parent?.keys;
      if (!key || !siblings) return false;
      siblings.splice(siblings.indexOf(key), 1);
      return true;
    }
    if (!key) throw new Error(`${path.join('\\')} does not exist for ${edit.op}`);
    if (edit.op !== 'set-value' && edit.op !== 'delete-value') throw new Error(`${edit.op} is not for this hive`);
    const at = key.data.findIndex(({ name }) => compareNames(name, edit.name) === 0);
    if (edit.op === 'delete-value') return key.data.splice(at, at < 0 ? 0 : 1).length > 0;
    const before = key.data[at]?.value;
    if (before?.type === edit.value.type && before.hex === edit.value.hex) return false;
    key.data.splice(at < 0 ? key.data.length : at, at < 0 ? 0 : 1, { name: edit.name, value: edit.value });
    return true;
  }
}

function make(root: MemoryKey, path: readonly string[]): boolean {
  let key = root;
  let isNew = false;
  for (const name of path) {
    const found = key.subkey(name);
    const next: MemoryKey = found ?? new MemoryKey(name, key);
    if (!found) key.keys.push(next);
    isNew = !found;
    key = next;
  }
  return isNew;
}

function fill(key: MemoryKey, tree: Tree): void {
  for (const [name, content] of Object.entries(tree)) {
    const value = asValue(content);
    if (value) {
      const at = key.data.findIndex((entry) => compareNames(entry.name, name) === 0);
      if (at >= 0) key.data.splice(at, 1);
      key.data.push({ name, value });
      continue;
    }
    const child = key.subkey(name) ?? new MemoryKey(name, key);
    if (!key.keys.includes(child)) key.keys.push(child);
    fill(child, content as Tree);
  }
}

function asValue(content: Tree[string]): RegValue | null {
  if (typeof content === 'number') return dword(content);
  if (typeof content === 'string') return sz(content);
  if (Array.isArray(content)) return multiSz(content);
  return 'hex' in content && typeof content.hex === 'string' ? (content as unknown as RegValue) : null;
}
