// A checked command as a line.

import type { CheckedCommand } from '../lint/checked-command.ts';
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
