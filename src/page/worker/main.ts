// The worker of the page: hives and the engine live here, so that the page answers whatever they take. It is asked by
// messages; between the slices of a search or of a walk for times it answers what only reads.

import { HivemendError } from '../../hive.ts';
import type { Calls, Reply, Request } from './calls.ts';
import { diagnosis, report } from './diagnosis.ts';
import { HIVES, hiveOf, openHiveFiles, planFile, regFile, staged } from './hives.ts';
import { keyList, keyShown, valueText } from './keys.ts';
import { search } from './search.ts';
import { Job, Stopped } from './slices.ts';
import { deleted, times } from './times.ts';

declare const self: {
  onmessage: ((event: { readonly data: Request }) => void) | null;
  postMessage(reply: Reply, transfer?: ArrayBuffer[]): void;
};

type Answers = {
  readonly [Name in keyof Calls]: (
    job: Job,
    ...args: Parameters<Calls[Name]>
  ) => ReturnType<Calls[Name]> | Promise<ReturnType<Calls[Name]>>;
};

const ANSWERS: Answers = {
  open: (_, id, files, isRaw, edits) => openHiveFiles(id, files, isRaw, edits),
  close: (_, id) => {
    HIVES.get(id)?.hive.close();
    HIVES.delete(id);
  },
  keys: (_, id, keys) => keys.map((names) => keyList(hiveOf(id), names)),
  key: (_, id, names) => keyShown(hiveOf(id), names),
  valueText: (_, id, names, name) => valueText(hiveOf(id), names, name),
  search: (job, id, text) => search(hiveOf(id), text, job),
  times: (job, id, range) => times(hiveOf(id), range, job),
  deleted: (_, id) => deleted(hiveOf(id)),
  diagnosis: () => diagnosis(),
  report: () => report(),
  edit: (_, id, edits) => {
    const hive = hiveOf(id);
    hive.edit(edits);
    return staged(hive);
  },
  bytes: (_, id) => hiveOf(id).bytes(),
  regFile: (_, id) => regFile(hiveOf(id)),
  planFile: () => planFile(),
};

/** These change or close what a walk stands in. */
const CHANGING: readonly (keyof Calls)[] = ['open', 'close', 'edit', 'bytes'];
/** The tree is there by then. */
const WARM_UP_AFTER_MS = 100;
const running = new Map<number, Job>();
/** A file is read while other messages come in: they wait for it. */
let opening: Promise<unknown> = Promise.resolve();

self.onmessage = ({ data }) => {
  if ('cancel' in data) {
    const job = running.get(data.cancel);
    if (job) job.isCancelled = true;
  } else void answer(data);
};

async function answer({ job, call, args }: Exclude<Request, { readonly cancel: number }>): Promise<void> {
  const it = new Job((progress) => self.postMessage({ job, progress }));
  const before = opening;
  if (CHANGING.includes(call)) for (const other of running.values()) other.isCancelled = true;
  running.set(job, it);
  try {
    const run = ANSWERS[call] as (job: Job, ...args: readonly unknown[]) => unknown;
    const result = before.then(() => run(it, ...args));
    if (call === 'open') opening = result.catch(() => {});
    self.postMessage({ job, answer: await result });
    if (call === 'open' && HIVES.size === 1) setTimeout(() => void warmUp(job), WARM_UP_AFTER_MS);
  } catch (error) {
    if (error instanceof Stopped) self.postMessage({ job, stopped: true });
    else if (error instanceof HivemendError) self.postMessage({ job, refused: error.message });
    else self.postMessage({ job, fault: error instanceof Error ? (error.stack ?? error.message) : String(error) });
  } finally {
    running.delete(job);
  }
}

/** A search for nothing: the first one waits for the browser to compile what it runs through, so let it not be a person's. */
async function warmUp(job: number): Promise<void> {
  const it = new Job(() => {});
  running.set(job, it);
  try {
    for (const { hive } of HIVES.values()) await search(hive, '\0', it);
  } catch (error) {
    if (!(error instanceof Stopped || error instanceof HivemendError)) throw error;
  } finally {
    running.delete(job);
  }
}
