// Codes of findings from rebuilding a damaged hive.

import { note } from './note.ts';

export const REBUILDING = {
  BASE_BLOCK_LOST: note('error', 'The base block of the hive cannot be read, and no log has another.'),
  DESCRIPTOR_REPLACED: note(
    'warning',
    "The security descriptor of a key was lost, and the key gets its parent's; in SAM and SECURITY, one that lets only SYSTEM and Administrators in.",
  ),
  HIVE_REPLACED: note(
    'warning',
    'A hive becomes another one (a copy from RegBack, say): it is written without its transaction logs, which are emptied.',
  ),
  TRANSACTION_FILES: note(
    'info',
    'Files of registry transactions lie beside the hive; a rebuild leaves them alone unless --remove-transactions is given.',
  ),
};
