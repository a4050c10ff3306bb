// A store that lies on another disk than Windows: with Windows' own entry in it, it starts this machine; without, it may be
// another machine's.

import { isSamePartition } from '../bcd/device.ts';
import type { BootPlace, StoreSeen } from './view.ts';

/** For certain; false where the partition of the store or the table of Windows' disk is not known. */
export function liesApart({ partitions }: BootPlace, { partition = null }: StoreSeen): boolean {
  return partition !== null && partitions !== null && !partitions.some((one) => isSamePartition(one, partition));
}
