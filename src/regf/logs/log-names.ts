// Which names beside a hive Windows takes for its transaction logs, and what is said of one that is no file.

import { RefusedError } from '../../base/errors.ts';
import type { Finding } from '../../base/finding.ts';
import { printable, upcase } from '../../base/text.ts';

export const LOG_ENDINGS = ['.LOG', '.LOG1', '.LOG2'] as const;

/** Of the names in a hive's folder its logs', .LOG before .LOG1 before .LOG2; compared as Windows does. */
export function logNamesOf(hiveName: string, names: readonly string[]): string[] {
  const base = upcase(hiveName);
  return LOG_ENDINGS.flatMap((ending) => names.filter((name) => upcase(name) === base + ending));
}

const NO_FILE = 'is a link, a folder or another thing that is not a file';

/** What reading says of a log that is no file: nothing in it was replayed. */
export function oddLogFinding(path: string): Finding {
  return {
    code: 'BAD_LOG',
    severity: 'warning',
    where: { file: path },
    text: `${printable(path)} bears the name of a transaction log and ${NO_FILE}, so it was skipped`,
  };
}

/** Why a hive with such a log is not written: no log of ours can take its place, and what Windows would do is unknown. */
export function oddLogRefusal(path: string): RefusedError {
  return new RefusedError(
    'BAD_LOG',
    `${printable(path)} bears the name of a transaction log and ${NO_FILE}; nothing was written`,
    {
      hint: `look at what it is, then give it another name: ren on Windows, mv on Linux; the hive can be read as it is`,
      data: { path },
    },
  );
}
