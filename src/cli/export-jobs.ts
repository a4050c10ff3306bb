// export --jobs: several hives read at once, written in the order of their sources.

import { Worker } from 'node:worker_threads';
import { InternalError } from '../base/errors.ts';
import type { Finding } from '../base/finding.ts';
import { append } from '../base/lists.ts';
import type { ExportOptions, ExportSource, Sink } from '../commands/export.ts';
import type { WasmModule } from '../engine/webassembly.ts';
import type { ExportMessage, ExportWorkerData } from './export-worker.ts';

/** The code of the threads, in the build of one file alone (scripts/standalone.mjs). */
declare const HIVEMEND_WORKER: string | undefined;

/** What `export` reports, whether one thread read or many. */
export interface ExportOutcome {
  readonly findings: readonly Finding[];
  readonly failed: readonly { readonly what: string; readonly why: string }[];
}

interface Job {
  readonly source: ExportSource;
  readonly messages: ExportMessage[];
}

/**
 * Exports `sources` with `jobs` threads. Threads take the sources in order and run ahead of the output by a fixed number
 * of bytes each, so memory does not grow with the number or the size of the exports; the thread whose hive is being
 * written is never held up. Bytes are the same as with one thread.
 * @throws what a thread met that is no error of a hive; the other threads are stopped.
 */
export async function exportInParallel(
  sources: readonly ExportSource[],
  options: ExportOptions,
  jobs: number,
  engine: WasmModule,
  sink: Sink,
): Promise<ExportOutcome> {
  const { onHive, ...plain } = options;
  const pending: Job[] = sources.map((source) => ({ source, messages: [] }));
  const findings: Finding[] = [];
  const failed: { what: string; why: string }[] = [];
  const takers = new Map<Job, Int32Array>();
  let started = 0;
  let written = 0;

  const drain = (): void => {
    for (let job = pending[written]; job !== undefined; job = pending[written]) {
      for (let message = job.messages.shift(); message !== undefined; message = job.messages.shift()) {
        if (message.kind === 'chunk') {
          sink(message.bytes);
          const ahead = takers.get(job)!;
          Atomics.sub(ahead, 0, message.bytes.byteLength);
          Atomics.notify(ahead, 0);
          continue;
        }
        if (message.kind === 'end') append(findings, message.findings);
        else failed.push({ what: job.source.path, why: message.why });
        written += 1;
      }
      if (job === pending[written]) return;
    }
  };

  const work = (): Promise<void> => {
    const shared = new SharedArrayBuffer(4);
    const ahead = new Int32Array(shared);
    const worker = startWorker({ options: plain, ahead: shared, engine });
    workers.push(worker);
    let job: Job | null = null;
    const next = (): void => {
      job = pending[started] ?? null;
      if (job !== null) {
        takers.set(job, ahead);
        onHive?.(job.source.path, started, pending.length);
        started += 1;
      }
      worker.postMessage(job?.source ?? null);
    };
    return new Promise((resolve, reject) => {
      worker.on('message', (message: ExportMessage) => {
        job!.messages.push(message);
        try {
          drain();
        } catch (error) {
          reject(error);
          return;
        }
        if (message.kind !== 'chunk') next();
      });
      worker.on('error', reject);
      worker.on('exit', () => resolve());
      next();
    });
  };

  const workers: Worker[] = [];
  try {
    await Promise.all(Array.from({ length: Math.min(jobs, sources.length) }, work));
  } finally {
    await Promise.all(workers.map((worker) => worker.terminate()));
  }
  if (written < pending.length) {
    throw new InternalError(`${pending[written]!.source.path} was not exported: the thread that read it ended early`);
  }
  return { findings, failed };
}

/** It waits for its first source. */
function startWorker(workerData: ExportWorkerData): Worker {
  if (typeof HIVEMEND_WORKER === 'string') return new Worker(HIVEMEND_WORKER, { eval: true, workerData });
  return new Worker(new URL('./export-worker.js', import.meta.url), { workerData });
}
