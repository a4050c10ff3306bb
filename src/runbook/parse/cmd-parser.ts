// cmd.exe's grammar: lines to nodes. Variables stay as they are written; they are expanded when a line is run.

import type { CommandNode, Condition, Node, Position, Redirect } from './script.ts';
import type { SourceLine } from './source.ts';
import { hasOpenQuote, splitWords } from './words.ts';

const MOST_NESTED = 64;

/** Parses a script or one block of a page. What is no cmd.exe becomes a bad node; the rest is read on. */
export function parseCmd(lines: readonly SourceLine[]): Node[] {
  return new CmdParser(lines).parse();
}

/** Thrown inside the parser only. */
class Misfit extends Error {}

class CmdParser {
  private readonly text: string;
  private readonly places: readonly { readonly start: number; readonly line: SourceLine }[];
  private index = 0;
  private depth = 0;

  constructor(lines: readonly SourceLine[]) {
    let start = 0;
    this.places = lines.map((line) => {
      const place = { start, line };
      start += line.text.length + 1;
      return place;
    });
    this.text = lines.map((line) => `${line.text}\n`).join('');
  }

  parse(): Node[] {
    const nodes: Node[] = [];
    for (this.skipBlank(); this.index < this.text.length; this.skipBlank()) {
      const start = this.index;
      try {
        if (this.text[start] === ')') throw new Misfit('a parenthesis is closed that was never opened');
        const node = this.statement(false);
        if (node) nodes.push(node);
      } catch (error) {
        if (!(error instanceof Misfit)) throw error;
        this.depth = 0;
        this.index = Math.max(this.index, start);
        const source = this.restOfLine(start);
        this.skipLine();
        nodes.push({ kind: 'bad', rule: 'bad-syntax', at: this.at(start), source, why: error.message });
      }
    }
    return nodes;
  }

  /** Where the character at `index` stands in the file. */
  private at(index: number): Position {
    let low = 0;
    let high = this.places.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if (this.places[middle]!.start <= index) low = middle;
      else high = middle - 1;
    }
    const place = this.places[low];
    if (!place) return { line: 1, column: 1 };
    return { line: place.line.line, column: place.line.column + index - place.start };
  }

  /** Blanks, ends of lines, and `@`. */
  private skipBlank(): void {
    while (this.index < this.text.length && /[\s@;,=]/.test(this.text[this.index]!)) this.index += 1;
  }

  private skipSpaces(): void {
    while (/[ \t]/.test(this.text[this.index] ?? '')) this.index += 1;
  }

  private skipLine(): void {
    const end = this.text.indexOf('\n', this.index);
    this.index = end < 0 ? this.text.length : end + 1;
  }

  private restOfLine(from: number): string {
    const end = this.text.indexOf('\n', from);
    return this.text.slice(from, end < 0 ? undefined : end);
  }

  /** Null for a comment. */
  private statement(inGroup: boolean): Node | null {
    const label = /^:(:|[^\s:&|<>()+,;=]*)/.exec(this.restOfLine(this.index));
    if (label) {
      this.skipLine();
      return label[1] === ':' || label[1] === '' ? null : { kind: 'label', name: label[1]!.toLowerCase() };
    }
    if (this.restOfLine(this.index).startsWith('#')) {
      this.skipLine();
      return null;
    }
    this.depth += 1;
    if (this.depth > MOST_NESTED) throw new Misfit(`more than ${MOST_NESTED} statements stand in one another`);
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
        throw new Misfit('a parenthesis is opened and never closed');
      }
      if (this.text[this.index] === ')') break;
      const node = this.statement(true);
      if (node) nodes.push(node);
    }
    this.index += 1;
    const redirects: Redirect[] = [];
    this.skipSpaces();
    while (/^[012]?[<>]/.test(this.text.slice(this.index, this.index + 2))) {
      redirects.push(this.redirect());
      this.skipSpaces();
    }
    return { kind: 'group', nodes, redirects };
  }

  private conditional(inGroup: boolean): Node {
    const at = this.at(this.index);
    this.index += 2;
    let isNegated = false;
    let ignoresCase = false;
    for (;;) {
      this.skipSpaces();
      const flag = /^(?:\/i|not)(?=\s)/i.exec(this.restOfLine(this.index))?.[0].toLowerCase();
      if (flag === undefined) break;
      if (flag === 'not') isNegated = !isNegated;
      else ignoresCase = true;
      this.index += flag.length;
    }
    const condition = this.condition();
    this.skipSpaces();
    const body = this.statement(inGroup);
    if (!body) throw new Misfit('nothing follows the condition of if');
    const after = /^\s*else\b/i.exec(this.text.slice(this.index));
    let otherwise: Node | null = null;
    if (after && body.kind === 'group') {
      this.index += after[0].length;
      this.skipSpaces();
      otherwise = this.statement(inGroup);
    }
    return { kind: 'if', at, isNegated, ignoresCase, condition, body, otherwise };
  }

  private condition(): Condition {
    const test = /^(exist|defined|errorlevel)\s+/i.exec(this.restOfLine(this.index));
    if (test) {
      this.index += test[0].length;
      return { test: test[1]!.toLowerCase() as 'exist', operand: this.operand() };
    }
    const left = this.operand();
    this.skipSpaces();
    const operator = /^(?:==|(?:equ|neq|lss|leq|gtr|geq)(?=\s))/i.exec(this.restOfLine(this.index))?.[0];
    if (operator === undefined) throw new Misfit('if has no comparison that cmd.exe knows');
    this.index += operator.length;
    this.skipSpaces();
    return { test: 'compare', left, operator: operator.toLowerCase(), right: this.operand() };
  }

  /** One side of a comparison, with its quotes. */
  private operand(): string {
    const text = /^(?:"[^"\n]*"|[^\s"=()&|<>]|\((?=[^\n]*==))+/.exec(this.restOfLine(this.index))?.[0];
    if (text === undefined) throw new Misfit('if lacks what it compares');
    this.index += text.length;
    return text;
  }

  private loop(inGroup: boolean): Node {
    const at = this.at(this.index);
    const head = /^for\s+(?:\/([a-z])\s+)?(?:("[^"]*")\s+)?%%?([A-Za-z])\s+in\s*\(/i.exec(this.restOfLine(this.index));
    if (!head) throw new Misfit('this form of for is not read');
    const [all, letter = '', options = '', variable] = head;
    const mode = { '': 'list', l: 'numbers', f: 'text' }[letter.toLowerCase()] as
      | 'list'
      | 'numbers'
      | 'text'
      | undefined;
    if (mode === undefined) throw new Misfit(`for /${letter} is not read`);
    this.index += all.length;
    const end = this.closingParenthesis();
    const set = this.text.slice(this.index, end);
    this.index = end + 1;
    const word = /^\s*do\b\s*/i.exec(this.text.slice(this.index));
    if (!word) throw new Misfit('for lacks its do');
    this.index += word[0].length;
    const body = this.statement(inGroup);
    if (!body) throw new Misfit('nothing follows do');
    return { kind: 'for', at, variable: variable!, mode, options: options.slice(1, -1), set, body };
  }

  private closingParenthesis(): number {
    let quote = '';
    let depth = 0;
    for (let i = this.index; i < this.text.length; i += 1) {
      const character = this.text[i]!;
      if (quote !== '') quote = character === quote ? '' : quote;
      else if (character === '"' || character === "'") quote = character;
      else if (character === '(') depth += 1;
      else if (character === ')' && depth === 0) return i;
      else if (character === ')') depth -= 1;
    }
    throw new Misfit('the list of for is never closed');
  }

  private command(inGroup: boolean): CommandNode {
    const start = this.index;
    let text = '';
    const origins: number[] = [];
    const redirects: Redirect[] = [];
    let inQuotes = false;
    while (this.index < this.text.length) {
      const character = this.text[this.index]!;
      if (character === '\n') break;
      if (!inQuotes && character === '^') {
        this.index += 1;
        if (this.text[this.index] === '\n') this.index += 1;
      } else if (!inQuotes && (character === '&' || character === '|' || (inGroup && character === ')'))) break;
      else if (!inQuotes && /[<>]/.test(character)) {
        const handle = /(?:^|\s)[0-9]$/.test(text) ? text.slice(-1) : '';
        if (handle !== '') text = text.slice(0, -1);
        if (handle !== '') this.index -= 1;
        redirects.push(this.redirect());
        continue;
      } else if (character === '"') inQuotes = !inQuotes;
      if (this.text[this.index] === '\n' || this.index >= this.text.length) continue;
      text += this.text[this.index];
      origins.push(this.index);
      this.index += 1;
    }
    const source = this.text.slice(start, this.index).trim();
    if (source === '') throw new Misfit('an operator stands where a command is expected');
    const place = (index: number): Position => this.at(origins[index] ?? start);
    const words = splitWords(text, place);
    const isBroken = hasOpenQuote(text) && /\s[/-]\w/.test(text.slice(text.lastIndexOf('"')));
    if (isBroken) throw new Misfit('a quote is opened and never closed');
    return { kind: 'command', dialect: 'cmd', at: this.at(start), source, text: text.trim(), words, redirects };
  }

  private redirect(): Redirect {
    const match = /^([0-9]?)(>>|>|<)(&[0-9])?[ \t]*/.exec(this.restOfLine(this.index))!;
    const [all, digit, arrow, dup] = match as unknown as [string, string, string, string | undefined];
    this.index += all.length;
    const handle = digit === '' ? (arrow === '<' ? 0 : 1) : Number(digit);
    const at = this.at(this.index);
    if (dup) return { handle, mode: 'dup', target: { text: dup.slice(1), isQuoted: false, at } };
    const target = /^(?:"[^"\n]*"|[^\s"&|<>()])+/.exec(this.restOfLine(this.index))?.[0];
    if (target === undefined) throw new Misfit('a redirection has no file');
    this.index += target.length;
    const mode = arrow === '<' ? 'read' : arrow === '>>' ? 'append' : 'write';
    return { handle, mode, target: { text: target.replaceAll('"', ''), isQuoted: target.includes('"'), at } };
  }
}
