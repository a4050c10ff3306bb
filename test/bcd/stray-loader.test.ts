import { expect, it } from 'vitest';
import { loaderOfWindows } from '../../src/bcd/boot-choice.ts';
import { BcdStore } from '../../src/bcd/store.ts';
import { bootDisk, deviceElement, loaderElements } from '../repairs/boot-disk.ts';
import { LOADER, WINDOWS_PARTITION } from '../repairs/disks.ts';
import type { Tree } from '../repairs/memory-hive.ts';

const GONE = '{a1b2c3d4-0000-4000-8000-0000000000aa}';
const OTHER = { ...WINDOWS_PARTITION, partitionGuid: GONE };
const SECOND = '{b7e14a2c-0d3f-4e5a-8f66-2a9d1c4e7b31}';

it('the only loader, which names a partition that the disk does not have, is that of the Windows there', () => {
  const elements = loaderElements({ '21000001': deviceElement(GONE) });
  const store = new BcdStore(bootDisk({ bcd: elements }).disk.bcd);
  const place = { windowsPath: '\\Windows', partition: WINDOWS_PARTITION };
  const loader = (more: object) => loaderOfWindows(store, { ...place, ...more }).loader?.id ?? null;
  expect(loader({ partitions: [WINDOWS_PARTITION] })).toBe(LOADER);
  // The disk has the partition: another Windows lies there. And without its table nothing can be told.
  expect(loader({ partitions: [WINDOWS_PARTITION, OTHER] })).toBeNull();
  expect(loader({ partitions: null })).toBeNull();
  expect(loader({})).toBeNull();
  expect(loader({ partitions: [WINDOWS_PARTITION], windowsPath: '\\WINNT' })).toBeNull();

  const second = {
    Description: { Type: 0x10200003 },
    Elements: {
      '12000002': { Element: '\\Windows\\system32\\winload.efi' },
      '21000001': deviceElement(GONE),
      '22000002': { Element: '\\Windows' },
    },
  };
  const { bcd } = bootDisk({ bcd: { Objects: { ...(elements.Objects as Tree), [SECOND]: second } } }).disk;
  const two = loaderOfWindows(new BcdStore(bcd), { ...place, partitions: [WINDOWS_PARTITION] });
  expect(two.fitting).toEqual([]);
});
