// A line of the shell in words: quotes keep spaces together, a backslash is a letter like any other, since paths have them.

import { fromHex } from '../../base/bytes.ts';
import { UsageError } from '../../base/errors.ts';
import type { RegValue } from '../../registry/edit.ts';
import { dword, expandSz, multiSz, qword, regValue, sz, typeNumber } from '../../registry/value.ts';

/** The commands of a text: lines, and parts of a line between semicolons that are not quoted. '#' begins a remark. */
export function commandsIn(text: string): string[] {
  return text
    .split(/\r?\n/)
    .filter((line) => !line.trimStart().startsWith('#'))
    .flatMap((line) => line.match(/(?:[^;"']|"[^"]*"?|'[^']*'?)+/g) ?? [])
    .map((command) => command.trim())
    .filter((command) => command !== '');
}

/** @throws UsageError BAD_SYNTAX for a quote that is not closed */
export function wordsOf(line: string): string[] {
  const words: string[] = [];
  for (const [word] of line.matchAll(/(?:[^\s"']|"[^"]*"?|'[^']*'?)+/g)) {
    const bare = word.replace(/"([^"]*)"|'([^']*)'/g, (_, double?: string, single?: string) => double ?? single ?? '');
    if (/["']/.test(word.replace(/"[^"]*"|'[^']*'/g, ''))) {
      throw new UsageError('BAD_SYNTAX', `the quote in ${word} is not closed`);
    }
    words.push(bare);
  }
  return words;
}

/** A word as the shell reads it again. */
export const quoted = (word: string): string =>
  word !== '' && !/[\s;"'#]/.test(word) ? word : word.includes('"') ? `'${word}'` : `"${word}"`;

const SHORT_TYPES: Readonly<Record<string, string>> = { expand: 'expand_sz', multi: 'multi_sz', hex: 'binary' };

/** The data of `set`, by the word for their type. @throws UsageError BAD_VALUE */
export function dataOf(typeWord: string, words: readonly string[]): RegValue {
  const word = typeWord.toLowerCase().replace(/^reg_/, '');
  const type = typeNumber(`REG_${SHORT_TYPES[word] ?? word}`);
  const [first = ''] = words;
  if (type === null) {
    throw new UsageError('BAD_VALUE', `${typeWord} is not a type, expected sz, expand, multi, dword, qword or hex`);
  }
  if (words.length > 1 && type !== 7 && type !== 3) {
    throw new UsageError('BAD_VALUE', `${words.length} words of data were given, expected one`, {
      hint: 'put text with spaces in quotes',
    });
  }
  switch (type) {
    case 1:
      return sz(first);
    case 2:
      return expandSz(first);
    case 4:
      return dword(Number(numberOf(first, 0xffff_ffffn)));
    case 7:
      return multiSz(words);
    case 11:
      return qword(numberOf(first, 0xffff_ffff_ffff_ffffn));
    default: {
      const bytes = fromHex(words.join('').replaceAll(',', '').toLowerCase());
      if (bytes) return regValue(type, bytes);
      throw new UsageError('BAD_VALUE', `${words.join(' ')} is not hex, expected pairs of digits like 01 ff`);
    }
  }
}

function numberOf(text: string, most: bigint): bigint {
  if (/^(\d+|0x[0-9a-f]+)$/i.test(text) && BigInt(text) <= most) return BigInt(text);
  throw new UsageError('BAD_VALUE', `${text} is not a number from 0 to ${most}, decimal or 0x`);
}
