// Expressions of PowerShell: operators by how tightly they bind, strings with what is put in, members, casts.

import type { Expression, ScriptBlock, Statement } from './ast.ts';
import { ParseError } from './cursor.ts';
import { StringParser } from './strings.ts';

const COMPARISONS =
  'i?eq|c?eq|i?ne|c?ne|i?gt|c?gt|i?ge|c?ge|i?lt|c?lt|i?le|c?le|[ic]?like|[ic]?notlike|[ic]?match|[ic]?notmatch|[ic]?contains|[ic]?notcontains|[ic]?in|[ic]?notin|[ic]?replace|[ic]?split|join|isnot|is|as';

/** Two-sided operators, the loosest first. */
const LEVELS: readonly RegExp[] = [
  /-(?:and|or|xor)\b/iy,
  /-(?:band|bor|bxor|shl|shr)\b/iy,
  new RegExp(`-(?:${COMPARISONS})\\b`, 'iy'),
  /[+](?![+=])|[-](?![-=A-Za-z])|[\u2013\u2014](?=\s)/y,
  /[*/%](?!=)/y,
  /-f\b/iy,
  /\.\.(?!\.)/y,
];

const UNITS: Readonly<Record<string, number>> = { kb: 2 ** 10, mb: 2 ** 20, gb: 2 ** 30, tb: 2 ** 40 };

export abstract class ExpressionParser extends StringParser {
  private depth = 0;
  /** Above 0 inside a method's arguments, which commas part. */
  private noCommas = 0;

  /** One pipeline or assignment. */
  protected abstract pipelineStatement(): Statement;
  /** A script block, behind its opening brace. */
  protected abstract blockBody(): ScriptBlock;

  /** After a statement that is not read. */
  protected reset(): void {
    this.depth = 0;
    this.noCommas = 0;
  }

  /** An expression whose commas belong to what holds it. */
  protected withoutLists(): Expression {
    this.noCommas += 1;
    const found = this.expression();
    this.noCommas -= 1;
    return found;
  }

  protected expression(level = 0): Expression {
    this.depth += 1;
    if (this.depth > 400) throw new ParseError('this expression is nested too deeply');
    const pattern = LEVELS[level];
    let left = pattern ? this.expression(level + 1) : this.commaList();
    if (pattern) {
      for (;;) {
        this.blanks();
        const operator = this.take(pattern);
        if (!operator) break;
        this.skip();
        const right = this.expression(level + 1);
        left = { kind: 'binary', operator: operator[0].toLowerCase().replace(/[\u2013\u2014]/, '-'), left, right };
      }
    }
    this.depth -= 1;
    return left;
  }

  private commaList(): Expression {
    const first = this.unary();
    const items = [first];
    for (;;) {
      this.blanks();
      if (this.noCommas > 0 || !this.take(/,/y)) break;
      this.skip();
      items.push(this.unary());
    }
    return items.length === 1 ? first : { kind: 'list', items };
  }

  private unary(): Expression {
    this.blanks();
    if (this.take(/,/y)) {
      this.skip();
      return { kind: 'list', items: [this.unary()] };
    }
    const word = this.take(/(?:-(?:not|bnot|join|[ic]?split)\b|!)/iy);
    if (word) {
      this.skip();
      return { kind: 'unary', operator: word[0].toLowerCase().replace('!', '-not'), value: this.unary() };
    }
    const step = this.take(/\+\+|--(?=\s*[$[])/y);
    if (step) {
      this.blanks();
      return { kind: 'step', operator: step[0] as '++', target: this.unary(), isPrefix: true };
    }
    const number = this.see(/[-+]?(?:0x[0-9a-f]+|\d)/iy);
    if (!number && this.take(/[-+]/y)) {
      const sign = this.text[this.index - 1]!;
      return { kind: 'unary', operator: sign, value: this.unary() };
    }
    const type = this.typeName();
    if (type !== null) {
      if (this.see(/::/y)) return this.postfix({ kind: 'type', name: type });
      this.blanks();
      if (!this.see(/[\w$@("'[{+!-]/y)) return { kind: 'type', name: type };
      return { kind: 'cast', type, value: this.unary() };
    }
    return this.postfix(this.primary());
  }

  /** `[int]`, `[System.Collections.Generic.List[string]]`; null where none stands here. */
  protected typeName(): string | null {
    const match = this.take(/\[\s*([A-Za-z_][\w.+`]*(?:\[[\w.,\s[\]]*\])?)\s*\]/y);
    return match ? match[1]!.replace(/\s/g, '') : null;
  }

  protected primary(): Expression {
    const outer = this.noCommas;
    this.noCommas = 0;
    try {
      return this.onePrimary();
    } finally {
      this.noCommas = outer;
    }
  }

  private onePrimary(): Expression {
    const start = this.index;
    const variable = this.variable();
    if (variable) return variable;
    if (this.see(/"|\u201c|\u201d/y)) return this.expandable();
    if (this.see(/'/y)) return this.literal();
    if (this.see(/@["']\s*\n/y)) return this.hereString();
    const number = this.take(/([-+]?)(0x[0-9a-f]+|\d+(?:\.\d+)?(?:e[-+]?\d+)?)(?:[ldu]+\b)?(kb|mb|gb|tb)?(?![\w])/iy);
    if (number) {
      const value = Number(number[2]) * (UNITS[number[3]?.toLowerCase() ?? ''] ?? 1);
      return { kind: 'number', value: number[1] === '-' ? -value : wrapped(value, number[2]!), text: number[0] };
    }
    if (this.take(/\$\(/y)) return { kind: 'sub', body: this.statementsTo(')'), isList: false };
    if (this.take(/@\(/y)) return { kind: 'sub', body: this.statementsTo(')'), isList: true };
    if (this.take(/@\{/y)) return this.hash();
    if (this.take(/\(/y)) {
      this.skip();
      const inner = this.pipelineStatement();
      this.skip();
      this.expect(/\)/y, 'a closing parenthesis is expected');
      return { kind: 'sub', body: [inner], isList: false };
    }
    if (this.take(/\{/y)) {
      const block = this.blockBody();
      return { kind: 'block', block, source: this.text.slice(start, this.index) };
    }
    throw new ParseError(`'${this.here()}' is not read`);
  }

  /** Members, calls, indexes and `++` behind an expression. */
  protected postfix(target: Expression): Expression {
    let found = target;
    for (;;) {
      const isStatic = this.see(/::/y) !== null;
      if (isStatic || this.see(/\??\.(?=[A-Za-z_$"'(])/y)) {
        this.take(/::|\??\./y);
        const name = this.memberName();
        const args = this.take(/\(/y) ? this.callArguments() : null;
        found = { kind: 'member', target: found, name, args, isStatic };
      } else if (this.take(/\??\[/y)) {
        this.skip();
        const outer = this.noCommas;
        this.noCommas = 0;
        const index = this.expression();
        this.noCommas = outer;
        this.skip();
        this.expect(/\]/y, 'a closing bracket is expected');
        found = { kind: 'index', target: found, index };
      } else {
        const step = this.take(/\+\+|--/y);
        return step ? { kind: 'step', operator: step[0] as '++', target: found, isPrefix: false } : found;
      }
    }
  }

  private memberName(): Expression {
    const word = this.take(/[A-Za-z_]\w*/y);
    if (word) return { kind: 'string', parts: [word[0]], isQuoted: false };
    return this.primary();
  }

  private callArguments(): Expression[] {
    const args: Expression[] = [];
    for (this.skip(); !this.take(/\)/y); this.skip()) {
      if (this.isAtEnd) throw new ParseError('the arguments of a method are not closed');
      if (args.length > 0) {
        this.expect(/,/y, 'a comma is expected');
        this.skip();
      }
      args.push(this.withoutLists());
    }
    return args;
  }

  private hash(): Expression {
    const entries: { key: Expression; value: Statement }[] = [];
    for (this.skipEnds(); !this.take(/\}/y); this.skipEnds()) {
      if (this.isAtEnd) throw new ParseError('a hashtable is opened and never closed');
      const word = this.take(/[A-Za-z_][\w-]*/y);
      const key: Expression = word
        ? { kind: 'string', parts: [word[0]], isQuoted: false }
        : this.postfix(this.primary());
      this.skip();
      this.expect(/=/y, 'an equal sign is expected');
      this.skip();
      entries.push({ key, value: this.pipelineStatement() });
    }
    return { kind: 'hash', entries };
  }
}

/** 0xffffffff is -1, as PowerShell has hexadecimal numbers of 32 bits. */
function wrapped(value: number, text: string): number {
  return /^0x/i.test(text) && text.length <= 10 && value > 0x7fff_ffff ? value | 0 : value;
}
