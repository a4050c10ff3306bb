// One hive open in the engine: reading, editing, and rolling edits back. Every public member checks that the handle is
// open; names are UTF-16 as JavaScript strings are, unpaired surrogates and embedded NULs included.

import { bytesEqual } from '../base/bytes.ts';
import { UsageError } from '../base/errors.ts';
import { encodeUtf16le } from '../base/text.ts';
import { type ExportFormat, HiveExport } from './export.ts';
import type { Heap, HivePointer } from './heap.ts';
import type { Engine } from './module.ts';
import {
  KeyRecord,
  type NodeId,
  type NodeInfo,
  records,
  type ValueId,
  type ValueInfo,
  ValueRecord,
} from './records.ts';
import { WalkCursor } from './walk.ts';

export type { KeyRecord, NodeId, NodeInfo, ValueId, ValueInfo, ValueRecord } from './records.ts';

/** What a new hive is made of. */
export interface NewHive {
  /** 3 (BCD stores), 4 or 5 (SYSTEM, SOFTWARE). */
  readonly minor: number;
  readonly rootName: string;
  /** The root key's self-relative security descriptor; keys made later take their parent's. */
  readonly security: Uint8Array;
  readonly filetime: bigint;
}

/** A hive in wasm memory. The image given is copied in; the caller closes the handle (or `using` does). */
export class HiveHandle implements Disposable {
  private readonly heap: Heap;
  /** Null where the instance is somebody else's. */
  private readonly engine: Engine | null;
  private hive: HivePointer | null;

  private constructor(engine: Engine | null, heap: Heap, hive: HivePointer) {
    this.engine = engine;
    this.heap = heap;
    this.hive = hive;
  }

  /** For ReservedImage.open. */
  static over(heap: Heap, hive: HivePointer): HiveHandle {
    return new HiveHandle(null, heap, hive);
  }

  /**
   * Opens an image of exactly 4096 + bins size bytes. FormatError NOT_A_HIVE, TRUNCATED, BAD_CHECKSUM,
   * UNSUPPORTED_VERSION, BAD_CELL; EngineError OUT_OF_MEMORY.
   */
  static open(engine: Engine, image: Uint8Array): HiveHandle {
    return HiveHandle.made(
      engine,
      (heap) => heap.callAddress('hx_open_hive', heap.give(image), image.byteLength) as HivePointer,
    );
  }

  /** Makes a hive of one bin that holds the root key alone; UsageError BAD_VALUE. */
  static create(engine: Engine, options: NewHive): HiveHandle {
    const name = encodeUtf16le(options.rootName);
    const [timeLow, timeHigh] = timeArgs(options.filetime);
    return HiveHandle.made(engine, (heap) =>
      heap.withBytes(
        [name, options.security],
        ([nameAt, securityAt]) =>
          heap.callAddress(
            'hx_create_hive',
            options.minor,
            nameAt!,
            options.rootName.length,
            securityAt!,
            options.security.byteLength,
            timeLow,
            timeHigh,
          ) as HivePointer,
      ),
    );
  }

  private static made(engine: Engine, make: (heap: Heap) => HivePointer): HiveHandle {
    const heap = engine.acquire();
    try {
      return new HiveHandle(engine, heap, make(heap));
    } catch (error) {
      engine.release(heap);
      throw error;
    }
  }

  /** 3 to 6; a hive of version 1.6 is read, not edited. */
  get minorVersion(): number {
    return this.heap.call('hx_read_minor', this.open());
  }

  root(): NodeId {
    return this.heap.call('hx_read_root', this.open()) as NodeId;
  }

  /** The subkeys, in stored order. FormatError BAD_CELL when the list is damaged; NotFoundError when `node` is no key. */
  subkeyRecords(node: NodeId): KeyRecord[] {
    return records(this.heap.callResult('hx_read_subkeys', this.open(), node), KeyRecord);
  }

  /** The subkey of that name, compared as Windows does; null where there is none. */
  subkey(node: NodeId, name: string): NodeId | null {
    const found = this.withName(name, (at) => this.heap.call('hx_find_subkey', this.open(), node, at, name.length));
    return found === 0 ? null : (found as NodeId);
  }

  node(node: NodeId): NodeInfo {
    return records(this.heap.callResult('hx_read_node', this.open(), node), KeyRecord)[0]!;
  }

  /** The values, in stored order, with their data where `data` is true; none for a predefined handle. */
  valueRecords(node: NodeId, options: { readonly data?: boolean } = {}): ValueRecord[] {
    return records(this.heap.callResult('hx_read_values', this.open(), node, options.data ? 1 : 0), ValueRecord);
  }

  /** The value of that name ('' is the default value), compared as Windows does; null where there is none. */
  value(node: NodeId, name: string): ValueId | null {
    const found = this.withName(name, (at) => this.heap.call('hx_find_value', this.open(), node, at, name.length));
    return found === 0 ? null : (found as ValueId);
  }

  valueInfo(value: ValueId): ValueInfo {
    return records(this.heap.callResult('hx_read_value', this.open(), value), ValueRecord)[0]!;
  }

  /** A copy of the data as stored; FormatError BAD_CELL when they cannot be read whole. */
  data(value: ValueId): Uint8Array {
    return this.heap.callResult('hx_read_data', this.open(), value);
  }

  /** The self-relative security descriptor; null where the key has none. FormatError BAD_CELL. */
  security(node: NodeId): Uint8Array | null {
    const bytes = this.heap.callResult('hx_read_security', this.open(), node);
    return bytes.byteLength === 0 ? null : bytes;
  }

  /** The memory in which a walk's places are: good until the next call of the engine, or an edit. */
  get memory(): Uint8Array {
    this.open();
    return this.heap.views().bytes;
  }

  /** The key and everything below it, read in place; `close` the cursor (or `using`) unless it is read to its end. */
  walk(node: NodeId): WalkCursor {
    const at = this.heap.callAddress('hx_open_walk', this.open(), node);
    return new WalkCursor(this.heap, {
      at,
      fill: () => this.heap.call('hx_read_walk', this.open(), at),
      close: () => {
        // Closing the hive has closed its walks.
        if (this.hive !== null && !this.heap.isPoisoned) this.heap.call('hx_close_walk', this.hive, at);
      },
    });
  }

  /** Reads every record once, as opening does not. FormatError, EngineError for the first that cannot be read. */
  checkRecords(): void {
    this.heap.call('hx_check_records', this.open(), this.root());
  }

  /**
   * The hive as XML, .reg or JSON lines (wasm/export/state.h). `start` begins each path: of .reg files the prefix in UTF-16LE, of
   * JSON lines the text between record and path. The caller closes it, before the handle, which is not edited meanwhile.
   * FormatError BAD_CELL where the hive is not sound; EngineError OUT_OF_MEMORY.
   */
  export(format: ExportFormat, start: Uint8Array): HiveExport {
    return HiveExport.open(this.heap, this.open(), format, start);
  }

  /**
   * The subkey of that name, made when it is not there (with its parent's security). UsageError BAD_VALUE (empty name,
   * backslash, NUL, more than 255 units), RefusedError PROTECTED_KEY (symbolic link, predefined handle), LIMIT,
   * FormatError, EngineError. As for every edit: after an error the hive is as it was before.
   */
  createKey(parent: NodeId, name: string, filetime: bigint): NodeId {
    return this.withName(name, (nameAt) => this.edit('hx_create_key', filetime, parent, nameAt, name.length)) as NodeId;
  }

  /** Deletes the key with everything below it. RefusedError PROTECTED_KEY: the root, or a no-delete key in the tree. */
  deleteKey(node: NodeId, filetime: bigint): void {
    this.edit('hx_delete_key', filetime, node);
  }

  /** Gives the key another name; its NodeId may change and is returned. UsageError BAD_VALUE when a sibling has it. */
  renameKey(node: NodeId, newName: string, filetime: bigint): NodeId {
    return this.withName(newName, (nameAt) =>
      this.edit('hx_rename_key', filetime, node, nameAt, newName.length),
    ) as NodeId;
  }

  /** Sets one value; the same type and data again change nothing. UsageError BAD_VALUE (name), RefusedError LIMIT. */
  setValue(node: NodeId, name: string, type: number, data: Uint8Array, filetime: bigint): ValueId {
    return this.heap.withBytes([encodeUtf16le(name), data], ([nameAt, dataAt]) =>
      this.edit('hx_set_value', filetime, node, nameAt!, name.length, type, dataAt!, data.byteLength),
    ) as ValueId;
  }

  /** NotFoundError VALUE_NOT_FOUND when there is none of that name. */
  deleteValue(node: NodeId, name: string, filetime: bigint): void {
    this.withName(name, (nameAt) => this.edit('hx_delete_value', filetime, node, nameAt, name.length));
  }

  /** Sets or (null) removes the class name, UTF-16LE bytes of even length up to 65,534. */
  setClass(node: NodeId, classBytes: Uint8Array | null, filetime: bigint): void {
    const size = classBytes?.byteLength ?? -1;
    this.heap.withBytes([classBytes ?? new Uint8Array()], ([at]) =>
      this.edit('hx_set_class', filetime, node, at!, size),
    );
  }

  /** Sets the self-relative descriptor, shared with keys that have the same bytes. UsageError BAD_VALUE. */
  setSecurity(node: NodeId, descriptor: Uint8Array, filetime: bigint): void {
    const { byteLength } = descriptor;
    this.heap.withBytes([descriptor], ([at]) => this.edit('hx_set_security', filetime, node, at!, byteLength));
  }

  /** Sets the key's last-written time. */
  setTime(node: NodeId, filetime: bigint): void {
    this.edit('hx_set_time', filetime, node);
  }

  /** Starts a batch, which `rollback` undoes whole and `keep` makes final; InternalError when one is open. */
  begin(): void {
    this.heap.call('hx_begin_batch', this.open());
  }

  rollback(): void {
    this.heap.call('hx_rollback_batch', this.open());
  }

  keep(): void {
    this.heap.call('hx_keep_batch', this.open());
  }

  /** A copy of the image: exactly 4096 + bins size bytes. */
  image(): Uint8Array {
    return this.heap.imageOf(this.open()).slice();
  }

  /** Whether the image is these bytes. */
  holds(image: Uint8Array): boolean {
    return bytesEqual(this.heap.imageOf(this.open()), image);
  }

  /** Frees the hive; closing twice is nothing. */
  close(): void {
    if (this.hive === null) return;
    const hive = this.hive;
    this.hive = null;
    if (!this.heap.isPoisoned) this.heap.call('hx_close_hive', hive);
    this.engine?.release(this.heap);
  }

  [Symbol.dispose](): void {
    this.close();
  }

  /** Calls a C function that edits: its last arguments are the time that it stamps. */
  private edit(name: string, filetime: bigint, ...args: number[]): number {
    const [timeLow, timeHigh] = timeArgs(filetime);
    return this.heap.call(name, this.open(), ...args, timeLow, timeHigh);
  }

  private withName(name: string, use: (nameAt: number) => number): number {
    return this.heap.withBytes([encodeUtf16le(name)], ([nameAt]) => use(nameAt!));
  }

  private open(): HivePointer {
    if (this.hive === null) throw new UsageError('BAD_ARGUMENT', 'this hive handle is closed, expected an open one');
    return this.hive;
  }
}

/** A FILETIME as two 32-bit arguments: the module is built without 64-bit integers on its boundary. */
function timeArgs(filetime: bigint): [number, number] {
  return [Number(BigInt.asUintN(32, filetime)), Number(BigInt.asUintN(32, filetime >> 32n))];
}
