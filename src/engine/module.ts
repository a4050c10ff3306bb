// Loads the compiled hivex once and hands out instances: one instance holds one hive, so that a trap kills no other.

import { EngineError } from '../base/errors.ts';
import { Heap } from './heap.ts';
import { hostWasm, type WasmModule } from './webassembly.ts';

/** Idle instances kept for the next hive; more than two are never of use to a command line or a library call. */
const MAX_IDLE = 2;
/** The memory of idle instances together. What would pass it is dropped, and the next hive pays for each page anew. */
const MAX_IDLE_BYTES = 128 * 1024 * 1024;

/** The compiled wasm module and its idle instances. */
export class Engine {
  /** Compiled; another thread makes an engine of it with `fromModule`. */
  readonly module: WasmModule;
  private readonly idle: Heap[] = [];
  private opened = 0;
  private closed = 0;

  private constructor(module: WasmModule) {
    this.module = module;
  }

  /** Compiles `wasm` (what hivex-wasm's wasmBytes() gives); EngineError ENGINE_LOAD when it is no module of ours. */
  static fromBytes(wasm: Uint8Array): Engine {
    try {
      const engine = new Engine(new hostWasm.Module(wasm));
      engine.idle.push(Heap.instantiate(engine.module));
      return engine;
    } catch (cause) {
      if (cause instanceof EngineError) throw cause;
      throw new EngineError('ENGINE_LOAD', `the engine is not a WebAssembly module that this host can run: ${cause}`, {
        cause,
      });
    }
  }

  /** An engine of a module that is compiled already: threads take it from each other. */
  static fromModule(module: WasmModule): Engine {
    return new Engine(module);
  }

  /** How many hives were opened and closed with this engine. */
  get counts(): { readonly opened: number; readonly closed: number } {
    return { opened: this.opened, closed: this.closed };
  }

  /** An instance for one hive; the caller gives it back with `release`. */
  acquire(): Heap {
    this.opened += 1;
    return this.idle.pop() ?? Heap.instantiate(this.module);
  }

  /** Takes an instance back; one that trapped, or for which there is no room among the idle, is thrown away. */
  release(heap: Heap): void {
    this.closed += 1;
    if (heap.isPoisoned || this.idle.length >= MAX_IDLE) return;
    const idleBytes = this.idle.reduce((sum, { sizeBytes }) => sum + sizeBytes, heap.sizeBytes);
    if (idleBytes <= MAX_IDLE_BYTES) this.idle.push(heap);
  }
}
