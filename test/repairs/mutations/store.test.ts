// Each element of real boot stores that start a Windows: absent, and of a wrong type; and each object gone. What keeps
// Windows from starting is found, and nothing else is said. `npm test` takes a few of the elements, the deep tier all.

import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { chooseLoader } from '../../../src/bcd/boot-choice.ts';
import { type DeviceIdentity, partitionOf } from '../../../src/bcd/device.ts';
import { ELEMENT } from '../../../src/bcd/elements/element-numbers.ts';
import { BcdStore, deviceOf } from '../../../src/bcd/store.ts';
import { recover } from '../../../src/regf/logs/recover.ts';
import type { Hive } from '../../../src/registry/hive.ts';
import { openVerifierHive } from '../../../src/registry/readers/verifier-hive.ts';
import { dword } from '../../../src/registry/value.ts';
import { diagnoseMachine } from '../../../src/repairs/diagnose.ts';
import { planOptions } from '../../../src/repairs/plan.ts';
import { profileNamed } from '../../../src/repairs/profiles.ts';
import type { BootFacts, MachineView } from '../../../src/repairs/view.ts';
import { isDeep, seedOr } from '../../deep.ts';
import { describeShared } from '../../shared-hives.ts';
import { Disk } from '../disks.ts';
import { type Change, laidOver, sample } from './laid-over.ts';

const OPTIONS = planOptions(profileNamed('boot'), {});
const BOOTMGR = '{9dea862c-5cdd-4e70-acc1-f32b344d4795}';
const SEED = seedOr(15);

const open = (folder: string, name: string): Hive => {
  const { image } = recover('BCD', new Uint8Array(readFileSync(join(folder, 'bcd', name, 'BCD'))), []);
  return openVerifierHive('BCD', image, 'BCD', 'primary');
};
const startsWindows = (folder: string, name: string): boolean =>
  new BcdStore(open(folder, name)).windowsLoaders().length > 0;
const storesIn = (folder: string): string[] =>
  readdirSync(join(folder, 'bcd')).filter((name) => startsWindows(folder, name));

/** Of the elements of the loader of this Windows. */
const OF_LOADER: Readonly<Record<string, string>> = {
  '11000001': 'LOADER_DEVICE_MISSING',
  '12000002': 'NO_WINDOWS_LOADER',
  '21000001': 'LOADER_DEVICE_MISSING',
  '22000002': 'LOADER_SYSTEMROOT_MISSING',
};

describeShared(`real boot stores with one element changed (seed ${SEED})`, (folder) => {
  describe.each(storesIn(folder))('%s', (name) => {
    const hive = open(folder, name);
    const whole = new BcdStore(hive);
    const loader = whole.defaultState().object ?? whole.windowsLoaders()[0]!;
    const windows = partitionOf(deviceOf(loader, ELEMENT.osDevice)!)!;
    const partitions = whole
      .objects()
      .flatMap((object) => object.elements.map(({ id }) => deviceOf(object, id)))
      .flatMap((device): DeviceIdentity[] => {
        const partition = device ? partitionOf(device) : null;
        return partition ? [partition] : [];
      });

    /** As a session sees it: a store without a loader of this Windows is not the one that is edited. */
    function viewOf(change: Change | null): MachineView {
      const store = new BcdStore(change ? laidOver(hive, [change]) : hive);
      const chosen = chooseLoader(store, { windowsPath: '\\Windows', partition: windows, partitions }, null);
      const seen = { file: 'BCD', firmware: 'uefi', store, problem: null } as const;
      const boot: BootFacts = { firmware: 'uefi', isVolumeGiven: true, stores: [seen], partitions, windows };
      const isOurs = !('why' in chosen);
      return {
        ...new Disk().view(),
        boot,
        bcd: isOurs ? store : null,
        bcdMissing: isOurs ? null : 'it has no loader of this Windows',
        loader: isOurs ? chosen.loader : null,
      };
    }
    const found = (change: Change | null): string[] => {
      const { causes, warnings } = diagnoseMachine(viewOf(change), OPTIONS, 'boot').summary;
      return [...new Set([...causes, ...warnings].map(({ code }) => code))];
    };

    it('as it is: nothing is found', () => {
      expect(found(null)).toEqual([]);
    });

    const expectedOf = (object: string, element: string): string[] => {
      if (object === loader.id) return OF_LOADER[element] === undefined ? [] : [OF_LOADER[element]];
      return object === BOOTMGR && element === '23000003' ? ['DEFAULT_MISSING'] : [];
    };
    const elements = hive
      .key(['Objects'])!
      .subkeys()
      .flatMap((object) =>
        (object.subkey('Elements')?.subkeys() ?? []).map(({ name: id }) => [object.name, id] as const),
      );
    const vital = elements.filter(([object, id]) => expectedOf(object, id).length > 0);
    const rest = elements.filter(([object, id]) => expectedOf(object, id).length === 0);
    it.each([...vital, ...sample(rest, isDeep ? rest.length : 6, SEED)])('%s %s', (object, id) => {
      const path = ['Objects', object, 'Elements', id];
      expect({
        absent: found({ path, name: null, value: null }),
        ofWrongType: found({ path, name: 'Element', value: dword(7) }),
      }).toEqual({ absent: expectedOf(object, id), ofWrongType: expectedOf(object, id) });
    });

    it.each(
      hive
        .key(['Objects'])!
        .subkeys()
        .map((object) => object.name),
    )('%s is gone', (object) => {
      // That the default names what is gone is the same cause, and not told again.
      const codes = object === BOOTMGR ? ['NO_BOOT_MANAGER'] : object === loader.keyName ? ['NO_WINDOWS_LOADER'] : [];
      expect(found({ path: ['Objects', object], name: null, value: null })).toEqual(codes);
    });
  });
});
