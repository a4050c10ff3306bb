// The engine behind the Hive view: keys and values are read when they are asked for, from the handle as it is then.

import { InternalError } from '../../base/errors.ts';
import type { HiveHandle, NodeId } from '../../engine/handle.ts';
import type { Hive, Key } from '../hive.ts';
import { damaged, EngineKey, type Scope } from './engine-key.ts';
import { EngineWalk } from './engine-walk.ts';
import { TreeView } from './tree-view.ts';

/** What a view reads from: a handle, or whichever one stands for the hive when it is asked. */
export type HandleSource = HiveHandle | (() => HiveHandle);

/** A view of what `handle` holds; the caller keeps and closes the handle. `name` is what KeyPath.hive says of the hive. */
export function openEngineHive(name: string, handle: HandleSource, view: Hive['view']): EngineHive {
  return new EngineHive(name, handle, view);
}

/** Hive over an engine handle; `expire` tells it that an edit was made. */
export class EngineHive extends TreeView {
  readonly name: string;
  readonly view: Hive['view'];
  readonly reader = 'engine';
  readonly minorVersion: number;
  private readonly source: () => HiveHandle;
  private edition = 0;
  /** Keeps what was looked up by name below it, for as long as it is valid. */
  private knownRoot: EngineKey | null = null;

  constructor(name: string, handle: HandleSource, view: Hive['view']) {
    super();
    this.name = name;
    this.source = typeof handle === 'function' ? handle : () => handle;
    this.view = view;
    this.minorVersion = this.handle.minorVersion;
  }

  /** What it reads from now. */
  get handle(): HiveHandle {
    return this.source();
  }

  get root(): Key {
    if (this.knownRoot === null) {
      const { handle } = this;
      const id = handle.root();
      this.knownRoot = new EngineKey(this.scope(id), id, handle.node(id), null);
    }
    return this.knownRoot;
  }

  /** In one walk of the engine, which reads each record once. */
  override walk(from: Key = this.root): Iterable<Key> {
    return new EngineWalk(from as EngineKey);
  }

  /** From now on the keys and values handed out before throw InternalError: their cells may hold something else. */
  expire(): void {
    this.edition += 1;
    this.knownRoot = null;
  }

  /** Each key is below one other, as in a tree: a hive in which keys lead back to themselves has no end otherwise. */
  private scope(root: NodeId): Scope {
    const edition = this.edition;
    const parents = new Map<NodeId, NodeId>([[root, root]]);
    return {
      place: (id, parent) => {
        const known = parents.get(id);
        if (known === undefined) parents.set(id, parent);
        else if (known !== parent) throw damaged(id, 'is listed below two keys');
      },
      handle: () => {
        if (edition === this.edition) return this.handle;
        throw new InternalError(`a key or value of ${this.name} was used after the hive was edited; look it up again`);
      },
    };
  }
}
