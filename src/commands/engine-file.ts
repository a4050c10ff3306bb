// A hive's file where the engine can write it as a document without another copy.

import { EngineError } from '../base/errors.ts';
import { HiveHandle } from '../engine/handle.ts';
import type { Engine } from '../engine/module.ts';
import { ReservedImage } from '../engine/reserved-image.ts';

/** A hive's file in memory of the engine, where that has room for it. */
export class EngineFile implements Disposable {
  private readonly engine: Engine;
  private reserved: ReservedImage | null = null;

  constructor(engine: Engine) {
    this.engine = engine;
  }

  /** Memory for the file. */
  allocate(sizeBytes: number): Uint8Array {
    try {
      this.reserved = ReservedImage.reserve(this.engine, sizeBytes);
      return this.reserved.bytes;
    } catch (error) {
      if (error instanceof EngineError) return new Uint8Array(sizeBytes);
      throw error;
    }
  }

  /** The file again, for who reads it when the engine has declined: its memory may have moved. Null: it is not there. */
  copy(): Uint8Array | null {
    return this.reserved?.copy() ?? null;
  }

  /** Opens the image, in place where it is the beginning of the file. */
  opener(image: Uint8Array): () => HiveHandle {
    const { reserved, engine } = this;
    const { byteLength } = image;
    if (reserved === null || image.buffer !== reserved.bytes.buffer) return () => HiveHandle.open(engine, image);
    return () => reserved.open(byteLength);
  }

  [Symbol.dispose](): void {
    this.reserved?.close();
  }
}
