// The heads of if and for: what stands before the statement that they run.

import type { Condition, ForNode } from '../script.ts';

interface IfHead {
  readonly isNegated: boolean;
  readonly ignoresCase: boolean;
  readonly condition: Condition;
  /** Characters up to the statement. */
  readonly length: number;
}

/** The head of `text`, which begins with if; a sentence where it is none. */
export function conditionOf(text: string): IfHead | string {
  let index = 2;
  let isNegated = false;
  let ignoresCase = false;
  const rest = (): string => text.slice(index);
  const skip = (): void => {
    index += /^[ \t]*/.exec(rest())![0].length;
  };
  for (skip(); ; skip()) {
    const flag = /^(?:\/i|not)(?=\s)/i.exec(rest())?.[0].toLowerCase();
    if (flag === undefined) break;
    if (flag === 'not') isNegated = !isNegated;
    else ignoresCase = true;
    index += flag.length;
  }
  const operand = (): string | null => {
    const found = /^(?:"[^"\n]*"|[^\s"=()&|<>]|\((?=[^\n]*==))+/.exec(rest())?.[0] ?? null;
    index += found?.length ?? 0;
    return found;
  };
  const head = (condition: Condition): IfHead => ({ isNegated, ignoresCase, condition, length: index });
  const test = /^(exist|defined|errorlevel|cmdextversion)\s+/i.exec(rest());
  if (test) {
    index += test[0].length;
    const name = operand();
    return name === null
      ? 'if lacks what it asks for'
      : head({ test: test[1]!.toLowerCase() as 'exist', operand: name });
  }
  const left = operand();
  skip();
  const operator = /^(?:==|(?:equ|neq|lss|leq|gtr|geq)(?=\s))/i.exec(rest())?.[0];
  if (left === null || operator === undefined) return 'if does not have a comparison that cmd.exe knows';
  index += operator.length;
  skip();
  const right = operand();
  if (right === null) return 'if lacks what it compares with';
  return head({ test: 'compare', left, operator: operator.toLowerCase(), right });
}

type ForHead = Pick<ForNode, 'variable' | 'mode' | 'options' | 'set'> & { readonly length: number };

/** The head of `text`, which begins with for, up to what follows do; a sentence where it is none. */
export function forHead(text: string): ForHead | string {
  const start = /^for\s+/i.exec(text);
  if (!start) return 'for has nothing to go through';
  let index = start[0].length;
  const letters = new Set<string>();
  let options = '';
  for (;;) {
    const flag = /^\/([a-z])\s*(?:("[^"\n]*"|[^\s%/"][^\s]*)\s+)?/i.exec(text.slice(index));
    if (!flag) break;
    letters.add(flag[1]!.toLowerCase());
    if (flag[2] !== undefined) options = flag[2].replace(/^"(.*)"$/, '$1').replace(/\^(.)/g, '$1');
    index += flag[0].length;
  }
  const mode = modeOf(letters);
  if (mode === null) return `for /${[...letters].join(' /')} is not read`;
  const head = /^%%?(\S)\s+in\s*\(/i.exec(text.slice(index));
  if (!head) return 'for does not have a variable and a list';
  index += head[0].length;
  const end = listEnd(text, index, mode);
  if (end < 0) return 'the list of for is never closed';
  const set = text.slice(index, end);
  const word = /^\s*do\b\s*/i.exec(text.slice(end + 1));
  if (!word) return 'for lacks its do';
  return { variable: head[1]!, mode, options, set, length: end + 1 + word[0].length };
}

function modeOf(letters: ReadonlySet<string>): ForNode['mode'] | null {
  const all = [...letters].sort().join('');
  return ({ '': 'list', l: 'numbers', f: 'text', d: 'folders', r: 'tree' } as const)[all] ?? null;
}

/** Where the parenthesis that closes the list stands: commands of for /f may hold some of their own. */
function listEnd(text: string, from: number, mode: ForNode['mode']): number {
  const quote = mode === 'text' ? /^\s*(['`])/.exec(text.slice(from)) : null;
  if (quote) {
    const close = new RegExp(`${quote[1]}\\s*\\)\\s*do\\b`, 'i').exec(text.slice(from + quote[0].length));
    if (close) return text.indexOf(')', from + quote[0].length + close.index + 1);
  }
  let inQuotes = false;
  let depth = 0;
  for (let i = from; i < text.length; i += 1) {
    const character = text[i]!;
    if (character === '"') inQuotes = !inQuotes;
    else if (inQuotes) continue;
    else if (character === '^') i += 1;
    else if (character === '(') depth += 1;
    else if (character === ')' && depth === 0) return i;
    else if (character === ')') depth -= 1;
  }
  return -1;
}
