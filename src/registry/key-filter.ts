// Which keys of a hive an export gives: by time, by path, by depth.

import { upcase } from '../base/text.ts';
import type { Hive, Key } from './hive.ts';

export interface KeyFilter {
  /** FILETIME; keys last written before it are left out. */
  readonly since?: bigint;
  /** FILETIME; keys last written after it are left out. */
  readonly until?: bigint;
  /**
   * A glob over the path below the root, letter case aside: `*` any text within a name, `**` any number of names, `?`
   * one character.
   */
  readonly match?: string;
  /** How many levels below the root are read: 0 is the root alone. */
  readonly depth?: number;
}

/** The keys that pass, in the order of a walk. What lies below a key that does not pass is looked at all the same. */
export function* filteredKeys(hive: Hive, filter: KeyFilter): Iterable<Key> {
  const passes = keyTest(filter);
  for (const key of keysTo(hive.root, filter.depth)) if (passes(key)) yield key;
}

/** The depth-first walk that hive.walk() gives, to a depth: what lies deeper is not read. */
function* keysTo(root: Key, depth: number | undefined): Iterable<Key> {
  const stack: { key: Key; depth: number }[] = [{ key: root, depth: 0 }];
  for (let next = stack.pop(); next !== undefined; next = stack.pop()) {
    yield next.key;
    if (depth !== undefined && next.depth >= depth) continue;
    const below = next.depth + 1;
    for (const subkey of next.key.subkeys().toReversed()) stack.push({ key: subkey, depth: below });
  }
}

/** Whether a key passes by time and path; the depth is not looked at. */
export function keyTest(filter: KeyFilter): (key: Pick<Key, 'path' | 'lastWritten'>) => boolean {
  const { since, until, match } = filter;
  const expression = match === undefined ? null : pathGlob(match);
  return (key) =>
    (since === undefined || key.lastWritten >= since) &&
    (until === undefined || key.lastWritten <= until) &&
    (expression === null || expression.test(upcase(key.path.join('\\'))));
}

function pathGlob(glob: string): RegExp {
  const text = upcase(glob).replace(/^\\/, '').replace(/\\$/, '');
  let source = '';
  for (let i = 0; i < text.length; i += 1) {
    const isName = (i === 0 || text[i - 1] === '\\') && text.startsWith('**', i);
    if (isName && i + 2 === text.length) {
      // 'a\**' is a itself too.
      source = source.endsWith('\\\\') ? `${source.slice(0, -2)}(?:\\\\[^]*)?` : `${source}[^]*`;
      i += 1;
    } else if (isName && text[i + 2] === '\\') {
      source += '(?:[^]*\\\\)?';
      i += 2;
    } else if (text[i] === '*') source += '[^\\\\]*';
    else if (text[i] === '?') source += '[^\\\\]';
    else source += text[i]!.replace(/[.+^${}()|[\]\\]/, '\\$&');
  }
  return new RegExp(`^${source}$`);
}
