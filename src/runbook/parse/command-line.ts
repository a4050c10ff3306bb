// A checked command as a line, and what is left open in it.

import type { CheckedCommand } from '../lint/checked-command.ts';
import { unsetNames } from '../run/variables.ts';
import { unshield } from './placeholder.ts';
import type { CommandNode } from './script.ts';
import { lineOf } from './words.ts';

/** The command as it is run, with its redirections. */
export function effectiveLine(command: CheckedCommand, node: CommandNode): string {
  const arrows = { write: '>', append: '>>', read: '<', dup: '>&' } as const;
  const redirects = node.redirects.map(
    ({ handle, mode, target }) => `${handle === 2 ? '2' : ''}${arrows[mode]}${mode === 'dup' ? '' : ' '}${target.text}`,
  );
  return unshield([lineOf(command.words), ...redirects].join(' '));
}

/** A variable that stays in a command after expansion and that Windows does not set. */
export function unsetIn(command: CheckedCommand): string | null {
  return command.words.flatMap(({ text }) => unsetNames(text, new Set()))[0] ?? null;
}
