// Power is lost after every operation of a commit and of an undo, for every row. What is unsynced then is dropped, kept,
// kept alone, or torn at sectors; each disk that this leaves is read by the judge, by our recovery and, where its header
// is clean, by a plain reader, and is then started anew. The deep tier tries random subsets too.

import { afterAll, describe, expect, it } from 'vitest';
import { findJournals } from '../../src/commit/journal/journals.ts';
import { undo } from '../../src/commit/undo.ts';
import { isDeep, seedOr } from '../deep.ts';
import { judgeState, newTally, randomFrom, type Tally, tableOf, withCuts } from './cuts.ts';
import { commitRow, contentOf, diskOf, hostOf, ROOT, type Row, requestOf } from './rows.ts';

const seed = seedOr(20_260_102);
const subsets = isDeep ? 150 : 0;

export function describeCuts(title: string, rows: readonly Row[]): void {
  const tallies: Tally[] = [];
  afterAll(() => {
    process.stdout.write(
      `\n${title}: power cuts, seed ${seed} (HIVEMEND_SEED), ${subsets} random subsets a cut\n${tableOf(tallies)}\n`,
    );
  });

  describe.each(rows)('$name', (row) => {
    it.each(['commit', 'undo'] as const)(
      'a cut in the %s leaves the old or the new tree, and the next start ends it',
      { timeout: isDeep ? 3_600_000 : 60_000 },
      (run) => {
        const random = randomFrom(seed);
        const disk = diskOf(row);
        const original = contentOf(disk);
        const done = diskOf(row);
        commitRow(row, done);
        const committed = contentOf(done);
        const tally = newTally(row.name, run);
        const start = run === 'commit' ? disk : done;
        const action = (): void => {
          if (run === 'commit') commitRow(row, start);
          else
            undo(
              hostOf(start, 'boot-1'),
              findJournals(hostOf(start, 'boot-1'), [ROOT])[0]!,
              requestOf(row, start).volumes,
            );
        };
        tally.cutPoints = withCuts(start, action, { random, subsets }, (after) =>
          judgeState(row, after, original, committed, run, tally),
        );
        tallies.push(tally);
        expect(contentOf(start)).toBe(run === 'commit' ? committed : original);
        expect(tally.old + tally.new + tally.refused).toBe(tally.states * row.hives.length);
        if (!row.isLoud) expect(tally.refused).toBe(0);
        if (row.hives.length > 0) expect(tally.new).toBeGreaterThan(0);
        // A hive that was dirty and is accepted as it lies was refused before; one that is only recovered has but one tree.
        if (row.hives.some(({ acceptDirty, oldBins, newBins }) => !acceptDirty && oldBins !== newBins)) {
          expect(tally.old).toBeGreaterThan(0);
        }
        expect(tally.undone).toBeGreaterThan(0);
      },
    );
  });
}
