// A hive given out by the engine as XML, .reg or JSON lines, piece by piece. The bytes are those of the writers in
// src/formats; what the engine would not do exactly as they do, it declines before the first piece.

import { UsageError } from '../base/errors.ts';
import type { Heap, HivePointer } from './heap.ts';

/** By the numbers of wasm/export/state.h. */
const FORMATS = { xml: 0, reg: 1, jsonl: 2 } as const;
const END = 0;
const WANTS = 2;
const CHECKED = 4;

export type ExportFormat = keyof typeof FORMATS;

/** One export; after `check`, `next` is called until `isOver`. */
export class HiveExport implements Disposable {
  private readonly heap: Heap;
  private opened: number | null;
  private event = CHECKED;

  private constructor(heap: Heap, opened: number) {
    this.heap = heap;
    this.opened = opened;
  }

  /** For HiveHandle.export. */
  static open(heap: Heap, hive: HivePointer, format: ExportFormat, start: Uint8Array): HiveExport {
    const opened = heap.withBytes([start], ([at]) =>
      heap.callAddress('hx_open_export', hive, FORMATS[format], at!, start.byteLength),
    );
    return new HiveExport(heap, opened);
  }

  /** Whether the piece that `next` gave last was the last. */
  get isOver(): boolean {
    return this.event === END;
  }

  /** Written so far. */
  get keys(): number {
    return this.call('hx_count_exported_keys');
  }

  get values(): number {
    return this.call('hx_count_exported_values');
  }

  /**
   * Reads the tree once and says whether all of it will be written. `security` gives the JSON of what the descriptor in a
   * cell stands for in JSON lines, or null to decline.
   */
  check(security: (cellOffset: number) => Uint8Array | null): boolean {
    let event = this.call('hx_check_export');
    while (event === WANTS) {
      const text = security(this.call('hx_read_wanted'));
      if (text === null) return false;
      this.call('hx_tell_security', this.heap.give(text), text.byteLength);
      event = this.call('hx_check_export');
    }
    return event === CHECKED;
  }

  /** The next piece, some 256 KB, as a view that is valid until the engine is called again. EngineError OUT_OF_MEMORY. */
  next(): Uint8Array {
    this.event = this.call('hx_fill_export');
    const start = this.heap.callAddress('hx_peek_export', this.pointer());
    return this.heap.views().bytes.subarray(start, start + this.call('hx_count_export'));
  }

  /** Frees what it holds; closing twice is nothing. */
  close(): void {
    const { opened } = this;
    this.opened = null;
    if (opened !== null && !this.heap.isPoisoned) this.heap.call('hx_close_export', opened);
  }

  [Symbol.dispose](): void {
    this.close();
  }

  private call(name: string, ...args: number[]): number {
    return this.heap.call(name, this.pointer(), ...args);
  }

  private pointer(): number {
    if (this.opened === null) throw new UsageError('BAD_ARGUMENT', 'this export is closed, expected an open one');
    return this.opened;
  }
}
