// What for goes through: words of a list, numbers, and words of lines (for /f).

import { RefusedError } from '../../../base/errors.ts';
import { Unresolved } from '../unresolved.ts';
import { cmdNumber } from './arithmetic.ts';

/** A loop goes through at most this many. */
const MOST_ITEMS = 20_000;

/** Items of `text` by for /f's options: each is the values of the variable and of those that follow it. */
export function textItems(options: string, text: string): string[][] {
  const { tokens, rest, delimiters, skip, end } = parseOptions(options);
  const items: string[][] = [];
  for (const line of text.split(/\r?\n/).slice(skip)) {
    if (line === '') continue;
    const pieces = piecesOf(line, delimiters);
    const [first] = pieces;
    if (!first || (end !== '' && line[first.start]?.toLowerCase() === end.toLowerCase())) continue;
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

export function usesBackquotes(options: string): boolean {
  return /\busebackq\b/i.test(options);
}

function parseOptions(options: string): LoopOptions {
  const skip = Number(/\bskip=(\d+)/i.exec(options)?.[1] ?? 0);
  const end = /\beol=(.?)/i.exec(options)?.[1] ?? ';';
  const delimiters = /\bdelims=(.*?)(?=\s+(?:tokens|skip|eol|usebackq)\b|$)/i.exec(options)?.[1] ?? ' \t';
  const spec = /\btokens=([\d,*-]+)/i.exec(options)?.[1] ?? '1';
  const tokens: number[] = [];
  let rest: number | null = null;
  for (const part of spec.split(',')) {
    const range = /^(\d+)(?:-(\d+))?(\*)?$/.exec(part);
    if (range) for (let i = Number(range[1]); i <= Number(range[2] ?? range[1]); i += 1) tokens.push(i);
    if (part.endsWith('*')) rest = (tokens.at(-1) ?? 0) + 1;
  }
  return { tokens: [...new Set(tokens)].sort((a, b) => a - b), rest, delimiters, skip, end };
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
  return set.match(/(?:"[^"]*"|[^\s,;="])+/g) ?? [];
}

/** for /l: from, by, to. @throws RefusedError LIMIT; Unresolved */
export function numbers(set: string): string[][] {
  const parts = set
    .split(/[\s,;=]+/)
    .filter((text) => text !== '')
    .map((text) => cmdNumber(text));
  const [start, step, end] = parts;
  if (parts.length !== 3 || start == null || step == null || end == null || step === 0) {
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

/** Where for /f gets its lines. */
export type LoopSource =
  | { readonly from: 'command' | 'text'; readonly text: string }
  | { readonly from: 'files'; readonly names: readonly string[] };

/** `'command'`, `"text"` or files; with usebackq `` `command` ``, `'text'` and files in quotes. Carets are taken off. */
export function loopSource(set: string, options: string): LoopSource {
  const bare = set.trim();
  const hasBackquotes = usesBackquotes(options);
  const command = hasBackquotes ? /^`(.*)`$/s : /^'(.*)'$/s;
  const text = hasBackquotes ? /^'(.*)'$/s : /^"(.*)"$/s;
  const asCommand = command.exec(bare);
  if (asCommand) return { from: 'command', text: withoutCarets(asCommand[1]!) };
  const asText = text.exec(bare);
  if (asText) return { from: 'text', text: asText[1]! };
  return { from: 'files', names: listItems(bare).map((name) => name.replaceAll('"', '')) };
}

/** Carets outside of quotes are gone before the inner cmd.exe sees the command. */
function withoutCarets(text: string): string {
  let found = '';
  let inQuotes = false;
  for (let i = 0; i < text.length; i += 1) {
    if (text[i] === '"') inQuotes = !inQuotes;
    if (text[i] === '^' && !inQuotes) {
      i += 1;
      found += text[i] ?? '';
    } else found += text[i];
  }
  return found;
}
