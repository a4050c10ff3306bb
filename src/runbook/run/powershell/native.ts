// A program that PowerShell starts: its command line as Windows PowerShell 5.1 builds it, split as the program splits it.

import { unkept } from '../../parse/marks.ts';
import { unshield } from '../../parse/placeholder.ts';
import type { Argument, Command, Expression } from '../../parse/powershell/ast.ts';
import type { CommandNode, Word } from '../../parse/script.ts';
import { splitArguments } from '../../parse/words.ts';
import { Unresolved } from '../unresolved.ts';
import type { Evaluator } from './evaluator.ts';
import { itemsOf, type Scope, textOf, type Value } from './values.ts';

/** The program's arguments. */
export function nativeWords(
  name: string,
  args: readonly Argument[],
  at: Command,
  scope: Scope,
  evaluator: Evaluator,
): Word[] {
  const first: Word = { text: name, isQuoted: false, at: at.at };
  return [first, ...args.flatMap((arg) => argumentWords(arg, scope, evaluator))];
}

function argumentWords(arg: Argument, scope: Scope, evaluator: Evaluator): Word[] {
  const wordOf = (text: string, isQuoted: boolean): Word[] =>
    passed(text, isQuoted).map((word) => ({ ...word, at: arg.at }));
  if (arg.kind === 'parameter') {
    const value = arg.value === null ? '' : textOf(evaluator.value(arg.value, scope));
    return wordOf(arg.value === null ? arg.source : `-${arg.name}:${value}`, false);
  }
  return textsOf(arg.value, scope, evaluator).flatMap((text) => wordOf(text, isQuoted(arg.value)));
}

/** Lists are passed word by word; commas of a bare word stay, as in `a,b` of a path list. */
function textsOf(value: Expression, scope: Scope, evaluator: Evaluator): string[] {
  if (value.kind === 'number') return [value.text];
  if (value.kind === 'block') return [value.source];
  const given = evaluator.value(value, scope);
  return itemsOf(given).map(textOf);
}

function isQuoted(value: Expression): boolean {
  return value.kind === 'string' && value.isQuoted;
}

/** One argument on its way: quotes around it where blanks stand outside of quotes, none put before those in it. */
function passed(text: string, isQuotedHere: boolean): Omit<Word, 'at'>[] {
  if (!text.includes('"')) return [{ text, isQuoted: isQuotedHere || /\s/.test(text) }];
  let quotes = 0;
  let needsQuotes = false;
  for (const character of text) {
    if (character === '"') quotes += 1;
    else if (/\s/.test(character) && quotes % 2 === 0) needsQuotes = true;
  }
  const line = needsQuotes ? `"${text}${/\\$/.test(text) ? '\\' : ''}"` : text;
  return splitArguments(line, () => ({ line: 1, column: 1 })).map((word) => ({ text: word.text, isQuoted: true }));
}

/** The arguments as cmd.exe gets them after /c: its whole command line, quotes and all. */
export function rawLine(args: readonly Argument[], scope: Scope, evaluator: Evaluator): string {
  return args
    .flatMap((arg) => {
      if (arg.kind === 'parameter') return [arg.source];
      return textsOf(arg.value, scope, evaluator).map((text) =>
        /\s/.test(text) && args.length > 2 && !text.includes('"') ? `"${text}"` : text,
      );
    })
    .join(' ');
}

/** The node of a command for what checks and runs it. */
export function nodeOf(command: Command, words: readonly Word[]): CommandNode {
  const { at, endLine, source } = command;
  return { kind: 'command', dialect: 'powershell', at, endLine, source, text: source, words, redirects: [] };
}

/** The command with its variables put in, for a person. */
export function shownCommand(command: Command, scope: Scope, evaluator: Evaluator): string {
  const shown = (value: Value): string => {
    const text = unshield(unkept(textOf(value)));
    return text === '' || /[\s"'$]/.test(text) ? `"${text}"` : text;
  };
  try {
    const words = command.args.map((arg) => {
      if (arg.value === null || (arg.value.kind === 'variable' && arg.value.isSplat)) return arg.source;
      if (arg.value.kind === 'block') return arg.value.source.replace(/\s+/g, ' ');
      const value = evaluator.value(arg.value, scope);
      const text = Array.isArray(value) ? value.map(shown).join(',') : shown(value);
      return arg.kind === 'parameter' ? `-${arg.name}:${text}` : text;
    });
    return [shown(evaluator.value(command.name, scope)), ...words].join(' ');
  } catch (error) {
    if (!(error instanceof Unresolved)) throw error;
    return unshield(command.source);
  }
}
