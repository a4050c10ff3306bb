// What lies in the place of a hive, where it is another one.

import type { HiveKind } from '../../hive/kind.ts';
import type { MachineView } from '../view.ts';

/** A user's hive is called by its file. */
export const shownKind = (kind: HiveKind): string => (kind === 'NTUSER' ? 'NTUSER.DAT' : kind);

/** 'SYSTEM is another hive (SOFTWARE). ', where what lies in the place of a hive is told; else ''. */
export function kindText(view: MachineView, hive: string): string {
  const kind = view.hives.find((condition) => condition.hive === hive)?.otherKind;
  return kind === undefined ? '' : `${hive} is another hive (${shownKind(kind)}). `;
}
