// A walk of the engine as keys and values: each record is read once, and nothing of it is copied before it is asked for.

import type { NodeId, NodeInfo, ValueId } from '../../engine/handle.ts';
import type { WalkCursor } from '../../engine/walk.ts';
import type { Key, Value } from '../hive.ts';
import type { EngineKey, Scope, WalkOfKeys } from './engine-key.ts';

/** What a walk does not say of a key: then the key itself is asked. */
const UNKNOWN = -1;
/** Longer data may be gathered from segments, and those are gone with the next record. */
const MAX_PLACED_BYTES = 16_344;
/** Copies of data lie side by side in memory of this size; longer ones have memory of their own. */
const SHARED_SIZE_BYTES = 65_536;
const MAX_SHARED_BYTES = 1024;
/** So few bytes are copied faster one by one. */
const MAX_LOOPED_BYTES = 48;

/** `from` and all below it, in stored order, parents first. Left before its end by `return`, as `for of` does. */
export class EngineWalk implements WalkOfKeys, IterableIterator<Key> {
  private readonly from: EngineKey;
  private readonly cursor: WalkCursor;
  private readonly copies: Copies;
  /** The keys that are open, by their depth below the first. */
  private readonly open: EngineKey[] = [];
  /** The key whose values come next; null: they have been read. */
  private current: EngineKey | null = null;
  /** Whether the cursor stands on a record. */
  private isOnRecord: boolean;

  constructor(from: EngineKey) {
    this.from = from;
    this.copies = new Copies(from.scope);
    this.cursor = from.scope.handle().walk(from.id);
    this.isOnRecord = this.cursor.next();
  }

  next(): IteratorResult<Key, undefined> {
    const { cursor } = this;
    this.from.scope.handle();
    while (this.isOnRecord && !cursor.isKey) this.isOnRecord = cursor.next();
    if (!this.isOnRecord) return this.return();
    const { depth } = cursor;
    const key =
      depth === 0
        ? this.from.walkedBy(this)
        : this.open[depth - 1]!.walked(cursor.cellOffset as NodeId, new WalkedInfo(cursor), this);
    this.open[depth] = key;
    this.current = key;
    this.isOnRecord = cursor.next();
    return { done: false, value: key };
  }

  return(): IteratorReturnResult<undefined> {
    this.current = null;
    this.isOnRecord = false;
    this.cursor.close();
    return { done: true, value: undefined };
  }

  [Symbol.iterator](): this {
    return this;
  }

  valuesOf(key: EngineKey): readonly Value[] | null {
    if (key !== this.current) return null;
    this.current = null;
    const { cursor } = this;
    const values: Value[] = [];
    for (; this.isOnRecord && !cursor.isKey; this.isOnRecord = cursor.next()) {
      values.push(new WalkedValue(this.copies, cursor));
    }
    return values;
  }
}

class WalkedInfo implements NodeInfo {
  readonly name: string;
  readonly flags: number;
  readonly classBytes: Uint8Array | null;
  readonly subkeyCount = UNKNOWN;
  readonly valueCount = UNKNOWN;
  private readonly timeLow: number;
  private readonly timeHigh: number;

  constructor(cursor: WalkCursor) {
    this.name = cursor.name;
    this.flags = cursor.flags;
    this.classBytes = cursor.classBytes;
    this.timeLow = cursor.timeLow;
    this.timeHigh = cursor.timeHigh;
  }

  get lastWritten(): bigint {
    return (BigInt(this.timeHigh) << 32n) | BigInt(this.timeLow);
  }
}

/** A value that a walk has come by, with its data where they lie. */
class WalkedValue implements Value {
  readonly name: string;
  readonly type: number;
  readonly flags: number;
  readonly cellOffset: number;
  private readonly copies: Copies;
  private readonly dataAt: number;
  private readonly dataSizeBytes: number;
  /** What is gone with the next record. */
  private readonly copied: Uint8Array | null;

  constructor(copies: Copies, cursor: WalkCursor) {
    this.copies = copies;
    this.name = cursor.name;
    this.type = cursor.type;
    this.flags = cursor.flags;
    this.cellOffset = cursor.cellOffset;
    this.dataAt = cursor.dataAt;
    this.dataSizeBytes = cursor.dataSizeBytes;
    this.copied = cursor.dataAt !== 0 && cursor.dataSizeBytes > MAX_PLACED_BYTES ? cursor.data : null;
  }

  data(): Uint8Array {
    return this.copied?.slice() ?? this.copies.of(this.cellOffset, this.dataAt, this.dataSizeBytes);
  }
}

/** Takes copies of data. Most are a few bytes, and memory for each of them alone would cost more than all the rest. */
class Copies {
  private readonly scope: Scope;
  private shared = new Uint8Array(0);
  private end = 0;

  constructor(scope: Scope) {
    this.scope = scope;
  }

  /** @throws FormatError BAD_CELL where they cannot be read whole (`dataAt` is 0) */
  of(value: number, dataAt: number, sizeBytes: number): Uint8Array {
    const handle = this.scope.handle();
    if (dataAt === 0) return handle.data(value as ValueId);
    const { memory } = handle;
    if (sizeBytes > MAX_SHARED_BYTES) return memory.slice(dataAt, dataAt + sizeBytes);
    if (this.end + sizeBytes > this.shared.byteLength) {
      this.shared = new Uint8Array(SHARED_SIZE_BYTES);
      this.end = 0;
    }
    const { shared, end } = this;
    if (sizeBytes > MAX_LOOPED_BYTES) shared.set(memory.subarray(dataAt, dataAt + sizeBytes), end);
    else for (let i = 0; i < sizeBytes; i += 1) shared[end + i] = memory[dataAt + i]!;
    this.end = end + sizeBytes;
    return shared.subarray(end, this.end);
  }
}
