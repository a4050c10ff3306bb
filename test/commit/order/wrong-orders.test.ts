// The cut tests must be able to fail: orders of writes that lose data are walked with the same steps, and caught.

import { expect, it } from 'vitest';
import { planCommit } from '../../../src/commit/order/plan.ts';
import { type Stage, StageWriter } from '../../../src/commit/order/stage.ts';
import { randomFrom, seeHive, withCuts } from '../cuts.ts';
import { diskOf, hostOf, ROWS, requestOf } from '../rows.ts';
import { ROWS_WITHOUT_LOGS } from '../rows-without-logs.ts';

/** Walks the stages of a row's commit in another order; throws where a cut shows a wrong tree. */
function walk(name: string, reorder: (stages: readonly Stage[]) => readonly Stage[]): void {
  const row = [...ROWS, ...ROWS_WITHOUT_LOGS].find((each) => each.name === name)!;
  const disk = diskOf(row);
  const host = hostOf(disk, 'boot-1');
  const { journal, paths } = planCommit(host, requestOf(row, disk));
  const writer = new StageWriter(host, paths);
  const action = (): void => {
    for (const stage of reorder(journal.stages)) writer.apply(stage);
  };
  withCuts(disk, action, { random: randomFrom(1), subsets: 20 }, (after) => {
    for (const hive of row.hives) seeHive(row, hive, after);
  });
}

const without =
  (...names: string[]) =>
  (stages: readonly Stage[]): Stage[] =>
    stages.filter(({ name }) => !names.includes(name));
const first =
  (...names: string[]) =>
  (stages: readonly Stage[]): Stage[] => [
    ...names.map((name) => stages.find((stage) => stage.name === name)!),
    ...without(...names)(stages),
  ];
const swapped =
  (a: string, b: string) =>
  (stages: readonly Stage[]): Stage[] => {
    const other = (name: string): string => (name === a ? b : name === b ? a : name);
    return stages.map(({ name }) => stages.find((stage) => stage.name === other(name))!);
  };
/** All stages as one, with a single sync at the end. */
const unsynced = (stages: readonly Stage[]): Stage[] => [
  { name: 'pages', steps: stages.flatMap(({ steps }) => [...steps]) },
];

it('the right order passes', () => {
  walk('HvLE, clean, two logs', (stages) => stages);
  walk('HvLE, dirty, two logs', (stages) => stages);
  walk('DIRT, dirty, growth', (stages) => stages);
  walk('replaced, dirty, two logs', (stages) => stages);
});

it.each([
  ['HvLE, clean, two logs', 'no sync between the stages', unsynced],
  ['HvLE, clean, two logs', 'no log entry', without('logs')],
  ['HvLE, clean, two logs', 'header dirty before the logs', first('dirty-header')],
  ['HvLE, clean, two logs', 'pages before the header is dirty', first('pages')],
  ['HvLE, clean, growth', 'header clean before the pages', first('extend', 'logs', 'clean-header')],
  ['HvLE, dirty, two logs', 'logs of a dirty hive overwritten', first('logs')],
  ['HvLE, dirty, two logs', 'recovered header before its pages', first('recovered-header')],
  ['HvLE, bad checksum, one log', 'a bad header repaired before the pages', first('recovered-header')],
  ['HvLE, clean, stale DIRT log beside', 'no sync between the stages', unsynced],
  ['DIRT, dirty, LOG1', 'the one log overwritten while the hive is dirty', first('logs')],
  ['DIRT, clean, two logs', 'header dirty before the log', first('dirty-header')],
  ['replaced, clean, two logs', 'no sync between the stages', unsynced],
  ['replaced, clean, two logs', 'no sector is locked', without('lock', 'unlock')],
  ['replaced, clean, two logs', 'pages before the lock', first('dirty-header', 'pages')],
  ['replaced, clean, two logs', 'pages before the header is dirty', first('pages')],
  ['replaced, clean, DIRT', 'a log that applies is left', without('zeroed-log-1', 'zeroed-log-2')],
  ['replaced, clean, DIRT', 'header dirty before the logs are gone', first('dirty-header')],
  ['replaced, clean, growth', 'header clean before the pages', first('extend', 'clean-header')],
  ['replaced, dirty, two logs', 'the logs of a dirty hive taken away', first('zeroed-log-1', 'zeroed-log-2')],
  ['accepted, two logs that do not apply', 'the lower log taken away first', swapped('zeroed-log-1', 'zeroed-log-2')],
  ['no logs, clean', 'no sector is locked', without('lock', 'unlock')],
] as const)('%s: %s is caught', (name, _what, reorder) => {
  expect(() => walk(name, reorder)).toThrow(/neither the old nor the new|can load the hive|another tree|disagree/);
});
