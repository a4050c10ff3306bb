// A command's arguments as the Microsoft C runtime splits them, and back to a line.

import type { Position, Word } from './script.ts';

/** Splits `text`; `at` says where its i-th character stands in the file. */
export function splitWords(text: string, at: (index: number) => Position): Word[] {
  const words: Word[] = [];
  let i = 0;
  while (i < text.length) {
    if (/\s/.test(text[i]!)) {
      i += 1;
      continue;
    }
    const { word, end } = readWord(text, i, at(i));
    words.push(word);
    i = end;
  }
  return words;
}

function readWord(text: string, start: number, at: Position): { word: Word; end: number } {
  let value = '';
  let isQuoted = false;
  let inQuotes = false;
  let i = start;
  while (i < text.length && (inQuotes || !/\s/.test(text[i]!))) {
    const slashes = /^\\+(?=")/.exec(text.slice(i))?.[0].length ?? 0;
    if (slashes % 2 === 1 && inQuotes && endsPath(value, text.slice(i + slashes))) {
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
      inQuotes = !inQuotes;
      isQuoted = true;
      i += 1;
    } else {
      value += text[i];
      i += 1;
    }
  }
  return { word: { text: value, isQuoted, at }, end: i };
}

/** `"F:\\folder\\" /t`: the backslash before the quote belongs to the path, whatever the C runtime makes of it. */
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
      return `"${text.replaceAll('"', '\\"').replace(/\\$/, '\\\\')}"`;
    })
    .join(' ');
}
