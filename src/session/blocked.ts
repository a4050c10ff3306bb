// What would refuse a repair now: told without opening anything for writing.

import { HivemendError } from '../base/errors.ts';
import { type Way, waysOf } from '../base/ways.ts';
import { refusalOf, whyNotWritable } from '../disk/writable.ts';
import type { MachineDiagnosis } from '../repairs/diagnose.ts';
import type { MachineView } from '../repairs/view.ts';
import type { Session } from './session.ts';

/** The first hive that repair would refuse: SYSTEM, which it always reads, or one that the plan changes. */
export function refusedHive(view: MachineView, { plan }: MachineDiagnosis): string | null {
  const needed = new Set(['SYSTEM', ...plan.edits.flatMap(({ edit }) => ('key' in edit ? [edit.key.hive] : []))]);
  const bad = view.hives.filter(
    ({ isUsable, damage = [], isLayered }) => !isUsable || damage.length > 0 || isLayered === true,
  );
  if (view.system.reader !== 'engine' || view.machine.controlSets.length === 0) return 'SYSTEM';
  return bad.find(({ hive }) => needed.has(hive))?.hive ?? null;
}

/** What would refuse a repair now, and what to do about it. */
interface Blocked {
  readonly why: string;
  readonly ways: readonly Way[];
}

/** `refused`: a hive that no repair edits as it is. Null: nothing is known to refuse it. */
export function whyBlocked(
  session: Session,
  view: MachineView,
  { plan }: MachineDiagnosis,
  refused: string | null,
): Blocked | null {
  const changed = new Set(plan.edits.flatMap(({ edit }) => ('key' in edit ? [edit.key.hive] : [])));
  if (session.locked) return { why: session.locked.refusal.message, ways: waysOf(session.locked.refusal) };
  if (refused !== null) {
    const hive = view.hives.find((one) => one.hive === refused);
    const isDirty = hive?.wasDirty && !hive.isUsable;
    const why = hive?.isLayered
      ? `${refused} is a layer of a container image (version 1.6), which is read and not edited.`
      : isDirty
        ? `${refused} is dirty and no log completes it (--accept-dirty edits it as it lies).`
        : `${refused} is damaged or of a kind that is not edited.`;
    return { why, ways: [] };
  }
  for (const volume of session.volumes) {
    const files = view.hives.map(({ file }) => file).filter((file) => file.startsWith(volume.root));
    if (files.length === 0) continue;
    if (session.attached.owns(volume.root)) {
      const edited = view.hives.filter(({ hive, file }) => changed.has(hive) && files.includes(file));
      const refusal =
        session.attached.whyNotWritable(files) ?? session.attached.whyNotInPlace(edited.map(({ file }) => file));
      if (refusal) return { why: refusal.message, ways: refusal instanceof HivemendError ? waysOf(refusal) : [] };
      continue;
    }
    const { liveWindows, style } = session.host;
    // No file is named: whether one may be written is tried by opening it for that, and diagnose opens nothing so. The
    // rights of a file are asked for without.
    const refusal =
      whyNotWritable(session.host.fs, volume, { files: [], liveWindows, style }) ??
      view.hives
        .filter(({ hive, file }) => changed.has(hive) && files.includes(file))
        .map(({ file }) => refusalOf(session.host.writeError(file), file, style))
        .find((one) => one !== null);
    if (refusal) return { why: refusal.message, ways: waysOf(refusal) };
  }
  return null;
}
