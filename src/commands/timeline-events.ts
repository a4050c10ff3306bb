// The moments of a hive's history that its file and logs tell.

import { filteredKeys, type KeyFilter } from '../formats/key-filter.ts';
import { KEY_WRITTEN, type TimelineEvent } from '../formats/timeline.ts';
import type { HiveSource } from './hive-source.ts';

/** Each key's last-written time, in the order of a walk; then what each log entry changed. */
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
}
