// Edits in order, cut where the target changes, so that each run is applied in one batch.

import type { Edit, HiveEdit, VolumeEdit } from './edit.ts';

/** Consecutive edits of one hive, or (`hive` null) of the volume. */
export type EditRun =
  | { readonly hive: string; readonly edits: HiveEdit[] }
  | { readonly hive: null; readonly edits: VolumeEdit[] };

export function runsOfOneTarget(edits: readonly Edit[]): EditRun[] {
  const runs: EditRun[] = [];
  for (const edit of edits) {
    const last = runs.at(-1);
    if ('key' in edit) {
      if (last && last.hive === edit.key.hive) last.edits.push(edit);
      else runs.push({ hive: edit.key.hive, edits: [edit] });
    } else if (last && last.hive === null) last.edits.push(edit);
    else runs.push({ hive: null, edits: [edit] });
  }
  return runs;
}
