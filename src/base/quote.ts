// Words of a printed command as a shell takes them. What is printed is pasted: a name from a disk that a shell would not
// give to the program as it is, or that a reader cannot see, is never put into a command.

import { printable } from './text.ts';

/** What stands in a command for a name that cannot be typed. */
export const PLACEHOLDER = '<name>';

/** For POSIX shells; null where the text holds what cannot be seen. */
export function posixWord(text: string): string | null {
  if (printable(text) !== text) return null;
  if (/^[A-Za-z0-9_@%+=:,./-]+$/.test(text)) return text;
  return `'${text.replaceAll("'", "'\\''")}'`;
}

/**
 * For cmd.exe's prompt, and for PowerShell as well: null where the text holds `%`, `!` or `"`, which cmd.exe knows no way to
 * escape there, `$` or a backtick, which PowerShell expands, or what cannot be seen.
 */
export function windowsWord(text: string): string | null {
  return /^[A-Za-z0-9_:./\\-]+$/.test(text) ? text : windowsQuoted(text);
}

/** As windowsWord, in quotes whether it needs them or not. */
export function windowsQuoted(text: string): string | null {
  if (/[%!"$`\u201c-\u201e]/.test(text) || printable(text) !== text) return null;
  return `"${text.replace(/\\+$/, '$&$&')}"`;
}

/**
 * For a command file that cmd.exe runs: percent signs are doubled. Null where the text holds `"`, or a character that is
 * not ASCII, since the file is read in a code page that is not known here.
 */
export function commandFileWord(text: string): string | null {
  if (!/^[\x20-\x7e]*$/.test(text) || text.includes('"')) return null;
  return `"${text.replaceAll('%', '%%').replace(/\\+$/, '$&$&')}"`;
}

/** A whole command for the shell of this kind of host; a word that it cannot carry becomes a placeholder. */
export function commandLine(words: readonly string[], style: 'posix' | 'win32'): string {
  const word = style === 'win32' ? windowsWord : posixWord;
  return words.map((text) => word(text) ?? PLACEHOLDER).join(' ');
}

/** A path in a command that is shown: quoted for the shell of the kind of host that has such paths, or a placeholder. */
export function pathWord(path: string): string {
  const isWindows = /^(?:[A-Za-z]:|\\\\)/.test(path);
  return (isWindows ? windowsWord(path) : posixWord(path)) ?? PLACEHOLDER;
}
