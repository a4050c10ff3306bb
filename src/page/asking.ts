// The page's side of its worker: asks by messages, keeps a list of what is under way, and ends what is to be ended.

import { signal } from '@preact/signals';
import type { Calls, Progress, Reply, Request } from './worker/calls.ts';

/** Why a hive or an edit was refused: shown as it is. */
export class Refused extends Error {}
/** The job was ended by whoever had asked, or by a person. */
export class Stopped extends Error {}

export interface Job {
  readonly id: number;
  /** 'Opening SYSTEM'. */
  readonly what: string;
  readonly keysDone: number;
}

interface Waiting {
  resolve(answer: unknown): void;
  reject(error: Error): void;
  onProgress?(progress: Progress): void;
}

/** What takes longer than a moment. */
export const jobs = signal<readonly Job[]>([]);
const MOMENT_MS = 200;
/** A job that is not in slices does not hear that it is to end. */
const PATIENCE_MS = 300;
const waiting = new Map<number, Waiting>();
let lastId = 0;
let worker = start();
let onRestart: () => void = () => {};

/** What is done after the worker was ended and another one started: it has no hive open. */
export const afterRestart = (act: () => void): void => {
  onRestart = act;
};

function start(): Worker {
  const url = URL.createObjectURL(
    new Blob([document.getElementById('worker')!.textContent], { type: 'text/javascript' }),
  );
  const started = new Worker(url);
  URL.revokeObjectURL(url);
  started.onmessage = ({ data }: MessageEvent<Reply>) => hear(data);
  started.onerror = (event) => {
    // What the worker could not even answer: all who wait would wait for ever.
    restart(new Error(`the worker of the page failed: ${event.message}`));
  };
  return started;
}

/**
 * Asks the worker. `what` is shown where it takes a while, with a button that ends it.
 * @throws Refused, Stopped
 */
export function ask<Name extends keyof Calls>(
  call: Name,
  args: Parameters<Calls[Name]>,
  { what = 'Reading', signal: ending, onProgress }: AskOptions = {},
): Promise<ReturnType<Calls[Name]>> {
  if (ending?.aborted) return Promise.reject(new Stopped());
  lastId += 1;
  const id = lastId;
  const timer = setTimeout(() => (jobs.value = [...jobs.value, { id, what, keysDone: 0 }]), MOMENT_MS);
  const answer = new Promise<ReturnType<Calls[Name]>>((resolve, reject) => {
    waiting.set(id, {
      resolve: resolve as Waiting['resolve'],
      reject,
      onProgress: (progress) => {
        if (ending?.aborted) return;
        jobs.value = jobs.value.map((job) => (job.id === id ? { ...job, keysDone: progress.keysDone } : job));
        onProgress?.(progress);
      },
    });
    ending?.addEventListener('abort', () => {
      send({ cancel: id });
      waiting.delete(id);
      reject(new Stopped());
    });
  });
  send({ job: id, call, args });
  const done = (): void => {
    clearTimeout(timer);
    jobs.value = jobs.value.filter((job) => job.id !== id);
  };
  void answer.then(done, done);
  return answer;
}

interface AskOptions {
  readonly what?: string;
  readonly signal?: AbortSignal;
  readonly onProgress?: (progress: Progress) => void;
}

/** Ends a job: asked first, then with the whole worker, whose hives are opened again with what is staged in them. */
export function stop(id: number): void {
  send({ cancel: id });
  setTimeout(() => {
    if (waiting.has(id)) restart(new Stopped());
  }, PATIENCE_MS);
}

function restart(reason: Error): void {
  worker.terminate();
  worker = start();
  const all = [...waiting.values()];
  waiting.clear();
  for (const { reject } of all) reject(reason);
  onRestart();
}

const send = (request: Request): void => worker.postMessage(request);

function hear(reply: Reply): void {
  const one = waiting.get(reply.job);
  if (!one) return;
  if ('progress' in reply) {
    one.onProgress?.(reply.progress);
    return;
  }
  waiting.delete(reply.job);
  if ('answer' in reply) one.resolve(reply.answer);
  else if ('refused' in reply) one.reject(new Refused(reply.refused));
  else if ('stopped' in reply) one.reject(new Stopped());
  else one.reject(new Error(`a bug in hivemend: ${reply.fault}`));
}
