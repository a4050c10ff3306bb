// Lists that grow by others.

/** Puts what `more` gives at the end of `list`, one by one: spread into a call, a long list overflows the stack. */
export function append<T>(list: T[], more: Iterable<T>): void {
  for (const item of more) list.push(item);
}

/** Gives the pieces to `sink`, one by one; returns what their maker returns. */
export function pour<T, R>(pieces: Generator<T, R>, sink: (piece: T) => void): R {
  let next = pieces.next();
  for (; !next.done; next = pieces.next()) sink(next.value);
  return next.value;
}
