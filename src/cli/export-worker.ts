// A thread of export --jobs: reads one hive after the other and hands what it writes to the main thread, never more than
// a window ahead of it.

import fs from 'node:fs';
import { parentPort, workerData } from 'node:worker_threads';
import { HivemendError } from '../base/errors.ts';
import type { Finding } from '../base/finding.ts';
import type { ReadFs } from '../base/read-fs.ts';
import { type ExportOptions, type ExportSource, exportHives } from '../commands/export.ts';
import { Engine } from '../engine/module.ts';
import type { WasmModule } from '../engine/webassembly.ts';
import { errorLine } from '../formats/lines/jsonl.ts';
import type { ReadHost } from '../hive/open.ts';

/** Bytes that one thread may be ahead of the output. */
const WINDOW_BYTES = 32 * 2 ** 20;

/** What a thread is started with. */
export interface ExportWorkerData {
  readonly options: ExportOptions;
  /** One Int32: bytes handed over and not yet written. The thread adds, the main thread takes away. */
  readonly ahead: SharedArrayBuffer;
  /** Compiled by the main thread. */
  readonly engine: WasmModule;
}

/** What a thread says; it is told the next source, or null to end. */
export type ExportMessage =
  | { readonly kind: 'chunk'; readonly bytes: Uint8Array }
  | { readonly kind: 'end'; readonly keys: number; readonly values: number; readonly findings: readonly Finding[] }
  | { readonly kind: 'failed'; readonly why: string };

const { options, ahead: shared, engine } = workerData as ExportWorkerData;
const ahead = new Int32Array(shared);
const host: ReadHost = {
  fs: fs as ReadFs,
  style: process.platform === 'win32' ? 'win32' : 'posix',
  engine: Engine.fromModule(engine),
};
const encoder = new TextEncoder();

function say(message: ExportMessage, transfer: ArrayBuffer[] = []): void {
  parentPort!.postMessage(message, transfer);
}

function handOver(chunk: Uint8Array | string): void {
  // A copy in either case: what is handed over is gone here, and a writer may keep its buffer.
  const bytes = typeof chunk === 'string' ? encoder.encode(chunk) : chunk.slice();
  let now = Atomics.add(ahead, 0, bytes.byteLength) + bytes.byteLength;
  say({ kind: 'chunk', bytes }, [bytes.buffer as ArrayBuffer]);
  while (now > WINDOW_BYTES) {
    Atomics.wait(ahead, 0, now);
    now = Atomics.load(ahead, 0);
  }
}

function exportSource({ path, logs }: ExportSource): void {
  try {
    const { keys, values, findings } = exportHives(
      host,
      [path],
      { ...options, isChunkReused: true, ...(logs === undefined ? {} : { logs }) },
      handOver,
    );
    say({ kind: 'end', keys, values, findings });
  } catch (error) {
    if (!(error instanceof HivemendError)) throw error;
    if (options.format === 'jsonl') handOver(errorLine(path, error));
    say({ kind: 'failed', why: error.message });
  }
}

parentPort!.on('message', (source: ExportSource | null) => {
  if (source === null) parentPort!.close();
  else exportSource(source);
});
