// A script as it was parsed: what cmd.exe and PowerShell have in common here, and cmd.exe's statements.

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
  /** As it is written, quotes among it. */
  readonly target: Word;
}

export type Dialect = 'cmd' | 'powershell';

/** Where a statement stands: its first character and its last line. */
export interface Span {
  readonly at: Position;
  readonly endLine: number;
}

export interface CommandNode extends Span {
  readonly kind: 'command';
  readonly dialect: Dialect;
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

export type Condition =
  | { readonly test: 'exist' | 'defined' | 'errorlevel' | 'cmdextversion'; readonly operand: string }
  | { readonly test: 'compare'; readonly left: string; readonly operator: string; readonly right: string };

export interface IfNode extends Span {
  readonly kind: 'if';
  readonly source: string;
  readonly isNegated: boolean;
  readonly ignoresCase: boolean;
  readonly condition: Condition;
  readonly body: Node;
  readonly otherwise: Node | null;
}

export interface ForNode extends Span {
  readonly kind: 'for';
  readonly source: string;
  /** One character. */
  readonly variable: string;
  readonly mode: 'list' | 'numbers' | 'text' | 'folders' | 'tree';
  /** The options of for /f: `tokens=2 delims=,`; the folder of for /r. */
  readonly options: string;
  /** What stands in the parentheses. */
  readonly set: string;
  readonly body: Node;
}

export interface LabelNode extends Span {
  readonly kind: 'label';
  readonly name: string;
}

/** What could not be parsed; it is never run. */
export interface BadNode extends Span {
  readonly kind: 'bad';
  readonly rule: 'bad-syntax' | 'powershell';
  readonly source: string;
  readonly why: string;
}

export type Node = CommandNode | ChainNode | GroupNode | IfNode | ForNode | LabelNode | BadNode;
