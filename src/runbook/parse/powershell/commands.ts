// Commands of PowerShell: a name, arguments as words, parameters, redirections; and pipelines of them.

import { append } from '../../../base/lists.ts';
import { splitArguments } from '../words.ts';
import type { Argument, Command, Expression, OutputRedirect, PipelineElement, Statement } from './ast.ts';
import { ParseError } from './cursor.ts';
import { ExpressionParser } from './expressions.ts';

/** What an expression, and no command, begins with. */
const EXPRESSION_START =
  /[$@("'\u201c\u201d[{!,]|[-+]?(?:\d+(?:\.\d+)?(?:[kmgt]b)?|0x[0-9a-f]+)(?=[\s;|)},+*/%.-]|$)|\+\+|--(?=\$)|-(?:not|bnot|join|[ic]?split)\b/iy;
const ASSIGN = /(?:[-+*/%]|\?\?)?=(?!=)/y;

export abstract class CommandParser extends ExpressionParser {
  protected pipelineStatement(): Statement {
    const start = this.index;
    const statement = this.chainItem(start);
    this.blanks();
    const operator = this.take(/&&|\|\|/y);
    if (!operator) return statement;
    this.skip();
    const right = this.pipelineStatement();
    return { kind: 'chain', ...this.common(start), operator: operator[0] as '&&', left: statement, right };
  }

  protected common(start: number) {
    const source = this.text.slice(start, this.index).trim().split('\n')[0]!;
    return { ...this.span(start), source };
  }

  private chainItem(start: number): Statement {
    const elements: PipelineElement[] = [];
    if (this.see(EXPRESSION_START)) {
      const value = this.expression();
      this.blanks();
      const operator = elements.length === 0 ? this.take(ASSIGN) : null;
      if (operator) {
        this.skip();
        const assigned = this.assigned();
        return { kind: 'assign', ...this.common(start), target: value, operator: operator[0], value: assigned };
      }
      elements.push({ kind: 'expression', value, redirects: this.redirects() });
    } else elements.push(this.command());
    for (;;) {
      this.blanks();
      if (!this.see(/\|(?!\|)/y)) break;
      this.index += 1;
      this.skip();
      if (this.see(EXPRESSION_START)) throw new ParseError('an expression stands behind a pipe');
      elements.push(this.command());
    }
    return { kind: 'pipeline', ...this.common(start), elements };
  }

  /** What is assigned: a pipeline, or a statement such as if and foreach whose output is meant. */
  protected abstract assigned(): Statement;

  private command(): Command {
    const start = this.index;
    const call = this.take(/&(?!&)\s*|\.(?=[\s$"'(])\s*/y)?.[0].trim() ?? '';
    const short = call === '' ? this.take(/[%?](?=\{)/y) : null;
    const name: Expression = short
      ? { kind: 'string', parts: [short[0]], isQuoted: false }
      : call === ''
        ? this.bareWord()
        : this.commandName();
    const args: Argument[] = [];
    const redirects: OutputRedirect[] = [];
    for (this.blanks(); !this.isCommandEnd(); this.blanks()) {
      const redirect = this.redirect();
      if (redirect) {
        redirects.push(redirect);
        continue;
      }
      if (this.take(/--%/y)) {
        const rest = this.take(/[^\n|]*/y)![0].trim();
        // The rest goes to the program as it stands, which splits it.
        const at = this.at(start);
        for (const { text, isQuoted } of splitArguments(rest, () => at))
          args.push({ kind: 'value', at, value: { kind: 'string', parts: [text], isQuoted }, source: text });
        break;
      }
      args.push(this.argument());
    }
    const source = this.text.slice(start, this.index).trim();
    return { kind: 'command', ...this.span(start), source, name, call: call as Command['call'], args, redirects };
  }

  private commandName(): Expression {
    if (this.see(/["'($@{\u201c]/y)) return this.postfix(this.primary());
    return this.bareWord();
  }

  private isCommandEnd(): boolean {
    return this.isAtEnd || this.see(/[\n;|)}]|&&|#|&(?!\S)/y) !== null;
  }

  private redirects(): OutputRedirect[] {
    const found: OutputRedirect[] = [];
    for (this.blanks(); ; this.blanks()) {
      const redirect = this.redirect();
      if (!redirect) return found;
      found.push(redirect);
    }
  }

  private redirect(): OutputRedirect | null {
    const match = this.take(/([1-6*])?(>>|>)(&1)?/y);
    if (!match) return null;
    const stream = match[1] === '*' ? 0 : Number(match[1] ?? 1);
    if (match[3]) return { stream, isAppended: false, target: null };
    this.blanks();
    return { stream, isAppended: match[2] === '>>', target: this.argumentValue() };
  }

  private argument(): Argument {
    const start = this.index;
    const parameter = this.take(/[-\u2013\u2014]([A-Za-z_?][\w-]*)(:)?(?=[\s,;|)}:"'$]|$)/y);
    if (parameter) {
      const name = parameter[1]!;
      let value: Expression | null = null;
      if (parameter[2]) {
        this.blanks();
        value = this.argumentList();
      }
      return { kind: 'parameter', at: this.at(start), name, value, source: this.text.slice(start, this.index) };
    }
    const value = this.argumentList();
    return { kind: 'value', at: this.at(start), value, source: this.text.slice(start, this.index) };
  }

  /** `a, b, c` is one argument. */
  private argumentList(): Expression {
    const first = this.argumentValue();
    const items = [first];
    for (;;) {
      const before = this.index;
      this.blanks();
      if (!this.take(/,/y)) {
        this.index = before;
        break;
      }
      this.skip();
      items.push(this.argumentValue());
    }
    return items.length === 1 ? first : { kind: 'list', items };
  }

  protected argumentValue(): Expression {
    const start = this.index;
    if (this.see(/["'({\u201c\u201d]|@[({"']|@[A-Za-z_]|\$\(|\$/y)) {
      if (this.see(/\{[^{}\s]+\}(?=[\s;|)},]|$)/y)) return this.braceWord();
      const value = this.postfix(this.primary());
      const isText = value.kind === 'string' || value.kind === 'block' || this.see(/[\s,;|)}]|$/y);
      if (isText || (value.kind === 'sub' && this.text[start] !== '$')) return value;
      this.index = start;
    }
    const number = this.take(/[-+]?(?:0x[0-9a-f]+|\d+(?:\.\d+)?(?:e[-+]?\d+)?)[ldu]*(?:[kmgt]b)?(?=[\s,;|)}]|$)/iy);
    if (number) {
      const end = this.index;
      this.index = start;
      const value = this.primary();
      this.index = end;
      return value.kind === 'number' ? { ...value, text: number[0] } : value;
    }
    return this.bareWord();
  }

  /** `{default}`: bcdedit's braces, which PowerShell takes for a block. */
  private braceWord(): Expression {
    const start = this.index;
    const word = this.take(/\{[^{}\s]+\}/y)![0];
    const end = this.index;
    try {
      this.index = start + 1;
      const block = this.blockBody();
      if (this.index === end) return { kind: 'block', block, source: word };
    } catch (error) {
      if (!(error instanceof ParseError)) throw error;
    }
    this.index = end;
    return { kind: 'string', parts: [word], isQuoted: false };
  }

  /** A word without quotes around it; variables and quoted parts in it are put in. */
  protected bareWord(): Expression {
    const parts: (string | Expression)[] = [];
    let text = '';
    const flush = (): void => {
      if (text !== '') parts.push(text);
      text = '';
    };
    for (;;) {
      if (this.see(/[\s;|),]|$/y) && !this.see(/,(?=\S)(?![$"'@(])/y)) break;
      if (this.see(/[\s;|)]|$/y)) break;
      if (this.see(/,/y)) break;
      // `New-Object Some.Type(1, 2)`: what stands in the parentheses is an argument of its own.
      if (this.see(/\(/y) && /^[A-Za-z_][\w.]*$/.test(text)) break;
      if (this.see(/\}/y) && !text.includes('{')) break;
      if (this.see(/&&|&(?=\s)|[<>]/y)) break;
      if (this.see(/`/y)) {
        text += this.escaped();
        continue;
      }
      if (this.see(/["\u201c\u201d]/y)) {
        this.index += 1;
        flush();
        append(
          parts,
          this.parts(() => /["\u201c\u201d]/.test(this.text[this.index] ?? ''), false),
        );
        this.index += 1;
        continue;
      }
      const single = this.take(/'([^'\n]*)'/y);
      if (single) {
        text += single[1]!;
        continue;
      }
      if (this.see(/\$/y)) {
        const inner = this.take(/\$\(/y)
          ? ({ kind: 'sub', body: this.statementsTo(')'), isList: false } as const)
          : this.variable();
        if (inner) {
          flush();
          parts.push(inner);
          continue;
        }
      }
      text += this.text[this.index];
      this.index += 1;
    }
    flush();
    if (parts.length === 0) throw new ParseError(`'${this.here()}' is not read`);
    return { kind: 'string', parts, isQuoted: false };
  }
}
