// Exports that the engine writes: which ones, and how the writers of formats/ go on where it declines.

import { InternalError } from '../base/errors.ts';
import type { Engine } from '../engine/module.ts';
import { type EngineCounts, type EngineFormat, engineChunks, engineSource } from '../formats/engine-writer.ts';
import { endLine, hiveLine, type JsonLinesOptions, recordLine } from '../formats/jsonl.ts';
import type { HiveSource } from './hive-source.ts';

const PIECE_LENGTH = 65_536;

/** The records around those of JSON lines that the engine writes. */
export type LinesAround = Pick<JsonLinesOptions, 'manifest' | 'remnants' | 'findings'>;

/** One hive, as often as it is asked for: always the same bytes. Null: the engine declined, and they end early. */
export type EngineExport = () => Generator<Uint8Array, EngineCounts | null>;

/** Null where the engine need not be asked. */
export function engineExport(
  engine: Engine,
  source: HiveSource,
  what: EngineFormat,
  around: LinesAround | null,
): EngineExport | null {
  const whole = engineSource(source.recovery.image, source.hive.tree);
  if (whole === null) return null;
  if (around === null) return () => engineChunks(engine, whole, what);
  return function* lines() {
    const encoder = new TextEncoder();
    yield encoder.encode(hiveLine(around.manifest));
    const counts = yield* engineChunks(engine, whole, what);
    if (counts === null) return null;
    let text = '';
    let remnants = 0;
    for (const remnant of around.remnants ?? []) {
      text += recordLine(remnant);
      remnants += 1;
      if (text.length < PIECE_LENGTH) continue;
      yield encoder.encode(text);
      text = '';
    }
    const { source } = around.manifest;
    yield encoder.encode(text + endLine({ source, ...counts, remnants, findings: around.findings() }));
    return counts;
  };
}

/** What a writer makes from the start, without what the engine has given out of it before it declined. */
export class Continuation {
  private readonly again: Iterator<Uint8Array>;
  private expected: Uint8Array = new Uint8Array();
  private left: number;

  /** `givenBytes` of `engine` are out. */
  constructor(engine: EngineExport, givenBytes: number) {
    this.again = engine();
    this.left = givenBytes;
  }

  /** What is new of the writer's next piece. @throws InternalError where the engine has given out something else. */
  rest(chunk: Uint8Array | string): Uint8Array | string {
    if (this.left === 0) return chunk;
    let bytes = typeof chunk === 'string' ? new TextEncoder().encode(chunk) : chunk;
    while (this.left > 0 && bytes.byteLength > 0) {
      if (this.expected.byteLength === 0) this.expected = this.again.next().value ?? new Uint8Array();
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
    this.again.return?.();
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
