// Long work in slices: between two of them the worker takes messages, so that a job can be cancelled, and says how far it is.

import type { Hit, Progress } from './calls.ts';

const SLICE_MS = 30;

/** Thrown in a job that was cancelled. */
export class Stopped extends Error {}

/** What a long call is given. */
export class Job {
  isCancelled = false;
  private readonly tell: (progress: Progress) => void;

  constructor(tell: (progress: Progress) => void) {
    this.tell = tell;
  }

  /**
   * Gives every item to `take`, until it returns false; `found` is told, and emptied, between slices and as soon as it has
   * its first. False: `take` ended it.
   * @throws Stopped
   */
  async inSlices<T>(items: Iterable<T>, take: (item: T) => boolean, found: Hit[] = []): Promise<boolean> {
    let until = performance.now() + SLICE_MS;
    let keysDone = 0;
    let isFirst = true;
    const report = (): void => this.tell({ keysDone, hits: found.splice(0) });
    for (const item of items) {
      keysDone += 1;
      if (!take(item)) {
        report();
        return false;
      }
      if (isFirst && found.length > 0) {
        isFirst = false;
        report();
      }
      // The clock is asked now and then: it costs as much as a key.
      if (keysDone % 64 !== 0 || performance.now() < until) continue;
      report();
      await new Promise((resolve) => setTimeout(resolve));
      if (this.isCancelled) throw new Stopped();
      until = performance.now() + SLICE_MS;
    }
    report();
    return true;
  }
}
