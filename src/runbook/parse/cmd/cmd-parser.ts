// cmd.exe's grammar (its second phase): text in which percent variables are put in becomes nodes. `!name!` and the
// variables of for are put in when a command is run.

import type { CommandNode, Node, Position, Redirect, Span } from '../script.ts';
import { commandWords, hasOpenQuote } from '../words.ts';
import { conditionOf, forHead } from './heads.ts';
import type { Traced } from './traced.ts';

const MOST_NESTED = 64;

/** Thrown inside the parser only. */
export class ParseError extends Error {}

/** A statement and where its text begins and ends. */
interface ParsedStatement {
  readonly node: Node;
  readonly start: number;
  readonly end: number;
}

export class CmdParser {
  private readonly text: string;
  private readonly origins: readonly number[];
  private readonly place: (origin: number) => Position;
  private index = 0;
  private depth = 0;
  /** A part of the text without an end of line, and that end. */
  private line = { start: 0, end: -1 };

  /** `place` says where a character of the block stands in the file. */
  constructor({ text, origins }: Traced, place: (origin: number) => Position) {
    this.text = text;
    this.origins = origins;
    this.place = place;
  }

  /** What is no cmd.exe becomes a bad node; the rest is read on. */
  statements(): ParsedStatement[] {
    const found: ParsedStatement[] = [];
    for (this.skipBlank(); this.index < this.text.length; this.skipBlank()) {
      const start = this.index;
      try {
        if (this.text[start] === ')') throw new ParseError('a parenthesis is closed that was never opened');
        const node = this.statement(false);
        if (node) found.push({ node, start, end: this.index });
      } catch (error) {
        if (!(error instanceof ParseError)) throw error;
        this.depth = 0;
        this.index = Math.max(this.index, start);
        const source = this.restOfLine(start);
        this.skipLine();
        const span = this.span(start, this.index - 1);
        found.push({
          node: { kind: 'bad', rule: 'bad-syntax', ...span, source, why: error.message },
          start,
          end: this.index,
        });
      }
    }
    return found;
  }

  private at(index: number): Position {
    return this.place(this.origins[Math.min(index, this.origins.length - 1)] ?? 0);
  }

  private span(start: number, last: number): Span {
    return { at: this.at(start), endLine: this.at(Math.max(start, last)).line };
  }

  /** Blanks, ends of lines, and `@`. */
  private skipBlank(): void {
    while (this.index < this.text.length && /[\s@;,=]/.test(this.text[this.index]!)) this.index += 1;
  }

  private skipSpaces(): void {
    while (/[ \t]/.test(this.text[this.index] ?? '')) this.index += 1;
  }

  private skipLine(): void {
    this.index = Math.min(this.endOfLine(this.index) + 1, this.text.length);
  }

  private restOfLine(from: number): string {
    return this.text.slice(from, this.endOfLine(from));
  }

  /** Kept, since it is asked for at every sign of a line. */
  private endOfLine(from: number): number {
    if (from < this.line.start || from > this.line.end) {
      const end = this.text.indexOf('\n', from);
      this.line = { start: from, end: end < 0 ? this.text.length : end };
    }
    return this.line.end;
  }

  /** Null for a comment. */
  private statement(inGroup: boolean): Node | null {
    const start = this.index;
    const label = /^:(:|[^\s:&|<>()+,;=]*)/.exec(this.restOfLine(this.index));
    if (label) {
      this.skipLine();
      if (label[1] === ':' || label[1] === '') return null;
      return { kind: 'label', ...this.span(start, start), name: label[1]!.toLowerCase() };
    }
    if (this.restOfLine(this.index).startsWith('#')) {
      this.skipLine();
      return null;
    }
    this.depth += 1;
    if (this.depth > MOST_NESTED) throw new ParseError(`more than ${MOST_NESTED} statements stand in one another`);
    const node = this.chain(inGroup, 0);
    this.depth -= 1;
    return node;
  }

  /** Operators from the loosest to the tightest: & || && |. */
  private chain(inGroup: boolean, level: number): Node | null {
    const operators = ['&', '||', '&&', '|'] as const;
    const operator = operators[level];
    if (operator === undefined) return this.primary(inGroup);
    let left = this.chain(inGroup, level + 1);
    for (;;) {
      this.skipSpaces();
      if (!this.isOperator(operator)) return left;
      this.index += operator.length;
      const right = this.chain(inGroup, level + 1);
      left = left && right ? { kind: 'chain', operator, left, right } : (left ?? right);
    }
  }

  private isOperator(operator: string): boolean {
    const found = /^(?:&&|\|\||&|\|)/.exec(this.text.slice(this.index, this.index + 2))?.[0];
    return found === operator;
  }

  private primary(inGroup: boolean): Node | null {
    while (/[ \t@]/.test(this.text[this.index] ?? '')) this.index += 1;
    const rest = this.restOfLine(this.index);
    if (rest.startsWith('(')) return this.group();
    const word = /^[A-Za-z]+(?=[\s/(.,;=:]|$)/.exec(rest)?.[0].toLowerCase();
    if (word === 'rem') {
      this.index += rest.length;
      return null;
    }
    if (word === 'if') return this.conditional(inGroup);
    if (word === 'for') return this.loop(inGroup);
    return this.command(inGroup);
  }

  private group(): Node {
    const start = this.index;
    this.index += 1;
    const nodes: Node[] = [];
    for (;;) {
      this.skipBlank();
      if (this.index >= this.text.length) {
        this.index = start;
        throw new ParseError('a parenthesis is opened and never closed');
      }
      if (this.text[this.index] === ')') break;
      const node = this.statement(true);
      if (node) nodes.push(node);
    }
    this.index += 1;
    const redirects: Redirect[] = [];
    this.skipSpaces();
    while (/^[0-9]?[<>]/.test(this.text.slice(this.index, this.index + 2))) {
      redirects.push(this.redirect());
      this.skipSpaces();
    }
    return { kind: 'group', nodes, redirects };
  }

  private conditional(inGroup: boolean): Node {
    const start = this.index;
    const head = conditionOf(this.restOfLine(start));
    if (typeof head === 'string') throw new ParseError(head);
    this.index += head.length;
    this.skipSpaces();
    const source = this.restOfLine(start);
    const body = this.statement(inGroup);
    if (!body) throw new ParseError('nothing follows the condition of if');
    const after = /^\s*else\b/i.exec(this.text.slice(this.index));
    let otherwise: Node | null = null;
    if (after && body.kind === 'group') {
      this.index += after[0].length;
      this.skipSpaces();
      otherwise = this.statement(inGroup);
    }
    const { isNegated, ignoresCase, condition } = head;
    const span = { at: this.at(start), endLine: this.at(start + head.length - 1).line };
    return { kind: 'if', ...span, source, isNegated, ignoresCase, condition, body, otherwise };
  }

  private loop(inGroup: boolean): Node {
    const start = this.index;
    const head = forHead(this.text.slice(this.index));
    if (typeof head === 'string') throw new ParseError(head);
    this.index += head.length;
    const span = this.span(start, this.index - 1);
    const source = this.restOfLine(start);
    const body = this.statement(inGroup);
    if (!body) throw new ParseError('nothing follows do');
    const { variable, mode, options, set } = head;
    return { kind: 'for', ...span, source, variable, mode, options, set, body };
  }

  private command(inGroup: boolean): CommandNode {
    const start = this.index;
    let text = '';
    const origins: number[] = [];
    const redirects: Redirect[] = [];
    let inQuotes = false;
    const take = (): void => {
      text += this.text[this.index];
      origins.push(this.index);
      this.index += 1;
    };
    while (this.index < this.text.length) {
      const character = this.text[this.index]!;
      if (character === '\n') break;
      if (!inQuotes && character === '^') {
        this.index += 1;
        if (this.text[this.index] === '\n') this.index += 1;
        // What follows a caret is a letter, whatever it is.
        if (this.index < this.text.length && this.text[this.index] !== '\n') take();
        continue;
      }
      if (!inQuotes && (character === '&' || character === '|' || (inGroup && character === ')'))) break;
      if (!inQuotes && /[<>]/.test(character)) {
        if (/(?:^|[\s,;=])[0-9]$/.test(text) && origins.at(-1) === this.index - 1) {
          text = text.slice(0, -1);
          origins.pop();
          this.index -= 1;
        }
        redirects.push(this.redirect());
        continue;
      }
      if (character === '"') inQuotes = !inQuotes;
      take();
    }
    const source = this.text.slice(start, this.index).trim();
    if (source === '') throw new ParseError('an operator stands where a command is expected');
    const words = commandWords(text, (index) => this.at(origins[index] ?? start));
    const isBroken = hasOpenQuote(text) && /\s[/-]\w/.test(text.slice(text.lastIndexOf('"')));
    if (isBroken) throw new ParseError('a quote is opened and never closed');
    const span = this.span(start, this.index - 1);
    return { kind: 'command', dialect: 'cmd', ...span, source, text: text.trimStart(), words, redirects };
  }

  private redirect(): Redirect {
    const match = /^([0-9]?)(>>|>|<)(&[0-9])?[ \t]*/.exec(this.restOfLine(this.index))!;
    const [all, digit, arrow, dup] = match as unknown as [string, string, string, string | undefined];
    this.index += all.length;
    const handle = digit === '' ? (arrow === '<' ? 0 : 1) : Number(digit);
    const at = this.at(this.index);
    if (dup) return { handle, mode: 'dup', target: { text: dup.slice(1), isQuoted: false, at } };
    const target = /^(?:"[^"\n]*"|[^\s"&|<>()])+/.exec(this.restOfLine(this.index))?.[0];
    if (target === undefined) throw new ParseError('a redirection does not have a file');
    this.index += target.length;
    const mode = arrow === '<' ? 'read' : arrow === '>>' ? 'append' : 'write';
    return { handle, mode, target: { text: target, isQuoted: target.includes('"'), at } };
  }
}
