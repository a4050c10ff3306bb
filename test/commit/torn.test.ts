// Writes that are torn inside a sector, at byte 256: undo refuses what it cannot tell, and --partial takes it back, where
// every word is one of two and nothing else has changed.

import { expect, it } from 'vitest';
import { HivemendError } from '../../src/base/errors.ts';
import { findJournals } from '../../src/commit/journal/journals.ts';
import { undo, undoPartial } from '../../src/commit/undo.ts';
import { randomFrom, withCuts } from './cuts.ts';
import { commitRow, contentOf, diskOf, hostOf, ROOT, ROWS, type Row, requestOf, SYSTEM } from './rows.ts';
import { ROWS_WITHOUT_LOGS } from './rows-without-logs.ts';

const NAMES = ['HvLE, dirty, two logs', 'DIRT, clean, LOG1', 'no logs, clean', 'replaced, clean, two logs'];
const rows = NAMES.map((name) => [...ROWS, ...ROWS_WITHOUT_LOGS].find((row) => row.name === name)!);

function attempt(action: () => unknown): string {
  try {
    action();
    return 'done';
  } catch (error) {
    if (error instanceof HivemendError) return error.code;
    throw error;
  }
}

it.each(rows)('$name, torn at 256 bytes', (plain: Row) => {
  const row = { ...plain, sectorSizeBytes: 256 };
  const start = diskOf(row);
  const original = contentOf(start);
  const counts = { undone: 0, partly: 0 };
  withCuts(
    start,
    () => commitRow(row, start),
    { random: randomFrom(7), subsets: 2 },
    (after) => {
      const host = hostOf(after, 'boot-2');
      const [journal] = findJournals(host, [ROOT]);
      if (!journal?.isUnfinished || journal.problem !== null) return;
      const { volumes } = requestOf(row, after);
      const before = contentOf(after);
      if (attempt(() => undo(host, journal, volumes)) === 'done') counts.undone += 1;
      else {
        expect(contentOf(after)).toBe(before);
        expect(attempt(() => undoPartial(host, journal, volumes))).toBe('done');
        counts.partly += 1;
      }
      expect(contentOf(after)).toBe(original);
    },
  );
  process.stdout.write(`${row.name}: ${counts.undone} undone, ${counts.partly} by --partial\n`);
  expect(counts.partly).toBeGreaterThan(0);
});

it('a word that is neither, a byte outside the ranges, or another sequence is not ours', () => {
  const row = rows[2]!;
  for (const at of [4, 5000, 4096 + 3]) {
    const disk = diskOf(row);
    commitRow(row, disk);
    const bytes = disk.get(SYSTEM)!;
    bytes[at] = bytes[at]! ^ 0x40;
    const fd = disk.openSync(SYSTEM, 'r+');
    disk.writeSync(fd, bytes, 0, bytes.byteLength, 0);
    disk.closeSync(fd);
    const host = hostOf(disk, 'boot-2');
    const [journal] = findJournals(host, [ROOT]);
    const before = contentOf(disk);
    expect(attempt(() => undoPartial(host, journal!, requestOf(row, disk).volumes))).toBe('STALE_JOURNAL');
    expect(contentOf(disk)).toBe(before);
  }
});
