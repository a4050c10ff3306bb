// The moments of a hive's history that its file and logs tell.

import { KEY_WRITTEN, type TimelineEvent } from '../formats/lines/timeline.ts';
import type { HiveSource } from '../hive/open.ts';
import { type EntryChange, logTimeline } from '../regf/logs/changes.ts';
import { filteredKeys, type KeyFilter, keyTest } from '../registry/key-filter.ts';

/**
 * Each key's last-written time, in the order of a walk; then what each log entry changed, at the latest time that it
 * wrote in a key (log entries bear none of their own). A raw view has no log entries.
 */
export function* timelineEvents(source: HiveSource, filter: KeyFilter): Iterable<TimelineEvent> {
  for (const key of filteredKeys(source.hive, filter)) {
    yield {
      source: source.path,
      at: key.lastWritten,
      path: key.path,
      what: KEY_WRITTEN,
      cellOffset: key.cellOffset,
      detail: '',
    };
  }
  if (source.hive.view === 'recovered') yield* logEvents(source, filter);
}

function* logEvents(source: HiveSource, filter: KeyFilter): Iterable<TimelineEvent> {
  const passes = keyTest(filter);
  for (const entry of logTimeline(source.path, source.original, source.logs)) {
    const at = entry.latestKeyTime;
    if (at === null) continue;
    for (const change of entry.changes ?? []) {
      const isTooDeep = filter.depth !== undefined && change.path.length > filter.depth;
      if (isTooDeep || !passes({ path: change.path, lastWritten: at })) continue;
      yield {
        source: source.path,
        at,
        path: change.path,
        what: `Transaction log entry ${entry.sequence} of ${entry.log}`,
        cellOffset: null,
        detail: changeText(change),
      };
    }
  }
}

/** 'set-value Start'; the default value is '(Default)'. */
export function changeText(change: EntryChange): string {
  return 'name' in change ? `${change.op} ${change.name === '' ? '(Default)' : change.name}` : change.op;
}
