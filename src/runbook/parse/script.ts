// A script as it was parsed: what cmd.exe and PowerShell have in common here.

/** Lines and columns of the file, from 1. */
export interface Position {
  readonly line: number;
  readonly column: number;
}

/** One argument of a command. */
export interface Word {
  /** Without its quotes. */
  readonly text: string;
  /** A quote stood in it, so that it is no operator and its blanks belong to it. */
  readonly isQuoted: boolean;
  readonly at: Position;
}

export interface Redirect {
  /** 1 standard output, 2 standard error, 0 input. */
  readonly handle: number;
  /** 'dup' joins the handle to another one (2>&1). */
  readonly mode: 'write' | 'append' | 'read' | 'dup';
  readonly target: Word;
}

export type Dialect = 'cmd' | 'powershell';

export interface CommandNode {
  readonly kind: 'command';
  readonly dialect: Dialect;
  readonly at: Position;
  /** As it stands in the script, for showing. */
  readonly source: string;
  /** Without redirections and carets; what builtins such as `set` and `echo` take whole. */
  readonly text: string;
  readonly words: readonly Word[];
  readonly redirects: readonly Redirect[];
}

export interface ChainNode {
  readonly kind: 'chain';
  readonly operator: '&' | '&&' | '||' | '|';
  readonly left: Node;
  readonly right: Node;
}

export interface GroupNode {
  readonly kind: 'group';
  readonly nodes: readonly Node[];
  readonly redirects: readonly Redirect[];
}

/** A value of PowerShell that can be worked out without guessing. */
export type Expression =
  /** A string or number; `$name` in it is put in, but for LITERAL_DOLLAR. */
  | { readonly kind: 'text'; readonly text: string; readonly isNumber: boolean }
  | { readonly kind: 'variable'; readonly name: string }
  | { readonly kind: 'list'; readonly items: readonly Expression[] }
  /** Strings joined by +. */
  | { readonly kind: 'join'; readonly items: readonly Expression[] }
  /** `'...{0:d3}' -f $x` */
  | { readonly kind: 'format'; readonly pattern: Expression; readonly items: readonly Expression[] }
  /** `(Get-ItemProperty ...).Current` */
  | { readonly kind: 'output'; readonly command: Node; readonly property: string | null };

/** Stands for a dollar that starts no variable: one in single quotes or behind a backtick. */
export const LITERAL_DOLLAR = '\ue900';

export interface AssignNode {
  readonly kind: 'assign';
  readonly at: Position;
  readonly source: string;
  readonly name: string;
  readonly value: Expression;
}

/** foreach ($name in values) */
export interface EachNode {
  readonly kind: 'each';
  readonly at: Position;
  readonly name: string;
  readonly values: Expression;
  readonly body: Node;
}

export type Condition =
  | {
      readonly test: 'expression';
      readonly left: Expression;
      readonly operator: string | null;
      readonly right: Expression | null;
    }
  | { readonly test: 'exist' | 'defined'; readonly operand: string }
  | { readonly test: 'errorlevel'; readonly operand: string }
  | { readonly test: 'compare'; readonly left: string; readonly operator: string; readonly right: string };

export interface IfNode {
  readonly kind: 'if';
  readonly at: Position;
  readonly isNegated: boolean;
  readonly ignoresCase: boolean;
  readonly condition: Condition;
  readonly body: Node;
  readonly otherwise: Node | null;
}

export interface ForNode {
  readonly kind: 'for';
  readonly at: Position;
  /** One letter in cmd.exe, a name in PowerShell. */
  readonly variable: string;
  readonly mode: 'list' | 'numbers' | 'text';
  /** The options of for /f: `tokens=2 delims=,`. */
  readonly options: string;
  /** What stands in the parentheses. */
  readonly set: string;
  readonly body: Node;
}

export interface LabelNode {
  readonly kind: 'label';
  readonly name: string;
}

/** What could not be parsed; it is never run. */
export interface BadNode {
  readonly kind: 'bad';
  readonly rule: 'bad-syntax' | 'powershell';
  readonly at: Position;
  readonly source: string;
  readonly why: string;
}

export type Node = AssignNode | EachNode | CommandNode | ChainNode | GroupNode | IfNode | ForNode | LabelNode | BadNode;
