// What a commit of many files, its undo and the look at its journal cost: file operations, which twice as many files double.

import { expect, it } from 'vitest';
import { commitTargets } from '../../src/commit/commit.ts';
import { findJournals, journalPosition } from '../../src/commit/journal/journals.ts';
import { undo } from '../../src/commit/undo.ts';
import { Disk } from './disk-simulator.ts';
import { diskOf, hostOf, ROOT, ROWS, requestOf, VOLUME } from './rows.ts';

interface Costs {
  readonly commit: number;
  readonly look: number;
  readonly undo: number;
}

function costs(count: number): Costs {
  const { volumes, texts } = requestOf(ROWS[0]!, diskOf(ROWS[0]!));
  const disk = new Disk();
  const [before, after] = [new Uint8Array(600).fill(1), new Uint8Array(600).fill(2)];
  const paths = Array.from({ length: count }, (_, index) => `${VOLUME}/files/${index}`);
  for (const path of paths) disk.put(path, before);
  const host = hostOf(disk, 'boot-1');
  const spent = (work: () => void): number => {
    const { operations } = disk;
    work();
    return disk.operations - operations;
  };
  const targets = paths.map((path) => ({ kind: 'file', path, before, after }) as const);
  const commit = spent(() => {
    commitTargets(host, { id: 'A', journalRoot: ROOT, journalKind: 'volume', volumes, texts, targets });
  });
  const [journal] = findJournals(host, [ROOT]);
  const look = spent(() => void journalPosition(host, journal!, volumes));
  const undone = spent(() => void undo(host, journal!, volumes));
  expect(paths.every((path) => disk.get(path)![0] === 1)).toBe(true);
  return { commit, look, undo: undone };
}

it('commit, the look at the journal, undo', () => {
  const [some, more] = [costs(60), costs(120)];
  for (const part of ['commit', 'look', 'undo'] as const) {
    expect(more[part], `${part}: ${some[part]}, ${more[part]}`).toBeLessThanOrEqual(2 * some[part]);
    expect(some[part]).toBeGreaterThan(60);
  }
});
