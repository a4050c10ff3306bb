// A branch of which nobody knows whether it runs: what it would set, and whether it matters to the disk at all.

import { isElsewhereTool, toolName } from '../../lint/tools.ts';
import { allNodes } from '../../parse/nodes.ts';
import type { CommandNode, Node } from '../../parse/script.ts';
import { namesSetBy } from '../../parse/variable-names.ts';

const PRINTS = /^(?:echo|rem|pause|cls|title|color|ver|timeout|prompt|ping|break|verify)$/;

const SETS_OR_PRINTS = new RegExp(`^set$|${PRINTS.source}`);

function commandsOf(node: Node): CommandNode[] {
  return [...allNodes([node])].filter((one) => one.kind === 'command');
}

/** Variables that the node would set. */
export function namesSetIn(node: Node): string[] {
  return commandsOf(node).flatMap(({ text }) => namesSetBy(text));
}

/** It only prints, or waits. */
export function isHarmless(node: Node): boolean {
  return onlyHas(PRINTS, node);
}

/** It only sets variables, and prints. */
export function isOnlyAssigning(node: Node): boolean {
  return onlyHas(SETS_OR_PRINTS, node);
}

function onlyHas(names: RegExp, node: Node): boolean {
  return (
    commandsOf(node).every(({ words, redirects }) => {
      const isQuiet = redirects.every(({ mode, target }) => mode === 'dup' || /^nul$/i.test(target.text));
      return names.test(toolName(words[0]?.text ?? '')) && isQuiet;
    }) && [...allNodes([node])].every(({ kind }) => kind !== 'bad')
  );
}

/** What it does is done on a running Windows, whether or not its turn comes. */
export function isOnlyElsewhere(node: Node): boolean {
  const commands = commandsOf(node);
  return (
    commands.length > 0 &&
    commands.every(({ words }) => {
      const name = toolName(words[0]?.text ?? '');
      return isElsewhereTool(name) || PRINTS.test(name);
    }) &&
    [...allNodes([node])].every(({ kind }) => kind !== 'bad')
  );
}
