// Walks over parsed PowerShell.

import type { Command, Expression, ScriptBlock, Statement } from './ast.ts';

type Piece = Statement | Expression | Command;

/** The statements of a block, in order. */
export function statementsOf(block: ScriptBlock): Statement[] {
  return [...block.begin, ...block.process, ...block.end];
}

/** Everything in `pieces`, each before what is in it. */
export function* allPieces(pieces: Iterable<Piece>): Generator<Piece> {
  for (const piece of pieces) {
    yield piece;
    yield* allPieces(partsOf(piece));
  }
}

function partsOf(piece: Piece): Piece[] {
  switch (piece.kind) {
    case 'pipeline':
      return piece.elements.flatMap((element): Piece[] =>
        element.kind === 'command' ? [element] : [element.value, ...targets(element.redirects)],
      );
    case 'command':
      return [
        piece.name,
        ...piece.args.flatMap((arg): Piece[] => (arg.value === null ? [] : [arg.value])),
        ...targets(piece.redirects),
      ];
    case 'chain':
      return [piece.left, piece.right];
    case 'assign':
      return [piece.target, piece.value];
    case 'if':
      return [
        ...piece.clauses.flatMap(({ condition, body }): Piece[] => [condition, ...body]),
        ...(piece.otherwise ?? []),
      ];
    case 'foreach':
      return [piece.values, ...piece.body];
    case 'for':
      return [piece.first, piece.condition, piece.step].filter((one) => one !== null).concat(piece.body);
    case 'while':
      return [piece.condition, ...piece.body];
    case 'switch':
      return [piece.value, ...piece.cases.flatMap(({ test, body }): Piece[] => (test ? [test, ...body] : [...body]))];
    case 'try':
      return [...piece.body, ...piece.catches.flatMap(({ body }) => body), ...piece.last];
    case 'function':
      return statementsOf(piece.block);
    case 'leave':
      return piece.value ? [piece.value] : [];
    default:
      return expressionParts(piece);
  }
}

function targets(redirects: Command['redirects']): Expression[] {
  return redirects.flatMap(({ target }) => (target ? [target] : []));
}

function expressionParts(piece: Piece): Piece[] {
  switch (piece.kind) {
    case 'string':
      return piece.parts.filter((part): part is Expression => typeof part !== 'string');
    case 'list':
      return [...piece.items];
    case 'sub':
      return [...piece.body];
    case 'hash':
      return piece.entries.flatMap(({ key, value }): Piece[] => [key, value]);
    case 'block':
      return statementsOf(piece.block);
    case 'member':
      return [piece.target, piece.name, ...(piece.args ?? [])];
    case 'index':
      return [piece.target, piece.index];
    case 'cast':
    case 'unary':
      return [piece.value];
    case 'step':
      return [piece.target];
    case 'binary':
      return [piece.left, piece.right];
    default:
      return [];
  }
}

/** Every command, those in functions and blocks among them. */
export function commandsIn(block: ScriptBlock): Command[] {
  return [...allPieces(statementsOf(block))].filter((piece) => piece.kind === 'command');
}

/** Names of the functions that a script defines, in lower case. */
export function functionsIn(block: ScriptBlock): Set<string> {
  return new Set(
    [...allPieces(statementsOf(block))].flatMap((piece) => (piece.kind === 'function' ? [piece.name] : [])),
  );
}

/** Variables that `statements` would set, without their scopes. */
export function namesSetIn(statements: readonly Statement[]): string[] {
  return [...allPieces(statements)].flatMap((piece) => {
    if (piece.kind === 'assign') return rootsOf(piece.target);
    if (piece.kind === 'foreach') return [piece.name];
    if (piece.kind === 'step') return rootsOf(piece.target);
    if (piece.kind === 'command') {
      return piece.args.flatMap((arg, i) => {
        const next = piece.args[i + 1];
        const isOut = arg.kind === 'parameter' && /^(?:ov|outvariable|ev|errorvariable)$/i.test(arg.name);
        return isOut && next?.kind === 'value' && next.value.kind === 'string' ? [String(next.value.parts[0])] : [];
      });
    }
    return [];
  });
}

function rootsOf(target: Expression): string[] {
  switch (target.kind) {
    case 'variable':
      return [target.name.replace(/^(?:global|script|local|private):/, '')];
    case 'member':
    case 'index':
      return rootsOf(target.target);
    case 'cast':
      return rootsOf(target.value);
    case 'list':
      return target.items.flatMap(rootsOf);
    default:
      return [];
  }
}

/** The first text of an expression that is a plain word; null for any other. */
export function wordOf(expression: Expression): string | null {
  if (expression.kind === 'number') return expression.text;
  if (expression.kind !== 'string') return null;
  return expression.parts.every((part) => typeof part === 'string') ? expression.parts.join('') : null;
}

/** An expression as a person reads it: variables by their names. */
export function shownExpression(expression: Expression): string {
  switch (expression.kind) {
    case 'string':
      return expression.parts.map((part) => (typeof part === 'string' ? part : shownExpression(part))).join('');
    case 'number':
      return expression.text;
    case 'variable':
      return `$${expression.name}`;
    case 'list':
      return expression.items.map(shownExpression).join(',');
    case 'block':
      return expression.source;
    case 'member':
      return `${shownExpression(expression.target)}.${shownExpression(expression.name)}`;
    default:
      return '$(...)';
  }
}
