// The verifier's tree behind the Hive view: read-only, and it takes what the engine refuses.

import { RegfTree } from '../../regf/tree.ts';
import type { Hive, Key } from '../hive.ts';
import { TreeView } from './tree-view.ts';

/** A view of `image` (4096 + bins size bytes); `file` is what findings name. `name` is what KeyPath.hive says of it. */
export function openVerifierHive(name: string, image: Uint8Array, file: string, view: Hive['view']): VerifierHive {
  return new VerifierHive(name, new RegfTree(image, file), view);
}

/** Hive over a tree of the independent reader; `tree` has the findings about damaged parts. */
export class VerifierHive extends TreeView {
  readonly name: string;
  readonly view: Hive['view'];
  readonly reader = 'verifier';
  readonly tree: RegfTree;

  constructor(name: string, tree: RegfTree, view: Hive['view']) {
    super();
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
}
