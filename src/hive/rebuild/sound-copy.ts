// Another copy of a hive that is to take its place: as it is where it is sound, repaired in place where that loses nothing.

import { type FormatError, RefusedError } from '../../base/errors.ts';
import type { Engine } from '../../engine/module.ts';
import type { Recovery } from '../../regf/logs/recover.ts';
import { type RebuiltHive, rebuildImage } from './rebuild.ts';

/** A copy as it was read, with its own logs. */
export interface HiveCopy {
  /** What messages call it. */
  readonly file: string;
  /** Null: nothing of it can be read, and `problem` says why. */
  readonly recovery: Recovery | null;
  readonly problem: FormatError | null;
}

/**
 * What is put in the place of a hive: never a copy that is damaged itself.
 * @throws FormatError NOT_A_HIVE, TRUNCATED where it is no hive, UNSUPPORTED_VERSION; RefusedError DIRTY_HIVE where no log
 *   completes it, DAMAGED_HIVE where it could only be repaired with a loss.
 */
export function soundCopy(
  engine: Engine,
  { file, recovery, problem }: HiveCopy,
  options: { readonly isSecret: boolean; readonly filetime: bigint; readonly hint: string },
): RebuiltHive {
  const { hint } = options;
  if (problem !== null) throw problem;
  if (!recovery?.isUsable) {
    const message = `${file} is dirty or cut off, and no log completes it, expected a whole hive`;
    throw new RefusedError('DIRTY_HIVE', message, { hint });
  }
  const rebuilt = rebuildImage(engine, recovery.image, { file, orphans: false, ...options });
  const isWhole = rebuilt.losses.length === 0 && rebuilt.foundAgain.length === 0;
  if (rebuilt.way === 'sound' || (rebuilt.way === 'in-place' && isWhole)) return rebuilt;
  throw new RefusedError('DAMAGED_HIVE', `${file} is damaged itself, expected a sound hive`, { hint });
}
