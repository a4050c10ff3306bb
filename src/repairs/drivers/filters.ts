// The lists of filter drivers that Windows puts on every device of a class, and what makes one of them fail.

import { foundAt } from '../rules.ts';
import { hasManyServices } from '../version.ts';
import type { MachineView } from '../view.ts';
import { driverFileExists, driverIn, isNamed, START_DISABLED } from './service.ts';

export interface FilteredClass {
  readonly name: string;
  readonly guid: string;
  /** What a filter that cannot start does to a device of the class. */
  readonly effect: string;
  /** The boot disk hangs on it. */
  readonly isOfBoot: boolean;
}

const NO_DISK = 'Windows finds no boot disk (0x7B).';

/** Classes from the bus to the boot volume, and the keyboard. */
export const FILTERED_CLASSES: readonly FilteredClass[] = [
  { name: 'DiskDrive', guid: '{4d36e967-e325-11ce-bfc1-08002be10318}', effect: NO_DISK, isOfBoot: true },
  { name: 'Volume', guid: '{71a27cdd-812a-11d0-bec7-08002be2092f}', effect: NO_DISK, isOfBoot: true },
  { name: 'SCSIAdapter', guid: '{4d36e97b-e325-11ce-bfc1-08002be10318}', effect: NO_DISK, isOfBoot: true },
  { name: 'HDC', guid: '{4d36e96a-e325-11ce-bfc1-08002be10318}', effect: NO_DISK, isOfBoot: true },
  { name: 'System', guid: '{4d36e97d-e325-11ce-bfc1-08002be10318}', effect: NO_DISK, isOfBoot: true },
  {
    name: 'Keyboard',
    guid: '{4d36e96b-e325-11ce-bfc1-08002be10318}',
    effect: 'no keyboard works.',
    isOfBoot: false,
  },
];

export const FILTER_LISTS = ['UpperFilters', 'LowerFilters'] as const;

/** Without them a volume that is encrypted by them cannot be read: they are never taken out. */
const ENCRYPTION = [
  'veracrypt',
  'truecrypt',
  'dcrypt',
  'SafeBoot',
  'MfeEpePC',
  'MfeEEPC',
  'PGPwded',
  'PGPwdefs',
  'PGPdisk',
  'eeDiskDrv',
  'SGDiskFilter',
];

/** Windows' own, without which the stack is broken: where one does not start, it is put right, not taken out. */
const BASE = ['partmgr', 'fvevol', 'volsnap', 'volume', 'volmgr', 'disk', 'kbdclass'];

export type FilterKind = 'encryption' | 'base' | 'other';

export function filterKind(name: string): FilterKind {
  if (isNamed(ENCRYPTION, name)) return 'encryption';
  return isNamed(BASE, name) ? 'base' : 'other';
}

/** One list of one class in one control set. */
export interface FilterList {
  readonly controlSet: string;
  readonly filtered: FilteredClass;
  readonly path: readonly string[];
  readonly name: (typeof FILTER_LISTS)[number];
  readonly filters: readonly string[];
}

export function classPath(controlSet: string, { guid }: FilteredClass): string[] {
  return [controlSet, 'Control', 'Class', guid];
}

/** The lists that there are; a value that is no list is left out. */
export function filterLists(view: MachineView): FilterList[] {
  return view.controlSets.flatMap((set) =>
    FILTERED_CLASSES.flatMap((filtered) =>
      FILTER_LISTS.flatMap((name): FilterList[] => {
        const path = classPath(set.name, filtered);
        const found = foundAt(view, 'SYSTEM', path, name);
        return found.kind === 'list' ? [{ controlSet: set.name, filtered, path, name, filters: found.texts }] : [];
      }),
    ),
  );
}

/** Why a filter cannot start, as words after its name; null: it can, or it cannot be told. */
export function whyDead(view: MachineView, controlSet: string, name: string): string | null {
  if (name.trim() === '' || !hasManyServices(view.system, controlSet)) return null;
  const driver = driverIn(view, controlSet, name);
  if (!driver.exists) return 'is not a service of this Windows';
  if (!driver.isService) return 'is a key without Start and Type, left over from a package';
  if (driver.start.kind === 'number' && driver.start.number === START_DISABLED) return 'is disabled (Start 4)';
  // Without an ImagePath it may be built in.
  if (driver.image === null || driverFileExists(view, driver) !== false) return null;
  return `is a driver whose file (${driver.image}) is not on the disk`;
}
