// Codes of findings from commands that write, and from undo.

import { note } from './note.ts';

export const WRITING = {
  JOURNAL_NOT_CLOSED: note(
    'warning',
    'The commit stands and was read back, but its journal could not be marked done; `undo --finish` marks it.',
  ),
  LOCKED: note('warning', 'Another process is committing here: what is shown may lie between two states.'),
  NOT_TAKEN_BACK: note('warning', '`undo --values` left a value alone, because somebody has changed it since.'),
  NO_LOG_PROTECTION: note(
    'warning',
    'A hive does not have a log, so a power cut in the middle leaves one that Windows refuses until undo has run.',
  ),
  SECURITY_LOWERED: note(
    'warning',
    'A planned change lowers the security of the machine; its `revert` lines revert it.',
  ),
  SECURITY_RAISED: note('info', 'A planned change raises the security of the machine.'),
  UNFINISHED_JOURNAL: note(
    'warning',
    'A commit was cut off here: what is shown may lie between two states until undo, or undo --finish, has run.',
  ),
  WRITE_REPEATED: note('warning', 'A stage after the commit point failed once and was written again.'),
};
