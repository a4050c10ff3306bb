// How text is laid out: marks, colour, and lines that end at the width of the terminal.

import { printable } from '../base/text.ts';

/** What a screen is drawn for. */
export interface TextOptions {
  /** Colour and bold, for a terminal. */
  readonly colour: boolean;
  /** Columns; 80 where nobody says. */
  readonly width?: number;
  /** The terminal shows more than ASCII. */
  readonly isUtf8?: boolean;
  /** Evidence, sources and full values too. */
  readonly isVerbose?: boolean;
  /** Only what fixes something or was asked for is planned. */
  readonly isNeeded?: boolean;
  /** As the program was called, with what was put before it: commands begin with it. */
  readonly calledAs?: string;
  /** Nothing may be written from here, so that nobody asks whether a repair is blocked. */
  readonly isReadOnly?: boolean;
}

const CODES = { red: 31, green: 32, yellow: 33, bold: 1, dim: 2 } as const;

const DEFAULT_WIDTH = 80;

export function widthOf({ width = DEFAULT_WIDTH }: TextOptions): number {
  return width;
}

/** `text` in a colour of the terminal, or as it is. */
export function painted(style: TextOptions, colour: keyof typeof CODES, text: string): string {
  return style.colour && text !== '' ? `\u001b[${CODES[colour]}m${text}\u001b[0m` : text;
}

/** The mark of a cause, where the terminal has it. */
export const crossOf = ({ isUtf8 }: TextOptions): string => (isUtf8 ? '✗' : 'x');

/** Columns that a text takes: a wide character takes two, a combining one none. */
export function columnsOf(text: string): number {
  if (/^[ -~]*$/.test(text)) return text.length;
  let columns = 0;
  for (const sign of text) columns += signColumns(sign);
  return columns;
}

function signColumns(sign: string): number {
  if (/\p{M}/u.test(sign)) return 0;
  const code = sign.codePointAt(0) ?? 0;
  const isWide = (code >= 0x1100 && code <= 0x115f) || (code >= 0x2e80 && code <= 0xff60) || code >= 0x1f300;
  return isWide ? 2 : 1;
}

/** `text` with spaces up to `columns`. */
export const padded = (text: string, columns: number): string =>
  text + ' '.repeat(Math.max(0, columns - columnsOf(text)));

/** Lines of at most `width` columns; what follows the first begins with `indent` spaces. A word that is longer is cut. */
export function wrapped(text: string, width: number, indent = 0): string[] {
  const lines: string[] = [];
  const lead = /^ */.exec(text)?.[0] ?? '';
  let line = '';
  const room = (): number => Math.max(8, width - (lines.length === 0 ? lead.length : indent));
  for (let word of text.trimStart().split(' ')) {
    if (line !== '' && columnsOf(line) + 1 + columnsOf(word) > room()) {
      lines.push(line);
      line = '';
    } else if (line !== '') word = `${line} ${word}`;
    for (let cut = cutAt(word, room()); cut < word.length; cut = cutAt(word, room())) {
      lines.push(word.slice(0, cut));
      word = word.slice(cut);
    }
    line = word;
  }
  lines.push(line);
  return lines.map((one, i) => `${i === 0 ? lead : ' '.repeat(indent)}${one}`);
}

/** Where a word is cut: after a separator of paths where there is one in the second half; its length where it fits. */
function cutAt(word: string, columns: number): number {
  let end = 0;
  let left = columns;
  for (const sign of word) {
    left -= signColumns(sign);
    if (left < 0) break;
    end += sign.length;
  }
  if (left >= 0) return word.length;
  const head = word.slice(0, end);
  const soft = ['\\', '/', '|', ','].reduce((last, sign) => Math.max(last, head.lastIndexOf(sign)), -1) + 1;
  return Math.max(1, soft > end / 2 ? soft : end);
}

/** Lines with `indent` spaces before each. */
export function paragraph(style: TextOptions, text: string, indent = 0): string[] {
  const pad = ' '.repeat(indent);
  return wrapped(text, widthOf(style) - indent).map((line) => `${pad}${line}`);
}

/** A sentence, or a command, which is never wrapped. */
export type Line = string | { readonly command: string };

/** A heading and its lines, with an empty line after them; '' where there are none. A wrapped line hangs by `hang`. */
export function section(style: TextOptions, heading: string, lines: readonly Line[], hang = 2): string {
  if (lines.length === 0) return '';
  const body = lines.flatMap((line) =>
    typeof line === 'string' ? wrapped(line, widthOf(style) - 2, hang + leadingSpaces(line)) : [line.command],
  );
  return `${painted(style, 'bold', heading)}\n${body.map((line) => `  ${line}\n`).join('')}\n`;
}

const leadingSpaces = (line: string): number => /^ */.exec(line)?.[0].length ?? 0;

/** A command as it is typed, never wrapped: as the program was called. */
export function commandText(style: TextOptions, command: string): string {
  const text = printable(command);
  return style.calledAs === undefined ? text : text.replace(/^hivemend(?= )/, style.calledAs);
}

/** '4 causes', '1 cause'. */
export function counted(count: number, one: string, many = `${one}s`): string {
  return `${count} ${count === 1 ? one : many}`;
}

const UNITS = ['B', 'KiB', 'MiB', 'GiB', 'TiB'];

/** In powers of 1,024: '127 GiB'. */
export function sizeText(sizeBytes: number): string {
  let size = sizeBytes;
  let unit = 0;
  while (size >= 1024 && unit < UNITS.length - 1) {
    size /= 1024;
    unit += 1;
  }
  return `${size >= 10 || unit === 0 ? Math.round(size) : size.toFixed(1)} ${UNITS[unit]}`;
}
