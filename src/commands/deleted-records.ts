// Deleted keys and values as the records of JSON lines.

import { FormatError } from '../base/errors.ts';
import type { KeyRecordLine, RemnantRecord, ValueRecordLine } from '../formats/lines/json-records.ts';
import { timeRecord, valueRecord } from '../formats/lines/jsonl.ts';
import type { HiveSource } from '../hive/open.ts';
import { type DeletedKey, type DeletedValue, deletedRecords } from '../regf/deleted/deleted-records.ts';
import { type KeyFilter, keyTest } from '../registry/key-filter.ts';
import { formatKeyPath } from '../registry/path.ts';

/**
 * What can be recovered from the parts of the hive that nothing names. The filter's times hold for keys (and their
 * values), its glob for every record whose path is known; a value that belongs to no known key is given unless a filter
 * is set.
 */
export function* remnantRecords(source: HiveSource, filter: KeyFilter): Iterable<KeyRecordLine | ValueRecordLine> {
  const passes = keyTest(filter);
  const isFiltered = filter.since !== undefined || filter.until !== undefined || filter.match !== undefined;
  const passesPath = keyTest(filter.match === undefined ? {} : { match: filter.match });
  for (const record of deletedRecords(source.recovery.image, source.path)) {
    if (filter.depth !== undefined && (pathOf(record)?.length ?? 0) > filter.depth) continue;
    if (record.kind === 'key') {
      if (passes(record)) yield* keyRecords(source.path, record);
    } else if (record.key === null ? !isFiltered : passesPath({ path: record.key, lastWritten: 0n })) {
      yield deletedValue(source.path, record, record.key, null);
    }
  }
}

function pathOf(record: DeletedKey | DeletedValue): readonly string[] | null {
  return record.kind === 'key' ? record.path : record.key;
}

function* keyRecords(source: string, key: DeletedKey): Iterable<KeyRecordLine | ValueRecordLine> {
  yield {
    record: 'key',
    source,
    path: formatKeyPath(key.path),
    name: key.name,
    lastWritten: timeRecord(key.lastWritten),
    className: null,
    sddl: null,
    flags: null,
    subkeys: null,
    values: key.values.length,
    cellOffset: key.cellOffset,
    remnant: { confidence: key.confidence, isPathWhole: key.isPathWhole },
  };
  for (const value of key.values) yield deletedValue(source, value, key.path, key);
}

function deletedValue(
  source: string,
  value: DeletedValue,
  path: readonly string[] | null,
  key: DeletedKey | null,
): ValueRecordLine {
  const remnant: RemnantRecord = { confidence: value.confidence, isPathWhole: key?.isPathWhole ?? path !== null };
  const readable = {
    name: value.name,
    type: value.type,
    cellOffset: value.cellOffset,
    data: (): Uint8Array => {
      if (value.data !== null) return value.data;
      throw new FormatError('BAD_CELL', `the data of the deleted value at ${value.cellOffset} were written over`);
    },
  };
  return valueRecord(readable, {
    source,
    path: path === null ? null : formatKeyPath(path),
    lastWritten: key === null ? null : timeRecord(key.lastWritten),
    remnant,
  });
}
