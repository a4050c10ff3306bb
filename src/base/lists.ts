// Lists that grow by others.

/** Puts what `more` gives at the end of `list`, one by one: spread into a call, a long list overflows the stack. */
export function append<T>(list: T[], more: Iterable<T>): void {
  for (const item of more) list.push(item);
}
