// A SYSTEM hive as a machine that lost power leaves it: the primary half written, and its last changes in the logs.

import { concatBytes } from '../../src/base/bytes.ts';
import { differingRuns } from '../../src/commit/order/page-runs.ts';
import { encodeBaseBlock, FILE_TYPE, HEADER_SIZE_BYTES } from '../../src/regf/base-block.ts';
import { encodeHvleEntry, encodeHvleLog, hvleEntrySizeBytes, type PageData } from '../../src/regf/logs/log.ts';
import type { HiveEdit } from '../../src/registry/edit.ts';
import { WorkingHive } from '../../src/registry/working/working-hive.ts';
import { buildFixture, FIXTURE_FILETIME, fixtureEngine } from '../fixture-hives.ts';

export interface DirtySystem {
  /** What lies on the disk: the primary with torn pages, LOG1 with entry 5, LOG2 with 6 and 7. */
  readonly primary: Uint8Array;
  readonly log1: Uint8Array;
  readonly log2: Uint8Array;
  /** What Windows would load: all three entries replayed. */
  readonly recovered: Uint8Array;
}

/** A key that only the logs know, and how many values lie in it. */
export const LOGGED_KEY = ['ControlSet001', 'Services', 'OnlyInTheLog'];
export const LOGGED_VALUES = 300;

const key = (...path: string[]) => ({ hive: 'SYSTEM', path });
const value = (text: string) => ({
  type: 1,
  hex: [...text, '\0'].map((c) => `${c.charCodeAt(0).toString(16).padStart(2, '0')}00`).join(''),
});

/** What was changed, entry by entry; the second makes the hive grow, the third switches RDP off once more. */
const ROUNDS: readonly (readonly HiveEdit[])[] = [
  [{ op: 'create-key', key: key(...LOGGED_KEY) }],
  Array.from({ length: LOGGED_VALUES }, (_, index) => ({
    op: 'set-value' as const,
    key: key(...LOGGED_KEY),
    name: `Value${index}`,
    value: value(`what the log alone holds, number ${index}`),
  })),
  [
    {
      op: 'set-value',
      key: key('ControlSet001', 'Control', 'Terminal Server'),
      name: 'fDenyTSConnections',
      value: { type: 4, hex: '01000000' },
    },
    { op: 'set-value', key: key(...LOGGED_KEY), name: 'Last', value: value('the end') },
  ],
];

const FIRST_SEQUENCE = 5;

export function dirtySystem(): DirtySystem {
  const images = [buildFixture('SYSTEM-broken')];
  using working = WorkingHive.open(fixtureEngine(), 'SYSTEM', { image: images[0]!, view: 'primary' });
  for (const [index, edits] of ROUNDS.entries()) {
    working.apply(edits, FIXTURE_FILETIME + BigInt(index + 1));
    images.push(working.image());
  }
  const entries = ROUNDS.map((_, index) => entryOf(images[index]!, images[index + 1]!, FIRST_SEQUENCE + index));
  const [first, second, third] = entries as [Entry, Entry, Entry];
  const log2 = encodeHvleLog(logHeader(images[2]!, second.sequence), second);
  const sizeBytes = hvleEntrySizeBytes(log2.byteLength, third.pages);
  return {
    primary: halfWritten(images[0]!, images[1]!),
    log1: encodeHvleLog(logHeader(images[1]!, first.sequence), first),
    log2: concatBytes(log2, encodeHvleEntry({ ...third, sizeBytes })),
    recovered: images[3]!,
  };
}

interface Entry {
  readonly sequence: number;
  readonly flags: number;
  readonly binsSizeBytes: number;
  readonly pages: readonly PageData[];
}

function entryOf(before: Uint8Array, after: Uint8Array, sequence: number): Entry {
  const longest = Math.max(before.byteLength, after.byteLength);
  const pages = differingRuns(before, after, 4096, longest).map(([start, end]) => ({
    offset: start - 4096,
    bytes: after.subarray(start, end),
  }));
  return { sequence, flags: 0, binsSizeBytes: after.byteLength - 4096, pages };
}

function logHeader(image: Uint8Array, sequence: number): Uint8Array {
  return encodeBaseBlock(image.subarray(0, HEADER_SIZE_BYTES), {
    primarySequence: sequence,
    secondarySequence: sequence,
    fileType: FILE_TYPE.logHvle,
  });
}

/** Dirty, with the first sector of every page that the first round changed. */
function halfWritten(before: Uint8Array, after: Uint8Array): Uint8Array {
  const primary = before.slice();
  for (const [start, end] of differingRuns(before, after, 4096, before.byteLength)) {
    for (let page = start; page < end; page += 4096) primary.set(after.subarray(page, page + 512), page);
  }
  primary.set(
    encodeBaseBlock(primary.subarray(0, HEADER_SIZE_BYTES), {
      primarySequence: FIRST_SEQUENCE + 1,
      secondarySequence: FIRST_SEQUENCE,
    }),
  );
  return primary;
}
