// `set`: variables, sums, and what it prints.

import type { CommandNode } from '../parse/script.ts';
import { calculate } from './comparison.ts';
import type { Recorder } from './recorder.ts';
import type { Variables } from './variables.ts';

/** What `set text` prints; values and sums are put into `variables`, what is not read becomes a step. */
export function assign(text: string, node: CommandNode, variables: Variables, recorder: Recorder): string {
  const refuse = (rule: 'placeholder' | 'bad-syntax', why: string): string => {
    recorder.push(node.at, node.source, node.source, { state: 'unresolved', rule, why });
    return '';
  };
  const bare = text.replace(/^"(.*)"[^"]*$/s, '$1');
  if (/^\/p\b/i.test(bare)) return refuse('placeholder', 'set /p asks a person');
  if (/^\/a\b/i.test(bare)) {
    const isRead = addUp(bare.slice(2).trim().replaceAll('"', ''), variables);
    return isRead ? '' : refuse('bad-syntax', 'this sum is not read');
  }
  variables.errorlevel = 0;
  const cut = bare.indexOf('=');
  if (cut <= 0)
    return variables
      .listed(bare)
      .map((line) => `${line}\r\n`)
      .join('');
  variables.set(bare.slice(0, cut), bare.slice(cut + 1));
  return '';
}

/** `N=N+1` and `N+=1`: whole numbers or names and one operator. False for any other sum. */
function addUp(text: string, variables: Variables): boolean {
  const match = /^(\w+)\s*(?:([-+*])?=)\s*(-?\w+)(?:\s*([-+*])\s*(\w+))?$/.exec(text);
  if (!match) return false;
  const [, name, own, left, operator, right] = match;
  const number = (word: string): number => Number(/^-?\d+$/.test(word) ? word : (variables.get(word) ?? '0'));
  const value = operator ? calculate(number(left!), operator, number(right!)) : number(left!);
  variables.set(name!, String(own ? calculate(number(name!), own, value) : value));
  return true;
}
