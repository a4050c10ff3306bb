// What a commit leaves when nothing goes wrong, and what it refuses.

import { describe, expect, it } from 'vitest';
import { commit } from '../../src/commit/commit.ts';
import { findJournals, finishUndo, forget, journalPosition, undo } from '../../src/commit/undo.ts';
import { judge } from '../judge/judge.ts';
import { commitRow, contentOf, diskOf, hostOf, ID, ROOT, ROWS, requestOf, VOLUME } from './rows.ts';

describe.each(ROWS)('$name', (row) => {
  it('commits, is clean, reads as the new tree, and undo gives every byte back', () => {
    const disk = diskOf(row);
    const original = contentOf(disk);
    const result = commitRow(row, disk);
    expect(result.findings.map(({ code }) => code)).toEqual(row.isLoud ? ['NO_LOG_PROTECTION'] : []);
    const committed = contentOf(disk);
    expect(committed).not.toBe(original);
    for (const hive of row.hives) {
      const logs = Object.keys(hive.logs).map((ending) => ({ name: ending, bytes: disk.get(hive.path + ending)! }));
      const verdict = judge(disk.get(hive.path)!, logs);
      expect(verdict.kind).toBe('clean');
      if (verdict.kind === 'clean') expect(Buffer.from(verdict.bins).equals(hive.newBins)).toBe(true);
    }
    const host = hostOf(disk, 'boot-1');
    const [journal] = findJournals(host, [ROOT]);
    expect(journal).toMatchObject({ id: ID, state: 'done', isUnfinished: false });
    const volumes = requestOf(row, disk).volumes;
    expect(journalPosition(host, journal!, volumes)).toEqual({ position: 'complete', names: [] });
    expect(finishUndo(host, journal!, volumes).files).toEqual([]);
    expect(undo(host, journal!, volumes).outcome).toBe('restored');
    expect(contentOf(disk)).toBe(original);
    const [undone] = findJournals(host, [ROOT]);
    expect(undone).toMatchObject({ state: 'undone', isUnfinished: false });
    expect(undo(host, undone!, volumes).files).toEqual([]);
    forget(host, undone!);
    expect(findJournals(host, [ROOT])).toEqual([]);
    expect(disk.files().has(`${ROOT}/lock`)).toBe(false);
    expect(disk.get(`${VOLUME}/other.txt`)).toEqual(new Uint8Array([1]));
    void commit;
  });
});
