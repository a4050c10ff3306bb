// Long work in slices, so that the page answers meanwhile: it pauses whenever a slice is used up, and ends when it is told to.

const SLICE_MS = 40;

/** Gives every item to `take`; `pause` is called between slices. False: `signal` ended it, or `take` returned false. */
export async function inSlices<T>(
  items: Iterable<T>,
  signal: AbortSignal,
  take: (item: T) => boolean,
  pause: () => void,
): Promise<boolean> {
  let until = performance.now() + SLICE_MS;
  for (const item of items) {
    if (!take(item)) return false;
    if (performance.now() < until) continue;
    pause();
    await new Promise((resolve) => setTimeout(resolve));
    if (signal.aborted) return false;
    until = performance.now() + SLICE_MS;
  }
  return !signal.aborted;
}
