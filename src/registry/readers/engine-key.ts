// Keys and values of a hive that the engine reads, one by one or in a walk.

import { FormatError } from '../../base/errors.ts';
import type { HiveHandle, NodeId, NodeInfo, ValueId, ValueInfo } from '../../engine/handle.ts';
import type { WalkCursor } from '../../engine/walk.ts';
import type { Key, Value } from '../hive.ts';

/** As deep as Windows lets keys lie; the root is the first level. */
const MAX_DEPTH = 512;

/** What keys and values read from, as long as the hive is as it was when they were looked up. */
export interface Scope {
  handle(): HiveHandle;
  /** Says that a key is listed below another. @throws FormatError BAD_CELL where it was found below a third */
  place(id: NodeId, parent: NodeId): void;
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
  private readonly walk: Walk | null;
  /** The root has 1. */
  private readonly depth: number;
  private knownName: string | null = null;
  /** By the names that were asked for: checks and repairs ask for the same places over and over. */
  private knownSubkeys: Map<string, EngineKey | null> | null = null;
  private knownValues: Map<string, EngineValue | null> | null = null;

  constructor(scope: Scope, id: NodeId, info: NodeInfo, parent: EngineKey | null, walk: Walk | null = null) {
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
  walked(id: NodeId, info: NodeInfo, walk: Walk | null): EngineKey {
    if (this.depth >= MAX_DEPTH) throw damaged(id, `lies deeper than ${MAX_DEPTH} levels`);
    return new EngineKey(this.scope, id, info, this, walk);
  }

  /** The same key for a walk that begins with it. */
  walkedBy(walk: Walk): EngineKey {
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
    return this.info.data ?? this.scope.handle().data(this.id);
  }
}

/** What a walk does not say of a key: then the key itself is asked. */
const UNKNOWN = -1;
/** Longer data may be gathered from segments, and those are gone with the next record. */
const MAX_PLACED_BYTES = 16_344;

/** `from` and all below it, in stored order, parents first. */
export function* walkKeys(from: EngineKey): Iterable<Key> {
  using walk = new Walk(from);
  for (let key = walk.next(); key !== null; key = walk.next()) yield key;
}

/** A walk of the engine; the values of the key that it stands on are read when they are asked for, else passed by. */
class Walk implements Disposable {
  private readonly from: EngineKey;
  private readonly cursor: WalkCursor;
  /** The keys that are open, by their depth below the first. */
  private readonly open: EngineKey[] = [];
  /** The key whose values come next; null: they have been read. */
  private current: EngineKey | null = null;
  /** Whether the cursor stands on a record. */
  private isOnRecord: boolean;

  constructor(from: EngineKey) {
    this.from = from;
    this.cursor = from.scope.handle().walk(from.id);
    this.isOnRecord = this.cursor.next();
  }

  /** Null at the end. */
  next(): EngineKey | null {
    const { cursor } = this;
    this.from.scope.handle();
    while (this.isOnRecord && !cursor.isKey) this.isOnRecord = cursor.next();
    if (!this.isOnRecord) return null;
    const { depth } = cursor;
    const key =
      depth === 0
        ? this.from.walkedBy(this)
        : this.open[depth - 1]!.walked(cursor.cellOffset as NodeId, infoOf(cursor), this);
    this.open[depth] = key;
    this.current = key;
    this.isOnRecord = cursor.next();
    return key;
  }

  /** The values of the key that `next` gave last, the first time; null: they are not at hand. */
  valuesOf(key: EngineKey): EngineValue[] | null {
    if (key !== this.current) return null;
    this.current = null;
    const { cursor } = this;
    const values: EngineValue[] = [];
    for (; this.isOnRecord && !cursor.isKey; this.isOnRecord = cursor.next()) {
      values.push(new EngineValue(key.scope, cursor.cellOffset as ValueId, new PlacedValue(key.scope, cursor)));
    }
    return values;
  }

  [Symbol.dispose](): void {
    this.current = null;
    this.cursor.close();
  }
}

function infoOf(cursor: WalkCursor): NodeInfo {
  const { name, flags, lastWritten, classBytes } = cursor;
  return { name, flags, lastWritten, classBytes, subkeyCount: UNKNOWN, valueCount: UNKNOWN };
}

/** A value that a walk has come by, with its data where they lie. */
class PlacedValue implements ValueInfo {
  readonly name: string;
  readonly type: number;
  readonly flags: number;
  readonly sizeBytes: number;
  private readonly scope: Scope;
  private readonly dataAt: number;
  private readonly copied: Uint8Array | null;

  constructor(scope: Scope, cursor: WalkCursor) {
    this.scope = scope;
    this.name = cursor.name;
    this.type = cursor.type;
    this.flags = cursor.flags;
    this.sizeBytes = cursor.dataSizeBytes;
    this.dataAt = cursor.dataAt;
    this.copied = this.dataAt !== 0 && this.sizeBytes > MAX_PLACED_BYTES ? cursor.data : null;
  }

  /** Null where they cannot be read whole. */
  get data(): Uint8Array | null {
    if (this.dataAt === 0) return null;
    return this.copied ?? this.scope.handle().memory.slice(this.dataAt, this.dataAt + this.sizeBytes);
  }
}
