// Which order a hive gets, and what none is found for.

import { describe, expect, it } from 'vitest';
import { HivemendError } from '../../../src/base/errors.ts';
import { type HiveOrder, planHive } from '../../../src/commit/order/hive-order.ts';
import type { HiveTarget } from '../../../src/commit/request.ts';
import { makeBins, makeHive, makeHvleLog, PAGE } from '../../judge/synthetic-hive.ts';
import { diskOf, ROWS, type Row, requestOf } from '../rows.ts';
import { ODD_ROWS, ROWS_WITHOUT_LOGS } from '../rows-without-logs.ts';

const STAMP = 132_000_000_000_000_000n;

function targetOf(name: string): HiveTarget {
  const row: Row = [...ROWS, ...ROWS_WITHOUT_LOGS, ...ODD_ROWS].find((each) => each.name === name)!;
  return requestOf(row, diskOf(row)).targets[0] as HiveTarget;
}

function codeOf(action: () => HiveOrder): string {
  try {
    return action().protocol;
  } catch (error) {
    if (error instanceof HivemendError) return error.code;
    throw error;
  }
}

function stagesOf(order: HiveOrder): Set<string> {
  return new Set(order.files.flatMap(({ steps }) => steps.map(([stage]) => stage)));
}

describe('the order', () => {
  it.each([
    ['HvLE, clean, two logs', 'hvle'],
    ['DIRT, clean, LOG1', 'dirt'],
    ['DIRT and HvLE, clean', 'hvle'],
    ['no logs, clean', 'no-logs'],
    ['dirty, log too old, accepted', 'no-logs'],
    ['replaced, clean, two logs', 'no-logs'],
    ['cannot grow, the log is too small', 'no-logs'],
    ['cannot grow, the log has room', 'hvle'],
  ])('of "%s" is %s', (name, protocol) => {
    expect(planHive(targetOf(name)).protocol).toBe(protocol);
  });

  it('on FAT relies on no log', () => {
    expect(planHive(targetOf('HvLE, clean, two logs'), true).protocol).toBe('no-logs');
  });

  it('takes every filled log away first, one after the other', () => {
    const order = planHive(targetOf('replaced, clean, DIRT and HvLE'));
    const zeroed = order.files.flatMap(({ log, steps }) => steps.map(([stage]) => `${log?.name} ${stage}`));
    expect(zeroed.filter((each) => each.includes('zeroed'))).toHaveLength(3);
    expect([...stagesOf(order)].filter((each) => each.startsWith('zeroed'))).toHaveLength(3);
  });

  it('takes a log away that a torn header would bring into play, before the first page', () => {
    expect(stagesOf(planHive(targetOf('HvLE, dirty, a later log behind a gap')))).toContain('stray-log');
    expect(stagesOf(planHive(targetOf('HvLE, dirty, two logs')))).not.toContain('stray-log');
  });

  it('says what it risks', () => {
    expect(planHive(targetOf('replaced, clean, no log')).finding?.code).toBe('NO_LOG_PROTECTION');
    expect(planHive(targetOf('HvLE, clean, two logs')).finding).toBeNull();
  });
});

describe('refused', () => {
  it('where a file that cannot grow would have to', () => {
    expect(codeOf(() => planHive({ ...targetOf('HvLE, clean, growth'), isFixedSize: true }))).toBe('LIMIT');
    expect(codeOf(() => planHive({ ...targetOf('HvLE, dirty, the log grows it already'), isFixedSize: true }))).toBe(
      'LIMIT',
    );
  });

  it('where a dirty hive is not accepted', () => {
    const { acceptDirty: _, ...target } = targetOf('replaced, accepted, a log too old');
    expect(codeOf(() => planHive(target))).toBe('DIRTY_HIVE');
    const { acceptDirty: __, ...headless } = targetOf('replaced, what lies there is no hive');
    expect(codeOf(() => planHive(headless))).toBe('DIRTY_HIVE');
  });

  it('where every order of taking logs away lets another begin to apply', () => {
    const target = targetOf('accepted, two logs that do not apply');
    const bins = makeBins([7, 8, 9, 10], STAMP);
    // Two logs that both begin at the number that counts, the longer one torn: each applies as soon as the other is gone.
    const whole = makeHvleLog(7, [{ bins, pages: [1] }]);
    const other = makeHvleLog(7, [{ bins: makeBins([17, 18, 19, 20], STAMP), pages: [2] }]);
    const logs = [whole, other].map((bytes, index) => ({ ...target.logs[index]!, bytes }));
    const first = { ...target, logs };
    expect(codeOf(() => planHive(first))).toBe('DIRTY_HIVE');
  });

  it('where the numbers come to an end', () => {
    const target = targetOf('HvLE, the last number that may be');
    const sequence = 2 ** 31 - 1;
    const original = makeHive({ first: sequence, second: sequence, stamp: STAMP }, makeBins([1, 2, 3, 4], STAMP));
    expect(codeOf(() => planHive({ ...target, original }))).toBe('LIMIT');
  });

  it('where the root of the old hive would show another key of the new one', () => {
    const target = targetOf('replaced, a root in the second page');
    const result = target.result.slice();
    result.set([0x6e, 0x6b], PAGE + 36);
    expect(codeOf(() => planHive({ ...target, result }))).toBe('LIMIT');
  });
});
