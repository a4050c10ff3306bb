// Where the code of export --jobs' threads is: a file of the package, or text in the build of one file.

import { Worker } from 'node:worker_threads';
import type { ExportWorkerData } from './export-worker.ts';

/** Set by the build of one file alone (scripts/standalone.mjs). */
declare const HIVEMEND_WORKER: string | undefined;

/** Starts a thread; it waits for its first source. */
export function startExportWorker(workerData: ExportWorkerData): Worker {
  if (typeof HIVEMEND_WORKER === 'string') return new Worker(HIVEMEND_WORKER, { eval: true, workerData });
  return new Worker(new URL('./export-worker.js', import.meta.url), { workerData });
}
