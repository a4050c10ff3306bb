// What every reader of a hive offers alike, once it can give its root.

import type { Hive, Key, Value } from '../hive.ts';

/** A Hive whose look-ups and walk go key by key from the root. */
export abstract class TreeView implements Hive {
  abstract readonly name: string;
  abstract readonly minorVersion: number;
  abstract readonly view: Hive['view'];
  abstract readonly reader: Hive['reader'];
  abstract readonly root: Key;

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
