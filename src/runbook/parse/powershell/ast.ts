// PowerShell as it was parsed.

import type { Position, Span } from '../script.ts';

export type Expression =
  /** A string: texts and what is put in between them. */
  | { readonly kind: 'string'; readonly parts: readonly (string | Expression)[]; readonly isQuoted: boolean }
  /** `text` is as it was written, for programs. */
  | { readonly kind: 'number'; readonly value: number; readonly text: string }
  /** In lower case, with its scope or drive: `x`, `script:x`, `env:temp`. */
  | { readonly kind: 'variable'; readonly name: string; readonly isSplat: boolean }
  | { readonly kind: 'list'; readonly items: readonly Expression[] }
  /** `$( )` gives what its statements give, `@( )` always a list. */
  | { readonly kind: 'sub'; readonly body: readonly Statement[]; readonly isList: boolean }
  | { readonly kind: 'hash'; readonly entries: readonly { readonly key: Expression; readonly value: Statement }[] }
  | { readonly kind: 'block'; readonly block: ScriptBlock; readonly source: string }
  | {
      readonly kind: 'member';
      readonly target: Expression;
      readonly name: Expression;
      /** Null for a property. */
      readonly args: readonly Expression[] | null;
      readonly isStatic: boolean;
    }
  | { readonly kind: 'index'; readonly target: Expression; readonly index: Expression }
  | { readonly kind: 'cast'; readonly type: string; readonly value: Expression }
  | { readonly kind: 'type'; readonly name: string }
  | { readonly kind: 'unary'; readonly operator: string; readonly value: Expression }
  | { readonly kind: 'step'; readonly operator: '++' | '--'; readonly target: Expression; readonly isPrefix: boolean }
  | { readonly kind: 'binary'; readonly operator: string; readonly left: Expression; readonly right: Expression };

/** One argument of a command. */
export type Argument =
  | {
      readonly kind: 'parameter';
      readonly at: Position;
      readonly name: string;
      readonly value: Expression | null;
      readonly source: string;
    }
  | { readonly kind: 'value'; readonly at: Position; readonly value: Expression; readonly source: string };

export interface OutputRedirect {
  /** 1 output, 2 errors, 3 to 6 other streams, 0 all of them. */
  readonly stream: number;
  readonly isAppended: boolean;
  /** Null where the stream joins the output (2>&1). */
  readonly target: Expression | null;
}

export interface Command extends Span {
  readonly kind: 'command';
  readonly source: string;
  readonly name: Expression;
  /** `&` runs it, `.` runs it in this scope. */
  readonly call: '' | '&' | '.';
  readonly args: readonly Argument[];
  readonly redirects: readonly OutputRedirect[];
}

export type PipelineElement =
  | Command
  | { readonly kind: 'expression'; readonly value: Expression; readonly redirects: readonly OutputRedirect[] };

export interface Parameter {
  readonly name: string;
  readonly type: string | null;
  readonly fallback: Expression | null;
  readonly isMandatory: boolean;
  readonly isFromPipeline: boolean;
}

export interface ScriptBlock {
  /** Null where the block has no param(). */
  readonly params: readonly Parameter[] | null;
  readonly begin: readonly Statement[];
  readonly process: readonly Statement[];
  readonly end: readonly Statement[];
}

interface Common extends Span {
  /** Its first line. */
  readonly source: string;
}

export type Statement = Common &
  (
    | { readonly kind: 'pipeline'; readonly elements: readonly PipelineElement[] }
    | { readonly kind: 'chain'; readonly operator: '&&' | '||'; readonly left: Statement; readonly right: Statement }
    | { readonly kind: 'assign'; readonly target: Expression; readonly operator: string; readonly value: Statement }
    | {
        readonly kind: 'if';
        readonly clauses: readonly { readonly condition: Statement; readonly body: readonly Statement[] }[];
        readonly otherwise: readonly Statement[] | null;
      }
    | {
        readonly kind: 'foreach';
        readonly name: string;
        readonly values: Statement;
        readonly body: readonly Statement[];
      }
    | {
        readonly kind: 'for';
        readonly first: Statement | null;
        readonly condition: Statement | null;
        readonly step: Statement | null;
        readonly body: readonly Statement[];
      }
    | {
        readonly kind: 'while';
        readonly condition: Statement;
        readonly body: readonly Statement[];
        /** do { } while, do { } until. */
        readonly isAfter: boolean;
        readonly isUntil: boolean;
      }
    | {
        readonly kind: 'switch';
        readonly how: 'exact' | 'wildcard' | 'regex';
        readonly isCaseSensitive: boolean;
        readonly value: Statement;
        /** A null test is the default. */
        readonly cases: readonly { readonly test: Expression | null; readonly body: readonly Statement[] }[];
      }
    | {
        readonly kind: 'try';
        readonly body: readonly Statement[];
        readonly catches: readonly { readonly types: readonly string[]; readonly body: readonly Statement[] }[];
        readonly last: readonly Statement[];
      }
    | { readonly kind: 'function'; readonly name: string; readonly block: ScriptBlock }
    | {
        readonly kind: 'leave';
        readonly how: 'return' | 'throw' | 'exit' | 'break' | 'continue';
        readonly value: Statement | null;
      }
    | { readonly kind: 'bad'; readonly why: string }
  );
