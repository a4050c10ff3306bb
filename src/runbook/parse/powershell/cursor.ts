// A place in a text of PowerShell that moves on: blanks, comments, positions of the file.

import type { Position, Span } from '../script.ts';
import type { LineEnd, SourceLine } from '../source.ts';

/** Thrown inside the parser only. */
export class ParseError extends Error {}

export class Cursor {
  protected readonly text: string;
  protected index = 0;
  protected readonly lineEnd: LineEnd;
  private readonly lines: readonly SourceLine[];
  private readonly starts: readonly number[];

  /** `lineEnd` is what a text that goes over lines has between them. */
  constructor(lines: readonly SourceLine[], lineEnd: LineEnd) {
    this.lines = lines;
    this.lineEnd = lineEnd;
    let start = 0;
    this.starts = lines.map((line) => {
      const here = start;
      start += line.text.length + 1;
      return here;
    });
    this.text = lines.map((line) => `${line.text}\n`).join('');
  }

  protected at(index: number): Position {
    const i = this.lineIndex(index);
    const line = this.lines[i];
    return line ? { line: line.line, column: line.column + index - this.starts[i]! } : { line: 1, column: 1 };
  }

  protected span(start: number, end = this.index): Span {
    const last = this.text.slice(start, end).trimEnd().length + start;
    const line = this.lines[this.lineIndex(Math.max(start, last - 1))];
    return { at: this.at(start), endLine: line?.endLine ?? line?.line ?? 1 };
  }

  private lineIndex(index: number): number {
    let low = 0;
    let high = this.starts.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if (this.starts[middle]! <= index) low = middle;
      else high = middle - 1;
    }
    return Math.max(low, 0);
  }

  /** The match of a sticky expression here, which is passed. */
  protected take(pattern: RegExp): RegExpExecArray | null {
    const match = this.see(pattern);
    if (match) this.index += match[0].length;
    return match;
  }

  protected see(pattern: RegExp): RegExpExecArray | null {
    pattern.lastIndex = this.index;
    return pattern.exec(this.text);
  }

  protected expect(pattern: RegExp, why: string): RegExpExecArray {
    const match = this.take(pattern);
    if (!match) throw new ParseError(`${why}, and there stands '${this.here()}'`);
    return match;
  }

  /** What stands here, for a message. */
  protected here(): string {
    return this.text
      .slice(this.index, this.index + 40)
      .split('\n')[0]!
      .trim();
  }

  protected get isAtEnd(): boolean {
    return this.index >= this.text.length;
  }

  /** Blanks and joined lines, not the end of the line. */
  protected blanks(): void {
    this.take(/(?:[^\S\n]|`[ \t]*\n|<#[\s\S]*?#>)*/y);
  }

  /** Blanks, ends of lines, comments; `rem` and `::` are comments of pages whose fence lies. */
  protected skip(): void {
    for (;;) {
      const match = this.take(/(?:\s|`[ \t]*\n)+|<#[\s\S]*?(?:#>|$)|#[^\n]*/y);
      if (match && match[0] !== '') continue;
      const isLineStart = this.index === 0 || this.text[this.index - 1] === '\n' || this.isOnlyBlankBefore();
      if (isLineStart && this.take(/(?:@?rem\b|::|@echo\s+off\b)[^\n]*/iy)) continue;
      return;
    }
  }

  private isOnlyBlankBefore(): boolean {
    const start = this.text.lastIndexOf('\n', this.index - 1) + 1;
    return this.text.slice(start, this.index).trim() === '';
  }

  /** skip(), and semicolons. */
  protected skipEnds(): void {
    do this.skip();
    while (this.take(/;+/y));
  }
}
