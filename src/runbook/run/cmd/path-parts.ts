// What `%%~dpnxf` and `%~1` take of a value: its quotes off, and parts of the path that it is.

import { unknownValue } from '../../parse/marks.ts';

/** What only the disk or the current folder tells. */
export interface PathFacts {
  /** The path from its drive on; null where the current folder is not known. */
  absolute(path: string): string | null;
  sizeBytes(path: string): number | null;
}

/** `value` by the modifiers between `~` and the name; '' only takes the quotes off. */
export function pathParts(value: string, modifiers: string, facts: PathFacts): string {
  const bare = value.replace(/^"/, '').replace(/"$/, '');
  const wanted = modifiers.toLowerCase();
  if (wanted === '' || bare === '') return bare;
  if (wanted.includes('$') || wanted.includes('a') || wanted.includes('t')) return unknownValue(`~${modifiers}`);
  if (wanted.includes('z')) {
    const size = facts.sizeBytes(bare);
    if (wanted === 'z') return size === null ? '' : String(size);
    return unknownValue(`~${modifiers}`);
  }
  const needsFolder = /[fdp]/.test(wanted);
  const path = needsFolder ? facts.absolute(bare) : bare.replaceAll('/', '\\');
  if (path === null) return unknownValue(`~${modifiers}`);
  if (wanted.replaceAll('s', '') === 'f' || wanted.replaceAll('s', '') === '') return path;
  const cut = path.lastIndexOf('\\') + 1;
  const name = path.slice(Math.max(cut, /^[A-Za-z]:/.test(path) ? 2 : 0));
  const dot = name.lastIndexOf('.');
  const all = wanted.includes('f');
  return [
    all || wanted.includes('d') ? path.slice(0, 2) : '',
    all || wanted.includes('p') ? path.slice(2, Math.max(cut, 2)) : '',
    all || wanted.includes('n') ? (dot < 0 ? name : name.slice(0, dot)) : '',
    all || wanted.includes('x') ? (dot < 0 ? '' : name.slice(dot)) : '',
  ].join('');
}

/** Puts the variables of for (`%a`, `%~nxa`) into a command's text; others stay. Names tell their case apart. */
export function expandLoop(text: string, loop: ReadonlyMap<string, string>, facts: PathFacts): string {
  if (loop.size === 0 || !text.includes('%')) return text;
  let found = '';
  let i = 0;
  while (i < text.length) {
    const rest = text.slice(i);
    if (rest[0] === '%' && rest[1] === '~') {
      const run = /^%~((?:[a-z]|\$[^:\s]*:)*)(.?)/is.exec(rest)!;
      // The name is the last character of the run that a loop has: `%~nxf` of f, before `.bad`.
      const letters = run[1]! + run[2]!;
      let at = letters.length - 1;
      while (at >= 0 && !(loop.has(letters[at]!) && /^(?:[fdpnxsatz]|\$[^:\s]*:)*$/i.test(letters.slice(0, at))))
        at -= 1;
      if (at >= 0) {
        found += pathParts(loop.get(letters[at]!)!, letters.slice(0, at), facts);
        i += 2 + at + 1;
        continue;
      }
    } else if (rest[0] === '%' && loop.has(rest[1] ?? '')) {
      found += loop.get(rest[1]!)!;
      i += 2;
      continue;
    }
    found += rest[0];
    i += 1;
  }
  return found;
}
