// Memory of the engine for a file that is read straight into it: a large hive is then there once instead of twice.

import { HiveHandle } from './handle.ts';
import type { Heap, HivePointer } from './heap.ts';
import type { Engine } from './module.ts';

/** Memory that the engine is likely to want beside an image, so that it need not grow. */
const SPARE_BYTES = 8 * 2 ** 20;

/** A place for `sizeBytes` bytes. Who closes it, closes what was opened of it before. */
export class ReservedImage implements Disposable {
  /**
   * The bytes, to be filled and read in place. Where the engine's memory has had to grow since, this is an empty array,
   * and `copy` has them.
   */
  readonly bytes: Uint8Array;
  private readonly engine: Engine;
  private readonly heap: Heap;
  private readonly sizeBytes: number;
  private address: number | null;

  private constructor(engine: Engine, heap: Heap, sizeBytes: number) {
    this.engine = engine;
    this.heap = heap;
    this.sizeBytes = sizeBytes;
    const address = heap.reserve(sizeBytes);
    heap.drop(heap.reserve(SPARE_BYTES));
    this.address = address;
    this.bytes = heap.views().bytes.subarray(address, address + sizeBytes);
  }

  /** EngineError OUT_OF_MEMORY. */
  static reserve(engine: Engine, sizeBytes: number): ReservedImage {
    const heap = engine.acquire();
    try {
      return new ReservedImage(engine, heap, sizeBytes);
    } catch (error) {
      engine.release(heap);
      throw error;
    }
  }

  /** Opens the first `sizeBytes` bytes for reading; one at a time. Errors as HiveHandle.open. */
  open(sizeBytes: number): HiveHandle {
    return HiveHandle.over(
      this.heap,
      this.heap.callAddress('hx_open_borrowed', this.address!, sizeBytes) as HivePointer,
    );
  }

  /** Null after a trap, which may have come while the engine had changed it. */
  copy(): Uint8Array | null {
    if (this.heap.isPoisoned) return null;
    return this.heap.views().bytes.slice(this.address!, this.address! + this.sizeBytes);
  }

  /** Closing twice is nothing. */
  close(): void {
    if (this.address === null) return;
    this.heap.drop(this.address);
    this.address = null;
    this.engine.release(this.heap);
  }

  [Symbol.dispose](): void {
    this.close();
  }
}
