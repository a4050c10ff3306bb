// The only file that touches wasm memory.
//
// How to cross the boundary: bytes go in through `withBytes`, which copies them into memory that C allocated and frees
// them when the call returns; C answers with a number (negative: it failed, and `fail` is the one place that turns that
// into an error) and, where there is more to say, with bytes in the handle's result buffer, which are copied out before
// anything else is called. No view of wasm memory outlives a call, because any call may grow the memory and with that
// detach every view; WalkCursor, which reads in place, takes a new one then, and what HiveExport gives is for an output that
// takes it at once. A trap poisons the instance: nothing may be called on it again.

import {
  EngineError,
  FormatError,
  type HivemendError,
  InternalError,
  NotFoundError,
  RefusedError,
  UsageError,
} from '../base/errors.ts';
import { decodeLatin1 } from '../base/text.ts';

import { hostWasm, type WasmFunction, type WasmInstance, type WasmMemory, type WasmModule } from './webassembly.ts';

/** Address in wasm memory; never 0. */
type Address = number & { readonly address: unique symbol };
/** A `struct hx_hive *`. */
export type HivePointer = number & { readonly hive: unique symbol };

/** The whole memory of an instance, by address and by address / 4. */
export interface MemoryViews {
  readonly bytes: Uint8Array;
  readonly words: Uint32Array;
}

/** The statuses of wasm/status.h, by number, and the error that each one is. */
const STATUSES: Readonly<Record<number, (message: string, data: { cellOffset: number }) => HivemendError>> = {
  [-1]: (message, data) => new EngineError('OUT_OF_MEMORY', message, { data }),
  [-2]: (message, data) => new FormatError('BAD_CELL', message, { data }),
  [-3]: (message, data) => new FormatError('NOT_A_HIVE', message, { data }),
  [-4]: (message, data) => new FormatError('UNSUPPORTED_VERSION', message, { data }),
  [-5]: (message, data) => new FormatError('TRUNCATED', message, { data }),
  [-6]: (message, data) => new FormatError('BAD_CHECKSUM', message, { data }),
  [-7]: (message, data) => new NotFoundError('KEY_NOT_FOUND', message, { data }),
  [-8]: (message, data) => new NotFoundError('VALUE_NOT_FOUND', message, { data }),
  [-9]: (message, data) => new UsageError('BAD_VALUE', message, { data }),
  [-10]: (message, data) => new RefusedError('PROTECTED_KEY', message, { data }),
  [-11]: (message, data) => new RefusedError('LIMIT', message, { data }),
  [-12]: (message, data) => new InternalError(message, { data }),
};

/** One wasm instance and its memory. */
export class Heap {
  private readonly memory: WasmMemory;
  private readonly functions: Readonly<Record<string, WasmFunction>>;
  private poisoned = false;
  private known: MemoryViews | null = null;

  private constructor(exports: WasmInstance['exports']) {
    const { memory } = exports;
    if (!(memory instanceof hostWasm.Memory)) {
      throw new EngineError('ENGINE_LOAD', 'the engine exports no memory, so it is not the hivex module');
    }
    this.memory = memory;
    this.functions = exports as unknown as Record<string, WasmFunction>;
  }

  /**
   * Makes an instance; EngineError ENGINE_LOAD when the module is none of ours. The module needs nothing of its host:
   * what its C library imports all the same (a message before it aborts, a note that memory grew) does nothing here.
   */
  static instantiate(module: WasmModule): Heap {
    const imports: Record<string, Record<string, WasmFunction>> = {};
    for (const wanted of hostWasm.Module.imports(module)) {
      if (wanted.kind !== 'function') {
        throw new EngineError(
          'ENGINE_LOAD',
          `the engine asks its host for ${wanted.kind} ${wanted.name}, expected none`,
        );
      }
      const named = imports[wanted.module] ?? {};
      named[wanted.name] = () => 0;
      imports[wanted.module] = named;
    }
    const heap = new Heap(new hostWasm.Instance(module, imports).exports);
    heap.functions._initialize?.();
    return heap;
  }

  /** A trap or a failed call within it has left this instance in an unknown state. */
  get isPoisoned(): boolean {
    return this.poisoned;
  }

  /** Size of the whole wasm memory. */
  get sizeBytes(): number {
    return this.memory.buffer.byteLength;
  }

  /** Calls a C function; a trap is EngineError ENGINE_TRAP, a negative answer the error that C recorded. */
  call(name: string, ...args: number[]): number {
    const result = this.invoke(name, args);
    if (result < 0) throw this.fail(result);
    return result;
  }

  /** Calls a C function that answers with an address; 0 is a failure. */
  callAddress(name: string, ...args: number[]): number {
    const result = this.invoke(name, args) >>> 0;
    if (result === 0) throw this.fail(this.invoke('hx_error_status', []));
    return result;
  }

  /** The whole wasm memory, for reading; both views are empty after the next call that makes it grow. */
  views(): MemoryViews {
    if (this.known === null || this.known.bytes.length === 0) {
      const { buffer } = this.memory;
      this.known = { bytes: new Uint8Array(buffer), words: new Uint32Array(buffer) };
    }
    return this.known;
  }

  /** Calls a C function that answers with the size of what it left in the handle's result buffer; gives a copy of that. */
  callResult(name: string, hive: HivePointer, ...args: number[]): Uint8Array {
    const sizeBytes = this.call(name, hive, ...args);
    const start = this.invoke('hx_peek_result', [hive]) >>> 0;
    return new Uint8Array(this.memory.buffer, start, sizeBytes).slice();
  }

  /** The bytes of the image that the handle holds, where they are: good until the next call. */
  imageOf(hive: HivePointer): Uint8Array {
    const sizeBytes = this.call('hx_count_image', hive);
    const start = this.invoke('hx_peek_image', [hive]) >>> 0;
    return new Uint8Array(this.memory.buffer, start, sizeBytes);
  }

  /** Copies `parts` into wasm memory for the time of `use`, which gets their addresses (0 for no bytes). */
  withBytes<T>(parts: readonly Uint8Array[], use: (addresses: readonly number[]) => T): T {
    const addresses: Address[] = [];
    try {
      for (const part of parts) addresses.push(this.put(part));
      return use(addresses);
    } finally {
      for (const address of addresses) this.drop(address);
    }
  }

  /** Copies `bytes` into memory that the C function called next takes over. */
  give(bytes: Uint8Array): number {
    return this.put(bytes);
  }

  /** Memory that hx_drop_bytes gives back. */
  reserve(sizeBytes: number): Address {
    const address = this.invoke('hx_new_bytes', [sizeBytes]) >>> 0;
    if (address === 0)
      throw new EngineError('OUT_OF_MEMORY', `the engine ran out of memory for ${sizeBytes} more bytes`);
    return address as Address;
  }

  drop(address: number): void {
    if (!this.poisoned) this.invoke('hx_drop_bytes', [address]);
  }

  private put(bytes: Uint8Array): Address {
    const address = this.reserve(bytes.byteLength);
    new Uint8Array(this.memory.buffer, address, bytes.byteLength).set(bytes);
    return address;
  }

  private invoke(name: string, args: number[]): number {
    if (this.poisoned) throw new EngineError('ENGINE_TRAP', `the engine stopped earlier; ${name} was not called`);
    const target = this.functions[name];
    if (!target)
      throw new EngineError('ENGINE_LOAD', `the engine does not have a function ${name}; it is of another version`);
    try {
      return target(...args);
    } catch (cause) {
      this.poisoned = true;
      throw new EngineError('ENGINE_TRAP', `the engine stopped in ${name}: ${cause}`, { cause });
    }
  }

  private fail(status: number): HivemendError {
    const cellOffset = this.invoke('hx_error_cell', []) >>> 0;
    const text = this.cString(this.invoke('hx_error_text', []) >>> 0);
    const message = cellOffset === 0 ? text : `${text} (cell ${cellOffset}, 0x${cellOffset.toString(16)})`;
    const make = STATUSES[status];
    return make ? make(message, { cellOffset }) : new InternalError(`the engine answered ${status}: ${message}`);
  }

  private cString(address: number): string {
    const bytes = new Uint8Array(this.memory.buffer, address);
    return decodeLatin1(bytes.subarray(0, bytes.indexOf(0)));
  }
}
