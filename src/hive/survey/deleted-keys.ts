// Deleted records, which a rebuild keeps only when that is asked for: below a key of their own, never where they were, since
// what somebody deleted may be what Windows must not find.

import { append } from '../../base/lists.ts';
import { upcase } from '../../base/text.ts';
import { type DeletedKey, type DeletedValue, deletedRecords } from '../../regf/deleted/deleted-records.ts';
import { MAX_KEY_NAME_UNITS } from '../../regf/layout.ts';
import type { FoundAgain } from './losses.ts';
import { emptyKey, NO_CELL, pathOf, type ReadKey } from './read-key.ts';
import type { ReadValue } from './records.ts';
import type { Survey } from './survey.ts';

/** The key that deleted records are put below, each under its name and the number of its cell. */
export const DELETED_NAME = 'hivemend-deleted';

/**
 * The survey with the deleted keys and values of `image` (under a base block that can be read) that are plausible and
 * whole; itself where there are none.
 */
export function withDeleted(survey: Survey, image: Uint8Array, file: string): Survey {
  const home = { ...emptyKey(survey.root ?? emptyKey(null)), name: DELETED_NAME };
  const foundAgain: FoundAgain[] = [];
  for (const record of deletedRecords(image, file)) {
    if (record.confidence === 'low') continue;
    const { cellOffset, confidence } = record;
    if (record.kind === 'value') {
      const values = readValues([record], (value) => `${cellOffset} ${value.name}`);
      if (values.length === 0) continue;
      append(home.values, values);
      const of = record.key === null ? 'a key that is not known' : `\\${record.key.join('\\')}`;
      foundAgain.push({ cellOffset, path: pathOf(home), why: `a deleted value of ${of} (confidence ${confidence})` });
      continue;
    }
    const key = readKey(record, home);
    home.subkeys.push(key);
    const why = `a deleted key, once \\${record.path.join('\\')} (confidence ${confidence})`;
    foundAgain.push({ cellOffset, path: pathOf(key), why });
  }
  if (foundAgain.length === 0) return survey;
  foundAgain.push({ cellOffset: NO_CELL, path: pathOf(home), why: 'made for deleted records, which were asked for' });
  const valueCount = home.subkeys.reduce((sum, { values }) => sum + values.length, home.values.length);
  return {
    ...survey,
    topLevel: [...survey.topLevel, home],
    keyCount: survey.keyCount + 1 + home.subkeys.length,
    valueCount: survey.valueCount + valueCount,
    foundAgain: [...survey.foundAgain, ...foundAgain],
  };
}

function readKey({ cellOffset, name, lastWritten, values }: DeletedKey, home: ReadKey): ReadKey {
  return {
    ...emptyKey(home),
    name: `${cellOffset} ${name.replaceAll('\\', '_')}`.slice(0, MAX_KEY_NAME_UNITS),
    lastWritten,
    values: readValues(values, (value) => value.name),
  };
}

/** Those whose data are there, each name once. */
function readValues(values: readonly DeletedValue[], nameOf: (value: DeletedValue) => string): ReadValue[] {
  const names = new Set<string>();
  return values.flatMap((value) => {
    const name = nameOf(value);
    if (value.data === null || names.has(upcase(name))) return [];
    names.add(upcase(name));
    const { cellOffset, type, data } = value;
    return [{ cellOffset, name, type, flags: 0, data, dataCells: [], isMisplaced: false, isShared: false }];
  });
}
