// A store that lacks its boot manager or a loader of this Windows gets the least that a start needs, and loses nothing.

import { describe, expect, it } from 'vitest';
import { BcdStore } from '../../../../src/bcd/store.ts';
import type { HiveEdit } from '../../../../src/registry/edit.ts';
import { diagnoseMachine } from '../../../../src/repairs/diagnose.ts';
import { planOptions, planRepair } from '../../../../src/repairs/plan.ts';
import { profileNamed } from '../../../../src/repairs/profiles.ts';
import type { BootFacts, MachineView } from '../../../../src/repairs/view.ts';
import { bootDisk } from '../../boot-disk.ts';
import { LOADER, WINDOWS_PARTITION } from '../../disks.ts';

const BOOTMGR = '{9dea862c-5cdd-4e70-acc1-f32b344d4795}';
const ESP = { ...WINDOWS_PARTITION, partitionGuid: '{a1b2c3d4-0000-4000-8000-0000000000e5}' };
const BOOT = planOptions(profileNamed('boot'), {});
const ONLY = planOptions(profileNamed('boot'), {}, { only: ['boot-store'] });
const gone = (...ids: string[]): HiveEdit[] =>
  ids.map((id) => ({ op: 'delete-key', key: { hive: 'BCD', path: ['Objects', id] } }));

/** As a session sees it: a store without a loader of this Windows is not the one that is edited. */
function open(removed: readonly string[], place: Partial<BootFacts> = {}) {
  const { disk, view } = bootDisk({ removeBcd: gone(...removed) });
  return {
    disk,
    view: (): MachineView => {
      const base = view();
      const store = new BcdStore(disk.bcd);
      const isOurs = store.windowsLoaders().length > 0;
      const seen = { file: '/esp/BCD', firmware: 'uefi' as const, store, problem: null, partition: ESP };
      return {
        ...base,
        bcd: isOurs ? store : null,
        bcdMissing: isOurs ? null : 'it has no loader',
        boot: { ...base.boot!, stores: [seen], partitions: [WINDOWS_PARTITION, ESP], ...place },
      };
    },
  };
}
const causes = (view: MachineView) =>
  diagnoseMachine(view, BOOT, 'boot').summary.causes.map(({ code, repair }) => [code, repair]);

describe.each<readonly [title: string, removed: readonly string[], code: string]>([
  ['the boot manager', [BOOTMGR], 'NO_BOOT_MANAGER'],
  ['the loader', [LOADER], 'NO_WINDOWS_LOADER'],
  ['both', [BOOTMGR, LOADER], 'NO_BOOT_MANAGER'],
])('%s is gone', (_title, removed, code) => {
  it('is found, made again, and a second run changes nothing', () => {
    const { disk, view } = open(removed);
    expect(causes(view())[0]).toEqual([code, 'boot-store']);
    const others = disk.bcd
      .key(['Objects'])!
      .subkeys()
      .map(({ name }) => name);
    disk.apply(planRepair(view(), ONLY).edits.map(({ edit }) => edit));
    expect(causes(view())).toEqual([]);
    expect(planRepair(view(), ONLY).edits).toEqual([]);
    const names = disk.bcd
      .key(['Objects'])!
      .subkeys()
      .map(({ name }) => name);
    expect(names).toEqual(expect.arrayContaining(others));
    const store = new BcdStore(disk.bcd);
    expect(store.defaultState().state).toBe('ok');
  });
});

it('changes nothing where it cannot be sure, and nothing in a whole store', () => {
  expect(planRepair(open([]).view(), ONLY).edits).toEqual([]);
  for (const place of [{ firmware: null }, { windows: null }, { firmware: 'bios' as const }, { stores: [] }]) {
    const plan = planRepair(open([LOADER], place).view(), ONLY);
    expect(plan.edits).toEqual([]);
    expect(plan.skipped).toHaveLength(1);
  }
});

it('is in no profile', () => {
  expect(
    planRepair(open([LOADER]).view(), BOOT).edits.filter(({ edit }) => 'key' in edit && edit.key.hive === 'BCD'),
  ).toEqual([]);
});
