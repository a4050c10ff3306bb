// What is not understood in a script for cmd.exe, and what depends on it.

import type { CmdScript } from '../../parse/cmd/cmd-script.ts';
import { unkept } from '../../parse/marks.ts';
import { allNodes } from '../../parse/nodes.ts';
import { unshield } from '../../parse/placeholder.ts';
import type { Node } from '../../parse/script.ts';
import { Lost } from '../jump.ts';
import { AskedElsewhere, type Unresolved } from '../unresolved.ts';
import type { CmdState } from './cmd-state.ts';
import { isHarmless, isOnlyAssigning, isOnlyElsewhere, namesSetIn } from './unknown-branch.ts';

type Shell = Pick<CmdState, 'runner' | 'environment'>;

/** What was not reached when the order of lines was lost. */
export function giveUp(script: CmdScript, { message, at }: Lost, { runner, environment }: Shell): void {
  const { recorder } = runner;
  for (const { node, first, last } of script.statements) {
    if (node.kind === 'label' || recorder.isReached(first)) continue;
    const source = sourceOf(node);
    recorder.refuse({ at: { line: first, column: 1 }, endLine: last }, source, 'bad-syntax', message);
    for (const name of namesSetIn(node)) environment.forget(name);
  }
  // Lines of a statement that was begun: its branches and loops.
  for (const { node } of script.statements) {
    for (const one of allNodes([node])) {
      if (one.kind === 'command' && !recorder.isReached(one.at.line) && one.at.line > at.line) {
        recorder.refuse(one, one.source, 'bad-syntax', message);
      }
    }
  }
}

/**
 * Nobody knows whether `branches` run: they are not run, what they set is not known from here on, and where one of them
 * leaves the order of lines, neither is the rest. Branches that only print, or are run on Windows anyway, matter to no disk.
 */
export function notKnown(
  branches: readonly Node[],
  head: Node,
  reason: Unresolved,
  { runner, environment }: Shell,
): void {
  const { rule, message: why } = reason;
  const { recorder } = runner;
  const commands = [...allNodes(branches)].filter((node) => node.kind === 'command');
  const headSpan = 'at' in head ? head : (commands[0] ?? null);
  const onlySets = reason instanceof AskedElsewhere && branches.every(isOnlyAssigning);
  if (onlySets || branches.every(isHarmless)) {
    // What it would set is not known from here on, and neither is what uses it.
    for (const name of branches.flatMap(namesSetIn)) environment.forget(name);
    for (const command of [...commands, ...(headSpan ? [headSpan] : [])]) recorder.touch(command);
    return;
  }
  if (branches.every(isOnlyElsewhere)) {
    for (const command of commands) {
      const line = unshield(unkept(command.source));
      recorder.push(command, line, line, {
        state: 'onWindows',
        rule: 'run-elsewhere',
        why: `run this on Windows yourself; ${why}`,
      });
    }
    if (headSpan) recorder.touch(headSpan);
    return;
  }
  if (headSpan) recorder.refuse(headSpan, sourceOf(head), rule, why);
  for (const command of commands) {
    if (command.at.line !== headSpan?.at.line) recorder.refuse(command, command.source, rule, why);
  }
  for (const name of branches.flatMap(namesSetIn)) environment.forget(name);
  environment.errorlevel = null;
  const leaves = commands.some(({ words }) => /^(?:goto|call|exit)$/i.test(words[0]?.text ?? ''));
  if (leaves && headSpan) throw new Lost(headSpan.at);
}

/** Why nobody knows what follows `left`. */
export function dependsOn(left: Node): string {
  const line = 'at' in left ? ` ${left.at.line}` : '';
  return `how line${line} ends is not known here.`;
}

function sourceOf(node: Node): string {
  return 'source' in node ? node.source.trim() : '';
}
