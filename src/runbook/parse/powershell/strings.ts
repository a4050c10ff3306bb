// Strings of PowerShell and the variables in them.

import type { Expression, Statement } from './ast.ts';
import { Cursor, ParseError } from './cursor.ts';

export abstract class StringParser extends Cursor {
  /** Statements up to `}` or `)`, which is passed. */
  protected abstract statementsTo(close: '}' | ')'): Statement[];

  /** `$name`, `${name}`, `$env:name`, `@name` to splat; null where none stands here. */
  protected variable(): Expression | null {
    const braced = this.take(/\$\{([^}\n]+)\}/y);
    const bare = braced ?? this.take(/\$((?:[A-Za-z_]\w*:(?=[A-Za-z_]))?\w+|[?$^])/y);
    if (bare) return { kind: 'variable', name: bare[1]!.toLowerCase(), isSplat: false };
    const splat = this.take(/@([A-Za-z_]\w*)(?![\w(])/y);
    return splat ? { kind: 'variable', name: splat[1]!.toLowerCase(), isSplat: true } : null;
  }

  protected literal(): Expression {
    const match = this.take(/'((?:[^']|'')*)'/y);
    if (!match) throw new ParseError('a quote is opened and never closed');
    return { kind: 'string', parts: [this.overLines(match[1]!.replaceAll("''", "'"))], isQuoted: true };
  }

  protected hereString(): Expression {
    const quote = this.text[this.index + 1]!;
    this.take(/@["'][^\n]*\n/y);
    const close = new RegExp(`(?:^|\\n)[ \\t]*${quote}@`, 'g');
    close.lastIndex = this.index - 1;
    const end = close.exec(this.text);
    if (!end) throw new ParseError('a here-string is opened and never closed');
    const stop = Math.max(this.index, end.index);
    const parts =
      quote === "'" ? [this.overLines(this.text.slice(this.index, stop))] : this.parts(() => this.index >= stop, true);
    this.index = end.index + end[0].length;
    return { kind: 'string', parts, isQuoted: true };
  }

  protected expandable(): Expression {
    this.index += 1;
    const parts = this.parts(
      () =>
        /["\u201c\u201d]/.test(this.text[this.index] ?? '') &&
        !/^["\u201c\u201d]{2}/.test(this.text.slice(this.index, this.index + 2)),
      false,
    );
    this.index += 1;
    return { kind: 'string', parts, isQuoted: true };
  }

  /** Texts and what is put in, up to where `isDone` says. */
  protected parts(isDone: () => boolean, isHere: boolean): (string | Expression)[] {
    const parts: (string | Expression)[] = [];
    let text = '';
    const flush = (): void => {
      if (text !== '') parts.push(text);
      text = '';
    };
    while (!isDone()) {
      if (this.isAtEnd) throw new ParseError('a quote is opened and never closed');
      const character = this.text[this.index]!;
      if (character === '`' && this.text[this.index + 1] === '\n') {
        // Behind a backtick the end of a line stays, as it does not outside of strings.
        this.index += 1;
      } else if (character === '`') {
        text += this.escaped();
      } else if (character === '$') {
        const inner = this.take(/\$\(/y)
          ? ({ kind: 'sub', body: this.statementsTo(')'), isList: false } as const)
          : this.variable();
        if (inner) {
          flush();
          parts.push(inner);
        } else {
          text += '$';
          this.index += 1;
        }
      } else {
        text += this.overLines(character);
        this.index += !isHere && /["\u201c\u201d]/.test(character) ? 2 : 1;
      }
    }
    flush();
    return parts;
  }

  private overLines(text: string): string {
    return text.replaceAll('\n', this.lineEnd);
  }

  /** What a backtick and the character behind it stand for. */
  protected escaped(): string {
    const next = this.text[this.index + 1] ?? '';
    this.index += 2;
    const meant: Readonly<Record<string, string>> = {
      n: '\n',
      r: '\r',
      t: '\t',
      '0': '\0',
      a: '\x07',
      b: '\b',
      f: '\f',
      v: '\v',
      '\n': '',
    };
    return meant[next] ?? next;
  }
}
