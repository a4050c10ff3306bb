// Keys and values of a hive that the engine reads, one by one.

import { FormatError } from '../../base/errors.ts';
import type { HiveHandle, NodeId, NodeInfo, ValueId, ValueInfo } from '../../engine/handle.ts';
import type { Key, Value } from '../hive.ts';

/** As deep as Windows lets keys lie; the root is the first level. */
const MAX_DEPTH = 512;

/** What keys and values read from, as long as the hive is as it was when they were looked up. */
export interface Scope {
  handle(): HiveHandle;
  /** Says that a key is listed below another. @throws FormatError BAD_CELL where it was found below a third */
  place(id: NodeId, parent: NodeId): void;
}

/** A walk, as the keys see it that it has come to. */
export interface WalkOfKeys {
  /** The values of the key that it stands on, once; null: they are not at hand. */
  valuesOf(key: EngineKey): readonly Value[] | null;
}

/** What is said of a key that is not where a tree has it. */
export function damaged(id: NodeId, what: string): FormatError {
  return new FormatError('BAD_CELL', `the key at cell ${id} ${what}`, { data: { cellOffset: id } });
}

export class EngineKey implements Key {
  readonly scope: Scope;
  readonly id: NodeId;
  private readonly info: NodeInfo;
  private readonly parent: EngineKey | null;
  /** The walk that has come to this key, which may have its values next. */
  private readonly walk: WalkOfKeys | null;
  /** The root has 1. */
  private readonly depth: number;
  private knownName: string | null = null;
  /** By the names that were asked for: checks and repairs ask for the same places over and over. */
  private knownSubkeys: Map<string, EngineKey | null> | null = null;
  private knownValues: Map<string, EngineValue | null> | null = null;

  constructor(scope: Scope, id: NodeId, info: NodeInfo, parent: EngineKey | null, walk: WalkOfKeys | null = null) {
    this.scope = scope;
    this.walk = walk;
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
    return this.walked(id, info, null);
  }

  /** The key of that cell, found below this one by a walk, which comes to each cell once. */
  walked(id: NodeId, info: NodeInfo, walk: WalkOfKeys | null): EngineKey {
    if (this.depth >= MAX_DEPTH) throw damaged(id, `lies deeper than ${MAX_DEPTH} levels`);
    return new EngineKey(this.scope, id, info, this, walk);
  }

  /** The same key for a walk that begins with it. */
  walkedBy(walk: WalkOfKeys): EngineKey {
    return new EngineKey(this.scope, this.id, this.info, this.parent, walk);
  }

  values(): readonly Value[] {
    if (this.info.valueCount === 0) return [];
    const handle = this.scope.handle();
    const walked = this.walk?.valuesOf(this) ?? null;
    if (walked !== null) return walked;
    const records = handle.valueRecords(this.id, { data: true });
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
    return this.info.data?.slice() ?? this.scope.handle().data(this.id);
  }
}
