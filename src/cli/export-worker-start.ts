// Where the code of export --jobs' threads is: a file of the package. The build of one file puts another module in this
// one's place, which carries that code as text.

import { Worker } from 'node:worker_threads';
import type { ExportWorkerData } from './export-worker.ts';

/** Starts a thread; it waits for its first source. */
export function startExportWorker(data: ExportWorkerData): Worker {
  return new Worker(new URL('./export-worker.js', import.meta.url), { workerData: data });
}
