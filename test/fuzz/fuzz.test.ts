// Hostile input of every kind, by seed. HIVEMEND_FUZZ_CASES, _SECONDS, _SEED and _ONLY say how many, how long, from
// which seed and which targets; `npm run fuzz` sets them.

import { expect, it } from 'vitest';
import { isDeep, seedOr } from '../deep.ts';
import { copiedAndUndone } from './copy-target.ts';
import { damagedStore, editDamaged, readHives, readLogs } from './hive-targets.ts';
import { damagedJournal, damagedReport, rescueDamaged } from './journal-targets.ts';
import { type FuzzTarget, fuzz, tableOf } from './runner.ts';
import {
  damagedBytes,
  damagedDescriptor,
  damagedLines,
  damagedPlan,
  damagedRegFile,
  damagedRunbook,
  damagedXml,
} from './text-targets.ts';

/** Shares are such that no kind takes much more of the time than another. */
const TARGETS: readonly FuzzTarget[] = [
  { name: 'hives', share: 6, run: readHives },
  { name: 'logs', share: 4, run: readLogs },
  { name: 'hives, edited', share: 12, run: editDamaged },
  { name: 'boot stores', share: 6, run: damagedStore },
  { name: 'copied and undone', share: 3, run: copiedAndUndone },
  { name: 'a whole rescue', share: 1, run: rescueDamaged },
  { name: 'journals', share: 16, run: damagedJournal },
  { name: 'undo by values', share: 2, run: damagedReport },
  { name: 'saved plans', share: 5, run: damagedPlan },
  { name: '.reg files', share: 30, run: damagedRegFile },
  { name: 'XML', share: 30, run: damagedXml },
  { name: 'descriptors', share: 100, run: damagedDescriptor },
  { name: 'runbooks', share: 60, run: damagedRunbook },
  { name: 'command lines', share: 120, run: damagedLines },
  { name: 'small binary formats', share: 60, run: damagedBytes },
];

const seed = Number(process.env.HIVEMEND_FUZZ_SEED ?? seedOr(20_261_122));
const cases = Number(process.env.HIVEMEND_FUZZ_CASES ?? (isDeep ? 60_000 : 3000));
const seconds = Number(process.env.HIVEMEND_FUZZ_SECONDS ?? 3600);
const only = process.env.HIVEMEND_FUZZ_ONLY;

it(`${cases} hostile inputs from seed ${seed} are answered or refused with a code`, {
  timeout: cases > 3000 ? 0 : 60_000,
}, () => {
  const targets = TARGETS.filter(({ name }) => only === undefined || name === only);
  expect(targets.length, `targets: ${TARGETS.map(({ name }) => name).join('; ')}`).toBeGreaterThan(0);
  const start = performance.now();
  const result = fuzz(targets, { seed, cases, seconds });
  const { slowest } = result;
  process.stdout.write(
    `\n${result.cases} cases from seed ${seed} in ${Math.round((performance.now() - start) / 1000)} s; slowest ${Math.round(
      slowest.milliseconds,
    )} ms (${slowest.target}, ${slowest.seed}); largest array ${result.largestBytes} bytes\n${tableOf(result)}\n`,
  );
  const told = result.failures.map(
    (failure) => `seed ${failure.seed} and ${failure.times - 1} more, ${failure.target}: ${failure.text}`,
  );
  expect(told.join('\n\n')).toBe('');
  // Refusals and successes occur both: otherwise the faults miss what they aim at.
  if (cases >= 20_000 && only === undefined) {
    for (const [name, counts] of result.outcomes) {
      expect(counts.get('well') ?? 0, name).toBeGreaterThan(result.outcomes.get(name)!.size);
    }
  }
});
