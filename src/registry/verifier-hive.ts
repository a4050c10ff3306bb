// The verifier's tree behind the Hive view: read-only, and it takes what the engine refuses.

import { RegfTree } from '../regf/tree.ts';
import type { Hive, Key, Value } from './hive.ts';

/** A view of `image` (4096 + bins size bytes); `file` is what findings name. `name` is what KeyPath.hive says of it. */
export function openVerifierHive(name: string, image: Uint8Array, file: string, view: Hive['view']): VerifierHive {
  return new VerifierHive(name, new RegfTree(image, file), view);
}

/** Hive over a tree of the independent reader; `tree` has the findings about damaged parts. */
export class VerifierHive implements Hive {
  readonly name: string;
  readonly view: Hive['view'];
  readonly reader = 'verifier';
  readonly tree: RegfTree;

  constructor(name: string, tree: RegfTree, view: Hive['view']) {
    this.name = name;
    this.tree = tree;
    this.view = view;
  }

  get minorVersion(): number {
    return this.tree.minorVersion;
  }

  get root(): Key {
    return this.tree.root;
  }

  key(path: readonly string[]): Key | null {
    let key: Key | null = this.root;
    for (const name of path) {
      key = key.subkey(name);
      if (key === null) return null;
    }
    return key;
  }

  value(path: readonly string[], name: string): Value | null {
    return this.key(path)?.value(name) ?? null;
  }

  *walk(from: Key = this.root): Iterable<Key> {
    const stack: Key[] = [from];
    for (let key = stack.pop(); key !== undefined; key = stack.pop()) {
      yield key;
      const subkeys = key.subkeys();
      for (let i = subkeys.length - 1; i >= 0; i -= 1) stack.push(subkeys[i]!);
    }
  }
}
