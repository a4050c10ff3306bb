// Names and patterns of files as cmd.exe has them.

import { ANY_DRIVE } from '../parse/placeholder.ts';

/** The path from its drive on, dots and all; null where it is relative and `folder` is not known. */
export function absolutePath(text: string, folder: string | null): string | null {
  const path = text.replaceAll('/', '\\');
  if (path.startsWith(`${ANY_DRIVE}:`) || /^[A-Za-z]:(?:\\|$)/.test(path)) return path;
  if (/^[A-Za-z]:/.test(path)) return `${path.slice(0, 2)}\\${path.slice(2)}`;
  if (folder === null) return null;
  return path.startsWith('\\') ? `${folder.slice(0, 2)}${path}` : `${folder.replace(/\\$/, '')}\\${path}`;
}

/** `F:\a\..\b` is `F:\b`. */
export function withoutDots(path: string): string {
  const names: string[] = [];
  for (const name of path.split('\\').slice(1)) {
    if (name === '..') names.pop();
    else if (name !== '.' && name !== '') names.push(name);
  }
  return `${path.slice(0, 2)}\\${names.join('\\')}`;
}

/** The folder that a path lies in. */
export function folderOf(path: string): string {
  return path.slice(0, path.lastIndexOf('\\')) || '\\';
}

/** The host path of what a script names beside itself (`%~dp0fix.reg`, `.\\fix.reg`); null for any other name. */
export function pathBeside(scriptFolder: string | null, name: string): string | null {
  const relative = name.replace(/^(?:%~dp0\\?)?(?:\.\\)?/i, '');
  if (scriptFolder === null || /^[A-Za-z%][:%]|\.\./.test(relative) || relative === '') return null;
  return [scriptFolder, ...relative.split('\\')].join('/');
}

/** The expression of a pattern with * and ?. */
export function wildcard(pattern: string): RegExp {
  const source =
    pattern === '*.*'
      ? '.*'
      : pattern
          .replace(/[.+^${}()|[\]\\]/g, '\\$&')
          .replaceAll('*', '.*')
          .replaceAll('?', '.');
  return new RegExp(`^${source}$`, 'is');
}

/**
 * The name that a pattern makes of another: `?` takes its next character, `*` all up to the last occurrence of what
 * follows, `.` goes behind its next dot, any other character stands in place of one. Blanks and dots at the end go.
 */
export function renamed(name: string, pattern: string): string {
  if (!/[*?]/.test(pattern)) return pattern;
  let found = '';
  let at = 0;
  for (let i = 0; i < pattern.length; i += 1) {
    const character = pattern[i]!;
    const next = pattern[i + 1];
    if (character === '*' && next !== undefined && next !== '?') {
      const last = name.lastIndexOf(next);
      found += last < at ? name.slice(at) + next : name.slice(at, last + 1);
      at = last < at ? name.length : last + 1;
      i += 1;
    } else if (character === '*') {
      found += name.slice(at);
      at = name.length;
    } else if (character === '.') {
      const dot = name.indexOf('.', at);
      at = dot < 0 ? name.length : dot + 1;
      found += '.';
    } else {
      const isThere = at < name.length && name[at] !== '.';
      if (character !== '?') found += character;
      else if (isThere) found += name[at];
      if (isThere) at += 1;
    }
  }
  return found.replace(/[ .]+$/, '');
}
