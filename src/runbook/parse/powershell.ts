// The PowerShell that repair pages use: commands, pipelines, simple variables, if and foreach. Anything else becomes a bad
// node that names what was not read.

import { append } from '../../base/lists.ts';
import type { CommandNode, Condition, Expression, Node, Position, Redirect, Word } from './script.ts';
import { LITERAL_DOLLAR } from './script.ts';
import type { SourceLine } from './source.ts';

class Misfit extends Error {}

export function parsePowerShell(lines: readonly SourceLine[]): Node[] {
  return new PowerShellParser(lines).parse();
}

class PowerShellParser {
  private readonly text: string;
  private readonly lines: readonly SourceLine[];
  private readonly starts: readonly number[];
  private index = 0;
  private depth = 0;

  constructor(lines: readonly SourceLine[]) {
    this.lines = lines;
    let start = 0;
    this.starts = lines.map((line) => {
      const here = start;
      start += line.text.length + 1;
      return here;
    });
    this.text = lines.map((line) => `${line.text}\n`).join('');
  }

  parse(): Node[] {
    const nodes: Node[] = [];
    for (this.skip(); this.index < this.text.length; this.skip()) {
      const start = this.index;
      try {
        append(nodes, this.statement());
      } catch (error) {
        if (!(error instanceof Misfit)) throw error;
        this.depth = 0;
        this.index = start;
        const source = this.wholeStatement();
        nodes.push({
          kind: 'bad',
          rule: 'powershell',
          at: this.at(start),
          source: source.split('\n')[0]!.trim(),
          why: error.message,
        });
      }
    }
    return nodes;
  }

  private at(index: number): Position {
    let i = this.starts.length - 1;
    while (i > 0 && this.starts[i]! > index) i -= 1;
    const line = this.lines[i];
    return line ? { line: line.line, column: line.column + index - this.starts[i]! } : { line: 1, column: 1 };
  }

  /** Blanks, ends of statements and comments; `rem` and `::` are comments of pages whose fence lies. */
  private skip(): void {
    for (;;) {
      const match = /^(?:[\s;]+|#(?![<])[^\n]*|<#[\s\S]*?#>|(?<=^|\n)[ \t]*(?:rem\b|::)[^\n]*|rem\s[^\n]*)/i.exec(
        this.text.slice(this.index),
      );
      if (!match || match[0] === '') return;
      this.index += match[0].length;
    }
  }

  /** Every blank that a word ends at, or the words of a line would have no end. */
  private blanks(): void {
    this.index += /^(?:[^\S\n]|`\n)*/.exec(this.rest())![0].length;
  }

  private rest(): string {
    return this.text.slice(this.index);
  }

  private take(pattern: RegExp): RegExpExecArray | null {
    const match = pattern.exec(this.rest());
    if (match) this.index += match[0].length;
    return match;
  }

  /** The text to the end of a statement that is not read, braces balanced, so that its body is not taken for more. */
  private wholeStatement(): string {
    const start = this.index;
    let depth = 0;
    let quote = '';
    for (; this.index < this.text.length; this.index += 1) {
      const character = this.text[this.index]!;
      if (quote !== '') quote = character === quote || (character === '\n' && depth === 0) ? '' : quote;
      else if (character === '"' || character === "'") quote = character;
      else if (/[({]/.test(character)) depth += 1;
      else if (/[)}]/.test(character)) depth = Math.max(0, depth - 1);
      if (character === '\n' && depth === 0 && quote === '') break;
    }
    return this.text.slice(start, this.index);
  }

  private statement(): Node[] {
    this.depth += 1;
    if (this.depth > 32) throw new Misfit('more than 32 statements stand in one another');
    const nodes = this.oneStatement();
    this.depth -= 1;
    return nodes;
  }

  private oneStatement(): Node[] {
    const at = this.at(this.index);
    const start = this.index;
    if (this.take(/^if\s*\(/i)) return [this.conditional(at)];
    const each = this.take(/^foreach\s*\(\s*\$(\w+)\s+in\s+/i);
    if (each) {
      const values = this.expression();
      this.expect(/^\s*\)\s*/, 'the list of foreach is not closed');
      return [{ kind: 'each', at, name: each[1]!.toLowerCase(), values, body: this.body() }];
    }
    const word =
      /^(?:function|param|while|do|switch|try|for|class|trap|begin|process|return|throw|filter|using|break|continue)\b/i.exec(
        this.rest(),
      );
    if (word) throw new Misfit(`'${word[0]}' is not read`);
    const assigned = this.take(/^(?:\[\w+\]\s*)?\$(\w+)\s*=(?!=)\s*/);
    if (assigned) {
      const value = this.expression();
      this.endOfStatement();
      return [
        {
          kind: 'assign',
          at,
          source: this.text.slice(start, this.index).trim(),
          name: assigned[1]!.toLowerCase(),
          value,
        },
      ];
    }
    if (/^(?:\(|["']|\$\w+\s*(?:[;\n]|$))/.test(this.rest())) {
      const value = this.expression();
      this.endOfStatement();
      return [{ kind: 'assign', at, source: this.text.slice(start, this.index).trim(), name: '', value }];
    }
    if (/^[$@[({]/.test(this.rest()))
      throw new Misfit(`'${this.rest().split('\n')[0]!.trim().slice(0, 60)}' is not read`);
    return [this.pipeline()];
  }

  private expect(pattern: RegExp, why: string): void {
    if (!this.take(pattern)) throw new Misfit(why);
  }

  private endOfStatement(): void {
    this.blanks();
    if (!/^(?:[;\n})]|#|$)/.test(this.rest()))
      throw new Misfit(`'${this.rest().split('\n')[0]!.trim().slice(0, 60)}' is not read`);
  }

  private conditional(at: Position): Node {
    const { condition, isNegated } = this.condition();
    this.expect(/^\s*\)\s*/, 'the condition of if is not closed');
    const body = this.body();
    let otherwise: Node | null = null;
    if (this.take(/^\s*else\s*(?=\{)/i)) otherwise = this.body();
    else {
      const next = this.take(/^\s*elseif\s*\(/i);
      if (next) otherwise = this.conditional(this.at(this.index));
    }
    return { kind: 'if', at, isNegated, ignoresCase: true, condition, body, otherwise };
  }

  private condition(): { condition: Condition; isNegated: boolean } {
    this.blanks();
    if (this.take(/^(?:-not\b|!)\s*/i)) {
      const hasParenthesis = this.take(/^\(\s*/) !== null;
      const inner = this.condition();
      if (hasParenthesis) this.expect(/^\s*\)/, 'a parenthesis is not closed');
      return { condition: inner.condition, isNegated: !inner.isNegated };
    }
    const left = this.expression();
    this.blanks();
    const operator =
      this.take(/^-(?:eq|ne|gt|lt|ge|le|like|match)\b\s*/i)?.[0]
        .trim()
        .toLowerCase() ?? null;
    if (operator === '-like' || operator === '-match') throw new Misfit(`'${operator}' is not read`);
    const right = operator === null ? null : this.expression();
    this.blanks();
    if (!this.rest().startsWith(')')) throw new Misfit('this condition is not read');
    return { condition: { test: 'expression', left, operator, right }, isNegated: false };
  }

  private body(): Node {
    this.expect(/^\s*\{/, 'a block is expected here');
    const nodes: Node[] = [];
    for (this.skip(); !this.rest().startsWith('}'); this.skip()) {
      if (this.index >= this.text.length) throw new Misfit('a block is opened and never closed');
      append(nodes, this.statement());
    }
    this.index += 1;
    return { kind: 'group', nodes, redirects: [] };
  }

  /** A value, with commas, + and -f. */
  private expression(): Expression {
    const first = this.sum();
    this.blanks();
    if (this.take(/^-f\b\s*/i)) {
      const items = this.list(this.sum());
      return { kind: 'format', pattern: first, items };
    }
    const items = this.list(first);
    return items.length === 1 ? first : { kind: 'list', items };
  }

  private list(first: Expression): Expression[] {
    const items = [first];
    while (this.take(/^\s*,\s*/)) items.push(this.sum());
    return items;
  }

  private sum(): Expression {
    const items = [this.atom()];
    while (this.take(/^[ \t]*\+[ \t]*/)) items.push(this.atom());
    return items.length === 1 ? items[0]! : { kind: 'join', items };
  }

  private atom(): Expression {
    this.blanks();
    const rest = this.rest();
    if (/^["']/.test(rest)) {
      const { text } = this.quoted();
      return { kind: 'text', text, isNumber: false };
    }
    const number = this.take(/^(?:0x[0-9a-f]+|\d+)\b/i);
    if (number) return { kind: 'text', text: number[0], isNumber: true };
    const range = this.take(/^(\d+)\.\.(\d+)/);
    if (range) throw new Misfit('a range is not read');
    if (this.take(/^@\(\s*/)) {
      const items: Expression[] = [];
      while (!this.take(/^\s*\)/)) {
        this.take(/^[\s,]+/);
        if (this.rest().startsWith(')')) continue;
        if (this.index >= this.text.length) throw new Misfit('a list is not closed');
        items.push(this.sum());
      }
      return { kind: 'list', items };
    }
    const variable = this.take(/^\$(\w+)(?![\w:.[])/);
    if (variable) return { kind: 'variable', name: variable[1]!.toLowerCase() };
    if (this.take(/^\(\s*/)) {
      const isValue = /^["'$@\d]/.test(this.rest());
      const inner: Expression = isValue
        ? this.expression()
        : { kind: 'output', command: this.pipeline(), property: null };
      this.expect(/^\s*\)/, 'a parenthesis is not closed');
      const property = this.take(/^\.(\w+)/)?.[1] ?? null;
      if (property === null) return inner;
      if (inner.kind !== 'output') throw new Misfit(`'.${property}' is not read`);
      return { ...inner, property };
    }
    if (/^[A-Za-z]+-[A-Za-z]+\b/.test(rest)) return { kind: 'output', command: this.pipeline(), property: null };
    throw new Misfit(`'${rest.split('\n')[0]!.trim().slice(0, 60)}' is not read`);
  }

  private pipeline(): Node {
    let left: Node = this.command();
    for (;;) {
      this.blanks();
      if (!this.take(/^\|(?!\|)\s*/)) return left;
      left = { kind: 'chain', operator: '|', left, right: this.command() };
    }
  }

  private command(): CommandNode {
    this.blanks();
    this.take(/^[&.]\s+/);
    const start = this.index;
    const words: Word[] = [];
    const redirects: Redirect[] = [];
    for (this.blanks(); !this.isEnd(); this.blanks()) {
      const redirect = this.take(/^([12])?(>>|>)(&1)?\s*/);
      if (redirect) {
        const handle = redirect[1] === '2' ? 2 : 1;
        const at = this.at(this.index);
        const target = redirect[3] ? { text: '1', isQuoted: false, at } : this.word();
        const isNull = target.text.toLowerCase() === '$null';
        redirects.push({
          handle,
          mode: redirect[3] ? 'dup' : redirect[2] === '>>' ? 'append' : 'write',
          target: isNull ? { ...target, text: 'nul' } : target,
        });
      } else words.push(this.word());
    }
    const source = this.text.slice(start, this.index).trim();
    if (words.length === 0) throw new Misfit('a command is expected here');
    return { kind: 'command', dialect: 'powershell', at: this.at(start), source, text: source, words, redirects };
  }

  private isEnd(): boolean {
    return /^(?:$|[\n;|)}]|#)/.test(this.rest());
  }

  private word(): Word {
    const at = this.at(this.index);
    let text = '';
    let isQuoted = false;
    for (;;) {
      const rest = this.rest();
      if (/^["']/.test(rest)) {
        text += this.quoted().text;
        isQuoted = true;
      } else if (rest.startsWith('`')) {
        text += rest[1] === '$' ? LITERAL_DOLLAR : (rest[1] ?? '');
        this.index += 2;
      } else if (/^(?:$|[\s;|)}]|>)/.test(rest) && !(rest.startsWith('}') && text.includes('{'))) break;
      else if (rest.startsWith('(') && text === '') throw new Misfit('a command inside a command is not read');
      else if (rest.startsWith('{') && !/^\{[^{}\n]*\}/.test(rest)) throw new Misfit('a script block is not read');
      else if (rest.startsWith('@') && text === '') throw new Misfit("'@' is not read");
      else if (rest.startsWith(',')) {
        text += ',';
        this.index += 1;
        this.blanks();
      } else if (rest.startsWith('{')) {
        const braces = this.take(/^\{[^{}\n]*\}/)![0];
        text += braces;
      } else {
        text += rest[0];
        this.index += 1;
      }
    }
    return { text, isQuoted, at };
  }

  /** A string in quotes; in double ones `$name` stays to be put in. */
  private quoted(): { text: string } {
    const quote = this.text[this.index]!;
    let text = '';
    this.index += 1;
    for (; this.index < this.text.length; this.index += 1) {
      const character = this.text[this.index]!;
      const next = this.text[this.index + 1];
      if (character === quote && next === quote) {
        text += quote;
        this.index += 1;
      } else if (character === quote) {
        this.index += 1;
        return { text };
      } else if (quote === '"' && character === '`') {
        text += next === '$' ? LITERAL_DOLLAR : (next ?? '');
        this.index += 1;
      } else if (quote === '"' && /^\$\(\$\w+\)/.test(this.rest())) {
        const [all, name] = /^\$\(\$(\w+)\)/.exec(this.rest())!;
        text += `\${${name}}`;
        this.index += all.length - 1;
      } else if (quote === '"' && character === '$' && next === '(') throw new Misfit("'$(' in a string is not read");
      else if (quote === "'" && character === '$') text += LITERAL_DOLLAR;
      else text += character;
    }
    throw new Misfit('a quote is opened and never closed');
  }
}
