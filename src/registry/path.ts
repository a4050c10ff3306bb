// Key paths as people write them: names from below the root with backslashes between them. '/' is a letter like any other.

import { UsageError } from '../base/errors.ts';
import { compareNames, upcase } from '../base/text.ts';

/**
 * The names of a path: 'a\b\c' gives ['a', 'b', 'c'], '' and '\' the root. One backslash before and after is allowed, as
 * people type it; an empty name between two is UsageError BAD_PATH.
 */
export function parseKeyPath(text: string): string[] {
  const bare = text.replace(/^\\/, '').replace(/\\$/, '');
  if (bare === '') return [];
  const names = bare.split('\\');
  if (names.includes('')) {
    throw new UsageError(
      'BAD_PATH',
      `the key path ${text} holds an empty name; one backslash stands between two names`,
    );
  }
  return names;
}

/** 'a\b\c'; '' is the root. A name that holds a backslash itself (damaged hives have them) is not marked. */
export function formatKeyPath(path: readonly string[]): string {
  return path.join('\\');
}

/** The same key: names compared as Windows does. */
export function isSamePath(a: readonly string[], b: readonly string[]): boolean {
  return a.length === b.length && a.every((name, i) => compareNames(name, b[i] ?? '') === 0);
}

/** `path` is `ancestor` or lies below it. */
export function isBelowOrSame(path: readonly string[], ancestor: readonly string[]): boolean {
  return path.length >= ancestor.length && isSamePath(path.slice(0, ancestor.length), ancestor);
}

/** One string per key, the same for each way of writing its names: for maps and sets. */
export function pathKey(path: readonly string[]): string {
  return path.map((name) => `${name.length}:${upcase(name)}`).join('\\');
}
