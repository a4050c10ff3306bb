// Statements of PowerShell. One that is not read becomes a bad statement that says why; the next ones are read on.

import { append } from '../../../base/lists.ts';
import type { LineEnd, SourceLine } from '../source.ts';
import type { Parameter, ScriptBlock, Statement } from './ast.ts';
import { ParseError } from './cursor.ts';
import { ParameterParser } from './parameters.ts';

const MOST_NESTED = 64;

/** The script as a block: its param() and its statements. */
export function parsePowerShell(lines: readonly SourceLine[], lineEnd: LineEnd = '\n'): ScriptBlock {
  return new PowerShellParser(lines, lineEnd).script();
}

class PowerShellParser extends ParameterParser {
  private nested = 0;

  script(): ScriptBlock {
    const { params, begin, process, end } = this.sections(() => this.isAtEnd);
    return { params, begin, process, end };
  }

  private sections(isEnd: () => boolean): ScriptBlock {
    const found: { begin: Statement[]; process: Statement[]; end: Statement[] } = { begin: [], process: [], end: [] };
    let params: Parameter[] | null = null;
    for (this.skipEnds(); !isEnd(); this.skipEnds()) {
      if (this.isAtEnd) throw new ParseError('a block is opened and never closed');
      const start = this.index;
      if (
        params === null &&
        this.take(/(?:\[(?:CmdletBinding|OutputType|Alias|Diagnostics\.\w[\w.]*)\s*\([^)]*\)\s*\]\s*)*param\s*(?=\()/iy)
      ) {
        params = this.parameters();
        continue;
      }
      if (this.take(/\[(?:CmdletBinding|OutputType|Alias|Diagnostics\.\w[\w.]*)\s*\((?:[^()']|'[^']*')*\)\s*\]/iy))
        continue;
      const section = this.take(/(begin|process|end|dynamicparam)\s*(?=\{)/iy)?.[1]?.toLowerCase();
      if (section !== undefined) {
        const body = this.body();
        append(found[section === 'dynamicparam' ? 'begin' : (section as 'begin')], body);
        continue;
      }
      found.end.push(this.safely(start, () => this.statement()));
    }
    return { params, ...found };
  }

  /** A statement, or the bad one in its place. */
  private safely(start: number, work: () => Statement): Statement {
    const { nested } = this;
    try {
      return work();
    } catch (error) {
      if (!(error instanceof ParseError)) throw error;
      this.reset();
      this.nested = nested;
      this.index = start;
      this.passStatement();
      return { kind: 'bad', ...this.common(start), why: error.message };
    }
  }

  /** To the end of a statement that is not read, with its braces, so that its body is not taken for more. */
  private passStatement(): void {
    const start = this.index;
    let depth = 0;
    let quote = '';
    for (; this.index < this.text.length; this.index += 1) {
      const character = this.text[this.index]!;
      if (quote !== '') {
        if (character === '`' && quote === '"') this.index += 1;
        else if (character === quote || (character === '\n' && depth === 0)) quote = '';
      } else if (character === '#' && /\s/.test(this.text[this.index - 1] ?? ' ')) {
        while (this.index + 1 < this.text.length && this.text[this.index + 1] !== '\n') this.index += 1;
      } else if (character === '"' || character === "'") quote = character;
      else if (/[({]/.test(character)) depth += 1;
      else if (/[)}]/.test(character)) {
        if (depth === 0 && this.index > start) return;
        depth = Math.max(0, depth - 1);
      }
      if (quote === '' && depth === 0 && (character === '\n' || character === ';') && this.index > start) return;
    }
  }

  protected statementsTo(close: '}' | ')'): Statement[] {
    this.nested += 1;
    if (this.nested > MOST_NESTED) throw new ParseError(`more than ${MOST_NESTED} blocks stand in one another`);
    const found: Statement[] = [];
    const isClosed = (): boolean => this.text[this.index] === close;
    for (this.skipEnds(); !isClosed(); this.skipEnds()) {
      if (this.isAtEnd) throw new ParseError('a block is opened and never closed');
      const start = this.index;
      found.push(close === '}' ? this.safely(start, () => this.statement()) : this.statement());
    }
    this.index += 1;
    this.nested -= 1;
    return found;
  }

  protected blockBody(): ScriptBlock {
    this.nested += 1;
    if (this.nested > MOST_NESTED) throw new ParseError(`more than ${MOST_NESTED} blocks stand in one another`);
    const block = this.sections(() => this.text[this.index] === '}');
    this.index += 1;
    this.nested -= 1;
    return block;
  }

  private body(): Statement[] {
    this.skip();
    this.expect(/\{/y, 'a block is expected');
    return this.statementsTo('}');
  }

  private inParentheses(): Statement {
    this.skip();
    this.expect(/\(/y, 'a parenthesis is expected');
    this.skip();
    const statement = this.pipelineStatement();
    this.skip();
    this.expect(/\)/y, 'a closing parenthesis is expected');
    return statement;
  }

  protected assigned(): Statement {
    return this.see(/(?:if|foreach|for|while|do|switch|try)\b\s*(?:-\w+\s+)*[({]/iy)
      ? this.statement()
      : this.pipelineStatement();
  }

  private statement(): Statement {
    const start = this.index;
    this.take(/:[A-Za-z_]\w*\s+(?=for|while|do|switch)/iy);
    const word = this.see(
      /(?:if|foreach|for|while|do|switch|try|function|filter|return|throw|exit|break|continue|trap|class|enum|using|workflow|data|parallel|sequence)\b(?!-)/iy,
    )?.[0].toLowerCase();
    if (word === undefined || (word === 'foreach' && !this.see(/foreach\s*\(/iy)))
      return this.ended(this.pipelineStatement());
    this.index += word.length;
    const finish = <T extends object>(rest: T): T & ReturnType<PowerShellParser['common']> => ({
      ...this.common(start),
      ...rest,
    });
    switch (word) {
      case 'if':
        return this.conditional(start);
      case 'foreach': {
        this.skip();
        this.expect(/\(\s*/y, 'a parenthesis is expected');
        const name = this.expect(/\$(?:\w+:)?(\w+)\s+in\s+/iy, 'foreach lacks its variable')[1]!.toLowerCase();
        const values = this.pipelineStatement();
        this.skip();
        this.expect(/\)/y, 'the list of foreach is not closed');
        return finish({ kind: 'foreach', name, values, body: this.body() } as const);
      }
      case 'for':
        return this.counted(start);
      case 'while': {
        const condition = this.inParentheses();
        return finish({ kind: 'while', condition, body: this.body(), isAfter: false, isUntil: false } as const);
      }
      case 'do': {
        const body = this.body();
        this.skip();
        const until = this.expect(/(while|until)\b/iy, 'do lacks its while')[1]!.toLowerCase() === 'until';
        return finish({ kind: 'while', condition: this.inParentheses(), body, isAfter: true, isUntil: until } as const);
      }
      case 'switch':
        return this.selection(start);
      case 'try':
        return this.guarded(start);
      case 'function':
      case 'filter':
        return this.defined(start, word === 'filter');
      case 'return':
      case 'throw':
      case 'exit':
      case 'break':
      case 'continue': {
        this.blanks();
        const hasValue = !this.see(/[\n;}#]|$/y);
        const value = hasValue ? this.pipelineStatement() : null;
        return this.ended(finish({ kind: 'leave', how: word, value } as const));
      }
      default:
        throw new ParseError(`'${word}' is not read`);
    }
  }

  /** A statement must end where its line or block does. */
  private ended(statement: Statement): Statement {
    this.blanks();
    if (!this.see(/[\n;})#]|$/y)) throw new ParseError(`'${this.here()}' is not read`);
    return statement;
  }

  private conditional(start: number): Statement {
    const clauses = [{ condition: this.inParentheses(), body: this.body() }];
    let otherwise: Statement[] | null = null;
    for (;;) {
      const before = this.index;
      this.skip();
      if (this.take(/elseif\b/iy)) clauses.push({ condition: this.inParentheses(), body: this.body() });
      else if (this.take(/else\b(?=\s*[{#\n])/iy)) {
        otherwise = this.body();
        break;
      } else {
        this.index = before;
        break;
      }
    }
    return { ...this.common(start), kind: 'if', clauses, otherwise };
  }

  private counted(start: number): Statement {
    this.skip();
    this.expect(/\(/y, 'a parenthesis is expected');
    const part = (close: RegExp): Statement | null => {
      this.skip();
      const statement = this.see(close) ? null : this.pipelineStatement();
      this.skip();
      this.expect(close, 'the head of for is not closed');
      return statement;
    };
    const first = part(/;/y);
    const condition = part(/;/y);
    const step = part(/\)/y);
    const body = this.body();
    return { ...this.common(start), kind: 'for', first, condition, step, body };
  }

  private selection(start: number): Statement {
    let how: 'exact' | 'wildcard' | 'regex' = 'exact';
    let isCaseSensitive = false;
    for (this.blanks(); ; this.blanks()) {
      const flag = this.take(/-(wildcard|regex|exact|casesensitive)\b/iy)?.[1]?.toLowerCase();
      if (flag === undefined) break;
      if (flag === 'casesensitive') isCaseSensitive = true;
      else how = flag as 'exact';
    }
    const value = this.inParentheses();
    this.skip();
    this.expect(/\{/y, 'a block is expected');
    const cases: { test: ReturnType<PowerShellParser['argumentValue']> | null; body: Statement[] }[] = [];
    for (this.skipEnds(); !this.take(/\}/y); this.skipEnds()) {
      if (this.isAtEnd) throw new ParseError('a block is opened and never closed');
      const test = this.take(/default(?=\s*\{)/iy) ? null : this.argumentValue();
      cases.push({ test, body: this.body() });
    }
    return { ...this.common(start), kind: 'switch', how, isCaseSensitive, value, cases };
  }

  private guarded(start: number): Statement {
    const body = this.body();
    const catches: { types: string[]; body: Statement[] }[] = [];
    let last: Statement[] = [];
    for (;;) {
      const before = this.index;
      this.skip();
      if (this.take(/catch\b/iy)) {
        const types: string[] = [];
        for (this.skip(); ; this.skip()) {
          const type = this.typeName();
          if (type === null) break;
          types.push(type);
          this.skip();
          this.take(/,/y);
        }
        catches.push({ types, body: this.body() });
      } else if (this.take(/finally\b/iy)) last = this.body();
      else {
        this.index = before;
        break;
      }
    }
    if (catches.length === 0 && last.length === 0) throw new ParseError('try has neither catch nor finally');
    return { ...this.common(start), kind: 'try', body, catches, last };
  }

  private defined(start: number, isFilter: boolean): Statement {
    this.blanks();
    const name = this.expect(/(?:(?:global|script|local|private):)?([\w-]+)/iy, 'a function lacks its name')[1]!;
    this.skip();
    const listed = this.see(/\(/y) ? this.parameters() : null;
    this.skip();
    this.expect(/\{/y, 'a block is expected');
    const block = this.blockBody();
    const params = block.params ?? listed;
    const whole = isFilter
      ? { ...block, params, process: [...block.process, ...block.end], end: [] }
      : { ...block, params };
    return { ...this.common(start), kind: 'function', name: name.toLowerCase(), block: whole };
  }
}
