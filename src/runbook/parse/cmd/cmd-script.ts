// A block of cmd.exe as its statements: each with the text that percent expansion works on when its turn comes.

import { commandsIn } from '../nodes.ts';
import type { Node, Position } from '../script.ts';
import type { SourceLine } from '../source.ts';
import { namesSetBy } from '../variable-names.ts';
import { CmdParser } from './cmd-parser.ts';
import { type Traced, traced } from './traced.ts';

/** A statement with its whole text: cmd.exe expands it before it parses it. */
export interface CmdStatement {
  readonly node: Node;
  readonly text: Traced;
  readonly first: number;
  readonly last: number;
}

export class CmdScript {
  readonly statements: readonly CmdStatement[];
  private names: ReadonlySet<string> | null = null;
  private readonly places: readonly { readonly start: number; readonly line: SourceLine }[];

  constructor(lines: readonly SourceLine[]) {
    let start = 0;
    this.places = lines.map((line) => {
      const place = { start, line };
      start += line.text.length + 1;
      return place;
    });
    const text = lines.map((line) => `${line.text}\n`).join('');
    const parser = new CmdParser(traced(text), (origin) => this.at(origin));
    this.statements = parser.statements().map(({ node, start: from, end }) => ({
      node,
      text: traced(text.slice(from, end), from),
      first: this.at(from).line,
      last: this.lastLine(Math.max(from, end - 1)),
    }));
  }

  /** Parses a statement's text after its variables were put in. */
  parse(text: Traced): Node[] {
    return new CmdParser(text, (origin) => this.at(origin)).statements().map(({ node }) => node);
  }

  /** Whether the script sets the variable of a piece like `%NAME%` anywhere: where it has not yet, it is nothing. */
  assigns(piece: string): boolean {
    const name = /^%([^%:]+)%$/.exec(piece)?.[1];
    this.names ??= new Set(
      [...commandsIn(this.statements.map(({ node }) => node))].flatMap(({ text }) =>
        namesSetBy(text).map((one) => one.trim().toUpperCase()),
      ),
    );
    return name !== undefined && this.names.has(name.toUpperCase());
  }

  /** Where the character at `origin` stands in the file. */
  private at(origin: number): Position {
    const { line, start } = this.place(origin);
    return { line: line.line, column: line.column + origin - start };
  }

  private lastLine(origin: number): number {
    const { line } = this.place(origin);
    return line.endLine ?? line.line;
  }

  private place(origin: number): { readonly start: number; readonly line: SourceLine } {
    let low = 0;
    let high = this.places.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if (this.places[middle]!.start <= origin) low = middle;
      else high = middle - 1;
    }
    return this.places[low] ?? { start: 0, line: { text: '', line: 1, column: 1 } };
  }
}

/** The node with every position at one place: of a text that stands inside a line. */
export function moved(node: Node, at: Position): Node {
  const span = { at, endLine: at.line };
  switch (node.kind) {
    case 'chain':
      return { ...node, left: moved(node.left, at), right: moved(node.right, at) };
    case 'group':
      return { ...node, nodes: node.nodes.map((child) => moved(child, at)) };
    case 'if':
      return {
        ...node,
        ...span,
        body: moved(node.body, at),
        otherwise: node.otherwise ? moved(node.otherwise, at) : null,
      };
    case 'for':
      return { ...node, ...span, body: moved(node.body, at) };
    case 'command':
      return { ...node, ...span, words: node.words.map((word) => ({ ...word, at })) };
    default:
      return { ...node, ...span };
  }
}
