// The engine behind the Hive view: keys and values are read when they are asked for, from the handle as it is then.

import { EngineError, FormatError, InternalError } from '../../base/errors.ts';
import type { HiveHandle, NodeId, NodeInfo, ValueId, ValueInfo } from '../../engine/handle.ts';
import type { Hive, Key, Value } from '../hive.ts';
import { TreeView } from './tree-view.ts';

/** As deep as Windows lets keys lie; the root is the first level. */
const MAX_DEPTH = 512;

/** The view of the same image by another reader, asked for once: when the engine meets a record that it cannot read. */
export type OtherReader = (damage: FormatError | EngineError) => Hive;

/** What a view reads from: a handle, or whichever one stands for the hive when it is asked. */
export type HandleSource = HiveHandle | (() => HiveHandle);

/**
 * A view of what `handle` holds; the caller keeps and closes the handle. `name` is what KeyPath.hive says of the hive.
 * Opening looks at cells and not at what is in them, so damage shows late; with `other` that reader goes on from there.
 */
export function openEngineHive(
  name: string,
  handle: HandleSource,
  view: Hive['view'],
  other?: OtherReader,
): EngineHive {
  return new EngineHive(name, handle, view, other);
}

/** Hive over an engine handle; `expire` tells it that an edit was made. */
export class EngineHive extends TreeView {
  readonly name: string;
  readonly view: Hive['view'];
  readonly minorVersion: number;
  private readonly source: () => HiveHandle;
  private readonly openOther: OtherReader | null;
  private other: Hive | null = null;
  private edition = 0;
  /** Keeps what was looked up by name below it, for as long as it is valid. */
  private knownRoot: EngineKey | null = null;

  constructor(name: string, handle: HandleSource, view: Hive['view'], other: OtherReader | null = null) {
    super();
    this.name = name;
    this.source = typeof handle === 'function' ? handle : () => handle;
    this.view = view;
    this.minorVersion = this.handle.minorVersion;
    this.openOther = other;
  }

  /** 'verifier' once the engine has met damage and the other reader has taken over. */
  get reader(): Hive['reader'] {
    return this.other?.reader ?? 'engine';
  }

  /** What it reads from now. */
  get handle(): HiveHandle {
    return this.source();
  }

  get root(): Key {
    return this.read(
      () => {
        if (this.knownRoot === null) {
          const { handle } = this;
          const id = handle.root();
          this.knownRoot = new EngineKey(this.scope(id), id, handle.node(id), null);
        }
        return this.knownRoot;
      },
      (other) => other.root,
    );
  }

  /** From now on the keys and values handed out before throw InternalError: their cells may hold something else. */
  expire(): void {
    this.edition += 1;
    this.knownRoot = null;
  }

  /** What the engine reads or, where it meets damage and there is another reader, what that one does. */
  private read<T>(engine: () => T, other: (hive: Hive) => T): T {
    if (this.other === null) {
      try {
        return engine();
      } catch (error) {
        if (this.openOther === null || !(error instanceof FormatError || error instanceof EngineError)) throw error;
        this.other = this.openOther(error);
      }
    }
    return other(this.other);
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
      read: (engine, other) => this.read(engine, other),
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
  read<T>(engine: () => T, other: (hive: Hive) => T): T;
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
    return this.scope.read<readonly Key[]>(
      () => this.children(),
      (other) => other.key(this.path)?.subkeys() ?? [],
    );
  }

  subkey(name: string): Key | null {
    return this.scope.read<Key | null>(
      () => {
        const handle = this.scope.handle();
        this.knownSubkeys ??= new Map();
        let key = this.knownSubkeys.get(name);
        if (key === undefined) {
          const id = handle.subkey(this.id, name);
          key = id === null ? null : this.child(id, handle.node(id));
          this.knownSubkeys.set(name, key);
        }
        return key;
      },
      (other) => other.key([...this.path, name]),
    );
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
    return this.scope.read<readonly Value[]>(
      () =>
        this.scope
          .handle()
          .valueRecords(this.id, { data: true })
          .map((record) => new EngineValue(this.scope, record.id, record)),
      (other) => other.key(this.path)?.values() ?? [],
    );
  }

  value(name: string): Value | null {
    return this.scope.read<Value | null>(
      () => {
        const handle = this.scope.handle();
        this.knownValues ??= new Map();
        let value = this.knownValues.get(name);
        if (value === undefined) {
          const id = handle.value(this.id, name);
          value = id === null ? null : new EngineValue(this.scope, id, handle.valueInfo(id));
          this.knownValues.set(name, value);
        }
        return value;
      },
      (other) => other.value(this.path, name),
    );
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
