// What a report has of a rebuild: what is kept and lost, which losses a start or a logon reads, and what has to be accepted.

import type { Finding } from '../../base/finding.ts';
import type { DamagedHive } from '../../hive/damaged.ts';
import type { RebuiltHive } from '../../hive/rebuild/rebuild.ts';
import type { Loss } from '../../hive/survey/losses.ts';
import { formatKeyPath } from '../../registry/path.ts';
import type { RebuildFacts, RebuildSource } from '../../report.ts';
import type { StartVerdict } from './start-verdict.ts';

/** Of all keys: more are not lost without a word. */
const MOST_LOST = 0.01;

/** What was made of a hive, or chosen in its place. */
export interface RebuildResult {
  readonly rebuilt: RebuiltHive;
  readonly way: RebuildFacts['way'];
  readonly why: string;
  readonly sources: readonly RebuildSource[];
}

interface FactsRequest {
  /** Everything in it is read when Windows starts or somebody logs on: SAM, SECURITY, a boot store. */
  readonly isVital: boolean;
  readonly acceptDirty: boolean;
  /** Null: the old file is written over. */
  readonly output: string | null;
}

/** What a report has of a rebuild. */
export function factsOf(
  { path, recovery }: DamagedHive,
  { rebuilt, way, why, sources }: RebuildResult,
  start: StartVerdict,
  { isVital, acceptDirty, output }: FactsRequest,
): RebuildFacts {
  const isRead = (loss: Loss): boolean | null => (isVital ? true : (start.isRead?.(loss) ?? null));
  const losses = rebuilt.losses.map((loss) => ({ ...loss, isRead: isRead(loss) }));
  const keysLost = losses.reduce((sum, loss) => sum + keysOf(loss), 0);
  const readCount = losses.filter((loss) => loss.isRead === true).length;
  const isUnknown = losses.some((loss) => loss.isRead === null);
  const share = keysLost / Math.max(1, keysLost + rebuilt.keyCount);
  const isUnfinished =
    !acceptDirty && way !== 'other-copy' && way !== 'sound' && recovery?.wasDirty && !recovery.isUsable;
  return {
    path,
    way,
    why,
    keyCount: rebuilt.keyCount,
    valueCount: rebuilt.valueCount,
    keysLost,
    ...(start.canStart === 'yes' && readCount > 0
      ? { canStart: 'unknown', canStartWhy: 'its checks read what was lost' }
      : { canStart: start.canStart, canStartWhy: start.why }),
    toAccept: [
      ...(readCount > 0 ? [`${readCount} of its losses are read when Windows starts or somebody logs on`] : []),
      ...(isUnknown ? ['no volume was given, so that it is not known which losses the start of Windows reads'] : []),
      ...(share > MOST_LOST ? [`${(share * 100).toFixed(1)} % of its keys are lost, more than 1 %`] : []),
      ...(isUnfinished ? ['it is dirty and no log completes it, so its last changes are missing'] : []),
    ],
    losses: losses.toSorted((a, b) => Number(b.isRead ?? false) - Number(a.isRead ?? false)),
    foundAgain: rebuilt.foundAgain,
    fixes: rebuilt.fixes,
    sources,
    output,
  };
}

function keysOf({ what, count }: Loss): number {
  if (what === 'key') return 1;
  return what === 'subkeys' ? (count ?? 1) : 0;
}

export function descriptorFindings(file: string, losses: readonly Loss[]): Finding[] {
  return losses
    .filter(({ what }) => what === 'descriptor')
    .map(({ path, why }) => ({
      code: 'DESCRIPTOR_REPLACED',
      severity: 'warning',
      where: { file, key: formatKeyPath(path) },
      text: `the security descriptor of ${formatKeyPath(path) || 'the root key'} was replaced: ${why}`,
    }));
}
