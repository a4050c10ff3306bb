// Finds keys by path in the engine. Edits come in the order of a tree, so each path is looked up from where it parts from
// the one before.

import type { HiveHandle, NodeId } from '../../engine/handle.ts';

/** Remembers the last key found and its ancestors, until `forget`. */
export class KeyFinder {
  private readonly handle: HiveHandle;
  private readonly root: NodeId;
  private names: string[] = [];
  /** The keys of `names`, one by one. */
  private nodes: NodeId[] = [];

  constructor(handle: HiveHandle) {
    this.handle = handle;
    this.root = handle.root();
  }

  /** To be called when a key was deleted or renamed: what is remembered may be gone. */
  forget(): void {
    this.names = [];
    this.nodes = [];
  }

  /** The key at `path`, or null. */
  find(path: readonly string[]): NodeId | null {
    return this.go(path, () => null);
  }

  /** The key at `path`; each that is missing is what `make` gives. */
  findOrMake(path: readonly string[], make: (parent: NodeId, depth: number) => NodeId): NodeId {
    return this.go(path, make) ?? this.root;
  }

  private go(path: readonly string[], make: (parent: NodeId, depth: number) => NodeId | null): NodeId | null {
    let depth = 0;
    while (depth < path.length && depth < this.names.length && path[depth] === this.names[depth]) depth += 1;
    this.names.length = depth;
    this.nodes.length = depth;
    for (; depth < path.length; depth += 1) {
      const name = path[depth]!;
      const parent = this.nodes.at(-1) ?? this.root;
      const node = this.handle.subkey(parent, name) ?? make(parent, depth);
      if (node === null) return null;
      this.names.push(name);
      this.nodes.push(node);
    }
    return this.nodes.at(-1) ?? this.root;
  }
}
