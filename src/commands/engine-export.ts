// Exports that the engine writes: which ones, and how the writers of formats/ go on where it declines.

import { EngineError, InternalError } from '../base/errors.ts';
import { HiveHandle } from '../engine/handle.ts';
import type { Engine } from '../engine/module.ts';
import { ReservedImage } from '../engine/reserved-image.ts';
import { type EngineCounts, type EngineFormat, engineChunks, engineSource } from '../formats/engine-writer.ts';
import { endLine, hiveLine, type JsonLinesOptions } from '../formats/lines/jsonl.ts';
import type { HiveSource } from '../hive/open.ts';

/** The records around those of JSON lines that the engine writes. */
export type LinesAround = Pick<JsonLinesOptions, 'manifest' | 'findings'>;

/** One hive, as often as it is asked for: always the same bytes. Null: the engine declined, and they end early. */
export type EngineExport = () => Generator<Uint8Array, EngineCounts | null>;

/** Null where the engine need not be asked. */
export function engineExport(
  open: () => HiveHandle,
  source: HiveSource,
  what: EngineFormat,
  around: LinesAround | null,
): EngineExport | null {
  const whole = engineSource(open, source.hive.tree);
  if (whole === null) return null;
  if (around === null) return () => engineChunks(whole, what);
  return function* lines() {
    const encoder = new TextEncoder();
    yield encoder.encode(hiveLine(around.manifest));
    const counts = yield* engineChunks(whole, what);
    if (counts === null) return null;
    const { source } = around.manifest;
    yield encoder.encode(endLine({ source, ...counts, remnants: 0, findings: around.findings() }));
    return counts;
  };
}

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

  /** The file again, for who reads on when the engine has declined: its memory may have moved. Null: it is not there. */
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

/** What a writer makes from the start, without what the engine has given out of it before it declined. */
export class Continuation {
  private readonly again: Iterator<Uint8Array> | null;
  private expected: Uint8Array = new Uint8Array();
  private left: number;

  /** `givenBytes` of `engine` are out; null: none. */
  constructor(engine: EngineExport | null, givenBytes: number) {
    this.again = engine?.() ?? null;
    this.left = givenBytes;
  }

  /** What is new of the writer's next piece. @throws InternalError where the engine has given out something else. */
  rest(chunk: Uint8Array | string): Uint8Array | string {
    if (this.left === 0) return chunk;
    let bytes = typeof chunk === 'string' ? new TextEncoder().encode(chunk) : chunk;
    while (this.left > 0 && bytes.byteLength > 0) {
      if (this.expected.byteLength === 0) this.expected = this.again?.next().value ?? new Uint8Array();
      const common = Math.min(this.expected.byteLength, bytes.byteLength, this.left);
      if (common === 0 || !isSame(this.expected, bytes, common)) throw this.difference();
      this.expected = this.expected.subarray(common);
      bytes = bytes.subarray(common);
      this.left -= common;
    }
    if (this.left === 0) this.close();
    return bytes;
  }

  /** After the writer's last piece. @throws InternalError where the engine has given out more. */
  end(): void {
    if (this.left > 0) throw this.difference();
  }

  private close(): void {
    this.again?.return?.();
  }

  private difference(): InternalError {
    this.close();
    return new InternalError(
      'the two writers of an export differ in what is out already; the output is not to be used',
    );
  }
}

function isSame(a: Uint8Array, b: Uint8Array, count: number): boolean {
  for (let i = 0; i < count; i += 1) if (a[i] !== b[i]) return false;
  return true;
}
