// for /f: which words of which lines a loop takes.

import { RefusedError } from '../../base/errors.ts';
import { Unresolved } from './unresolved.ts';

/** A loop goes through at most this many. */
export const MOST_ITEMS = 20_000;

/** Items of `text` by for /f's options: each is the values of the variable and of those that follow it. */
export function textItems(options: string, text: string): string[][] {
  const { tokens, rest, delimiters, skip, end } = parseOptions(options);
  const items: string[][] = [];
  for (const line of text.split(/\r?\n/).slice(skip)) {
    if (line === '' || (end !== '' && line.startsWith(end))) continue;
    const pieces = piecesOf(line, delimiters);
    const values = tokens.map((token) => pieces[token - 1]?.text ?? '');
    if (rest !== null) values.push(pieces[rest - 1] ? line.slice(pieces[rest - 1]!.start) : '');
    if (values.some((value) => value !== '')) items.push(values);
  }
  return items;
}

interface LoopOptions {
  readonly tokens: readonly number[];
  /** The token with which the rest of the line begins; null without `*`. */
  readonly rest: number | null;
  readonly delimiters: string;
  readonly skip: number;
  readonly end: string;
}

function parseOptions(options: string): LoopOptions {
  const skip = Number(/\bskip=(\d+)/i.exec(options)?.[1] ?? 0);
  const end = /\beol=(.)/i.exec(options)?.[1] ?? ';';
  const delimiters = /\bdelims=(.*?)(?=\s+(?:tokens|skip|eol|usebackq)\b|$)/i.exec(options)?.[1] ?? ' \t';
  if (/\busebackq\b/i.test(options)) throw new Unresolved('bad-syntax', 'for /f with usebackq is not read.');
  const spec = /\btokens=([\d,*-]+)/i.exec(options)?.[1] ?? '1';
  const tokens: number[] = [];
  let rest: number | null = null;
  for (const part of spec.split(',')) {
    const range = /^(\d+)(?:-(\d+))?(\*)?$/.exec(part);
    if (range) for (let i = Number(range[1]); i <= Number(range[2] ?? range[1]); i += 1) tokens.push(i);
    if (part.endsWith('*')) rest = (tokens.at(-1) ?? 0) + 1;
  }
  return { tokens, rest, delimiters, skip, end };
}

function piecesOf(line: string, delimiters: string): { readonly text: string; readonly start: number }[] {
  if (delimiters === '') return [{ text: line, start: 0 }];
  const pieces: { text: string; start: number }[] = [];
  let start = -1;
  for (let i = 0; i <= line.length; i += 1) {
    const isEnd = i === line.length || delimiters.includes(line[i]!);
    if (isEnd && start >= 0) {
      pieces.push({ text: line.slice(start, i), start });
      start = -1;
    } else if (!isEnd && start < 0) start = i;
  }
  return pieces;
}

/** The items of a list: words, or texts in quotes. */
export function listItems(set: string): string[] {
  return set.match(/"[^"]*"|[^\s,;=]+/g) ?? [];
}

/** for /l: from, by, to. @throws RefusedError LIMIT */
export function numbers(set: string): string[][] {
  const [start, step, end] = set.split(',').map((text) => Number(text.trim()));
  if (
    start === undefined ||
    step === undefined ||
    end === undefined ||
    ![start, step, end].every(Number.isInteger) ||
    step === 0
  ) {
    throw new Unresolved('bad-syntax', 'for /l needs three whole numbers.');
  }
  const found: string[][] = [];
  for (let i = start; step > 0 ? i <= end : i >= end; i += step) {
    found.push([String(i)]);
    if (found.length > MOST_ITEMS)
      throw new RefusedError('LIMIT', `for /l goes through more than ${MOST_ITEMS} numbers`);
  }
  return found;
}

/** The text that for /f goes through: what a command and its filters print, a string, or a file. */
export function loopText(
  set: string,
  how: { run(command: string, input: string | null): string; read(file: string): Uint8Array },
): string {
  const bare = set.trim();
  if (/^'.*'$/s.test(bare)) {
    const [command = '', ...filters] = bare
      .slice(1, -1)
      .replace(/\^([|&<>])/g, '$1')
      .split('|');
    return filters.reduce((input, filter) => how.run(filter.trim(), input), how.run(command.trim(), null));
  }
  if (/^".*"$/s.test(bare)) return bare.slice(1, -1);
  return new TextDecoder('windows-1252').decode(how.read(bare));
}
