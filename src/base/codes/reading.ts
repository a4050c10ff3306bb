// Codes of findings from reading hives and logs.

import { note } from './note.ts';

export const READING = {
  BAD_BIN: note('error', 'A bin of a recovered hive does not begin as one; what lies in it is read as far as it goes.'),
  BAD_CLASS: note('error', "A key's class name is not whole; the key is shown without it."),
  BAD_LOG: note(
    'warning',
    'A transaction log is damaged, or its first entry is, or it is a link or a folder; it was skipped in the recovery.',
  ),
  BAD_SUBKEY: note('error', 'A list of subkeys names a place where no key can be read, or a key that was met already.'),
  BAD_SUBKEY_COUNT: note('error', 'A key says another number of subkeys than its lists hold.'),
  BAD_SUBKEY_LIST: note('error', 'A list of subkeys is missing, damaged, or belongs to another key.'),
  BAD_VALUE: note('error', 'A list of values names a place where no value can be read, or one that was met already.'),
  BAD_VALUE_LIST: note('error', 'A list of values is shorter than it says, or belongs to another key.'),
  DIRTY_WITHOUT_LOGS: note(
    'error or warning',
    'The hive was not written out, and no log completes it: what is shown may be older than what Windows last had.',
  ),
  LAX_RECOVERY: note(
    'warning',
    'A log of the old form was replayed for reading although it is newer than the hive: Windows would not apply it, and nothing is written on top of it.',
  ),
  LOG_GAP: note(
    'warning',
    'The logs do not follow one another without a gap; what lies behind the gap was not replayed.',
  ),
  NOT_IN_REG_FILE: note('warning', 'A name or a difference that a .reg file cannot say was skipped.'),
  RAW_VIEW: note('info', 'The hive is dirty, and was shown as it lies because `--raw` was given.'),
  READ_BY_VERIFIER: note(
    'warning',
    'The engine cannot open the hive, or met damage in it, so the second reader shows it; it cannot be edited.',
  ),
  RECOVERED: note('info', 'The hive was dirty, and its logs were replayed in memory.'),
  TOO_DEEP: note('error', 'Keys lie deeper than 512 levels; what is below is not shown.'),
  TRUNCATED: note('error', 'The file ends before its bins do; it was read as far as it goes.'),
  VALUE_UNREADABLE: note('error', 'The data of a value cannot be read whole; the value was skipped.'),
};
