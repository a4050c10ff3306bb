// A hive given out by the engine as XML, .reg or JSON lines, piece by piece. The bytes are those of the writers in
// src/formats; what the engine does not do exactly as they do, it declines.

import { UsageError } from '../base/errors.ts';
import type { Heap, HivePointer } from './heap.ts';
import type { NodeId } from './records.ts';

/** By the numbers of wasm/export/state.h. */
const FORMATS = { xml: 0, reg: 1, jsonl: 2 } as const;
const END = 0;
const WANTS = 2;
const DECLINED = 3;

export type ExportFormat = keyof typeof FORMATS;

/** One export; `next` is called until it gives null or `isOver`. */
export class HiveExport implements Disposable {
  private readonly heap: Heap;
  private opened: number | null;
  private event = WANTS;

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

  /** Says, before the first `next`, that the other reader has read that key's subkeys: whose they are was decided then. */
  claim(node: NodeId): void {
    this.call('hx_claim_export', node);
  }

  /**
   * The next piece, some 256 KB, as a view that is valid until the engine is called again; null where the engine declines
   * to go on. `security` gives the JSON of what the descriptor in a cell stands for in JSON lines, or null to end it.
   */
  next(security: (cellOffset: number) => Uint8Array | null): Uint8Array | null {
    this.event = this.call('hx_fill_export');
    while (this.event === WANTS) {
      const text = security(this.call('hx_read_wanted'));
      if (text === null) return null;
      this.call('hx_tell_security', this.heap.give(text), text.byteLength);
      this.event = this.call('hx_fill_export');
    }
    if (this.event === DECLINED) return null;
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
