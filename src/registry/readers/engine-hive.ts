// The engine behind the Hive view: keys and values are read when they are asked for, from the handle as it is then.

import { FormatError, InternalError } from '../../base/errors.ts';
import type { HiveHandle, NodeId, NodeInfo, ValueId, ValueInfo } from '../../engine/handle.ts';
import type { Hive, Key, Value } from '../hive.ts';
import { TreeView } from './tree-view.ts';

/** As deep as Windows lets keys lie; the root is the first level. */
const MAX_DEPTH = 512;

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

/** What keys and values read from, as long as the hive is as it was when they were looked up. */
interface Scope {
  handle(): HiveHandle;
  /** Says that a key is listed below another. @throws FormatError BAD_CELL where it was found below a third */
  place(id: NodeId, parent: NodeId): void;
}

function damaged(id: NodeId, what: string): FormatError {
  return new FormatError('BAD_CELL', `the key at cell ${id} ${what}`, { data: { cellOffset: id } });
}

class EngineKey implements Key {
  private readonly scope: Scope;
  private readonly id: NodeId;
  private readonly info: NodeInfo;
  private readonly parent: EngineKey | null;
  /** The root has 1. */
  private readonly depth: number;
  private knownName: string | null = null;
  /** By the names that were asked for: checks and repairs ask for the same places over and over. */
  private knownSubkeys: Map<string, EngineKey | null> | null = null;
  private knownValues: Map<string, EngineValue | null> | null = null;

  constructor(scope: Scope, id: NodeId, info: NodeInfo, parent: EngineKey | null) {
    this.scope = scope;
    this.id = id;
    this.info = info;
    this.parent = parent;
    this.depth = parent === null ? 1 : parent.depth + 1;
  }

  get name(): string {
    this.knownName ??= this.info.name;
    return this.knownName;
  }

  get path(): readonly string[] {
    const names: string[] = [];
    for (let key: EngineKey = this; key.parent !== null; key = key.parent) names.push(key.name);
    return names.reverse();
  }

  get cellOffset(): number {
    return this.id;
  }

  get lastWritten(): bigint {
    return this.info.lastWritten;
  }

  get flags(): number {
    return this.info.flags;
  }

  get classBytes(): Uint8Array | null {
    return this.info.classBytes;
  }

  subkeys(): readonly Key[] {
    if (this.info.subkeyCount === 0) return [];
    return this.children();
  }

  subkey(name: string): Key | null {
    const handle = this.scope.handle();
    this.knownSubkeys ??= new Map();
    let key = this.knownSubkeys.get(name);
    if (key === undefined) {
      const id = handle.subkey(this.id, name);
      key = id === null ? null : this.child(id, handle.node(id));
      this.knownSubkeys.set(name, key);
    }
    return key;
  }

  private children(): EngineKey[] {
    const records = this.scope.handle().subkeyRecords(this.id);
    const listed = new Set<NodeId>();
    return records.map((record) => {
      const { id } = record;
      if (listed.size === listed.add(id).size) throw damaged(id, 'is listed twice');
      return this.child(id, record);
    });
  }

  private child(id: NodeId, info: NodeInfo): EngineKey {
    this.scope.place(id, this.id);
    if (this.depth >= MAX_DEPTH) throw damaged(id, `lies deeper than ${MAX_DEPTH} levels`);
    return new EngineKey(this.scope, id, info, this);
  }

  values(): readonly Value[] {
    if (this.info.valueCount === 0) return [];
    const records = this.scope.handle().valueRecords(this.id, { data: true });
    return records.map((record) => new EngineValue(this.scope, record.id, record));
  }

  value(name: string): Value | null {
    const handle = this.scope.handle();
    this.knownValues ??= new Map();
    let value = this.knownValues.get(name);
    if (value === undefined) {
      const id = handle.value(this.id, name);
      value = id === null ? null : new EngineValue(this.scope, id, handle.valueInfo(id));
      this.knownValues.set(name, value);
    }
    return value;
  }

  security(): Uint8Array | null {
    try {
      return this.scope.handle().security(this.id);
    } catch (error) {
      if (error instanceof FormatError) return null;
      throw error;
    }
  }
}

class EngineValue implements Value {
  private readonly scope: Scope;
  private readonly id: ValueId;
  private readonly info: ValueInfo & { readonly data?: Uint8Array | null };
  readonly name: string;
  readonly type: number;

  constructor(scope: Scope, id: ValueId, info: ValueInfo & { readonly data?: Uint8Array | null }) {
    this.scope = scope;
    this.id = id;
    this.info = info;
    this.name = info.name;
    this.type = info.type;
  }

  get cellOffset(): number {
    return this.id;
  }

  get flags(): number {
    return this.info.flags;
  }

  data(): Uint8Array {
    return this.info.data ?? this.scope.handle().data(this.id);
  }
}
