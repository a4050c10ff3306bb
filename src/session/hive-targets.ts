// What reports are told of a hive of a session.

import { sha256 } from '../disk/sha256.ts';
import type { OpenHive } from '../hive/open.ts';
import type { DiskPlace, Target } from '../report.ts';

/** Of what was loaded, which nothing writes: every report asks for it. */
const hashes = new WeakMap<OpenHive, string>();

export function originalHash(open: OpenHive): string {
  const known = hashes.get(open) ?? sha256(open.original);
  hashes.set(open, known);
  return known;
}

/** As reports show it; `sha256After` is not known before a commit. */
export function hiveTarget(open: OpenHive, place: DiskPlace | null = null): Target {
  const { name, path, recovery } = open;
  const hash = originalHash(open);
  return {
    kind: 'hive',
    path,
    hive: name,
    sha256Before: hash,
    sha256After: open.isEdited ? null : hash,
    view: recovery.view,
    logEntriesApplied: recovery.entriesApplied,
    ...(place === null ? {} : { place }),
  };
}
