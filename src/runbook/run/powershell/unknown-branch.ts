// Statements of which nobody knows whether they run: whether they matter to the disk, and whether they leave the order.

import { isElsewhereCmdlet, isElsewhereTool, isPrinting, toolName } from '../../lint/tools.ts';
import { aliased } from '../../parse/powershell/aliases.ts';
import type { Statement } from '../../parse/powershell/ast.ts';
import { allPieces, statementsOf, wordOf } from '../../parse/powershell/walk.ts';
import type { Scope } from './values.ts';

/** 'prints': only texts for a person. 'windows': only what a running Windows does. 'disk': anything else. */
export function commandKinds(statements: readonly Statement[], scope: Scope, depth = 0): 'prints' | 'windows' | 'disk' {
  let found: 'prints' | 'windows' = 'prints';
  for (const piece of allPieces(statements)) {
    if (piece.kind === 'bad') return 'disk';
    // .NET may reach anything.
    if (piece.kind === 'member' && piece.args !== null && piece.isStatic && !isTame(piece.target)) return 'disk';
    if (piece.kind === 'assign') found = 'windows';
    if (piece.kind !== 'command') continue;
    const word = wordOf(piece.name);
    if (word === null || piece.redirects.some(({ target }) => target !== null && wordOf(target) !== null))
      return 'disk';
    const name = aliased(toolName(word));
    const block = scope.function(name);
    if (block) {
      const inner = depth < 8 ? commandKinds(statementsOf(block), scope, depth + 1) : 'disk';
      if (inner === 'disk') return 'disk';
      if (inner === 'windows') found = 'windows';
    } else if (isElsewhereCmdlet(name) || isElsewhereTool(name)) found = 'windows';
    else if (!isPrinting(name)) return 'disk';
  }
  return found;
}

function isTame(target: { readonly kind: string; readonly name?: unknown }): boolean {
  return (
    target.kind === 'type' &&
    /^(?:system\.)?(?:gc|string|math|convert|datetime|console|environment)$/i.test(String(target.name))
  );
}

/** Whether one of them ends a loop, a function or the script. */
export function leavesIn(statements: readonly Statement[]): boolean {
  for (const statement of statements) {
    if (statement.kind === 'function') continue;
    for (const piece of allPieces([statement])) if (piece.kind === 'leave') return true;
  }
  return false;
}
