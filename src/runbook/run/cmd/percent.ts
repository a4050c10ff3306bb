// cmd.exe's first phase: percent variables and arguments of a whole statement, before it is parsed; and its fifth, the
// variables between exclamation marks.

import { RefusedError } from '../../../base/errors.ts';
import { printable } from '../../../base/text.ts';
import { type Traced, TracedText } from '../../parse/cmd/traced.ts';

export interface PercentScope {
  /** The value, a text that stands for it, or null for a variable that is not set. */
  variable(name: string): string | null;
  /** `digit` of %0 to %9; null where there is no such argument. */
  argument(digit: number, modifiers: string | null): string | null;
  /** %* */
  readonly allArguments: string | null;
  /** What stands for a variable or an argument that is not set. */
  unset(text: string): string;
}

/** cmd.exe takes no longer line, so no variable can hold more. */
const MOST_LINE = 8191;

/** A line that doubles its variable forty times would not fit any memory. */
function refuseLong(sizeUnits: number, line: string): void {
  if (sizeUnits <= MOST_LINE) return;
  throw new RefusedError(
    'LIMIT',
    `the line '${printable(line.slice(0, 60))}' has more than ${MOST_LINE} characters once its variables are put in, which cmd.exe refuses`,
  );
}

/** Puts variables and arguments in. `%%` is one percent sign, a sign that starts nothing is left out. @throws RefusedError LIMIT */
export function expandPercent(source: Traced, scope: PercentScope): Traced {
  const { text } = source;
  const found = new TracedText();
  let lineStart = 0;
  let putUnits = 0;
  const put = (value: string, at: number): void => {
    putUnits += value.length;
    refuseLong(putUnits, text.slice(lineStart));
    found.put(value, source, at);
  };
  let i = 0;
  while (i < text.length) {
    // `^%NAME^%` is how one keeps a name at the prompt; in a script it is meant so too, though cmd.exe drops it there.
    const shielded = /^\^%([A-Za-z_]\w*)\^%/.exec(text.slice(i, i + 64));
    if (shielded) {
      put(`%${shielded[1]}%`, i);
      i += shielded[0].length;
      continue;
    }
    if (text[i] !== '%') {
      if (text[i] === '\n') [lineStart, putUnits] = [i + 1, 0];
      found.keep(source, i);
      i += 1;
      continue;
    }
    const rest = text.slice(i);
    if (rest.startsWith('%%')) {
      found.keep(source, i);
      i += 2;
      continue;
    }
    const argument = /^%(?:(\*)|([0-9])|~([a-z]*(?:\$[^:%\n]*:)?)([0-9]))/i.exec(rest);
    if (argument) {
      const [all, star, digit, modifiers, modified] = argument;
      const value = star ? scope.allArguments : scope.argument(Number(digit ?? modified), modifiers ?? null);
      put(value ?? scope.unset(all), i);
      i += all.length;
      continue;
    }
    const end = /^%([^%:\n]+)(%|:)/.exec(rest);
    const name = end?.[1];
    if (!end || name === undefined) {
      i += 1;
      continue;
    }
    const value = scope.variable(name);
    if (end[2] === '%') {
      put(value ?? scope.unset(end[0]), i);
      i += end[0].length;
      continue;
    }
    const part = partAt(rest.slice(end[0].length), '%');
    if (part === null) {
      // A part that is none changes nothing; without its closing sign, the name goes.
      const close = /^[^%\n]*%/.exec(rest.slice(end[0].length))?.[0] ?? '';
      if (value !== null || close !== '') put(value ?? scope.unset(end[0] + close), i);
      i += end[0].length + close.length;
      continue;
    }
    const whole = rest.slice(0, end[0].length + part.length);
    put(value === null ? scope.unset(whole) : partOf(value, part.text), i);
    i += whole.length;
  }
  return found.done();
}

/** Puts `!name!` in where delayed expansion is on; carets are taken off then, as cmd.exe does in such text. @throws RefusedError LIMIT */
export function expandDelayed(text: string, variable: (name: string) => string | null): string {
  if (!text.includes('!')) return text;
  let found = '';
  let i = 0;
  while (i < text.length) {
    const character = text[i]!;
    if (character === '^') {
      found += text[i + 1] ?? '';
      i += 2;
      continue;
    }
    if (character !== '!') {
      found += character;
      i += 1;
      continue;
    }
    refuseLong(found.length, text);
    const end = /^!([^!:\n]+)(!|:)/.exec(text.slice(i));
    if (!end) {
      i += 1;
      continue;
    }
    const value = variable(end[1]!);
    if (end[2] === '!') {
      found += value ?? '';
      i += end[0].length;
      continue;
    }
    const part = partAt(text.slice(i + end[0].length), '!');
    if (part === null) {
      i += 1;
      continue;
    }
    found += value === null ? '' : partOf(value, part.text);
    i += end[0].length + part.length;
  }
  refuseLong(found.length, text);
  return found;
}

/** The part that `text` begins with, up to its closing sign; null where none closes it on the line. */
function partAt(text: string, sign: '%' | '!'): { readonly text: string; readonly length: number } | null {
  const end = text.indexOf(sign);
  const line = text.indexOf('\n');
  if (end <= 0 || (line >= 0 && line < end)) return null;
  const part = text.slice(0, end);
  if (part.startsWith('~') || part.includes('=')) return { text: part, length: end + 1 };
  return null;
}

/** `~2,3` cuts, `old=new` replaces, `*old=new` replaces from the start. */
export function partOf(value: string, part: string): string {
  if (part.startsWith('~')) {
    const slice = /^~\s*([-+]?\w*)(?:\s*,\s*([-+]?\w*))?/.exec(part);
    const start = Number(slice?.[1] ?? 0) || 0;
    const from = start < 0 ? Math.max(0, value.length + start) : start;
    if (slice?.[2] === undefined || slice[2] === '') return value.slice(from);
    const count = Number(slice[2]) || 0;
    return count < 0 ? value.slice(from, Math.max(from, value.length + count)) : value.slice(from, from + count);
  }
  const cut = part.indexOf('=', 1);
  if (cut <= 0) return value;
  const [old, by] = [part.slice(0, cut), part.slice(cut + 1)];
  if (old.startsWith('*') && old.length > 1) {
    const at = value.toLowerCase().indexOf(old.slice(1).toLowerCase());
    return at < 0 ? value : by + value.slice(at + old.length - 1);
  }
  let found = '';
  for (let i = 0; i < value.length; ) {
    if (value.slice(i, i + old.length).toLowerCase() === old.toLowerCase()) {
      found += by;
      i += old.length;
    } else {
      found += value[i];
      i += 1;
    }
  }
  return found;
}

/** A page types for with one percent sign, as at the prompt: its variables get the second that a script has. */
export function asInScript(source: Traced): Traced {
  const { text } = source;
  const letters = new Set([...text.matchAll(/\bfor\s[^\n]*?(?<!%)%([A-Za-z])\s+in\b/gi)].map((match) => match[1]!));
  if (letters.size === 0) return source;
  const [first] = [...letters].sort();
  const found = new TracedText();
  for (let i = 0; i < text.length; i += 1) {
    if (text[i] === '%' && text[i - 1] !== '%' && text[i + 1] !== '%') {
      const variable = /^%(?:~[a-z]*)?([A-Za-z])/.exec(text.slice(i));
      const isName = /^%[A-Za-z_][\w() ]+(?::[^%\n]*)?%/.test(text.slice(i)) && !/^%[A-Za-z]\s/.test(text.slice(i));
      const isLoop = variable !== null && (variable[1]! >= first! || letters.has(variable[1]!));
      if (isLoop && !isName) found.keep(source, i);
    }
    found.keep(source, i);
  }
  return found.done();
}
