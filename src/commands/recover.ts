// recover: a dirty hive and its logs as a new file that needs no logs.

import { RefusedError } from '../base/errors.ts';
import { namedEntry } from '../base/open-entry.ts';
import { pathWord } from '../base/quote.ts';
import { waysOn } from '../base/ways.ts';
import { type HiveSource, openSource, type ReadHost } from '../hive/open.ts';

export interface RecoveredHive {
  /** The whole file to be written, clean. */
  readonly bytes: Uint8Array;
  readonly source: HiveSource;
}

/**
 * Replays a hive's logs in memory; the caller writes `bytes` to a new file. A clean hive comes back as it is.
 * @throws RefusedError DIRTY_HIVE where no log completes it; as openSource.
 */
export function recoverHive(
  host: ReadHost,
  named: string,
  options: { readonly logs?: readonly string[] } = {},
): RecoveredHive {
  const path = namedEntry(host.fs, named);
  const source = openSource(host, path, options);
  if (!source.recovery.isUsable) {
    throw new RefusedError(
      'DIRTY_HIVE',
      `${path} is dirty and no log that was found completes it, so nothing can be recovered`,
      waysOn(
        [
          { why: 'See its logs (name others with --log):', commands: [`hivemend inspect ${pathWord(path)}`] },
          { why: 'See what is left without them:', commands: [`hivemend rebuild ${pathWord(path)} --dry-run`] },
        ],
        { findings: source.findings() },
      ),
    );
  }
  return { bytes: source.recovery.image, source };
}
