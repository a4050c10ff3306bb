// A command's arguments: as the C runtime splits them for programs, as cmd.exe splits them for its own commands, and back
// to a line.

import type { Position, Word } from './script.ts';

/** Commands of cmd.exe itself: whatever follows their names begins their arguments. */
const BUILTIN =
  /^(?:assoc|call|cd|chdir|cls|color|copy|date|del|dir|echo|endlocal|erase|exit|ftype|goto|md|mkdir|mklink|move|path|pause|popd|prompt|pushd|rd|ren|rename|rmdir|set|setlocal|shift|start|time|title|type|ver|verify|vol)(?=[\s./\\:(+,;=[\]]|$)/i;

/** The words of a command line, its name first. `at` says where the i-th character stands in the file. */
export function commandWords(text: string, at: (index: number) => Position): Word[] {
  const start = /^[\s,;=]*/.exec(text)![0].length;
  const builtin = BUILTIN.exec(text.slice(start));
  // A path such as `copy\x` or `echo.exe` names a program; `cd\` and `echo.` do not.
  if (!builtin) return programWords(text, at);
  const end = start + builtin[0].length;
  const name: Word = { text: builtin[0], isQuoted: false, at: at(start) };
  return [name, ...builtinWords(text.slice(end), (index) => at(end + index))];
}

/** Arguments of cmd.exe's own commands: blanks, commas, semicolons and equal signs part them, quotes hold them together. */
export function builtinWords(text: string, at: (index: number) => Position): Word[] {
  const words: Word[] = [];
  for (const match of text.matchAll(/(?:"[^"]*(?:"|$)|[^\s,;="])+/g)) {
    const bare = match[0].replaceAll('"', '');
    // `del /q/f` has two switches.
    const switches = /^(?:\/[a-z?](?:[:-][^/]*)?){2,}$/i.test(match[0]) ? match[0].match(/\/[^/]+/g)! : [bare];
    for (const word of switches) words.push({ text: word, isQuoted: bare !== match[0], at: at(match.index) });
  }
  return words;
}

/** Splits a program's command line: its name as it stands, then its arguments as splitArguments has them. */
export function programWords(text: string, at: (index: number) => Position): Word[] {
  const name = /^\s*((?:"[^"]*(?:"|$)|[^\s"])+)/.exec(text);
  if (!name) return [];
  const start = name[0].length - name[1]!.length;
  const bare = name[1]!.replaceAll('"', '');
  const first: Word = { text: bare, isQuoted: bare !== name[1], at: at(start) };
  const end = name[0].length;
  return [first, ...splitArguments(text.slice(end), (index) => at(end + index), true)];
}

/**
 * Splits arguments by the C runtime's rules: blanks part them, 2n backslashes before a quote are n and the quote opens or
 * closes, 2n+1 are n and a quote that is a letter; two quotes inside quotes are one. `keepsPaths` leaves the backslash of
 * `"F:\folder\" /t` to the path, which is what its author meant.
 */
export function splitArguments(text: string, at: (index: number) => Position, keepsPaths = false): Word[] {
  const words: Word[] = [];
  let i = 0;
  while (i < text.length) {
    if (/[ \t]/.test(text[i]!)) {
      i += 1;
      continue;
    }
    const { word, end } = readWord(text, i, at(i), keepsPaths);
    words.push(word);
    i = end;
  }
  return words;
}

function readWord(text: string, start: number, at: Position, keepsPaths: boolean): { word: Word; end: number } {
  let value = '';
  let isQuoted = false;
  let inQuotes = false;
  let i = start;
  while (i < text.length && (inQuotes || !/[ \t]/.test(text[i]!))) {
    // Backslashes are looked at once, however many: those before no quote are themselves.
    let run = 0;
    while (text[i + run] === '\\') run += 1;
    const slashes = text[i + run] === '"' ? run : 0;
    if (keepsPaths && slashes % 2 === 1 && inQuotes && endsPath(value, text.slice(i + slashes))) {
      value += '\\'.repeat(slashes);
      i += slashes;
    } else if (slashes > 0) {
      value += '\\'.repeat(slashes >> 1);
      i += slashes;
      if (slashes % 2 === 1) {
        value += '"';
        i += 1;
      }
    } else if (text[i] === '"') {
      isQuoted = true;
      if (inQuotes && text[i + 1] === '"') {
        value += '"';
        i += 2;
      } else {
        inQuotes = !inQuotes;
        i += 1;
      }
    } else {
      const taken = Math.max(run, 1);
      value += text.slice(i, i + taken);
      i += taken;
    }
  }
  return { word: { text: value, isQuoted, at }, end: i };
}

function endsPath(value: string, rest: string): boolean {
  return /^(?:HK|[A-Za-z]:\\)[^"]*$/i.test(value) && /^"(?:\s|$)/.test(rest);
}

/** Whether a quote that is opened in `text` is never closed. */
export function hasOpenQuote(text: string): boolean {
  const closed = text.replace(/"(?:HK|[A-Za-z]:\\)[^"]*\\"(?=\s|$)/gi, '');
  return (closed.replace(/\\"/g, '').match(/"/g) ?? []).length % 2 === 1;
}

/** Words as one line, quoted where they need it. */
export function lineOf(words: readonly (string | Word)[]): string {
  return words
    .map((word) => {
      const text = typeof word === 'string' ? word : word.text;
      const isQuoted = typeof word === 'string' ? false : word.isQuoted;
      if (text !== '' && !isQuoted && !/[\s"&|<>^()]/.test(text)) return text;
      return `"${text.replace(/(?<!\\)(\\*)"/g, '$1$1\\"').replace(/(?<!\\)(\\+)$/, '$1$1')}"`;
    })
    .join(' ');
}
